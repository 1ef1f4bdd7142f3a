"""People: Modern IRC, "User-Based Queries"; IRCv3 away-notify, account-notify, chghost."""

from client.core.events import (
    AccountChanged,
    AwayChanged,
    NickChanged,
    Quit,
    ServerText,
    WhoisReceived,
    WhoListed,
    WhoRow,
)
from irc.names import nick_key


def member(talk, nick):
    """The member of #lobby."""
    return talk.session.model.get("#lobby").members.get(nick_key(nick))


def test_quit_tells_where_somebody_was(online):
    """QUIT takes a person out of every room, and tells which windows that concerns."""
    online.hear(":bob!b@h PRIVMSG ana :psst")
    assert online.one(":bob!b@h QUIT :bye") == Quit(
        nick="bob", reason="bye", buffers=("#lobby", "bob"), time_ms=online.now_ms
    )
    assert member(online, "bob") is None
    assert online.one(":ana!a@host QUIT").own


def test_nick_change_moves_everything(online):
    """Member, speaker and conversation follow the new nick."""
    online.hear(":bob!b@h PRIVMSG ana :psst", ":bob!b@h PRIVMSG #lobby :oi")
    assert online.one(":bob!b@h NICK robert") == NickChanged(
        nick="bob", new_nick="robert", buffers=("#lobby", "robert"), time_ms=online.now_ms
    )
    assert member(online, "robert").nick == "robert"
    assert online.session.model.get("#lobby").recent_speakers() == ["robert"]
    assert online.session.model.get("robert") and not online.session.model.get("bob")


def test_our_nick_change_changes_the_room_for_text(online):
    """Our own NICK renames us, in the prefix that others see as well."""
    assert online.one(":ana!a@host NICK anabela").own
    assert online.session.model.nick == "anabela"
    assert online.session._state.connection.own_prefix == "anabela!a@host"


def test_our_nick_change_before_any_room(talk):
    """Without a known prefix there is none to change."""
    talk.go_online().hear(":ana NICK anabela")
    assert talk.session._state.connection.own_prefix == ""


def test_account_changes(online):
    """ACCOUNT name is a login, ACCOUNT * a logout (account-notify)."""
    assert online.one(":bob!b@h ACCOUNT bobby") == AccountChanged(
        nick="bob", account="bobby", buffers=("#lobby",), time_ms=online.now_ms
    )
    assert member(online, "bob").account == "bobby"
    assert online.one(":ana!a@host ACCOUNT *").own
    assert online.session.model.account == ""


def test_our_shown_host(online, make_talk):
    """CHGHOST and 396 change how long our lines are."""
    online.hear(":ana!a@host CHGHOST u new.host", ":bob!b@h CHGHOST x y")
    assert online.session._state.connection.own_prefix == "ana!u@new.host"
    online.hear(":srv 396 ana hidden :is now your displayed host")
    assert online.session._state.connection.own_prefix == "ana!u@hidden"
    fresh = make_talk().go_online()
    fresh.hear(":srv 396 ana hidden :is now your displayed host")
    assert fresh.session._state.connection.own_prefix == ""


def test_away_and_back(online):
    """away-notify tells of members; 305 and 306 of ourselves; 301 answers a message."""
    assert online.one(":bob!b@h AWAY :lunch") == AwayChanged(
        nick="bob", is_away=True, reason="lunch", buffers=("#lobby",), time_ms=online.now_ms
    )
    assert member(online, "bob").is_away
    assert not online.one(":bob!b@h AWAY").is_away
    assert online.one(":srv 301 ana dan :gone").buffers == ()
    assert online.hear(":srv 301 ana dan :gone") == []
    assert online.one(":srv 301 ana dan :far").reason == "far"
    online.one(":dan!d@h AWAY")
    assert online.one(":srv 301 ana dan :far").reason == "far"
    online.session.away("tea")
    gone = online.one(":srv 306 ana :You are away")
    assert (gone.own, gone.reason, online.session.model.is_away) == (True, "tea", True)
    assert not online.one(":srv 305 ana :You are back").is_away
    assert not online.session.model.is_away


def test_memory_of_who_is_away_is_bounded(online):
    """A server that names ever more people does not fill our memory."""
    online.hear(*(f":srv 301 ana n{number} :gone" for number in range(1_001)))
    assert len(online.session._state.connection.told_away) == 1


