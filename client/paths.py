"""Where the client keeps its files: trust and config in one folder, the line history in another.

Called by everything in `client/` that opens a file; creates nothing itself.
`XDG_CONFIG_HOME` and `XDG_STATE_HOME` count on every system, also where platformdirs ignores them
(macOS, Windows): people who set them mean it.
"""

import os
from pathlib import Path

APP = "tlschat"


def config_dir() -> Path:
    """The folder of `client.toml` and `trust.toml`."""
    chosen = _from_environment("XDG_CONFIG_HOME")
    if chosen is not None:
        return chosen
    import platformdirs  # 30 ms: only where it is needed

    return platformdirs.user_config_path(APP, appauthor=False)


def state_dir() -> Path:
    """The folder of the line history."""
    chosen = _from_environment("XDG_STATE_HOME")
    if chosen is not None:
        return chosen
    import platformdirs

    return platformdirs.user_state_path(APP, appauthor=False)


def _from_environment(variable: str) -> Path | None:
    # The XDG specification: a relative path in these variables is to be ignored.
    value = os.environ.get(variable, "")
    return Path(value) / APP if os.path.isabs(value) else None


def write_private(path: Path, content: str) -> None:
    """Replace `path` by `content` in one step, readable by its owner alone (0600; folder 0700).

    A crash at any moment leaves the old file or the new one, never a part.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
