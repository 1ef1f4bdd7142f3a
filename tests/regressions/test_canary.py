"""Passwords that must never be written down: through every door that takes one, right or wrong, and
then looked for in everything that a server leaves behind or says.
"""

import base64
import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import trustme

from server.control import SOCKET_NAME
from tests.support.server_process import HASH, LISTENERS, ROOT, Server, hash_password, plain

CONFIG = (
    LISTENERS
    + f"""[accounts]
bcrypt_cost = 4
required = false
registration = "invite"
[limits]
login_delay_s = 0.0
login_attempts_max = 100
lines_burst = 200
lines_per_s = 1000.0
[log]
level = "debug"
[history]
events = true
[operators.boss]
hash = "{hash_password("tweety-oper")}"
"""
)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server that says all it can say, where ana's password is a tweety."""
    server = Server(tmp_path_factory.mktemp("server"), trustme.CA(), CONFIG, ())
    lines = [f"ana:{hash_password('tweety-ana')}", f"joao:{HASH}"]
    (server.folder / "passwd").write_text("\n".join(lines) + "\n")
    yield server.start()
    server.kill()


def chunked(text):
    return base64.b64encode(text.encode()).decode()


BEFORE = (
    "PASS :ana:tweety-wrong",
    "PASS tweety-alone",
    "PASS :tweety with spaces",
    "PASS :tweety\x01odd",
    "PASS",
    "OPER boss tweety-early",
    "NS IDENTIFY tweety-early",
    "PRIVMSG NickServ :IDENTIFY tweety-early",
    "REGISTER eva * tweety1",
    "REGISTER e,va * tweety-bad-name-long-enough",
    "REGISTER * * :tweety-good-enough-for-anybody",
    "VERIFY * tweety-code",
    "VERIFY eva tweety-code",
    "REGISTER eva tweety-mail",
    f"AUTHENTICATE {plain('ana', 'tweety-early')}",
)

INSIDE = (
    "PASS tweety-late",
    "OPER boss tweety-wrong",
    "OPER nobody tweety-wrong",
    "OPER tweety-alone",
    "PRIVMSG NickServ :IDENTIFY tweety-one",
    "PRIVMSG NickServ :IDENTIFY ana tweety-two",
    "PRIVMSG NickServ :PASSWD tweety-ana tweety1",
    "PRIVMSG NickServ :PASSWD tweety-ana tweety2 tweety3 tweety4",
    "PRIVMSG NickServ :SET PASSWORD tweety-x tweety-y",
    "PRIVMSG NickServ :tweety-alone",
    "PRIVMSG nickserv,joao :IDENTIFY tweety-both",
    "PRIVMSG joao,NICKSERV :IDENTIFY tweety-both",
    "PRIVMSG NickServ@services.example :IDENTIFY tweety-at",
    "PRIVMSG NickServ@services.example,#lobby :IDENTIFY tweety-at",
    "NOTICE NickServ :IDENTIFY tweety-notice",
    "NOTICE joao,NickServ :IDENTIFY tweety-notice",
    "@+draft/reply=tweety-tag TAGMSG NickServ",
    "@label=1;tlschat/once=0123456789abcdef PRIVMSG NickServ :IDENTIFY tweety-once",
    "@label=2 NICKSERV IDENTIFY ana tweety-label",
    "NS tweety-alone",
    "NICKSERV :IDENTIFY tweety a b c",
    "BATCH +m draft/multiline NickServ",
    "@batch=m PRIVMSG NickServ :IDENTIFY tweety-multi",
    "@batch=m PRIVMSG NickServ :tweety-line",
    "BATCH -m",
    "BATCH +n draft/multiline NickServ",
    "@batch=n PRIVMSG NickServ :IDENTIFY tweety-unended",
    "REGISTER eva * tweety1",
    "VERIFY eva tweety-code",
    "AUTHENTICATE PLAIN",
    "AUTHENTICATE " + chunked("\0ana\0tweety-wrong"),
    "AUTHENTICATE PLAIN",
    "AUTHENTICATE " + chunked("no tweety here, and no NUL"),
    "AUTHENTICATE PLAIN",
    "AUTHENTICATE tweety-no-base64!",
    "AUTHENTICATE tweety-mechanism",
)
CAPS = (
    "sasl echo-message message-tags batch labeled-response draft/multiline tlschat/once cap-notify"
)


