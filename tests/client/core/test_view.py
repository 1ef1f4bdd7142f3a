"""Events as sentences: UX 45 (words before symbols), 4.7 and 4.8 (what is told)."""

import pytest

from client.core import events as e
from client.core.events import MessageKind, TextKind
from client.core.lines import Style, Token, ViewOptions, body, sentence
from client.core.view import lines, plain_text, rings

TIME_MS = 84_060_000  # 23:21 in UTC


def told(event, **options):
    """The lines for `event`, without the time."""
    return [
        "".join(token.text for token in line.tokens)
        for line in lines(event, ViewOptions(**options))
    ]


def message(text="oi", **more):
    """A message in #a by bob."""
    fields = {"buffer": "#a", "target": "#a", "nick": "bob", "text": text} | more
    return e.MessageReceived(**fields)


PRIVATE = {"buffer": "bob", "target": "ana", "is_private": True}
OWN_PRIVATE = {"buffer": "bob", "target": "bob", "nick": "ana", "is_private": True, "own": True}


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (message(), "#a bob: oi"),
        (message(mention=True), "mention #a bob: oi"),
        (message(kind=MessageKind.NOTICE), "notice #a bob: oi"),
        (message(target="@#a"), "to the operators #a bob: oi"),
        (message(target="+#a"), "to those with a voice #a bob: oi"),
        (message(target="#A"), "#a bob: oi"),
        (message(kind=MessageKind.ACTION, text="waves"), "#a bob: * bob waves"),
        (message(own=True, nick="ana"), "#a ana: oi"),
        (message(**PRIVATE), "private from bob: oi"),
        (message(**PRIVATE, mention=True), "private from bob: oi"),
        (message(**PRIVATE, kind=MessageKind.ACTION), "private from bob: * bob oi"),
        (message(**OWN_PRIVATE), "private to bob: oi"),
    ],
)
def test_messages(event, expected):
    """Who, where and how come before what."""
    assert told(event) == [expected]


def test_window_that_is_looked_at_is_not_named():
    """In its own window a line says only who."""
    assert told(message(), window="#a") == ["bob: oi"]
    assert told(message(), window="#b") == ["#a bob: oi"]
    assert told(message(**PRIVATE), window="bob") == ["bob: oi"]
    assert told(message(kind=MessageKind.ACTION, text="waves"), window="#a") == ["bob: * bob waves"]


