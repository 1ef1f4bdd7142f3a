"""Programs of other people, as they are installed here, against the real server over TLS with SASL.

Each logs in, joins, reads what was said before, talks, changes a topic, asks who somebody is, is
kicked, comes back after the server was killed, and leaves; another person sees it. WeeChat and
irssi are skipped where they are not installed. The library (miniirc) comes with the tests.
"""

import shutil
import subprocess
import sys

import pytest

from tests.support.server_process import DEADLINE_S, PASSWORD


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
    """A room of joao's where everybody may set the topic, and something was said before."""
    joao.send("JOIN #dev", "MODE #dev -t", "PRIVMSG #dev :say:earlier")
    joao.until(" MODE #dev -t")


def kick(joao):
    """Out of the room, with a reason, and not for good."""
    joao.send("KICK #dev ana :back in a minute")
    joao.until(" KICK #dev ana ")


def restart(server):
    """The server dies without a word, and is there again at the same address."""
    server.kill()
    server.start()
    return server.login("joao")


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
            "irc.server.test.autoreconnect_delay": "1",
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
            '/trigger add asked print "irc.*" "${raw:${tg_message_nocolor}} =~ logged.in.as" '
            '"/^.*logged in as (.*)/${raw:${re:1}}/tg_message_nocolor" '
            '"/msg -server test joao whois ${raw:${tg_message_nocolor}}"',
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
    server.fix_port()
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
        joao.until(" PRIVMSG #dev :seen earlier")
        joao.send("PRIVMSG #dev :say:welcome")
        joao.until(" PRIVMSG #dev :seen welcome")
        weechat.type("irc.test.#dev", "/topic Friday release")
        joao.until(" TOPIC #dev :Friday release")
        weechat.type("irc.test.#dev", "/whois joao")
        joao.until(" PRIVMSG joao :whois joao")
        kick(joao)
        weechat.type("irc.test.#dev", "/join #dev")
        joao.until("@user/ana JOIN #dev")

        joao = restart(server)
        joao.until("@user/ana JOIN #lobby")
        joao.send("PRIVMSG #lobby :say:again")
        joao.until(" PRIVMSG #lobby :seen again")
        weechat.type("irc.test.#lobby", "/quit so long")
        # It closes with lines of ours unread; then TCP may take its last one along.
        ends = (" QUIT :Quit: so long", " QUIT :Connection reset by peer")
        assert joao.until(" QUIT ")[-1].endswith(ends)


IRSSI = """
settings = {{ "irc/core" = {{ cmds_max_at_once = "100"; cmd_queue_speed = "10msec"; }}; }};
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
    server.fix_port()
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
    irssi.see("joao> say:earlier")
    irssi.type("/topic Friday release\r")
    joao.until(" TOPIC #dev :Friday release")
    irssi.type("/whois joao\r")
    irssi.type("/window 3\r")
    irssi.see("account  : joao")
    irssi.type("/window 4\r")
    kick(joao)
    irssi.see("back in a minute")
    irssi.type("/join #dev\r")
    joao.until("@user/ana JOIN #dev")

    joao = restart(server)
    irssi.type("/reconnect\r")
    joao.until("@user/ana JOIN #lobby")
    irssi.type("/quit so long\r")
    assert joao.until(" QUIT ")[-1].endswith(" QUIT :Quit: so long")
    irssi.process.wait(DEADLINE_S)


MINIIRC = """
import sys
import miniirc

port, ca, password = sys.argv[1:]
miniirc.get_ca_certs = lambda: ca
irc = miniirc.IRC(
    "localhost", int(port), "ana", ns_identity=("ana", password), ssl=True, auto_connect=False,
    ircv3_caps={"message-tags", "server-time", "batch", "draft/chathistory", "echo-message"},
)

@irc.Handler("PRIVMSG", ircv3=True, colon=False)
def said(irc, source, tags, args):
    if source[0] == "joao" and args[1].startswith("do:"):
        irc.quote(args[1][3:])
    elif source[0] == "joao":
        where = "past" if "batch" in tags else "now"
        irc.msg("joao", f"{where} {args[1]} {sorted(tags)}")

@irc.Handler("TOPIC", "330", "KICK", colon=False)
def happened(irc, source, args):
    irc.msg("joao", " ".join(args))

irc.connect()
irc.wait_until_disconnected()
"""


class Library:
    """A program that speaks through miniirc: it does what joao says, and tells him what it sees."""

    def __init__(self, server):
        words = [str(server.port), str(server.folder / "ca.pem"), PASSWORD]
        self.process = subprocess.Popen([sys.executable, "-c", MINIIRC, *words])

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        self.process.kill()
        self.process.wait()


def test_miniirc(server):
    """A library: SASL, rooms, talk, CHATHISTORY, WHOIS, a kick, and coming back by itself."""
    server.fix_port()
    joao = server.login("joao")
    with Library(server):
        check_login(joao)
        open_room(joao)
        joao.send("PRIVMSG ana :do:JOIN #dev")
        joao.until(" JOIN #dev")
        joao.send("PRIVMSG ana :do:CHATHISTORY LATEST #dev * 10")
        joao.until("past say:earlier ")
        joao.send("PRIVMSG #dev :hello library")
        joao.until("now hello library ['account', 'msgid', 'time']")
        joao.send("PRIVMSG ana :do:TOPIC #dev :Friday release")
        joao.until("TOPIC #dev :Friday release")
        joao.send("PRIVMSG ana :do:WHOIS joao")
        joao.until(" PRIVMSG joao :ana joao joao is logged in as")
        kick(joao)
        joao.until(" PRIVMSG joao :#dev ana back in a minute")

        joao = restart(server)
        joao.until("@user/ana JOIN #lobby")
        joao.send("PRIVMSG ana :do:QUIT :so long")
        assert joao.until(" QUIT ")[-1].endswith(" QUIT :Quit: so long")
