"""What people do to accounts over the wire: results, limits, delays, and when it is true."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from irc.names import nick_key
from server.accounts.changing import BUSY, DAY_S, Answer, Changes, Policy, Quota, Result
from server.accounts.passwd import PasswordFile
from server.accounts.passwords import PASSWORD_BYTES_MAX
from server.accounts.verifier import Outcome, Verdict, Verifier

New = Callable[..., Verifier]
Ask = Callable[..., Verdict]
Write = Callable[[str], PasswordFile]
OPEN = Policy("open", cost=4, own_words=("chat.local",))
INVITE = replace(OPEN, registration="invite")
STRONG = "seven green lagoons"
ADDRESS = "192.0.2.1"


class Desk:
    """Changes with a verifier of real hashes behind it, and answers waited for."""

    def __init__(self, changes: Changes, answers: Any) -> None:
        self.changes = changes
        self.answers = answers

    def __getattr__(self, name: str) -> Callable[..., Answer]:
        def call(*words: str, address: str = ADDRESS) -> Answer:
            getattr(self.changes, name)(*words, address, self.answers)
            answer: Answer = self.answers.next()
            return answer

        return call


@pytest.fixture
def desk(file: PasswordFile, new_verifier: New, clock: Any, answers: Any) -> Callable[..., Desk]:
    """Makes one with this policy; "right" is everybody's password."""

    def make(policy: Policy = OPEN, **changes: Any) -> Desk:
        verifier = new_verifier(file, **({"delay_s": 0.0} | changes))
        return Desk(Changes(verifier, file, policy, clock, clock), answers)

    return make


def test_a_new_password(desk: Callable[..., Desk], file: PasswordFile) -> None:
    """The right old one lets the new one in, at once: the answer comes behind the change."""
    made = desk()
    before = made.changes.verifier.accounts().get("ana")
    assert made.change_password("ANA", "right", STRONG) == Answer(Result.DONE, "ana")
    after = made.changes.verifier.accounts().get("ana")
    assert after is not None and after != before
    assert file.load().get("ana") == after
    assert made.changes.verifier.reload_if_changed() == frozenset()


