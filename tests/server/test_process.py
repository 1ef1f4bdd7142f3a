"""server.process: enough open files, and no core dumps."""

import pytest

from server import process

resource = pytest.importorskip("resource", reason="POSIX")
UNLIMITED = resource.RLIM_INFINITY


@pytest.fixture
def limits(monkeypatch):
    """The process's limits, as a table that is set instead of them."""
    table = {resource.RLIMIT_NOFILE: (1024, 4096), resource.RLIMIT_CORE: (UNLIMITED, UNLIMITED)}
    monkeypatch.setattr(resource, "getrlimit", table.__getitem__)
    monkeypatch.setattr(resource, "setrlimit", table.__setitem__)
    return table


@pytest.mark.parametrize(
    ("before", "needed", "after", "told"),
    [
        ((1024, 4096), 2000, (2000, 4096), 2000),
        ((1024, 4096), 9000, (4096, 4096), 4096),
        ((1024, UNLIMITED), 9000, (9000, UNLIMITED), 9000),
        ((1024, 4096), 1024, (1024, 4096), 1024),
        ((UNLIMITED, UNLIMITED), 9000, (UNLIMITED, UNLIMITED), None),
    ],
)
def test_the_soft_limit_is_raised_as_needed(limits, before, needed, after, told):
    """RELIABILITY row 15: up to the hard limit, which needs no rights, and never down."""
    limits[resource.RLIMIT_NOFILE] = before
    assert process.raise_files_max(needed) == told
    assert limits[resource.RLIMIT_NOFILE] == after


@pytest.mark.parametrize("error", [OSError, ValueError])
def test_a_system_that_grants_less_than_it_says(limits, monkeypatch, error):
    """The start goes on, and its screen warns."""

    def refuse(which, values):
        raise error

    monkeypatch.setattr(resource, "setrlimit", refuse)
    assert process.raise_files_max(2000) == 1024


def test_there_are_no_core_dumps(limits):
    """RELIABILITY row 30: a crash writes no key and no password to a disk."""
    process.forbid_core_dumps()
    assert limits[resource.RLIMIT_CORE] == (0, UNLIMITED)


def test_windows_has_neither(limits, monkeypatch):
    """Nothing is asked, nothing is known."""
    monkeypatch.setattr(process.sys, "platform", "win32")
    assert process.raise_files_max(2000) is None
    process.forbid_core_dumps()
    assert limits[resource.RLIMIT_CORE] == (UNLIMITED, UNLIMITED)
