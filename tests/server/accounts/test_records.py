"""The lines of the password file: strict, all or nothing, comments kept, names apart."""

from collections.abc import Callable

import pytest
from hypothesis import given, strategies as st

from irc.names import RESERVED_NICKS
from server.accounts.errors import (
    AccountExists,
    BadAccountName,
    BadPasswordFile,
    LookAlikeAccount,
)
from server.accounts.records import (
    NAME_CHARS_MAX,
    PROBLEMS_MAX,
    Account,
    Accounts,
    accounts_of,
    check_new_name,
    is_reserved,
    parse,
    render,
    replaced,
)

HASH = "$2b$04$abcdefghijklmnopqrstu.abcdefghijklmnopqrstuvwxyz0123."


def test_parse() -> None:
    """One `name:hash` a line, `!` disables, comments and blank lines are skipped."""
    text = f"# people\n\nana:{HASH}\n  # more\nJoão:!{HASH}\r\n\t\nzé:{HASH} "
    accounts = accounts_of(parse(text.encode()))
    assert list(accounts) == [
        Account("ana", HASH),
        Account("João", HASH, disabled=True),
        Account("zé", HASH),
    ]
    assert [account.line for account in accounts] == [3, 5, 7]
    assert accounts.costs == (4, 4, 4)


def test_found_by_any_spelling() -> None:
    """A name is found in any case and normal form, and is spelled as in the file."""
    accounts = Accounts([Account("João", HASH)])
    for spelling in ("João", "JOÃO", "joa\u0303o"):
        found = accounts.get(spelling)
        assert found is not None
        assert found.name == "João"
    for other in ("joao", "", "x" * 10_000, "a b", "\0", "\udcff", "joão\u200b"):
        assert accounts.get(other) is None


def test_the_hash_is_not_shown() -> None:
    """A hash is half a password: no repr shows it."""
    assert HASH not in repr(Account("ana", HASH))


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("hunter2", "line 2: not of the form name:hash"),
        (f":{HASH}", "cannot be the name"),
        (f"a b:{HASH}", "cannot be the name"),
        (f" bia:{HASH}", "cannot be the name"),
        (f"{'x' * (NAME_CHARS_MAX + 1)}:{HASH}", "cannot be the name"),
        (f"\ufeffbia:{HASH}", "cannot be the name"),
        ("bia:", 'hash of "bia" is not a bcrypt hash'),
        ("bia:!", "is not a bcrypt hash"),
        (f"bia:!!{HASH}", "is not a bcrypt hash"),
        (f"bia:{HASH}:extra", "has a key that is no SHA-256"),
        ("bia:$apr1$x$y", "is not a bcrypt hash"),
        (f"bia: {HASH}", "is not a bcrypt hash"),
        (f"bia:{HASH.replace('$04$', '$15$')}", 'cost of "bia" is 15: must be 4 to 14'),
        (f"bia:{HASH.replace('$04$', '$31$')}", "is 31"),
        (f"bia:{HASH.replace('$04$', '$03$')}", "is 3:"),
        (f"ANA:{HASH}", '"ANA" is the same name as "ana" on line 1'),
    ],
)
def test_a_wrong_line_refuses_the_file(line: str, says: str) -> None:
    """One wrong line refuses the whole file, and says where and what."""
    with pytest.raises(BadPasswordFile, match="line 2") as refused:
        parse(f"ana:{HASH}\n{line}\nze:{HASH}\n".encode())
    assert says in str(refused.value)
    assert refused.value.problems[0].line == 2
    assert refused.value.problems[0].hint()


def test_a_wrong_line_is_not_quoted() -> None:
    """A line without a colon may be a password somebody pasted: it is not repeated."""
    with pytest.raises(BadPasswordFile) as refused:
        parse(b"hunter2\n")
    assert "hunter2" not in repr([problem.text() for problem in refused.value.problems])


def test_every_problem_is_told() -> None:
    """All problems of a file at once, with their lines, but not thousands of them."""
    with pytest.raises(BadPasswordFile) as refused:
        parse(f"x\nana:{HASH}\ny\n".encode())
    assert [problem.line for problem in refused.value.problems] == [1, 3]
    with pytest.raises(BadPasswordFile) as refused:
        parse(b"x\n" * (PROBLEMS_MAX + 7))
    assert len(refused.value.problems) == PROBLEMS_MAX + 1
    assert refused.value.problems[-1].text() == "and 7 more wrong lines"


