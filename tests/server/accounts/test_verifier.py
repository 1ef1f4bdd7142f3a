"""The verifier: one hash whatever the name, slow-down, honest people first, reload, secrecy."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from server.accounts.errors import BadPasswordFile, MissingPasswordFile, UnsafePasswordFile
from server.accounts.passwd import PasswordFile
from server.accounts.passwords import PASSWORD_BYTES_MAX, Secret, hash_password
from server.accounts.verifier import BUSY_RETRY_S, Outcome, Verdict, Verifier

Write = Callable[[str], PasswordFile]
New = Callable[..., Verifier]
Ask = Callable[..., Verdict]
Cost = Callable[[int], str]

OK_ANA = Verdict(Outcome.OK, "ana")
WRONG = Verdict(Outcome.WRONG)
BUSY = Verdict(Outcome.BUSY, None, BUSY_RETRY_S)


def test_right_and_wrong(new_verifier: New, file: PasswordFile, ask: Ask) -> None:
    """The right password of an account is OK with the file's spelling of the name."""
    verifier = new_verifier(file, delay_s=0.0)
    assert ask(verifier, "ana", "right") == OK_ANA
    assert ask(verifier, "JOA\u0303O", "right") == Verdict(Outcome.OK, "João")
    assert ask(verifier, "ana", "wrong") == WRONG
    assert ask(verifier, "ana", Secret("right")) == OK_ANA


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("ana", "wrong"),
        ("bia", "right"),  # disabled
        ("nobody", "right"),
        ("", "right"),
        ("not a name", "right"),
        ("x" * 100_000, "right"),
        ("\0\udcff", "right"),
        ("ana", ""),
        ("ana", "right\0"),
        ("ana", "\udcff"),
        ("ana", "x" * (PASSWORD_BYTES_MAX + 1)),
        ("nobody", "x" * 100_000),
    ],
)
def test_every_refusal_costs_one_hash(
    new_verifier: New, file: PasswordFile, ask: Ask, check: Any, name: str, password: str
) -> None:
    """Unknown, disabled and impossible names and passwords cost what a wrong password costs."""
    verifier = new_verifier(file, delay_s=0.0)
    assert ask(verifier, name, password) == WRONG
    assert check.costs == [4]
    assert len(check.calls[0][0]) <= 72


def test_a_dummy_has_a_cost_of_the_file(
    new_verifier: New, write_file: Write, hash_of_cost: Cost, ask: Ask, check: Any
) -> None:
    """Unknown names are spread over the costs that accounts have, each always at the same one."""
    lines = [f"user{number}:{hash_of_cost(10 if number < 8 else 12)}\n" for number in range(16)]
    verifier = new_verifier(write_file("".join(lines)), delay_s=0.0, cost=4)
    for _ in range(2):
        for number in range(40):
            ask(verifier, f"nobody{number}", "wrong", f"192.0.2.{number}")
    first, second = check.costs[:40], check.costs[40:]
    assert first == second
    assert set(first) == {10, 12}  # all 40 alike: once in 2**39 runs


def test_no_accounts_yet(new_verifier: New, tmp_path: Path, ask: Ask, check: Any) -> None:
    """Without a file the server runs, nobody gets in, and the hashes are of the config's cost."""
    verifier = new_verifier(PasswordFile(tmp_path / "passwd"), cost=6, delay_s=0.0)
    assert isinstance(verifier.problem, MissingPasswordFile)
    assert ask(verifier, "ana", "right") == WRONG
    assert check.costs == [6]
    assert verifier.reload_if_changed() == frozenset()
    verifier._file.add("ana", check.calls[0][1], 32)
    verifier.reload_if_changed()
    assert verifier.problem is None
    assert ask(verifier, "ana", "right") == OK_ANA


def test_a_refused_file_does_not_start(write_file: Write, new_verifier: New) -> None:
    """There is nothing to serve from a file that is refused at the start."""
    with pytest.raises(BadPasswordFile):
        new_verifier(write_file("oops\n"))
    file = write_file("")
    file.path.chmod(0o644)
    with pytest.raises(UnsafePasswordFile):
        new_verifier(file)


def test_wrong_answers_are_held_back(
    new_verifier: New, file: PasswordFile, clock: Any, answers: Any
) -> None:
    """Wrong answers to one address take 2, 4, 8, 15 s; a right one then takes none and clears."""
    verifier = new_verifier(file)
    for delay_s in (2, 4, 8, 15, 15):
        verifier.submit("ana", "wrong", "192.0.2.1", answers)
        assert wait_until_held_back(verifier) == delay_s
        clock.advance(delay_s - 0.5)
        assert len(answers) == 0
        clock.advance(0.5)
        assert answers.next() == WRONG
    verifier.submit("ana", "right", "192.0.2.1", answers)
    assert answers.next() == OK_ANA
    verifier.submit("ana", "wrong", "192.0.2.1", answers)
    wait_until_held_back(verifier)
    clock.advance(2)
    assert answers.next() == WRONG


