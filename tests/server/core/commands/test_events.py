"""Joins, parts and the like in the history, where they are kept (IRCv3 draft/event-playback)."""

from irc.message import parse_line
from server.core.events import AccountsRevoked
from server.core.facts import EventNoted
from server.core.settings import Operator
from tests.support.chat import Chat

CAPS = "draft/chathistory draft/event-playback batch message-tags"
BOSS = {"boss": Operator("boss", "ana")}


def happened(chat, target, name="ana"):
    """Command and parameters of all that a page has."""
    lines = chat.say(name, f"CHATHISTORY LATEST {target} * 99")[name]
    parsed = [parse_line(line.encode()) for line in lines[1:-1]]
    return [(line.source.partition("!")[0], line.command, *line.params) for line in parsed]


def test_what_happened_is_kept_in_its_order():
    """As everybody saw it, with a msgid of its own for each room; but never a key."""
    chat = Chat("ana", caps=CAPS, history_events=True, nick_policy="free")
    chat.login("bob")
    chat.say("ana", "JOIN #tea", "MODE #tea +mk sesame")
    chat.say("bob", "JOIN #tea sesame", "NICK bobby")
    chat.say("ana", "PRIVMSG #tea :hi", "TOPIC #tea :Leaves", "KICK #tea bobby :go")
    chat.say("bob", "PART #lobby :bye")
    chat.say("ana", "MODE #tea -k *")
    chat.say("bob", "JOIN #tea")
    chat.lose("bob", "Ping timeout")
    assert happened(chat, "#tea") == [
        ("ana", "JOIN", "#tea"),
        ("ana", "MODE", "#tea", "+mk", "*"),
        ("bob", "JOIN", "#tea"),
        ("bob", "NICK", "bobby"),
        ("ana", "PRIVMSG", "#tea", "hi"),
        ("ana", "TOPIC", "#tea", "Leaves"),
        ("ana", "KICK", "#tea", "bobby", "go"),
        ("ana", "MODE", "#tea", "-k", "*"),
        ("bobby", "JOIN", "#tea"),
        ("bobby", "QUIT", "Ping timeout"),
    ]
    assert ("bob", "NICK", "bobby") in happened(chat, "#lobby")
    msgids = [fact.msgid for fact in chat.facts if isinstance(fact, EventNoted)]
    assert len(set(msgids)) == len(msgids)


def test_who_saw_it_knows_it_again():
    """What one room is shown has the msgid it is kept under (draft/chathistory: deduplication)."""
    chat = Chat("ana", caps=CAPS, history_events=True)
    chat.login("bob")
    seen = [
        chat.say("bob", "JOIN #lobby,#tea")["bob"],
        chat.say("ana", "JOIN #tea")["ana"],
        chat.say("bob", "TOPIC #tea :Leaves")["ana"],
        chat.say("bob", "PART #tea :bye")["ana"],
    ]
    shown = [parse_line(line.encode()) for lines in seen for line in lines]
    live = {line.tags["msgid"] for line in shown if "msgid" in line.tags}
    page = chat.say("ana", "CHATHISTORY LATEST #tea * 9")["ana"][1:-1]
    kept = [parse_line(line.encode()) for line in page]
    known = [line.command for line in kept if line.tags["msgid"] in live]
    assert known[-2:] == ["TOPIC", "PART"]


def test_who_gets_operator_rights_by_joining():
    """The server's MODE is kept as well."""
    chat = Chat("bob", caps=CAPS, history_events=True, operators=BOSS)
    chat.login("ana", caps=CAPS)
    assert ("chat.local", "MODE", "#lobby", "+o", "ana") in happened(chat, "#lobby")


def test_they_are_no_messages():
    """They have no number, and a client without event-playback never sees them."""
    chat = Chat("ana", caps="draft/chathistory batch tlschat/once", history_events=True)
    chat.say("ana", "PRIVMSG #lobby :hi")
    (_, line, _) = chat.say("ana", "CHATHISTORY LATEST #lobby * 9")["ana"]
    assert "tlschat/seq=1" in line


def test_where_they_are_not_kept():
    """By default, and where there is no log."""
    for settings in ({}, {"history_events": True, "history_keep": False}):
        chat = Chat("ana", **settings)
        assert [fact for fact in chat.facts if isinstance(fact, EventNoted)] == []


def test_many_who_go_at_once_have_ids_of_their_own():
    """Accounts taken away together share one event, and no msgid: the log would break of it."""
    chat = Chat("ana", "bob", "carl", history_events=True)
    chat.event(AccountsRevoked(frozenset({"ana", "bob"})))
    quits = [fact.msgid for fact in chat.last.facts if isinstance(fact, EventNoted)]
    assert len(set(quits)) == len(quits) == 2
    chat.reader()
