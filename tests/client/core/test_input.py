"""What a person types: UX 32, "unknown command is an error, never sent as text; // for a slash"."""

import pytest
from hypothesis import given, strategies as st

from client.core import input as typed
from client.core.commands import COMMANDS
from client.core.input import DEFAULT_ALIASES, may_remember, parse_input


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("oi", typed.Say("oi")),
        ("  oi ", typed.Say("  oi ")),
        ("//etc/passwd", typed.Say("/etc/passwd")),
        ("  //x", typed.Say("/x")),
        ("/say @sair now", typed.Say("@sair now")),
        ("", typed.Nothing()),
        (" \n ", typed.Nothing()),
        ("/msg bob oi  tudo bem", typed.Msg("bob", "oi  tudo bem")),
        ("/MSG bob oi", typed.Msg("bob", "oi")),
        (" /msg bob oi", typed.Msg("bob", "oi")),
        ("/msg  bob   oi", typed.Msg("bob", "oi")),
        ("/msg bob one\ntwo", typed.Msg("bob", "one\ntwo")),
        ("/me waves", typed.Me("waves")),
        ("/me\nwaves", typed.Me("waves")),
        ("/notice bob hm", typed.Notice("bob", "hm")),
        ("/query bob", typed.Query("bob")),
        ("/query bob oi", typed.Query("bob", "oi")),
        ("/close", typed.Close()),
        ("/history", typed.History()),
        ("/history 20", typed.History(20)),
        ("/history 99999999999", typed.History(1_000)),
        ("/search tea and cake", typed.Search("tea and cake")),
        ("/search -all tea", typed.Search("tea", True)),
        ("/search -alltea", typed.Search("-alltea")),
        ("/delete", typed.Delete()),
        ("/join #a", typed.Join(("#a",))),
        ("/join #a,,b key", typed.Join(("#a", "b"), "key")),
        ("/part", typed.Part()),
        ("/part #a", typed.Part("#a")),
        ("/part see you", typed.Part("", "see you")),
        ("/part #a see you", typed.Part("#a", "see you")),
        ("/topic", typed.Topic()),
        ("/topic #a", typed.Topic("#a")),
        ("/topic new one", typed.Topic("", "new one")),
        ("/topic #a new one", typed.Topic("#a", "new one")),
        ("/topic -delete", typed.Topic("", "")),
        ("/topic &a -delete", typed.Topic("&a", "")),
        ("/names", typed.Names()),
        ("/names #a", typed.Names("#a")),
        ("/who", typed.Who()),
        ("/who bob", typed.Who("bob")),
        ("/whois bob", typed.Whois("bob")),
        ("/list", typed.ListRooms()),
        ("/list #t*", typed.ListRooms("#t*")),
        ("/away", typed.Away()),
        ("/away tea time", typed.Away("tea time")),
        ("/back", typed.Away()),
        ("/nick bela", typed.Nick("bela")),
        ("/invite bob", typed.Invite("bob")),
        ("/invite bob #a", typed.Invite("bob", "#a")),
        ("/kick bob", typed.Kick("bob")),
        ("/kick #a bob no no", typed.Kick("bob", "#a", "no no")),
        ("/mode", typed.Mode()),
        ("/mode +o bob", typed.Mode("", ("+o", "bob"))),
        ("/mode #a -o bob", typed.Mode("#a", ("-o", "bob"))),
        ("/resend", typed.Resend()),
        ("/resend t3", typed.Resend("t3")),
        ("/discard", typed.Discard()),
        ("/raw VERSION", typed.Raw("VERSION")),
        ("/help", typed.Help()),
        ("/help msg", typed.Help("msg")),
        ("/quit", typed.Leave()),
        ("/quit so long", typed.Leave("so long")),
        ("/private bob oi", typed.Msg("bob", "oi")),
        ("/online", typed.Names()),
        ("/SAIR", typed.Leave()),
        ("@privado:bob oi", typed.Msg("bob", "oi")),
        ("@Privado: bob oi", typed.Msg("bob", "oi")),
        ("@sair", typed.Leave()),
        ("@bob: oi", typed.Say("@bob: oi")),
        ("@sara: oi", typed.Say("@sara: oi")),
        ("oi @privado:bob", typed.Say("oi @privado:bob")),
    ],
)
def test_what_it_means(text, command):
    """Each command in each of its forms, and the aliases of other small chats."""
    assert parse_input(text) == command


