"""The simple dialect between real people, line by line, over TLS."""

PASSWORD = "correct horse"


def register(person, name):
    assert person.line() == "New User. Please register with: NICK <name>"
    person.send(f"NICK {name}")
    assert person.line() == "PASSWORD?"
    person.send(PASSWORD)
    assert person.line() == f"OK welcome {name}"


def test_two_people_talk(server):
    """The conversation that the dialect is made for, word for word."""
    ana, joao = server.connect("simple"), server.connect("simple")
    register(ana, "ana")
    register(joao, "joao")
    assert ana.line() == "User joao joined."

    ana.send("MSG hello everyone")
    assert ana.line() == "FROM ana [all]: hello everyone"
    assert joao.line() == "FROM ana [all]: hello everyone"

    ana.send("MSG @joao only for you")
    assert joao.line() == "FROM ana [dm]: only for you"

    joao.send("WHO")
    assert joao.line() == "Connected users: ana, joao"

    joao.send("QUIT")
    assert joao.line() == "BYE"
    assert joao.line() == ""
    assert ana.line() == "User joao left the chat."


def test_password_on_the_same_line(server):
    """`NICK ana <password>` is the whole registration."""
    ana = server.connect("simple")
    ana.line()

    ana.send(f"NICK ana {PASSWORD}")

    assert ana.line() == "OK welcome ana"


def test_wrong_password_ends_the_connection(server):
    """`ERR wrong_password`, and nothing after it."""
    for words in (["NICK ana", "nonsense"], ["NICK ana nonsense"], ["NICK nobody nonsense"]):
        person = server.connect("simple")
        person.line()
        person.send(*words)

        answers = person.rest()

        assert answers[-1] == "ERR wrong_password"


def test_each_error_has_its_word(server):
    """A refused line says why, and the connection goes on."""
    ana, third = server.connect("simple"), server.connect("simple")
    third.line()
    third.send("MSG hi", "NICK !", "FLY")
    assert [third.line() for _ in range(3)] == [
        "ERR not_registered",
        "ERR bad_nick",
        "ERR unknown_command",
    ]
    register(ana, "ana")

    third.send(f"NICK ana {PASSWORD}")
    assert third.line() == "ERR apelido_em_uso"

    ana.send("MSG @nobody hi", "JUMP", "MSG " + "x" * 3000, "WHO")
    assert [ana.line() for _ in range(4)] == [
        "ERR user_not_found",
        "ERR unknown_command",
        "ERR too_long",
        "Connected users: ana",
    ]


def test_a_long_message_arrives_whole(server):
    """1,024 bytes of emoji reach both dialects without a missing character."""
    ana, joao = server.connect("simple"), server.login("joao")
    register(ana, "ana")
    joao.until("JOIN")
    text = "💬" * 256
    assert len(text.encode()) == 1024

    ana.send(f"MSG {text}")

    assert ana.line() == f"FROM ana [all]: {text}"
    pieces = [line.rpartition(" :")[2] for line in joao.barrier() if "PRIVMSG" in line]
    assert "".join(pieces) == text
    assert len(pieces) > 1


def test_both_dialects_are_one_room(server):
    """People on IRC and people on the simple dialect see each other come, talk and go."""
    ana, joao = server.connect("simple"), server.login("joao")
    register(ana, "ana")
    assert "JOIN" in joao.line()

    joao.send("PRIVMSG #lobby :hi from irc", "PRIVMSG ana :psst")
    assert ana.line() == "FROM joao [all]: hi from irc"
    assert ana.line() == "FROM joao [dm]: psst"
    ana.send("MSG hi back", "MSG @joao yes?")
    assert joao.line().endswith(" PRIVMSG #lobby :hi back")
    assert joao.line().endswith(" PRIVMSG joao :yes?")
    assert ana.line() == "FROM ana [all]: hi back"

    joao.send("QUIT :bye")

    assert ana.line() == "User joao left the chat."
