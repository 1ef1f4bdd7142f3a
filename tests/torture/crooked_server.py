"""The product on a machine whose clock is wrong by another hour at each start, or another day.

`python -m tests.torture.crash --program tests.torture.crooked_server` must find nothing: the times
of messages never run backwards, and pages go by them.
"""

from __future__ import annotations

import random
import sys
import time

ERROR_S_MAX = 86_400.0

if __name__ == "__main__":
    true_time = time.time
    error_s = random.SystemRandom().uniform(-ERROR_S_MAX, ERROR_S_MAX)
    time.time = lambda: true_time() + error_s  # before anybody has taken it as a default

    from server.__main__ import main

    sys.exit(main())
