"""The simple dialect, line by line. Source: the project's protocol page."""

import pytest

from irc.errors import InvalidUtf8, LineTooLong
from server.core import turn
from server.core.effects import CheckPassword
from server.core.events import Check, Dialect, LineRefused
from server.core.settings import Operator, with_accounts
from tests.support.chat import Chat


@pytest.fixture
def chat() -> Chat:
    """Ana is registered in the simple dialect; another connection has just come in."""
    chat = Chat()
    chat.login_simple("ana")
    chat.connect("joao", Dialect.SIMPLE)
    return chat


@pytest.fixture
def guests() -> Chat:
    """The same where no account is needed; "eve" is one."""
    chat = Chat(accounts_required=False)
    told = with_accounts(chat.world.settings, ["eve"])
    chat.change_settings(account_keys=told.account_keys, account_looks=told.account_looks)
    chat.login_simple("ana")
    chat.connect("joao", Dialect.SIMPLE)
    return chat


def test_the_conversation():
    """The two people of the project's own example, from the greeting to the end."""
    chat = Chat()
    greeting = "New User. Please register with: NICK <name>"
    assert chat.connect("ana", Dialect.SIMPLE) == {"ana": [greeting]}
    assert chat.say("ana", "NICK ana") == {"ana": ["PASSWORD?"]}
    assert chat.say("ana", "secret") == {"ana": ["OK welcome ana"]}
    chat.connect("joao", Dialect.SIMPLE)
    assert chat.say("joao", "NICK joao secret") == {
        "joao": ["OK welcome joao"],
        "ana": ["User joao joined."],
    }
    assert chat.say("ana", "MSG Bom dia, pessoal!") == {
        "ana": ["FROM ana [all]: Bom dia, pessoal!"],
        "joao": ["FROM ana [all]: Bom dia, pessoal!"],
    }
    assert chat.say("ana", "MSG @joao só para ti") == {"joao": ["FROM ana [dm]: só para ti"]}
    assert chat.say("joao", "WHO") == {"joao": ["Connected users: ana, joao"]}
    assert chat.say("joao", "QUIT") == {"joao": ["BYE"], "ana": ["User joao left the chat."]}
    assert chat.is_closed("joao")


def test_both_dialects_are_in_one_lobby(chat):
    """People on IRC and here see each other."""
    heard = chat.login("eve")
    assert heard["ana"] == ["User eve joined."]
    assert heard["eve"][-2] == ":chat.local 353 eve = #lobby :ana eve"
    assert chat.say("ana", "MSG oi")["eve"] == [":ana!ana@user/ana PRIVMSG #lobby :oi"]
    assert chat.say("eve", "PRIVMSG #lobby :hi")["ana"] == ["FROM eve [all]: hi"]
    assert chat.say("eve", "PRIVMSG ana :psst")["ana"] == ["FROM eve [dm]: psst"]
    assert chat.say("eve", "PRIVMSG #lobby :\x01ACTION waves\x01")["ana"] == ["* eve waves"]
    assert chat.say("ana", "MSG @eve psst")["eve"] == [":ana!ana@user/ana PRIVMSG eve :psst"]
    assert chat.say("eve", "QUIT :x")["ana"] == ["User eve left the chat."]


def test_a_lost_connection_is_a_left_user(chat):
    """The others cannot see the difference."""
    chat.say("joao", "NICK joao secret")
    assert chat.lose("joao") == {"ana": ["User joao left the chat."]}


# Registering.


@pytest.mark.parametrize("word", ["NICK", "nick", "LOGIN", "Login"])
def test_two_words_to_register(chat, word):
    """`LOGIN` is `NICK`, in any case."""
    assert chat.say("joao", f"{word} joao")["joao"] == ["PASSWORD?"]


def test_the_password_is_taken_as_it_is(chat):
    """Spaces, controls and words of the dialect are part of it; the rest of the line, too."""
    chat.answers_checks = False
    chat.say("joao", "NICK joao", "  QUIT \x02 ")
    assert chat.checks[0] == CheckPassword(
        chat.session("joao").id, "joao", "  QUIT \x02 ", "192.0.2.1"
    )
    chat.answer(Check.BUSY)
    chat.say("joao", "  NICK  joao  a  b ")
    assert chat.checks[0].password == "a  b "


