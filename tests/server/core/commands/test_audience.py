"""Messages to some of a room, as lines in and lines out."""

from __future__ import annotations

import pytest

from server.core import isupport
from server.core.apply import apply
from server.core.commands.audience import ranks_from, split_target
from server.core.facts import MemberFlagChanged
from server.core.modes import PREFIXES
from server.core.settings import Settings
from tests.support.chat import Chat

CAPS = "message-tags echo-message labeled-response batch tlschat/once"


def room_of_ranks(caps: str = "") -> Chat:
    """#tea with an operator, somebody with voice, and two members."""
    chat = Chat("ana", "bob", "carl", "dora", caps=caps)
    for name in ("ana", "bob", "carl", "dora"):
        chat.say(name, "JOIN #tea")
    chat.say("ana", "MODE #tea +v bob")
    return chat


@pytest.mark.parametrize(
    ("target", "parts"),
    [
        ("@#tea", ("@", "#tea")),
        ("+#tea", ("+", "#tea")),
        ("@+#tea", ("+", "#tea")),
        ("+@#tea", ("+", "#tea")),
        ("#tea", ("", "#tea")),
        ("@ana", ("", "@ana")),
        ("@", ("", "@")),
        ("", ("", "")),
    ],
)
def test_prefixes_in_front_of_a_room(target, parts):
    """One or more prefixes, of which the lowest counts (Modern IRC, PRIVMSG)."""
    assert split_target(target) == parts


def test_a_rank_and_those_above():
    """The given or a higher status (Modern IRC, PRIVMSG)."""
    letters = "".join(PREFIXES)
    assert ranks_from("+") == letters
    assert ranks_from("@") == letters[: letters.index("o") + 1]


def test_isupport_lists_the_prefixes():
    """Every prefix of PREFIX is in STATUSMSG (Modern IRC, STATUSMSG)."""
    assert f"STATUSMSG={''.join(PREFIXES.values())}" in isupport.tokens(Settings())


@pytest.mark.parametrize("command", ["PRIVMSG", "NOTICE"])
def test_to_the_operators(command):
    """Delivered only to members with that status or higher, by its prefixed name (Modern IRC)."""
    chat = room_of_ranks()
    heard = chat.say("carl", f"{command} @#TEA :help")
    assert heard == {"ana": [f":carl!carl@user/carl {command} @#tea :help"]}
    heard = chat.say("carl", f"{command} +#tea :help")
    assert set(heard) == {"ana", "bob"}


def test_tagmsg_to_the_operators():
    """TAGMSG honours STATUSMSG prefixes (IRCv3 message-tags)."""
    chat = room_of_ranks(CAPS)
    heard = chat.say("carl", "@+x=y TAGMSG @#tea")
    assert [line.partition(":")[2] for line in heard["ana"]] == ["carl!carl@user/carl TAGMSG @#tea"]
    assert set(heard) == {"ana", "carl"}


def test_the_echo_and_the_other_sessions_of_the_sender():
    """The sender sees it once in each session, also without the rank."""
    chat = room_of_ranks(CAPS)
    chat.login("carl2", "carl")
    heard = chat.say("carl", "@label=L PRIVMSG @#tea :help")
    assert set(heard) == {"ana", "carl", "carl2"}
    (echo,) = heard["carl"]
    assert echo.startswith("@label=L;") and echo.endswith(" PRIVMSG @#tea :help")
    assert heard["carl2"] == [":carl!carl@user/carl PRIVMSG @#tea :help"]
    assert chat.say("ana", "PRIVMSG @#tea :me too").keys() == {"ana"}


def test_who_may_not_speak_may_not_here_either():
    """In a moderated room, from outside, and where there is no such room."""
    chat = room_of_ranks()
    chat.say("ana", "MODE #tea +m")
    assert chat.say("carl", "PRIVMSG @#tea :help") == {
        "carl": [":chat.local 404 carl @#tea :Cannot send to channel"]
    }
    chat.say("dora", "PART #tea")
    assert "404" in chat.say("dora", "PRIVMSG +#tea :help")["dora"][0]
    assert chat.say("dora", "NOTICE +#tea :help") == {}


def test_it_is_not_kept():
    """No number and no conversation, so a message with an id of its own is refused (once.md)."""
    chat = room_of_ranks(CAPS)
    chat.say("carl", "PRIVMSG @#tea :help")
    (said,) = chat.last.facts
    assert (said.conversation, said.seq) == ("", 0)
    heard = chat.say("carl", "@tlschat/once=abcdefgh PRIVMSG @#tea :help")
    assert heard.keys() == {"carl"}
    assert heard["carl"][0].startswith(":chat.local FAIL PRIVMSG ONCE_NOT_KEPT @#tea :")


def test_the_simple_dialect_hears_of_the_lobby_only():
    """A session of the dialect has one room; the ranks of others are nothing to it."""
    chat = Chat("ana", accounts_required=False)
    chat.login_simple("sim")
    chat.login("sim2", "carl")
    chat.say("ana", "JOIN #tea")
    for world in (chat.world, chat.mirror):
        apply(world, MemberFlagChanged("#lobby", chat.user("sim").id, "v", True))
    assert chat.say("ana", "PRIVMSG +#lobby :psst") == {"sim": ["FROM ana [dm]: psst"]}
