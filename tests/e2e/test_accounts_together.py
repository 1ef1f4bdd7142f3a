"""The password file and the invitations, edited by a running server and by others at once.

Real processes: a thread of ours would hold other locks than the kernel's.
"""

import subprocess
import sys
import threading
import time

from server.accounts.invites import InviteFile
from server.accounts.passwd import PasswordFile
from tests.support.server_process import HASH, PASSWORD, ROOT

EDITS = """
import sys
from pathlib import Path
from server.accounts.passwd import PasswordFile
file, name = PasswordFile(Path(sys.argv[1]), 60.0), sys.argv[2]
for number in range(int(sys.argv[3])):
    file.add(f"{name}{number}", sys.argv[4], 32)
    file.disable(f"{name}{number}")
"""
EACH = 12
LIMITS = """
login_attempts_max = 100
lines_burst = 500
lines_per_s = 1000.0
"""


def in_threads(*jobs):
    """Do all of these at once."""
    threads = [threading.Thread(target=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_no_edit_is_lost(make_server):
    """Accounts made over the wire and by other processes, new passwords: all are there."""
    settings = 'required = false\nregistration = "open"\nregistrations_per_address_day_max = 50'
    server = make_server(account_settings=settings, limits=LIMITS)
    path = server.folder / "passwd"
    people = {name: server.login(name) for name in ("ana", "joao")}
    made = []

    def change(name):
        old = PASSWORD
        for number in range(EACH):
            new = f"{name} wants another one, {number}"
            people[name].send(f'NS PASSWD "{old}" "{new}"')
            assert "is changed" in people[name].until("NickServ!")[-1]
            old = new

    def register():
        for number in range(EACH):
            person = server.connect()
            person.send(f"NICK wire{number}", "CAP REQ draft/account-registration")
            person.send(f"REGISTER * * :seven green lagoons {number}")
            made.extend(person.until("REGISTER SUCCESS")[-1:])

    others = [
        subprocess.Popen([sys.executable, "-c", EDITS, str(path), name, str(EACH), HASH], cwd=ROOT)
        for name in ("left", "right")
    ]
    in_threads(lambda: change("ana"), lambda: change("joao"), register)
    assert [other.wait(60) for other in others] == [0, 0]
    accounts = PasswordFile(path).load()
    assert len(made) == EACH
    assert {account.name for account in accounts if account.disabled} == {
        f"{name}{number}" for name in ("left", "right") for number in range(EACH)
    }
    assert {account.name for account in accounts if not account.disabled} == {
        "ana",
        "joao",
        *(f"wire{number}" for number in range(EACH)),
    }
    last = server.login("ana", password=f"ana wants another one, {EACH - 1}")
    last.send("QUIT")
    assert not list(server.folder.glob("passwd*.tmp"))


def test_an_invitation_is_used_as_often_as_it_may_be(make_server):
    """Nine come with a code for four at the same moment: four get in."""
    settings = 'required = false\nregistration = "invite"\nbcrypt_threads = 4'
    server = make_server(account_settings=settings, limits=LIMITS)
    code = InviteFile(server.folder / "passwd").create(4, 1, time.time())
    people = [server.connect() for _ in range(9)]
    for number, person in enumerate(people):
        person.send(f"NICK eva{chr(97 + number)}", "CAP REQ draft/account-registration")
        person.send(f"REGISTER * * :seven green lagoons {number}")
    for person in people:
        person.until("VERIFICATION_REQUIRED")
    for number, person in enumerate(people):
        person.send(f"VERIFY eva{chr(97 + number)} {code}")
    answers = [person.until(" VERIFY ")[-1] for person in people]
    assert sum("SUCCESS" in answer for answer in answers) == 4
    assert sum("INVALID_CODE" in answer for answer in answers) == 5
    assert len(PasswordFile(server.folder / "passwd").load()) == 2 + 4


def test_one_name_is_made_once(make_server):
    """Several register one name at the same moment, in any case: one gets it."""
    settings = 'required = false\nregistration = "open"\nregistrations_per_address_day_max = 50'
    server = make_server(account_settings=settings, limits=LIMITS)
    people = [server.connect(source=f"127.0.0.{number}") for number in range(2, 10)]
    for person in people:
        person.send("NICK x" + str(person.sock.fileno()), "CAP REQ draft/account-registration")
        person.until("ACK")
    for number, person in enumerate(people):
        name = "rui" if number % 2 else "RUI"
        person.send(f"REGISTER {name} * :seven green lagoons {number}")
    answers = [person.until(" REGISTER ")[-1] for person in people]
    assert sum("SUCCESS" in answer for answer in answers) == 1, answers
    assert len(PasswordFile(server.folder / "passwd").load()) == 2 + 1
