"""Every engine keeps the promise: server/log/store.py. The tests are in contract.py."""

import pytest

from server.log.store import NoLog
from tests.server.log.contract import LogContract
from tests.support.log_engines import MemoryEngine, SqliteEngine, Talk


class TestSqliteLog(LogContract):
    """The real engine."""

    @pytest.fixture
    def engine(self, tmp_path):
        """On a disk."""
        engine = SqliteEngine(tmp_path)
        yield engine
        engine.close()


class TestMemoryLog(LogContract):
    """The naive engine that the real one is compared with: if it is wrong, so is the contract."""

    @pytest.fixture
    def engine(self):
        """In memory."""
        return MemoryEngine()


def test_no_log_keeps_nothing():
    """For tests and benchmarks: all is accepted, nothing is found."""
    log = NoLog()
    log.accept([Talk().said("hi", once="once-0001")])
    assert not log.restore().sequences
    assert log.find("m1") is None
    assert log.find_once("ana", "once-0001") is None
    assert not log.tidy(0)
    log.close()