MISSING = """
/msg|/msg bob|/me|/me  |/say|/notice bob|/query|/join|/join ,|/join #a key more|/nick|/nick a b
/whois|/kick|/kick #a|/invite|/invite bob #a #b|/raw|/names #a #b|@privado:|@privado:bob
/private bob|/history 0|/history x|/history 1 2|/search|/search -all
"""


@pytest.mark.parametrize(
    ("text", "hint"), [("/passwd x", "/password"), ("/LEAVE", "/part"), ("/kickban a", "/ban")]
)
def test_words_of_other_clients(text, hint):
    """Whoever comes from irssi or WeeChat is told the word here; nothing is done unasked."""
    error = parse_input(text)
    assert isinstance(error, typed.InputError)
    assert error.hint == f"Did you mean {hint}?"


@pytest.mark.parametrize("text", MISSING.strip().replace("\n", "|").split("|"))
def test_something_is_missing(text):
    """A command with too little or too much shows how it is used, and does nothing."""
    error = parse_input(text)
    assert isinstance(error, typed.InputError)
    assert "/" in error.text


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("/mgs bob hunter2", "/msg"),
        ("/privateb bob hunter2", "/private"),
        ("/pass hunter2", "/"),
        ("/xyzzy hunter2", "/help"),
        ("/ hunter2", "/help"),
        ("/usr/bin hunter2", "/"),
        ("@privdo:bob hunter2", "@privado:"),
        ("@PRIVADO bob hunter2", "@privado:"),
        ("@privadoo:hunter2", "@privado:"),
    ],
)
def test_slip_is_an_error_with_a_hint_and_leaks_nothing(text, hint):
    """Never sent as text; the error tells only the word, not what came behind it."""
    error = parse_input(text)
    assert isinstance(error, typed.InputError)
    assert hint in error.hint
    assert "hunter2" not in error.text + error.hint


def test_error_is_safe_to_show():
    """What was pasted as a command may hold anything."""
    error = parse_input("/\x1b[2J" + "x" * 100)
    assert "\x1b" not in error.text
    assert len(error.text) < 100


def test_table_of_aliases_is_the_persons():
    """Another table, other words; a word of the table wins over a command."""
    aliases = {"/all": "/say", "!": "/me", "/me": "/msg"}
    assert parse_input("/all /x", aliases) == typed.Say("/x")
    assert parse_input("! waves", aliases) == typed.Me("waves")
    assert parse_input("/me bob oi", aliases) == typed.Msg("bob", "oi")
    assert parse_input("@sair", aliases) == typed.Say("@sair")


@given(st.text(max_size=30))
def test_text_with_a_slash_is_never_said(rest):
    """Whatever follows one slash is a command or an error, unless it is a second slash."""
    if not rest.startswith("/"):
        meant = parse_input("/" + rest)
        assert not isinstance(meant, typed.Say) or rest.lower().startswith("say")


@given(st.text(max_size=30))
def test_every_line_means_something(text):
    """No input breaks the parser, and every command of the table is reachable."""
    parse_input(text)
    may_remember(text)
    assert set(DEFAULT_ALIASES.values()) <= {f"/{name}" for name in COMMANDS}


SECRETS = """
/pass x|/passwd x|/oper x y|/login x|/raw PASS x|/raw :a OPER x y|/raw @a=b AUTHENTICATE x
/raw REGISTER a * x|/raw NS x|/raw privmsg NickServ :x|/raw :a privmsg nickserv x
/msg NickServ identify x|/query nickserv@services x y|/notice chanserv x|/identify x|@privdo:x y
/msg bob,NickServ x|/msg NickServ@here,bob x|/raw notice NickServ x|/raw PRIVMSG NickServ,bob :x
"""


@pytest.mark.parametrize("text", SECRETS.strip().replace("\n", "|").split("|"))
def test_secrets_are_not_remembered(text):
    """Lines that may hold a password do not go into a history file (UX 5.4)."""
    assert not may_remember(text)


@pytest.mark.parametrize("text", ["identify x", "/say x", "//x", "/me says x"])
def test_what_is_said_in_nickservs_window_is_not_remembered(text):
    """Whoever has said /query NickServ says their password without any command."""
    assert not may_remember(text, window="NickServ")
    assert may_remember(text, window="#lobby")
    assert may_remember("/names", window="NickServ")


@pytest.mark.parametrize("text", ["oi", "//x", "/msg bob oi", "/raw VERSION", "/raw :a", ""])
def test_the_rest_is_remembered(text):
    """Ordinary lines can be called back."""
    assert may_remember(text)
