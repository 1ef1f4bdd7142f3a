"""Makes the virtual environment `.venv` of this folder, with everything tlschat needs in it.

Called by quickstart.py and test.py, which may be run by any Python that a machine has. Uses the
standard library alone. It installs exactly what the lock files say, pip checking every hash, then
tlschat itself from this folder (editable: the next `git pull` is installed already), built by the
setuptools that was installed before it, so that nothing unchecked is ever fetched.

A stamp inside `.venv` remembers what was installed. Where it still fits, a run costs some
milliseconds and writes nothing.

Everything up to the version check must be readable to Python 3.6, or an old Python would answer
with a SyntaxError instead of a sentence: no newer syntax anywhere in this file.
"""

import sys

if sys.version_info < (3, 11):
    sys.exit(
        "error: this is Python %d.%d, and tlschat needs 3.11 or newer; with one installed, say for"
        " example: python3.11 %s" % (sys.version_info[0], sys.version_info[1], " ".join(sys.argv))
    )

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import time
from gettext import gettext as _, textdomain
from pathlib import Path

textdomain("tlschat")  # for the scripts that call this one as well

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "tlschat-stamp.json"
LOCKS = {"run": ["requirements.lock"], "test": ["requirements.lock", "requirements-test.lock"]}
EX_UNAVAILABLE = 69  # sysexits: something this needs is not there; trying later may help

# What pip says when it cannot reach an index, by any cause: no network, no name server, a proxy.
NETWORK_WORDS = re.compile(
    r"NewConnectionError|ConnectTimeout|ReadTimeout|Read timed out|ProxyError|Name or service|"
    r"name resolution|getaddrinfo failed|Network is unreachable|Max retries|Connection refused|"
    r"after connection broken by|No route to host",
    re.IGNORECASE,
)
# The line with which pip turns to the next package: from an index, already there, or from a folder.
PACKAGE_LINE = re.compile(
    r"(?:Collecting|Requirement already satisfied:) ([\w.-]+)|Processing [^(]*[/\\]([\w.]+)-\d"
)


class SetupError(Exception):
    """The environment cannot be made. The text is one sentence for a person, with what to do."""


def python() -> Path:
    """The interpreter of the environment."""
    return command("python")


def command(name: str) -> Path:
    """Where the environment has this command."""
    if os.name == "nt":
        return VENV / "Scripts" / (name + ".exe")
    return VENV / "bin" / name


def ensure(purpose: str, quiet: bool = False) -> Path:
    """The interpreter of an environment that fits the lock files: `purpose` is "run" or "test".

    What is there already is kept. Raises SetupError; what was installed until then stays and the
    next run goes on from there.
    """
    wanted = fingerprint(purpose)
    if read_stamp().get(purpose) == wanted and python().exists():
        return python()
    started_at = time.monotonic()
    say(quiet, _("setting up .venv (once; a minute or so)"))
    if not is_usable(python()):
        make_venv()
    install(purpose, quiet)
    stamp = {"run": fingerprint("run"), purpose: wanted}
    if purpose == "run":
        stamp.update({k: v for k, v in read_stamp().items() if k == "test" and v == fingerprint(k)})
    STAMP.write_text(json.dumps(stamp), encoding="utf-8")
    say(quiet, _("set up in {seconds:.0f} s").format(seconds=time.monotonic() - started_at))
    return python()


