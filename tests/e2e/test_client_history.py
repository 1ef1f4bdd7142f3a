"""The past between real programs: history, a server that is killed, a client that is killed."""

import json
import re

import pytest

FAST = "lines_burst = 1000\nlines_per_s = 500.0"


def said(lines):
    """What people said or will have said, of lines of the plain face."""
    shown = [line for line in lines if "waiting, to" not in line]
    return [found[0] for line in shown if (found := re.search(r"(ana|joao)-\d+", line))]


def test_history_on_opening(server, join):
    """What was said before we came shows when we come, once, and calls nobody."""
    joao = join(server, "joao")
    joao.type("ana: hello", "/msg ana psst", "end")
    joao.until("joao: end")
    ana = join(server, "ana")
    ana.type("/history", "here")
    lines = ana.until("ana: here")
    assert [line[6:] for line in lines if "joao" in line] == [
        "1 message with joao:",
        "private from joao: psst",
    ]
    assert sum("there is nothing older" in line for line in lines) == 1


@pytest.mark.parametrize("rounds", [3])
def test_killed_while_people_talk(make_server, join, rounds):
    """kill -9 in the middle of it: on both screens everything once, and in the same order."""
    server = make_server(limits=FAST)
    ana, joao = join(server, "ana"), join(server, "joao")
    server.fix_port()
    screens = {"ana": [], "joao": []}
    for number in range(rounds):
        for count in range(6):
            ana.type(f"ana-{number}{count:02}")
            joao.type(f"joao-{number}{count:02}")
        if number % 2:
            screens["ana"] += ana.until(f"ana-{number}03")
        server.process.kill()
        server.process.wait()
        server.start()
        for name, person in (("ana", ana), ("joao", joao)):
            screens[name] += person.until("back on tlschat")
    ana.type("ana-999")
    for name, person in (("ana", ana), ("joao", joao)):
        screens[name] += person.until(": ana-999")
    joao.type("joao-999")
    for name, person in (("ana", ana), ("joao", joao)):
        screens[name] += person.until(": joao-999")

    shown = said(screens["ana"])
    assert shown == said(screens["joao"])
    assert len(shown) == len(set(shown)) == 2 * (6 * rounds + 1)
    for name in ("ana", "joao"):
        own = [text for text in shown if text.startswith(name)]
        assert own == sorted(own)
    assert (ana.end(), joao.end(), ana.complaints, joao.complaints) == (0, 0, "", "")
    assert not [line for lines in screens.values() for line in lines if "missing here" in line]


def test_killed_client_sends_what_it_kept(server, start, join, words_for):
    """What was typed while the server was away is on disk: the next run sends it, once."""
    ana = join(server, "ana")
    server.fix_port()
    server.stop()
    ana.until("trying again in")
    ana.type("ana-1", "/msg joao ana-2")
    ana.until("waiting, to joao: ana-2")
    ana.process.kill()
    server.start()
    again = start(*words_for(server, "ana", "--plain"))
    lines = again.until("private to joao: ana-2")
    assert said(lines) == ["ana-1", "ana-2"]
    assert [line[6:] for line in lines if "waiting" in line] == [
        "waiting, to #lobby: ana-1",
        "waiting, to joao: ana-2",
    ]
    assert again.end() == 0
    joao = start(*words_for(server, "joao", "--to", "ana", "--last", "5", "--json"))
    (message,) = map(json.loads, joao.rest())
    assert (message["text"], message["nick"]) == ("ana-2", "ana")
    assert joao.end() == 0


def test_follow_outlives_the_server(server, start, words_for, join):
    """--follow comes back by itself, and what was said meanwhile is in its output once."""
    follower = start(*words_for(server, "joao", "--follow", "--json"))
    follower.until("names_listed")
    ana = join(server, "ana")
    ana.type("ana-1")
    follower.until("ana-1")
    server.fix_port()
    server.process.kill()
    server.process.wait()
    follower.until("retry_scheduled")
    ana.type("ana-2")
    server.start()
    ana.until("ana: ana-2")
    events = [json.loads(line) for line in follower.until("ana-2")]
    assert [event["text"] for event in events if event["type"] == "message"] == ["ana-2"]
