"""The status row of the line face: what comes and goes there by itself."""

from client.core.input import DEFAULT_ALIASES
from client.core.view import ViewOptions
from client.ui import line
from client.ui.line import LineOptions
from tests.support.stage import play

OPTIONS = LineOptions(aliases=DEFAULT_ALIASES, view=ViewOptions(clock=lambda _ms: "20:31"))


def test_typing_in_the_status_row(monkeypatch):
    """Who writes is in sight, without a row of its own, and goes by itself."""

    async def script(stage):
        stage.server("@+typing=active :bob!b@h TAGMSG #lobby")
        await stage.see("bob is typing")
        stage.server("@+typing=active :carol!c@h TAGMSG #lobby")
        await stage.see("bob and carol are typing")
        stage.server("@+typing=active :dan!d@h TAGMSG #lobby")
        await stage.see("several people are typing")
        assert "│" not in stage.text.split("/help")[1]
        stage.transport.now_ms += 10_000
        await stage.see(lambda: "typing" not in stage.text)

    monkeypatch.setattr(line, "TYPING_S", 0.05)
    play(script, options=OPTIONS)
