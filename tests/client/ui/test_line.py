"""The line face on a real (pyte) screen: what a person sees and what their keys do."""

from dataclasses import replace

import pytest
from prompt_toolkit.output import ColorDepth

from client.core.input import DEFAULT_ALIASES
from client.core.view import ViewOptions
from client.ui.line import LineOptions
from tests.support.stage import LOBBY, WELCOME, play

OPTIONS = LineOptions(aliases=DEFAULT_ALIASES, view=ViewOptions(clock=lambda _ms: "20:31"))


def test_first_screen():
    """After login: where we are, who is here, the topic, and how to go on (UX 5)."""

    async def script(stage):
        await stage.see("● online")
        lines = stage.text.split("\n")
        assert lines[0] == "20:31          · │ on testnet as ana"
        assert lines[1].startswith("── #lobby ───")
        assert lines[2] == "  3 here: ana, bob, carol"
        assert lines[3] == "  topic: Friday release"
        assert lines[4].startswith("  /help lists the commands")
        assert lines[5].startswith("#lobby ›")
        assert lines[6] == " ● online  #lobby  ana"
        assert len(lines) == 7

    assert play(script, options=OPTIONS) == 0


def test_messages_in_columns():
    """Who at the left, what at the right, wrapped between words with a hanging indent."""

    async def script(stage):
        stage.server(":bob!b@h PRIVMSG #lobby :" + "word " * 14 + "end")
        await stage.see("end")
        assert "20:31        bob │ word word" in stage.text
        assert "\n                 │ word word end" in stage.text

    play(script, options=OPTIONS)


def test_mention_rings_once():
    """A mention has a heavy bar and rings; a flood of them rings once; others do not ring."""

    async def script(stage):
        stage.server(":bob!b@h PRIVMSG #lobby :nothing for you")
        await stage.see("nothing for you")
        assert "\a" not in stage.recorder.raw
        stage.server(*[":bob!b@h PRIVMSG #lobby :ana: look"] * 5)
        await stage.see("bob ┃ ana: look")
        assert stage.recorder.raw.count("\a") == 1

    play(script, options=OPTIONS)


def test_bell_can_be_off():
    """bell = false is silence."""

    async def script(stage):
        stage.server(":bob!b@h PRIVMSG ana :psst")
        await stage.see("private: psst")
        assert "\a" not in stage.recorder.raw

    play(script, options=replace(OPTIONS, has_bell=False))


def test_private_says_so_in_words():
    """Private messages are marked by words, both ways, and counted in the status row."""

    async def script(stage):
        stage.server(":bob!b@h PRIVMSG ana :psst")
        await stage.see("bob │ private: psst")
        await stage.see("2:bob +1 !1")
        await stage.type("/msg bob yes?\r")
        await stage.see("ana │ to bob, private: yes?")

    play(script, options=OPTIONS)


def test_typing_sends_to_the_room():
    """A line goes to the current room, leaves the input, and is shown once the server has it."""

    async def script(stage):
        stage.transport.answers_pings = False
        await stage.type("hello\r")
        await stage.see(lambda: stage.has_said("#lobby", "hello"))
        await stage.see(lambda: "› hello" not in stage.text)
        assert "│ hello" not in stage.text
        stage.server(f":s PONG s {stage.transport.said[-1][5:]}")
        await stage.see("ana │ hello")

    play(script, options=OPTIONS)


def test_unknown_command_is_not_sent():
    """A mistyped command reaches nobody, and its words are not repeated (UX 2, 32)."""

    async def script(stage):
        before = list(stage.transport.said)
        await stage.type("/psas hunter2\r", until="/psas")
        await stage.see(lambda: "hunter2" not in stage.text)
        assert stage.transport.said == before

    play(script, options=OPTIONS)


def test_tab_completes_in_the_status_row():
    """Tab takes the first candidate, shows the others below, and goes round; nothing scrolls."""

    async def script(stage):
        await stage.type("ca\t", until="› carol:")
        await stage.type("\x03/n\t", until="› /names")
        assert " /names  /nick  /notice" in stage.text
        await stage.type("\t", until="› /nick")
        await stage.type("\x1b[Z", until="› /names")
        await stage.type("#", until="● online")
        assert len(stage.text.split("\n")) == 7

    play(script, options=OPTIONS)


def test_ctrl_c():
    """Ctrl-C clears the line; on an empty one it proposes /quit; twice it leaves (UX 2, 28)."""

    async def script(stage):
        await stage.type("half a thought", until="half a thought")
        await stage.type("\x03")
        await stage.see(lambda: "half" not in stage.text)
        await stage.type("\x03", until="› /quit")
        assert not stage.transport.is_leaving
        await stage.type("\x03")
        await stage.see(lambda: stage.transport.is_leaving)

    assert play(script, options=OPTIONS) == 0


