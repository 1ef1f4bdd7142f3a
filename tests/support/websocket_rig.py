"""A WebSocket without sockets: a stream of ours, and the library's client, between byte strings."""

import pytest
from websockets.client import ClientProtocol
from websockets.http11 import Response
from websockets.uri import parse_uri

from server.net.stream import StreamClosed
from server.net.websocket import WebSocketStream

TEXT, BINARY = "text.ircv3.net", "binary.ircv3.net"


class Inner:
    """A stream of bytes: what is to arrive, and what was sent as far as there is room."""

    sock = None

    def __init__(self):
        self.arrived = b""
        self.sent = b""
        self.room = 1 << 30
        self.is_finished = False
        self._unsent = b""

    def receive(self):
        arrived, self.arrived = self.arrived, b""
        return arrived

    def write(self, payload):
        assert not self._unsent, "only when everything is gone"
        self._unsent = payload

    def flush(self):
        taken = self._unsent[: self.room]
        self.room -= len(taken)
        self.sent += taken
        self._unsent = self._unsent[len(taken) :]
        return not self._unsent

    @property
    def unsent_bytes(self):
        return len(self._unsent)

    def finish(self):
        self.is_finished = True


class Rig:
    """A stream of ours, and a browser."""

    def __init__(self, *, subprotocols=(TEXT,), origin=None, origins=(), shake=True):
        self.inner = Inner()
        self.stream = WebSocketStream(self.inner, origins)
        self.client = ClientProtocol(
            parse_uri("ws://chat.local/"), subprotocols=subprotocols or None, origin=origin
        )
        self.seen = 0
        if shake:
            self.client.send_request(self.client.connect())
            assert self.arrives() == b""
            [response] = self.read()
            assert isinstance(response, Response)

    def arrives(self):
        """Everything that the client has to say arrives; the lines that came of it."""
        self.inner.arrived += b"".join(self.client.data_to_send())
        return self.stream.receive()

    def read(self):
        """The client reads what was sent; its events."""
        fresh, self.seen = self.inner.sent[self.seen :], len(self.inner.sent)
        self.client.receive_data(fresh)
        return self.client.events_received()

    def says(self, *messages):
        for message in messages:
            if isinstance(message, str):
                self.client.send_text(message.encode())
            else:
                self.client.send_binary(message)
        return self.arrives()

    def ends(self):
        """What the end is when everything has arrived."""
        with pytest.raises(StreamClosed) as closed:
            self.arrives()
        assert closed.value.lingers
        return closed.value

    def gets(self, lines):
        """Lines of ours, as the client reads them."""
        self.stream.write(lines)
        assert self.stream.flush()
        return [(frame.opcode, bytes(frame.data)) for frame in self.read()]
