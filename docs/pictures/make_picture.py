"""Makes client.svg, the picture in the README, from a terminal on which people really chat.

    .venv/bin/python docs/pictures/make_picture.py

Starts a server and two clients (in tmux) on this machine, in a folder that is gone afterwards, lets
them talk, and draws what the screen of one of them shows. Run it when the client looks different.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from xml.sax.saxutils import escape

from wcwidth import wcwidth

HERE: Final = Path(__file__).resolve().parent
ROOT: Final = HERE.parent.parent
BIN: Final = Path(sys.executable).parent
TITLE: Final = "chat-client in a terminal: the lobby, a private message, and the status row"

COLUMNS, ROWS = 84, 15
WAIT_S = 20.0

CONFIG = """
[server]
motd = ""
[[listeners]]
host = "127.0.0.1"
port = 0
[accounts]
bcrypt_cost = 10
"""

# Who types what, and what must be on ana's screen before the next one goes on.
TALK: Final = (
    ("ana", "good morning! the build is green 🎉", "morning"),
    ("joão", "ana: nice! shall I deploy after lunch?", "after lunch"),
    ("ana", "yes please. notes: https://wiki.lan/release", "wiki.lan"),
    ("joão", "/me reads them", "reads them"),
    ("joão", "/msg ana the key of the test box is in the safe", "in the safe"),
    ("ana", "/msg joão obrigada", "obrigada"),
    ("joão", "/quit see you at two", "see you at two"),
)


# The server and the two terminals.


class Chat:
    """A server and two clients for the length of a `with`; only what it started is stopped."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._socket = f"tlschat-picture-{os.getpid()}"
        self._environment = {**os.environ, "LANG": "C.UTF-8", "HOME": str(folder)}
        self._environment.pop("TMUX", None)

    def __enter__(self) -> Self:
        folder = self._folder
        (folder / "config.toml").write_text(CONFIG)
        mkcert = [sys.executable, ROOT / "scripts" / "mkcert.py", "server", "localhost"]
        self._run(*mkcert, "--dir", folder / "certs")
        for name in ("ana", "joão"):
            (folder / f"{name}.secret").write_text("seven green lagoons\n")
            admin = [BIN / "chat-admin", "--config", folder / "config.toml", "add", name]
            self._run(*admin, "--password-stdin", text="seven green lagoons\n")
        self._server = subprocess.Popen(
            [BIN / "chat-server", "--config", folder / "config.toml"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._server.stdout is not None
        self._port = self._server.stdout.readline().rpartition(":")[2].strip()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._tmux("kill-server")
        self._server.send_signal(signal.SIGTERM)
        self._server.wait()

    def enter(self, name: str) -> None:
        """Start the client of `name` in a terminal of its own, and wait until it is in."""
        home = self._folder / f"home-{name}"
        xdg = {"XDG_CONFIG_HOME": str(home / "config"), "XDG_STATE_HOME": str(home / "state")}
        client, ca = BIN / "chat-client", self._folder / "certs" / "ca.pem"
        self._run(client, "trust", "add", f"localhost:{self._port}", "--ca", ca, **xdg)
        size = ["-x", str(COLUMNS), "-y", str(ROWS)]
        variables = [word for key, value in xdg.items() for word in ("-e", f"{key}={value}")]
        command = [client, "--tls", "localhost", self._port, "--user", name]
        secret = ["--password-file", self._folder / f"{name}.secret"]
        self._tmux("-f", "/dev/null", "new-session", "-d", "-s", name, *size, *variables,
                   *command, *secret)  # fmt: skip
        self.wait_for(name, "online")

    def type(self, name: str, text: str) -> None:
        """Let `name` type a line."""
        self._tmux("send-keys", "-t", name, "-l", text)
        self._tmux("send-keys", "-t", name, "Enter")

    def wait_for(self, name: str, text: str) -> None:
        """Return when the screen of `name` shows the text."""
        deadline_s = time.monotonic() + WAIT_S
        while text not in self._tmux("capture-pane", "-p", "-t", name):
            if time.monotonic() > deadline_s:
                sys.exit(f"make_picture.py: error: {name} never saw {text!r}")
            time.sleep(0.1)

    def screen(self, name: str) -> str:
        """The screen with its colours, as escape sequences."""
        return self._tmux("capture-pane", "-e", "-p", "-N", "-t", name)

    def _tmux(self, *words: str | Path) -> str:
        return self._run("tmux", "-L", self._socket, *words)

    def _run(self, *words: str | Path, text: str = "", **variables: str) -> str:
        done = subprocess.run(
            [str(word) for word in words],
            input=text,
            env={**self._environment, **variables},
            capture_output=True,
            text=True,
        )
        if done.returncode:
            sys.exit(f"make_picture.py: error: {words[0]}: {done.stderr.strip()}")
        return done.stdout


# From escape sequences to SVG.

CELL_WIDTH, LINE_HEIGHT, FONT_SIZE, MARGIN = 8.4, 19, 14, 14
FOREGROUND, BACKGROUND = "#d4d4d4", "#1c1c1c"
SIXTEEN: Final = (
    *("#1c1c1c", "#d16969", "#6a9955", "#d7ba7d", "#569cd6", "#c586c0", "#4ec9b0", "#d4d4d4"),
    *("#808080", "#f48771", "#b5cea8", "#dcdcaa", "#9cdcfe", "#d8a0df", "#9fe2d0", "#ffffff"),
)
CUBE: Final = (0, 95, 135, 175, 215, 255)
ESCAPE: Final = re.compile(r"\x1b\[([0-9;]*)m|\x1b[^m]*m|[\x0e\x0f]")


@dataclass(frozen=True)
class Style:
    """How a cell looks."""

    fg: str = FOREGROUND
    bg: str = BACKGROUND
    is_bold: bool = False
    is_italic: bool = False
    is_underlined: bool = False
    is_reversed: bool = False


def colour(number: int) -> str:
    """The colour with this number among the 256 of a terminal."""
    if number < 16:
        return SIXTEEN[number]
    if number < 232:
        red, green, blue = (number - 16) // 36, (number - 16) // 6 % 6, (number - 16) % 6
        return f"#{CUBE[red]:02x}{CUBE[green]:02x}{CUBE[blue]:02x}"
    return "#" + f"{8 + 10 * (number - 232):02x}" * 3


def changed(style: Style, codes: list[int]) -> Style:
    """The style after one sequence."""
    while codes:
        code = codes.pop(0)
        match code:
            case 0:
                style = Style()
            case 1 | 22:
                style = replace(style, is_bold=code == 1)
            case 3 | 23:
                style = replace(style, is_italic=code == 3)
            case 4 | 24:
                style = replace(style, is_underlined=code == 4)
            case 7 | 27:
                style = replace(style, is_reversed=code == 7)
            case 38 | 48:
                if codes.pop(0) == 5:
                    found = colour(codes.pop(0))
                else:
                    found = "#{:02x}{:02x}{:02x}".format(*(codes.pop(0) for _ in range(3)))
                style = replace(style, fg=found) if code == 38 else replace(style, bg=found)
            case 39:
                style = replace(style, fg=FOREGROUND)
            case 49:
                style = replace(style, bg=BACKGROUND)
            case _ if code % 10 < 8 and code // 10 in (3, 4, 9, 10):
                found = SIXTEEN[code % 10 + (8 if code >= 90 else 0)]
                is_text = code // 10 in (3, 9)
                style = replace(style, fg=found) if is_text else replace(style, bg=found)
    return style


def runs(line: str, style: Style) -> tuple[list[tuple[int, int, str, Style]], Style]:
    """A line as (column, cells, text, style), and the style the next line begins with.

    A wide character is a run of its own, so that the next one stands where the terminal has it.
    """
    found: list[tuple[int, int, str, Style]] = []
    column = place = 0
    for escaped in [*ESCAPE.finditer(line), None]:
        for char in line[place : escaped.start() if escaped else len(line)]:
            cells = max(wcwidth(char), 0)
            before = found[-1] if found else None
            if before and before[3] == style and cells < 2 and before[1] == len(before[2]):
                found[-1] = (before[0], before[1] + cells, before[2] + char, style)
            else:
                found.append((column, cells, char, style))
            column += cells
        if escaped:
            place = escaped.end()
            if escaped[1] is not None:
                style = changed(style, [int(code or 0) for code in escaped[1].split(";")])
    return found, style


def draw(screen: str) -> str:
    """The screen as SVG."""
    lines = screen.rstrip("\n").split("\n")
    width, height = COLUMNS * CELL_WIDTH + 2 * MARGIN, len(lines) * LINE_HEIGHT + 2 * MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height}" role="img"'
        f' width="{width:g}" height="{height}" font-size="{FONT_SIZE}" font-family="'
        "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\">",
        f"<title>{escape(TITLE)}</title>",
        f'<rect width="{width:g}" height="{height}" rx="8" fill="{BACKGROUND}"/>',
    ]
    style = Style()
    for number, line in enumerate(lines):
        found, style = runs(line, style)
        top = MARGIN + number * LINE_HEIGHT
        for column, cells, text, look in found:
            parts += drawn_run(MARGIN + column * CELL_WIDTH, top, cells * CELL_WIDTH, text, look)
    return "\n".join([*parts, "</svg>"]) + "\n"