def test_ctrl_c_slowly(monkeypatch):
    """A second Ctrl-C after more than a second only clears the proposal."""

    async def script(stage):
        await stage.type("\x03", until="› /quit")
        monkeypatch.setattr("client.ui.editor.LEAVE_TWICE_S", -1.0)
        await stage.type("\x03")
        await stage.see(lambda: "/quit" not in stage.text)
        assert not stage.transport.is_leaving

    play(script, options=OPTIONS)


def test_ctrl_d_on_an_empty_line_leaves():
    """Ctrl-D deletes, and on an empty line it leaves."""

    async def script(stage):
        await stage.type("ab\x01\x04", until="› b")
        assert not stage.transport.is_leaving
        await stage.type("\x04\x04")
        await stage.see(lambda: stage.transport.is_leaving)

    play(script, options=OPTIONS)


def test_paste_of_several_lines_asks():
    """Pasted lines are not sent by themselves, nor without a yes (UX 2, 24)."""

    async def script(stage):
        await stage.type("\x1b[200~one\r\ntwo\x1b[31m\n\x1b[201~", until="two")
        before = list(stage.transport.said)
        await stage.type("\r", until="Send 2 lines")
        assert stage.transport.said == before
        await stage.type("q\r\t\x04e", until="● online")
        assert stage.transport.said == before
        await stage.type("\r", until="Send 2 lines")
        await stage.type("y")
        await stage.see(lambda: stage.has_said("#lobby", "two[31m"))
        assert stage.has_said("#lobby", "one")
        await stage.see(lambda: "› one" not in stage.text)
        assert not stage.transport.is_leaving

    play(script, options=OPTIONS)


def test_paste_can_be_dropped():
    """n empties the line; Ctrl-C at the question keeps it for editing."""

    async def script(stage):
        await stage.type("\x1b[200~one\ntwo\x1b[201~", until="two")
        await stage.type("\r", until="Send 2 lines")
        await stage.type("\x03", until="● online")
        assert "two" in stage.text
        await stage.type("\r", until="Send 2 lines")
        await stage.type("n")
        await stage.see(lambda: "two" not in stage.text)
        assert not any("PRIVMSG" in line for line in stage.transport.said)

    play(script, options=OPTIONS)


def test_alt_enter_makes_a_new_line():
    """Alt-Enter writes on; the lines are asked about when sent."""

    async def script(stage):
        await stage.type("one\x1b\rtwo", until="two")
        assert "› one" in stage.text

    play(script, options=OPTIONS)


def test_offline_and_back():
    """Loss and return are rules in the chat; waiting messages are told and kept (UX 4.8)."""

    async def script(stage):
        stage.hang_up()
        await stage.see("── connection lost ")
        await stage.see("● offline")
        await stage.type("later\r", until="waiting, to #lobby: later")
        await stage.see("· 1 message waiting")
        await stage.type("\r")
        await stage.see(lambda: stage.transport.retries == 1)
        stage.connect(*WELCOME, *LOBBY)
        await stage.see("── back ")
        await stage.see("● online")
        assert stage.text.count("3 here") == 1
        await stage.see(lambda: stage.has_said("#lobby", "later"))

    play(script, options=OPTIONS)


def test_windows():
    """/join goes there, Alt-1 and Alt-arrows go back and forth, Alt-a to what is unread."""

    async def script(stage):
        await stage.type("/join #dev\r")
        await stage.see(lambda: "JOIN #dev" in stage.transport.said)
        stage.server(":ana!a@h JOIN #dev", ":s 353 ana = #dev :ana", ":s 366 ana #dev :End")
        await stage.see("#dev ›")
        await stage.see("  1 here: ana")
        await stage.type("\x1b1", until="#lobby ›")
        await stage.type("\x1b\x1b[C", until="#dev ›")
        stage.server(":bob!b@h PRIVMSG #lobby :news")
        await stage.see("#lobby news")
        await stage.type("\x1ba", until="#lobby ›")
        await stage.type("/query bob\r", until="bob ›")
        assert "only you and bob" in stage.text
        await stage.type("/close\r")
        await stage.see(lambda: "bob ›" not in stage.text)

    play(script, options=OPTIONS)


def test_refused_message_comes_back():
    """What the server refuses is told with its reason, and the text returns to the line: as it was
    meant, so that Enter says nothing private to the room."""

    async def script(stage):
        stage.transport.answers_pings = False
        await stage.type("/msg nobody hi there\r")
        await stage.see(lambda: any("nobody" in line for line in stage.transport.said))
        stage.server(":s 401 ana nobody :No such nick")
        await stage.see('There is nobody called "nobody" here.')
        await stage.see("#lobby › /msg nobody hi there")
        await stage.type("\x03//who\r", until=lambda: stage.has_said("#lobby", "/who"))
        stage.server(":s 404 ana #lobby :No")
        await stage.see("#lobby › //who")

    play(script, options=OPTIONS)


