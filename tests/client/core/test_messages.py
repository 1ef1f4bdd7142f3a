"""What people say to us: Modern IRC, "Sending Messages"; IRCv3 message-ids, account-tag."""

from client.core.events import (
    CtcpReceived,
    MessageKind,
    MessageReceived,
    ServerText,
    TextKind,
)
from client.core.model import TYPING_MAX
from client.core.session import Settings


def test_message_in_a_room(online):
    """A message has its window, its writer with account, id and the server's time, and raw text."""
    event = online.one(
        "@msgid=m1;account=bobby;time=1970-01-01T00:00:01.250Z :bob!b@h PRIVMSG #LOBBY :\x02oi\x1b"
    )
    assert event == MessageReceived(
        buffer="#LOBBY",
        target="#LOBBY",
        nick="bob",
        text="\x02oi\x1b",
        account="bobby",
        msgid="m1",
        time_ms=1250,
    )
    buffer = online.session.model.get("#lobby")
    assert buffer.messages[-1] is event
    assert (buffer.unread, buffer.mentions, buffer.recent_speakers()) == (1, 0, ["bob"])


def test_private_message_opens_a_window(online):
    """What is said to us belongs to the window of its writer, and counts as a mention there."""
    event = online.one(":bob!b@h PRIVMSG ana :psst")
    assert (event.buffer, event.is_private, event.own) == ("bob", True, False)
    assert online.session.model.get("BOB").mentions == 1


def test_message_to_the_operators_of_a_room(make_talk):
    """STATUSMSG: "@#lobby" is said in #lobby."""
    talk = make_talk()
    talk.connect()
    talk.welcome("ana", "STATUSMSG=@+")
    event = talk.one(":bob!b@h PRIVMSG @#lobby :ops only")
    assert (event.buffer, event.target, event.is_private) == ("#lobby", "@#lobby", False)


def test_mention_of_our_nick_or_a_word(make_talk):
    """Our nick and the words the person chose are mentions."""
    talk = make_talk(settings=Settings(highlight_words=("deploy",))).go_online()
    texts = ["oi Ana!", "the DEPLOY is done", "banana"]
    said = [talk.one(f":bob!b@h PRIVMSG #lobby :{text}") for text in texts]
    assert [event.mention for event in said] == [True, True, False]


def test_notice_of_a_person_and_of_a_server(online):
    """A notice of a person is a message, one of a server is the server's text."""
    assert online.one(":bob!b@h NOTICE #lobby :hm").kind is MessageKind.NOTICE
    assert online.one(":srv NOTICE ana :hello") == ServerText(
        text="hello", kind=TextKind.NOTICE, source="srv", time_ms=online.now_ms
    )
    assert online.one("PRIVMSG ana :odd").kind is TextKind.INFO


def test_action(online):
    """CTCP ACTION is a kind of message; a missing end mark is forgiven."""
    event = online.one(":bob!b@h PRIVMSG #lobby :\x01ACTION waves\x01")
    assert (event.kind, event.text) == (MessageKind.ACTION, "waves")
    assert online.one(":bob!b@h PRIVMSG #lobby :\x01action waves").text == "waves"


def test_other_ctcp_is_shown_and_never_answered(online):
    """VERSION and the like: nobody can make our client talk."""
    event = online.one(":bob!b@h PRIVMSG ana :\x01version a b\x01")
    assert event == CtcpReceived(
        buffer="bob", nick="bob", command="VERSION", text="a b", time_ms=online.now_ms
    )
    assert online.one(":bob!b@h NOTICE #lobby :\x01ACTION x\x01").command == "ACTION"
    assert online.one(":bob!b@h PRIVMSG #lobby :\x01").text == "\x01"
    assert online.hear(":ana!a@host PRIVMSG bob :\x01VERSION\x01") == []
    assert online.said() == []


def test_same_msgid_shows_once(online):
    """A message that comes twice, as after a resume, shows once (message-ids)."""
    line = "@msgid=m1 :bob!b@h PRIVMSG #lobby :oi"
    assert len(online.hear(line, line)) == 1


def test_two_messages_without_msgid_are_two(online):
    """Without ids, saying the same twice is saying it twice."""
    line = ":bob!b@h PRIVMSG #lobby :oi"
    assert len(online.hear(line, line)) == 2


def test_tag_message_shows_nothing(online):
    """TAGMSG (a reaction) is understood as nothing to show."""
    assert online.hear("@+draft/react=x :bob!b@h TAGMSG #lobby") == []


def test_message_without_text(online):
    """A server that leaves out the text does not break us."""
    assert online.one(":bob!b@h PRIVMSG #lobby").text == ""


def test_echo_without_address_keeps_what_we_know(online):
    """A source of only our nick tells nothing about our prefix."""
    online.one(":ana PRIVMSG #lobby :oi")
    assert online.session._state.connection.own_prefix == "ana!a@host"


def typing(talk, state, nick="bob", target="#lobby"):
    """Somebody's +typing; the events."""
    return talk.hear(f"@+typing={state} :{nick}!u@h TAGMSG {target}")


def test_typing(online):
    """6 s after "active", 30 s after "paused", not after "done" (IRCv3 typing)."""
    room = online.session.model.get("#lobby")
    (event,) = typing(online, "active")
    assert (event.buffer, event.nick, event.is_typing) == ("#lobby", "bob", True)
    assert room.typing_at(online.now_ms + 5_999) == ["bob"]
    assert room.typing_at(online.now_ms + 6_000) == []
    typing(online, "paused")
    assert room.typing_at(online.now_ms + 29_999) == ["bob"]
    (event,) = typing(online, "done")
    assert not event.is_typing and room.typing_at(online.now_ms) == []


def test_who_has_said_it_types_no_more(online):
    """A message ends it, in the same window (IRCv3 typing)."""
    typing(online, "active")
    typing(online, "active", "carol")
    online.hear(":bob!b@h PRIVMSG #lobby :oi")
    assert online.session.model.get("#lobby").typing_at(online.now_ms) == ["carol"]


def test_typing_that_is_nothing(online):
    """Our own, an unknown word, and from people we have no window with: none is opened."""
    assert typing(online, "active", "ana") == []
    assert typing(online, "wildly") == []
    assert typing(online, "active", "eve", "ana") == []
    assert online.session.model.get("eve") is None


def test_typing_has_a_bound(online):
    """Of a crowd only the latest are kept."""
    for number in range(TYPING_MAX + 1):
        typing(online, "active", f"n{number}")
    names = online.session.model.get("#lobby").typing_at(online.now_ms)
    assert len(names) == TYPING_MAX and "n0" not in names
