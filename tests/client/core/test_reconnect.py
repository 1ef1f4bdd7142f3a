"""When to try again: UX 4.8, "Backoff 1,2,4,8,16,30,60 s, full jitter, reset after 60 s stable"."""

from client.core.reconnect import STEPS_MS, Backoff


def test_steps_grow_to_a_minute_and_stay():
    """The longest wait of each attempt."""
    backoff = Backoff()
    waits = [backoff.failed(1.0, 0) for _ in range(9)]
    assert waits == [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 60_000, 60_000, 60_000]
    assert backoff.attempt == 9


def test_full_jitter():
    """The wait is any part of the step, so that many clients do not come back together."""
    assert [Backoff().failed(fraction, 0) for fraction in (0.0, 0.25, 1.0)] == [0, 250, 1_000]


def test_starts_over_after_a_stable_connection():
    """A minute online makes the next failure the first again; less does not."""
    backoff = Backoff()
    backoff.failed(1.0, 0)
    backoff.connected(1_000)
    assert backoff.failed(1.0, 60_999) == STEPS_MS[1]
    backoff.connected(100_000)
    assert backoff.failed(1.0, 160_000) == STEPS_MS[0]
    assert backoff.failed(1.0, 999_000) == STEPS_MS[1]


def test_person_says_now():
    """Enter means now, and the steps start over."""
    backoff = Backoff()
    backoff.failed(1.0, 0)
    backoff.reset()
    assert backoff.attempt == 0
    assert backoff.failed(1.0, 0) == 1_000
