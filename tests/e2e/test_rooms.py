"""Rooms that belong to accounts, over restarts, and chat-admin room beside the running server."""

import json
import subprocess
import sys

from tests.support.server_process import DEADLINE_S


def admin(server, *words):
    """chat-admin for this server; its exit code and what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "server.admin", "--config", server.folder / "config.toml", *words],
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
    )
    return done.returncode, done.stdout, done.stderr


def test_a_room_is_its_founders_over_a_restart(server):
    """Operators by account, topic, modes, the name, and what was said under another one."""
    ana, joao = server.login("ana"), server.login("joao")
    ana.send("JOIN #tea", "TOPIC #tea :Leaves", "MODE #tea +m", "PRIVMSG #tea :one")
    joao.send("JOIN #tea")
    joao.barrier()
    ana.send("MODE #tea +o joao", "RENAME #tea #Green")
    ana.until(" 366 ")
    ana.until("JOIN #Green")
    ana.barrier()
    server.kill()
    server.start()

    joao = server.login("joao", caps="batch draft/chathistory")
    joao.send("JOIN #green", "CHATHISTORY LATEST #green * 5")
    lines = joao.until("BATCH -")
    assert any(line.endswith(" 353 joao = #Green :@joao") for line in lines)
    assert any(line.endswith(" 332 joao #Green :Leaves") for line in lines)
    assert any(line.endswith(" PRIVMSG #Green :one") for line in lines)
    ana = server.login("ana")
    ana.send("JOIN #green")
    joao.until("MODE #Green +qo ana ana")


def test_chat_admin_beside_the_server(server):
    """Who is in the room sees it at once; the socket is the server's user's alone."""
    ana = server.login("ana")
    ana.send("JOIN #tea")
    ana.barrier()
    assert (server.folder / "data" / "control.sock").stat().st_mode & 0o777 == 0o600

    code, out, err = admin(server, "room", "list", "--json")
    assert (code, err) == (0, "")
    assert {room["name"]: room["members"] for room in json.loads(out)} == {"#lobby": 1, "#tea": 1}
    code, _out, err = admin(server, "room", "set", "#tea", "founder=joao", "topic=Green", "mode=+i")
    assert (code, "is changed" in err) == (0, True)
    lines = ana.until("TOPIC #tea")
    assert lines[-2].endswith(" MODE #tea +i-q ana")
    code, _out, err = admin(server, "room", "remove", "#tea", "--yes", "--history")
    assert code == 0
    ana.until("KICK #tea ana :The room was removed")
    assert server.stop() == 0
    assert not (server.folder / "data" / "control.sock").exists()
    code, out, _err = admin(server, "room", "list")
    assert (code, "#tea" in out) == (0, False)
