"""setup_venv.py: what is kept, what is made anew, and the sentence for each thing that fails."""

import ast
import os
import sys
from pathlib import Path

import pytest

import setup_venv
from setup_venv import SetupError

SCRIPTS = Path(setup_venv.__file__).parent

pytestmark = pytest.mark.skipif(
    os.name != "posix", reason="the fake environments are shell scripts"
)


class Project:
    """A folder with lock files, and a record of what would have been run in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.venvs_made = 0
        self.pips: list[list[str]] = []
        for name in ("requirements.lock", "requirements-test.lock", "pyproject.toml"):
            (root / name).write_text(f"# {name}\nfoo==1\n")

    def make_venv(self) -> None:
        """In the place of setup_venv.make_venv: an environment that says it has pip."""
        self.venvs_made += 1
        python = setup_venv.python()
        python.parent.mkdir(parents=True, exist_ok=True)
        python.write_text(f"#!/bin/sh\necho {setup_venv.VENV}\n")
        python.chmod(0o755)

    def run_pip(self, arguments: list[str], total: int, quiet: bool) -> None:
        """In the place of setup_venv.run_pip."""
        self.pips.append(arguments)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project that is not set up, with nothing reaching pip or the network."""
    made = Project(tmp_path)
    monkeypatch.setattr(setup_venv, "ROOT", tmp_path)
    monkeypatch.setattr(setup_venv, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(setup_venv, "STAMP", tmp_path / ".venv" / "stamp.json")
    monkeypatch.setattr(setup_venv, "make_venv", made.make_venv)
    monkeypatch.setattr(setup_venv, "run_pip", made.run_pip)
    return made


def test_first_run_installs_with_hashes_then_ours_offline(project: Project) -> None:
    """Everything from an index is hash-checked; tlschat itself is built without any index."""
    assert setup_venv.ensure("run") == project.root / ".venv" / "bin" / "python"
    locked, ours = project.pips
    assert "--require-hashes" in locked
    assert str(project.root / "requirements.lock") in locked
    assert str(project.root / "requirements-test.lock") not in locked
    for option in ("--no-deps", "--no-index", "--no-build-isolation"):
        assert option in ours
    assert ours[-2:] == ["--editable", str(project.root)]


def test_second_run_does_nothing(project: Project) -> None:
    """The stamp fits: no pip, no new environment."""
    setup_venv.ensure("run")
    setup_venv.ensure("run")
    assert (project.venvs_made, len(project.pips)) == (1, 2)


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_a_change_installs_again_in_the_same_environment(project: Project, name: str) -> None:
    """A new lock file is installed; the environment stays, for programs that run from it."""
    setup_venv.ensure("run")
    (project.root / name).write_text("foo==2\n")
    setup_venv.ensure("run")
    assert (project.venvs_made, len(project.pips)) == (1, 4)


def test_the_test_tools_come_on_top(project: Project) -> None:
    """After `test` nothing is missing for `run`; after `run` the tools are still to come."""
    setup_venv.ensure("run")
    setup_venv.ensure("test")
    assert str(project.root / "requirements-test.lock") in project.pips[2]
    setup_venv.ensure("run")
    setup_venv.ensure("test")
    assert len(project.pips) == 4


def test_run_keeps_what_test_installed(project: Project) -> None:
    """A run after a change that test has not seen does not make test forget what still fits."""
    setup_venv.ensure("test")
    (project.root / "requirements-test.lock").write_text("bar==2\n")
    setup_venv.ensure("run")
    assert len(project.pips) == 2
    setup_venv.ensure("test")
    assert len(project.pips) == 4


def test_a_moved_project_gets_a_new_environment(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """An environment has its path in its scripts; moved, it would run another one's Python."""
    setup_venv.ensure("run")
    elsewhere = tmp_path_factory.mktemp("moved") / "project"
    project.root.rename(elsewhere)
    monkeypatch.setattr(setup_venv, "ROOT", elsewhere)
    monkeypatch.setattr(setup_venv, "VENV", elsewhere / ".venv")
    monkeypatch.setattr(setup_venv, "STAMP", elsewhere / ".venv" / "stamp.json")
    setup_venv.ensure("run")
    assert (project.venvs_made, len(project.pips)) == (2, 4)


def test_an_interrupted_run_goes_on(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a stamp the next run installs again, in the environment that is there."""

    def fail(*_arguments: object) -> None:
        raise SetupError("no network")

    with monkeypatch.context() as broken:
        broken.setattr(setup_venv, "run_pip", fail)
        with pytest.raises(SetupError, match="no network"):
            setup_venv.ensure("run")
    setup_venv.ensure("run")
    assert (project.venvs_made, len(project.pips)) == (1, 2)


def test_a_damaged_stamp_is_no_stamp(project: Project) -> None:
    """Half a file of JSON means that nothing is known."""
    setup_venv.ensure("run")
    setup_venv.STAMP.write_text('{"run": ')
    setup_venv.ensure("run")
    assert len(project.pips) == 4


REAL_MAKE_VENV = setup_venv.make_venv


def test_another_folder_is_not_replaced(project: Project) -> None:
    """A .venv that is no virtual environment is someone's work: a sentence, and it stays."""
    (project.root / ".venv").mkdir()
    (project.root / ".venv" / "thesis.txt").write_text("keep")
    with pytest.raises(SetupError, match="is not a virtual environment"):
        REAL_MAKE_VENV()
    assert (project.root / ".venv" / "thesis.txt").read_text() == "keep"


@pytest.mark.parametrize(
    ("has_apt", "words"), [(True, "apt install python3."), (False, "your system's package")]
)
def test_missing_venv_module(
    project: Project, monkeypatch: pytest.MonkeyPatch, has_apt: bool, words: str
) -> None:
    """Debian packs venv apart: one sentence with the command that gets it."""
    monkeypatch.setattr(setup_venv.importlib.util, "find_spec", lambda _name: None)
    monkeypatch.setattr(setup_venv.shutil, "which", lambda _name: "/apt" if has_apt else None)
    with pytest.raises(SetupError, match=words):
        REAL_MAKE_VENV()


def test_a_venv_that_cannot_be_made(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever else stops Python's venv is passed on as its last line."""
    fake = project.root / "python"
    fake.write_text("#!/bin/sh\necho Traceback; echo OSError: disk full >&2; exit 1\n")
    fake.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(fake))
    with pytest.raises(SetupError, match=r"could not make .*: OSError: disk full$"):
        REAL_MAKE_VENV()


NO_NETWORK = """\
WARNING: Retrying (Retry(total=0, connect=None)) after connection broken by 'NewConnectionError(
'<HTTPSConnection>: Failed to establish a new connection: [Errno -3] Temporary failure in name
resolution')': /simple/bcrypt/
ERROR: Could not find a version that satisfies the requirement bcrypt==5.0.0 (from versions: none)
ERROR: No matching distribution found for bcrypt==5.0.0"""

BAD_HASH = """\
Collecting zxcvbn==4.5.0
ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you have updated the
    zxcvbn==4.5.0: Expected sha256 00, Got 2b"""

DISK_FULL = """\
WARNING: Retrying (Retry(total=4)) after connection broken by 'ReadTimeoutError': /simple/bcrypt/
ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device"""

TIMEOUT = """\
Traceback (most recent call last):
pip._vendor.urllib3.exceptions.ReadTimeoutError: HTTPSConnectionPool: Read timed out."""

NOT_THERE = "ERROR: No matching distribution found for bcrypt==5.0.0"


@pytest.mark.parametrize(
    ("output", "words"),
    [
        (NO_NETWORK, "the package index cannot be reached"),
        (TIMEOUT, "the package index cannot be reached"),
        (BAD_HASH, "its hash differs"),
        (
            DISK_FULL,
            "pip failed: Could not install packages due to an OSError: [Errno 28]",
        ),
        (NOT_THERE, "pip failed: No matching distribution found for bcrypt==5.0.0"),
        ("", "pip failed: "),
    ],
)
def test_one_sentence_for_each_failure(output: str, words: str) -> None:
    """What pip prints over many lines becomes one sentence with what to do."""
    sentence = setup_venv.explain(output.splitlines())
    assert sentence.startswith(words) or words in sentence
    assert "\n" not in sentence


def fake_pip(folder: Path, script: str) -> list[str]:
    """A command that prints what pip would."""
    path = folder / "pip"
    path.write_text("#!/bin/sh\n" + script)
    path.chmod(0o755)
    return [str(path)]


def test_progress_shows_each_package(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """While it installs, a line for each package, however pip came by it."""
    script = (
        "echo 'Collecting bcrypt==5.0.0 (from -r requirements.lock (line 2))'\n"
        "echo '  Downloading bcrypt-5.0.0-cp39-abi3.whl (200 kB)'\n"
        "echo 'Requirement already satisfied: cffi==2.1.1 in ./lib'\n"
        "echo 'Processing /mirror/ruff-0.17.5-py3.whl (from -r a-b/requirements.lock (line 9))'\n"
        "echo 'Installing collected packages: bcrypt'\n"
    )
    setup_venv.run_pip(fake_pip(tmp_path, script), total=3, quiet=False)
    shown = ["  [1/3] bcrypt", "  [2/3] cffi", "  [3/3] ruff", "  [3/3] unpacking"]
    assert capsys.readouterr().err.splitlines() == shown


def test_progress_at_a_terminal_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """At a terminal one line is rewritten, and gone at the end."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    setup_venv.run_pip(fake_pip(tmp_path, "echo 'Collecting a==1'\n"), total=1, quiet=False)
    assert capsys.readouterr().err == "\r  [1/1] a\033[K\r\033[K"


def test_a_failing_pip_raises(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The exit code of pip decides, and a wait for the network is shown while it lasts."""
    retry = "echo 'WARNING: Retrying after connection broken'\n"
    script = retry * 3 + "echo 'ERROR: it broke'\nexit 3\n"
    with pytest.raises(SetupError, match="pip failed: it broke"):
        setup_venv.run_pip(fake_pip(tmp_path, script), total=1, quiet=False)
    assert capsys.readouterr().err.count("waiting for the network") == 1


def test_quiet_is_quiet(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """With `quiet` nothing is printed."""
    setup_venv.ensure("run", quiet=True)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("name", ["setup_venv.py", "quickstart.py", "test.py", "mkcert.py"])
def test_an_old_python_can_read_it(name: str) -> None:
    """Python 3.6 parses it, and so comes to the sentence that says it is too old."""
    ast.parse((SCRIPTS / name).read_text(encoding="utf-8"), feature_version=(3, 6))
