"""Runs every check and test of tlschat, in the `.venv` that it makes if need be.

    python3 scripts/test.py                      everything, with the coverage gates
    python3 scripts/test.py tests/irc -k tags    only these tests; arguments go to pytest

Uses the standard library alone and runs the tools as programs, so any Python 3 can start it. A step
that fails does not stop the next ones: one run tells all that is wrong. The exit code is 0 only if
every step passed.
"""

import setup_venv  # isort: skip  # first: it says so if this Python is too old

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = setup_venv.ROOT

# The packages that are pure are covered wholly; the rest has sockets, terminals and signals in it.
GATES = {"irc": 100, "server/core": 100, "client/core": 100, "": 85}


def steps() -> list[tuple[str, list[str]]]:
    """Each check as its name and the command line, in the order in which they run."""
    trees = [
        name for name in ("irc", "server", "client", "scripts", "bench") if (ROOT / name).is_dir()
    ]
    found: list[tuple[str, list[str]]] = [
        ("format", ["ruff", "format", "--check", "--quiet", "."]),
        ("lint", ["ruff", "check", "--quiet", "."]),
        ("types", ["mypy", *trees]),
        ("spelling", ["codespell_lib"]),
        ("tests", ["pytest", "--cov", "--cov-report=", "-n", "auto", "--dist", "worksteal"]),
    ]
    for folder, percent in GATES.items():
        if (ROOT / folder).is_dir():
            gate = ["coverage", "report", "--fail-under=%d" % percent]
            found.append(
                (
                    "coverage " + (folder or "of all"),
                    gate + ["--include=%s/*" % folder] * bool(folder),
                )
            )
    return found


def run(name: str, tool: list[str], python: Path) -> bool:
    """Run one step and print its headline; its output is shown if it failed, or is the tests'."""
    print("== %s" % name, flush=True)
    started_at = time.monotonic()
    is_live = name == "tests"
    done = subprocess.run(
        [str(python), "-m", *tool],
        cwd=ROOT,
        stdout=None if is_live else subprocess.PIPE,
        stderr=None if is_live else subprocess.STDOUT,
        env={**os.environ, "PYTHONUTF8": "1", "NO_COLOR": "1"} if not is_live else None,
    )
    if done.returncode and done.stdout:
        sys.stdout.write(done.stdout.decode(errors="replace"))
    verdict = "ok" if done.returncode == 0 else "FAILED"
    print("   %s in %.1f s" % (verdict, time.monotonic() - started_at), flush=True)
    return done.returncode == 0


def main() -> int:
    """Set up, run, sum up."""
    try:
        python = setup_venv.ensure("test")
    except setup_venv.SetupError as problem:
        sys.stderr.write("test.py: error: %s\n" % problem)
        return setup_venv.EX_UNAVAILABLE
    if len(sys.argv) > 1:
        return subprocess.run([str(python), "-m", "pytest", *sys.argv[1:]], cwd=ROOT).returncode
    started_at = time.monotonic()
    results = [(name, run(name, tool, python)) for name, tool in steps()]
    failed = [name for name, is_good in results if not is_good]
    seconds = time.monotonic() - started_at
    print("== %d of %d steps ok in %.0f s" % (len(results) - len(failed), len(results), seconds))
    if failed:
        print("   FAILED: %s" % ", ".join(failed))
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
