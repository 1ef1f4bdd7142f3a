"""WeeChat and irssi with a certificate of mkcert.py and no password (SASL EXTERNAL).

What they are told is what `mkcert.py client` prints. Skipped where they are not installed.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


def run(folder, *words):
    """One of our commands, in the server's folder."""
    subprocess.run([sys.executable, *words], cwd=folder, env={"PYTHONPATH": str(ROOT)}, check=True)


@pytest.fixture
def certified(make_server):
    """A server that takes the key of certs/client-ana.pem for ana."""
    server = make_server(start=False)
    mkcert = str(ROOT / "scripts" / "mkcert.py")
    run(server.folder, mkcert, "server", "localhost")
    run(server.folder, mkcert, "client", "ana")
    run(server.folder, "-m", "server.admin", "cert", "add", "ana", "certs/client-ana.pem")
    config = server.folder / "config.toml"
    config.write_text(config.read_text().replace("[tls]", '[tls]\nclient_ca = "certs/ca.pem"'))
    return server.start()


@pytest.mark.skipif(shutil.which("weechat-headless") is None, reason="WeeChat is not installed")
def test_weechat(certified, tmp_path):
    """WeeChat takes certificate and key from the one file, and logs in without a password."""
    joao = certified.login("joao")
    pem = certified.folder / "certs" / "client-ana.pem"
    options = {
        "weechat.network.gnutls_ca_user": certified.folder / "ca.pem",
        "irc.server.test.ssl": "on",  # before version 4
        "irc.server.test.tls": "on",
        "irc.server.test.ssl_cert": pem,
        "irc.server.test.tls_cert": pem,
        "irc.server.test.nicks": "ana",
        "irc.server.test.sasl_mechanism": "external",
    }
    commands = [
        f"/server add test localhost/{certified.port}",
        *(f'/set {name} "{value}"' for name, value in options.items()),
        "/connect test",
    ]
    given = [word for command in commands for word in ("-r", command)]
    with subprocess.Popen(
        [shutil.which("weechat-headless"), "-d", str(tmp_path / "weechat"), *given],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as weechat:
        try:
            joao.until("@user/ana JOIN #lobby")
        finally:
            weechat.kill()


IRSSI = """
servers = ({{
  address = "localhost"; chatnet = "test"; port = "{port}"; autoconnect = "yes";
  use_tls = "yes"; tls_verify = "yes"; tls_cafile = "{ca}"; tls_cert = "{pem}"; tls_pkey = "{pem}";
}});
chatnets = {{ test = {{ type = "IRC"; nick = "ana"; sasl_mechanism = "EXTERNAL"; }}; }};
"""


@pytest.mark.skipif(shutil.which("irssi") is None, reason="irssi is not installed")
def test_irssi(certified, tmp_path, open_terminal):
    """irssi takes the file for both, and logs in without a password."""
    joao = certified.login("joao")
    home = tmp_path / "irssi"
    home.mkdir()
    pem = certified.folder / "certs" / "client-ana.pem"
    text = IRSSI.format(port=certified.port, ca=certified.folder / "ca.pem", pem=pem)
    (home / "config").write_text(text)
    open_terminal(shutil.which("irssi"), "--home", str(home))
    joao.until("@user/ana JOIN #lobby")
