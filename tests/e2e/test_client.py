"""chat-client with the plain face, between pipes, against the real server over real TLS."""

import json
import signal

import pytest

from tests.support.server_process import freeze

EMOJI = "a💬é" * 146 + "xy"  # 1,024 bytes of UTF-8 in 440 characters


def texts(lines, who):
    """What `who` said, of lines of the plain face."""
    return [line.partition(f"{who}: ")[2] for line in lines if f" {who}: " in line]


def test_two_people_talk(server, join):
    """A message reaches the room, a private one one person; all see their own words."""
    ana, joao, maria = join(server, "ana"), join(server, "joao"), server.login("maria")
    ana.until("maria joined #lobby")

    ana.type("hello everyone", "/msg joao only for you", "/me waves")
    joao.until("ana: * ana waves")
    joao.type("@privado:ana yes?", "/private ana again", "bye")

    said = ana.until("joao: bye")
    heard = [line.partition(" PRIVMSG ")[2] for line in maria.barrier() if "PRIVMSG" in line]
    joao.type("/quit so long")
    assert [line[6:] for line in said] == [
        "ana: hello everyone",
        "private to joao: only for you",
        "ana: * ana waves",
        "private from joao: yes?",
        "private from joao: again",
        "joao: bye",
    ]
    assert heard == ["#lobby :hello everyone", "#lobby :\x01ACTION waves\x01", "#lobby :bye"]
    assert ana.until("left")[-1].endswith("joao left the chat: so long")
    assert (joao.end(), ana.end()) == (0, 0)
    assert (joao.complaints, ana.complaints) == ("", "")


def test_a_second_session_too_many_is_refused(make_server, join, start, words_for):
    """With `sessions_max = 1` the second ana is shown out with the reason, the first one stays."""
    server = make_server(account_settings="sessions_max = 1")
    ana = join(server, "ana")

    second = start(*words_for(server, "ana", "--plain"))

    assert second.end() == 65
    assert "chat-client: error: Too many connections of this account" in second.complaints
    ana.type("still here")
    ana.until("ana: still here")


def test_a_taken_name_among_guests(make_server, start):
    """Who asks for a name that somebody has gets another one, and is told."""
    server = make_server([], account_settings="required = false")
    words = ("client", "localhost", server.port, "--ca", server.folder / "ca.pem", "--no-input")
    first = start(*words, "--user", "bob", "--plain")
    first.until("/help lists")

    second = start(*words, "--user", "Bob", "--plain")

    told = second.until("/help lists")
    assert told[0].endswith('the name "Bob" is taken')
    assert told[1].endswith('you are "Bob_": /nick NAME')
    first.until("Bob_ joined #lobby")


def test_an_unknown_recipient_is_answered(server, join):
    """The answer names the recipient, and what was written is not swallowed."""
    ana = join(server, "ana")

    ana.type("/msg nobody are you there?")

    ana.until('not sent to nobody: There is nobody called "nobody" here.')
    assert ana.line().endswith("you wrote: are you there?")


def test_a_wrong_password(server, start, words_for):
    """77 and one sentence, the same for a wrong password and for an unknown name."""
    complaints = []
    for name in ("ana", "nobody"):
        client = start(*words_for(server, name, "--plain", password="hunter2"))
        assert client.end() == 77
        complaints.append(client.complaints.replace(name, "NAME"))

    assert complaints[0] == complaints[1]
    assert 'error: wrong name or password for "NAME".' in complaints[0]
    assert "hunter2" not in "".join(server.log)


def test_a_killed_client_is_announced(server, join):
    """SIGKILL: the kernel says goodbye, and the others know at once."""
    ana, joao = join(server, "ana"), join(server, "joao")

    joao.process.kill()

    ana.until("joao left the chat")


def test_a_frozen_client_is_announced_and_comes_back(make_server, join):
    """A client that answers no PING is gone within the ping time; awake again, it comes back."""
    server = make_server(limits="ping_interval_s = 1\nping_timeout_s = 1")
    ana, joao = join(server, "ana"), join(server, "joao")

    freeze(joao.process)
    ana.until("joao left the chat: Ping timeout")
    joao.process.send_signal(signal.SIGCONT)

    ana.until("joao joined #lobby")
    joao.type("where was I?")
    ana.until("joao: where was I?")


def test_clients_come_back_after_a_restart(server, join):
    """What was typed meanwhile is shown as waiting, arrives once, and in order."""
    ana, joao = join(server, "ana"), join(server, "joao")
    ana.until("joao joined")
    server.fix_port()
    server.stop()
    for person in (joao, ana):
        person.until("trying again in")
        person.until("trying again in")  # and nobody was there

    joao.type("first", "/msg ana second", "third")
    told = joao.until("waiting, to #lobby: third")
    freeze(joao.process)  # until ana is there to hear it
    server.start()
    ana.until("back on tlschat as ana")
    joao.process.send_signal(signal.SIGCONT)

    joao.until("back on tlschat as joao")
    joao.type("end")
    assert [line[6:] for line in told if "waiting" in line] == [
        "waiting, to #lobby: first",
        "waiting, to ana: second",
        "waiting, to #lobby: third",
    ]
    said = ["joao: first", "private {} {}: second", "joao: third", "joao: end"]
    heard = [line[6:] for line in ana.until("joao: end") if "joao: " in line]
    echoed = [line[6:] for line in joao.until("joao: end") if "waiting" not in line]
    assert heard == [text.format("from", "joao") for text in said]
    assert echoed == [text.format("to", "ana") for text in said]


