"""Acknowledged means durable, with the real server: kill -9, restart, read, resend."""

import re
import subprocess
import sys

from tests.support.server_process import DEADLINE_S, ROOT

CAPS = "draft/chathistory tlschat/once batch labeled-response message-tags server-time echo-message"


def tag(line, name):
    """The value of a tag of the line, or None."""
    found = re.search(rf"[@;]{name}=([^; ]*)", line.partition(" ")[0])
    return found and found[1]


def page(person, request):
    """The texts of one CHATHISTORY answer."""
    person.send(f"CHATHISTORY {request}")
    found = (re.search(r" PRIVMSG \S+ :(.*)", line) for line in person.until("BATCH -"))
    return [match[1] for match in found if match]


def kill_and_restart(server):
    server.fix_port()
    server.kill()
    server.start()


def test_what_was_echoed_survives_kill_9(server):
    """The echo means: on disk. After kill -9 every echoed message is there, once, in order."""
    ana = server.login("ana", caps=CAPS)
    for number in range(20):
        ana.send(f"PRIVMSG #lobby :{number}")
    echoes = ana.until(" :19")
    kill_and_restart(server)

    again = server.login("ana", caps=CAPS)

    assert page(again, "LATEST #lobby * 50") == [str(number) for number in range(20)]
    assert len({tag(line, "msgid") for line in echoes}) == 20


def test_the_same_id_is_said_once(server):
    """Sent again after a crash, a message has its first id and is delivered to nobody."""
    ana, joao = server.login("ana", caps=CAPS), server.login("joao")
    ana.until("JOIN")
    line = "@tlschat/once=Zx7-first-try;label={} PRIVMSG #lobby :only once"
    ana.send(line.format("a"))
    first = ana.line()
    assert joao.line().endswith(" PRIVMSG #lobby :only once")
    kill_and_restart(server)

    ana, joao = server.login("ana", caps=CAPS), server.login("joao", caps=CAPS)
    ana.until("JOIN")
    ana.send(line.format("b"))
    second = ana.line()

    assert (tag(first, "label"), tag(second, "label")) == ("a", "b")
    assert tag(first, "msgid") == tag(second, "msgid")
    assert tag(first, "tlschat/seq") == tag(second, "tlschat/seq") == "1"
    assert joao.barrier() == []
    assert page(joao, "LATEST #lobby * 50") == ["only once"]


def test_a_message_waits_for_who_is_away(server):
    """A private message to an account that is offline is kept, and there when it comes."""
    ana = server.login("ana", caps=CAPS)
    ana.send("PRIVMSG joao :call me", "PRIVMSG nobody :hello?")
    ana.until(":call me")
    assert " 401 " in ana.until("nobody")[-1]

    joao = server.login("joao", caps=CAPS)

    assert page(joao, "LATEST ana * 50") == ["call me"]


def test_old_clients_see_the_last_lines(server):
    """A client that cannot ask for history is shown the last messages as it joins."""
    ana = server.login("ana")
    ana.send("PRIVMSG #lobby :before you came")
    ana.barrier()

    joao = server.login("joao")

    assert joao.until("before you came")


def test_strangers_read_nothing(server):
    """Only members of a room and the two of a private exchange may ask."""
    ana, joao = server.login("ana", caps=CAPS), server.login("joao", caps=CAPS)
    ana.until("JOIN")
    ana.send("JOIN #secret", "PRIVMSG #secret :psst")
    ana.until(":psst")

    joao.send("CHATHISTORY LATEST #secret * 50")

    assert " FAIL CHATHISTORY INVALID_TARGET " in joao.line()


def test_rooms_remember_their_topic(server):
    """A founder's room is there after a crash, with its topic and its founder as such."""
    ana = server.login("ana")
    ana.send("JOIN #tea", "TOPIC #tea :kettle on")
    ana.until("kettle on")
    kill_and_restart(server)

    ana = server.login("ana")
    ana.send("JOIN #tea")

    lines = ana.until(" 366 ")
    assert any("332" in line and "kettle on" in line for line in lines)
    assert any(" 353 " in line and "~ana" in line for line in lines)


def test_history_can_be_off(make_server):
    """`keep = false`: the chat works, offers no history, and writes no message to the disk."""
    server = make_server(limits="[history]\nkeep = false")
    ana = server.connect()
    ana.send("CAP LS 302")
    offered = ana.until("CAP * LS")[-1]

    assert "chathistory" not in offered
    assert "tlschat/once" not in offered
    ana = server.login("ana")
    ana.send("PRIVMSG #lobby :unwritten")
    ana.barrier()
    assert not (server.folder / "data" / "history.db").exists()


def test_a_damaged_history_stops_the_start(server):
    """One sentence and a documented exit code; nothing is overwritten."""
    server.stop()
    database = server.folder / "data" / "history.db"
    database.write_bytes(b"not a database, but long enough to look like one" * 100)

    done = subprocess.run(
        [sys.executable, "-m", "server", "--config", server.folder / "config.toml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
    )

    assert done.returncode == 65
    assert "history.db" in done.stderr
    assert "Traceback" not in done.stderr
    assert database.read_bytes().startswith(b"not a database")
