"""The class of bug: a web page makes a browser send an HTTP request to an IRC port, with IRC in its
body; a server that shrugs at the unknown lines in front of it carries the commands out, from inside
somebody's network.

Here the first word ends the connection: what follows is not read. Over WebSocket, where browsers
are welcome, a request is a handshake or nothing, and its body is never a line.
"""

import pytest

from server.core.commands.presence import HTTP_METHODS
from server.net.stream import StreamClosed
from server.net.websocket import WebSocketStream
from tests.support.chat import Chat

BODY = "NICK eve\r\nUSER eve 0 * :Eve\r\nPASS eve:secret\r\nJOIN #lobby\r\nPRIVMSG #lobby :spam\r\n"


@pytest.mark.parametrize("method", [*sorted(HTTP_METHODS), "post", "Get"])
@pytest.mark.parametrize("target", ["/", "http://chat.local:6697/", "NICK"])
def test_the_first_word_ends_it(method, target):
    """One answer, the end, and nothing of the body."""
    chat = Chat("ann", accounts_required=False)
    chat.connect("eve")
    request = f"{method} {target} HTTP/1.1\r\nHost: chat.local\r\nContent-Length: 99\r\n\r\n{BODY}"
    heard = [chat.say("eve", line) for line in request.split("\r\n") if line]
    assert chat.is_closed("eve")
    assert "ERROR" in heard[0]["eve"][0]
    assert all(each["eve"] == [] for each in heard[1:])
    assert all(each["ann"] == [] for each in heard)
    assert not [user for user in chat.world.users.values() if user.nick == "eve"]


def test_in_the_middle_it_is_an_unknown_command():
    """Somebody who is in and types GET made a mistake, and stays."""
    chat = Chat("ann")
    assert " 421 " in chat.say("ann", "GET / HTTP/1.1")["ann"][0]
    assert not chat.is_closed("ann")


@pytest.mark.parametrize("method", [*sorted(HTTP_METHODS), "post"])
def test_over_websocket_a_body_is_never_a_line(method):
    """Whatever the request: no line comes of it, however it is cut."""

    class Inner:
        sock = None
        unsent_bytes = 0
        arrived = b""

        def receive(self):
            return self.arrived

        def write(self, payload):
            pass

        def flush(self):
            return True

    request = f"{method} / HTTP/1.1\r\nHost: x\r\nContent-Length: {len(BODY)}\r\n\r\n{BODY}"
    for step in (1, 10, 1000):
        inner = Inner()
        stream = WebSocketStream(inner, ("*",))
        is_over = False
        for at in range(0, len(request), step):
            inner.arrived = request[at : at + step].encode()
            try:
                assert stream.receive() == b""
            except StreamClosed as closed:
                is_over = True
                assert closed.last == b""
        assert is_over
