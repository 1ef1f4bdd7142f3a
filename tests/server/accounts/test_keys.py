"""Fingerprints of keys: how they are read, kept in the password file, and refused."""

from collections.abc import Callable

import pytest

from server.accounts.errors import BadPasswordFile, BadPin, PinTaken, UnknownPin
from server.accounts.keys import PINS_MAX, is_pin, read_pin
from server.accounts.passwd import PasswordFile
from server.accounts.records import accounts_of, parse

Write = Callable[[str], PasswordFile]
HASH = "$2b$04$abcdefghijklmnopqrstu.abcdefghijklmnopqrstuvwxyz0123."
PIN = "A" * 43 + "="
OTHER = "B" * 42 + "A="


@pytest.mark.parametrize("text", [PIN, f"SHA256:{PIN}", f" SHA256:{PIN}\n", PIN[:-1]])
def test_what_people_copy(text: str) -> None:
    """mkcert.py and chat-client print SHA256: and base64; ssh leaves the end out."""
    assert read_pin(text) == PIN


@pytest.mark.parametrize(
    "text", ["", "SHA256:", "A" * 44, "AB:CD", PIN + "=", "A" * 42 + "B=", "é"]
)
def test_what_is_no_fingerprint(text: str) -> None:
    """Anything else, and digits that no digest ends with, are refused with what to do."""
    assert not is_pin(text)
    with pytest.raises(BadPin) as refused:
        read_pin(text)
    assert "mkcert.py" in refused.value.problem.hint()


def test_the_third_field(write_file: Write) -> None:
    """`name:hash:pin,pin`; other edits of the account keep them, and removing it forgets them."""
    file = write_file(f"ana:{HASH}\nbia:!{HASH}\n")
    file.add_pin("ANA", PIN)
    file.add_pin("ana", OTHER)
    file.add_pin("bia", "C" * 42 + "A=")
    assert file.path.read_text().splitlines()[0] == f"ana:{HASH}:{PIN},{OTHER}"
    file.set_password("ana", HASH.replace("abc", "xyz"))
    file.disable("ana")
    file.rename("ana", "anna", 32)
    accounts = file.load()
    assert accounts.by_pin[PIN].name == accounts.by_pin[OTHER].name == "anna"
    assert accounts.by_pin[PIN].disabled
    file.remove_pin("anna", PIN)
    assert set(file.load().by_pin) == {OTHER, "C" * 42 + "A="}
    file.remove("anna")
    assert OTHER not in file.load().by_pin


def test_a_key_is_one_persons(write_file: Write) -> None:
    """A key that an account has is refused for another, as is one key too many."""
    file = write_file(f"ana:{HASH}\nbia:{HASH}\n")
    file.add_pin("ana", PIN)
    with pytest.raises(PinTaken, match='of "ana" already'):
        file.add_pin("bia", PIN)
    for number in range(PINS_MAX - 1):
        file.add_pin("ana", f"{chr(ord('B') + number)}" + "A" * 42 + "=")
    with pytest.raises(PinTaken, match=str(PINS_MAX)):
        file.add_pin("ana", OTHER)
    with pytest.raises(UnknownPin):
        file.remove_pin("bia", PIN)


def test_an_edited_file_with_a_shared_key() -> None:
    """A file in which two accounts have the same key is refused: who shows it is one person."""
    with pytest.raises(BadPasswordFile, match='line 2: "bia" has a key that "ana" on line 1'):
        parse(f"ana:{HASH}:{PIN}\nbia:{HASH}:{OTHER},{PIN}\n".encode())
    once = parse(f"ana:{HASH}:{PIN},{PIN}\n".encode())
    assert accounts_of(once).by_pin[PIN].name == "ana"


@pytest.mark.parametrize("field", ["", PIN + ",", "," + PIN, PIN + ":", "nonsense"])
def test_a_damaged_third_field(field: str) -> None:
    """A third field that is not a list of fingerprints refuses the file."""
    with pytest.raises(BadPasswordFile, match="no SHA-256 in base64"):
        parse(f"ana:{HASH}:{field}\n".encode())
