"""The driver: one try at first, coming back later, refusals that end a run; over real TLS."""

import asyncio

import pytest

from client import net
from client.core.events import (
    Disconnected,
    LoginFailed,
    MessageConfirmed,
    Registered,
    RetryScheduled,
)
from client.core.session import Identity, Session
from client.driver import Driver, login_refused
from client.identity import Endpoint
from client.trust import CaFile
from tests.support.chat_server import ChatServer
from tests.support.tls_servers import server_context


class Watcher:
    """A face that remembers events and lets a test wait for a kind of them."""

    def __init__(self):
        self.events = []
        self._news = asyncio.Event()

    def show(self, events):
        self.events += events
        self._news.set()

    async def wait(self, kind, count=1):
        async with asyncio.timeout(5):
            while sum(isinstance(event, kind) for event in self.events) < count:
                self._news.clear()
                await self._news.wait()
        return [event for event in self.events if isinstance(event, kind)][count - 1]


@pytest.fixture
def server(leaf):
    with ChatServer(server_context(leaf)) as running:
        running.accounts = {"ana": "secret"}
        yield running


def run_client(server, ca_file, script, password="secret", comes_back=True):
    """Run a driver and `script(driver, session, watcher)` together; the ending."""

    async def run():
        session = Session(Identity("ana", "ana", password))
        watcher = Watcher()
        endpoint = Endpoint("localhost", server.port)
        driver = Driver(
            session,
            lambda: net.connect(endpoint, CaFile(ca_file)),
            watcher.show,
            comes_back=comes_back,
        )
        playing = asyncio.create_task(script(driver, session, watcher))
        try:
            async with asyncio.timeout(10):
                return await driver.run()
        finally:
            if not playing.done():
                playing.cancel()
            await asyncio.gather(playing, return_exceptions=True)
            if not playing.cancelled() and playing.exception():
                raise playing.exception()

    return asyncio.run(run())


async def idle(_driver, _session, _watcher):
    await asyncio.Event().wait()


def test_leaving_says_quit(server, ca_file):
    """A person who leaves says QUIT, and the run ends well."""

    async def script(driver, _session, watcher):
        await watcher.wait(Registered)
        driver.leave("bye")

    ending = run_client(server, ca_file, script)
    assert ending.exit_code == 0
    assert server.lines[-1].startswith("QUIT")


def test_wrong_password_is_tried_once(server, ca_file):
    """A refused login ends the run, is never repeated by itself, and names nobody (UX 4.7)."""
    ending = run_client(server, ca_file, idle, password="wrong")
    assert ending.exit_code == 77
    assert ending.is_login_refused
    assert ending.sentence == 'wrong name or password for "ana".'
    assert server.logins == 1


def test_first_connection_is_tried_once(server, ca_file):
    """Nobody listens: told at once, because a person is watching."""
    server.stop_listening()
    ending = run_client(server, ca_file, idle)
    assert ending.exit_code == 69
    assert "nobody listens" in ending.sentence


def test_comes_back_and_sends_what_waited(server, ca_file):
    """After a loss: state shown, messages kept, back by itself, each sent once (UX 4.8)."""

    async def script(driver, session, watcher):
        await watcher.wait(Registered)
        server.stop_listening()
        server.hang_up()
        await watcher.wait(Disconnected)
        session.send_text("#lobby", "typed offline", now_ms=driver.now_ms)
        driver.pump()
        retry = await watcher.wait(RetryScheduled)
        assert (retry.attempt, retry.delay_ms <= 1000) == (1, True)
        server.listen_again()
        driver.retry_now()
        back = await watcher.wait(Registered, 2)
        assert back.back
        await watcher.wait(MessageConfirmed)
        driver.leave()

    assert run_client(server, ca_file, script).exit_code == 0
    assert sum("typed offline" in line for line in server.lines) == 1


def test_no_way_back_for_programs(server, ca_file):
    """A run that does not come back ends with 69 when the line breaks."""

    async def script(_driver, _session, watcher):
        await watcher.wait(Registered)
        server.hang_up()

    ending = run_client(server, ca_file, script, comes_back=False)
    assert ending.exit_code == 69
    assert "the connection was lost" in ending.sentence


def test_password_changed_meanwhile(server, ca_file):
    """A login refused after a reconnect stops the run (UX 4.8)."""

    async def script(driver, _session, watcher):
        await watcher.wait(Registered)
        server.accounts = {"ana": "new"}
        server.hang_up()
        await watcher.wait(RetryScheduled)
        driver.retry_now()

    ending = run_client(server, ca_file, script)
    assert (ending.exit_code, ending.is_login_refused) == (77, True)
    assert server.logins == 2


def test_leaving_while_waiting(server, ca_file):
    """/quit while offline ends the run at once."""

    async def script(driver, _session, watcher):
        await watcher.wait(Registered)
        server.stop_listening()
        server.hang_up()
        await watcher.wait(RetryScheduled)
        driver.leave()

    assert run_client(server, ca_file, script).exit_code == 0


def test_session_limit(server, ca_file):
    """A server that will not have us says why, and the person reads it (UX section 4)."""
    server.is_refusing_sessions = "You are connected 10 times already"
    ending = run_client(server, ca_file, idle)
    assert "You are connected 10 times already" in ending.sentence
    assert ending.exit_code == 65


def test_our_own_ghost(server, ca_file):
    """After a loss the server may still have our old session: that passes, so we try again."""

    async def script(driver, _session, watcher):
        await watcher.wait(Registered)
        server.is_refusing_sessions = "Too many connections of this account"
        server.hang_up()
        await watcher.wait(RetryScheduled)
        driver.retry_now()
        await watcher.wait(RetryScheduled, 2)
        server.is_refusing_sessions = ""
        driver.retry_now()
        await watcher.wait(Registered, 2)
        driver.leave()

    assert run_client(server, ca_file, script).exit_code == 0


def test_account_required(server, ca_file):
    """Without a password where one is needed: the server's words, exit 77."""
    ending = run_client(server, ca_file, idle, password="")
    assert ending.exit_code == 77
    assert "Log in first" in ending.sentence


@pytest.mark.parametrize(
    ("code", "text", "exit_code", "says", "is_asked_again"),
    [
        ("registration_unavailable", "", 69, "chat-admin add rui", False),
        ("ACCOUNT_EXISTS", "x", 65, "--user rui", False),
        ("VERIFICATION_REQUIRED", "x", 77, "invitation", True),
        ("INVALID_CODE", "x", 77, "chat-admin invite", True),
        ("WEAK_PASSWORD", "Too easy", 65, "Too easy.", True),
        ("BAD_ACCOUNT_NAME", "No name", 65, "No name", False),
        ("TEMPORARILY_UNAVAILABLE", "Closed", 75, "Closed", False),
    ],
)
def test_account_that_is_not_made(code, text, exit_code, says, is_asked_again):
    """Each refusal says what to do, and only what another answer can mend is asked again."""
    identity = Identity("rui", "rui", "x", is_registering=True)
    refused = LoginFailed(text=text, code=code, is_permanent=code != "TEMPORARILY_UNAVAILABLE")
    ending = login_refused(identity, refused)
    assert ending.exit_code == exit_code
    assert says in " ".join((ending.sentence, *ending.advice))
    assert ending.is_login_refused is is_asked_again
