"""What this process asks of the system: enough open files, and no core dumps.

Called by `__main__` before the server starts. Without effect on Windows, which has neither limit.
"""

import sys


def raise_files_max(needed: int) -> int | None:
    """Ask for `needed` open files; how many there are now, or None where nobody counts.

    The usual soft limit, 1,024, is less than the connections we allow; raising it up to the hard
    one needs no rights.
    """
    if sys.platform == "win32":
        return None
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < needed:
        wanted = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        except (OSError, ValueError):
            return soft  # some systems grant less than they say; the start screen warns
        soft = wanted
    return None if soft == resource.RLIM_INFINITY else soft


def forbid_core_dumps() -> None:
    """See to it that a crash writes no memory, and so no password or key, to a disk."""
    if sys.platform != "win32":
        import resource

        _soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