def test_who(online):
    """352 lines and 315 make one answer."""
    (event,) = online.hear(
        ":srv 352 ana #lobby u h srv bob G*@ :0 Bob B",
        ":srv 352 ana * u h srv dan H :0",
        ":srv 315 ana #lobby :End",
    )
    assert event == WhoListed(
        buffer="#lobby",
        target="#lobby",
        rows=(
            WhoRow("bob", "u", "h", "Bob B", "#lobby", True, True, "@"),
            WhoRow("dan", "u", "h", ""),
        ),
        time_ms=online.now_ms,
    )
    assert online.one(":srv 315 ana x :End").rows == ()


def test_long_who_is_cut(online):
    """At `ROWS_MAX` rows the rest is left out."""
    online.hear(*([":srv 352 ana #lobby u h srv bob H :0 B"] * 20_001))
    assert len(online.one(":srv 315 ana #lobby :End").rows) == 20_000


def test_whois(online):
    """311 to 318 make one answer; the words of the server are kept for what has no field."""
    (event,) = online.hear(
        ":srv 311 ana bob u h * :Bob B",
        ":srv 312 ana bob srv :here",
        ":srv 313 ana bob :is an operator",
        ":srv 317 ana bob 61 1700000000 :idle",
        ":srv 319 ana bob :@#lobby #tea",
        ":srv 319 ana bob :#more",
        ":srv 330 ana bob bobby :is logged in as",
        ":srv 671 ana bob :is secure",
        ":srv 301 ana bob :lunch",
        ":srv 378 ana bob :is connecting from here",
        ":srv 318 ana bob :End",
    )
    assert event == WhoisReceived(
        nick="bob",
        user="u",
        host="h",
        realname="Bob B",
        server="srv",
        account="bobby",
        rooms=("@#lobby", "#tea", "#more"),
        is_away=True,
        away="lunch",
        idle_s=61,
        signed_on_ms=1_700_000_000_000,
        is_operator=True,
        is_secure=True,
        other=("is connecting from here",),
        time_ms=online.now_ms,
    )


def test_whois_with_little(online):
    """Numbers that are none stay unknown; a lone line is shown; 318 alone is nothing."""
    event = online.hear(
        ":srv 311 ana bob u h * :B", ":srv 317 ana bob x :idle", ":srv 318 ana bob :End"
    )[0]
    assert (event.idle_s, event.signed_on_ms) == (-1, -1)
    for line in ["319 ana bob :#x", "378 ana bob :from"]:
        assert isinstance(online.one(f":srv {line}"), ServerText)
    assert online.hear(":srv 318 ana bob :End") == []


def test_away_of_somebody_else_during_a_whois(online):
    """301 about another person is not part of the answer."""
    event = online.hear(":srv 311 ana bob u h * :B", ":srv 301 ana dan :gone")[0]
    assert isinstance(event, AwayChanged)


def test_realname(online):
    """IRCv3 setname: who, and in which windows."""
    (event,) = online.hear(":bob!b@h SETNAME :Bob B")
    assert (event.nick, event.realname, event.buffers, event.own) == (
        "bob",
        "Bob B",
        ("#lobby",),
        False,
    )


def test_killed(online):
    """We are told by whom and why; the ERROR behind it says nothing new, and still closes."""
    (event,) = online.hear(":joao!j@h KILL ana :too loud")
    assert (event.by, event.reason, event.own) == ("joao", "too loud", True)
    assert online.hear("ERROR :Closing link: Killed") == []
    assert online.session.wants_close and online.session.may_retry


def test_somebody_else_is_killed(online):
    """That ends nothing of ours."""
    (event,) = online.hear(":joao!j@h KILL bob :too loud")
    assert not event.own
    assert len(online.hear("ERROR :Closing link: bye")) == 1


def test_whois_of_oneself(online):
    """335, 338 for each session, 379: values, not sentences."""
    (event,) = online.hear(
        ":srv 311 ana ana a host * :Ana",
        ":srv 335 ana ana :is a bot",
        ":srv 338 ana ana 10.0.0.1 :is actually using this address",
        ":srv 338 ana ana a@host 10.0.0.2 :Actual user@host, Actual IP",
        ":srv 338 ana ana 10.0.0.1 :is actually using this address",
        ":srv 379 ana ana :is using modes +iw",
        ":srv 318 ana ana :End",
    )
    assert (event.is_bot, event.address, event.modes) == (True, "10.0.0.1 10.0.0.2", "+iw")


def test_address_outside_of_whois(online):
    """Alone it is shown as it came."""
    (event,) = online.hear(":srv 338 ana bob 10.0.0.1 :is actually using this address")
    assert "10.0.0.1" in event.text