def test_a_wrong_password_closes_at_once(chat):
    """`ERR wrong_password` and the end, also for a name that does not exist."""
    assert chat.say("joao", "NICK joao", "wrong")["joao"] == ["PASSWORD?", "ERR wrong_password"]
    assert chat.is_closed("joao")
    assert len(chat.world.sessions) == 1


def test_a_busy_server(chat):
    """`ERR try_later`, and one may."""
    chat.answers_checks = False
    chat.say("joao", "NICK joao secret")
    assert chat.answer(Check.BUSY)["joao"] == ["ERR try_later"]
    chat.say("joao", "NICK joao secret")
    assert chat.answer()["joao"] == ["OK welcome joao"]


def test_while_a_password_is_checked(chat):
    """Nobody is registered yet."""
    chat.answers_checks = False
    chat.say("joao", "NICK joao secret")
    assert chat.say("joao", "MSG hi", "NICK x", "hello")["joao"] == [
        "ERR not_registered",
        "ERR not_registered",
        "ERR unknown_command",
    ]


def test_a_name_in_use_after_the_password(chat):
    """Even one's own: refused once the password was right, and the connection may try again."""
    assert chat.say("joao", "NICK ana secret")["joao"] == ["ERR apelido_em_uso"]
    assert chat.say("joao", "NICK joao secret")["joao"] == ["OK welcome joao"]


def test_a_name_in_use_without_a_password(guests):
    """At once where no account is needed."""
    assert guests.say("joao", "NICK ANA")["joao"] == ["ERR apelido_em_uso"]
    assert guests.say("joao", "NICK joao")["joao"] == ["OK welcome joao"]


def test_an_account_needs_its_password_even_where_guests_may_come(guests):
    """Nobody takes an account's name without it."""
    assert guests.say("joao", "NICK eve")["joao"] == ["PASSWORD?"]
    assert guests.say("joao", "secret")["joao"] == ["OK welcome eve"]
    assert guests.user("eve").account == "eve"


def test_in_use_over_irc(chat):
    """Whichever dialect the other one speaks."""
    chat.login("eve")
    assert chat.say("joao", "NICK eve secret")["joao"] == ["ERR apelido_em_uso"]


def test_an_account_whose_nick_somebody_has():
    """Policy "free": the name typed is the nick, and may be taken by then."""
    chat = Chat("ann", nick_policy="free")
    chat.say("ann", "NICK joao")
    chat.connect("joao", Dialect.SIMPLE)
    assert chat.say("joao", "NICK joao secret")["joao"] == ["ERR apelido_em_uso"]
    assert chat.session("joao").login.account == ""


def test_an_account_that_is_here_under_another_nick():
    """Policy "free": one account is one user, so its own name is refused as well."""
    chat = Chat("ann", nick_policy="free")
    chat.say("ann", "NICK sun")
    chat.connect("joao", Dialect.SIMPLE)
    assert chat.say("joao", "NICK ann secret")["joao"] == ["ERR apelido_em_uso"]


def test_the_name_is_spelled_as_the_account(chat):
    """Policy "account"."""
    chat.answers_checks = False
    chat.say("joao", "NICK JOAO secret")
    assert chat.answer(account="Joao")["joao"] == ["OK welcome Joao"]


def test_an_account_that_went_while_it_was_checked(chat):
    """A right password of an account that is gone by now is a wrong one."""
    chat.answers_checks = False
    chat.say("joao", "NICK joao secret")
    chat.change_settings(account_keys=frozenset({"ana"}))
    assert chat.answer()["joao"] == ["ERR wrong_password"]


@pytest.mark.parametrize("name", ["", "1a", "a.b", "x" * 33])
def test_bad_nicks(chat, name):
    """Refused at once, before any password."""
    assert chat.say("joao", f"NICK {name}")["joao"] == ["ERR bad_nick"]


def test_reserved_names(guests):
    """As on IRC."""
    assert guests.say("joao", "NICK ChanServ")["joao"] == ["ERR bad_nick"]


@pytest.mark.parametrize("line", ["MSG hi", "WHO", "who"])
def test_first_say_who_you_are(chat, line):
    """`ERR not_registered`."""
    assert chat.say("joao", line)["joao"] == ["ERR not_registered"]


