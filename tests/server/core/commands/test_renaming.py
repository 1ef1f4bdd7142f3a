"""RENAME (IRCv3 draft/channel-rename), as lines in and lines out."""

import pytest

from server.core.apply import apply
from server.core.commands import renaming
from server.core.commands.renaming import FALLBACKS_MAX, RENAME_PAUSE_S
from server.core.settings import Operator
from tests.support.chat import Chat

ROOT = {"operators": {"root": Operator("root", account="root")}}


@pytest.fixture
def chat():
    """Ana founded #tea, with a topic; bob knows RENAME, carl does not; root is elsewhere."""
    chat = Chat("ana", "carl", "root", **ROOT)
    chat.login("bob", caps="draft/channel-rename")
    chat.say("ana", "JOIN #tea", "TOPIC #tea :Leaves")
    chat.say("bob", "JOIN #tea")
    chat.say("carl", "JOIN #tea")
    return chat


def test_clients_are_told_in_their_way(chat):
    """RENAME, or PART with the reason, JOIN, topic and names ("Fallback"), also for who did it."""
    set_at = chat.world.rooms["#tea"].topic_at_ms // 1000
    heard = chat.say("ana", "RENAME #tea #Green :Typo fix")
    assert heard["bob"] == [":ana!ana@user/ana RENAME #tea #Green :Typo fix"]
    for name in ("ana", "carl"):
        assert heard[name] == [
            f":{name}!{name}@user/{name} PART #tea :Typo fix",
            f":{name}!{name}@user/{name} JOIN #Green",
            f":chat.local 332 {name} #Green :Leaves",
            f":chat.local 333 {name} #Green ana {set_at}",
            f":chat.local 353 {name} = #Green :~ana bob carl",
            f":chat.local 366 {name} #Green :End of /NAMES list",
        ]


def test_without_a_reason(chat):
    """RENAME has an empty third parameter always; PART has none then."""
    heard = chat.say("ana", "RENAME #tea #green")
    assert heard["bob"] == [":ana!ana@user/ana RENAME #tea #green :"]
    assert heard["carl"][0] == ":carl!carl@user/carl PART #tea"


def test_all_of_the_room_goes_along(chat):
    """ "A channel rename preserves all channel state": letters, modes, masks, key, invitations."""
    chat.say("ana", "MODE #tea +iklb x 9 *!*@nowhere", "MODE #tea +o bob", "INVITE root #tea")
    before = chat.world.rooms["#tea"]
    chat.say("ana", "RENAME #tea #green")
    room = chat.world.rooms["#green"]
    assert room is before
    assert (room.key, room.limit, room.founder, room.access) == ("x", 9, "ana", {"bob": "o"})
    assert list(chat.world.rooms) == ["#lobby", "#green"]
    assert chat.say("root", "JOIN #green x")["root"][0] == ":root!root@user/root JOIN #green"
    assert chat.say("carl", "PRIVMSG #green :hi")["bob"] == [
        ":carl!carl@user/carl PRIVMSG #green :hi"
    ]
    assert chat.say("ana", "PRIVMSG #tea :hi")["ana"][0].split(" ")[1] == "403"


def test_what_was_said_goes_along(chat):
    """History and markers, with the numbers; the old name begins anew, and has nothing of it."""
    chat.login("bob2", "bob", caps="draft/chathistory batch draft/read-marker draft/channel-rename")
    chat.say("ana", "PRIVMSG #tea :one", "PRIVMSG #tea :two")
    chat.say("bob2", "MARKREAD #tea timestamp=2023-11-14T22:13:30.000Z")
    chat.say("ana", "RENAME #tea #green")
    assert chat.world.sequences == {"#green": 2}
    heard = chat.say("bob2", "CHATHISTORY LATEST #green * 9", "MARKREAD #green")["bob2"]
    texts = [line.split(" ", 1)[1] for line in heard if "PRIVMSG" in line]
    assert texts == [
        ":ana!ana@user/ana PRIVMSG #green :one",
        ":ana!ana@user/ana PRIVMSG #green :two",
    ]
    assert heard[-1].endswith("MARKREAD #green timestamp=2023-11-14T22:13:30.000Z")
    chat.say("ana", "PRIVMSG #green :three", "JOIN #tea", "PRIVMSG #tea :new")
    assert chat.world.sequences == {"#green": 3, "#tea": 1}


