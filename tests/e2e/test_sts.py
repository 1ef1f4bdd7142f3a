"""Strict transport security, switched on and taken back while the server runs."""

import signal


def test_sts_follows_the_config(make_server):
    """SIGHUP after a change of `tls.sts_days`: who is here is told, who comes sees it."""
    server = make_server()
    config = server.folder / "config.toml"
    text = config.read_text()
    ana = server.login("ana")

    for days, told in ((30, "2592000"), (0, "0")):
        config.write_text(text.replace("[tls]", f"[tls]\nsts_days = {days}"))
        server.process.send_signal(signal.SIGHUP)
        assert ana.line() == f":chat.local CAP ana NEW :sts=duration={told}"
        joao = server.connect()
        joao.send("CAP LS 302")
        assert f" sts=duration={told} " in " ".join(joao.until(" LS :"))
