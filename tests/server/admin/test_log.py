"""chat-admin log: check, backup, export, erase, stats (server/admin/log.py)."""

import contextlib
import json
import sqlite3

import pytest

from irc.names import NickKey, RoomKey
from server.admin.__main__ import main
from server.core import facts
from server.core.facts import UserId, conversation_of
from server.lockfile import DataFolder
from server.log.connecting import FILE_NAME
from server.log.errors import LogUnusable
from server.log.sqlite import SqliteLog

LOBBY = facts.Conversation(RoomKey("#lobby"))
PAIR = conversation_of(NickKey("ana"), NickKey("joao"))


def said(number, conversation, account, text, at=0):
    target = "#lobby" if conversation == LOBBY else "joao"
    return facts.Said(
        f"m{conversation}{number}",
        1_700_000_000_000 + number + at,
        conversation,
        number,
        UserId(1),
        f"{account}!{account}@user/{account}",
        account,
        target,
        "PRIVMSG",
        text,
    )


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A config, and a history with three messages in a room and one in private."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").write_text("")
    (tmp_path / "data").mkdir(mode=0o700)
    log = SqliteLog(tmp_path / "data" / FILE_NAME)
    log.restore()
    log.accept(
        [
            said(1, LOBBY, "ana", "one"),
            said(2, LOBBY, "joao", "two"),
            said(3, LOBBY, "ana", "three"),
            said(1, PAIR, "ana", "psst", at=9),
        ]
    )
    log.close()
    return tmp_path


def test_stats_counts_what_there_is(folder, capsys):
    """For people in rows, for programs as JSON."""
    assert main(["log", "stats"]) == 0
    assert "messages" in capsys.readouterr().out

    assert main(["log", "stats", "--json"]) == 0
    counted = json.loads(capsys.readouterr().out)
    assert (counted["messages"], counted["conversations"]) == (4, 2)


def test_check_finds_nothing_in_a_whole_history(folder, capsys):
    """It says so, and exits with 0."""
    assert main(["log", "check"]) == 0
    assert "is whole" in capsys.readouterr().err


def test_check_finds_a_gap(folder, capsys):
    """What is damaged is listed; exit code 65, and what to do."""
    with sqlite3.connect(folder / "data" / FILE_NAME) as database:
        database.execute("DELETE FROM messages WHERE msgid = ?", (f"m{LOBBY}2",))
    database.close()

    assert main(["log", "check"]) == 65
    shown = capsys.readouterr()
    assert "#lobby" in shown.out
    assert "backup" in shown.err


