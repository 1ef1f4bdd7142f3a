"""Whom chat-client believes: every way a server can fail to be the right one, and how to trust it.

A server that writes down what reaches it proves that nothing is sent before trust; the questions
are answered at a real terminal, towards the real server.
"""

import contextlib
import signal

import pytest
import trustme

from tests.support.server_process import PASSWORD
from tests.support.tls_servers import RecordingServer, server_context

QUESTION = "Trust this server from now on? (yes / no / paste the fingerprint):"


@pytest.fixture
def record():
    """Start servers that write down what they get: `record(leaf)`, `record(None, greeting=b"")`."""
    with contextlib.ExitStack() as servers:

        def make(leaf, **more):
            context = server_context(leaf) if leaf is not None else None
            return servers.enter_context(RecordingServer(context, **more))

        yield make


@pytest.fixture
def ca_file(ca, tmp_path):
    """The file for --ca."""
    path = tmp_path / "chat-ca.pem"
    ca.cert_pem.write_to_path(str(path))
    return path


@pytest.fixture
def send_to(start, tmp_path):
    """`echo hi | chat-client localhost PORT ... --to '#lobby'`: exit code and complaints."""
    password = tmp_path / "password"
    password.write_text(PASSWORD)

    def run(server, *words):
        client = start(
            *("client", "--tls", "localhost", server.port, "--to", "#lobby"),
            *("--user", "ana", "--password-file", password, *words),
        )
        with contextlib.suppress(BrokenPipeError):
            client.type("hi")
        return client.end(), client.complaints

    return run


def test_unknown_ca(record, send_to, ca):
    """76, the issuer, both ways on, and not one byte sent (4.5)."""
    server = record(ca.issue_cert("localhost"))

    code, said = send_to(server)

    assert code == 76
    assert f"error: The identity of localhost:{server.port} could not be checked" in said
    assert 'issued by "trustme' in said
    assert "Nothing was sent." in said
    assert f"chat-client --tls localhost {server.port} --ca ca.pem" in said
    assert server.received == b""


def test_the_offered_pin(server, send_to):
    """The --pin that the refusal offers is the one that works; another key's does not."""
    code, said = send_to(server)
    assert code == 76
    pin = said.partition("--pin ")[2].split()[0]

    assert send_to(server, "--pin", pin) == (0, "")

    code, said = send_to(server, "--pin", "SHA256:" + "A" * 43)
    assert code == 76
    assert "does not have the key given with --pin" in said


@pytest.mark.parametrize(
    ("problem", "code", "sentence"),
    [
        ("wrong name", 76, "you asked for localhost; the certificate is for other.example."),
        ("expired", 76, "the certificate of localhost expired on {yesterday:%Y-%m-%d} (1 day ago)"),
        ("other ca", 76, "was not issued by the CA in {ca_file}"),
        ("no such file", 66, "{ca_file}: no such file or directory."),
        ("key for a ca", 65, "{ca_file} is a private key, not a certificate."),
        ("no certificate", 65, "there is no certificate in {ca_file}."),
    ],
)
def test_each_problem_has_its_sentence(
    record, send_to, ca, ca_file, yesterday, problem, code, sentence
):
    """The catalogue's sentence and exit code, no question, and not one byte sent (4.6, 4.9)."""
    leaf = ca.issue_cert("localhost")
    match problem:
        case "wrong name":
            leaf = ca.issue_cert("other.example")
        case "expired":
            leaf = ca.issue_cert("localhost", not_after=yesterday)
        case "other ca":
            trustme.CA().cert_pem.write_to_path(str(ca_file))
        case "no such file":
            ca_file.unlink()
        case "key for a ca":
            leaf.private_key_pem.write_to_path(str(ca_file))
        case "no certificate":
            ca_file.write_text("hello")
    server = record(leaf)

    ended, said = send_to(server, "--ca", ca_file)

    assert ended == code
    assert sentence.format(ca_file=ca_file, yesterday=yesterday) in said
    assert server.received == b""
    if code == 76:
        assert "Nothing was sent." in said


def test_a_server_without_tls(record, send_to, ca_file):
    """76 and the port, when plain text answers where TLS should."""
    server = record(None, greeting=b":irc.example NOTICE * :Looking up your hostname\r\n")

    code, said = send_to(server, "--ca", ca_file)

    assert code == 76
    assert f"port {server.port} of localhost does not speak TLS. Nothing was sent." in said


