"""/password: the old one, the new one, and the new one again, each typed unseen.

Used by the desk, on the event loop's thread. The face hides what is typed; nothing of it is kept
anywhere. An empty answer gives up.
"""

from collections.abc import Callable
from gettext import gettext as _

AskSecret = Callable[[str, Callable[[str], None]], bool]
"""Asks, and calls back with the answer, "" for none. False where nothing typed can be hidden."""


def ask_new_password(
    ask: AskSecret, done: Callable[[str, str], None], fail: Callable[[str], None]
) -> None:
    """Ask; then `done(old, new)`, or `fail` with a sentence."""

    def asked_old(old: str) -> None:
        if not old:
            fail(_("The password stays as it is."))
        else:
            ask(_("New password: "), lambda new: asked_new(old, new))

    def asked_new(old: str, new: str) -> None:
        if not new:
            fail(_("The password stays as it is."))
        else:
            ask(_("New password again: "), lambda again: asked_again(old, new, again))

    def asked_again(old: str, new: str, again: str) -> None:
        if new == again:
            done(old, new)
        else:
            fail(_("The two are different. The password stays as it is."))

    if not ask(_("Old password: "), asked_old):
        fail(_("A password cannot be typed unseen here."))
