"""Messages. Source: Modern IRC, "Message Format"."""

import unicodedata

import pytest
from hypothesis import example, given, strategies as st

from irc.errors import ForbiddenByte, InvalidUtf8, MalformedMessage, UnsafeParameter
from irc.message import NO_TAGS, PARAMS_MAX, Message, format_message, parse_line, split_text

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\n"))
TAG_VALUES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
WORDS = ANY_TEXT.filter(lambda text: text and text[0] != ":" and " " not in text)
COMMANDS = st.from_regex(r"[A-Z]{1,12}|[0-9]{3}", fullmatch=True)
MESSAGES = st.builds(
    Message,
    COMMANDS,
    st.tuples(st.lists(WORDS, max_size=PARAMS_MAX - 1), st.lists(ANY_TEXT, max_size=1)).map(
        lambda lists: tuple(lists[0] + lists[1])
    ),
    st.one_of(st.just(""), ANY_TEXT.filter(lambda text: " " not in text)),
    st.dictionaries(st.from_regex(r"\+?[a-z-]{1,8}", fullmatch=True), TAG_VALUES, max_size=3),
)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (":irc.example.com CAP * LIST :", Message("CAP", ("*", "LIST", ""), "irc.example.com")),
        ("CAP * LS :multi-prefix sasl", Message("CAP", ("*", "LS", "multi-prefix sasl"))),
        ("CAP REQ :sasl message-tags foo", Message("CAP", ("REQ", "sasl message-tags foo"))),
        (
            ":dan!d@localhost PRIVMSG #a :Hey!",
            Message("PRIVMSG", ("#a", "Hey!"), "dan!d@localhost"),
        ),
        (":dan!d@localhost PRIVMSG #a Hey!", Message("PRIVMSG", ("#a", "Hey!"), "dan!d@localhost")),
        (":dan!d@localhost PRIVMSG #a ::-)", Message("PRIVMSG", ("#a", ":-)"), "dan!d@localhost")),
        ("@id=234AB :dan PING", Message("PING", (), "dan", {"id": "234AB"})),
        ("@id=1;b=\\s PING", Message("PING", (), "", {"id": "1", "b": " "})),
        ("@ PING", Message("PING")),
        ("privmsg a b", Message("PRIVMSG", ("a", "b"))),
        ("001 ana", Message("001", ("ana",))),
        ("PING  a   b ", Message("PING", ("a", "b"))),
        ("@a   :src   PING   a  :b  c ", Message("PING", ("a", "b  c "), "src", {"a": ""})),
        ("PING a:b c: :d", Message("PING", ("a:b", "c:", "d"))),
        ("PING :", Message("PING", ("",))),
        ("PING a\u00a0b\tc\x0bd", Message("PING", ("a\u00a0b\tc\x0bd",))),
        (
            "PING " + " ".join("abcdefghijklmnopqrst"),
            Message("PING", tuple("abcdefghijklmnopqrst")),
        ),
    ],
)
def test_parse(line, message):
    """Modern IRC, "Parameters": its examples, repeated spaces, any number of parameters."""
    assert parse_line(line.encode()) == message


def test_message_without_tags_shares_the_empty_mapping():
    """A line without tags, the common one, builds no dict."""
    assert parse_line(b"PING a").tags is NO_TAGS
    assert Message("PING").tags is NO_TAGS


def test_parsed_tags_cannot_be_changed():
    """A message is a value: what one reader does another never sees."""
    with pytest.raises(TypeError):
        parse_line(b"@a=1 PING").tags["a"] = "2"


def test_messages_can_be_put_in_sets():
    """Values are hashable, with whatever mapping for tags."""
    assert len({Message("PING", tags={"a": "1"}), Message("PING", tags={"a": "1"})}) == 1


@pytest.mark.parametrize("line", [b"PING a\0b", b"PING a\rb", b"PING a\nb", b"\r", b"PING\r"])
def test_forbidden_bytes(line):
    """Modern IRC, "Message Format": NUL, CR and LF are in no part of a message."""
    with pytest.raises(ForbiddenByte):
        parse_line(line)


