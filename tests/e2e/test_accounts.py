"""Accounts over the wire: registration, new passwords, and certificates, with the real programs.

Sources: IRCv3 draft account-registration, sasl-3.2 (EXTERNAL); docs/protocol.md, "NickServ".
"""

import base64
import shutil
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
STRONG = "seven green lagoons"
OPEN = 'required = false\nregistration = "open"'
INVITE = 'registration = "invite"'


@pytest.fixture
def admin(environment):
    """Run chat-admin for a server: `admin(server, "cert", "add", ...)`; what it printed."""

    def run(server, *words, code=0):
        done = subprocess.run(
            [sys.executable, "-m", "server.admin", *map(str, words), "--config", "config.toml"],
            cwd=server.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == code, done.stderr
        return done.stdout + done.stderr

    return run


@pytest.fixture
def make_cert(environment):
    """Run mkcert.py in a folder: `make_cert(folder, "client", "ana")`."""

    def run(folder, *words):
        command = [sys.executable, str(ROOT / "scripts" / "mkcert.py"), *words]
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture
def certified(make_server, make_cert, admin):
    """A server that believes mkcert.py's CA, and ana's certificate, which may log in."""
    server = make_server(start=False, account_settings="required = false")
    make_cert(server.folder, "server", "localhost")
    make_cert(server.folder, "client", "ana")
    config = server.folder / "config.toml"
    config.write_text(config.read_text().replace("[tls]", '[tls]\nclient_ca = "certs/ca.pem"'))
    assert "can log in" in admin(server, "cert", "add", "ana", "certs/client-ana.pem")
    return server.start()


def come_with(server, person_of, pem):
    """Somebody who shows the certificate in a file, before anything is said."""
    import socket

    context = server.context()
    context.load_cert_chain(pem)
    sock = socket.create_connection(("127.0.0.1", server.port), timeout=30)
    return person_of(context.wrap_socket(sock, server_hostname="localhost"))


def has_logged_in(server, name, password):
    """Whether a whole SASL PLAIN exchange, in chunks, ends well."""
    person = server.connect()
    person.send("CAP REQ sasl", f"NICK {name}", f"USER {name} 0 * :X", "AUTHENTICATE PLAIN")
    person.until("AUTHENTICATE +")
    whole = plain(name, password)
    pieces = [whole[start : start + 400] for start in range(0, len(whole), 400)]
    person.send(*(f"AUTHENTICATE {piece}" for piece in pieces))
    return " 900 " in person.until(" 90")[-1]


def plain(name, password):
    """SASL PLAIN's one message (RFC 4616)."""
    return base64.b64encode(f"\0{name}\0{password}".encode()).decode()


def external(person, authzid=""):
    """SASL EXTERNAL; the lines of its answer."""
    person.send("CAP LS 302", "CAP REQ sasl", "NICK x", "USER x 0 * :X", "AUTHENTICATE EXTERNAL")
    person.until("AUTHENTICATE +")
    person.send("AUTHENTICATE " + (base64.b64encode(authzid.encode()).decode() or "+"))
    return person.until(" 90")


def test_a_password_of_a_thousand_bytes(make_server):
    """It is set by its owner over the wire as far as a line goes, and by chat-admin beyond; SASL
    carries it in chunks of 400 (sasl-3.1)."""
    server = make_server(account_settings=OPEN)
    long = "é" * 200
    person = server.connect()
    person.send("NICK rui", "USER rui 0 * :Rui", f"REGISTER * * :{long}")
    person.until("REGISTER SUCCESS rui")
    assert has_logged_in(server, "rui", long)
    very_long = "ü" * 500
    done = subprocess.run(
        [sys.executable, "-m", "server.admin", "passwd", "rui", "--password-stdin"],
        cwd=server.folder,
        env={"PYTHONPATH": str(ROOT)},
        input=very_long + "\n",
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    # The server looks once a second: a login that comes before that is wrong, and tried again.
    for _ in range(200):
        if has_logged_in(server, "rui", very_long):
            break
    else:
        pytest.fail("a password of 1,000 bytes does not log in")


def test_registering(make_server):
    """A new account is there at once: for its maker, and for the next login, and in the file."""
    server = make_server(account_settings=OPEN)
    person = server.connect()
    person.send("CAP LS 302", "NICK rui", "USER rui 0 * :Rui")
    person.until("draft/account-registration=before-connect")
    person.send(f"REGISTER * * :{STRONG}", "CAP END")
    assert "900 rui" in person.until(" 900 ")[-1]
    person.until(" 366 ")
    server.login("rui", password=STRONG)
    assert (server.folder / "passwd").read_text().splitlines()[-1].startswith("rui:$2b$04$")
    other = server.connect()
    other.send("NICK eva", "USER eva 0 * :Eva", "REGISTER rui * :another strong one")
    assert "FAIL REGISTER ACCOUNT_EXISTS rui" in other.until("FAIL")[-1]
    other.send("REGISTER eva * password")
    assert "FAIL REGISTER WEAK_PASSWORD eva" in other.until("FAIL")[-1]
    assert STRONG not in "".join(server.log)


def test_an_invitation(make_server, admin):
    """REGISTER, then VERIFY with the code of chat-admin invite; it is good for one account."""
    server = make_server(account_settings=INVITE)
    code = admin(server, "invite", "--uses", "1", "--days", "2").split("only now:\n")[0]
    code = next(word for word in code.split() if word.count("-") == 4)
    for name, answer in (("rui", "VERIFY SUCCESS rui"), ("eva", "FAIL VERIFY INVALID_CODE eva")):
        person = server.connect()
        person.send("CAP LS 302", f"NICK {name}", f"USER {name} 0 * :X")
        person.send(f"REGISTER {name} * :{STRONG}")
        person.until(f"REGISTER VERIFICATION_REQUIRED {name}")
        person.send(f"VERIFY {name} {code}")
        assert answer in person.until(" VERIFY ")[-1]
    server.login("rui", password=STRONG)
    assert "no invitations" in admin(server, "invite", "list")


def test_a_newcomer_at_a_terminal(make_server, admin, open_terminal):
    """chat-client --register: a password twice, the invitation, and one is in (client.md)."""
    server = make_server(account_settings=INVITE)
    told = admin(server, "invite", "--uses", "1", "--days", "2")
    code = next(word for word in told.split() if word.count("-") == 4)
    ca = str(server.folder / "ca.pem")
    words = ("client", "localhost", str(server.port), "--register", "rui", "--ca", ca)
    terminal = open_terminal(*words)
    terminal.see("[Y/n]")
    terminal.type("n\n")
    for password in ("abc", STRONG):
        terminal.see("New password:", at_end=True)
        terminal.type(f"{password}\n")
        terminal.see("New password again:", at_end=True)
        terminal.type(f"{password}\n")
    terminal.see("2 tries left.")
    terminal.see("Invitation:", at_end=True)
    terminal.type("no-such-code\n")
    terminal.see("1 try left.")
    terminal.see("Invitation:", at_end=True)
    terminal.type(f"{code}\n")
    terminal.see("the account rui is made, and yours")
    terminal.see("#lobby ›")
    terminal.type("/quit\r")
    assert terminal.end() == 0
    assert STRONG.encode() not in terminal.raw
    server.login("rui", password=STRONG)


def test_no_accounts_to_be_made(server, open_terminal):
    """Where registration is closed the client says whom to ask."""
    ca = str(server.folder / "ca.pem")
    words = ("client", "localhost", str(server.port), "--register", "rui", "--ca", ca)
    terminal = open_terminal(*words)
    terminal.see("[Y/n]")
    terminal.type("n\n")
    for question in ("New password:", "New password again:"):
        terminal.see(question, at_end=True)
        terminal.type(f"{STRONG}\n")
    terminal.see("chat-admin add rui")
    assert terminal.end() == 69


def test_a_new_password_ends_the_others(make_server):
    """PASSWD ... KICK: the old password is wrong at once, and the other connections are over."""
    server = make_server()
    phone, laptop = server.login("ana"), server.login("ana")
    laptop.send(f'PRIVMSG NickServ :PASSWD "correct horse" "{STRONG}" KICK')
    assert "Other connections ended: 1." in laptop.until("ended")[-1]
    assert "ERROR" in phone.rest()[-1]
    server.login("ana", password=STRONG)
    old = server.connect()
    old.send("NICK ana", "USER ana 0 * :Ana", "PASS ana:correct")
    old = server.connect()
    old.send("PASS ana:correct horse", "NICK ana", "USER ana 0 * :Ana")
    assert " 464 " in old.until(" 464 ")[-1]
    assert STRONG not in "".join(server.log) and "correct horse" not in "".join(server.log)


def test_identify(make_server):
    """A guest who knows nothing newer logs in by talking to NickServ."""
    server = make_server(account_settings="required = false")
    person = server.connect()
    person.send("NICK guest1", "USER g 0 * :G")
    person.until(" 366 ")
    person.send("PRIVMSG NickServ :IDENTIFY ana correct horse")
    person.until("You are logged in as ana.")
    person.send("WHOIS ana")
    assert " 330 ana ana ana " in person.until(" 330 ")[-1]


def test_external(certified, person_of):
    """A certificate logs in without a password; who shows none is asked for one."""
    person = come_with(certified, person_of, certified.folder / "certs" / "client-ana.pem")
    assert " 900 x x!" in external(person)[-1]
    person.send("CAP END")
    assert " 001 ana " in person.until(" 001 ")[-1]
    certified.login("joao")
    stranger = certified.connect()
    stranger.send("CAP LS 302")
    assert "EXTERNAL" not in stranger.until(" LS :")[-1]


def test_a_key_that_nobody_added(certified, person_of, make_cert, admin):
    """The CA's signature alone lets nobody in; and a key that is taken away is done with."""
    make_cert(certified.folder, "client", "joao")
    folder = certified.folder / "certs"
    person = come_with(certified, person_of, folder / "client-joao.pem")
    assert "this certificate lets nobody in" in external(person, "joao")[-1]
    admin(certified, "cert", "remove", "ana", "certs/client-ana.pem")
    for _ in range(500):  # the server looks once a second
        person = come_with(certified, person_of, folder / "client-ana.pem")
        if " 904 " in external(person)[-1]:
            break
    else:
        pytest.fail("a key that was taken away still logs in")


def test_certificates_that_are_not_for_people(certified, person_of):
    """The server's own certificate, or one of another CA, ends the handshake."""
    folder = certified.folder / "certs"
    both = certified.folder / "both.pem"
    both.write_bytes(
        (folder / "server.pem").read_bytes() + (folder / "server-key.pem").read_bytes()
    )
    with pytest.raises((ssl.SSLError, ConnectionError, AssertionError)):
        external(come_with(certified, person_of, both))


def test_the_client_with_a_certificate(certified, start):
    """chat-client --cert: no password is asked for; talk goes both ways."""
    own = certified.folder / "client-ana.pem"
    shutil.copy2(certified.folder / "certs" / "client-ana.pem", own)
    words = ("client", "--tls", "localhost", str(certified.port), "--no-input", "--plain")
    words = (*words, "--ca", str(certified.folder / "ca.pem"))
    client = start(*words, "--user", "ana", "--cert", str(own))
    client.until("/help lists the commands, /quit leaves")
    joao = certified.login("joao")
    joao.send("PRIVMSG ana :hello")
    client.until("hello")


@pytest.mark.parametrize("user", ["joao", "nobody"])
def test_the_client_as_somebody_else(certified, start, user):
    """The certificate is ana's: exit code 77 and what to do."""
    words = ("client", "--tls", "localhost", str(certified.port), "--no-input", "--plain")
    words = (*words, "--ca", str(certified.folder / "ca.pem"), "--user", user)
    client = start(*words, "--cert", str(certified.folder / "certs" / "client-ana.pem"))
    assert client.end() == 77
    assert f'the certificate does not log in as "{user}"' in client.complaints


def test_the_client_with_a_wrong_certificate(certified, start):
    """The server's own certificate: the client says who refused it, and why."""
    folder = certified.folder / "certs"
    words = ("client", "--tls", "localhost", str(certified.port), "--no-input", "--plain")
    words = (*words, "--ca", str(certified.folder / "ca.pem"), "--user", "ana")
    client = start(
        *(*words, "--cert", str(folder / "server.pem"), "--key", str(folder / "server-key.pem"))
    )
    assert client.end() == 77
    assert "the server refuses your certificate" in client.complaints
