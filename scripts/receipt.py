"""What mkcert.py prints: receipts of what it made, what a certificate says, and what to do next.

Called by mkcert.py alone. Results go to stdout, warnings and errors to stderr. Text out of a
certificate was chosen by whoever made it, and passes `pki.printable` before a terminal sees it.
"""

import os
import shutil
import sys
from collections.abc import Sequence
from gettext import gettext as _
from pathlib import Path

from cryptography import x509

import pki
from pki import CertError, Paths

PROG = "mkcert.py"
PORT = 6697  # chat-server's default (RFC 7194)


def this_command() -> str:
    """How this script can be called again, typed here or put into cron."""
    python = sys.executable
    if shutil.which(os.path.basename(python)) == python:
        python = os.path.basename(python)
    return f"{shortest(python)} {shortest(sys.argv[0])}"


def shortest(path: str) -> str:
    """The path from here if it is below this folder, else as it is."""
    if os.path.dirname(path) and Path(path).absolute().is_relative_to(Path.cwd()):
        return os.path.relpath(path)
    return path


def facts(certificate: x509.Certificate, key_path: Path | None) -> dict[str, object]:
    """What `show` reports; the names are those of --json and never translated."""
    report: dict[str, object] = {
        "subject": pki.printable(certificate.subject.rfc4514_string()),
        "issuer": pki.printable(certificate.issuer.rfc4514_string()),
        "names": [pki.printable(str(name.value)) for name in pki.names_of(certificate)],
        "not_before": certificate.not_valid_before_utc.isoformat(),
        "not_after": certificate.not_valid_after_utc.isoformat(),
        "days_left": pki.days_left(certificate, pki.now_utc()),
        "fingerprint_sha256": pki.fingerprint(certificate),
        "pin": pki.pin(certificate),
    }
    if key_path and key_path.exists():
        theirs = pki.public_bytes(pki.load_key(key_path).public_key())
        report["key_file"] = str(key_path)
        report["key_mode"] = f"{key_path.stat().st_mode & 0o777:04o}"
        report["key_matches"] = theirs == pki.public_bytes(certificate.public_key())
    return report


def describe(certificate: x509.Certificate) -> None:
    """The lines about a certificate that every verb prints."""
    left = pki.days_left(certificate, pki.now_utc())
    names = pki.names_of(certificate)
    if names:
        line(_("names"), listed(names))
    valid = _("{start} to {end}, {days} days left") if left > 0 else _("EXPIRED; {start} to {end}")
    start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    line(_("valid"), valid.format(start=f"{start:%Y-%m-%d}", end=f"{end:%Y-%m-%d}", days=left))
    line(_("fingerprint"), pki.pin(certificate))


def listed(names: Sequence[pki.Name]) -> str:
    """Names as people read them; behind a punycode name the letters it stands for."""
    return ", ".join(map(readable, names))


def readable(name: pki.Name) -> str:
    """One name, safe to print."""
    text = pki.printable(str(name.value))
    try:
        letters = pki.printable(text.encode("ascii").decode("idna"))
    except UnicodeError:
        return text
    return text if letters == text else f"{text} ({letters})"


def warn_of(names: Sequence[pki.Name]) -> None:
    """What these names will not do, before somebody finds out."""
    texts = [str(name.value) for name in names]
    for text in texts:
        if text.startswith("*."):
            sentence = _("{name} stands for one level only: not for {bare}, nor for a.b.{bare}")
            if text.count(".") == 1:
                sentence = _("{name} is for a whole top level, which most programs refuse")
            warn(sentence.format(name=text, bare=text[2:]))
    if set(texts) <= set(pki.LOCAL_NAMES):
        warn(_("with these names nobody can connect from another machine; add its name or address"))


def next_steps(paths: Paths, names: Sequence[pki.Name]) -> None:
    """What to copy where, and what everybody types: the end of each run that made something."""
    texts = [str(name.value) for name in names if not str(name.value).startswith("*.")]
    host = next((text for text in texts if text not in pki.LOCAL_NAMES), "localhost")
    join = f"chat-client --tls {host} {PORT} --ca ca.pem"
    ca_print = pki.pin(pki.load_certificate(paths.ca))
    pin = pki.pin(pki.load_certificate(paths.server))
    print("\n" + _("next"))
    line(_("1. start"), "chat-server")
    line(_("2. give everybody"), _("{ca} (never {key})").format(ca=paths.ca, key=paths.ca_key.name))
    line("", _("and by another way its fingerprint: {fingerprint}").format(fingerprint=ca_print))
    line(_("3. they join with"), join)
    line("", _("or without the file, comparing its fingerprint: {pin}").format(pin=pin))
    folder = "" if paths.folder == Path("certs") else f" --dir {paths.folder}"
    line(_("4. in cron"), f"cd {Path.cwd()} && {this_command()} renew{folder}")


def line(title: str, value: str) -> None:
    """One indented line of a receipt."""
    print(f"    {title:20}{value}")


def done(title: str, value: str) -> None:
    """A line about something that is there now."""
    mark = "\u2713" if "utf" in (sys.stdout.encoding or "").lower() else "ok:"
    print(f"{mark} {title:22}{value}")


def warn(sentence: str) -> None:
    """A line about something that will hurt later."""
    print(_("{prog}: warning: {sentence}").format(prog=PROG, sentence=sentence), file=sys.stderr)


def fail(problem: CertError) -> int:
    """Say it on stderr; the exit code."""
    print(_("{prog}: error: {sentence}").format(prog=PROG, sentence=problem), file=sys.stderr)
    if problem.hint:
        print(_("{prog}: hint: {hint}").format(prog=PROG, hint=problem.hint), file=sys.stderr)
    return problem.exit_code
