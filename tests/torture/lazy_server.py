"""The product, but its log never tidies up: the WAL holds all, and is not written back.

For test_cut.py: only frames that were never written back can be lost from the end of a WAL. To cut
off others is no state that a crash leaves, as they are on the disk before the database takes them.
"""

from __future__ import annotations

import sys

if __name__ == "__main__":
    from server.log.sqlite import SqliteLog

    SqliteLog.tidy = lambda self, now_ms: False

    from server.__main__ import main

    sys.exit(main())