def wait_until_held_back(verifier: Verifier) -> float:
    """Wait until all that was submitted is held back; the seconds until the first is due."""
    pool = verifier._pool
    with pool._changed:
        assert pool._changed.wait_for(lambda: pool._held_back and not any(pool._queues), 10)
        return float(pool._held_back[0][0] - pool._clock())


def test_the_next_attempt_waits_too(
    new_verifier: New, file: PasswordFile, clock: Any, answers: Any, new_answers: Any, check: Any
) -> None:
    """An address whose failure is held back has its next attempt hashed only after the answer."""
    verifier, other = new_verifier(file), new_answers()
    verifier.submit("ana", "wrong", "2001:db8::1", answers)
    verifier.submit("ana", "right", "2001:db8::2", answers)  # the same /64
    verifier.submit("ana", "right", "2001:db8:0:1::2", other)
    assert other.next() == OK_ANA
    assert len(check.calls) == 2
    clock.advance(2)
    assert [answers.next(), answers.next()] == [WRONG, OK_ANA]


def test_failures_starve_nobody(
    new_verifier: New, file: PasswordFile, clock: Any, answers: Any, new_answers: Any
) -> None:
    """While 1,000 addresses fail against an account, its owner logs in at once, unlocked."""
    verifier, ana = new_verifier(file, queue_max=1000), new_answers()
    for number in range(1000):
        verifier.submit("ana", "wrong", f"10.0.{number // 250}.{number % 250}", answers)
    for address in ("192.0.2.1", "192.0.2.2"):
        wait_until_held_back(verifier)
        verifier.submit("ana", "right", address, ana)
        assert ana.next() == OK_ANA
    assert len(answers) == 0
    clock.advance(15)
    assert [answers.next() for _ in range(1000)] == [WRONG] * 1000


def test_a_crowd_that_fails_keeps_nobody_out(
    write_file: Write, hash_of_cost: Cost, clock: Any, answers: Any, new_answers: Any
) -> None:
    """In a queue full of failing addresses a new one finds a place, a trusted one the first."""
    gate, begun = threading.Event(), threading.Event()
    gate.set()

    def gated_check(octets: bytes, password_hash: str) -> bool:
        begun.set()
        assert gate.wait(10)
        return octets == b"right"

    file = write_file(f"ana:{hash_of_cost(4)}\n")
    verifier = Verifier(file, 1, 2, 4, 0.0, 0.0, clock=clock, check=gated_check)
    others = new_answers()
    try:
        verifier.submit("ana", "right", "192.0.2.1", answers)
        assert answers.next() == OK_ANA
        for number in range(4):
            verifier.submit("ana", "wrong", f"10.0.0.{number}", others)
            assert others.next() == WRONG
        begun.clear()
        gate.clear()
        for number in range(4):  # one in hand, two in the queue, one too many
            verifier.submit("ana", "wrong", f"10.0.0.{number}", others)
            assert begun.wait(10)
        assert others.next() == BUSY
        told: list[str] = []
        for name, address in (("new", "192.0.2.2"), ("trusted", "192.0.2.1")):
            verifier.submit(
                "ana", "right", address, lambda _, name=name: (told.append(name), answers(_))
            )
            assert others.next() == BUSY
        gate.set()
        assert [answers.next(), answers.next()] == [OK_ANA, OK_ANA]
        assert told == ["trusted", "new"]
        assert others.next() == WRONG
    finally:
        gate.set()
        verifier.close()


def test_an_account_is_slowed_from_everywhere(
    new_verifier: New, file: PasswordFile, clock: Any, answers: Any
) -> None:
    """After ten failures from anywhere, in any spelling, an account's next ones take longer."""
    verifier, delays = new_verifier(file), []
    for number in range(14):
        verifier.submit("ANA" if number % 2 else "ana", "wrong", f"192.0.2.{number}", answers)
        delays.append(wait_until_held_back(verifier))
        clock.advance(delays[-1])
        assert answers.next() == WRONG
    assert delays[:10] == [2] * 10
    assert delays[10:] == [2, 4, 8, 15]
    verifier.submit("bia", "wrong", "198.51.100.1", answers)
    assert wait_until_held_back(verifier) == 2