def fingerprint(purpose: str) -> str:
    """A digest of all that decides what is installed, and of where: an environment cannot move."""
    digest = hashlib.sha256(str(ROOT).encode())
    for name in [*LOCKS[purpose], "pyproject.toml"]:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def read_stamp() -> dict[str, str]:
    """What was installed by the last complete set-up; empty if there was none."""
    try:
        return dict(json.loads(STAMP.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def is_usable(interpreter: Path) -> bool:
    """Whether this environment works: moved folders and removed Pythons leave broken ones."""
    question = "import sys, pip; assert sys.version_info >= (3, 11); print(sys.prefix)"
    try:
        answer = subprocess.run(
            [str(interpreter), "-c", question], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        return os.path.samefile(answer.stdout.decode(errors="replace").strip(), VENV)
    except OSError:
        return False


def make_venv() -> None:
    """Make the environment anew. Only a folder that is an environment is ever replaced."""
    if VENV.exists() and not (VENV / "pyvenv.cfg").exists() and any(VENV.iterdir()):
        raise SetupError(
            _("{path} is there and is not a virtual environment; move it away first").format(
                path=VENV
            )
        )
    if not all(importlib.util.find_spec(name) for name in ("venv", "ensurepip")):
        raise SetupError(missing_venv())
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", str(VENV)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if made.returncode:
        last = made.stdout.decode(errors="replace").strip().splitlines()[-1:]
        raise SetupError(
            _("Python could not make a virtual environment: {reason}").format(reason=" ".join(last))
        )


def missing_venv() -> str:
    """The sentence for a Python without its `venv` module, which Debian packs apart."""
    version = "%d.%d" % sys.version_info[:2]
    if shutil.which("apt"):
        return _(
            "Python's venv module is missing; install it: apt install python{version}-venv"
        ).format(version=version)
    return _(
        "Python's venv module is missing; install your system's package for Python {version} that"
        " has venv and ensurepip"
    ).format(version=version)


def install(purpose: str, quiet: bool) -> None:
    """Install what the lock files say, then tlschat itself."""
    pip = [str(python()), "-m", "pip", "--disable-pip-version-check", "--no-input", "install"]
    locks = [part for name in LOCKS[purpose] for part in ("-r", str(ROOT / name))]
    total = sum(
        len(re.findall(r"(?m)^[A-Za-z]", (ROOT / name).read_text(encoding="utf-8")))
        for name in LOCKS[purpose]
    )
    run_pip([*pip, "--progress-bar", "off", "--require-hashes", *locks], total, quiet)
    # --no-index: whatever may be wrong here, nothing is fetched that no hash was checked of.
    itself = ["--no-deps", "--no-index", "--no-build-isolation", "--editable", str(ROOT)]
    run_pip([*pip, *itself], 0, quiet)


def run_pip(arguments: list[str], total: int, quiet: bool) -> None:
    """Run pip and show which package it is at. Raises SetupError with the reason if it fails."""
    progress = Progress(total, quiet)
    output = []
    with subprocess.Popen(
        arguments,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PIP_USER": "0"},  # a pip.conf with `user = true` would stop it
    ) as process:
        assert process.stdout is not None
        for raw in process.stdout:
            line = raw.decode(errors="replace").rstrip()
            output.append(line)
            progress.see(line)
    progress.end()
    if process.returncode:
        raise SetupError(explain(output))


def explain(output: list[str]) -> str:
    """One sentence for what pip printed before it failed."""
    text = "\n".join(output)
    if "DO NOT MATCH THE HASHES" in text:
        return _(
            "a package is not the one that the lock file knows (its hash differs), so nothing of it"
            " was installed; try again, and if it stays so, do not trust this network or mirror"
        )
    errors = [line for line in output if line.startswith("ERROR:")] or output[-1:]
    # pip ends a failed search with "no matching distribution", whatever made it fail.
    is_search = any("No matching distribution" in line for line in errors)
    if NETWORK_WORDS.search(text if is_search else "\n".join(errors)):
        return _(
            "the package index cannot be reached; check the network (or pip's proxy) and retry"
        )
    return _("pip failed: {reason}").format(reason=" ".join(errors).replace("ERROR: ", ""))


class Progress:
    """Shows how far pip is: one line that changes at a terminal, else a name after the other."""

    def __init__(self, total: int, quiet: bool) -> None:
        self._total = total
        self._is_shown = total > 0 and not quiet
        self._is_terminal = sys.stderr.isatty()
        self._count = 0
        self._last = ""

    def see(self, line: str) -> None:
        """Take one line of pip's output."""
        found = PACKAGE_LINE.match(line)
        if "Retrying" in line:
            self._show(_("waiting for the network"))
        elif line.startswith("Installing collected"):
            self._show(_("unpacking"))
        elif found:
            self._count = min(self._count + 1, self._total)
            self._show(found.group(1) or found.group(2))

    def _show(self, what: str) -> None:
        line = "  [%d/%d] %s" % (self._count, self._total, what)
        if not self._is_shown or line == self._last:
            return
        self._last = line
        sys.stderr.write("\r%s\033[K" % line if self._is_terminal else line + "\n")
        sys.stderr.flush()

    def end(self) -> None:
        """Leave the cursor on an empty line."""
        if self._is_shown and self._is_terminal:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()


def say(quiet: bool, sentence: str) -> None:
    """Tell a person what is going on, on stderr: stdout is for results."""
    if not quiet:
        sys.stderr.write(sentence + "\n")
        sys.stderr.flush()
