"""server.lockfile: one server a data folder, and a folder that is private."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from server import lockfile
from server.lockfile import LOCK_NAME, DataFolder, DataFolderError, DataFolderLocked

POSIX = pytest.mark.skipif(os.name != "posix", reason="file modes")
ROOT = Path(__file__).parents[2]


def refused(path):
    with pytest.raises(DataFolderError) as caught, DataFolder(path):
        pass
    assert caught.value.hint
    return caught.value


def test_a_missing_folder_is_made(tmp_path):
    """Also its parents; the config's default exists nowhere at first."""
    with DataFolder(tmp_path / "a" / "data") as folder:
        assert folder.path.is_dir()
        assert (folder.path / LOCK_NAME).read_text() == f"{os.getpid()}\n"


@POSIX
def test_the_folder_is_made_private(tmp_path):
    """0700, whatever the umask: history will be in it."""
    before = os.umask(0)
    try:
        with DataFolder(tmp_path / "data") as folder:
            assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
            assert stat.S_IMODE((folder.path / LOCK_NAME).stat().st_mode) == 0o600
    finally:
        os.umask(before)


def test_a_second_server_is_refused_and_told_the_pid(tmp_path):
    """RELIABILITY row 35: start twice, a clear error."""
    with DataFolder(tmp_path / "data"):
        problem = refused(tmp_path / "data")
    assert isinstance(problem, DataFolderLocked)
    assert problem.pid == os.getpid()
    assert problem.error == (
        f"another chat-server (pid {os.getpid()}) is using the data folder {tmp_path / 'data'}"
    )


def test_the_folder_is_free_again_afterwards(tmp_path):
    """Stopping gives it back; a refused second did not take it with it."""
    for _turn in range(2):
        with DataFolder(tmp_path / "data"):
            refused(tmp_path / "data")


def test_leaving_twice_is_harmless(tmp_path):
    """The descriptor is closed once: its number may be somebody else's by then."""
    folder = DataFolder(tmp_path / "data")
    folder.__exit__(None, None, None)
    with folder:
        folder.__exit__(None, None, None)


def test_a_pid_that_is_not_there_yet(tmp_path):
    """Between taking the lock and writing the pid the file is empty."""
    with DataFolder(tmp_path / "data") as folder:
        (folder.path / LOCK_NAME).write_text("")
        problem = refused(tmp_path / "data")
    assert problem.pid is None
    assert "(pid ?)" in problem.error


@POSIX
def test_a_killed_server_leaves_nothing_to_clean(tmp_path):
    """The kernel drops the lock with the process: the next start works at once."""
    code = (
        "import sys, pathlib, server.lockfile as l\n"
        "with l.DataFolder(pathlib.Path(sys.argv[1])):\n"
        "    print('held', flush=True); sys.stdin.read()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "data")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )
    with process:
        assert process.stdout.readline() == b"held\n"
        assert refused(tmp_path / "data").pid == process.pid
        process.send_signal(signal.SIGKILL)
        process.wait()
        with DataFolder(tmp_path / "data"):
            pass


def test_a_file_in_its_place_is_refused(tmp_path):
    """Each trouble of the system is a sentence with its reason."""
    (tmp_path / "data").write_text("")
    problem = refused(tmp_path / "data")
    assert not isinstance(problem, DataFolderLocked)
    assert "File exists" in problem.error


@POSIX
def test_a_folder_that_anyone_may_write_in_is_refused(tmp_path):
    """Who may write in it may replace the database."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data").chmod(0o777)
    problem = refused(tmp_path / "data")
    assert "every user" in problem.error
    assert problem.hint == f"chmod 700 {tmp_path / 'data'}"
    (tmp_path / "data").chmod(0o755)
    with DataFolder(tmp_path / "data"):
        pass


@POSIX
def test_a_link_in_place_of_the_lock_is_not_followed(tmp_path):
    """It could empty a file of ours."""
    (tmp_path / "data").mkdir()
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / "data" / LOCK_NAME).symlink_to(victim)
    refused(tmp_path / "data")
    assert victim.read_text() == "precious"


def test_a_file_system_without_locks_is_refused(tmp_path, monkeypatch):
    """Better no start than two servers on one folder."""

    def no_locks(descriptor):
        raise OSError(37, "No locks available")

    monkeypatch.setattr(lockfile, "_try_lock", no_locks)
    assert "No locks available" in refused(tmp_path / "data").error
