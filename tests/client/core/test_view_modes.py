"""Changes of modes in sentences, letters where we know no better. Modern IRC, "MODE message"."""

import pytest

from client.core.events import ModeChanged
from client.core.lines import ViewOptions
from client.core.view import lines
from client.core.view_modes import _SENTENCES


def told(modes, *arguments, by="joao", buffer="#tea"):
    """The lines for a change."""
    event = ModeChanged(
        buffer=buffer, target=buffer or "ana", modes=modes, arguments=arguments, by=by
    )
    return ["".join(token.text for token in line.tokens) for line in lines(event, ViewOptions())]


@pytest.mark.parametrize(
    ("modes", "arguments", "sentence"),
    [
        ("+o", ["ana"], "joao made ana an operator"),
        ("-v", ["ana"], "joao took the voice from ana"),
        ("+b", ["~a:ana"], "joao banned ana"),
        ("+b", ["ana!*@*"], "joao banned ana"),
        ("+b", ["*!*@guest/12"], "joao banned *!*@guest/12"),
        ("-b", ["~a:ana"], "joao lifted the ban of ana"),
        ("+b", ["~m:ana!*@*"], "joao muted ana"),
        ("+b", ["~m:~a:ana"], "joao muted ana"),
        ("-b", ["~m:~a:ana"], "joao lets ana speak again"),
        ("+S", ["10"], "joao turned on slow mode: one message each in 10 s"),
        ("-S", [], "joao turned off slow mode"),
        ("+l", ["5"], "joao lets at most 5 people in"),
        ("-l", [], "joao lets in any number of people"),
        ("+k", ["key"], "joao set a key, which one needs to come in: key"),
        ("-k", ["*"], "joao removed the key"),
        ("+i", [], "joao closed the room: only invited people come in"),
        ("+m", [], "joao lets only people with a voice speak"),
        ("+q", ["ana"], "joao handed the room over to ana, who is its founder now"),
    ],
)
def test_in_words(modes, arguments, sentence):
    """Who did what to whom."""
    assert told(modes, *arguments) == [sentence]


def test_several_at_once():
    """A sentence for each."""
    assert told("+o-v+S", "ana", "ana", "3") == [
        "joao made ana an operator",
        "joao took the voice from ana",
        "joao turned on slow mode: one message each in 3 s",
    ]


def test_room_handed_over():
    """That the old founder is none, and the new one an operator, goes without saying."""
    assert told("-q+qoo", "Joao", "ana", "ana", "bob") == [
        "joao handed the room over to ana, who is its founder now",
        "joao made bob an operator",
    ]


def test_what_the_server_does():
    """Nobody did it: a timed ban is over, a founder comes back."""
    assert told("-b+o", "~a:ana", "bob", by="chat.local") == [
        "ana is not banned any more",
        "bob is an operator now",
    ]
    assert told("-b", "~m:~a:ana", by="chat.local") == ["ana may speak again"]


def test_unknown_ones_stay_letters():
    """With what else is there in words; and all of them where an argument is missing or left."""
    assert told("+oX-y", "ana") == ["joao made ana an operator", "joao set modes of #tea: +X-y"]
    assert told("+a", "ana") == ["joao set modes of #tea: +a ana"]
    assert told("+o") == ["joao set modes of #tea: +o"]
    assert told("+m", "what") == ["joao set modes of #tea: +m what"]


def test_modes_that_are_told():
    """The letters, which a person may want to type, and what they mean."""
    assert told("+imlX", "5", by="") == [
        "modes of #tea: +imlX 5",
        "  only invited people come in",
        "  only people with a voice may speak",
        "  at most 5 people come in",
    ]
    assert told("+l", by="") == ["modes of #tea: +l"]


def test_our_own_modes():
    """They are said to us; what is not known stays letters."""
    assert told("+o", buffer="", by="") == ["you are an operator of the server now"]
    assert told("+iX", buffer="", by="")[0] == "modes of ana: +iX"
    assert told("+", buffer="", by="") == ["modes of ana: +"]
    assert told("-o", buffer="", by="chat.local") == ["you are no operator of the server any more"]
    assert told("+X", buffer="", by="ana") == ["ana set modes of ana: +X"]


def test_all_come_in_pairs():
    """Each can be taken back, and both ways say who did it in one form, nobody in the other."""
    for change, (done, so) in _SENTENCES.items():
        other = ("-" if change[0] == "+" else "+") + change[1]
        assert other in _SENTENCES
        assert "%(nick)s" in done and "%(nick)s" not in so
