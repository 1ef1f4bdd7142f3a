"""What a face needs of the driver; a protocol, so that faces import nothing that connects."""

from typing import Protocol


class Transport(Protocol):
    """The driver, as faces see it."""

    def pump(self) -> None:
        """Do what the session wants done; called after every change to it."""

    def leave(self, reason: str = "") -> None:
        """Say goodbye and end the run."""

    def retry_now(self) -> None:
        """Do not wait for the next attempt."""

    @property
    def is_leaving(self) -> bool:
        """Whether the person is on the way out."""

    @property
    def now_ms(self) -> int:
        """The wall clock, as the session wants it."""
