"""What a user would lose sleep over, against the real server process over real TLS."""

import signal
import socket
import ssl
import subprocess
import sys

import pytest

from tests.support.server_process import DEADLINE_S, PASSWORD, ROOT, plain


def test_public_and_private_messages(server):
    """A message reaches the room and not its sender; a private one reaches one person."""
    ana, joao = server.login("ana"), server.login("joao")
    ana.until("JOIN")

    ana.send("PRIVMSG #lobby :hello", "PRIVMSG joao :psst")
    joao.send("PRIVMSG ana :yes?")

    assert joao.line().endswith(" PRIVMSG #lobby :hello")
    assert joao.line().endswith(" PRIVMSG joao :psst")
    assert ana.line().endswith(" PRIVMSG ana :yes?")
    assert ana.barrier() == []


def test_an_unknown_recipient_is_answered(server):
    """401, and nothing is lost silently."""
    ana = server.login("ana")

    ana.send("PRIVMSG nobody :hi")

    assert ana.line() == ":chat.local 401 ana nobody :No such nick/channel"


def test_a_wrong_password_stays_outside(server):
    """904 for a wrong password and for an unknown name, in the same words."""
    answers = []
    for name in ("ana", "nobody"):
        person = server.connect()
        person.send("CAP REQ :sasl", f"NICK {name}", f"USER {name} 0 * :x", "AUTHENTICATE PLAIN")
        person.until("AUTHENTICATE +")
        person.send(f"AUTHENTICATE {plain(name, 'wrong')}")
        answers.append(person.until(" 904 ")[-1].replace(name, "NAME"))

    assert answers[0] == answers[1]


def test_nobody_enters_without_an_account(server):
    """Without a login registration ends with a reason, not with a welcome."""
    person = server.connect()

    person.send("NICK ana", "USER ana 0 * :Ana")

    lines = person.rest()
    assert not any(" 001 " in line for line in lines)
    assert "ERROR :" in lines[-1]


def test_one_session_an_account(make_server):
    """With `sessions_max = 1` a second login is refused clearly, and the first one stays."""
    server = make_server(account_settings="sessions_max = 1")
    ana = server.login("ana")

    with pytest.raises(AssertionError, match="433"):
        server.login("ana")

    assert ana.barrier() == []


