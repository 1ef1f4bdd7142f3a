"""Invitations: codes that make accounts, used so often, good so long, kept as digests."""

from pathlib import Path

import pytest

from server.accounts.errors import BadInvitation, BadPasswordFile
from server.accounts.invites import INVITES_MAX, Invitation, InviteFile

NOW = 1_000_000.0
DAY = 86_400


@pytest.fixture
def invites(tmp_path: Path) -> InviteFile:
    """No invitations yet, beside a password file that need not be there."""
    return InviteFile(tmp_path / "passwd")


def test_a_code_is_used_up(invites: InviteFile) -> None:
    """It is good for as many accounts as it says, however it is typed."""
    code = invites.create(2, 7, NOW)
    invites.redeem(code.upper().replace("-", " "), NOW)
    invites.redeem(code.replace("-", ""), NOW)
    with pytest.raises(BadInvitation):
        invites.redeem(code, NOW)
    invites.give_back(code)
    invites.redeem(code, NOW)


def test_a_code_ends(invites: InviteFile) -> None:
    """After its days nobody comes in with it."""
    code = invites.create(1, 2, NOW)
    with pytest.raises(BadInvitation):
        invites.redeem(code, NOW + 2 * DAY + 1)
    invites.redeem(code, NOW + 2 * DAY)


def test_the_file_has_no_code(invites: InviteFile) -> None:
    """Only digests are written, for nobody else to read (mode 0600)."""
    code = invites.create(1, 1, NOW)
    content = invites.path.read_text()
    assert code not in content and code.replace("-", "") not in content
    assert invites.path.stat().st_mode & 0o777 == 0o600
    assert invites.path.name == "passwd.invites"


def test_removal(invites: InviteFile) -> None:
    """By the name that lists show, or by the code; an unknown one is refused."""
    one, other = invites.create(1, 1, NOW), invites.create(5, 1, NOW)
    invites.remove(invites.load()[0].name)
    with pytest.raises(BadInvitation):
        invites.redeem(one, NOW)
    invites.remove(other)
    assert invites.load() == ()
    with pytest.raises(BadInvitation):
        invites.remove("12345678")


def test_old_ones_go(invites: InviteFile) -> None:
    """What is used up or too old leaves the file when the next one is made."""
    used = invites.create(1, 9, NOW)
    invites.create(1, 1, NOW)
    invites.redeem(used, NOW)
    invites.create(3, 1, NOW + 5 * DAY)
    assert [each.uses for each in invites.load()] == [3]


def test_as_many_as_there_may_be(invites: InviteFile) -> None:
    """INVITES_MAX is the end."""
    lines = [str(Invitation(f"{number:064x}", 1, int(NOW))) for number in range(INVITES_MAX)]
    invites.path.touch(0o600)
    invites.path.write_text("\n".join(lines) + "\n")
    with pytest.raises(BadInvitation, match=str(INVITES_MAX)):
        invites.create(1, 1, NOW)


def test_a_damaged_file(invites: InviteFile) -> None:
    """A line that is none refuses the file, and says where."""
    invites.create(1, 1, NOW)
    with invites.path.open("a") as file:
        file.write("hello\n")
    with pytest.raises(BadPasswordFile, match="line 2"):
        invites.redeem("x", NOW)


def test_no_file(invites: InviteFile) -> None:
    """Without a file there are none."""
    assert invites.load() == ()
    with pytest.raises(BadInvitation):
        invites.redeem("x", NOW)
