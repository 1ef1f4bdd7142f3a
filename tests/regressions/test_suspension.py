"""The class of GHSA-x6wg of Ergo: an account is suspended, and one of the doors was forgotten.

Every way in that there is, tried with the right secret against a real server: bia is disabled from
the start, carla becomes so while she is everywhere. Each way is seen to let ana in first, so that
none is closed for another reason.
"""

import base64
import hashlib
import socket
import time

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from server.accounts.invites import InviteFile
from server.accounts.passwd import PasswordFile
from tests.support.server_process import (
    DEADLINE_S,
    HASH,
    LISTENERS,
    PASSWORD,
    Person,
    Server,
    plain,
)

CONFIG = (
    LISTENERS
    + """client_ca = "ca.pem"
[accounts]
bcrypt_cost = 4
required = false
registration = "invite"
[limits]
login_delay_s = 0.0
"""
)

STRONG = "seven green lagoons"
WELCOME = (" 001 ", " 900 ", "OK welcome", "You are logged in")


def pin_of(certificate):
    """The fingerprint of its key, as the password file has it."""
    found = x509.load_pem_x509_certificate(certificate.cert_chain_pems[0].bytes())
    spki = found.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(spki).digest()).decode()


@pytest.fixture(scope="module")
def certificates():
    """Everybody's own, signed by the CA that the server asks for; and the CA."""
    ca = trustme.CA()
    return ca, {name: ca.issue_cert(f"{name}@chat.local") for name in ("ana", "bia", "carla")}


@pytest.fixture(scope="module")
def server(tmp_path_factory, certificates):
    """A server where ana may log in, bia may not, and carla may for now."""
    ca, issued = certificates
    server = Server(tmp_path_factory.mktemp("server"), ca, CONFIG, ())
    (server.folder / "passwd").write_text(
        "".join(
            f"{name}:{'!' * (name == 'bia')}{HASH}:{pin_of(issued[name])}\n"
            for name in ("ana", "bia", "carla")
        )
    )
    yield server.start()
    server.kill()


def by_plain(server, name, certificate):
    """SASL PLAIN."""
    person = server.connect()
    person.send("CAP REQ sasl", "NICK x", "USER x 0 * :X", "AUTHENTICATE PLAIN")
    person.until("AUTHENTICATE +")
    person.send(f"AUTHENTICATE {plain(name, PASSWORD)}")
    return person, (" 900 ", " 904 ")


def by_pass(server, name, certificate):
    """PASS account:password."""
    person = server.connect()
    person.send(f"PASS :{name}:{PASSWORD}", f"NICK {name}", f"USER {name} 0 * :X")
    return person, (" 001 ", " 464 ")


def by_pass_alone(server, name, certificate):
    """PASS with the password alone, for the account of the nick."""
    person = server.connect()
    person.send(f"PASS :{PASSWORD}", f"NICK {name}", f"USER {name} 0 * :X")
    return person, (" 001 ", " 464 ")


def by_certificate(server, name, certificate):
    """SASL EXTERNAL."""
    context = server.context()
    certificate.configure_cert(context)
    sock = socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE_S)
    person = Person(context.wrap_socket(sock, server_hostname="localhost"))
    server.people.append(person)
    person.send("CAP REQ sasl", "NICK x", "USER x 0 * :X", "AUTHENTICATE EXTERNAL")
    person.until("AUTHENTICATE +")
    person.send("AUTHENTICATE +")
    return person, (" 900 ", " 904 ")


def by_identify(server, name, certificate):
    """NickServ's IDENTIFY, of a guest."""
    person = server.connect()
    person.send("NICK guest", "USER x 0 * :X")
    person.until(" 366 ")
    person.send(f"PRIVMSG NickServ :IDENTIFY {name} {PASSWORD}")
    return person, ("NickServ!",)


def by_simple(server, name, certificate):
    """The simple dialect, with everything in its one line."""
    person = server.connect("simple")
    person.send(f"NICK {name} {PASSWORD}")
    return person, ("OK welcome", "ERR ")


def by_simple_in_two(server, name, certificate):
    """The simple dialect, which asks for the password."""
    person = server.connect("simple")
    person.send(f"NICK {name}")
    person.until("PASSWORD?")
    person.send(PASSWORD)
    return person, ("OK welcome", "ERR ")


WAYS = [
    *(by_plain, by_pass, by_pass_alone, by_certificate),
    *(by_identify, by_simple, by_simple_in_two),
]