def test_quit_before_registration(chat):
    """BYE, and nobody else notices."""
    assert chat.say("joao", "QUIT") == {"joao": ["BYE"]}
    assert chat.is_closed("joao")


def test_a_browser_is_sent_away(chat):
    """An HTTP method ends it: nobody else's page may chat for its reader."""
    assert chat.say("joao", "POST / HTTP/1.1")["joao"] == ["BYE"]
    assert chat.is_closed("joao")


def test_before_registration(chat):
    """Blank lines are nothing, other words are unknown."""
    assert chat.say("joao", "", "  ", "hello")["joao"] == ["ERR unknown_command"]


# Talking.


@pytest.mark.parametrize("line", ["HELLO", "PRIVMSG #lobby :x", "MSGX hi"])
def test_unknown_commands(chat, line):
    """`ERR unknown_command`; blank lines are nothing."""
    assert chat.say("ana", line, "", " \x01 ")["ana"] == ["ERR unknown_command"]


@pytest.mark.parametrize("line", ["MSG", "MSG   ", "MSG \x01", "MSG @ana", "MSG @ana  "])
def test_empty_messages(chat, line):
    """There is nothing to say."""
    assert chat.say("ana", line)["ana"] == ["ERR empty_message"]


@pytest.mark.parametrize("line", ["MSG @nobody hi", "MSG @ hi", "MSG @nobody"])
def test_unknown_people(chat, line):
    """`ERR user_not_found`."""
    assert chat.say("ana", line)["ana"] == ["ERR user_not_found"]


def test_a_message_to_oneself(chat):
    """It arrives."""
    assert chat.say("ana", "MSG @ana note")["ana"] == ["FROM ana [dm]: note"]


def test_somebody_away_is_no_answer(chat):
    """This dialect has no word for it; the message arrived."""
    chat.login("eve")
    chat.say("eve", "AWAY :x")
    assert "ana" not in chat.say("ana", "MSG @eve hi")


@pytest.mark.parametrize("text", ["a\rQUIT", "a\x00b", "a\x1b[2Jb", "a\x01b", "a\x85b", "a\u2028b"])
def test_nothing_can_forge_a_line(chat, text):
    """Controls and separators of lines are taken out; the harness checks each line."""
    chat.login("eve")
    heard = chat.say("ana", f"MSG {text}")["eve"]
    assert len(heard) == 1
    assert heard[0].removeprefix(":ana!ana@user/ana PRIVMSG #lobby :").isprintable()


def test_tabs_may_stay(chat):
    """They are text; in a terminal they become spaces."""
    chat.login("eve")
    heard = chat.say("ana", "MSG a\tb")
    assert heard["eve"][0].endswith(":a\tb")
    assert heard["ana"] == ["FROM ana [all]: a    b"]


def test_long_lines(chat):
    """At most simple_line_bytes_max, in bytes; one more is refused."""
    chat.change_settings(simple_line_bytes_max=20)
    assert chat.say("ana", "MSG " + "é" * 8)["ana"] == ["FROM ana [all]: " + "é" * 8]
    assert chat.say("ana", "MSG " + "é" * 8 + "x")["ana"] == ["ERR too_long"]


def test_a_long_line_arrives_whole_on_irc(chat):
    """It becomes several lines there; together they are the text."""
    chat.login("eve")
    text = "olá 👋 " * 100
    heard = chat.say("ana", f"MSG {text}")
    said = [line.partition(" #lobby :")[2] for line in heard["eve"]]
    assert "".join(said) == text.strip()
    assert heard["ana"] == [f"FROM ana [all]: {text.strip()}"]


def test_lines_that_never_were(chat):
    """Too long for the buffer, or not text."""
    session = chat.session("ana").id
    too_long = LineRefused(session, LineTooLong("body", 2048))
    assert chat.event(too_long)["ana"] == ["ERR too_long"]
    assert chat.event(LineRefused(session, InvalidUtf8("x")))["ana"] == ["ERR bad_text"]


