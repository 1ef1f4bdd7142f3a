"""The status row of the line face: the link, where we are, who we are, what is unread."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from gettext import gettext as _, ngettext

from prompt_toolkit.formatted_text import StyleAndTextTuples

from client.core.model import Buffer
from client.ui.desk import NAME_CHARS_MAX, Desk
from client.ui.look import cells
from irc.sanitise import clean_line


class Link(Enum):
    """How the connection is."""

    CONNECTING = "connecting"
    ONLINE = "online"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class Status:
    """The link, and while it is down when the next attempt comes (on the monotonic clock)."""

    link: Link = Link.CONNECTING
    retry_at: float | None = None
    attempt: int = 0


def draw_status(status: Status, desk: Desk, width: int) -> StyleAndTextTuples:
    """The row; what does not fit falls off at the right, the link never."""
    row: StyleAndTextTuples = [*_draw_link(status, desk), ("", "  "), ("bold", desk.window_title())]
    me = clean_line(desk.session.model.nick, NAME_CHARS_MAX)
    row.append(("", f"  {me}"))
    if desk.session.model.away:
        row.append(("class:status.quiet", f" ({_('away')})"))
    typing = describe_typing(desk.typing())
    if typing:
        row.append(("class:status.quiet", f"  {typing}"))
    left = width - cells((style, text) for style, text, *_mouse in row)
    for number, window in enumerate(desk.windows(), 1):
        part = _draw_unread(number, window)
        left -= len(part)
        if window.name == desk.window or not window.unread or left < 0:
            continue
        row.append(("class:status.unread" if window.mentions else "class:status.quiet", part))
    return row


def describe_typing(nicks: Sequence[str]) -> str:
    """Who is writing, in few words; "" for nobody."""
    names = [clean_line(nick, NAME_CHARS_MAX) for nick in nicks]
    if not names:
        return ""
    if len(names) > 2:
        return _("several people are typing")
    if len(names) == 2:
        return _("%(one)s and %(other)s are typing") % {"one": names[0], "other": names[1]}
    return _("%s is typing") % names[0]


def _draw_link(status: Status, desk: Desk) -> StyleAndTextTuples:
    if status.link is Link.ONLINE:
        return [("class:status.online", " ●"), ("", " " + _("online"))]
    if status.link is Link.CONNECTING:
        return [("class:status.offline", " ●"), ("", " " + _("connecting"))]
    parts = [_("offline")]
    if status.retry_at is not None:
        seconds = max(0, -int(-(status.retry_at - time.monotonic()) // 1))
        if seconds:
            parts.append(
                _("retry in %(seconds)d s (%(attempt)d)")
                % {"seconds": seconds, "attempt": status.attempt}
            )
            parts.append(_("Enter: now"))
        else:
            parts.append(_("trying (%d)") % status.attempt)
    waiting = desk.waiting_count()
    if waiting:
        parts.append(ngettext("%d message waiting", "%d messages waiting", waiting) % waiting)
    return [("class:status.offline", " ●"), ("", " " + " · ".join(parts))]


def _draw_unread(number: int, window: Buffer) -> str:
    name = clean_line(window.name, NAME_CHARS_MAX)
    mentions = f" !{window.mentions}" if window.mentions else ""
    return f"  {number}:{name} +{window.unread}{mentions}"
