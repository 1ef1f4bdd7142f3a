"""SASL over IRC: a response in chunks of base64, and the PLAIN mechanism.

The server reads with `ChunkReader` and `decode_plain`, the client writes with `encode_plain` and
`split_chunks`. No error text quotes what was received: it may hold a password.
Source: IRCv3 sasl-3.1; RFC 4616 (PLAIN).
"""

import base64
import binascii
from dataclasses import dataclass, field
from typing import Final

from irc.errors import SaslError, SaslTooLong

CHUNK: Final = 400  # characters of base64 in one AUTHENTICATE; a shorter one is the last


@dataclass(frozen=True, slots=True)
class PlainCredentials:
    """Who logs in (`authcid`), with what, and as whom (`authzid`; "" for the same)."""

    authzid: str
    authcid: str
    password: str = field(repr=False)


def split_chunks(response: bytes) -> list[str]:
    """Return the parameters of the AUTHENTICATE messages that carry `response`.

    The last is shorter than `CHUNK`, or the "+" that stands for an empty one.
    """
    encoded = base64.b64encode(response).decode()
    chunks = [encoded[start : start + CHUNK] for start in range(0, len(encoded), CHUNK)]
    if len(encoded) % CHUNK == 0:
        chunks.append("+")
    return chunks


class ChunkReader:
    """Puts the chunks of one response together. Owner: whoever owns the session.

    At most `bytes_max` decoded bytes are taken; more raise `SaslTooLong`. After a response or an
    error it is empty, ready for the next.
    """

    def __init__(self, bytes_max: int) -> None:
        self._encoded_chars_max = (bytes_max + 2) // 3 * 4
        self._bytes_max = bytes_max
        self._encoded = ""

    def feed(self, chunk: str) -> bytes | None:
        """Return the response that `chunk` completes, or None. An abort ("*") is the caller's.

        Raises:
            SaslTooLong: The chunk passes `CHUNK`, or the response `bytes_max`.
            SaslError: The response is not base64.
        """
        encoded = self._encoded + ("" if chunk == "+" else chunk)
        self._encoded = ""
        if len(chunk) > CHUNK or len(encoded) > self._encoded_chars_max:
            raise SaslTooLong(f"an AUTHENTICATE response passes {self._bytes_max} bytes")
        if len(chunk) == CHUNK:
            self._encoded = encoded
            return None
        try:
            response = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            raise SaslError("an AUTHENTICATE response is not base64") from None
        if len(response) > self._bytes_max:
            raise SaslTooLong(f"an AUTHENTICATE response passes {self._bytes_max} bytes")
        return response


def encode_plain(authzid: str, authcid: str, password: str) -> bytes:
    """Return the PLAIN response for these credentials.

    Raises:
        SaslError: The name or the password is empty, or one of the three holds NUL.
    """
    _check_plain(authzid, authcid, password)
    return "\0".join((authzid, authcid, password)).encode()


def decode_plain(response: bytes) -> PlainCredentials:
    """Return the credentials in a PLAIN response.

    Raises:
        SaslError: It is not UTF-8, not three parts, or the name or the password is empty.
    """
    try:
        parts = response.decode().split("\0")
    except UnicodeDecodeError:
        raise SaslError("a PLAIN response is not UTF-8") from None
    if len(parts) != 3:
        raise SaslError(f"a PLAIN response has {len(parts)} parts; 3 expected")
    _check_plain(*parts)
    return PlainCredentials(*parts)


def _check_plain(authzid: str, authcid: str, password: str) -> None:
    if not authcid or not password:
        raise SaslError("PLAIN: the name or the password is empty")
    if "\0" in authzid or "\0" in authcid or "\0" in password:
        raise SaslError("PLAIN: NUL in a part")
