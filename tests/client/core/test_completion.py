"""Tab: UX 23, "recent speakers first, `nick: ` at line start, #channel, /command, arguments"."""

import pytest

from client.core import completion as completion_module
from client.core.completion import Completion, complete


def texts(talk, text, buffer="#lobby", cursor=None, **more):
    """The candidates for the end of `text`."""
    at = len(text) if cursor is None else cursor
    return [
        found.text for found in complete(text, at, talk.session.model, buffer, **more).candidates
    ]


@pytest.fixture
def room(make_talk):
    """ana in #lobby with five people; bruno and beto spoke, beto last; #tea; a word with eve."""
    made = make_talk().go_online()
    made.join("#tea", "zoe").join("#lobby", "bob", "bruno", "beto", "Bia", "carol")
    made.hear(
        ":bruno!b@h PRIVMSG #lobby :oi",
        ":beto!b@h PRIVMSG #lobby :oi",
        ":eve!e@h PRIVMSG ana :psst",
    )
    return made


def test_recent_speakers_first(room):
    """Who spoke last comes first, then the others by name; at the start of a line with a colon."""
    assert texts(room, "b") == ["beto: ", "bruno: ", "Bia: ", "bob: "]
    assert texts(room, "hey B") == ["beto ", "bruno ", "Bia ", "bob "]


def test_where_the_word_starts(room):
    """Only the word under the cursor is replaced."""
    model = room.session.model
    assert complete("hey carol bye", 6, model, "#lobby").start == 4
    assert texts(room, "hey carol bye", cursor=6) == ["carol "]
    assert complete("one\nca", 6, model, "#lobby").start == 4


def test_people_elsewhere_come_last(room):
    """Somebody of another room or conversation is offered after those who are here; never we."""
    assert texts(room, "z") == ["zoe: "]
    assert texts(room, "e") == ["eve: "]
    assert texts(room, "an") == []


def test_empty_word(room):
    """At the start of an empty line the speakers come; within a text nothing does."""
    assert texts(room, "")[:2] == ["beto: ", "bruno: "]
    assert texts(room, "hey ") == []


def test_speaker_who_left_is_not_here(room):
    """Who spoke and left the room is no longer offered."""
    room.hear(":beto!b@h QUIT")
    assert texts(room, "be") == []


def test_conversation_offers_its_person(room):
    """In a private window the other one comes first."""
    room.hear(":eve!e@h PRIVMSG ana :again")
    assert texts(room, "e", "eve") == ["eve: "]
    assert texts(room, "b", "eve") == ["beto: ", "Bia: ", "bob: ", "bruno: "]


def test_rooms(room):
    """# completes rooms, anywhere."""
    assert texts(room, "#") == ["#tea ", "#lobby "]
    assert texts(room, "see #T") == ["#tea "]


def test_at_names(room):
    """@ before a nick stays within a text; at the start aliases come first."""
    assert texts(room, "oi @ca") == ["@carol "]
    assert texts(room, "@p") == ["@privado:"]
    assert texts(room, "@s") == ["@sair "]
    assert texts(room, "@privado:ca") == ["carol "]
    assert complete("@privado:ca", 11, room.session.model, "#lobby").start == 9


def test_commands(room):
    """Commands by name with their help, and aliases."""
    found = complete("/mo", 3, room.session.model, "").candidates
    assert [(one.text, one.help.split()[0]) for one in found] == [("/mode ", "/mode")]
    assert texts(room, "/P") == ["/part ", "/password ", "/private "]
    assert "/quit " in texts(room, "/")


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("/msg ca", "carol "),
        ("/private ca", "carol "),
        ("/msg #t", "#tea "),
        ("/msg carol hello bo", "bob "),
        ("/msg carol #t", "#tea "),
        ("/whois Bo", "bob "),
        ("/join #t", "#tea "),
        ("/topic #t", "#tea "),
        ("/topic #tea ca", "carol "),
        ("/topic ca", "carol "),
        ("/kick ca", "carol "),
        ("/kick #lobby ca", "carol "),
        ("/kick carol bo", "bob "),
        ("/help mod", "mode "),
        ("/help /mod", "mode "),
        ("/online #t", "#tea "),
        ("/MSG ca", "carol "),
    ],
)
def test_arguments(room, text, first):
    """Each argument by its kind; a text may name people; an optional room may be left out."""
    assert texts(room, text)[0] == first


@pytest.mark.parametrize(
    "text", ["/nick bob ca", "/join #tea ke", "/close ca", "/nonsense ca", "//msg ca"]
)
def test_nothing_to_offer(room, text):
    """After the last argument, and after what is no command, nothing is offered."""
    expected = ["carol "] if text.startswith("//") else []
    assert texts(room, text) == expected


def test_name_that_hides_something_is_not_offered(room):
    """A nick with a control, or that breaks the line, does not get into the editor."""
    room.hear(":ev\x1bil!e@h JOIN #lobby", ":ev\u202eil!e@h JOIN #lobby", ":evan!e@h JOIN #lobby")
    assert texts(room, "ev") == ["evan: ", "eve: "]


def test_menu_is_bounded(room, monkeypatch):
    """Nobody reads more than so many."""
    monkeypatch.setattr(completion_module, "CANDIDATES_MAX", 2)
    assert len(texts(room, "b")) == 2


def test_unknown_window_is_the_servers(room):
    """A window that was closed meanwhile does not break the Tab key."""
    assert texts(room, "zo", "gone") == ["zoe: "]


def test_server_without_aliases(room):
    """The table of aliases is an argument."""
    assert texts(room, "@p", aliases={}) == []
    assert complete("", 0, room.session.model, "", {}) == complete("", 0, room.session.model, "")
    assert isinstance(complete("", 0, room.session.model, ""), Completion)