def test_a_full_queue_is_busy(
    write_file: Write, hash_of_cost: Cost, answers: Any, new_answers: Any
) -> None:
    """With no room the answer is BUSY, at once and on the caller's thread, with a time to wait."""
    gate, begun = threading.Event(), threading.Event()

    def slow_check(octets: bytes, password_hash: str) -> bool:
        begun.set()
        return gate.wait(10)

    file = write_file(f"ana:{hash_of_cost(4)}\n")
    verifier = Verifier(file, 1, 1, 4, 2.0, 15.0, check=slow_check)
    try:
        verifier.submit("ana", "x", "192.0.2.1", answers)
        assert begun.wait(10)
        verifier.submit("ana", "x", "192.0.2.2", answers)
        busy: list[tuple[Verdict, threading.Thread]] = []
        verifier.submit(
            "ana",
            "x",
            "192.0.2.3",
            lambda verdict: busy.append((verdict, threading.current_thread())),
        )
        assert busy == [(BUSY, threading.current_thread())]
        gate.set()
        assert [answers.next(), answers.next()] == [OK_ANA, OK_ANA]
    finally:
        gate.set()
        verifier.close()
    verifier.submit("ana", "x", "192.0.2.1", answers)
    assert answers.next() == BUSY


def test_replies_come_on_a_pool_thread(new_verifier: New, file: PasswordFile, answers: Any) -> None:
    """The caller is never called back in the middle of submit but for BUSY."""
    verifier = new_verifier(file)
    verifier.submit("ana", "right", "", lambda _: answers(threading.current_thread().name))
    assert answers.next() == "bcrypt-0"


def test_operators(new_verifier: New, file: PasswordFile, answers: Any, hash_of_cost: Cost) -> None:
    """A hash of the config is checked in the same pool; one that is none matches nothing."""
    verifier = new_verifier(file, delay_s=0.0)
    for password, password_hash, outcome in (
        ("right", hash_of_cost(5), Outcome.OK),
        ("wrong", hash_of_cost(5), Outcome.WRONG),
        ("right", "", Outcome.WRONG),
        ("right", "$2b$31$short", Outcome.WRONG),
    ):
        verifier.verify_hash(password, password_hash, answers)
        assert answers.next() == Verdict(outcome)
        verifier.verify_hash(password, password_hash, answers, "192.0.2.1")
        assert answers.next() == Verdict(outcome)


def test_operators_do_not_wait_for_each_other(
    new_verifier: New, file: PasswordFile, answers: Any, clock: Any, hash_of_cost: Cost
) -> None:
    """Without an address one operator's wrong password holds back no other's."""
    verifier = new_verifier(file)
    verifier.verify_hash("wrong", hash_of_cost(5), answers)
    verifier.verify_hash("right", hash_of_cost(5), answers)
    assert answers.next() == Verdict(Outcome.OK)
    clock.advance(2)
    assert answers.next() == Verdict(Outcome.WRONG)


def test_a_broken_hasher_lets_nobody_in(
    file: PasswordFile, answers: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """If bcrypt fails the answer is WRONG; the log has the bug, not the password or the name."""

    def broken(octets: bytes, password_hash: str) -> bool:
        raise ValueError("invalid salt")

    verifier = Verifier(file, 1, 8, 4, 0.0, 0.0, check=broken)
    try:
        with caplog.at_level(logging.DEBUG):
            verifier.submit("ana", "canary-3141", "192.0.2.1", answers)
            assert answers.next() == WRONG
    finally:
        verifier.close()
    assert "invalid salt" in caplog.text
    for secret in ("canary", "'ana'", file.load().by_key["ana"].hash):
        assert secret not in caplog.text


def test_an_attempt_does_not_show_its_password(
    file: PasswordFile, new_verifier: New, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What waits in the pool has no password or hash in its repr."""
    verifier, jobs = new_verifier(file), []
    monkeypatch.setattr(verifier._pool, "submit", jobs.append)
    verifier.submit("ana", "canary-3141", "192.0.2.1", print)
    verifier.verify_hash("canary-3141", "$2b$canary", print)
    assert "canary" not in repr(jobs)
    assert "'ana'" in repr(jobs)


def test_with_real_bcrypt(write_file: Write, answers: Any) -> None:
    """The whole of it with nothing replaced: long and short passwords, on two threads."""
    passwords = {"ana": "secret", "bia": "x" * 72, "cai": "y" * 73, "dea": "caf\u00e9" * 30}
    lines = [f"{name}:{hash_password(Secret(text), 4)}\n" for name, text in passwords.items()]
    verifier = Verifier(write_file("".join(lines)), 2, 8, 4, 0.0, 0.0)
    try:
        for number, (name, text) in enumerate(passwords.items()):
            verifier.submit(name, text, f"192.0.2.{number}", answers)
        assert {answers.next().account for _ in passwords} == set(passwords)
        for name, text in passwords.items():
            verifier.submit(name, text[:-1], "192.0.2.9", answers)
            assert answers.next() == WRONG
    finally:
        verifier.close()