def test_a_killed_server_is_waited_for(server, join):
    """Without a word from the server, too: the client says so, and comes back."""
    ana = join(server, "ana")
    server.fix_port()

    server.process.kill()
    server.process.wait()

    ana.until("trying again in")
    server.start()
    ana.until("back on tlschat as ana")
    ana.type("hello again")
    ana.until("ana: hello again")


def test_a_long_message_arrives_whole(server, join):
    """1,024 bytes with emoji: in as many lines as it takes, without a missing character."""
    assert len(EMOJI.encode()) == 1024
    ana, joao, raw = join(server, "ana"), join(server, "joao"), server.login("ana")

    joao.type(EMOJI, "end")

    assert "".join(texts(ana.until("joao: end")[:-1], "joao")) == EMOJI
    lines = [line for line in raw.until("#lobby :end") if "PRIVMSG" in line]
    assert "".join(line.partition(" :")[2] for line in lines) == EMOJI + "end"
    assert all(len(line.encode()) <= 510 for line in lines)


def test_a_message_over_the_limit_is_refused(server, join):
    """More than 16 kB: a sentence, nothing of it is sent, and the next message works."""
    ana, joao = join(server, "ana"), join(server, "joao")
    ana.until("joao joined")

    joao.type("💬" * 4097, "short")

    joao.until("not sent to #lobby: This is too long to send")
    joao.until("joao: short")
    assert ana.line().endswith("joao: short")


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_signals_say_goodbye(server, join, name):
    """SIGTERM and SIGINT end the client with QUIT and the shell's exit code."""
    ana, joao = join(server, "ana"), join(server, "joao")
    number = getattr(signal, name)

    joao.process.send_signal(number)

    assert joao.process.wait(30) == 128 + number
    assert ana.until("left the chat")[-1].endswith("joao left the chat")


# --- pipe mode ----------------------------------------------------------------------------------


def test_pipe_mode(server, start, words_for):
    """`echo hi | chat-client ... --to '#lobby'`: silent, 0, and the message is there (4.10)."""
    ana = server.login("ana")
    pipe = start(*words_for(server, "joao", "--to", "#lobby"))

    pipe.type("hi", "", "olá 👋")

    assert (pipe.end(), pipe.rest(), pipe.complaints) == (0, [], "")
    heard = [line.partition(" :")[2] for line in ana.barrier() if "PRIVMSG" in line]
    assert heard == ["hi", "olá 👋"]


def test_pipe_mode_to_a_person(server, start, words_for):
    """To a person; and to nobody: 65, with the reason."""
    ana = server.login("ana")
    pipe = start(*words_for(server, "joao", "--to", "ana"))
    pipe.type("psst")
    assert pipe.end() == 0
    ana.until("PRIVMSG ana :psst")

    lost = start(*words_for(server, "joao", "--to", "nobody"))
    lost.type("psst")

    assert lost.end() == 65
    assert 'There is nobody called "nobody" here.' in lost.complaints


def test_pipe_mode_waits_for_the_echo(server, start, words_for):
    """Sent is not enough: while the server confirms nothing, the run is no success (4.10)."""
    ana = server.login("ana")
    pipe = start(*words_for(server, "joao", "--to", "#lobby", "--timeout", "0.2"))
    pipe.type("first")
    ana.until("first")

    freeze(server.process)
    pipe.type("second")
    code = pipe.end()
    server.process.send_signal(signal.SIGCONT)

    assert code == 69
    assert "not confirmed in 0.2 s" in pipe.complaints
    assert "not confirmed: #lobby: second" in pipe.complaints


def test_pipe_mode_when_the_server_dies(server, start, words_for):
    """69, and nothing is tried again: a program decides for itself."""
    ana = server.login("ana")
    pipe = start(*words_for(server, "joao", "--to", "#lobby"))
    pipe.type("first")
    ana.until("first")

    server.process.kill()

    assert pipe.process.wait(30) == 69
    assert "the connection was lost" in pipe.complaints


def test_json_events(server, start, words_for):
    """--follow --json: every line is an object with type and time; the text is raw."""
    ana = server.login("ana")
    follower = start(*words_for(server, "joao", "--follow", "--json"))
    ana.until("JOIN")

    ana.send("PRIVMSG #lobby :\x1b[2J joao: look", "AWAY :lunch", "PRIVMSG joao :end")
    events = [json.loads(line) for line in follower.until('"end"')]

    assert all(isinstance(event["type"], str) and event["time"][-1] == "Z" for event in events)
    said = [event for event in events if event["type"] == "message"]
    assert [(each["buffer"], each["nick"], each["text"], each["mention"]) for each in said] == [
        ("#lobby", "ana", "\x1b[2J joao: look", True),
        ("ana", "ana", "end", False),
    ]
    assert said[1]["is_private"]
    assert "away_changed" in [event["type"] for event in events]


def test_follow_one_room(make_server, start, words_for):
    """--follow=ROOM joins it and prints what is said there, and nothing else, until SIGTERM."""
    server = make_server()
    ana = server.login("ana")
    ana.send("JOIN #ops")
    follower = start(*words_for(server, "joao", "--follow=#ops"))
    ana.until(":joao!joao@user/joao JOIN #ops")

    ana.send("PRIVMSG #lobby :not this", "PRIVMSG #ops :\x1b]0;owned\x07 deployed")

    printed = follower.until("deployed")
    assert "not this" not in "".join(printed)
    assert printed[-1].endswith("#ops ana: ␛]0;owned␇ deployed")
    follower.process.send_signal(signal.SIGTERM)
    assert follower.end() == 143
