"""A server is talked into calling addresses inside its own network (server-side request forgery).

Elsewhere it was the address of a push service that a user gave. Here nothing calls out at all: a
server that opens no connections cannot be made to open the wrong one.
"""

from __future__ import annotations

import ast
from pathlib import Path

import server

CALLS_OUT = {
    "connect",
    "connect_ex",
    "create_connection",
    "open_connection",
    "sendto",
    "urlopen",
}
MODULES_OUT = {"http.client", "urllib.request", "smtplib", "ftplib", "requests", "httpx"}
ROOT = Path(server.__file__).parent


def test_the_server_connects_to_nobody():
    """No call and no module that could.

    SQLite "connects" to a file, and chat-admin to the server's own local socket.
    """
    found = []
    for path in sorted(ROOT.rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in CALLS_OUT:
                found.append((name, ast.unparse(node)))
            elif isinstance(node, ast.Import):
                found += [(name, each.name) for each in node.names if each.name in MODULES_OUT]
            elif isinstance(node, ast.ImportFrom) and node.module in MODULES_OUT:
                found.append((name, node.module))
    allowed = {"sqlite3.connect"}
    assert [each for each in found if each[1] not in allowed] == [
        ("control.py", "connection.connect"),
    ]