def test_a_backup_is_a_history(folder, capsys):
    """The copy can be read as the history itself; a file that is there is not overwritten."""
    assert main(["log", "backup", "copy.db"]) == 0
    (folder / "data" / FILE_NAME).unlink()
    (folder / "copy.db").rename(folder / "data" / FILE_NAME)
    assert main(["log", "export"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 4

    (folder / "there").write_text("mine")
    assert main(["log", "backup", "there"]) == 65
    assert (folder / "there").read_text() == "mine"


def test_export_is_one_object_a_line(folder, capsys):
    """All, of one room, or of one account with both sides of its private exchanges."""
    texts = {}
    for words in ([], ["--room", "#LOBBY"], ["--account", "joao"]):
        assert main(["log", "export", *words]) == 0
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        texts[tuple(words)] = [line["params"][1] for line in lines]

    assert texts[()] == ["one", "two", "three", "psst"]
    assert texts["--room", "#LOBBY"] == ["one", "two", "three"]
    assert texts["--account", "joao"] == ["two", "psst"]


def test_export_of_nothing_says_so(folder, capsys):
    """A misspelt name is no silence; the "#" may be left out, for shells take it for a comment."""
    assert main(["log", "export", "--account", "nosuch"]) == 0
    told = capsys.readouterr()
    assert (told.out, "nothing is kept of nosuch" in told.err) == ("", True)
    assert main(["log", "export", "--room", "lobby"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3
    (folder / "data" / FILE_NAME).unlink()
    SqliteLog(folder / "data" / FILE_NAME).close()
    assert main(["log", "export"]) == 0
    assert "nothing is kept yet" in capsys.readouterr().err


def test_erase_of_nobody(folder, capsys):
    """A misspelt name erases nothing, and does not look as if it had."""
    assert main(["log", "erase", "--account", "nosuch", "--yes"]) == 65
    assert 'nothing is kept of an account "nosuch"' in capsys.readouterr().err


def test_backup_into_nowhere(folder, capsys):
    """The reason is the system's, without Python's number and the name of a file of ours."""
    assert main(["log", "backup", str(folder / "no" / "b.db")]) == 65
    assert "b.db: No such file or directory\n" in capsys.readouterr().err


def test_erase_wants_to_be_sure(folder, capsys):
    """Without a terminal and without --yes nothing happens; with it the words are gone."""
    assert main(["log", "erase", "--account", "ana"]) == 1
    assert "nothing was erased" in capsys.readouterr().err

    assert main(["log", "erase", "--account", "ana", "--yes"]) == 0
    capsys.readouterr()
    main(["log", "export"])
    out = capsys.readouterr().out
    assert "one" not in out and "psst" not in out
    assert "two" in out
    assert b"psst" not in (folder / "data" / FILE_NAME).read_bytes()


def test_erase_waits_for_no_server(folder, capsys):
    """While a server holds the data folder nothing is erased; exit code 75."""
    with DataFolder(folder / "data"):
        assert main(["log", "erase", "--account", "ana", "--yes"]) == 75
    assert "stop the server" in capsys.readouterr().err


def test_without_a_history(folder, capsys):
    """It says where it would be."""
    (folder / "data" / FILE_NAME).unlink()

    assert main(["log", "stats"]) == 65
    assert "no history yet" in capsys.readouterr().err


def test_acts_says_who_did_it(folder, capsys):
    """All, of a room, of an account (what it did and what was done to it); in words or as JSON."""
    log = SqliteLog(folder / "data" / FILE_NAME)
    log.accept(
        [
            facts.ActNoted(1_700_000_000_000, "Ana", "ana", "KICK", "#Lobby", "joao", "too loud"),
            facts.ActNoted(1_700_000_001_000, "bob", "", "KILL", "", "eve\x1b[2J", ""),
            facts.ActNoted(1_700_000_002_000, "Ana", "ana", "OPER", "", "Ana", ""),
            facts.ActNoted(1_700_000_003_000, "Ana", "ana", "MODE", "#tea", "joao", "+o"),
        ]
    )
    log.close()

    assert main(["log", "acts"]) == 0
    first, second, _third, fourth = capsys.readouterr().out.splitlines()
    assert first == "2023-11-14T22:13:20.000Z ana KICK #Lobby joao too loud"
    assert fourth.endswith(" ana MODE #tea +o joao")
    assert "bob KILL eve" in second and "\x1b" not in second
    found = {}
    for words in (["--room", "#lobby"], ["--account", "ANA"], ["--account", "joao"]):
        assert main(["log", "acts", "--json", *words]) == 0
        lines = capsys.readouterr().out.splitlines()
        found[words[1]] = [json.loads(line)["what"] for line in lines]
    assert found == {"#lobby": ["KICK"], "ANA": ["KICK", "OPER", "MODE"], "joao": ["KICK", "MODE"]}


def test_acts_of_an_old_history(folder, capsys):
    """Before a server of this version has opened it there is no table: an error, no crash."""
    with sqlite3.connect(folder / "data" / FILE_NAME) as database:
        database.execute("DROP TABLE acts")
    database.close()

    assert main(["log", "acts"]) == 65
    assert "acts" in capsys.readouterr().err


HASH = "$2b$12$abcdefghijklmnopqrstu.abcdefghijklmnopqrstuvwxyz0123."


@pytest.fixture
def people(folder):
    """Ana and João have accounts, too."""
    path = folder / "passwd"
    path.touch(0o600)
    path.write_text(f"ana:{HASH}\njoao:{HASH}\n")
    return path


def export_of(account, capsys):
    capsys.readouterr()
    assert main(["log", "export", "--account", account]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_rename_takes_the_history_along(folder, people, capsys):
    """What Ana said in private is Zoe's now, and no next Ana's."""
    (folder / "config.toml").write_text('[operators.boss]\naccount = "ana"\n')
    assert main(["rename", "ana", "zoe"]) == 0
    assert people.read_text() == f"zoe:{HASH}\njoao:{HASH}\n"
    assert 'config.toml still says operators.boss.account = "ana"' in capsys.readouterr().err
    assert export_of("ana", capsys) == []
    assert [entry["conversation"] for entry in export_of("zoe", capsys)] == [
        "#lobby",
        "#lobby",
        "joao,zoe",
    ]


def test_rename_waits_for_no_server(folder, people, capsys):
    """A running server knows the old name: nothing changes, and the sentence says what to do."""
    with DataFolder(folder / "data"):
        assert main(["rename", "ana", "zoe"]) == 75
    assert "stop the server first" in capsys.readouterr().err
    assert people.read_text() == f"ana:{HASH}\njoao:{HASH}\n"
    assert len(export_of("ana", capsys)) == 3


def test_rename_to_a_name_with_a_past(folder, people, capsys):
    """Somebody was Zoe before: the two cannot be made one."""
    people.write_text(f"ana:{HASH}\n")
    assert main(["rename", "ana", "joao"]) == 65
    error = capsys.readouterr().err
    assert 'messages of an earlier account "joao" are still kept' in error
    assert "chat-admin log erase --account joao" in error
    assert people.read_text() == f"ana:{HASH}\n"


def test_rename_in_both_places_or_in_none(folder, people, capsys, monkeypatch):
    """If the history cannot be written in the end, the accounts file has the old name again."""

    @contextlib.contextmanager
    def fails(path, account, name):
        yield
        raise LogUnusable("the disk is full", "")

    monkeypatch.setattr("server.admin.commands.renamed", fails)
    assert main(["rename", "ana", "zoe"]) == 65
    assert people.read_text() == f"ana:{HASH}\njoao:{HASH}\n"


def test_remove_says_what_stays(folder, people, capsys):
    """The messages are kept, and the next account of that name is not given them by accident."""
    assert main(["remove", "ana", "--yes"]) == 0
    error = capsys.readouterr().err
    assert "what it said is kept" in error
    assert "next: chat-admin log erase --account ana" in error
    assert main(["add", "ana", "--generate"]) == 65
    error = capsys.readouterr().err
    assert "a new one could read its private ones" in error
    assert "log erase --account ana" in error
    assert people.read_text() == f"joao:{HASH}\n"
    assert main(["add", "ana", "--generate", "--same-person"]) == 0
    assert len(export_of("ana", capsys)) == 3


def test_remove_and_erase(folder, people, capsys):
    """Both at once, with the server stopped; then the name is free."""
    with DataFolder(folder / "data"):
        assert main(["remove", "ana", "--yes", "--erase"]) == 75
    assert people.read_text() == f"ana:{HASH}\njoao:{HASH}\n"
    assert main(["remove", "ana", "--yes", "--erase"]) == 0
    assert "and all that it said" in capsys.readouterr().err
    assert people.read_text() == f"joao:{HASH}\n"
    assert export_of("ana", capsys) == []
    assert main(["add", "ana", "--generate"]) == 0


def test_remove_of_somebody_silent(folder, people, capsys):
    """Nothing is kept, so nothing is said about it."""
    people.write_text(f"eva:{HASH}\n")
    assert main(["remove", "eva", "--yes"]) == 0
    assert "next: chat-admin list" in capsys.readouterr().err
