"""A TLS connection to a server whose identity is established, or a `ConnectFailure`.

Called by the driver, on the event loop's thread. Nothing of the application is sent before trust:
the functions here only read certificates and shake hands; the caller gets a `Connection` it may
write to, or an exception that says what happened and what to do.

Theory of operation. Three ways to trust (`trust.Anchor`):

    system CAs, CA file   one connection, verified by OpenSSL.
    pin                   a probe reads the certificate without believing anything and closes; is
                          its key the pinned one, a second connection verifies with that very
                          certificate as the only anchor (so dates and names still count), and the
                          key is compared again after the handshake, before the caller may write.

A pin could do with one connection that verifies nothing but the key. It was refused: the
only context that does not verify is the probe's, and the probe can never send.

When verification fails, OpenSSL says only why. A probe then fetches the certificate, so that the
sentence can name the issuer, the dates and the names.
"""

import asyncio
import contextlib
import ipaddress
import logging
import re
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from errno import ECONNREFUSED, ETIMEDOUT

from client import failures
from client.failures import ConnectFailure
from client.identity import (
    CertificateUnreadable,
    Endpoint,
    PeerCertificate,
    read_certificate,
)
from client.own_cert import OwnCertificate, refused_by_server
from client.trust import (
    Anchor,
    CaFile,
    PinnedKey,
    SystemCas,
    TrustError,
    make_context,
    make_leaf_context,
    make_probe_context,
)

CONNECT_TIMEOUT_S = 10.0  # TCP and TLS together; UX 4.9
HAPPY_EYEBALLS_DELAY_S = 0.25  # RFC 8305 section 5
CLOSE_TIMEOUT_S = 1.0  # for the last bytes to leave; then the line is cut
READ_BYTES_MAX = 65_536

# asyncio says so on stderr, in the middle of a face, for every write between the end of a line and
# our hearing of it. The reader hears of it in the same moment, and tells it in our words.
_KNOWN = ("socket.send() raised exception.", "SSL connection is closed")
logging.getLogger("asyncio").addFilter(lambda record: record.msg not in _KNOWN)


