"""The commands that manage rooms and people: what is typed, and what goes to the wire."""

import pytest

from client.core import verbs
from client.core.events import ErrorReply
from client.core.execute import execute
from client.core.input import may_remember, parse_input
from client.core.verbs import InputError

ISUPPORT = (
    "NETWORK=Tea PREFIX=(qov)~@+ CHANTYPES=# STATUSMSG=~@+ EXTBAN=~,am ACCOUNTEXTBAN=a"
    " CHANMODES=beI,k,lS,CUimnst MONITOR=100 WHOX"
)


@pytest.fixture
def here(talk):
    """A session of ana's on a server that has everything, in #lobby with bob."""
    talk.go_online()
    talk.hear(f":srv 005 ana {ISUPPORT} :are")
    talk.join("#lobby", "bob", "@carol")
    talk.said()
    talk.events.clear()
    return talk


def run(talk, text, buffer="#lobby"):
    """Type `text` in a window; what comes back, and the lines sent (without labels)."""
    back = execute(talk.session, parse_input(text), buffer, talk.now_ms)
    return back, [line.partition(" ")[2] if line[0] == "@" else line for line in talk.said()]


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("/ban bob", verbs.Ban("bob")),
        ("/ban #x bob", verbs.Ban("bob", "#x")),
        ("/ban bob 2H30m go away", verbs.Ban("bob", duration="2h30m", reason="go away")),
        ("/ban bob go away", verbs.Ban("bob", reason="go away")),
        ("/mute bob", verbs.Ban("bob", is_mute=True)),
        ("/mute bob 7d", verbs.Ban("bob", duration="7d", is_mute=True)),
        ("/unban #x 3", verbs.Unban("3", "#x")),
        ("/unmute bob", verbs.Unban("bob", is_mute=True)),
        ("/bans", verbs.Bans()),
        ("/op bob, carol", verbs.Rank(("bob", "carol"), "o", True)),
        ("/slow 1m", verbs.Slow(60)),
        ("/slow #x OFF", verbs.Slow(0, "#x")),
        ("/inviteonly On", verbs.InviteOnly(True)),
        ("/rename tea", verbs.Rename("tea")),
        ("/rename #x #tea", verbs.Rename("#tea", "#x")),
        ("/ops #x help", verbs.Operators("help", "#x")),
        ("/notify bob,-eve", verbs.Notify(("bob", "-eve"))),
        ("/realname Ana  B", verbs.Realname("Ana  B")),
        ("/password", verbs.Password()),
    ],
)
def test_what_it_means(text, command):
    """A room may stand first; names, times and reasons are told apart."""
    assert parse_input(text) == command


@pytest.mark.parametrize(
    "text",
    [
        *("/ban", "/ban #x", "/mute", "/unban", "/unban a b", "/bans #a #b", "/op", "/deop #x"),
        *("/voice", "/devoice", "/slow", "/inviteonly", "/inviteonly maybe", "/rename"),
        *("/rename a b", "/rename #a b c", "/ops", "/ops #x", "/realname  "),
    ],
)
def test_something_is_missing(text):
    """It says how the command is used."""
    error = parse_input(text)
    assert isinstance(error, InputError) and text.split()[0] in error.text


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("/ban bob 90", "10m"),
        ("/mute bob 90", "10m"),
        ("/mute bob ten", "10m"),
        ("/slow x", "3600"),
        ("/slow 2h", "3600"),
        ("/slow -1", "3600"),
    ],
)
def test_times_have_units(text, hint):
    """A number alone could mean anything; slow mode has a bound. The hint says what to write."""
    error = parse_input(text)
    assert isinstance(error, InputError) and hint in error.hint


def test_password_is_not_typed_on_the_line():
    """It would be seen, and kept among the typed lines."""
    error = parse_input("/password old new")
    assert isinstance(error, InputError) and "new" not in error.text
    assert not may_remember("/password old new")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("/op bob carol", "MODE #lobby +oo bob carol"),
        ("/deop bob", "MODE #lobby -o bob"),
        ("/voice bob", "MODE #lobby +v bob"),
        ("/devoice bob", "MODE #lobby -v bob"),
        ("/slow 10", "MODE #lobby +S 10"),
        ("/slow off", "MODE #lobby -S"),
        ("/inviteonly on", "MODE #lobby +i"),
        ("/inviteonly off", "MODE #lobby -i"),
        ("/rename tea", "RENAME #lobby #tea"),
        ("/rename #tea", "RENAME #lobby #tea"),
        ("/ops help me", "PRIVMSG @#lobby :help me"),
        ("/bans", "MODE #lobby b"),
        ("/notify bob", "MONITOR + bob"),
        ("/realname Ana B", "SETNAME :Ana B"),
    ],
)
def test_commands_reach_the_wire(here, text, line):
    """In the room of the window."""
    assert run(here, text) == (None, [line])


def test_a_window_that_is_no_room(here):
    """Then the room has to be named."""
    back, lines = run(here, "/op bob", "bob")
    assert isinstance(back, InputError) and lines == []
    assert run(here, "/op #lobby bob", "bob") == (None, ["MODE #lobby +o bob"])


def test_operators_cannot_be_spoken_to_everywhere(online):
    """Without STATUSMSG the message would go to nobody, or to all."""
    back, lines = run(online, "/ops help")
    assert isinstance(back, InputError) and lines == []


def test_offline_nothing_can_be_managed(talk):
    """Each of them says so."""
    for text in ["/ban bob", "/unban bob", "/bans", "/notify bob", "/realname x"]:
        assert run(talk, text) == (None, [])
        (event,) = talk.take()
        assert isinstance(event, ErrorReply) and event.code == "offline"
    talk.session.change_password("a", "b")
    assert talk.take()[0].code == "offline"


def test_password_needs_an_account(talk):
    """The face asks only where there is one to change."""
    assert isinstance(run(talk, "/password")[0], InputError)
    talk.go_online()
    assert isinstance(run(talk, "/password")[0], InputError)
    talk.hear(":srv 900 ana ana!a@h ana :You are now logged in as ana")
    assert run(talk, "/password") == (verbs.Password(), [])
