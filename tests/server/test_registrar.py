"""The registrar: what the hub hears of the accounts, in which order, and what the log says."""

import queue
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from server.accounts import changing
from server.accounts.passwd import PasswordFile
from server.accounts.verifier import Outcome, Verdict
from server.config import default_config
from server.config_sections import Operator
from server.core import events
from server.core.effects import (
    ChangePassword,
    CheckOperator,
    CheckPassword,
    RedeemInvitation,
    RegisterAccount,
)
from server.core.events import (
    AccountAnswered,
    AccountsRevoked,
    Check,
    PasswordChecked,
    Result,
    SessionId,
    SettingsLoaded,
)
from server.core.settings import Settings
from server.log.connecting import FILE_NAME
from server.registrar import Registrar, policy_of

HASH = "$2b$04$abcdefghijklmnopqrstu.abcdefghijklmnopqrstuvwxyz0123."
PIN = "A" * 43 + "="
STRONG = "seven green lagoons"
ONE = SessionId(1)
DEADLINE_S = 20.0


class Notes:
    """A journal that remembers."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []

    def info(self, event: str, **fields: Any) -> None:
        self.events.append((event, fields))

    error = warning = info


class Rig:
    """A registrar over a password file, and what it puts."""

    def __init__(self, folder: Path, registration: str = "open") -> None:
        base = default_config(folder)
        self.config = replace(
            base,
            accounts=replace(base.accounts, registration=registration, bcrypt_cost=4),
            limits=replace(base.limits, login_delay_s=0.0),
        )
        self.file = self.config.accounts.file
        self.put: queue.Queue[Sequence[Any]] = queue.Queue()
        self.notes = Notes()
        self.registrar = Registrar(self.config, Settings(), self.notes, self.put.put)

    def next(self) -> list[Any]:
        return list(self.put.get(timeout=DEADLINE_S))


@pytest.fixture
def make(tmp_path: Path) -> Any:
    """Makes one with ana (who has a key) and bia (disabled)."""
    made: list[Rig] = []

    def build(registration: str = "open") -> Rig:
        path = tmp_path / "passwd"
        path.touch(0o600)
        path.write_text(f"ana:{HASH}:{PIN}\nbia:!{HASH}:{'B' * 42}A=\n")
        made.append(Rig(tmp_path, registration))
        return made[-1]

    yield build
    for rig in made:
        rig.registrar.close()


Make = Callable[..., Rig]


def test_what_the_settings_know(make: Make) -> None:
    """Enabled accounts by name and key; a disabled one keeps its name, and its key is no use."""
    settings = make().registrar.settings
    assert settings.account_keys == {"ana"}
    assert settings.account_pins == {PIN: "ana"}
    assert "bia" in settings.account_looks


def test_a_new_account_and_then_the_settings(make: Make) -> None:
    """The answer first: then the guest of that nick owns it when the list of accounts comes."""
    rig = make()
    rig.registrar.check(RegisterAccount(ONE, "rui", STRONG, "192.0.2.1"))
    answer, loaded = rig.next()
    assert answer == AccountAnswered(ONE, Result.DONE, "rui")
    assert isinstance(loaded, SettingsLoaded) and "rui" in loaded.settings.account_keys
    assert rig.registrar.settings is loaded.settings
    rig.registrar.check(CheckPassword(ONE, "rui", STRONG, "192.0.2.1"))
    assert rig.next() == [PasswordChecked(ONE, Check.OK, "rui")]
    rig.registrar.look()
    assert rig.put.empty()
    fields = {"account": "rui", "address": "192.0.2.1"}
    assert ("account_registered", fields) in rig.notes.events
    assert STRONG not in repr(rig.notes.events)


def test_a_new_password(make: Make) -> None:
    """Right at once; the settings have not changed, so nothing more is told."""
    rig = make()
    rig.registrar.check(RegisterAccount(ONE, "rui", STRONG, "192.0.2.1"))
    rig.next()
    rig.registrar.check(ChangePassword(ONE, "rui", STRONG, "another " + STRONG, "192.0.2.1"))
    assert rig.next() == [AccountAnswered(ONE, Result.DONE, "rui")]
    rig.registrar.check(CheckPassword(ONE, "rui", STRONG, "192.0.2.1"))
    assert rig.next()[0].outcome is Check.WRONG
    events = [event for event, _ in rig.notes.events]
    assert "password_changed" in events and "login_wrong" in events


def test_an_invitation(make: Make) -> None:
    """NEEDS_CODE with the hash, then a wrong code, which the log has with its reason."""
    rig = make("invite")
    rig.registrar.check(RegisterAccount(ONE, "rui", STRONG, "192.0.2.1"))
    (first,) = rig.next()
    assert first.result is Result.NEEDS_CODE and first.hash
    assert not rig.notes.events
    rig.registrar.check(RedeemInvitation(ONE, "rui", first.hash, "wrong", "192.0.2.1"))
    assert rig.next()[0].result is Result.BAD_CODE
    refused = {"reason": "bad_code", "address": "192.0.2.1"}
    assert rig.notes.events == [("change_refused", refused)]


def test_a_password_changed_behind_its_check(make: Make) -> None:
    """It was right when it was checked, and is not when the answer is given: a session that came in
    then would have been missed by the KICK of who changed it."""
    rig = make()
    rig.registrar.check(RegisterAccount(ONE, "rui", STRONG, "192.0.2.1"))
    rig.next()
    seen = PasswordFile(rig.file).load().get("rui")
    reply = rig.registrar._verdict_for(CheckPassword(ONE, "rui", STRONG, "192.0.2.1"))
    verdict = Verdict(Outcome.OK, "rui", seen=seen)
    reply(verdict)
    assert rig.next() == [PasswordChecked(ONE, Check.OK, "rui")]
    rig.registrar.check(ChangePassword(ONE, "rui", STRONG, "another " + STRONG, "192.0.2.1"))
    assert rig.next() == [AccountAnswered(ONE, Result.DONE, "rui")]
    reply(verdict)
    assert rig.next() == [PasswordChecked(ONE, Check.WRONG)]


def test_the_hubs_own_thread_waits_for_no_lock(make: Make) -> None:
    """Whoever makes settings of ten thousand accounts holds it for a while; no room is answered on
    the hub's thread."""
    rig = make()
    rig.registrar.close()
    with rig.registrar._publishing:
        rig.registrar.check(RegisterAccount(ONE, "rui", STRONG, "192.0.2.1"))
        rig.registrar.check(CheckPassword(ONE, "rui", STRONG, "192.0.2.1"))
    assert rig.next()[0].result is Result.BUSY
    assert rig.next()[0].outcome is Check.BUSY