@pytest.mark.parametrize(
    ("line", "command", "label"),
    [
        (b"privmsg a :\xff", "PRIVMSG", ""),
        (b"@label=1;x=\xff PRIVMSG a :hi", "PRIVMSG", "1"),
        (b"@label=\xff PRIVMSG a :hi", "PRIVMSG", ""),
        (b"caf\xe9 a", "*", ""),
        (b"\xff", "*", ""),
    ],
)
def test_invalid_utf8_says_what_it_is_about(line, command, label):
    """utf8-only, "Examples": the answer has the command; labeled-response: and its label."""
    with pytest.raises(InvalidUtf8) as caught:
        parse_line(line)
    assert (caught.value.command, caught.value.label) == (command, label)


@pytest.mark.parametrize(
    "line", [b"PRIVMSG a :\xff", b"PASS \xc3", b"@a=\xe2\x28 PING", b"PING \xed\xa0\x80"]
)
def test_invalid_utf8(line):
    """UTF8ONLY: refused, not replaced; and the error carries nothing of the line."""
    with pytest.raises(InvalidUtf8) as caught:
        parse_line(line)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert "PASS" not in str(caught.value)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b" ",
        b":src",
        b":src ",
        b":src :PING",
        b":src  :PING",
        b"@a=1",
        b"@a=1 ",
        b"@a=1 :src",
        b" :PING",
        b"PI-NG a",
        b"\xc3\xa9t\xc3\xa9 a",
        b"/JOIN #a",
        b"-",
    ],
)
def test_no_command(line):
    """Modern IRC, "Command": letters, or digits; and a trailing parameter is never one."""
    with pytest.raises(MalformedMessage):
        parse_line(line)


@pytest.mark.parametrize(
    ("message", "line"),
    [
        (Message("PING"), b"PING\r\n"),
        (Message("PING", ("a",)), b"PING a\r\n"),
        (Message("PING", ("a", "b c")), b"PING a :b c\r\n"),
        (Message("PING", ("",)), b"PING :\r\n"),
        (Message("PING", (":a",)), b"PING ::a\r\n"),
        (
            Message("001", ("ana",), "chat", {"time": "x y", "b": ""}),
            b"@time=x\\sy;b :chat 001 ana\r\n",
        ),
        (Message("PRIVMSG", ("#a", "olá 😀")), "PRIVMSG #a :olá 😀\r\n".encode()),
    ],
)
def test_format(message, line):
    """Modern IRC, "Parameters": the last one has a ":" where it needs one."""
    assert format_message(message) == line


@pytest.mark.parametrize(
    "message",
    [
        Message("PRIVMSG", ("#a", "x\r\nQUIT")),
        Message("PRIVMSG", ("#a", "x\nQUIT")),
        Message("PRIVMSG", ("#a", "x\rQUIT")),
        Message("PRIVMSG", ("#a", "x\0")),
        Message("PRIVMSG", ("#a\n", "x")),
        Message("PRIVMSG", ("#a b", "x")),
        Message("PRIVMSG", (":a", "x")),
        Message("PRIVMSG", ("", "x")),
        Message("PRIVMSG", ("#a", "\ud800")),
        Message("PING", tuple("a" * (PARAMS_MAX + 1))),
        Message("PING", (), "a b"),
        Message("PING", (), "a\r"),
        Message("PING", (), "", {"a b": ""}),
        Message("PING", (), "", {"a": "\0"}),
        Message(""),
        Message("PI NG"),
        Message("PING\n"),
        Message(":PING"),
        Message("É"),
    ],
)
def test_unsafe_messages_never_leave(message):
    """RELIABILITY row 9: the encoder refuses, it does not repair."""
    with pytest.raises(UnsafeParameter):
        format_message(message)


def test_as_many_parameters_as_allowed():
    """Modern IRC, "Parameters": 15 are fine."""
    message = Message("PING", tuple("a" * PARAMS_MAX))
    assert parse_line(format_message(message).rstrip()) == message