def test_real_hashes(file: PasswordFile, answers: Any, ask: Ask) -> None:
    """The old password is wrong afterwards, and the new one right; 1,000 bytes are as good."""
    verifier = Verifier(file, threads=1, queue_max=8, cost=4, delay_s=0, delay_max_s=0)
    try:
        made = Desk(Changes(verifier, file, OPEN), answers)
        long = "é" * (PASSWORD_BYTES_MAX // 2)
        assert made.register("rui", STRONG).result is Result.DONE
        assert made.change_password("rui", STRONG, long).result is Result.DONE
        assert ask(verifier, "rui", STRONG).outcome is Outcome.WRONG
        assert ask(verifier, "rui", long) == Verdict(Outcome.OK, "rui")
        assert ask(verifier, "rui", long[:-1] + "e").outcome is Outcome.WRONG
    finally:
        verifier.close()


@pytest.mark.parametrize(
    ("name", "old"), [("ana", "wrong"), ("bia", "right"), ("nobody", "right"), ("ana", "")]
)
def test_a_wrong_old_password(
    desk: Callable[..., Desk], file: PasswordFile, name: str, old: str
) -> None:
    """Whoever is not the owner changes nothing, and hears one thing, disabled or unknown."""
    before = file.path.read_bytes()
    assert desk().change_password(name, old, STRONG) == Answer(Result.WRONG)
    assert file.path.read_bytes() == before


def test_guessing_by_changing(desk: Callable[..., Desk], clock: Any, answers: Any) -> None:
    """Wrong old passwords are held back as wrong logins are."""
    made = desk(delay_s=2.0)
    made.changes.change_password("ana", "wrong", STRONG, ADDRESS, answers)
    made.changes.change_password("ana", "right", STRONG, "192.0.2.9", answers)
    assert answers.next().result is Result.DONE  # from elsewhere: it overtakes
    clock.advance(2.0)
    assert answers.next() == Answer(Result.WRONG)


@pytest.mark.parametrize(
    ("password", "result"),
    [
        ("password", Result.WEAK),
        ("ana1", Result.WEAK),
        ("chat.local1", Result.WEAK),
        ("x" * (PASSWORD_BYTES_MAX + 1), Result.UNACCEPTABLE),
        ("a\0" + STRONG, Result.UNACCEPTABLE),
        ("", Result.UNACCEPTABLE),
    ],
)
def test_new_passwords_that_will_not_do(
    desk: Callable[..., Desk], file: PasswordFile, password: str, result: Result
) -> None:
    """The rules are chat-admin's, for a changed password and for a new account."""
    before = file.path.read_bytes()
    made = desk()
    for answer in (made.change_password("ana", "right", password), made.register("rui", password)):
        assert answer.result is result
        assert answer.text[0].isupper()
    assert file.path.read_bytes() == before


def test_somebody_else_was_faster(
    desk: Callable[..., Desk], file: PasswordFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An account that was disabled while its password was hashed keeps what the operator did."""
    made = desk()
    monkeypatch.setattr("server.accounts.changing.find_weakness", lambda *_: file.disable("ana"))
    assert made.change_password("ana", "right", STRONG) == Answer(Result.WRONG)
    account = file.load().get("ana")
    assert account is not None and account.disabled
    assert made.changes.verifier.reload_if_changed() == {"ana"}


def test_an_operator_was_faster(
    desk: Callable[..., Desk],
    file: PasswordFile,
    hash_of_cost: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A password that was reset, and loaded, just behind the check of the old one, stays."""
    made = desk()
    verifier, check = made.changes.verifier, made.changes.verifier.try_password

    def slow_check(*words: Any) -> Any:
        found = check(*words)
        file.set_password("ana", hash_of_cost(5))
        verifier.refresh()
        return found

    monkeypatch.setattr(verifier, "try_password", slow_check)
    assert made.change_password("ana", "right", STRONG) == Answer(Result.WRONG)
    account = file.load().get("ana")
    assert account is not None and account.hash == hash_of_cost(5)


def test_refresh_loses_nobody(desk: Callable[..., Desk], file: PasswordFile) -> None:
    """Who was disabled just before somebody's own change is still told of, once."""
    made = desk()
    file.disable("João")
    assert made.change_password("ana", "right", STRONG).result is Result.DONE
    assert made.changes.verifier.reload_if_changed() == {"João"}
    assert made.changes.verifier.reload_if_changed() == frozenset()


def test_open_registration(desk: Callable[..., Desk], file: PasswordFile) -> None:
    """A new account is in the file, and the verifier knows it, before the answer comes."""
    made = desk()
    assert made.register("Rui", STRONG) == Answer(Result.DONE, "Rui")
    assert made.changes.verifier.accounts().get("rui") == file.load().get("rui")


@pytest.mark.parametrize(
    ("name", "result"),
    [
        ("ana", Result.EXISTS),
        ("ANA", Result.BAD_NAME),
        ("аna", Result.BAD_NAME),  # with a Cyrillic letter
        ("bia", Result.EXISTS),  # disabled
        ("NickServ", Result.BAD_NAME),
        ("a b", Result.BAD_NAME),
        ("x" * 33, Result.BAD_NAME),
    ],
)
def test_names_that_cannot_be_had(
    desk: Callable[..., Desk], file: PasswordFile, name: str, result: Result
) -> None:
    """The rules are chat-admin's; none of them changes the file."""
    before = file.path.read_bytes()
    for policy in (OPEN, INVITE):
        assert desk(policy).register(name, STRONG).result is result
    assert file.path.read_bytes() == before


def test_a_name_taken_meanwhile(
    desk: Callable[..., Desk], file: PasswordFile, hash_of_cost: Any
) -> None:
    """The file decides, not what the verifier knew; the place of the day is given back."""
    made = desk(replace(OPEN, day_max=1))
    file.add("rui", hash_of_cost(4), 32)
    assert made.register("rui", STRONG).result is Result.EXISTS
    assert made.register("eva", STRONG).result is Result.DONE


def test_registrations_of_a_day(desk: Callable[..., Desk], clock: Any) -> None:
    """registrations_per_address_day_max, then registrations_per_day_max; a day later it goes on."""
    made = desk(replace(OPEN, day_max=3, address_day_max=2))
    assert made.register("rui", STRONG).result is Result.DONE
    assert made.register("eva", STRONG).result is Result.DONE
    assert made.register("gil", STRONG).result is Result.TOO_MANY
    assert made.register("gil", STRONG, address="192.0.2.2").result is Result.DONE
    assert made.register("leo", STRONG, address="192.0.2.3").result is Result.TOO_MANY
    clock.advance(DAY_S)
    assert made.register("leo", STRONG).result is Result.DONE


def test_one_ipv6_customer_is_one_address(desk: Callable[..., Desk]) -> None:
    """A /64 counts once."""
    made = desk(replace(OPEN, address_day_max=1))
    assert made.register("rui", STRONG, address="2001:db8::1").result is Result.DONE
    assert made.register("eva", STRONG, address="2001:db8::2").result is Result.TOO_MANY


def test_an_invitation(desk: Callable[..., Desk], file: PasswordFile, clock: Any) -> None:
    """First the hash comes back and nothing is written; the code then makes the account."""
    made = desk(INVITE)
    code = made.changes.invites.create(1, 7, clock())
    first = made.register("rui", STRONG)
    assert first.result is Result.NEEDS_CODE and first.hash.startswith("$2b$04$")
    assert STRONG not in repr(first) and first.hash not in repr(first)
    assert file.load().get("rui") is None
    assert made.redeem("rui", first.hash, "wrong").result is Result.BAD_CODE
    assert made.redeem("rui", first.hash, code) == Answer(Result.DONE, "rui")
    account = file.load().get("rui")
    assert account is not None and account.hash == first.hash
    assert made.redeem("eva", first.hash, code).result is Result.BAD_CODE


def test_an_invitation_is_not_lost(
    desk: Callable[..., Desk], file: PasswordFile, clock: Any, hash_of_cost: Any
) -> None:
    """A code that could not make an account can be used again."""
    made = desk(INVITE)
    code = made.changes.invites.create(1, 7, clock())
    assert made.redeem("ana", hash_of_cost(4), code).result is Result.EXISTS
    assert made.redeem("rui", hash_of_cost(4), code).result is Result.DONE


def test_the_account_of_an_operator_to_be(
    desk: Callable[..., Desk], file: PasswordFile, clock: Any, hash_of_cost: Any
) -> None:
    """The config names an operator by an account that is not there (yet, or any more): whoever made
    it would be operator of the server. Neither REGISTER nor an invitation does."""
    before = file.path.read_bytes()
    operators = frozenset({nick_key("boss")})
    for policy in (OPEN, INVITE):
        answer = desk(replace(policy, operators=operators)).register("Boss", STRONG)
        assert answer.result is Result.BAD_NAME and "operator" in answer.text
    made = desk(INVITE)
    code = made.changes.invites.create(1, 7, clock())
    made.changes.policy = replace(INVITE, operators=operators)  # by a reload
    assert made.redeem("boss", hash_of_cost(4), code).result is Result.BAD_NAME
    assert file.path.read_bytes() == before
    assert made.redeem("eva", hash_of_cost(4), code).result is Result.DONE


def test_a_name_with_a_past_by_the_time_of_the_code(
    desk: Callable[..., Desk], file: PasswordFile, clock: Any, hash_of_cost: Any
) -> None:
    """Somebody had the name between REGISTER and VERIFY, and has left something behind."""
    made = desk(INVITE)
    code = made.changes.invites.create(1, 7, clock())
    first = made.register("rui", STRONG)
    made.changes.has_past = lambda name: name == "rui"
    answer = made.redeem("rui", first.hash, code)
    assert answer.result is Result.BAD_NAME and "is gone" in answer.text
    assert file.load().get("rui") is None
    assert made.redeem("eva", first.hash, code).result is Result.DONE  # the use was given back


def test_guessing_codes(desk: Callable[..., Desk], clock: Any, answers: Any) -> None:
    """A wrong code is held back as a wrong password is."""
    made = desk(INVITE, delay_s=2.0)
    made.changes.redeem("rui", "x", "wrong", ADDRESS, answers)
    made.changes.register("eva", STRONG, "192.0.2.9", answers)
    assert answers.next().result is Result.NEEDS_CODE
    clock.advance(2.0)
    assert answers.next().result is Result.BAD_CODE


@pytest.mark.parametrize("registration", ["closed", "invite", "open"])
def test_closed(desk: Callable[..., Desk], file: PasswordFile, registration: Any) -> None:
    """What the policy does not allow makes no account, whatever the core let through."""
    made = desk(replace(OPEN, registration=registration))
    before = file.path.read_bytes()
    if registration == "closed":
        assert made.register("rui", STRONG).result is Result.FAILED
    if registration != "invite":
        assert made.redeem("rui", "x", "code").result is Result.FAILED
    assert file.path.read_bytes() == before


def test_a_file_that_cannot_be_written(desk: Callable[..., Desk], file: PasswordFile) -> None:
    """FAILED, and the place of the day is given back."""
    made = desk(replace(OPEN, day_max=1))
    file.path.chmod(0o644)
    assert made.register("rui", STRONG).result is Result.FAILED
    made.changes.verifier.refresh()  # leaves everything as it was
    assert made.changes.verifier.accounts().get("ana") is not None
    file.path.chmod(0o600)
    assert made.register("rui", STRONG).result is Result.DONE


def test_no_room(desk: Callable[..., Desk]) -> None:
    """A closed pool answers BUSY at once."""
    made = desk()
    made.changes.verifier.close()
    assert made.register("rui", STRONG) == BUSY


def test_quota_is_bounded() -> None:
    """A place is one for a day; none beyond the limits."""
    quota = Quota(lambda: 0.0)
    place = quota.take("a", 1, 1)
    assert place and not quota.take("b", 1, 1)
    quota.give_back(place)
    assert quota.take("b", 1, 1)
