"""For the tests of accounts: a clock moved by hand, a hasher that counts, files, answers."""

import queue
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from server.accounts.passwd import PasswordFile
from server.accounts.verifier import Verdict, Verifier

TIMEOUT_S = 10.0
"""For what comes at once, or never; no test waits it out."""

# Real digests are not needed where bcrypt is replaced: 53 digits that could be one.
DIGITS = "abcdefghijklmnopqrstu." + "abcdefghijklmnopqrstuvwxyz0123."


class FakeClock:
    """Seconds that pass only when told to; wakes whoever waits for them."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.wake: Callable[[], None] = lambda: None

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds
        self.wake()


class FakeCheck:
    """A hasher that counts: every hash belongs to the password b"right"."""

    def __init__(self) -> None:
        self.calls: list[tuple[bytes, str]] = []

    def __call__(self, octets: bytes, password_hash: str) -> bool:
        self.calls.append((octets, password_hash))
        return octets == b"right"

    @property
    def costs(self) -> list[int]:
        return [int(password_hash[4:6]) for _, password_hash in self.calls]


class Answers:
    """What came back from a verifier or a pool, in order."""

    def __init__(self) -> None:
        self._queue: queue.Queue[Any] = queue.Queue()

    def __call__(self, answer: Any) -> None:
        self._queue.put(answer)

    def next(self) -> Any:
        return self._queue.get(timeout=TIMEOUT_S)

    def __len__(self) -> int:
        return self._queue.qsize()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def check() -> FakeCheck:
    return FakeCheck()


@pytest.fixture
def answers() -> Answers:
    return Answers()


@pytest.fixture
def new_answers() -> type[Answers]:
    return Answers


@pytest.fixture
def hash_of_cost() -> Callable[[int], str]:
    """A well-formed hash of a cost, without the time it would take to make one."""
    return lambda cost: f"$2b${cost:02d}${DIGITS}"


@pytest.fixture
def write_file(tmp_path: Path) -> Callable[[str], PasswordFile]:
    """A password file with this text and the right mode."""

    def write(text: str) -> PasswordFile:
        path, new = tmp_path / "passwd", tmp_path / "new"
        new.touch(0o600)
        new.write_bytes(text.encode())
        new.replace(path)
        return PasswordFile(path)

    return write


@pytest.fixture
def file(
    write_file: Callable[[str], PasswordFile], hash_of_cost: Callable[[int], str]
) -> PasswordFile:
    """Three accounts; bia is disabled. FakeCheck takes "right" as the password of each."""
    return write_file(f"ana:{hash_of_cost(4)}\nbia:!{hash_of_cost(4)}\nJoão:{hash_of_cost(4)}\n")


@pytest.fixture
def new_verifier(clock: FakeClock, check: FakeCheck) -> Iterator[Callable[..., Verifier]]:
    """Makes verifiers with the fake clock and hasher, and closes them."""
    made: list[Verifier] = []

    def make(password_file: PasswordFile, **changes: Any) -> Verifier:
        arguments = {"threads": 1, "queue_max": 8, "cost": 4, "delay_s": 2.0, "delay_max_s": 15.0}
        verifier = Verifier(password_file, **(arguments | changes), clock=clock, check=check)
        made.append(verifier)
        pool = verifier._pool

        def wake() -> None:
            with pool._changed:
                pool._changed.notify_all()

        clock.wake = wake
        return verifier

    yield make
    for verifier in made:
        verifier.close()


@pytest.fixture
def ask(answers: Answers) -> Callable[..., Verdict]:
    """Submit and wait for the verdict."""

    def ask_and_wait(
        verifier: Verifier, name: str, password: str, address: str = "192.0.2.1"
    ) -> Verdict:
        verifier.submit(name, password, address, answers)
        verdict: Verdict = answers.next()
        return verdict

    return ask_and_wait