def come(way, server, name, issued):
    """The line in which the way ends."""
    person, ends = way(server, name, issued[name])
    lines = [person.line()]
    while lines[-1] and not any(end in lines[-1] for end in ends):
        lines.append(person.line())
    person.close()
    assert lines[-1], lines
    return lines[-1]


@pytest.mark.parametrize("way", WAYS)
def test_no_way_in(server, certificates, way, monkeypatch):
    """The right secret of a disabled account is as wrong as a wrong one; ana's is right."""
    _ca, issued = certificates
    assert any(word in come(way, server, "ana", issued) for word in WELCOME)
    refusal = come(way, server, "bia", issued)
    assert not any(word in refusal for word in WELCOME)
    if way is not by_certificate:
        monkeypatch.setitem(globals(), "PASSWORD", "wrong horse")
        assert come(way, server, "ana", issued).replace("ana", "bia") == refusal


def test_no_new_account_of_its_name(server, certificates):
    """Neither REGISTER nor an invitation makes the account anew, or one that looks like it."""
    code = InviteFile(server.folder / "passwd").create(9, 1, time.time())
    before = (server.folder / "passwd").read_text()
    for name in ("bia", "BIA", "bía", "bіa"):  # the last with a Cyrillic letter
        person = server.connect()
        person.send("CAP REQ draft/account-registration", "NICK fresh")
        person.send(f"REGISTER {name} * :{STRONG}", f"VERIFY {name} {code}")
        person.send("PING end")
        heard = person.until("PONG")
        if name != "bía":  # that is another name
            assert any("FAIL REGISTER" in line for line in heard), heard
        assert not any(" 900 " in line for line in heard), heard
        person.close()
    assert (server.folder / "passwd").read_text() == before


def test_an_invitation_for_somebody_disabled_meanwhile(server):
    """Between REGISTER and VERIFY the operator makes the account, and disables it."""
    passwd = PasswordFile(server.folder / "passwd")
    code = InviteFile(server.folder / "passwd").create(1, 1, time.time())
    person = server.connect()
    person.send("CAP REQ draft/account-registration", "NICK rui", f"REGISTER rui * :{STRONG}")
    person.until("VERIFICATION_REQUIRED")
    passwd.add("rui", HASH, 32)
    passwd.disable("rui")
    person.send(f"VERIFY rui {code}")
    assert "FAIL VERIFY" in person.until(" VERIFY ")[-1]
    person.send("USER rui 0 * :Rui", "CAP END")  # nor may a guest be called so, from the next look
    heard = [person.line()]
    while " 433 " not in heard[-1] and "Your nickname belongs to an account" not in heard[-1]:
        heard.append(person.line())
        assert heard[-1], heard


def test_nobody_becomes_somebody_disabled(server):
    """Re-authentication of somebody who is here: ana stays ana."""
    person = server.login("ana")
    person.send("AUTHENTICATE PLAIN")
    person.until("AUTHENTICATE +")
    person.send(f"AUTHENTICATE {plain('bia', PASSWORD)}")
    assert " 904 ana :Wrong name or password" in person.until(" 904 ")[-1]
    person.send("WHOIS ana")
    assert " 330 ana ana ana " in person.until(" 330 ")[-1]


def test_no_session_is_left(server, certificates):
    """Whoever has become carla by any way is out; so is who was about to come in."""
    _ca, issued = certificates
    held = [server.login("carla"), by_pass(server, "carla", None)[0]]
    held[1].until(" 366 ")
    held.append(by_certificate(server, "carla", issued["carla"])[0])
    held[2].send("CAP END")
    held[2].until(" 366 ")
    half = server.connect()  # has said the password, and not CAP END
    half.send("CAP REQ sasl", "NICK carla", "USER x 0 * :X", "AUTHENTICATE PLAIN")
    half.until("AUTHENTICATE +")
    half.send(f"AUTHENTICATE {plain('carla', PASSWORD)}")
    half.until(" 903 ")
    identified = server.connect()
    identified.send("NICK guest2", "USER x 0 * :X")
    identified.until(" 366 ")
    PasswordFile(server.folder / "passwd").disable("carla")
    for person in (*held, half):
        assert "ERROR :Closing link: This account was removed or disabled" in person.rest()[-1]
    identified.send(f"PRIVMSG NickServ :IDENTIFY carla {PASSWORD}")
    assert "Wrong name or password" in identified.until("NickServ!")[-1]
    identified.send("WHOIS carla")
    identified.until(" 401 ")
    PasswordFile(server.folder / "passwd").enable("carla")