def test_nobody_can_act_like_a_sentence_of_ours():
    """An action begins with who does it, a colon and a star: no such line is ours."""
    assert told(message(kind=MessageKind.ACTION, nick="ana", text="joined #a")) != told(
        e.Joined(buffer="#a", nick="ana")
    )


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (e.MessageQueued(outbox_id="t1", target="#a", text="oi"), []),
        (
            e.MessageQueued(outbox_id="t1", target="#a", text="oi", waiting=True),
            ["waiting, to #a: oi"],
        ),
        (e.MessageConfirmed(outbox_id="t1", target="#a"), []),
        (
            e.MessageFailed(outbox_id="t1", target="bob", text="oi", code="401", reason="x"),
            ['not sent to bob: There is nobody called "bob" here.', "you wrote: oi"],
        ),
        (
            e.MessageFailed(outbox_id="t1", target="#a", text="oi", code="ODD", reason="because"),
            ["not sent to #a: because", "you wrote: oi"],
        ),
        (
            e.MessageFailed(
                outbox_id="", target="#a", text="x" * 20_000, code="too_long", reason=""
            ),
            [
                "not sent to #a: This is too long to send: 16 kB at most.",
                "you wrote: " + "x" * 79 + "…",
            ],
        ),
        (
            e.MessageFailed(outbox_id="", target="#a", text=" ", code="empty", reason=""),
            ["not sent to #a: There is nothing to send."],
        ),
        (
            e.MessageUnconfirmed(outbox_id="t7", target="#a", text="oi"),
            ["perhaps not sent to #a: oi", "/resend t7 sends it again, /discard t7 forgets it"],
        ),
        (
            e.OutboxQuestion(count=7, oldest_ms=TIME_MS),
            [
                "7 messages are waiting, the oldest since 23:21",
                "/resend sends them now, /discard forgets them",
            ],
        ),
        (
            e.CtcpReceived(buffer="bob", nick="bob", command="VERSION"),
            ["bob asked your program for VERSION; it did not answer"],
        ),
        (e.Registered(nick="ana", network="Tea"), ["on Tea as ana"]),
        (e.Registered(nick="ana", server="srv", back=True), ["back on srv as ana"]),
        (e.LoggedIn(account="ana"), ["logged in as ana"]),
        (e.LoginFailed(text="wrong", code="904"), ["login failed: wrong"]),
        (
            e.LoginFailed(text="", code="sasl_unavailable"),
            ["login failed: This server has no way to log in."],
        ),
        (
            e.RegistrationFailed(text="x", code="432", nick="1a"),
            ['the server does not let you in: "1a" cannot be a name here.'],
        ),
        (e.NickInUse(nick="ana", text=""), ['the name "ana" is taken']),
        (
            e.NickInUse(nick="ana", text="Nickname is already in use", current="ana_"),
            ['the name "ana" is taken', 'you are "ana_": /nick NAME'],
        ),
        (e.NickInUse(nick="bob", text="not yours"), ['you cannot be "bob": not yours']),
        (e.ServerClosing(reason="restart"), ["the server closes the connection: restart"]),
        (
            e.ServerClosing(reason="Closing Link: 10.0.0.1 (restart)"),
            ["the server closes the connection: 10.0.0.1 (restart)"],
        ),
        (e.Disconnected(reason="Closing link: restart"), ["connection lost: restart"]),
        (e.Disconnected(reason=""), ["connection lost"]),
        (
            e.Disconnected(reason="reset", waiting=2),
            ["connection lost: reset", "2 messages are waiting"],
        ),
        (e.RetryScheduled(delay_ms=2001, attempt=2), ["trying again in 3 seconds"]),
        (e.RetryScheduled(delay_ms=1000, attempt=1), ["trying again in 1 second"]),
    ],
)
def test_connection_and_outbox(event, expected):
    """What happens to the connection and to our own messages."""
    assert told(event) == expected


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (e.Joined(buffer="#a", nick="bob"), "bob joined #a"),
        (e.Joined(buffer="#a", nick="ana", own=True), "you are in #a now"),
        (e.Parted(buffer="#a", nick="bob"), "bob left #a"),
        (e.Parted(buffer="#a", nick="bob", reason="tea"), "bob left #a: tea"),
        (e.Parted(buffer="#a", nick="ana", own=True), "you left #a"),
        (e.Quit(nick="bob"), "bob left the chat"),
        (e.Quit(nick="bob", reason="tea"), "bob left the chat: tea"),
        (e.Quit(nick="bob", reason="Quit: tea"), "bob left the chat: tea"),
        (e.Quit(nick="bob", reason="Quit: "), "bob left the chat"),
        (e.Quit(nick="bob", reason="Quit"), "bob left the chat"),
        (e.NickChanged(nick="bob", new_nick="rob"), "bob is rob now"),
        (e.NickChanged(nick="ana", new_nick="bela", own=True), "you are bela now"),
        (e.AccountChanged(nick="bob", account="rob"), "bob logged in as rob"),
        (e.AccountChanged(nick="bob", account=""), "bob logged out"),
        (e.AwayChanged(nick="bob", is_away=True), "bob is away"),
        (e.AwayChanged(nick="bob", is_away=True, reason="tea"), "bob is away: tea"),
        (e.AwayChanged(nick="bob", is_away=False), "bob is back"),
        (e.AwayChanged(nick="ana", is_away=True, reason="tea", own=True), "you are away: tea"),
        (e.AwayChanged(nick="ana", is_away=False, own=True), "you are back"),
        (e.TopicChanged(buffer="#a", topic="tea"), "topic of #a: tea"),
        (e.TopicChanged(buffer="#a", topic=""), "#a has no topic"),
        (e.TopicChanged(buffer="#a", topic="tea", nick="bob"), "bob set the topic of #a: tea"),
        (e.TopicChanged(buffer="#a", topic="", nick="bob"), "bob removed the topic of #a"),
        (
            e.ModeChanged(buffer="#a", target="#a", modes="+o", arguments=("ana",), by="bob"),
            "bob made ana an operator",
        ),
        (
            e.ModeChanged(buffer="", target="ana", modes="+i"),
            "you are not shown to people who share no room with you",
        ),
        (e.Kicked(buffer="#a", nick="bob", by="carol"), "carol removed bob from #a"),
        (
            e.RoomRenamed(buffer="#b", old_name="#a", by="bob"),
            "bob gave #a the name #b",
        ),
        (
            e.RoomRenamed(buffer="#b", old_name="#a", by="bob", reason="tea"),
            "bob gave #a the name #b: tea",
        ),
        (e.RealnameChanged(nick="bob", realname="B B"), "the real name of bob is now: B B"),
        (e.RealnameChanged(nick="ana", realname="A", own=True), "your real name is now: A"),
        (e.Killed(nick="bob", by="joao"), "joao ended the connection of bob"),
        (
            e.Killed(nick="ana", by="joao", reason="loud", own=True),
            "joao, an operator of the server, ended your connection: loud",
        ),
        (e.PresenceTold(nicks=("bob",), is_here=True), "bob is here"),
        (e.PresenceTold(nicks=("bob",), is_here=False), "bob is not here"),
        (
            e.Kicked(buffer="#a", nick="bob", by="carol", reason="Carol"),
            "carol removed bob from #a",
        ),
        (
            e.Kicked(buffer="#a", nick="ana", by="carol", reason="no", own=True),
            "carol removed you from #a: no",
        ),
        (
            e.Invited(buffer="", room="#a", nick="ana", by="bob", own=True),
            "bob invites you to #a: /join #a",
        ),
        (e.Invited(buffer="#a", room="#a", nick="dan", by="bob"), "bob invited dan to #a"),
    ],
)
def test_rooms_and_people(event, expected):
    """Who came, went and changed what."""
    assert told(event) == [expected]


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (
            e.NamesListed(
                buffer="#a",
                members=(e.ListedMember("ana", "@"), e.ListedMember("bob")),
                requested=True,
            ),
            ["2 people in #a: @ana, bob"],
        ),
        (e.NamesListed(buffer="#a", members=(e.ListedMember("ana"),)), ["1 person in #a"]),
        (
            e.WhoListed(
                buffer="#a",
                target="#a",
                rows=(e.WhoRow("bob", "u", "h", "Bob B"), e.WhoRow("eve", "u", "h", "E", "", True)),
            ),
            ["bob (u at h): Bob B", "eve (u at h), away: E", "2 people for #a"],
        ),
        (
            e.ListListed(rows=(e.RoomRow("#a", 1, "tea"), e.RoomRow("#b", 2))),
            ["#a, 1 person: tea", "#b, 2 people", "2 rooms"],
        ),
        (
            e.WhoisReceived(nick="bob", user="u", host="h", realname="Bob", idle_s=59),
            ["bob, u@h"],
        ),
        (
            e.WhoisReceived(nick="bob", user="u", host="h", realname="Bob B", account="BOB"),
            ["bob (Bob B), u@h", "  logged in"],
        ),
        (
            e.WhoisReceived(
                nick="bob",
                user="u",
                host="h",
                realname="Bob",
                account="bobby",
                rooms=("~@#a", "#b"),
                is_away=True,
                away="tea",
                idle_s=125,
                is_operator=True,
                is_secure=True,
                is_bot=True,
                address="10.0.0.1",
                modes="+iw",
                other=("is from the moon",),
            ),
            [
                "bob, u@h",
                "  away: tea",
                "  in ~#a, #b",
                "  logged in as bobby, operator of the server, a bot, silent for 2 minutes,"
                " connection encrypted, from 10.0.0.1, modes +iw",
                "  is from the moon",
            ],
        ),
        (e.WhoisReceived(nick="bob", user="u", host="h", modes="+"), ["bob, u@h"]),
        (e.BansListed(buffer="#a", rows=()), ["nobody is banned or muted in #a"]),
        (
            e.BansListed(
                buffer="#a",
                rows=(
                    e.MaskRow("~a:eve"),
                    e.MaskRow("~m:bob!*@*", "ana", TIME_MS),
                    e.MaskRow("*!*@guest/12"),
                ),
            ),
            [
                "1. eve is banned",
                "2. bob is muted, by ana, since 1970-01-01 23:21",
                "3. *!*@guest/12 is banned",
            ],
        ),
        (e.WatchListed(nicks=()), ["you watch nobody: /notify NAME"]),
        (e.WatchListed(nicks=("bob", "eve"), here=("eve",)), ["bob is not here", "eve is here"]),
        (e.ServerText(text="welcome", kind=TextKind.MOTD), ["welcome"]),
        (
            e.ServerText(text="hi", kind=TextKind.NOTICE, source="srv"),
            ["notice from srv: hi"],
        ),
        (e.ServerText(text="hi", kind=TextKind.NOTICE), ["notice from the server: hi"]),
        (e.ServerText(text="hm", kind=TextKind.WARNING), ["warning: hm"]),
        (
            e.ErrorReply(code="403", text="x", context=("#b",)),
            ['error: There is no room called "#b".'],
        ),
        (e.ErrorReply(code="offline", text="", command="WHO"), ["error: You are not connected."]),
        (e.ErrorReply(code="421", text="x", command="FOO"), [
            'error: The server does not know the command "FOO".'
        ]),
        (e.ErrorReply(code="404", text="Cannot send", context=("#a",)), [
            "error: You may not speak in #a."
        ]),
        (e.ErrorReply(code="404", text="Slow mode: again in 7 s", context=("#a",)), [
            "error: Slow mode: again in 7 s"
        ]),
        (e.ErrorReply(code="ODD", text="so odd"), ["error: so odd"]),
        (e.ErrorReply(code="ODD", text=""), ["error: ODD"]),
    ],
)  # fmt: skip
def test_answers(event, expected):
    """Answers, texts of the server, and errors in our own words where we have them."""
    assert told(event) == expected