@given(MESSAGES)
def test_round_trip_as_one_line(message):
    """parse(format(m)) is m, and format(m) is exactly one line."""
    line = format_message(message)
    assert line.endswith(b"\r\n")
    assert not set(line[:-2]) & {0, 10, 13}
    assert parse_line(line[:-2]) == message


@given(
    st.builds(
        Message,
        st.text(max_size=5),
        st.lists(st.text(max_size=5), max_size=17).map(tuple),
        st.text(max_size=5),
        st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=2),
    )
)
@example(Message("PING", ("a",)))
def test_format_refuses_or_round_trips(message):
    """Whatever the parts: an error of ours, or one line that reads back as the same message."""
    try:
        line = format_message(message)
    except UnsafeParameter:
        return
    assert line.count(b"\n") == line.count(b"\r") == 1
    read = parse_line(line[:-2])
    assert (read.params, read.source) == (message.params, message.source)
    assert (read.command, read.tags) == (message.command.upper(), message.tags)


@given(
    st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode(errors="replace"))
)
def test_parse_gives_a_message_or_its_errors(line):
    """Nothing from the wire raises anything else."""
    try:
        message = parse_line(line)
    except (ForbiddenByte, InvalidUtf8, MalformedMessage):
        return
    assert message.command
    assert message.command == message.command.upper()


@pytest.mark.parametrize(
    ("text", "bytes_max", "pieces"),
    [
        ("", 4, []),
        ("abcd", 4, ["abcd"]),
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
        ("hello world foo bar", 8, ["hello ", "world ", "foo bar"]),
        ("ab  cd", 4, ["ab  ", "cd"]),
        ("ééé", 5, ["éé", "é"]),
        ("😀😀", 7, ["😀", "😀"]),
        ("a\u0301" * 3, 4, ["a\u0301"] * 3),
        ("👨\u200d👩\u200d👧" * 2, 20, ["👨\u200d👩\u200d👧"] * 2),
        ("ab👨\u200d👩", 11, ["ab", "👨\u200d👩"]),
        ("👋🏽👋🏽", 12, ["👋🏽", "👋🏽"]),
        ("❤\ufe0f❤\ufe0f", 7, ["❤\ufe0f", "❤\ufe0f"]),
        ("🇧🇷🇵🇹🇧🇷", 12, ["🇧🇷", "🇵🇹", "🇧🇷"]),
        ("x🇧🇷🇵🇹", 13, ["x🇧🇷", "🇵🇹"]),
        ("ab \u0301c", 4, ["ab", " \u0301c"]),
        ("a" + "\u0301" * 4, 5, ["a\u0301\u0301", "\u0301\u0301"]),
    ],
)
def test_split(text, bytes_max, pieces):
    """Pieces end after a space, else where a reader sees the end of a character."""
    assert split_text(text, bytes_max) == pieces


def test_split_needs_room_for_any_code_point():
    """Under 4 bytes some code points fit nowhere."""
    with pytest.raises(ValueError, match="must be at least 4"):
        split_text("a", 3)


@given(
    st.text(
        st.sampled_from("a \u0301\u200d\ufe0f😀🇧🇷é漢🏽") | st.characters(exclude_categories=["Cs"]),
        max_size=80,
    ),
    st.integers(4, 30),
)
def test_split_joins_back(text, bytes_max):
    """No piece is empty or too long, and together they are the text."""
    pieces = split_text(text, bytes_max)
    assert "".join(pieces) == text
    assert all(0 < len(piece.encode()) <= bytes_max for piece in pieces)


@given(st.lists(st.sampled_from(["a", "e\u0301", "👋🏽", "❤\ufe0f", "🇧🇷", " "]), max_size=40))
def test_split_keeps_whole_what_fits(clusters):
    """No character that fits into a piece is cut."""
    for piece in split_text("".join(clusters), 8)[1:]:
        assert not unicodedata.combining(piece[0])
        assert piece[0] not in "🏽\ufe0f🇷"
