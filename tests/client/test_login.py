"""Where the password comes from, and where it never does."""

import os
import sys

import pytest

from client.login import (
    PasswordMissing,
    PasswordSource,
    ask_password,
    find_credentials,
    find_new_account,
)
from irc import cli
from tests.support.people import ScriptedPerson

NOBODY = ScriptedPerson(is_there=False)
NOWHERE = PasswordSource()


def find(source, person=NOBODY, user="ana"):
    return find_credentials(user, source, person)


def test_person_is_asked():
    """Name with a default, then the password (UX 4.4)."""
    person = ScriptedPerson("", "secret")
    found = find(PasswordSource(), person, user="")
    assert found.user
    assert found.password == "secret"
    assert person.asked == [f"User [{found.user}]: ", "Password: "]
    assert find(PasswordSource(), ScriptedPerson("bob", "x"), user="").user == "bob"


def test_password_is_not_in_the_repr():
    """A traceback or a log of the object must not show it."""
    assert "secret" not in repr(find(PasswordSource(), ScriptedPerson("secret")))


def test_nobody_there():
    """Without a person and a source there is no password; the server decides."""
    found = find(PasswordSource(), user="")
    assert (found.password, bool(found.user)) == ("", True)


@pytest.mark.parametrize("content", [b"secret", b"secret\n", b"secret\r\nmore\n"])
def test_file(tmp_path, content):
    """The first line of the file."""
    path = tmp_path / "pw"
    path.write_bytes(content)
    assert find(PasswordSource(file=path)).password == "secret"


@pytest.mark.parametrize(
    ("content", "code"), [(None, 66), (b"", 65), (b"\nsecret", 65), (b"\xff\n", 65)]
)
def test_bad_file(tmp_path, content, code):
    """A file without a password is an error, not an empty password."""
    path = tmp_path / "pw"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(PasswordMissing) as caught:
        find(PasswordSource(file=path))
    assert caught.value.exit_code == code


def test_stdin(monkeypatch):
    """The first line of input and not a byte more: the rest is for the chat."""
    reading, writing = os.pipe()
    os.write(writing, b"secret\r\nhello\n")
    saved = os.dup(0)
    os.dup2(reading, 0)
    try:
        assert find(PasswordSource(is_stdin=True)).password == "secret"
        assert os.read(0, 100) == b"hello\n"
    finally:
        os.dup2(saved, 0)
        for descriptor in (saved, reading, writing):
            os.close(descriptor)


def test_command():
    """password_cmd: the first line of its output; no shell expands anything."""
    command = f"{sys.executable} -c \"print('se$HOME'); print('x')\""
    assert find(PasswordSource(command=command)).password == "se$HOME"


@pytest.mark.parametrize("command", ["false", "/no/such/program", "true", 'unbalanced "'])
def test_bad_command(command):
    """A command that fails or prints nothing is an error of the configuration."""
    with pytest.raises(PasswordMissing) as caught:
        find(PasswordSource(command=command))
    assert caught.value.exit_code == 78


def test_no_terminal_to_hide_it():
    """Where typing cannot be hidden the password is not asked for (UX 1c)."""

    class Blind(ScriptedPerson):
        def ask_secret(self, _question):
            raise cli.NoTerminal("no terminal")

    with pytest.raises(PasswordMissing, match="no terminal"):
        ask_password(Blind())


def make_new(*answers, is_there=True, source=NOWHERE):
    person = ScriptedPerson(*answers, is_there=is_there)
    return find_new_account("rui", source, person), person


def test_new_password_is_asked_twice():
    """Nobody sees what they type, so it has to be the same twice; an empty one is none."""
    found, person = make_new("", "a", "b", "lagoons", "lagoons")
    assert (found.user, found.password) == ("rui", "lagoons")
    assert person.asked[-2:] == ["New password: ", "New password again: "]
    assert len(person.shown) == 2


def test_new_password_never_the_same():
    """After three times it is an error."""
    with pytest.raises(PasswordMissing) as caught:
        make_new(*"abcdef")
    assert caught.value.exit_code == 65


def test_new_password_from_a_file(tmp_path):
    """Then nobody is asked."""
    path = tmp_path / "pw"
    path.write_text("lagoons\n")
    found, _person = make_new(is_there=False, source=PasswordSource(file=path))
    assert found.password == "lagoons"


def test_new_password_without_anybody():
    """There is nobody to ask."""
    with pytest.raises(PasswordMissing) as caught:
        make_new(is_there=False)
    assert caught.value.exit_code == 2


def test_new_password_at_a_terminal_that_shows_it(monkeypatch):
    """An error, as at the login."""

    def show(_question):
        raise cli.NoTerminal("this terminal cannot hide a password")

    person = ScriptedPerson()
    monkeypatch.setattr(person, "ask_secret", show)
    with pytest.raises(PasswordMissing):
        find_new_account("rui", PasswordSource(), person)
