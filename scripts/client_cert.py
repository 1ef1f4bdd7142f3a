"""mkcert.py client: a certificate with which one person logs in without a password.

Called by mkcert.py alone. Certificate and key go into one file (0600), for that is what WeeChat
wants and every other client takes. The certificate is good for clients and nothing else; that it
is signed by our CA lets nobody in yet: whose key it is, `chat-admin cert add` says.
"""

import os
import re
import shlex
from datetime import datetime, timedelta
from gettext import gettext as _
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import ExtendedKeyUsageOID

import pki
from pki import CertError, Paths
from receipt import PORT, describe, done, line, this_command

CLIENT_DAYS = 365

# What could be an account's name and a file's: chat-admin has the last word on the former.
_NAME = re.compile(r"[^\W\d_-][\w\-\[\]`^{}|]{0,47}|_[\w\-\[\]`^{}|]{0,47}")


def check_name(text: str) -> str:
    """The account's name. Raises CertError for what can be neither an account nor a file."""
    if _NAME.fullmatch(text):
        return text
    sentence = _('"{name}" cannot be the name of an account').format(name=pki.printable(text))
    raise CertError(sentence, _("give the account's name, as in: chat-admin list"), 2)


def new_client_leaf(
    authority: pki.Authority, name: str, key: pki.SigningKey, now: datetime, days: int
) -> x509.Certificate:
    """A certificate for the owner of an account; it never outlives the CA."""
    issuer = authority.certificate
    not_after = min(now + timedelta(days=days), issuer.not_valid_after_utc)
    return (
        pki.builder(pki.subject(name), issuer.subject, key.public_key(), now, not_after)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(pki.key_usage(is_ca=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .add_extension(pki.authority_id(issuer), critical=False)
        .sign(authority.key, hashes.SHA256())
    )


def path_of(paths: Paths, name: str) -> Path:
    """Where the certificate and the key of an account are."""
    return paths.folder / f"client-{name}.pem"


def make(paths: Paths, authority: pki.Authority, name: str, days: int, has_new_key: bool) -> None:
    """Sign and write; a key that is there stays, so that the account need not be told again."""
    path = path_of(paths, name)
    is_renewed = path.exists() and not has_new_key
    key = pki.load_key(path) if is_renewed else pki.new_key()
    certificate = new_client_leaf(authority, name, key, pki.now_utc(), days)
    form = serialization.PrivateFormat.PKCS8
    secret = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    public = certificate.public_bytes(serialization.Encoding.PEM)
    pki.replace(path, secret + public, 0o600)
    done(_("client certificate"), f"{path}  " + _("with its key, mode 0600"))
    describe(certificate)
    next_steps(paths, name, is_renewed=is_renewed)


def next_steps(paths: Paths, name: str, *, is_renewed: bool) -> None:
    """What the operator types, and what the person does with the file."""
    path, word = shlex.quote(str(path_of(paths, name))), shlex.quote(name)
    here = shlex.quote(path_of(paths, name).name)
    print("\n" + _("next"))
    if is_renewed:
        line(_("1. the same key"), _("the account knows it already"))
    else:
        line(_("1. let it log in"), f"chat-admin cert add {word} {path}")
        ca = os.path.relpath(paths.ca)
        line("", _('and once, in config.toml below [tls]: client_ca = "{ca}"').format(ca=ca))
    line(_("2. give {name}").format(name=name), _("the file, by a way that nobody else can read"))
    line("chat-client", f"chat-client --tls HOST {PORT} --user {word} --cert {here}")
    line("irssi", f"/server add -tls -tls_cert ~/{here} -tls_pkey ~/{here} HOST {PORT}")
    line("", "/network add -sasl_mechanism EXTERNAL NET")
    line("WeeChat", f'/set irc.server.NET.tls_cert "~/{here}"   ' + _("(before 4: ssl_cert)"))
    line("", "/set irc.server.NET.sasl_mechanism external")
    line(_("3. once a year"), f"{this_command()} client {word}")