def come(server, name, password):
    """Somebody with every capability, in the lobby."""
    return server.login(name, caps=CAPS, password=password)


def read_folder(server):
    """All that the server has written: names of files, and what is in them."""
    files = [path for path in server.folder.rglob("*") if path.is_file()]
    return {path: path.read_bytes() for path in files if path.name != "config.toml"}


def test_no_password_is_written_or_said(server):
    """Not in the log at its most talkative, not in a file, not to anybody, nor to its own session;
    nor in what every user of the machine can see of a process."""
    joao = server.login("joao", caps=CAPS)
    stranger = server.connect()
    stranger.send("CAP REQ sasl", "NICK fresh", *BEFORE, "USER f 0 * :F", "CAP END")
    said = [*stranger.rest()]
    ana = come(server, "ana", "tweety-ana")
    for line in INSIDE:
        ana.send(line)
        said += ana.barrier()
    ana.send("OPER boss tweety-oper")
    said += ana.until(" 381 ")
    ana.send("PRIVMSG NickServ :PASSWD tweety-ana tweety-seven-green-lagoons KICK")
    said += ana.until("Other connections ended")
    ana.send("PRIVMSG NickServ :IDENTIFY ana tweety-unanswered", "CHATHISTORY LATEST * * 100")
    ana.send("CHATHISTORY LATEST #lobby * 100", "STATS m", "REHASH")
    said += ana.until("has changed")
    simple = server.connect("simple")
    simple.send("NICK ana tweety-simple")
    said += simple.rest()
    simple = server.connect("simple")
    simple.send("NICK ana")
    simple.until("PASSWORD?")
    simple.send("tweety-second-line")
    said += simple.rest()
    said += joao.barrier()
    assert len(said) > 50
    assert not [line for line in said if "tweety" in line]
    assert "tweety" not in "".join(server.log)
    assert not [path for path, octets in read_folder(server).items() if b"tweety" in octets]
    if (process := Path(f"/proc/{server.process.pid}")).exists():
        for name in ("cmdline", "environ", "comm"):
            assert b"tweety" not in (process / name).read_bytes()


def test_a_bad_config_is_not_quoted(server):
    """A reload says what is wrong with a secret, and not the secret."""
    config = server.folder / "config.toml"
    good = config.read_text()
    ana = server.login("joao", caps=CAPS)
    del ana
    for bad in ('hash = "tweety-no-hash"', "hash = 'tweety", "hash = tweety", "hash = 7 # tweety"):
        config.write_text(good[: good.index("hash = ")] + bad + "\n")
        before = len(server.log)
        server.process.send_signal(1)
        while not any("config_kept" in line for line in server.log[before:]):
            assert server.process.poll() is None
            server.login("joao").close()  # some time
        assert "tweety" not in "".join(server.log)
    config.write_text(good)


def test_the_control_socket_repeats_nothing(server):
    """What it does not understand may be a secret that was meant for somebody else."""
    for request in (b"tweety\n", b'{"do": "tweety"}\n', b'{"do": "room", "verb": "tweety"}\n'):
        with socket.socket(socket.AF_UNIX) as sock:
            sock.connect(str(server.folder / "data" / SOCKET_NAME))
            sock.sendall(request)
            answer = sock.makefile("rb").readline()
        assert json.loads(answer) == {"problem": "not_understood"}
    assert "tweety" not in "".join(server.log)


def test_chat_admin_writes_no_password(server):
    """A password on its standard input is in no output, and in no file."""
    for words, code in (
        (("add", "rui", "--password-stdin"), 0),
        (("passwd", "rui", "--password-stdin"), 0),
        (("passwd", "nobody", "--password-stdin"), 65),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "server.admin", *words, "--config", "config.toml"],
            cwd=server.folder,
            env={"PYTHONPATH": str(ROOT)},
            input="tweety-tweety-tweety-tweety\n",
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == code, done.stderr
        assert "tweety" not in done.stdout + done.stderr
    assert not [path for path, octets in read_folder(server).items() if b"tweety" in octets]