def test_plaintext_to_the_tls_port_is_told(server):
    """A client without TLS gets one line that says what to do, then the end."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE_S) as sock:
        sock.sendall(b"NICK ana\r\n")
        answer = b"".join(iter(lambda: sock.recv(4096), b""))

    assert answer == b"ERROR :This port speaks only TLS. Switch TLS on in your client.\r\n"


def test_old_tls_is_refused(server):
    """TLS 1.1 finds no server."""
    context = server.context()
    with pytest.warns(DeprecationWarning):
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with (
        socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE_S) as sock,
        pytest.raises(ssl.SSLError),
    ):
        context.wrap_socket(sock, server_hostname="localhost")


def test_a_killed_client_is_announced(make_server):
    """A peer whose machine vanished, without FIN, is gone within the ping time."""
    server = make_server(limits="ping_interval_s = 1\nping_timeout_s = 1")
    ana, joao = server.login("ana"), server.login("joao")
    ana.until("JOIN")

    while True:  # joao says nothing any more; ana answers
        line = ana.line()
        if line.startswith("PING"):
            ana.send(line.replace("PING", "PONG"))
        else:
            break

    assert line.startswith(":joao!")
    assert " QUIT :Ping timeout: " in line
    joao.close()


def test_a_killed_process_is_announced_at_once(server):
    """When the kernel says that the peer is gone, the room knows."""
    ana, joao = server.login("ana"), server.login("joao")
    ana.until("JOIN")

    joao.close()

    assert " QUIT :" in ana.line()


def test_stopping_tells_everyone(server):
    """SIGTERM and SIGINT: people are told, connections end cleanly, exit code 0."""
    ana = server.login("ana")

    code = server.stop()

    lines = ana.rest()
    assert code == 0
    assert "NOTICE" in lines[-2]
    assert "ERROR :" in lines[-1]


def test_starting_again_finds_everything(server):
    """After a stop the same folder and port serve again."""
    server.login("ana")
    server.fix_port()
    server.stop(signal.SIGINT)

    server.start()

    assert server.login("ana").barrier() == []


def test_two_servers_on_one_folder(server):
    """The second one says who has the folder, and ends with the documented code."""
    done = subprocess.run(
        [sys.executable, "-m", "server", "--config", server.folder / "config.toml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
    )

    assert done.returncode == 75
    assert str(server.process.pid) in done.stderr


def test_an_over_long_line_is_refused(server):
    """417, and the next line works."""
    ana = server.login("ana")

    ana.send("PRIVMSG #lobby :" + "x" * 1000)

    assert ana.line() == ":chat.local 417 ana :Input line was too long"
    assert ana.barrier() == []


def test_emoji_arrive_whole(server):
    """1,024 bytes of UTF-8 in as many lines as IRC needs arrive without a missing character."""
    ana, joao = server.login("ana"), server.login("joao")
    text = "a💬é" * 146 + "xy"
    assert len(text.encode()) == 1024
    pieces = [text[at : at + 100] for at in range(0, len(text), 100)]

    ana.send(*(f"PRIVMSG #lobby :{piece}" for piece in pieces))
    ana.barrier()

    heard = [line.partition("PRIVMSG #lobby :")[2] for line in joao.barrier()]
    assert "".join(heard) == text


def test_a_thousand_silent_connections(make_server):
    """1,000 TCP connections that say nothing do not keep anybody out."""
    server = make_server(limits="handshakes_max = 256")
    silent = []
    try:
        for number in range(1000):
            source = f"127.0.{2 + number // 200}.{1 + number % 200}"
            silent.append(
                socket.create_connection(
                    ("127.0.0.1", server.port), timeout=DEADLINE_S, source_address=(source, 0)
                )
            )
        ana, joao = server.login("ana"), server.login("joao")
        ana.until("JOIN")
        joao.send("PRIVMSG #lobby :still here")

        assert ana.line().endswith(" PRIVMSG #lobby :still here")
    finally:
        for sock in silent:
            sock.close()


def test_a_new_certificate_is_used_without_a_restart(server):
    """SIGHUP swaps the certificate; who is connected stays."""
    ana = server.login("ana")
    old = ssl.get_server_certificate(("127.0.0.1", server.port))

    server.set_certificate(server.ca.issue_cert("localhost", "127.0.0.1", "new.example"))
    server.process.send_signal(signal.SIGHUP)
    new = old
    while new == old:
        new = ssl.get_server_certificate(("127.0.0.1", server.port))

    assert ana.barrier() == []
    assert server.login("joao").barrier() == []


def test_accounts_follow_the_file(server):
    """A new account can log in at once; a removed one is shown out."""
    ana = server.login("ana")

    server.set_accounts(["joao", "maria"])

    assert "ERROR :" in ana.rest()[-1]
    assert server.login("maria").barrier() == []


@pytest.mark.parametrize("problem", ["expired", "foreign key", "open key", "missing"])
def test_a_bad_certificate_stops_the_start(make_server, ca, yesterday, problem):
    """Each problem of certificate and key has its sentence and exit code 76."""
    server = make_server(start=False)
    key = server.folder / "server-key.pem"
    match problem:
        case "expired":
            server.set_certificate(ca.issue_cert("localhost", not_after=yesterday))
        case "foreign key":
            key.write_bytes(ca.issue_cert("localhost").private_key_pem.bytes())
        case "open key":
            key.chmod(0o644)
        case "missing":
            key.unlink()

    done = subprocess.run(
        [sys.executable, "-m", "server", "--config", server.folder / "config.toml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
    )

    words = {
        "expired": f"{yesterday:%Y-%m-%d}",
        "foreign key": "does not belong",
        "open key": "chmod 600",
        "missing": "mkcert.py",
    }
    assert done.returncode == 76
    assert words[problem] in done.stderr
    assert "Traceback" not in done.stderr


def test_the_log_has_no_password(server):
    """Whatever happens with a password, it is not in the log."""
    server.login("ana")
    person = server.connect()
    person.send(f"PASS ana:{PASSWORD}", f"OPER ana {PASSWORD}", f"AUTHENTICATE {PASSWORD}")
    person.send("NICK ana", "QUIT")
    person.rest()

    server.stop()

    log = "".join(server.log)
    assert "stopped" in log
    assert PASSWORD not in log
    assert plain("ana", PASSWORD) not in log
