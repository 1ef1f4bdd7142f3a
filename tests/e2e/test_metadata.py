"""Metadata against the real server over real TLS, before and after a kill."""

CAPS = "batch draft/metadata-2"


def test_metadata_outlives_a_kill(server):
    """An account's and a room's are on disk before anybody hears of them (draft/metadata-2)."""
    ana, joao = server.login("ana", caps=CAPS), server.login("joao", caps=CAPS)
    joao.send("METADATA * SUB url other")
    joao.until(" 770 ")
    ana.send("JOIN #tea", "METADATA * SET url :http://ana.example", "METADATA #tea SET url :tea")
    ana.until(" 761 ana #tea url ")
    joao.until(":ana!ana@user/ana METADATA ana url * http://ana.example")
    server.kill()
    server.start()

    ana = server.login("ana", caps=CAPS)
    joao = server.login("joao", caps=CAPS)
    joao.send("METADATA * SUB url")
    joao.until(" METADATA ana url * http://ana.example")
    joao.send("JOIN #tea")
    joao.until(" METADATA #tea url * tea")
    ana.send("METADATA * CLEAR")
    joao.until(":ana!ana@user/ana METADATA ana url *")