def test_who_shows_only_who_may_be_seen(chat):
    """Mode i hides from those who share no room."""
    chat.login("eve")
    chat.login("bob")
    chat.say("eve", "MODE eve +i")
    assert chat.say("ana", "WHO")["ana"] == ["Connected users: ana, eve, bob"]
    chat.say("eve", "PART #lobby")
    assert chat.say("ana", "WHO")["ana"] == ["Connected users: ana, bob"]


def test_who_in_lines(chat):
    """No line of names is longer than a line may be."""
    chat.login("eve")
    chat.login("bob")
    chat.change_settings(simple_line_bytes_max=8)
    assert chat.say("ana", "WHO")["ana"] == ["Connected users: ana, eve", "Connected users: bob"]


def test_who_is_told_piece_by_piece(chat, monkeypatch):
    """However many there are, the hub goes on meanwhile; who has left by then is not named."""
    monkeypatch.setattr(turn, "PIECE_ITEMS", 2)
    for name in ("eve", "bob", "carl"):
        chat.login(name)
    chat.answers_drains = False
    assert chat.say("ana", "WHO") == {}
    chat.lose("bob")
    chat.answers_drains = True
    assert chat.say("ana", "MSG")["ana"] == [
        "ERR empty_message",
        "Connected users: ana, eve, carl",
    ]


def test_changing_the_nick(guests):
    """`NICK` again is a change, where that is allowed."""
    guests.say("joao", "NICK joao")
    assert guests.say("ana", "NICK bia") == {
        "ana": ["User ana is now bia."],
        "joao": ["User ana is now bia."],
    }
    assert guests.say("ana", "NICK joao")["ana"] == ["ERR apelido_em_uso"]
    assert guests.say("ana", "NICK")["ana"] == ["ERR bad_nick"]


def test_an_accounts_name_stays(chat):
    """Policy "account": the name cannot change."""
    assert chat.say("ana", "NICK bia")["ana"] == ["ERR apelido_em_uso"]


# The lobby.


def test_the_lobby_is_the_first_default_room():
    """The others are for IRC: there are no words for which room something is said in."""
    chat = Chat("eve", default_rooms=("#lobby", "#news"))
    chat.login_simple("ana")
    assert list(chat.user("ana").rooms) == ["#lobby"]
    assert chat.say("eve", "PRIVMSG #news :x") == {}


def test_no_lobby_at_all():
    """People can still talk to each other."""
    chat = Chat("eve", default_rooms=())
    chat.login_simple("ana")
    assert chat.say("ana", "MSG hi")["ana"] == ["ERR no_room"]
    assert chat.say("ana", "MSG @eve hi")["eve"] == [":ana!ana@user/ana PRIVMSG eve :hi"]


def test_thrown_out_of_the_lobby():
    """After a KICK there is nobody to say it to."""
    chat = Chat("eve", operators={"boss": Operator("boss", "eve")})
    chat.login_simple("ana")
    assert chat.say("eve", "KICK #lobby ana :rude")["ana"] == ["User ana left the chat."]
    assert chat.say("ana", "MSG hi")["ana"] == ["ERR not_allowed"]


def test_banned_from_the_lobby():
    """One is welcome, and cannot say anything there."""
    chat = Chat("eve", operators={"boss": Operator("boss", "eve")})
    chat.say("eve", "MODE #lobby +b ana!*@*")
    assert chat.login_simple("ana")["ana"] == ["OK welcome ana"]
    assert chat.say("ana", "MSG hi")["ana"] == ["ERR not_allowed"]


def test_the_other_dialect_joins_in(chat):
    """A session over IRC is one more of the same user; rooms it joins stay on IRC."""
    chat.login("eve")
    heard = chat.login("ana2", "ana")
    assert list(heard) == ["ana2"]
    chat.say("ana2", "JOIN #tea")
    chat.say("eve", "JOIN #tea")
    assert chat.say("eve", "PRIVMSG #tea :x") == {"ana2": [":eve!eve@user/eve PRIVMSG #tea :x"]}
    chat.say("ana2", "PART #lobby")
    assert "ana" not in chat.say("eve", "PRIVMSG #lobby :x")
    chat.say("ana2", "JOIN #lobby")
    assert chat.say("eve", "PRIVMSG #lobby :x")["ana"] == ["FROM eve [all]: x"]
