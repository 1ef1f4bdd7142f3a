"""chat-client with the line face at a real terminal, against the real server over real TLS."""

import re
from pathlib import Path

import pytest

from tests.support.hostile import VECTORS, find_odd
from tests.support.server_process import PASSWORD, freeze


def test_two_people_talk(server, sit_down):
    """Public and private messages, as both screens show them."""
    ana, joao = sit_down(server, "ana"), sit_down(server, "joao")
    ana.see("joao joined #lobby")

    ana.type("hello everyone\r")
    joao.see("ana │ hello everyone")
    joao.type("/msg ana psst\r")

    ana.see("joao │ private: psst")
    joao.see("joao │ to ana, private: psst")
    ana.see("+1 !1")  # the status row counts what is unread elsewhere
    ana.type("/quit\r")
    joao.see("ana left the chat")
    assert ana.end() == 0
    assert ana.modes == ana.modes_before


def test_a_mention_rings(server, sit_down):
    """A mention has a heavy bar and rings the bell; other messages do not."""
    ana, joao = sit_down(server, "ana"), server.login("joao")
    joao.send("PRIVMSG #lobby :good morning")
    ana.see("good morning")
    assert b"\a" not in ana.raw

    joao.send("PRIVMSG #lobby :Ana: are you there?")

    ana.see("joao ┃ Ana: are you there?")
    ana.type("yes\r")  # the bell comes behind the text
    ana.see("ana │ yes")
    assert ana.raw.count(b"\a") == 1


def test_an_unknown_recipient(server, sit_down):
    """Told where it was typed, with the text given back."""
    ana = sit_down(server, "ana")

    ana.type("/msg nobody hello\r")

    ana.see('There is nobody called "nobody" here.')
    ana.see("#lobby › /msg nobody hello")


def test_a_room_is_managed(server, sit_down):
    """Without knowing a mode: what one types, and what both are told in words."""
    ana, joao = sit_down(server, "ana"), sit_down(server, "joao")
    for person in (ana, joao):
        person.type("/join #tea\r")
        person.see("#tea ›")
    joao.see("2 here: ana, joao")

    ana.type("/slow 100\r")
    joao.see("ana turned on slow mode: one message each in 100 s")
    joao.type("one\r")
    ana.see("joao │ one")
    joao.type("two\r")
    joao.see("Slow mode: you can speak again in")
    joao.type("\x03")  # it was given back
    ana.type("/slow off\r")
    ana.type("/mute joao 1h\r")
    joao.see("ana muted joao")
    ana.type("/bans\r")
    ana.see("1. joao is muted, by ana, since")
    ana.type("/unmute 1\r")
    joao.see("ana lets joao speak again")
    joao.type("/ops may I?\r")
    ana.see("joao │ to the operators: may I?")
    ana.type("/rename #coffee\r")
    joao.see("#coffee ›")
    ana.type("/ban joao too much coffee\r")
    joao.see("ana removed you from #coffee: too much coffee")
    joao.type("/join #coffee\r")
    joao.see("You are banned from #coffee.")
    ana.type("/unban joao\r")
    ana.see("ana lifted the ban of joao")
    ana.type("/whois joao\r")
    ana.see("joao, joao@user/joao")


def test_a_slip_of_the_finger(server, open_terminal):
    """A wrong password costs one answer: it is asked again, and the right one opens (4.7)."""
    ca = str(server.folder / "ca.pem")
    terminal = open_terminal("client", "localhost", str(server.port), "--user", "ana", "--ca", ca)
    terminal.see("[Y/n]")
    terminal.type("n\n")
    terminal.see("Password:", at_end=True)
    terminal.type("hunter2\n")
    terminal.see('✗ wrong name or password for "ana". 2 tries left.')
    terminal.see("Password:", at_end=True)
    terminal.type(PASSWORD + "\n")
    terminal.see("#lobby ›")
    terminal.type("/quit\r")
    assert terminal.end() == 0
    assert b"hunter2" not in terminal.raw
    assert PASSWORD.encode() not in terminal.raw


def test_three_wrong_passwords(server, open_terminal):
    """77 after the third, with who can help; each answer was one attempt (4.7)."""
    ca = str(server.folder / "ca.pem")
    terminal = open_terminal("client", "localhost", str(server.port), "--user", "ana", "--ca", ca)
    terminal.see("[Y/n]")
    terminal.type("n\n")
    for left in ("2 tries left.", "1 try left.", "chat-admin passwd ana"):
        terminal.see("Password:", at_end=True)
        terminal.type("hunter2\n")
        terminal.see(left)
    assert terminal.end() == 77
    assert sum("login_wrong" in line for line in server.log) == 3


