"""The lock between writers: exclusive, patient to a point, never through a link."""

from pathlib import Path

import pytest

from server.accounts.errors import BusyPasswordFile
from server.accounts.filelock import locked


class Patience:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_one_at_a_time(tmp_path: Path) -> None:
    """Who finds it locked waits for the whole of the timeout, then says so, and what to do."""
    path, patience = tmp_path / "passwd.lock", Patience()
    with locked(path, 5.0):
        with (
            pytest.raises(BusyPasswordFile, match="another chat-admin") as refused,
            locked(path, 5.0, patience.clock, patience.sleep),
        ):
            pytest.fail("two hold one lock")
        assert 5.0 <= patience.now < 5.1
        assert "try again" in refused.value.problem.hint()
    with locked(path, 0.0):
        pass
    assert path.stat().st_mode & 0o777 == 0o600


def test_waiting_ends_with_the_other(tmp_path: Path) -> None:
    """Who waits goes on as soon as the other is done."""
    path, patience = tmp_path / "passwd.lock", Patience()
    first = locked(path, 5.0)
    first.__enter__()

    def sleep(seconds: float) -> None:
        patience.sleep(seconds)
        first.__exit__(None, None, None)

    with locked(path, 5.0, patience.clock, sleep):
        assert patience.now < 0.1


def test_an_error_inside_unlocks(tmp_path: Path) -> None:
    """The lock is given back however its body ends."""
    path = tmp_path / "passwd.lock"
    with pytest.raises(ZeroDivisionError), locked(path, 5.0):
        raise ZeroDivisionError
    with locked(path, 0.0):
        pass


def test_never_through_a_link(tmp_path: Path) -> None:
    """A link in the place of the lock file is not followed: it may lead to a file of ours."""
    path, victim = tmp_path / "passwd.lock", tmp_path / "victim"
    path.symlink_to(victim)
    with pytest.raises(OSError), locked(path, 0.0):
        pass
    assert not victim.exists()
