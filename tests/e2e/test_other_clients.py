"""Programs of other people, as they are installed here, against the real server over TLS with SASL.

Each logs in, joins, talks, changes a topic and leaves, and another person sees it. Where a program
is not installed its tests are skipped: what it would show is that we speak IRC, and not a dialect.
"""

import shutil
import subprocess

import pytest

from .conftest import DEADLINE_S, PASSWORD


def installed(name):
    """Skip where there is no such program."""
    return pytest.mark.skipif(shutil.which(name) is None, reason=f"{name} is not installed")


def check_login(joao):
    """Ana is here by her account, and came in over TLS."""
    joao.until(":ana!")
    joao.send("WHOIS ana")
    told = "\n".join(joao.until(" 318 "))
    assert " 330 joao ana ana " in told
    assert " 671 joao ana " in told


def open_room(joao):
    """A room of joao's where everybody may set the topic."""
    joao.send("JOIN #dev", "MODE #dev -t")
    joao.until(" MODE #dev -t")


class Weechat:
    """weechat-headless; lines go in through its named pipe."""

    def __init__(self, server, folder):
        self._pipe = folder / "pipe"
        self._writer = None
        options = {
            "fifo.file.path": self._pipe,
            "weechat.network.gnutls_ca_user": server.folder / "ca.pem",
            "irc.server.test.ssl": "on",  # before version 4
            "irc.server.test.tls": "on",
            "irc.server.test.nicks": "ana",
            "irc.server.test.sasl_mechanism": "plain",
            "irc.server.test.sasl_username": "ana",
            "irc.server.test.sasl_password": PASSWORD,
            "irc.server.test.autoreconnect": "off",
            "irc.server.test.anti_flood_prio_high": "0",  # before version 4
            "irc.server.test.anti_flood_prio_low": "0",
            "irc.server.test.anti_flood": "0",
        }
        commands = [
            f"/server add test localhost/{server.port}",
            *(f'/set {name} "{value}"' for name, value in options.items()),
            # What a person would see on the screen is answered, so that we see it too. Variables
            # are marked, for those of a start command are filled in at the start.
            '/trigger add parrot print "irc.*" "${raw:${tg_message_nocolor}} =~ ^say:" '
            '"/^say:(.*)/${raw:${re:1}}/tg_message_nocolor" "seen ${raw:${tg_message_nocolor}}"',
            "/connect test",
        ]
        given = [word for command in commands for word in ("-r", command)]
        self.process = subprocess.Popen(
            [shutil.which("weechat-headless"), "-d", str(folder / "weechat"), *given],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def type(self, buffer, text):
        """A line in one of its buffers."""
        if self._writer is None:  # and then for good: at the end of a writer it loses what follows
            self._writer = self._pipe.open("w")
        self._writer.write(f"{buffer} *{text}\n")
        self._writer.flush()

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        self.process.kill()
        self.process.wait()
        if self._writer is not None:
            self._writer.close()


@installed("weechat-headless")
def test_weechat(server, tmp_path):
    """WeeChat: SASL over a verified certificate, then everything that a chat is."""
    joao = server.login("joao")
    with Weechat(server, tmp_path) as weechat:
        check_login(joao)

        joao.send("PRIVMSG #lobby :say:something")
        joao.until(" PRIVMSG #lobby :seen something")
        weechat.type("irc.test.#lobby", "hello from weechat 👋")
        joao.until(" PRIVMSG #lobby :hello from weechat 👋")
        weechat.type("irc.test.#lobby", "/msg joao psst")
        joao.until(" PRIVMSG joao :psst")
        joao.send("PRIVMSG ana :say:privately")
        joao.until(" PRIVMSG joao :seen privately")

        open_room(joao)
        weechat.type("irc.test.#lobby", "/join #dev")
        joao.until(" JOIN #dev")
        joao.send("PRIVMSG #dev :say:welcome")
        joao.until(" PRIVMSG #dev :seen welcome")
        weechat.type("irc.test.#dev", "/topic Friday release")
        joao.until(" TOPIC #dev :Friday release")
        weechat.type("irc.test.#dev", "/quit so long")
        assert joao.until(" QUIT ")[-1].endswith(" QUIT :Quit: so long")


IRSSI = """
settings = {{ "irc/core" = {{ cmds_max_at_once = "100"; }}; }};
servers = ({{
  address = "localhost"; chatnet = "test"; port = "{port}"; autoconnect = "yes";
  use_tls = "yes"; tls_verify = "yes"; tls_cafile = "{ca}";
}});
chatnets = {{ test = {{
  type = "IRC"; nick = "ana";
  sasl_mechanism = "PLAIN"; sasl_username = "ana"; sasl_password = "{password}";
}}; }};
"""


@installed("irssi")
def test_irssi(server, tmp_path, open_terminal):
    """irssi at a terminal: the same, and its screen shows what we sent."""
    joao = server.login("joao")
    home = tmp_path / "irssi"
    home.mkdir()
    config = IRSSI.format(port=server.port, ca=server.folder / "ca.pem", password=PASSWORD)
    (home / "config").write_text(config)
    irssi = open_terminal(shutil.which("irssi"), "--home", str(home))
    check_login(joao)
    irssi.type("/window 2\r")
    irssi.see("[#lobby]")

    irssi.type("hello from irssi 👋\r")
    joao.until(" PRIVMSG #lobby :hello from irssi 👋")
    joao.send("PRIVMSG #lobby :hello irssi")
    irssi.see("joao> hello irssi")
    irssi.type("/msg joao psst\r")
    joao.until(" PRIVMSG joao :psst")

    open_room(joao)
    irssi.type("/join #dev\r")
    irssi.see("[#dev]")
    irssi.type("/topic Friday release\r")
    joao.until(" TOPIC #dev :Friday release")
    irssi.type("/quit so long\r")
    assert joao.until(" QUIT ")[-1].endswith(" QUIT :Quit: so long")
    irssi.process.wait(DEADLINE_S)
