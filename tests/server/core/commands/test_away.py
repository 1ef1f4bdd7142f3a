"""AWAY, as lines in and lines out. Source: Modern IRC; IRCv3 away-notify, pre-away."""

from tests.support.chat import PASSWORD, Chat

AWAY = ":chat.local 306 {} :You have been marked as being away"
BACK = ":chat.local 305 {} :You are no longer marked as being away"
SOMEWHERE = "Not here at the moment"


def test_away_and_back():
    """306 and 305; those with away-notify in a common room hear AWAY, oneself never does."""
    chat = Chat("ann", "eve")
    chat.login("bob", caps="away-notify")
    chat.say("ann", "CAP REQ away-notify")
    assert chat.say("ann", "AWAY :Gone to lunch") == {
        "ann": [AWAY.format("ann")],
        "bob": [":ann!ann@user/ann AWAY :Gone to lunch"],
    }
    assert chat.user("ann").away == "Gone to lunch"
    assert chat.say("ann", "AWAY") == {
        "ann": [BACK.format("ann")],
        "bob": [":ann!ann@user/ann AWAY"],
    }
    assert chat.user("ann").away == ""


def test_the_same_again_is_no_news():
    """Being away with the same words is answered and not announced; an empty text is being back."""
    chat = Chat("ann")
    chat.login("bob", caps="away-notify")
    chat.say("ann", "AWAY :x")
    assert list(chat.say("ann", "AWAY :x")) == ["ann"]
    assert list(chat.say("ann", "AWAY :y")) == ["bob", "ann"]
    assert "bob" in chat.say("ann", "AWAY :")
    assert list(chat.say("ann", "AWAY")) == ["ann"]


def test_away_has_a_limit():
    """At most away_bytes_max, by whole characters (Modern IRC, AWAYLEN)."""
    chat = Chat("ann", away_bytes_max=5)
    chat.say("ann", "AWAY :éééé")
    assert chat.user("ann").away == "éé"


def test_away_in_no_room():
    """There is nobody to tell."""
    chat = Chat("ann")
    chat.login("bob", caps="away-notify")
    chat.say("ann", "PART #lobby")
    assert list(chat.say("ann", "AWAY :x")) == ["ann"]


# Several sessions.


def _desk_and_phone() -> Chat:
    chat = Chat()
    chat.login("bob", caps="away-notify")
    chat.login("desk", "ann", caps="away-notify")
    chat.login("phone", "ann")
    return chat


def test_away_only_when_all_sessions_are():
    """Each session is told of itself; others hear when the last one goes and the first comes."""
    chat = _desk_and_phone()
    assert chat.say("phone", "AWAY :in the pocket") == {"phone": [AWAY.format("ann")]}
    assert chat.user("ann").away == ""
    assert chat.say("desk", "AWAY :lunch") == {
        "desk": [AWAY.format("ann")],
        "bob": [":ann!ann@user/ann AWAY :lunch"],
    }
    assert chat.say("phone", "AWAY") == {
        "phone": [BACK.format("ann")],
        "bob": [":ann!ann@user/ann AWAY"],
    }


def test_the_text_said_last_is_shown():
    """Whichever session said it."""
    chat = _desk_and_phone()
    chat.say("phone", "AWAY :in the pocket")
    chat.say("desk", "AWAY :lunch")
    assert chat.say("phone", "AWAY :still in the pocket")["bob"] == [
        ":ann!ann@user/ann AWAY :still in the pocket"
    ]
    assert chat.say("desk", "AWAY :lunch")["bob"] == [":ann!ann@user/ann AWAY :lunch"]


def test_the_session_that_was_here_ends():
    """Then the user is away, if all others are; and the rooms are told so, not of a QUIT."""
    chat = _desk_and_phone()
    chat.say("phone", "AWAY :in the pocket")
    assert chat.say("desk", "QUIT")["bob"] == [":ann!ann@user/ann AWAY :in the pocket"]
    assert chat.lose("phone")["bob"] == [":ann!ann@user/ann QUIT :Connection closed"]


def test_a_further_session_brings_somebody_back():
    """Unless it says that it is away itself; nobody is told when nothing changed."""
    chat = _desk_and_phone()
    chat.say("phone", "AWAY :in the pocket")
    chat.say("desk", "AWAY :lunch")
    heard = chat.login("laptop", "ann")
    assert heard["bob"] == [":ann!ann@user/ann AWAY"]
    assert not any(" 305 " in line or " 306 " in line for line in heard["laptop"])
    assert chat.login("tablet", "ann")["bob"] == []


# Before registration.


def _come_in(chat: Chat, name: str, account: str, *first: str) -> dict[str, list[str]]:
    chat.connect(name)
    return chat.say(
        name,
        "CAP REQ :draft/pre-away away-notify",
        *first,
        f"PASS {account}:{PASSWORD}",
        f"NICK {account}",
        f"USER {account} 0 * :x",
        "CAP END",
    )


def test_away_before_registration_needs_the_capability():
    """451 as ever (pre-away: servers MUST accept it if the capability has been negotiated)."""
    chat = Chat()
    chat.connect("ann")
    assert chat.say("ann", "AWAY :x")["ann"] == [":chat.local 451 * :You have not registered"]


def test_coming_in_away():
    """The text is the user's from the beginning; a JOIN of somebody away is followed by AWAY."""
    chat = Chat()
    chat.login("bob", caps="away-notify")
    heard = _come_in(chat, "ann", "ann", "AWAY :asleep")
    assert AWAY.format("*") in heard["ann"]
    assert heard["bob"] == [
        ":ann!ann@user/ann JOIN #lobby",
        ":ann!ann@user/ann AWAY :asleep",
    ]


def test_back_before_registration():
    """AWAY with no parameters indicates that the user is present (pre-away)."""
    chat = Chat()
    heard = _come_in(chat, "ann", "ann", "AWAY :asleep", "AWAY")
    assert BACK.format("*") in heard["ann"]
    assert chat.user("ann").away == ""


def test_a_session_that_is_there_by_itself():
    """`AWAY *` brings nobody back and replaces no text, even if it is newer (pre-away)."""
    chat = Chat()
    chat.login("bob", caps="away-notify")
    chat.login("ann")
    chat.say("ann", "AWAY :lunch")
    assert _come_in(chat, "robot", "ann", "AWAY *")["bob"] == []
    assert chat.user("ann").away == "lunch"
    assert chat.lose("ann")["bob"] == [f":ann!ann@user/ann AWAY :{SOMEWHERE}"]


def test_away_for_no_reason():
    """`AWAY *` after registration too; a sentence stands for the star (pre-away, MAY)."""
    chat = Chat("ann", "bob")
    assert chat.say("ann", "AWAY *")["ann"] == [AWAY.format("ann")]
    assert chat.say("bob", "PRIVMSG ann :hi")["bob"] == [f":chat.local 301 bob ann :{SOMEWHERE}"]