def test_what_an_earlier_room_of_the_name_said_is_put_aside(chat):
    """Members of the one room must not read the other."""
    chat.login("bob2", "bob", caps="draft/chathistory batch")
    chat.connect("gast")
    chat.change_settings(accounts_required=False)
    chat.say("gast", "NICK gast", "USER g 0 * :g", "JOIN #green", "PRIVMSG #green :secret")
    chat.say("gast", "PART #green")
    chat.say("ana", "PRIVMSG #tea :hi", "RENAME #tea #green")
    heard = chat.say("bob2", "CHATHISTORY LATEST #green * 9")["bob2"]
    assert [line.rpartition(":")[2] for line in heard if "PRIVMSG" in line] == ["hi"]
    assert chat.world.sequences["#green"] == 1


def test_only_the_case_changes(chat):
    """Must be allowed; the fallback is not used then, the old name is as good."""
    heard = chat.say("ana", "RENAME #tea #TEA :loud")
    assert heard == {"bob": [":ana!ana@user/ana RENAME #tea #TEA :loud"]}
    assert chat.world.rooms["#tea"].name == "#TEA"


def test_names_as_each_client_has_them(chat):
    """multi-prefix and userhost-in-names hold here too; no-implicit-names leaves them out."""
    chat.login("bob2", "bob", caps="multi-prefix")
    chat.login("bob3", "bob", caps="userhost-in-names")
    chat.login("bob4", "bob", caps="no-implicit-names")
    chat.say("ana", "MODE #tea +s")
    heard = chat.say("ana", "RENAME #tea #green")
    assert heard["bob2"][-2] == ":chat.local 353 bob @ #green :~@ana bob carl"
    assert heard["bob3"][-2] == (
        ":chat.local 353 bob @ #green :~ana!ana@user/ana bob!bob@user/bob carl!carl@user/carl"
    )
    assert heard["bob4"][-1].split(" ")[1] == "333"


def test_it_is_kept_for_later(chat):
    """An event, for who knows RENAME, under the new name (draft/event-playback)."""
    chat.change_settings(history_events=True)
    chat.say("ana", "RENAME #tea #green :x")
    caps = "draft/chathistory batch draft/event-playback"
    chat.login("bob2", "bob", caps=f"{caps} draft/channel-rename")
    chat.login("bob3", "bob", caps=caps)
    heard = chat.say("bob2", "CHATHISTORY LATEST #green * 9")["bob2"]
    assert any(line.endswith(" RENAME #tea #green :x") for line in heard)
    heard = chat.say("bob3", "CHATHISTORY LATEST #green * 9")["bob3"]
    assert not any("RENAME" in line for line in heard)


@pytest.mark.parametrize(
    ("name", "line", "answer"),
    [
        ("bob", "RENAME #tea #green", "482 bob #tea :You're not channel operator"),
        ("root", "RENAME #no #green", "403 root #no :No such channel"),
        ("ana", "RENAME #tea", "461 ana RENAME :Not enough parameters"),
        (
            "ana",
            "RENAME #tea #lobby",
            "FAIL RENAME CHANNEL_NAME_IN_USE #tea #lobby :The channel name is already taken",
        ),
        (
            "ana",
            "RENAME #tea #tea",
            "FAIL RENAME CHANNEL_NAME_IN_USE #tea #tea :The channel name is already taken",
        ),
        (
            "ana",
            "RENAME #tea &tea",
            "FAIL RENAME CANNOT_RENAME #tea &tea :That cannot be the name of a channel",
        ),
        (
            "root",
            "RENAME #lobby #hall",
            "FAIL RENAME CANNOT_RENAME #lobby #hall :This channel has its name from the"
            " configuration of the server",
        ),
    ],
)
def test_what_is_refused(chat, name, line, answer):
    """A numeric where there is one, else FAIL ("Errors"); nothing has happened."""
    assert chat.say(name, line) == {name: [f":chat.local {answer}"]}
    assert "#tea" in chat.world.rooms


