"""A person's own certificate: what is refused before anything is sent, and what a server says."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta

import pytest
import trustme

from client import net
from client.failures import ConnectFailure
from client.identity import Endpoint, Pin
from client.own_cert import OwnCertificate, read_own
from client.trust import CaFile, PinnedKey
from tests.support.tls_servers import RecordingServer, server_context


@pytest.fixture(scope="module")
def people():
    """The CA of people's certificates."""
    return trustme.CA()


@pytest.fixture
def write(tmp_path, people):
    """Writes a certificate with its key into one file: `write(not_after=...)`."""

    def make(name="ana.pem", **dates):
        issued = people.issue_cert("ana", **dates)
        path = tmp_path / name
        path.touch(0o600)
        path.write_bytes(
            issued.private_key_pem.bytes() + b"".join(pem.bytes() for pem in issued.cert_chain_pems)
        )
        return path

    return make


def refused(cert, key=None):
    """What the person hears."""
    with pytest.raises(ConnectFailure) as caught:
        read_own(cert, key)
    return caught.value


def test_one_file_or_two(write, tmp_path):
    """Certificate and key together, as mkcert.py makes them, or apart."""
    both = write()
    assert read_own(both, None) == OwnCertificate(both, both)
    public = tmp_path / "public.pem"
    public.write_bytes(both.read_bytes()[both.read_bytes().index(b"-----BEGIN CERTIFICATE") :])
    assert read_own(public, both).key == both


def test_what_is_missing(write, tmp_path):
    """Each fault has its sentence: no file, no certificate, no key, another key."""
    assert "No such file" in refused(tmp_path / "nothing.pem").sentence
    empty = tmp_path / "empty.pem"
    empty.touch(0o600)
    assert "has no certificate in it" in refused(empty).sentence
    both, other = write(), write("other.pem")
    public = tmp_path / "public.pem"
    public.touch(0o600)
    public.write_bytes(both.read_bytes()[both.read_bytes().index(b"-----BEGIN CERTIFICATE") :])
    assert "has no key that can be used" in refused(public).sentence
    assert "does not belong to the certificate" in refused(public, other).sentence
    assert "No such file" in refused(public, tmp_path / "nothing.pem").sentence


def test_dates(write):
    """An expired one is not even tried; nor one that is not valid yet."""
    now = datetime.now(UTC)
    ended = write("ended.pem", not_before=now - timedelta(9), not_after=now - timedelta(1))
    assert "expired on" in refused(ended).sentence
    early = write("early.pem", not_before=now + timedelta(1), not_after=now + timedelta(9))
    assert "valid only from" in refused(early).sentence


def test_a_key_that_others_can_read(write):
    """Refused, with the command that closes it."""
    both = write()
    both.chmod(0o640)
    failure = refused(both)
    assert "others on this computer can read your key" in failure.sentence
    assert failure.advice == (f"close it: chmod 600 {both}",)


def _server(leaf, people):
    context = server_context(leaf)
    if people is not None:
        people.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
    return RecordingServer(context, greeting=b"hi\r\n")


def test_it_is_shown_to_the_server(leaf, ca_file, people, write):
    """A server that was verified gets it."""
    own = read_own(write(), None)
    with _server(leaf, people) as server:

        async def run() -> bytes:
            line = await net.connect(Endpoint("localhost", server.port), CaFile(ca_file), own=own)
            answer = await line.read()
            await line.close()
            return answer

        assert asyncio.run(run()) == b"hi\r\n"


def test_it_is_shown_to_a_pinned_server(leaf, people, write):
    """With a pin: the second connection, which verifies, has it."""
    own = read_own(write(), None)
    with _server(leaf, None) as server:
        endpoint = Endpoint("localhost", server.port)

        async def run() -> bytes:
            shown = await net.probe(endpoint)
            line = await net.connect(endpoint, PinnedKey(Pin.parse(str(shown.pin))), own=own)
            answer = await line.read()
            await line.close()
            return answer

        assert asyncio.run(run()) == b"hi\r\n"


def test_a_server_that_does_not_want_it(leaf, ca_file, write):
    """TLS 1.3 says so behind the handshake: reading then tells who refused what."""
    own = read_own(write(), None)
    with _server(leaf, trustme.CA()) as server:

        async def run() -> None:
            line = await net.connect(Endpoint("localhost", server.port), CaFile(ca_file), own=own)
            try:
                while await line.read():
                    pass
            finally:
                await line.close()

        with pytest.raises(ConnectFailure) as caught:
            asyncio.run(run())
    assert "the server refuses your certificate" in caught.value.sentence


def test_a_file_that_vanished(write, ca_file):
    """Between two connections the file may go: that is told, too."""
    path = write()
    own = read_own(path, None)
    path.unlink()
    endpoint = Endpoint("localhost", 1)
    with pytest.raises(ConnectFailure, match="No such file"):
        asyncio.run(net.connect(endpoint, CaFile(ca_file), own=own))
