"""What moderates a room, with real connections, a real log and a real clock."""


def test_a_timed_ban_ends_by_itself_after_kill_9(server):
    """Its end is on disk with it; the server that started again tells the room."""
    ana, joao = server.login("ana"), server.login("joao")
    ana.send("JOIN #tea", "TBAN #tea 1h ~m:~a:ana", "TBAN #tea 2s ~a:joao", "MODE #tea b")
    assert sum(" 367 " in line for line in ana.until(" 368 ")) == 2
    joao.send("JOIN #tea")
    assert " 474 " in joao.until(" 474 ")[-1]
    server.fix_port()
    server.kill()
    server.start()

    ana = server.login("ana")
    ana.send("JOIN #tea", "MODE #tea b")
    lines = ana.until(" 368 ")
    if any(" 367 " in line and "~a:joao" in line for line in lines):  # it is not over yet
        assert " MODE #tea -b ~a:joao" in ana.until("-b ~a:joao")[-1]
    ana.send("MODE #tea b")
    left = [line for line in ana.until(" 368 ") if " 367 " in line]
    assert len(left) == 1 and "~m:~a:ana" in left[0]
    joao = server.login("joao")
    joao.send("JOIN #tea")
    assert joao.until(" 366 ")


def test_slow_mode_by_the_real_clock(server):
    """404 says for how long; whoever waits so long may speak."""
    ana, joao = server.login("ana"), server.login("joao")
    ana.send("JOIN #tea", "MODE #tea +S 1")
    ana.until("+S 1")
    joao.send("JOIN #tea", "PRIVMSG #tea :first", "PRIVMSG #tea :second")
    assert "again in 1 s" in joao.until(" 404 ")[-1]
    answers = [" 404 "]
    while any(" 404 " in line for line in answers):  # nothing but round trips takes the time
        joao.send("PRIVMSG #tea :third", "PING again")
        answers = joao.until("PONG")
    heard = ana.until(":third")
    assert sum("PRIVMSG #tea" in line for line in heard) == 2
