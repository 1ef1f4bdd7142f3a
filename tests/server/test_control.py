"""The control socket: one line of JSON each way, for the server's own user (server/control.py)."""

import json
import socket
import stat

import pytest

from server import control
from server.control import SOCKET_NAME, Control, NoControl, ask


@pytest.fixture
def serving(tmp_path):
    """A control socket whose handler gives the request back."""
    serving = Control(tmp_path, {"echo": lambda request: {"heard": request["what"] + ""}})
    serving.start()
    yield tmp_path
    serving.stop()


def raw(folder, octets):
    """What comes back for these bytes."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(str(folder / SOCKET_NAME))
        sock.sendall(octets)
        sock.shutdown(socket.SHUT_WR)
        return json.loads(sock.makefile("rb").readline())


def test_a_request_is_answered(serving):
    """As often as somebody asks."""
    for word in ("a", "é" * 1000):
        assert ask(serving, {"do": "echo", "what": word}) == {"heard": word}


def test_only_our_user_may_ask(serving):
    """0600, whatever the umask."""
    assert stat.S_IMODE((serving / SOCKET_NAME).stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "octets",
    [
        *(b"\n", b"", b"hi\n", b"[1]\n", b"{}\n", b'{"do": "dance"}\n', b'{"do": []}\n', b"\xff\n"),
        b"[" * 60_000,  # Python's json gives up with a RecursionError
    ],
    ids=lambda octets: repr(octets[:20]),
)
def test_what_is_no_request(serving, octets):
    """It is told so, and the next one is served."""
    assert raw(serving, octets) == control.NOT_UNDERSTOOD
    assert ask(serving, {"do": "echo", "what": "x"}) == {"heard": "x"}


def test_a_request_with_the_wrong_values(serving):
    """A handler says so by its exception."""
    assert ask(serving, {"do": "echo"}) == control.NOT_UNDERSTOOD
    assert ask(serving, {"do": "echo", "what": 7}) == control.NOT_UNDERSTOOD


def test_a_request_that_is_too_long(serving, monkeypatch):
    """It is read up to the limit, and no further."""
    monkeypatch.setattr(control, "REQUEST_BYTES_MAX", 10)
    assert raw(serving, b'{"do": "echo", "what": "x"}\n') == control.NOT_UNDERSTOOD


def test_who_says_nothing_is_left(serving, monkeypatch):
    """After a while; whoever comes next does not wait for them."""
    monkeypatch.setattr(control, "REQUEST_TIMEOUT_S", 0.05)
    with socket.socket(socket.AF_UNIX) as silent:
        silent.connect(str(serving / SOCKET_NAME))
        assert silent.recv(1) == b""
    monkeypatch.setattr(control, "REQUEST_TIMEOUT_S", 30.0)
    assert ask(serving, {"do": "echo", "what": "x"}) == {"heard": "x"}


def test_who_drips_is_left(serving, monkeypatch):
    """The whole of a request has the time, and not each byte of it."""
    monkeypatch.setattr(control, "REQUEST_TIMEOUT_S", 0.1)
    with socket.socket(socket.AF_UNIX) as slow:
        slow.connect(str(serving / SOCKET_NAME))
        slow.settimeout(0.03)  # between two bytes
        for _byte in range(100):
            try:
                assert slow.recv(1) == b""
                return
            except TimeoutError:
                slow.send(b" ")
            except ConnectionError:
                return
    raise AssertionError("it was waited for")


def test_nobody_to_ask(tmp_path):
    """No socket, or one that was left behind."""
    assert ask(tmp_path, {}) is None
    serving = Control(tmp_path, {})
    serving.start()
    serving.stop()
    assert not (tmp_path / SOCKET_NAME).exists()


def test_an_answer_that_is_none(tmp_path):
    """It is told from a server that is not there."""
    serving = Control(tmp_path, {"echo": lambda request: []})
    serving.start()
    with pytest.raises(NoControl, match="not understood"):
        ask(tmp_path, {"do": "echo"})
    serving.stop()


def test_a_socket_of_a_killed_server_is_replaced(tmp_path):
    """The folder is ours alone, so it is nobody's."""
    (tmp_path / SOCKET_NAME).write_text("")
    serving = Control(tmp_path, {"echo": lambda request: {}})
    serving.start()
    assert ask(tmp_path, {"do": "echo"}) == {}
    serving.stop()


def test_a_server_does_without(tmp_path, monkeypatch):
    """Where it cannot be had, the reason is told: a path that is too long, no local sockets."""
    with pytest.raises(NoControl, match="too long"):
        Control(tmp_path / ("x" * 120), {})
    monkeypatch.setattr(control, "is_possible", lambda: False)
    with pytest.raises(NoControl, match="no local sockets"):
        Control(tmp_path, {})
    assert ask(tmp_path, {}) is None
