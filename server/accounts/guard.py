"""Reading the password file only if nobody else could have read or written it. Called by `passwd`.

The checks are made on the open file, not on its name, so it cannot be swapped in between. What
is refused is refused with the command that repairs it. On Windows, whose access rights are not mode
bits, only the kind of the file is checked.
"""

import errno
import os
import shlex
import stat
import sys
from pathlib import Path
from typing import Final, NamedTuple

from server.accounts.errors import (
    N_,
    BusyPasswordFile,
    MissingPasswordFile,
    Problem,
    UnsafePasswordFile,
)

FILE_BYTES_MAX: Final = 16 * 1024 * 1024
"""About 200,000 accounts. A larger file is a mistake, refused before it is read."""

READ_TRIES_MAX: Final = 3
"""Readings of a file that changes meanwhile (an editor or htpasswd writes in place)."""

_FLAGS: Final = (
    os.O_RDONLY
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)  # opening a FIFO would wait for its other end
    | getattr(os, "O_BINARY", 0)
)


class Signature(NamedTuple):
    """Tells one state of the file from another without reading it."""

    mtime_ns: int
    size: int
    inode: int

    @classmethod
    def of(cls, status: os.stat_result) -> "Signature":
        return cls(status.st_mtime_ns, status.st_size, status.st_ino)


def read_guarded(path: Path) -> tuple[bytes, Signature]:
    """The file's bytes and the state they belong to.

    Raises:
        MissingPasswordFile: It is not there.
        UnsafePasswordFile: It, or its folder, is open to others, or it is no regular file of ours.
        BusyPasswordFile: Somebody kept writing it while we read.
    """
    check_folder(path)
    return read_checked(path)


def read_checked(path: Path) -> tuple[bytes, Signature]:
    """As `read_guarded`, without a look at the folder."""
    try:
        descriptor = os.open(path, _FLAGS)
    except FileNotFoundError:
        raise missing(path) from None
    except OSError as error:
        raise _cannot_open(path, error) from None
    try:
        for _ in range(READ_TRIES_MAX):
            before = os.fstat(descriptor)
            _check_file(path, before)
            os.lseek(descriptor, 0, os.SEEK_SET)
            content = _read_all(descriptor, before.st_size)
            if Signature.of(os.fstat(descriptor)) == Signature.of(before):
                return content, Signature.of(before)
    finally:
        os.close(descriptor)
    raise BusyPasswordFile(
        Problem(
            N_("%(path)s is being written by another program"),
            N_("try again in a moment"),
            {"path": str(path)},
        )
    )


def signature(path: Path) -> Signature | None:
    """The present state of the file; None when it is not there or cannot be asked."""
    try:
        return Signature.of(os.stat(path, follow_symlinks=False))
    except OSError:
        return None


def check_folder(path: Path) -> None:
    """Refuse a folder in which others could replace the file.

    Raises:
        UnsafePasswordFile: See above, or the folder is not there.
    """
    folder = path.parent
    try:
        status = os.stat(folder)
    except OSError as error:
        raise _cannot_open(folder, error) from None
    if sys.platform == "win32" or status.st_mode & stat.S_ISVTX:
        return  # sticky, as /tmp: only its owner can rename or remove the file
    if status.st_mode & stat.S_IWOTH:
        raise _open_to_others(
            folder, status, N_("anybody can replace files in %(path)s (mode %(mode)s)"), "o-w"
        )
    if status.st_mode & stat.S_IWGRP and not _is_private_group(status):
        raise _open_to_others(
            folder, status, N_("its group can replace files in %(path)s (mode %(mode)s)"), "g-w"
        )


def missing(path: Path) -> MissingPasswordFile:
    return MissingPasswordFile(
        Problem(
            N_("no accounts yet (%(path)s does not exist)"),
            N_("make the first one: chat-admin add NAME"),
            {"path": str(path)},
        )
    )


def _check_file(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise UnsafePasswordFile(
            Problem(
                N_("%(path)s is not a regular file"),
                N_("put the path of a file into accounts.file of the config"),
                {"path": str(path)},
            )
        )
    if status.st_size > FILE_BYTES_MAX:
        raise UnsafePasswordFile(
            Problem(
                N_("%(path)s has %(size)d bytes: must be at most %(max)d"),
                N_("is it the right file? see accounts.file in the config"),
                {"path": str(path), "size": status.st_size, "max": FILE_BYTES_MAX},
            )
        )
    if sys.platform == "win32":
        return
    if status.st_uid not in (os.geteuid(), 0):
        raise _not_ours(path, status)
    if status.st_mode & 0o077:
        raise _open_to_others(
            path,
            status,
            N_("%(path)s is open to other users of this machine (mode %(mode)s)"),
            "600",
        )


def _read_all(descriptor: int, size: int) -> bytes:
    pieces = []
    left = size + 1  # one more than expected shows growth; never the whole of an endless file
    while left > 0 and (piece := os.read(descriptor, left)):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def _open_to_others(
    path: Path, status: os.stat_result, template: str, change: str
) -> UnsafePasswordFile:
    return UnsafePasswordFile(
        Problem(
            template,
            N_("close it: %(command)s"),
            {
                "path": str(path),
                "mode": f"{stat.S_IMODE(status.st_mode):04o}",
                "command": f"chmod {change} {shlex.quote(str(path))}",
            },
        )
    )


def _not_ours(path: Path, status: os.stat_result) -> UnsafePasswordFile:
    owner, us = _user_name(status.st_uid), _user_name(os.geteuid())
    return UnsafePasswordFile(
        Problem(
            N_('%(path)s belongs to "%(owner)s", and this is "%(us)s"'),
            N_("run this as its owner, or: %(command)s"),
            {
                "path": str(path),
                "owner": owner,
                "us": us,
                "command": f"chown {us} {shlex.quote(str(path))}",
            },
        )
    )


def _cannot_open(path: Path, error: OSError) -> UnsafePasswordFile:
    if error.errno in (errno.ELOOP, errno.EMLINK):
        return UnsafePasswordFile(
            Problem(
                N_("%(path)s is a symbolic link"),
                N_("put the path it leads to into accounts.file of the config"),
                {"path": str(path)},
            )
        )
    return UnsafePasswordFile(
        Problem(
            N_("cannot open %(path)s: %(reason)s"),
            N_("it must be readable for the user that the server runs as"),
            {"path": str(path), "reason": os.strerror(error.errno or 0)},
        )
    )


def _is_private_group(status: os.stat_result) -> bool:
    """Whether the folder's group is its owner's own, as many systems give every user one.

    There, folders are made group-writable by default, and refusing them would protect nobody.
    """
    if sys.platform == "win32":
        return False
    import grp

    try:
        group = grp.getgrgid(status.st_gid)
    except KeyError:
        return False
    owner = _user_name(status.st_uid)
    return group.gr_name == owner and set(group.gr_mem) <= {owner}


def _user_name(uid: int) -> str:
    if sys.platform == "win32":
        return str(uid)
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