def drawn_run(left: float, top: float, width: float, text: str, style: Style) -> list[str]:
    """The background and the text of a run."""
    fg, bg = (style.bg, style.fg) if style.is_reversed else (style.fg, style.bg)
    parts = []
    if bg != BACKGROUND:
        area = f'width="{width:g}" height="{LINE_HEIGHT}"'
        parts.append(f'<rect x="{left:g}" y="{top:g}" {area} fill="{bg}"/>')
    if text.strip():
        extras = ' font-weight="bold"' if style.is_bold else ""
        extras += ' font-style="italic"' if style.is_italic else ""
        extras += ' text-decoration="underline"' if style.is_underlined else ""
        bare = text.strip()
        left += (len(text) - len(text.lstrip())) * CELL_WIDTH
        width -= (len(text) - len(bare)) * CELL_WIDTH
        place = f'x="{left:g}" y="{top + 14:g}" textLength="{width:g}"'
        parts.append(
            f'<text {place} fill="{fg}" xml:space="preserve"{extras}>{escape(bare)}</text>'
        )
    return parts


def main() -> None:
    """Let them talk, and draw."""
    with tempfile.TemporaryDirectory() as folder, Chat(Path(folder)) as chat:
        for name in ("ana", "joão"):
            chat.enter(name)
        chat.wait_for("ana", "joão joined")
        for name, text, shown in TALK:
            chat.type(name, text)
            chat.wait_for("ana", shown)
        screen = chat.screen("ana")
    (HERE / "client.svg").write_text(draw(screen), encoding="utf-8")


if __name__ == "__main__":
    main()