def test_who_is_not_in_the_room(chat):
    """Strangers get 442; operators of the server see what they did."""
    chat.login("eve")
    assert chat.say("eve", "RENAME #tea #green")["eve"][0].split(" ")[1] == "442"
    heard = chat.say("root", "RENAME #tea #green :x")
    assert heard["root"] == [":root!root@user/root RENAME #tea #green :x"]
    assert heard["carl"][1] == ":carl!carl@user/carl JOIN #green"


def test_a_name_stays_for_a_minute(chat):
    """Each renaming is a burst for clients that do not know it ("Security Considerations")."""
    chat.say("ana", "RENAME #tea #green")
    heard = chat.say("ana", "RENAME #green #tea")["ana"]
    assert heard == [
        ":chat.local FAIL RENAME CANNOT_RENAME #green #tea :This channel has been renamed recently"
    ]
    chat.say("root", "RENAME #green #blue")
    chat.at_ms += RENAME_PAUSE_S * 1000
    assert chat.say("ana", "RENAME #blue #tea")["carl"][1] == ":carl!carl@user/carl JOIN #tea"


def test_a_big_room_keeps_its_name(monkeypatch):
    """It would hold everybody up; operators of the server decide whether that is worth it."""
    names = [f"somebody-{number}" for number in range(FALLBACKS_MAX)]
    chat = Chat("ana", "root", *names, **ROOT)
    for name in ("ana", *names):
        chat.say(name, "JOIN #tea")
    heard = chat.say("ana", "RENAME #tea #green")
    assert "CANNOT_RENAME" in heard.pop("ana")[0]
    assert heard == {}
    assert chat.say("ana", "RENAME #tea #TEA") == {}, "only its case: nobody has to be told"
    chat.say("root", "RENAME #TEA #tea")
    chat.at_ms += RENAME_PAUSE_S * 1000
    chat.say("somebody-0", "PART #tea")
    assert "somebody-7" in chat.say("ana", "RENAME #tea #green")
    chat.say("somebody-0", "JOIN #green")
    heard = chat.say("root", "RENAME #green #tea")
    assert len([line for line in heard["somebody-7"] if " 353 " in line]) == 2
    monkeypatch.setattr(renaming, "FALLBACKS_OF_OPERATORS_MAX", FALLBACKS_MAX)
    assert "CANNOT_RENAME" in chat.say("root", "RENAME #tea #green")["root"][0]


def test_a_room_full_of_those_who_know(chat, monkeypatch):
    """They are told in a line, but not any number of them at once."""
    chat.say("carl", "PART #tea")
    monkeypatch.setattr(renaming, "SESSIONS_MAX", 1)
    assert "CANNOT_RENAME" in chat.say("ana", "RENAME #tea #green")["ana"][0]
    assert "bob" in chat.say("root", "RENAME #tea #green")


def test_a_session_of_the_simple_dialect_is_left_behind():
    """It hears only the lobby, which may have become another room meanwhile."""
    chat = Chat("ana", "root", **ROOT)
    chat.login_simple("bob")
    chat.change_settings(default_rooms=("#hall",))
    chat.say("root", "RENAME #lobby #old")
    assert chat.wires["bob"].rooms == set()


def test_it_is_undone_when_it_cannot_be_kept(chat):
    """Promised: nobody hears of it before the log has it."""
    chat.say("ana", "RENAME #tea #green")
    (refusal,) = chat.last.instead
    assert refusal.line.params[:2] == ("RENAME", "STORAGE_ERROR")
    for fact in chat.last.undo:
        apply(chat.world, fact)
    assert chat.world.rooms["#tea"].name == "#tea"
    assert chat.user("carl").rooms.keys() == {"#lobby", "#tea"}
