"""What is said to a person before a face is up and after it is down."""

import io
import sys

import pytest

from client.ui.person import Person


class FakeTerminal(io.StringIO):
    """A terminal of 40 columns that was typed into already."""

    encoding = "utf-8"

    def isatty(self):
        return True


def make_screen(monkeypatch):
    # In the test itself: before it pytest puts its own stderr in place.
    terminal = FakeTerminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("COLUMNS", "40")
    return terminal


def type_lines(monkeypatch, text):
    monkeypatch.setattr(sys, "stdin", FakeTerminal(text))


def test_nobody_is_there(monkeypatch):
    """Without a terminal at both ends nobody is asked; nor with --no-input."""
    make_screen(monkeypatch)
    type_lines(monkeypatch, "")
    assert Person("p", may_ask=True).is_there
    assert not Person("p", may_ask=False).is_there
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert not Person("p", may_ask=True).is_there


def test_questions(monkeypatch):
    """The answer without its ends; Ctrl-D is like Ctrl-C."""
    screen = make_screen(monkeypatch)
    type_lines(monkeypatch, "  yes \n")
    person = Person("p", may_ask=True)
    assert person.ask("Well? ") == "yes"
    with pytest.raises(KeyboardInterrupt):
        person.ask("Well? ")
    assert screen.getvalue().startswith("Well? Well? ")


def test_long_lines_are_broken_between_words(monkeypatch):
    """At a terminal words stay whole, and commands stay in one piece to be copied."""
    screen = make_screen(monkeypatch)
    command = "    chat-client --tls localhost 6697 --pin SHA256:" + "x" * 43
    Person("p", may_ask=False).fail("one two three four five six seven eight nine", [command])
    lines = screen.getvalue().split("\n")
    assert lines[0] == "✗ one two three four five six seven"
    assert lines[1] == "eight nine"
    assert lines[2] == "  " + command


def test_in_a_log_it_is_the_usual_form(capfd):
    """Not at a terminal: error and hint, as all our commands do (STYLE 15)."""
    person = Person("p", may_ask=False)
    person.fail("broken", ["mend it"])
    person.warn("odd")
    person.succeed("done")
    assert capfd.readouterr().err == "p: error: broken\np: hint: mend it\nwarning: odd\nok: done\n"


def test_terminal_that_went_away(monkeypatch):
    """Nobody is left to read it: no traceback."""

    class Gone(FakeTerminal):
        def write(self, _text):
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(sys, "stderr", Gone())
    Person("p", may_ask=False).say("hello")
