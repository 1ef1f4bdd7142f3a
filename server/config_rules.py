"""What a setting's value must be like beyond its type and range: checks that give the sentence
"must ..." for a value they refuse, else None. Used by `server.config_sections`."""

import ipaddress
import re
from gettext import gettext as _
from pathlib import Path

BCRYPT_COST_MAX = 14
"""About one second a login on a machine of 2026; more makes every login a denial of service."""

BCRYPT_COST_MIN = 4

# The last digits of salt and digest are not used whole; bcrypt raises on a salt that uses more.
_BCRYPT = re.compile(
    r"\$2[aby]\$([0-9]{2})\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{30}[.CGKOSWaeimquy26]"
)
_SERVER_NAME = re.compile(r"(?=.{1,63}\Z)[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_NETWORK = re.compile(r"[\w.-]{1,32}")
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://(\[[0-9a-f:.]+\]|[^\s/:?#@A-Z*]+)(:[0-9]{1,5})?")
_HOST_NAME = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")


def address_of(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """`host` as an address, or None when it is a name or "*"."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a listener on `host`."""
    address = address_of(host)
    return host == "localhost" if address is None else address.is_loopback


def server_name(name: str) -> str | None:
    """As in chat.local."""
    # The dot is how clients tell a server from a nick in a message's source.
    if _SERVER_NAME.fullmatch(name):
        return None
    return _(
        'must be letters, digits, "-" and at least one ".", as in chat.local, at most 63 characters'
    )


def network(name: str) -> str | None:
    """One short word."""
    return None if _NETWORK.fullmatch(name) else _("must be one word of at most 32 characters")


def motd(text: str) -> str | None:
    """A few kilobytes at most."""
    return None if len(text.encode()) <= 8192 else _("must be at most 8192 bytes")


def path(name: str | Path) -> str | None:
    """Any path."""
    return None if str(name) else _("must name a file or folder")


def host(name: str) -> str | None:
    """What a listener may be bound to."""
    if name == "*" or address_of(name) is not None or _HOST_NAME.fullmatch(name):
        return None
    return _('must be "*", an address such as 127.0.0.1 or ::1, or a host name')


def bcrypt_hash(text: str) -> str | None:
    """A hash, or nothing."""
    found = _BCRYPT.fullmatch(text)
    if not text or (found and BCRYPT_COST_MIN <= int(found[1]) <= BCRYPT_COST_MAX):
        return None
    limits = {"low": BCRYPT_COST_MIN, "high": BCRYPT_COST_MAX}
    return _("must be a bcrypt hash of cost %(low)d to %(high)d, as in $2b$12$...") % limits


def networks(names: tuple[str, ...]) -> str | None:
    """Addresses and networks in CIDR notation."""
    if len(names) > 256:
        return _("must have at most 256 networks")
    for name in names:
        try:
            ipaddress.ip_network(name)
        except ValueError:
            return _('must be addresses and networks, as in ["192.0.2.7", "10.0.0.0/8"]')
    return None


def rooms(names: tuple[str, ...]) -> str | None:
    """How many default rooms; their names depend on another setting."""
    if not 1 <= len(names) <= 20:
        return _("must have 1 to 20 rooms")
    return None


def origins(names: tuple[str, ...]) -> str | None:
    """Browsers name a page's origin in lower case, without a path and without a usual port."""
    if len(names) > 256:
        return _("must have at most 256 origins")
    if all(name in ("*", "null") or _ORIGIN.fullmatch(name) for name in names):
        return None
    return _('must be origins in lower case, as in ["https://chat.example.org"], or ["*"]')


def one_line(text: str) -> str | None:
    """What fits into a reply. (Control characters are refused of every text.)"""
    return None if len(text.encode()) <= 300 else _("must be at most 300 bytes")