def test_nobody_there(record, send_to, ca_file):
    """69, and what to look at."""
    server = record(None)
    server.__exit__()

    code, said = send_to(server, "--ca", ca_file)

    assert code == 69
    assert f"nobody listens on localhost:{server.port}." in said


# --- trust on first use, at a terminal ----------------------------------------------------------


def first_look(open_terminal, server, *words):
    """A terminal where the question of trust is asked."""
    terminal = open_terminal(
        "client", "--tls", "localhost", str(server.port), "--user", "ana", *words
    )
    terminal.see(QUESTION)
    return terminal


def log_in(terminal):
    terminal.see("Password:", at_end=True)
    terminal.type(PASSWORD + "\n")
    terminal.see("#lobby ›")
    terminal.type("/quit\r")
    assert terminal.end() == 0


def test_yes_is_remembered_and_another_key_is_not(server, open_terminal):
    """Asked until yes, then it just works; a changed key is refused without a way on (4.5)."""
    refused = first_look(open_terminal, server)
    refused.type("no\n")
    assert refused.end() == 76
    terminal = first_look(open_terminal, server)
    assert "names        localhost, 127.0.0.1" in terminal.text
    assert not any("login" in line for line in server.log)
    terminal.type("y\n")
    terminal.see("Please type 'yes', 'no' or the fingerprint.")
    terminal.type("yes\n")
    log_in(terminal)

    again = open_terminal("client", "localhost", str(server.port), "--user", "ana")
    log_in(again)
    assert "Trust" not in again.raw.decode()

    server.fix_port()
    server.stop()
    server.set_certificate(server.ca.issue_cert("localhost"))
    server.start()
    changed = open_terminal("client", "localhost", str(server.port), "--user", "ana")
    assert changed.end() == 76
    assert f"localhost:{server.port} is NOT the server you trusted on" in changed.text
    assert f"chat-client trust remove localhost:{server.port}" in changed.text
    assert "Password" not in changed.text


def test_the_right_fingerprint_pasted(server, open_terminal):
    """The program compares, so that nobody has to (4.5)."""
    terminal = first_look(open_terminal, server)
    pin = next(line for line in server.log if "pin=" in line).partition('pin="')[2].split('"')[0]

    terminal.type(pin + "\n")

    log_in(terminal)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ("", "is not trusted. Nothing was sent."),
        ("SHA256:" + "A" * 43, "this is not the fingerprint of localhost"),
    ],
)
def test_enter_and_the_wrong_fingerprint(record, open_terminal, ca, answer, sentence):
    """76, and the server never heard a byte (4.5)."""
    server = record(ca.issue_cert("localhost"))
    terminal = first_look(open_terminal, server)

    terminal.type(answer + "\n")

    assert terminal.end() == 76
    assert sentence in terminal.text
    assert server.received == b""


def test_a_wrong_certificate_is_never_offered(record, open_terminal, ca, yesterday):
    """No question for an expired certificate of an unknown CA: there is nothing to say yes to."""
    server = record(ca.issue_cert("localhost", not_after=yesterday))

    terminal = open_terminal("client", "localhost", str(server.port), "--user", "ana")

    assert terminal.end() == 76
    assert "expired on" in terminal.text
    assert "Trust" not in terminal.text
    assert server.received == b""


def test_a_ca_file_is_remembered(server, open_terminal, ca_file):
    """--ca once, answered with Enter; from then on the host is enough (4.4)."""
    words = ("client", "localhost", str(server.port), "--user", "ana")
    terminal = open_terminal(*words, "--ca", str(ca_file))
    terminal.see("certificate ok (private CA")
    terminal.see("Remember this CA for localhost? [Y/n]")
    terminal.type("\n")
    log_in(terminal)
    ca_file.unlink()

    log_in(open_terminal(*words))


def test_a_new_certificate_of_the_same_ca(server, join):
    """A renewal under way disturbs nobody: who comes back after it is still believed."""
    ana = join(server, "ana")
    server.set_certificate(server.ca.issue_cert("localhost"))
    server.process.send_signal(signal.SIGHUP)
    server.fix_port()
    server.stop()

    server.start()

    ana.until("back on tlschat as ana")
