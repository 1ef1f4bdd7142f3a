"""kill -9 at every step of an edit: the old file or the new one, never a torn one.

A child process edits and kills itself before its n-th call to the system; n goes from the first
to past the last. A write is cut into pieces of 100 bytes, so that there is a middle to die in. The
control does the same to an edit in place, and must find torn files: if it cannot, this test is
worth nothing.
"""

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from server.accounts.passwd import PasswordFile

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")

HASH = "$2b$04$abcdefghijklmnopqrstu.abcdefghijklmnopqrstuvwxyz0123."

CHILD = """
import os, signal, sys
from pathlib import Path
from server.accounts.passwd import PasswordFile

path, hash, edit, fatal = Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
calls = 0

def mortal(call):
    def wrapped(*args, **kwargs):
        global calls
        calls += 1
        if calls == fatal:
            os.kill(os.getpid(), signal.SIGKILL)
        return call(*args, **kwargs)
    return wrapped

write = os.write
os.write = mortal(lambda descriptor, content: write(descriptor, content[:100]))
for name in ("open", "fsync", "link", "unlink", "replace", "close"):
    setattr(os, name, mortal(getattr(os, name)))

if edit == "atomic":
    PasswordFile(path).add("new", hash, 32)
else:
    content = path.read_bytes() + f"new:{hash}\\n".encode()
    descriptor = os.open(path, os.O_WRONLY | os.O_TRUNC)
    while content:
        content = content[os.write(descriptor, content):]
    os.close(descriptor)
"""


def states_after_kills(path: Path, content: bytes, edit: str) -> list[bytes]:
    """The file after a kill before each step, and at last after the whole edit."""
    states = []
    for fatal in range(1, 100):
        path.write_bytes(content)
        child = subprocess.run([sys.executable, "-c", CHILD, str(path), HASH, edit, str(fatal)])
        assert child.returncode in (0, -signal.SIGKILL)
        states.append(path.read_bytes())
        if child.returncode == 0:
            return states
    raise AssertionError("the edit never ended")


def test_an_edit_killed_anywhere(write_file: Callable[[str], PasswordFile]) -> None:
    """Wherever an edit dies the file is the old or the new one, 0600, and can be edited on."""
    file = write_file("".join(f"user{number}:{HASH}\n" for number in range(5)))
    old = file.path.read_bytes()
    new = old + f"new:{HASH}\n".encode()
    states = states_after_kills(file.path, old, "atomic")
    assert set(states) == {old, new}
    assert states == sorted(states, key=len)  # once new, it stays
    assert len(states) > 12  # 5 of them in the middle of writing
    assert file.path.stat().st_mode & 0o777 == 0o600
    file.add("later", HASH, 32)  # whatever the dead have left behind
    assert not file.path.with_name("passwd.tmp").exists()


def test_the_control_tears(write_file: Callable[[str], PasswordFile]) -> None:
    """The same kills tear a file that is written in place: the test above can fail."""
    file = write_file("".join(f"user{number}:{HASH}\n" for number in range(2)))
    old = file.path.read_bytes()
    new = old + f"new:{HASH}\n".encode()
    assert set(states_after_kills(file.path, old, "in place")) - {old, new}