def test_a_restart_of_the_server(server, sit_down):
    """The state is in sight, what is typed waits in sight, and arrives once (4.8)."""
    ana = sit_down(server, "ana")
    server.fix_port()
    server.stop()
    ana.see("connection lost")
    ana.see("● offline")

    ana.type("still there?\r")
    ana.see("waiting, to #lobby: still there?")
    ana.see("1 message waiting")
    freeze(ana.process)  # until joao is there to hear it
    server.start()
    joao = server.login("joao")
    ana.kill("SIGCONT")

    assert joao.until(" PRIVMSG ")[-1].endswith(" PRIVMSG #lobby :still there?")
    ana.see("── back ")
    ana.see("ana │ still there?")
    ana.see("● online")
    assert "waiting" not in ana.text.splitlines()[-1]
    ana.type("thanks\r")
    heard = joao.until("thanks")
    assert "still there?" not in "".join(heard)


@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 143), ("SIGHUP", 129)])
def test_signals_leave_the_terminal_sane(server, sit_down, name, code):
    """In the middle of a word: modes, cursor and paste mode as before, and a QUIT (5.4)."""
    ana, joao = sit_down(server, "ana"), server.login("joao")
    assert ana.modes != ana.modes_before
    ana.type("half a thou")
    ana.see("half a thou")

    ana.kill(name)

    assert ana.end() == code
    assert ana.modes == ana.modes_before
    raw = ana.raw.decode()
    assert raw.rfind("\x1b[?2004l") > raw.rfind("\x1b[?2004h")
    assert raw.rfind("\x1b[?25h") > raw.rfind("\x1b[?25l")
    joao.until(" QUIT ")


def test_the_server_dies_and_so_do_we(server, sit_down):
    """SIGTERM while offline ends at once, and tells what is kept to be sent the next time."""
    ana = sit_down(server, "ana")
    server.kill()
    ana.see("● offline")
    ana.type("too late\r")
    ana.see("1 message waiting")

    ana.kill("SIGTERM")

    assert ana.end() == 143
    assert "kept for the next time: #lobby: too late" in ana.text
    assert ana.modes == ana.modes_before


def test_a_pasted_message_over_the_limit(server, sit_down):
    """More than 16 kB: a sentence, the text is back in the line, nothing is sent."""
    ana, joao = sit_down(server, "ana"), server.login("joao")

    ana.type("\x1b[200~" + "💬" * 4097 + "\x1b[201~\r")

    ana.see("This is too long to send: 16 kB at most.")
    ana.type("\x03")  # Ctrl-C empties the line
    ana.type("short\r")
    ana.see("ana │ short")
    said = [line for line in joao.barrier() if " PRIVMSG " in line]
    assert [line.rpartition(":")[2] for line in said] == ["short"]


def test_pasted_lines_are_asked_about(server, sit_down):
    """A paste with line ends sends nothing by itself."""
    ana, joao = sit_down(server, "ana"), server.login("joao")

    ana.type("\x1b[200~one\ntwo\nthree\n\x1b[201~\r")
    ana.see("Send 3 lines")
    assert [line for line in joao.barrier() if " PRIVMSG " in line] == []
    ana.type("y")

    joao.until("three")
    ana.see("ana │ three")


# --- hostile text -------------------------------------------------------------------------------

# What a line of IRC can carry at all: no CR, LF or NUL.
HOSTILE = {name: text for name, text in VECTORS.items() if "\r" not in text}


def shout(person):
    """Hostile text in every place where a person can put some, then a word to wait for."""
    person.send("JOIN #pit")
    for text in HOSTILE.values():
        person.send(f"PRIVMSG #lobby :{text}", f"NOTICE ana :{text}", f"TOPIC #pit :{text}")
        person.send(f"PRIVMSG #lobby :\x01ACTION {text}\x01", f"AWAY :{text}")
        person.send(f"PART #pit :{text}", "JOIN #pit")
    person.send("PRIVMSG #lobby :the end", "QUIT :" + " ".join(HOSTILE.values())[:400])


@pytest.fixture
def loud(make_server, environment):
    """A server without a limit on lines, and a client whose bell cannot be mistaken for theirs."""
    folder = Path(environment["XDG_CONFIG_HOME"]) / "tlschat"
    folder.mkdir(parents=True)
    (folder / "client.toml").write_text("bell = false\n")
    return make_server(limits="lines_burst = 1000\nlines_per_s = 1000.0")


def test_hostile_text_at_a_terminal(loud, sit_down):
    """Escapes, OSC 52, bidi and all their friends: no byte of them reaches the terminal (5.1)."""
    ana, joao = sit_down(loud, "ana", rows=50), loud.login("joao")
    ana.type("/join #pit\r")
    ana.see("#pit ›")
    joao.send("PRIVMSG #lobby :\x1b]52;c;aGk=\x07 copied")
    ana.see("␛]52;c;aGk=␇ copied")

    shout(joao)

    ana.see("the end", 30)
    ana.see("joao left the chat")
    ana.type("/quit\r")  # or the last escape sequence might be half read
    assert ana.end() == 0
    assert find_odd(ana.raw.decode()) == []
    assert ana.screen.title == ""


def test_hostile_text_in_a_pipe(loud, join):
    """The plain face writes no control character but the line end."""
    ana, joao = join(loud, "ana"), loud.login("joao")

    shout(joao)

    lines = ana.until("the end") + ana.until("joao left the chat")
    assert len(lines) > 4 * len(HOSTILE)
    assert re.findall("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", "".join(lines)) == []