def test_hostile_names_are_made_safe() -> None:
    """A name from the file reaches a sentence sanitised and cut."""
    with pytest.raises(BadPasswordFile) as refused:
        parse(f"\x1b]52;c;x\x07{'y' * 10_000}:{HASH}\n".encode())
    text = str(refused.value)
    assert not [char for char in text if ord(char) < 32 or ord(char) == 127]
    assert len(text) < 300


def test_untouched_lines_stay_as_they_are() -> None:
    """An edit keeps comments, blank lines, order and odd bytes of all other lines."""
    content = f"# caf\xe9 \n\nana:{HASH}\r\n#x\x00\nze:!{HASH}\n".encode("latin-1")
    lines = parse(content)
    assert render(lines) == content
    ze = accounts_of(lines).get("ze")
    assert ze is not None
    edited = render(replaced(lines, ze.key, Account("ze", HASH)))
    assert edited == content.replace(b"ze:!", b"ze:")
    assert render(replaced(lines, ze.key, None)) == content[: content.index(b"ze:")]


def test_a_last_line_without_end_gets_one() -> None:
    """A file that does not end in LF is taken, and ends in one after an edit."""
    assert render(parse(f"ana:{HASH}".encode())) == f"ana:{HASH}\n".encode()
    assert parse(b"") == ()


@given(st.binary(max_size=300))
def test_any_bytes(content: bytes) -> None:
    """Any bytes are refused as a password file or are kept exactly."""
    try:
        lines = parse(content)
    except BadPasswordFile as error:
        assert error.problems
    else:
        assert render(lines).rstrip(b"\n") == content.rstrip(b"\n")


GOOD_LINES = st.sampled_from(
    ["", "# note", f"ana:{HASH}", f"bia:!{HASH}", f"cai:{HASH.replace('$2b', '$2y')}", f"dé:{HASH}"]
)
PIECES = st.sampled_from(["ana", ":", "!", "$", HASH, HASH[:-1], "#", " ", "\r", "\x00", "é", "2b"])


@given(
    st.lists(GOOD_LINES, max_size=6, unique=True),
    st.lists(PIECES, max_size=5).map("".join),
    st.integers(0, 6),
)
def test_never_half_loaded(lines: list[str], odd: str, at: int) -> None:
    """Every line that is neither blank nor a comment becomes an account, or none does."""
    lines.insert(at, odd)
    told = [
        line for line in lines if line.strip(" \t\r") and not line.strip(" \t\r").startswith("#")
    ]
    try:
        accounts = accounts_of(parse("\n".join(lines).encode()))
    except BadPasswordFile:
        return
    assert len(accounts) == len(told)
    assert sorted(str(account) for account in accounts) == sorted(
        line.rstrip(" \t\r") for line in told
    )


@pytest.mark.parametrize("name", ["", "1ana", "-x", "a b", "ana\n", "a:b", "#a", "аna", "x" * 33])
def test_a_new_name_must_be_a_nick(name: str) -> None:
    """A name that could not be a nick is refused, mixed scripts among them."""
    with pytest.raises(BadAccountName):
        check_new_name(Accounts(), name, 32)
    check_new_name(Accounts(), "x" * 32, 32)


@pytest.mark.parametrize("name", [*sorted(RESERVED_NICKS)[:3], "NickServ", "ChanServ"])
def test_a_reserved_name_is_refused(name: str) -> None:
    """Nobody is called as the server's own services are."""
    assert is_reserved(name)
    with pytest.raises(BadAccountName, match="reserved"):
        check_new_name(Accounts(), name, 32)


def test_look_alikes_are_refused() -> None:
    """A name that folds to or looks like an existing one is refused."""
    accounts = Accounts([Account("ana", HASH), Account("ahoj", HASH)])
    with pytest.raises(AccountExists, match='"ana" already exists'):
        check_new_name(accounts, "ana", 32)
    with pytest.raises(LookAlikeAccount, match='"Ana" looks like the existing account "ana"'):
        check_new_name(accounts, "Ana", 32)
    with pytest.raises(LookAlikeAccount, match='looks like the existing account "ahoj"'):
        check_new_name(accounts, "аһој", 32)  # Cyrillic, all four
    for other in ("anna", "aná", "hojo"):
        check_new_name(accounts, other, 32)


def test_renaming_leaves_itself_out() -> None:
    """An account may be renamed to another spelling of its own name."""
    ana = Account("ana", HASH)
    check_new_name(Accounts([ana]), "Ana", 32, leaving_out=ana.key)


def test_hash_fixture(hash_of_cost: Callable[[int], str]) -> None:
    """The hashes that other tests use are such as the loader takes."""
    assert accounts_of(parse(f"ana:{hash_of_cost(14)}".encode())).costs == (14,)