def test_nobody_needs_to_hear_that_we_left():
    """Our own QUIT comes when somebody ended our connection, which is told by itself."""
    assert told(e.Quit(nick="ana", reason="Killed (joao (loud))", own=True)) == []


def test_account_made():
    """What to say the next time comes with it."""
    shown = told(e.AccountMade(account="ana"))
    assert shown == ["the account ana is made, and yours", "from now on: --user ana"]


def test_every_event_has_a_sentence_or_is_known_to_need_none():
    """A new event without a sentence would be invisible on every face."""
    silent = {e.MessageConfirmed, e.MarkerMoved, e.TypingChanged, e.Event}
    from client.core.view import _MAKERS

    kinds = {kind for kind in vars(e).values() if isinstance(kind, type)}
    assert {kind for kind in kinds if issubclass(kind, e.Event)} - set(_MAKERS) == silent


def test_line_has_time_and_window():
    """The face's clock says when; the window says where it belongs."""
    (line,) = lines(message(time_ms=TIME_MS), ViewOptions(clock=lambda _ms: "soon"))
    assert (line.time, line.buffer) == ("soon", "#a")
    (line,) = lines(message(time_ms=TIME_MS))
    assert plain_text(line) == "23:21 #a bob: oi"


def test_styles_and_colours():
    """A nick has its colour, a mention its style, formatting its run."""
    (line,) = lines(message("a \x02b\x02", mention=True), ViewOptions(nick_colours=1))
    by_text = {token.text: token for token in line.tokens}
    assert by_text["mention"].style is Style.MENTION
    assert (by_text["bob"].style, by_text["bob"].colour) == (Style.NICK, 0)
    assert by_text["b"].run.bold and by_text["b"].style is Style.MENTION
    assert not by_text["a "].run.bold


def test_emoji_are_made_safe_unless_asked_otherwise():
    """Emoji are shown in forms of which every terminal knows the width (UX 5.3)."""
    assert told(message("👋🏽", nick="b👋🏽")) == ["#a b👋: 👋"]
    assert told(message("👋🏽", nick="b👋🏽"), is_emoji_safe=False) == ["#a b👋🏽: 👋🏽"]


def test_rings():
    """A mention and a private message ring; our own words, and the rest, do not."""
    assert rings(message(mention=True)) and rings(message(is_private=True))
    assert not rings(message())
    assert not rings(message(own=True, is_private=True))
    assert not rings(e.Quit(nick="bob"))


def test_sentence_takes_one_token_or_several():
    """A translation may put the places in any order, and use one twice."""
    one, two = Token("X"), body(ViewOptions(), "Y\x02Z")
    tokens = sentence("%(b)s, %(a)s %(a)s", a=one, b=two)
    assert "".join(token.text for token in tokens) == "YZ, X X"