class Connection:
    """An open line. Owner: the event loop's thread. `certificate` is None only for `--no-tls`."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        certificate: PeerCertificate | None,
        shows_own: bool = False,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self.certificate = certificate
        self._shows_own = shows_own

    async def read(self) -> bytes:
        """What arrived, at least a byte; b"" when the line is gone, for whatever reason.

        Raises:
            ConnectFailure: The server did not want our own certificate. With TLS 1.3 it says so
                behind the handshake.
        """
        try:
            return await self._reader.read(READ_BYTES_MAX)
        except ssl.SSLError as error:
            if self._shows_own and "ALERT" in (error.reason or ""):
                raise refused_by_server(error.reason or "") from error
            return b""
        except OSError:  # resets
            return b""

    def write(self, octets: bytes) -> None:
        """Send, in order, as soon as the line takes it. After the line is gone it does nothing."""
        if not self._writer.is_closing():
            self._writer.write(octets)

    async def close(self) -> None:
        """Let what was written leave, for at most `CLOSE_TIMEOUT_S`, and hang up."""
        self._writer.close()
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await self._writer.wait_closed()
        self.cut()

    def cut(self) -> None:
        """Hang up now."""
        self._writer.transport.abort()


async def connect(
    endpoint: Endpoint,
    anchor: Anchor,
    *,
    own: OwnCertificate | None = None,
    timeout_s: float = CONNECT_TIMEOUT_S,
) -> Connection:
    """A verified line to `endpoint`, to which we show `own` if there is one.

    Raises:
        ConnectFailure: With its sentence; nothing was sent.
    """
    if isinstance(anchor, PinnedKey):
        return await _connect_pinned(endpoint, anchor, own, timeout_s)
    try:
        context = make_context(anchor)
    except TrustError as error:
        raise failures.trust_file_failed(error) from error
    try:
        return await _open(endpoint, context, own, timeout_s)
    except ssl.SSLCertVerificationError as error:
        raise await _explain(endpoint, anchor, error, timeout_s) from error


async def connect_plain(endpoint: Endpoint, *, timeout_s: float = CONNECT_TIMEOUT_S) -> Connection:
    """A line without TLS, to this computer only. Raises ConnectFailure."""
    with _network_errors(endpoint, timeout_s):
        async with asyncio.timeout(timeout_s):
            loop = asyncio.get_running_loop()
            found = await loop.getaddrinfo(endpoint.host, endpoint.port, type=socket.SOCK_STREAM)
            addresses = [str(row[4][0]).partition("%")[0] for row in found]
            if not all(ipaddress.ip_address(address).is_loopback for address in addresses):
                raise failures.not_loopback(endpoint)
            # The address that was judged, and not the name: a second look-up may answer otherwise.
            reader, writer = await asyncio.open_connection(addresses[0], endpoint.port)
    _send_at_once(writer)
    return Connection(reader, writer, None)


async def probe(endpoint: Endpoint, *, timeout_s: float = CONNECT_TIMEOUT_S) -> PeerCertificate:
    """The certificate a server shows, believed in nothing; the connection is closed at once.

    Raises:
        ConnectFailure: There is no TLS, or nobody, or the certificate cannot be read.
    """
    with _network_errors(endpoint, timeout_s):
        async with asyncio.timeout(timeout_s):
            _reader, writer = await asyncio.open_connection(
                endpoint.host,
                endpoint.port,
                ssl=make_probe_context(),
                server_hostname=endpoint.tls_name,
                happy_eyeballs_delay=HAPPY_EYEBALLS_DELAY_S,
            )
    try:
        return _certificate(endpoint, writer)
    finally:
        writer.transport.abort()


async def _connect_pinned(
    endpoint: Endpoint, pinned: PinnedKey, own: OwnCertificate | None, timeout_s: float
) -> Connection:
    shown = await probe(endpoint, timeout_s=timeout_s)
    if shown.pin != pinned.pin:
        raise failures.changed_key(endpoint, pinned, shown.pin)
    connection = await _open_anchored(endpoint, shown, pinned, own, timeout_s)
    certificate = connection.certificate
    if certificate is None or certificate.pin != pinned.pin:
        connection.cut()
        raise failures.changed_key(endpoint, pinned, certificate.pin if certificate else shown.pin)
    return connection


async def _open_anchored(
    endpoint: Endpoint,
    shown: PeerCertificate,
    anchor: Anchor,
    own: OwnCertificate | None,
    timeout_s: float,
) -> Connection:
    try:
        context = make_leaf_context(shown.der)
    except ssl.SSLError as error:
        raise failures.unreadable_certificate(endpoint) from error
    try:
        return await _open(endpoint, context, own, timeout_s)
    except ssl.SSLCertVerificationError as error:
        if error.verify_code in failures.TRUSTABLE_CODES:
            # Between the two looks the server changed its certificate, or somebody else answered.
            raise failures.closed_at_once(endpoint) from error
        raise failures.verification_failed(
            endpoint, anchor, error.verify_code, error.verify_message, shown, datetime.now(UTC)
        ) from error


async def _open(
    endpoint: Endpoint, context: ssl.SSLContext, own: OwnCertificate | None, timeout_s: float
) -> Connection:
    """Raises ssl.SSLCertVerificationError, or a ConnectFailure for everything else."""
    if own is not None:
        own.put_into(context)
    with _network_errors(endpoint, timeout_s):
        async with asyncio.timeout(timeout_s):
            reader, writer = await asyncio.open_connection(
                endpoint.host,
                endpoint.port,
                ssl=context,
                server_hostname=endpoint.tls_name,
                happy_eyeballs_delay=HAPPY_EYEBALLS_DELAY_S,
            )
    _send_at_once(writer)
    try:
        return Connection(reader, writer, _certificate(endpoint, writer), own is not None)
    except ConnectFailure:
        writer.transport.abort()
        raise


async def _explain(
    endpoint: Endpoint,
    anchor: SystemCas | CaFile,
    error: ssl.SSLCertVerificationError,
    timeout_s: float,
) -> ConnectFailure:
    """The catalogue's entry for a certificate OpenSSL refused, with what the certificate says."""
    try:
        certificate = await probe(endpoint, timeout_s=timeout_s)
    except ConnectFailure:
        certificate = None
    failure = failures.verification_failed(
        endpoint, anchor, error.verify_code, error.verify_message, certificate, datetime.now(UTC)
    )
    if failure.is_trustable and certificate is not None:
        # An unknown issuer hides whatever else is wrong, because OpenSSL stops there. A person is
        # only asked to trust a key when dates, names and fields are in order.
        try:
            line = await _open_anchored(endpoint, certificate, anchor, None, timeout_s)
        except ConnectFailure as worse:
            return worse
        line.cut()
    return failure


def _certificate(endpoint: Endpoint, writer: asyncio.StreamWriter) -> PeerCertificate:
    tls: ssl.SSLObject = writer.get_extra_info("ssl_object")
    try:
        return read_certificate(tls.getpeercert(binary_form=True) or b"")
    except CertificateUnreadable as error:
        raise failures.unreadable_certificate(endpoint) from error


def _send_at_once(writer: asyncio.StreamWriter) -> None:
    # Without it a first exchange took 45 ms. asyncio does it too, on the systems it knows.
    sock = writer.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


@contextlib.contextmanager
def _network_errors(endpoint: Endpoint, timeout_s: float) -> Iterator[None]:
    """Turn what the network throws into the catalogue's entries; certificates pass through."""
    try:
        yield
    except ssl.SSLCertVerificationError:
        raise
    except ssl.SSLError as error:
        raise failures.tls_failed(endpoint, error.reason or "") from error
    except TimeoutError as error:
        raise failures.timed_out(endpoint, timeout_s) from error
    except socket.gaierror as error:
        raise failures.no_such_host(endpoint) from error
    except UnicodeError as error:  # a name that IDNA refuses, such as one with an empty label
        raise failures.no_such_host(endpoint) from error
    except OSError as error:
        raise _os_failure(endpoint, error, timeout_s) from error


def _os_failure(endpoint: Endpoint, error: OSError, timeout_s: float) -> ConnectFailure:
    if isinstance(error, ConnectionRefusedError):
        return failures.refused(endpoint)
    if isinstance(error, ConnectionResetError | ConnectionAbortedError | BrokenPipeError):
        return failures.closed_at_once(endpoint)
    if error.errno is None:
        # Several addresses, several failures: asyncio joins them into one text.
        numbers = {int(number) for number in re.findall(r"\[Errno (\d+)\]", str(error))}
        if ECONNREFUSED in numbers:
            return failures.refused(endpoint)
        if ETIMEDOUT in numbers:
            return failures.timed_out(endpoint, timeout_s)
    return failures.unreachable(endpoint, error.strerror or str(error))
