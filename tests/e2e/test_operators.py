"""What operators of the server do, against the real server over real TLS."""

import json
import signal
import subprocess
import sys

import pytest

from tests.support.server_process import DEADLINE_S, ROOT

OPERATOR = '[operators.boss]\naccount = "ana"\n[log]\nformat = "json"\n'


@pytest.fixture
def server(make_server):
    """A server whose operator is ana; its log is JSON."""
    return make_server(("ana", "joao"), limits=OPERATOR)


def wait_for_log(server, event):
    """The first line of the server's log with this event."""
    ana = server.login("joao")
    while True:
        found = [json.loads(line) for line in server.log if f'"event": "{event}"' in line]
        if found:
            return found[0]
        ana.barrier()


def change(server, old, new):
    """Edit the config file."""
    path = server.folder / "config.toml"
    path.write_text(path.read_text().replace(old, new))


def test_an_operator_reads_the_config_again(server):
    """What may change changes at once, what cannot is named; the log says both."""
    ana = server.login("ana")
    change(server, "[tls]", '[server]\nmotd = "new words"\nname = "other.example"\n[tls]')
    ana.send("REHASH")
    assert ana.line() == ":chat.local 382 ana config.toml Rehashing"
    assert ana.line() == ":chat.local NOTICE ana :Changed: server.motd"
    assert ana.line() == ":chat.local NOTICE ana :After a restart: server.name"
    ana.send("MOTD")
    assert "new words" in ana.until(" 376 ")[1]
    loaded = wait_for_log(server, "config_reloaded")
    assert (loaded["changed"], loaded["after_restart"]) == (["server.motd"], ["server.name"])
    assert wait_for_log(server, "act")["what"] == "REHASH"


def test_a_bad_config_changes_nothing(server):
    """The operator gets the problems, the log too, and everything goes on as it was."""
    ana = server.login("ana")
    change(server, "[tls]", '[server]\nmotd = "new words"\n[rooms]\ndefault = 5\n[tls]')
    ana.send("REHASH")
    lines = ana.until("rooms.default")
    assert lines[1] == ":chat.local NOTICE ana :The config is wrong, and nothing has changed"
    ana.send("MOTD")
    assert " 422 " in ana.line()
    assert "rooms.default" in wait_for_log(server, "config_kept")["reason"]


def test_a_signal_reads_the_config_again(server):
    """SIGHUP does the same; who is no operator any more is told."""
    ana = server.login("ana")
    change(server, "[operators.boss]", "[operators.other]")
    change(server, 'account = "ana"', 'account = "joao"')
    server.process.send_signal(signal.SIGHUP)
    assert ana.line() == ":ana!ana@user/ana MODE ana -o"
    assert wait_for_log(server, "config_reloaded")["changed"] == ["operators"]


def test_a_ban_outlives_kill_9(server):
    """It is durable before the operator hears of it. Who is there goes, who comes is told."""
    server.fix_port()
    ana, joao = server.login("ana"), server.login("joao", source="127.0.0.9")
    ana.send("DLINE 127.0.0.9 :no")
    assert ana.until("is banned")
    assert joao.rest()[-1].endswith("ERROR :Closing link: You are banned from this server: no")
    server.kill()

    server.start()
    banned = server.connect(source="127.0.0.9")
    assert banned.rest() == [
        ":chat.local 465 * :You are banned from this server: no",
        ":chat.local ERROR :Closing link: You are banned from this server: no",
    ]
    ana = server.login("ana")
    ana.send("UNDLINE 127.0.0.9")
    ana.until("no longer banned")
    assert server.login("joao", source="127.0.0.9").barrier() == []


def test_acts_are_found_again(server):
    """`chat-admin log acts` beside the running server: who did what to whom, and why."""
    ana, joao = server.login("ana"), server.login("joao")
    ana.send("KILL joao :too loud")
    assert "Killed (ana (too loud))" in joao.rest()[-1]
    ana.barrier()
    command = [sys.executable, "-m", "server.admin", "--config", "config.toml", "log", "acts"]
    shown = subprocess.run(
        [*command, "--account", "joao"],
        cwd=server.folder,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=True,
    )
    assert shown.stdout.strip().endswith(" ana KILL joao too loud")