def test_help_keeps_its_columns_and_names_the_keys():
    """/help: what is too long for a row goes on in its own column; the keys come last."""

    async def script(stage):
        await stage.type("/help resend\r")
        await stage.see("unconfirmed")
        await stage.type("/help all\r")
        await stage.see("Ctrl-C empties the line")
        rows = stage.text.split("\n")
        (row,) = (number for number, row in enumerate(rows) if row.startswith("  /discard"))
        assert rows[row].index("forget") == len(rows[row + 1]) - len(rows[row + 1].lstrip())
        assert "Alt-A: what is unread" in stage.text

    play(script, options=OPTIONS, rows=60)


def test_help_fits_the_smallest_terminal():
    """/help at 80x24: from the first command to the keys, nothing has scrolled away."""

    async def script(stage):
        await stage.type("/help\r")
        await stage.see("Ctrl-C empties the line")
        assert "/msg NAME TEXT" in stage.text

    play(script, options=OPTIONS, rows=24)


def test_new_day_has_a_rule():
    """Between messages of different days stands the day."""

    async def script(stage):
        stage.server("@time=2026-11-20T12:00:00.000Z :bob!b@h PRIVMSG #lobby :one")
        stage.server("@time=2026-11-22T12:00:00.000Z :bob!b@h PRIVMSG #lobby :two")
        await stage.see("── 2026-11-22 ──")

    play(script, options=OPTIONS)


def test_no_colour():
    """NO_COLOR: not one colour, and everything can still be told apart (UX 2, 44)."""

    async def script(stage):
        stage.server(":bob!b@h PRIVMSG #lobby :ana: look", ":bob!b@h PRIVMSG ana :psst")
        await stage.see("private: psst")
        assert "38;" not in stage.recorder.raw
        assert "48;" not in stage.recorder.raw
        assert "bob ┃ ana: look" in stage.text

    play(script, options=replace(OPTIONS, color_depth=ColorDepth.DEPTH_1_BIT))


def test_no_questions_to_the_terminal():
    """No cursor reports: a slow or dumb line is never waited for."""

    async def script(stage):
        stage.server(":bob!b@h PRIVMSG #lobby :hi")
        await stage.see("hi")
        assert "\x1b[6n" not in stage.recorder.raw

    play(script, options=OPTIONS)


def test_a_message_costs_little():
    """Over ssh each message costs less than a kilobyte (UX section 6, 3)."""

    async def script(stage):
        await stage.type("half a thought", until="half a thought")
        before = len(stage.recorder.raw)
        for number in range(20):
            stage.server(f":bob!b@h PRIVMSG #lobby :message {number} of twenty")
            await stage.see(f"message {number} of")
        assert (len(stage.recorder.raw) - before) / 20 < 1_000
        await stage.see("› half a thought")

    play(script, options=OPTIONS)


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (40, 10), (200, 60), (20, 5)])
def test_sizes(columns, rows):
    """Every size of terminal shows the message and the prompt (UX section 6, 10)."""

    async def script(stage):
        stage.server(":bob!b@h PRIVMSG #lobby :a message that is longer than forty columns are")
        await stage.see(lambda: "columns" in stage.text.replace("\n", ""))
        await stage.see("›")

    play(script, options=OPTIONS, columns=columns, rows=rows)


def test_many_waiting_messages_ask():
    """After a loss more than twenty waiting messages go only with a yes; n drops them (UX 4.8)."""

    async def script(stage):
        for answer in ("n", "y"):
            stage.hang_up()
            for number in range(21):
                await stage.type(f"{answer} {number}\r", until=f"#lobby: {answer} {number}")
            stage.connect()
            await stage.see("Send 21 waiting messages?")
            assert not stage.has_said("#lobby", f"{answer} 0")
            await stage.type(answer, until="● online")
        await stage.see(lambda: stage.has_said("#lobby", "y 20"))
        assert not any("n 0" in line for line in stage.transport.said)

    play(script, options=OPTIONS)


def test_early_lines_do_not_ask():
    """Many lines before the first room is open are simply sent: nothing was lost meanwhile."""

    async def script(stage):
        stage.transport.answers_pings = False
        stage.connect()
        barrier = stage.transport.said[-1]
        for number in range(21):
            stage.session.send_text("#lobby", f"line {number}", now_ms=stage.transport.now_ms)
        stage.transport.answers_pings = True
        stage.server(f":s PONG s {barrier[5:]}")
        await stage.see("ana │ line 20")

    play(script, options=OPTIONS)
