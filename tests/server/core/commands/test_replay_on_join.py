"""The last messages of a room, for clients that cannot ask (server/core/commands/replay.py)."""

from tests.support.chat import Chat


def texts(lines):
    """The lines in which something is said."""
    return [line for line in lines if " PRIVMSG " in line]


def test_who_joins_sees_what_was_said():
    """The last lines, oldest first, after the names."""
    chat = Chat("ana", "bob", history_replay_lines=2)
    chat.say("ana", "JOIN #tea", *(f"PRIVMSG #tea :{number}" for number in range(4)))
    heard = chat.say("bob", "JOIN #tea")["bob"]
    assert heard[-3:] == [
        ":chat.local 366 bob #tea :End of /NAMES list",
        ":ana!ana@user/ana PRIVMSG #tea :[22:13] 2",
        ":ana!ana@user/ana PRIVMSG #tea :[22:13] 3",
    ]
    assert len(chat.say("ana", "PRIVMSG #tea :4")["bob"]) == 1


def test_yesterday_has_a_date():
    """Only the time would be taken for today's."""
    chat = Chat("ana", "bob")
    chat.say("ana", "JOIN #tea", "PRIVMSG #tea :1")
    chat.at_ms += 86_400_000
    assert chat.say("bob", "JOIN #tea")["bob"][-1].endswith(" :[2023-11-14 22:13] 1")


def test_at_registration_and_for_each_further_session():
    """Default rooms, and all rooms of somebody's next client."""
    chat = Chat("ana")
    chat.say("ana", "JOIN #tea", "PRIVMSG #tea :1", "PRIVMSG #lobby :2")
    assert len(texts(chat.login("bob")["bob"])) == 1
    assert len(texts(chat.login("ana2", "ana")["ana2"])) == 2


def test_every_session_that_comes_in_is_shown_it():
    """A JOIN is for all of the user's; those with chathistory ask for themselves."""
    chat = Chat("ana", "bob")
    chat.login("bob2", "bob")
    chat.login("bob3", "bob", caps="draft/chathistory")
    chat.say("ana", "JOIN #tea", "PRIVMSG #tea :1")
    heard = chat.say("bob", "JOIN #tea")
    assert [len(texts(heard[name])) for name in ("bob", "bob2", "bob3")] == [1, 1, 0]


def test_none_where_none_is_wanted():
    """`history_replay_lines = 0`, no log, or nothing said: no question."""
    for settings in ({"history_replay_lines": 0}, {"history_keep": False}):
        chat = Chat("ana", "bob", **settings)
        chat.reads.clear()
        chat.say("ana", "JOIN #tea", "PRIVMSG #tea :1")
        chat.say("bob", "JOIN #tea")
        assert chat.reads == []
    chat = Chat("ana")
    chat.reads.clear()
    chat.say("ana", "JOIN #tea", "JOIN #tea")
    assert chat.reads == []


def test_what_must_not_be_repeated():
    """Requests between programs would be answered (CTCP); an action is speech."""
    chat = Chat("ana", "bob")
    chat.say("ana", "JOIN #tea", "PRIVMSG #tea :\x01VERSION\x01", "NOTICE #tea :\x01X\x01")
    chat.say("ana", "PRIVMSG #tea :\x01ACTION waves\x01")
    heard = chat.say("bob", "JOIN #tea")["bob"]
    assert heard[-1] == ":ana!ana@user/ana PRIVMSG #tea :\x01ACTION [22:13] waves\x01"
    assert heard[-2].split(" ")[1] == "366"


def test_a_room_made_anew_has_no_past():
    """What others said in a room of that name is not for who takes the name now."""
    chat = Chat("ana", "bob", accounts_required=False)
    chat.say("ana", "JOIN #tea", "PRIVMSG #tea :secret", "PART #tea")
    assert texts(chat.say("bob", "JOIN #tea")["bob"]) == []
