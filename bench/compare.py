"""Measures servers side by side in one run and prints medians: `python bench/compare.py [--runs
3]`.

Needs gcc and OpenSSL's headers for the load generator (ircload.c), and, for the comparison,
Debian's `ngircd` and `inspircd`. Everything is on loopback. The servers take turns within each run,
so that a busy minute of the machine hits all of them.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from servers import KINDS, PASSWORD, Running, is_installed, started

HERE = Path(__file__).resolve().parent

CASES: dict[str, list[str]] = {
    "saturation, 500 members, 1 line in flight": [
        *("--clients", "500", "--senders", "1", "--window", "1", "--seconds", "5"),
    ],
    "saturation, 500 members, 40 lines in flight": [
        *("--clients", "500", "--senders", "20", "--window", "2", "--seconds", "5"),
    ],
    "saturation, 500 members, 1,000 lines in flight": [
        *("--clients", "500", "--senders", "20", "--window", "50", "--seconds", "5"),
    ],
    "500 members, 40 lines a second": [
        *("--clients", "500", "--senders", "20", "--rate", "40", "--seconds", "8"),
    ],
    "one pair, 20 lines a second": [
        *("--clients", "2", "--senders", "1", "--rate", "20", "--seconds", "8"),
    ],
}
IDLE_CLIENTS = 2000
SERVERS_HELP = "separated by semicolons; tlschat@FOLDER is that of another checkout"


def build_ircload(folder: Path) -> Path:
    """The load generator, compiled."""
    binary = folder / "ircload"
    libraries = ["-lssl", "-lcrypto", "-lpthread"]
    subprocess.run(["gcc", "-O2", "-o", binary, HERE / "ircload.c", *libraries], check=True)
    return binary


def load(binary: Path, server: Running, case: list[str]) -> dict[str, Any]:
    """One measurement: what ircload prints, and the server's processor time."""
    login = ["--sasl", PASSWORD] if server.has_accounts else []
    before = server.cpu_s()
    done = subprocess.run(
        [binary, "--port", str(server.port), "--quiet", *login, *case],
        capture_output=True,
        text=True,
        timeout=300,
    )
    if not done.stdout:
        raise RuntimeError(f"ircload: {done.stderr}")
    return {**json.loads(done.stdout), "server_cpu_s": server.cpu_s() - before}


def idle_memory(binary: Path, server: Running) -> dict[str, Any]:
    """KiB a connection, from what 2,000 registered idle clients add to the resident memory."""
    before = server.rss_kib()
    login = ["--sasl", PASSWORD] if server.has_accounts else []
    holder = subprocess.Popen(
        [
            *(binary, "--port", str(server.port), "--quiet", "--idle", "--hold", "4"),
            *("--clients", str(IDLE_CLIENTS), *login),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    held = json.loads(holder.stdout.readline())
    after = server.rss_kib()
    holder.communicate()
    return {"joined": held["joined"], "kib": (after - before) / max(1, held["joined"])}


def measure(kinds: list[str], runs: int, folder: Path, only: str, extra: str) -> dict[str, Any]:
    """All cases, all servers, `runs` times."""
    binary = build_ircload(folder)
    results: dict[str, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for run in range(runs):
        for name, case in CASES.items():
            if only not in name:
                continue
            for kind in kinds:
                place = folder / f"{kinds.index(kind)}-{run}"
                with started(kind, place, clients=500, extra=extra) as server:
                    results[name][kind].append(load(binary, server, case))
                print(".", end="", flush=True, file=sys.stderr)
        if only in "memory":
            for kind in kinds:
                place = folder / f"{kinds.index(kind)}-{run}"
                with started(kind, place, clients=IDLE_CLIENTS) as server:
                    start = {"start_s": server.start_s}
                    results["memory"][kind].append(start | idle_memory(binary, server))
    print(file=sys.stderr)
    return results


def report(results: dict[str, Any]) -> None:
    """Medians, as a table for docs/performance.md."""
    for name, by_kind in results.items():
        print(f"\n### {name}\n")
        columns = (
            ["kib", "start_s", "joined"]
            if name == "memory"
            else ["deliveries_per_s", "p50_ms", "p99_ms", "server_cpu_s", "joins_per_s", "joined"]
        )
        print("| server | " + " | ".join(columns) + " |")
        print("|---" * (len(columns) + 1) + "|")
        for kind, rows in by_kind.items():
            cells = [statistics.median(row[column] for row in rows) for column in columns]
            print(f"| {kind} | " + " | ".join(f"{cell:,.2f}" for cell in cells) + " |")


def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--servers", default=";".join(KINDS), help=SERVERS_HELP)
    parser.add_argument("--only", default="", help="run the cases whose name contains this")
    parser.add_argument("--extra", default="", help="more lines for our config.toml")
    arguments = parser.parse_args()
    kinds = [kind for kind in arguments.servers.split(";") if is_installed(kind)]
    with tempfile.TemporaryDirectory(prefix="tlschat-bench-") as folder:
        report(measure(kinds, arguments.runs, Path(folder), arguments.only, arguments.extra))


if __name__ == "__main__":
    main()
