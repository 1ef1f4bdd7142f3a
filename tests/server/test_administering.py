"""Requests of chat-admin about rooms become orders for the hub (server/administering.py)."""

import json
import threading
from dataclasses import replace

import pytest

from server import administering
from server.administering import ROOMS_AT_ONCE, answer_request, carry_out, handlers
from server.config import default_config
from server.core.orders import Answer, DescribeRooms, NameRooms, RemoveRoom, RoomRow, SetRoom
from server.log.errors import LogFull
from server.log.sqlite import SqliteLog

ROW = RoomRow("#tea", "ana", 1, "+nt", 2, "Leaves", (("bob", "o"),), 3, False, 4)


def asked(request, *answers):
    """The orders that a request becomes, and what comes back."""
    orders, waiting = [], list(answers)

    def ask(order):
        orders.append(order)
        return waiting.pop(0)

    return orders, answer_request(ask, request)


def test_set():
    """Only what is named is changed; the answer can be said in JSON."""
    request = {"verb": "set", "room": "#tea"}
    orders, answer = asked(request, Answer(rows=(ROW,)))
    assert orders == [SetRoom("#tea")]
    assert json.loads(json.dumps(answer))["rooms"][0]["access"] == [["bob", "o"]]
    request |= {"founder": "ana", "topic": "", "modes": ["+m"], "operators": [["bob", True]]}
    orders, _answer = asked(request, Answer(rows=(ROW,)))
    assert orders == [SetRoom("#tea", "ana", "", ("+m",), (("bob", True),))]


def test_remove():
    """With what was said only if it is asked for."""
    for forgets in (False, True):
        request = {"verb": "remove", "room": "#tea", "forgets": forgets}
        orders, _answer = asked(request, Answer(rows=(ROW,)))
        assert orders == [RemoveRoom("#tea", forgets)]


def test_list_in_pieces():
    """Keys first, then so many at once that the hub does not notice."""
    keys = tuple(f"#{number}" for number in range(ROOMS_AT_ONCE + 1))
    answers = (Answer(keys=keys), Answer(rows=(ROW,)), Answer(rows=(ROW, ROW)))
    orders, answer = asked({"verb": "list"}, *answers)
    assert orders == [NameRooms(), DescribeRooms(keys[:-1]), DescribeRooms(keys[-1:])]
    assert len(answer["rooms"]) == 3
    _orders, answer = asked({"verb": "list"}, Answer(keys=keys), Answer(problem="too_slow"))
    assert answer == {"problem": "too_slow", "about": ""}


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"verb": "set"},
        {"verb": "dance", "room": "#tea"},
        {"verb": "set", "room": 7},
        {"verb": "set", "room": "#tea", "topic": "two\nlines"},
        {"verb": "set", "room": "#tea", "topic": "\ud800"},
        {"verb": "set", "room": "#tea", "founder": ["ana"]},
        {"verb": "set", "room": "#tea", "modes": 7},
        {"verb": "set", "room": "#tea", "operators": ["bob"]},
    ],
)
def test_what_is_no_request(request_):
    """An exception that the control socket knows; nothing is ordered."""
    with pytest.raises((KeyError, TypeError, ValueError)):
        asked(request_)


def test_the_hub_is_asked():
    """From the control socket's thread; the answer comes from the hub's."""
    given = []

    def put(events):
        given.extend(events)
        (event,) = events
        threading.Thread(target=event.reply, args=(Answer(rows=(ROW,)),)).start()

    answer = handlers(put)["room"]({"verb": "remove", "room": "#tea"})
    assert answer["rooms"][0]["name"] == "#tea"
    assert given[0].order == RemoveRoom("#tea")


def test_a_hub_that_does_not_answer(monkeypatch):
    """The person at the terminal is told, and not kept waiting."""
    monkeypatch.setattr(administering, "ANSWER_TIMEOUT_S", 0.01)
    answer = handlers(lambda events: None)["room"]({"verb": "list"})
    assert answer == {"problem": "too_slow", "about": ""}


def test_without_a_server(tmp_path, monkeypatch):
    """Over the log; a full disk is told, and nothing is changed."""
    config = default_config(tmp_path)
    config.server.data.mkdir()
    request = {"verb": "set", "room": "#lobby", "topic": "x"}
    assert carry_out(config, ["ana"], request)["rooms"][0]["topic"] == "x"

    def refuse(self, facts):
        raise LogFull("full")

    with monkeypatch.context() as patch:
        patch.setattr(SqliteLog, "accept", refuse)
        answer = carry_out(config, [], request | {"topic": "y"})
    assert answer == {"problem": "not_stored", "about": ""}
    (room,) = carry_out(config, [], {"verb": "list"})["rooms"]
    assert room["topic"] == "x"


def test_where_nothing_is_kept(tmp_path):
    """There are no rooms without a server."""
    config = default_config(tmp_path)
    config.server.data.mkdir()
    config = replace(config, history=replace(config.history, keep=False))
    assert carry_out(config, [], {"verb": "list"}) == {"rooms": []}
