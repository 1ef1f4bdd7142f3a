"""For all tests: how long hypothesis may try."""

import os

from hypothesis import settings

# Machines differ in speed, so no example has a deadline. The build machine always tries the same
# examples: a red build must be about the change. TLSCHAT_TESTS=deep is for a night.
settings.register_profile("quick", deadline=None, max_examples=100)
settings.register_profile("ci", deadline=None, max_examples=100, derandomize=True)
settings.register_profile("deep", deadline=None, max_examples=10_000)
settings.load_profile(os.environ.get("TLSCHAT_TESTS", "ci" if "CI" in os.environ else "quick"))
