"""mkcert.py: a private CA, and the certificates of server and people made by it, in certs/.

    python3 scripts/mkcert.py                    six examples

The verbs and their arguments; pki.py beside it does the work and receipt.py says what was done. It
needs `cryptography` and nothing else of the project. Results go to stdout, warnings and errors to
stderr. Each run ends with what to copy where and what the others have to type: that is what people
lack who have just made a certificate. Exit codes are those of sysexits; `--help` lists them.
"""

import sys

if sys.version_info < (3, 11):
    # An older Python reads this far: no newer syntax in this file.
    sys.exit("mkcert.py: error: this is Python %d.%d, and it takes 3.11" % sys.version_info[:2])

import argparse
import difflib
import importlib.util
import json
import os
import socket
import ssl
import subprocess
from collections.abc import Sequence
from gettext import gettext as _, textdomain
from pathlib import Path

textdomain("tlschat")
EX_OK, EX_USAGE, EX_UNAVAILABLE, EX_PROTOCOL, EX_INTERRUPT = 0, 2, 69, 76, 130
CONNECT_TIMEOUT_S = 10


def go_where_cryptography_is() -> None:
    """Hand over to the `.venv` of the set-up, or say what is missing; does not return."""
    venv = Path(__file__).resolve().parent.parent / ".venv"
    python = venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if python.exists() and Path(sys.prefix).resolve() != venv:
        sys.exit(subprocess.call([str(python), *sys.argv]))
    how = f"{sys.executable} -m pip install cryptography"
    sentence = _("{prog}: error: this Python has no cryptography; get it with: {how}")
    sys.stderr.write(sentence.format(prog="mkcert.py", how=how) + "\n")
    sys.exit(EX_UNAVAILABLE)


if importlib.util.find_spec("cryptography") is None:
    go_where_cryptography_is()

from cryptography import x509  # noqa: E402

import client_cert  # noqa: E402
import pki  # noqa: E402
from pki import CertError, Paths  # noqa: E402
from receipt import (  # noqa: E402
    PROG,
    describe,
    done,
    facts,
    fail,
    line,
    listed,
    next_steps,
    this_command,
    warn,
    warn_of,
)

