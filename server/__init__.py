"""chat-server and chat-admin: the TLS server, its accounts and its administration.

`__version__` is the installed distribution's; it is looked up when asked for, because reading
package metadata costs more than the rest of `--help`.
"""


def __getattr__(name: str) -> str:
    """`__version__`, or `0+unknown` when the tree runs without having been installed."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import metadata

    try:
        return metadata.version("tlschat")
    except metadata.PackageNotFoundError:
        return "0+unknown"