def test_an_operators_password(make: Make) -> None:
    """OPER's check has the operator's name, and which password it was about."""
    rig = make()
    rig.registrar.check(CheckOperator(ONE, "boss", HASH, "guess", "192.0.2.1"))
    assert rig.next() == [PasswordChecked(ONE, Check.WRONG, operator="boss", hash=HASH)]


def test_a_name_with_a_past(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who registers the name of an account that is gone does not get its messages and rooms."""
    rig = make()
    rig.config.server.data.mkdir(exist_ok=True)
    (rig.config.server.data / FILE_NAME).write_bytes(b"not a log")
    rig.registrar.check(RegisterAccount(ONE, "rui", STRONG, "192.0.2.1"))
    assert rig.next()[0].result is Result.BAD_NAME  # it cannot be known: refused
    monkeypatch.setattr("server.registrar.has_traces", lambda _path, key: key == "rui")
    rig.registrar.check(RegisterAccount(ONE, "Rui", STRONG, "192.0.2.1"))
    answer = rig.next()[0]
    assert answer.result is Result.BAD_NAME and "is gone" in answer.text
    rig.registrar.check(RegisterAccount(ONE, "eva", STRONG, "192.0.2.1"))
    assert rig.next()[0].result is Result.DONE


def test_a_file_edited_by_the_operator(make: Make) -> None:
    """A changed file is told, then who is gone; a broken one only in the log, once."""
    rig = make()
    new = rig.file.with_name("new")
    new.touch(0o600)
    new.write_text(f"rui:{HASH}\n")
    new.replace(rig.file)
    rig.registrar.look()
    (loaded,) = rig.next()
    assert loaded.settings.account_keys == {"rui"} and not loaded.settings.account_pins
    assert rig.next() == [AccountsRevoked(frozenset({"ana"}))]
    new.touch(0o600)
    new.write_text("nonsense\n")
    new.replace(rig.file)
    rig.registrar.look()
    rig.registrar.look()
    kept = [fields for event, fields in rig.notes.events if event == "accounts_kept"]
    assert len(kept) == 1 and rig.put.empty()


def test_another_config(make: Make) -> None:
    """After a reload its settings hold, with the accounts as they are, and its policy."""
    rig = make()
    closed = replace(rig.config, accounts=replace(rig.config.accounts, registration="closed"))
    rig.registrar.load(closed, Settings(network="other"))
    (loaded,) = rig.next()
    assert loaded.settings.network == "other" and loaded.settings.account_keys == {"ana"}
    rig.registrar.check(RegisterAccount(ONE, "rui", STRONG, "192.0.2.1"))
    assert rig.next()[0].result is Result.FAILED
    assert policy_of(closed).own_words[:2] == ("chat.local", "tlschat")


def test_an_operators_account_is_made_by_nobody(make: Make) -> None:
    """As soon as the config names it, by whatever spelling; an operator with a hash has none."""
    rig = make()
    operators = {"boss": Operator(account="Boss"), "key": Operator(hash=HASH)}
    rig.registrar.load(replace(rig.config, operators=operators), Settings())
    rig.next()
    rig.registrar.check(RegisterAccount(ONE, "boss", STRONG, "192.0.2.1"))
    assert rig.next()[0].result is Result.BAD_NAME
    rig.registrar.check(RegisterAccount(ONE, "key", STRONG, "192.0.2.1"))
    assert rig.next()[0].result is Result.DONE


def test_every_result_has_its_like_in_the_core():
    """The accounts know nothing of the core, so each has its own words: they must be the same."""
    assert [each.value for each in changing.Result] == [each.value for each in events.Result]