VERBS = ("server", "client", "renew", "show", "ca")
EXIT_CODES = _(
    "exit codes: 0 ok, 2 usage, 65 bad data, 66 no such file, 69 no connection, 73 cannot write,"
    " 76 no TLS"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words:
        print(examples())
        return EX_OK
    if not words[0].startswith("-") and words[0] not in VERBS:
        near = difflib.get_close_matches(words[0], VERBS, 1)
        hint = _('did you mean "{verb}"?').format(verb=near[0]) if near else ""
        hint = hint or _("the verbs are: {verbs}").format(verbs=", ".join(VERBS))
        sentence = _('there is no verb "{verb}"').format(verb=pki.printable(words[0]))
        return fail(CertError(sentence, hint, EX_USAGE))
    options = parser().parse_args(words)
    try:
        verbs = {"server": server, "client": client, "renew": renew, "show": show, "ca": ca}
        verbs[options.verb](options)
    except CertError as problem:
        return fail(problem)
    except OSError as problem:
        where = problem.filename or options.folder
        sentence = _("{path} cannot be written: {reason}")
        sentence = sentence.format(path=where, reason=problem.strerror or problem)
        return fail(CertError(sentence, exit_code=pki.EX_CANTCREAT))
    except KeyboardInterrupt:
        return EX_INTERRUPT
    return EX_OK


def examples() -> str:
    """The short help: what people want to do, as they would type it."""
    me = this_command()
    lines = (
        (
            "server chat.lan 192.168.1.10",
            _("a certificate for these names (and a CA if none is there)"),
        ),
        ("server --add 10.0.0.7", _("one name more, same key")),
        ("client ana", _("a certificate with which ana logs in without a password")),
        ("renew", _("for cron: does nothing until 30 days are left")),
        ("show certs/server.pem", _("names, dates, fingerprint")),
        ("show chat.lan:6697", _("the same of a server that runs")),
    )
    width = max(len(example) for example, meaning in lines)
    rows = "\n".join(f"  {me} {example:{width}}   {meaning}" for example, meaning in lines)
    head = _("Makes the certificates of a private chat: a CA of your own, and the server's.")
    return f"{head}\n\n{rows}\n\n" + _("All options: {me} VERB --help").format(me=me)


def parser() -> argparse.ArgumentParser:
    """The arguments of all verbs."""
    top = argparse.ArgumentParser(prog=PROG, epilog=EXIT_CODES)
    verbs = top.add_subparsers(dest="verb", metavar="VERB", required=True)
    made = {
        "server": _("make the server's certificate, and a CA if there is none"),
        "client": _("make a certificate with which somebody logs in without a password"),
        "renew": _("make it again for the same names when it is about to expire"),
        "show": _("what a certificate says, in a file or of a running server"),
        "ca": _("make the CA alone, or show the one that is there"),
    }
    subs = {
        verb: verbs.add_parser(verb, help=text, description=text) for verb, text in made.items()
    }
    for sub in subs.values():
        sub.epilog = EXIT_CODES
        sub.add_argument(
            "--dir",
            dest="folder",
            type=Path,
            default=Path("certs"),
            help=_("folder of the certificates (default: %(default)s)"),
        )
    add = subs["server"].add_argument
    add("names", nargs="*", metavar="NAME", help=_("host names and IP addresses"))
    add("--add", action="append", default=[], metavar="NAME", help=_("keep the names, add one"))
    add("--force", action="store_true", help=_("set a certificate aside that is not ours"))
    add("--days", type=days, default=pki.LEAF_DAYS, help=_("valid for (default: %(default)s)"))
    add = subs["client"].add_argument
    add("name", metavar="NAME", help=_("the account"))
    add("--new-key", action="store_true", help=_("a key was lost or seen: make another"))
    many = client_cert.CLIENT_DAYS
    add("--days", type=days, default=many, help=_("valid for (default: %(default)s)"))
    add = subs["renew"].add_argument
    add("--new-key", action="store_true", help=_("with a new key: pins no longer fit"))
    add("--force", action="store_true", help=_("now, however many days are left"))
    add = subs["show"].add_argument
    add("what", metavar="FILE|HOST:PORT")
    add("--json", action="store_true", help=_("for programs"))
    return top


def days(text: str) -> int:
    """A lifetime for --days."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= pki.LEAF_DAYS_MAX:
        raise argparse.ArgumentTypeError(_("from 1 to {most}").format(most=pki.LEAF_DAYS_MAX))
    return int(text)


def server(options: argparse.Namespace) -> None:
    """Make the server's certificate; the CA and the keys are made when they are not there."""
    paths = Paths(options.folder)
    asked = [pki.parse_name(name) for name in [*options.names, *options.add]]
    local = [pki.parse_name(name) for name in pki.LOCAL_NAMES]
    if not asked:
        example = f"{this_command()} server {socket.gethostname()}"
        raise CertError(_("give the names by which people will connect"), example, EX_USAGE)
    old = ours(paths, options.force)
    before = pki.names_of(old) if old else []
    names = pki.union([] if options.names else before, asked, local)
    issue(paths, authority_for(paths), names, options.days, has_new_key=False)
    if old and before != names:
        line(_("names before"), listed(before))
    warn_of(names)
    next_steps(paths, names)


def client(options: argparse.Namespace) -> None:
    """Make the certificate and key of an account."""
    name = client_cert.check_name(options.name)
    paths = Paths(options.folder)
    client_cert.make(paths, authority_for(paths), name, options.days, options.new_key)


def ours(paths: Paths, is_forced: bool) -> x509.Certificate | None:
    """The certificate that is there, if our CA signed it. Raises CertError for someone else's."""
    if not paths.server.exists():
        return None
    try:
        found = pki.load_certificate(paths.server)
        if pki.is_signed_by(found, pki.load_certificate(paths.ca)):
            return found
    except CertError:
        pass  # unreadable, or no CA: not ours either way
    if not is_forced:
        sentence = _("{path} was not made by the CA in {folder}")
        raise CertError(
            sentence.format(path=paths.server, folder=paths.folder),
            _("take another folder (--dir), or set it aside with: server NAME... --force"),
            pki.EX_CANTCREAT,
        )
    for path in (paths.server, paths.server_key):
        if path.exists():
            aside = pki.set_aside(path)
            warn(_("{path} is now {aside}").format(path=path, aside=aside))
    return None


def authority_for(paths: Paths) -> pki.Authority:
    """The CA of the folder; made, and told about, if there is none."""
    if paths.ca.exists() or paths.ca_key.exists():
        authority = pki.load_authority(paths)
        left = pki.days_left(authority.certificate, pki.now_utc())
        if left <= 0:
            raise CertError(
                _("the CA in {path} has expired").format(path=paths.ca),
                _("take ca.pem and ca-key.pem away, and the next run makes a new CA"),
            )
        if left < pki.LEAF_DAYS:
            sentence = _("the CA expires in {days} days; then everybody needs a new ca.pem")
            warn(sentence.format(days=left))
        return authority
    authority = pki.new_authority(pki.now_utc())
    pki.write_key(paths.ca_key, authority.key)
    pki.write_certificate(paths.ca, authority.certificate)
    until = f"{authority.certificate.not_valid_after_utc:%Y-%m-%d}"
    done(_("new private CA"), f"{paths.ca}  " + _("valid until {day}").format(day=until))
    line(_("key (keep secret!)"), f"{paths.ca_key}  " + _("mode 0600"))
    line(_("fingerprint"), pki.pin(authority.certificate))
    return authority


def issue(
    paths: Paths, authority: pki.Authority, names: list[pki.Name], lifetime: int, has_new_key: bool
) -> None:
    """Sign and write. A key that is there stays, for pins to survive, unless a new one is due."""
    if paths.server_key.exists() and not has_new_key:
        key = pki.load_key(paths.server_key)
        if os.name == "posix" and paths.server_key.stat().st_mode & 0o077:
            paths.server_key.chmod(0o600)
            sentence = _("{path} could be read by others; if someone did: renew --new-key --force")
            warn(sentence.format(path=paths.server_key))
    else:
        key = pki.new_key()
        pki.write_key(paths.server_key, key)
    certificate = pki.new_leaf(authority, names, key, pki.now_utc(), lifetime)
    pki.write_certificate(paths.server, certificate)
    done(_("server certificate"), f"{paths.server} + {paths.server_key}")
    describe(certificate)


def renew(options: argparse.Namespace) -> None:
    """The same names again, before it expires; quiet and without effect while there is time."""
    paths = Paths(options.folder)
    if not paths.server.exists():
        raise CertError(
            _("{path} is missing").format(path=paths.server),
            _("make one: {me} server NAME...").format(me=this_command()),
            pki.EX_NOINPUT,
        )
    old = ours(paths, is_forced=False)
    assert old is not None
    left = pki.days_left(old, pki.now_utc())
    if left > pki.RENEW_DAYS and not options.force:
        print(
            _("nothing to do: {days} days left (--force to renew all the same)").format(days=left)
        )
        return
    lifetime = (old.not_valid_after_utc - old.not_valid_before_utc).days
    names = pki.names_of(old)
    authority = authority_for(paths)
    issue(paths, authority, names, min(lifetime, pki.LEAF_DAYS_MAX), options.new_key)
    if options.new_key:
        warn(_("new key: who trusted the fingerprint of the old one has to trust this one anew"))
    print("\n" + _("A running chat-server takes it by itself; at once with: kill -HUP PID"))
    next_steps(paths, names)


def ca(options: argparse.Namespace) -> None:
    """Make the CA, or show the one that is there."""
    paths = Paths(options.folder)
    is_new = not paths.ca.exists()
    authority = authority_for(paths)
    if not is_new:
        done(_("private CA"), str(paths.ca))
        describe(authority.certificate)
    print("\n" + _("next: {me} server NAME...").format(me=this_command()))


def show(options: argparse.Namespace) -> None:
    """What a certificate says, and whether our CA made it."""
    path = Path(options.what)
    host, _colon, port = options.what.rpartition(":")
    if not path.exists() and not port.isdigit():
        sentence = _("there is no file {path}").format(path=pki.printable(options.what))
        raise CertError(sentence, _("of a running server: show HOST:PORT"), pki.EX_NOINPUT)
    if path.exists():
        certificate = pki.load_certificate(path)
        paths = Paths(path.parent)
        key_path = path.with_name(f"{path.stem}-key.pem")
    else:
        certificate = shown_by(host.strip("[]"), int(port))
        paths = Paths(options.folder)
        key_path = None
    authority = pki.load_certificate(paths.ca) if paths.ca.exists() else None
    report = facts(certificate, key_path)
    if authority:
        report["issued_by_ca"] = pki.is_signed_by(certificate, authority)
        report["ca_file"] = str(paths.ca)
    if options.json:
        print(json.dumps(report))
        return
    done(_("certificate"), pki.printable(options.what))
    describe(certificate)
    line(_("subject"), str(report["subject"]))
    line(_("issuer"), str(report["issuer"]))
    if authority:
        verdict = _("signed by {ca}") if report["issued_by_ca"] else _("NOT signed by {ca}")
        line(_("chain"), verdict.format(ca=paths.ca))
    if "key_file" in report:
        fits = _("fits") if report["key_matches"] else _("does NOT belong to this certificate")
        line(_("key"), f"{key_path}  {report['key_mode']}  {fits}")


def shown_by(host: str, port: int) -> x509.Certificate:
    """The certificate of a running server; it is read, not believed, and nothing is sent."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    where = f"{host}:{port}"
    try:
        with socket.create_connection((host, port), CONNECT_TIMEOUT_S) as raw:
            with context.wrap_socket(raw, server_hostname=host) as connection:
                der = connection.getpeercert(binary_form=True)
    except ssl.SSLError as problem:
        reason = problem.reason or str(problem)
        sentence = _("{where} does not speak TLS as we know it: {reason}")
        raise CertError(sentence.format(where=where, reason=reason), "", EX_PROTOCOL) from None
    except (OSError, UnicodeError, OverflowError) as problem:
        sentence = _("no connection to {where}: {reason}").format(where=where, reason=problem)
        raise CertError(sentence, "", EX_UNAVAILABLE) from None
    assert der is not None
    return x509.load_der_x509_certificate(der)


if __name__ == "__main__":
    sys.exit(main())
