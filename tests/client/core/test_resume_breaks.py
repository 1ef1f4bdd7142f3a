"""The line breaks at any byte, at any moment, on a server that keeps and knows our ids.

Whatever people type is then in the server's log exactly once, in the order its sender sent it, and
on each screen exactly once, in the order of the log.
"""

import random

import pytest
from hypothesis import given, settings, strategies as st

from client.core.session import Settings
from tests.support.irc_keeper import CAPS, KeepingServer
from tests.support.irc_wire import Client, run

ROOM = "#lobby"


def script(seed, length):
    """A random course of events. Most lines move in small pieces, so that a cut finds much open."""
    chance = random.Random(seed)
    actions = []
    for _ in range(length):
        who = chance.randrange(2)
        what = chance.choices(("say", "move", "run", "cut"), (4, 8, 3, 1))[0]
        if what == "say":
            actions.append((what, who, chance.random() < 0.6))
        elif what == "move":
            sizes = (0, chance.randrange(80), chance.randrange(600), 1 << 20)
            actions.append((what, who, chance.choice(sizes), chance.choice(sizes)))
        else:
            actions.append((what, who))
    return actions


def play(actions, server, history_count=50):
    """Two clients do `actions`; afterwards all lines are up and everything has arrived."""
    settings = Settings(rooms=(ROOM,), history_count=history_count)
    clients = [Client(server, nick, (), settings) for nick in ("ana", "bob")]
    typed = {"ana": [], "bob": []}
    for number, (what, who, *rest) in enumerate(actions):
        client = clients[who]
        if what == "say":
            text = f"{client.nick} {number}"
            other = clients[1 - who].nick
            target = ROOM if rest[0] else other
            typed[client.nick].append((target, text))
            client.say(target, text)
        elif what == "move":
            client.move(*rest)
        elif what == "run":
            run(client)
        else:
            client.cut()
            client.connect()
    for client in clients:  # at the end the outbox may ask; nobody waits five minutes here
        client.session.release_outbox(server.now_ms)
    run(*clients)
    for client in clients:
        if client.session.outbox.is_held:
            client.session.release_outbox(server.now_ms)
    run(*clients)
    return clients, typed


def check(clients, typed, server):
    """Once in the log, once on each screen, everywhere in order."""
    for nick, lines in typed.items():
        for target in {target for target, _text in lines}:
            sent = [text for name, text in lines if name == target]
            logged = [m.text for m in server.log if m.nick == nick and m.target == target]
            assert logged == sent
    ana, bob = clients
    in_room = [message.text for message in server.log if message.target == ROOM]
    between = [message.text for message in server.log if message.target != ROOM]
    assert ana.screen(ROOM) == bob.screen(ROOM) == in_room
    assert ana.screen("bob") == bob.screen("ana") == between
    assert not ana.troubles() and not bob.troubles()
    assert not len(ana.session.outbox) and not len(bob.session.outbox)


@pytest.mark.parametrize("shows_once", [True, False])
@given(seed=st.integers(0, 1 << 32), length=st.integers(1, 150))
@settings(max_examples=200, deadline=None)
def test_nothing_is_lost_or_doubled(shows_once, seed, length):
    """Cut anywhere, come back: once in the log, once on each screen, in order."""
    server = KeepingServer(shows_once=shows_once, page_max=3)
    check(*play(script(seed, length), server), server)


@given(seed=st.integers(0, 1 << 32), length=st.integers(1, 150))
@settings(max_examples=200, deadline=None)
def test_from_the_first_on_nothing_is_missed(seed, length):
    """With two messages of history on open: what is shown goes on without a hole to the end."""
    server = KeepingServer(page_max=3)
    clients, _typed = play(script(seed, length), server, history_count=2)
    in_room = [message.text for message in server.log if message.target == ROOM]
    between = [message.text for message in server.log if message.target != ROOM]
    for client, other in zip(clients, ("bob", "ana"), strict=True):
        assert not client.troubles()
        for said, shown in ((in_room, client.screen(ROOM)), (between, client.screen(other))):
            assert shown == said[len(said) - len(shown) :]
            assert bool(shown) is bool(said)


def test_control_without_ids_the_check_fails():
    """The check has teeth: where the server knows no ids, a lost echo shows."""
    server = KeepingServer(caps=CAPS.replace("tlschat/once ", ""))
    actions = [("run", 0), ("run", 1), ("say", 0, True), ("move", 0, 900, 0), ("cut", 0)]
    with pytest.raises(AssertionError):
        check(*play(actions, server), server)


def test_control_without_history_the_check_fails():
    """And where it keeps no history, what was said meanwhile is missed."""
    server = KeepingServer(caps=CAPS.replace("draft/chathistory ", ""))
    actions = [("run", 0), ("run", 1), ("say", 0, True), ("run", 0), ("cut", 1)]
    with pytest.raises(AssertionError):
        check(*play(actions, server), server)
