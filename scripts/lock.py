"""Writes requirements.lock and requirements-test.lock: names, versions and hashes, nothing else.

For maintainers, after a change of the dependencies in pyproject.toml or to take newer versions:

    python3 scripts/test.py && .venv/bin/python scripts/lock.py

Theory of operation: pip resolves everything together for the oldest Python we support, so that both
files agree and every version fits every Python. What other systems need on top (`colorama` on
Windows) is found by walking the resolved packages' requirements under each of their environments.
Then the index is asked for the hashes of all files of each version, whatever system they are for.
Which index that is, and how to reach it, is pip's configuration; no address is written down.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

ROOT = Path(__file__).resolve().parent.parent
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
PLATFORMS = {"linux": ("Linux", "posix"), "darwin": ("Darwin", "posix"), "win32": ("Windows", "nt")}

# For one package: the platforms (sys_platform) on which somebody needs it.
Needs = dict[str, set[str]]


def environments() -> Iterator[dict[str, str]]:
    """Each system a lock file must work on, as the variables that requirement markers ask for."""
    for sys_platform, (platform_system, os_name) in PLATFORMS.items():
        for version in PYTHONS:
            yield {
                "sys_platform": sys_platform,
                "platform_system": platform_system,
                "os_name": os_name,
                "python_version": version,
                "python_full_version": version + ".0",
                "implementation_name": "cpython",
                "platform_python_implementation": "CPython",
            }


def resolve(requirements: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The metadata of every package that pip would install, by canonical name."""
    with tempfile.TemporaryDirectory() as nowhere:
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--report", "-"]
        command += ["--ignore-installed", "--only-binary", ":all:", "--target", nowhere]
        command += ["--python-version", PYTHONS[0], *requirements]
        report = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    packages = (item["metadata"] for item in report["install"])
    return {canonicalize_name(package["name"]): package for package in packages}


def walk(roots: Iterable[str], packages: dict[str, dict[str, Any]]) -> Needs:
    """What the roots need, and where; names that are not resolved yet are in it too."""
    needs: Needs = {}
    for environment in environments():
        waiting = [Requirement(root) for root in roots]
        seen: set[tuple[str, str]] = set()
        while waiting:
            requirement = waiting.pop()
            name = canonicalize_name(requirement.name)
            needs.setdefault(name, set()).add(environment["sys_platform"])
            for extra in {"", *requirement.extras}:
                if (name, extra) in seen:
                    continue
                seen.add((name, extra))
                for text in packages.get(name, {}).get("requires_dist", []):
                    child = Requirement(text)
                    scope = {**environment, "extra": extra}
                    if child.marker is None or child.marker.evaluate(scope):
                        waiting.append(child)
    return needs


class Index:
    """The package index that pip is configured to use, read by pip's own code.

    `pip config` does not tell pip's default, proxies or credentials, and an index may answer in
    HTML or JSON; pip's internals know all that. A person is there to see it when they change.
    """

    def __init__(self) -> None:
        command = importlib.import_module("pip._internal.commands").create_command("download")
        options, _ = command.parse_args([])
        collector = importlib.import_module("pip._internal.index.collector")
        self._fetch = collector.LinkCollector(command._build_session(options), None).fetch_response
        self._parse_links = collector.parse_links
        self._link = importlib.import_module("pip._internal.models.link").Link
        self._address = options.index_url.rstrip("/")

    def hashes(self, name: str, version: str) -> list[str]:
        """The SHA-256 of every file of this version that a supported Python may want, sorted."""
        page = self._fetch(self._link(f"{self._address}/{name}/"))
        files = [link for link in self._parse_links(page) if not link.is_yanked] if page else []
        wanted = [file for file in files if is_wanted(file.filename, name, version)]
        if not wanted or any(file.hash_name != "sha256" for file in wanted):
            raise SystemExit(f"lock.py: error: the index has no file with hash of {name} {version}")
        return sorted({file.hash for file in wanted})


def is_wanted(filename: str, name: str, version: str) -> bool:
    """Whether it is this version's source, or a wheel for a CPython from 3.11 on."""
    if not filename.endswith(".whl"):
        stem = filename.removesuffix(".tar.gz").removesuffix(".zip")
        project, _, rest = stem.rpartition("-")
        return rest == version and canonicalize_name(project) == name
    _, wheel_version, _, tags = parse_wheel_filename(filename)
    if str(wheel_version) != version:
        return False
    pythons = {"cp" + python.replace(".", "") for python in PYTHONS}
    return any(
        tag.interpreter in pythons
        or tag.interpreter == "py3"
        or (tag.interpreter.startswith("cp3") and tag.abi == "abi3")
        for tag in tags
    )


def lock_text(purpose: str, needs: Needs, packages: dict[str, dict[str, Any]], index: Index) -> str:
    """A requirements file in pip's hash-checking form."""
    lines = [f"# {purpose} Made by scripts/lock.py; do not edit."]
    for name in sorted(needs):
        version = packages[name]["version"]
        marker = ""
        if needs[name] != set(PLATFORMS):
            choices = (f'sys_platform == "{platform}"' for platform in sorted(needs[name]))
            marker = " ; " + " or ".join(choices)
        digests = [f"    --hash=sha256:{digest}" for digest in index.hashes(name, version)]
        lines.append(" \\\n".join([f"{name}=={version}{marker}", *digests]))
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write both files."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    runtime = project["project"]["dependencies"] + project["build-system"]["requires"]
    test = project["project"]["optional-dependencies"]["test"]
    packages = resolve(runtime + test)
    while missing := sorted(walk(runtime + test, packages).keys() - packages.keys()):
        packages = resolve([*runtime, *test, *sorted(packages), *missing])
    index = Index()
    runtime_needs = walk(runtime, packages)
    # Where both need a package the run-time file has it; the other one is used on top of it.
    test_needs = {
        name: platforms - runtime_needs.get(name, set())
        for name, platforms in walk(runtime + test, packages).items()
        if platforms - runtime_needs.get(name, set())
    }
    for filename, purpose, needs in (
        ("requirements.lock", "To run tlschat, with the tool that builds it.", runtime_needs),
        ("requirements-test.lock", "To test it, on top of requirements.lock.", test_needs),
    ):
        (ROOT / filename).write_text(lock_text(purpose, needs, packages, index), encoding="utf-8")
        print(f"{filename}: {len(needs)} packages")


if __name__ == "__main__":
    main()
