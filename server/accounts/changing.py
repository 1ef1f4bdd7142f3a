"""What people do to accounts over the wire: a new password for theirs, a new account. On the pool.

Called by the registrar. Everything slow (bcrypt, the strength of a password, the files) happens in
jobs of the verifier's pool, behind the same turns and delays as logins; the answer comes on a pool
thread, after the file is written and the verifier knows it. Nothing here logs a name or a password.

Three jobs:

- *change*: the old password is checked as at a login, with the same delays; then the new one is
  written, unless the account was changed meanwhile;
- *register*: whether the name can be had and the password will do. Where everybody may register,
  the account is made, within the day's limits; where an invitation is needed, the answer is the
  password's hash, for the core to keep until the code is said, instead of the password;
- *redeem*: the code is used once, and the account is made. Wrong codes are held back as wrong
  passwords are.
"""

import enum
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from irc.names import NickKey, nick_key
from server.accounts.errors import (
    AccountExists,
    AccountsError,
    BadAccountName,
    BadInvitation,
    BadPassword,
    LookAlikeAccount,
    UnknownAccount,
)
from server.accounts.invites import InviteFile
from server.accounts.passwd import PasswordFile
from server.accounts.passwords import Secret, bcrypt_input, hash_password
from server.accounts.records import check_new_name
from server.accounts.slowdown import address_key
from server.accounts.strength import find_weakness
from server.accounts.verifier import BUSY_RETRY_S, Outcome, Verifier

DAY_S: Final = 86_400.0

ADDRESSES_MAX: Final = 65_536
"""Addresses whose registrations are counted; the total of the day bounds them far below this."""

WEAK: Final = "Too easy to guess: four words that have nothing to do with each other are strong"
BAD_NAME: Final = "This cannot be the name of an account"

Registration = Literal["closed", "open", "invite"]


class Result(enum.Enum):
    """How it ended."""

    DONE = "done"
    NEEDS_CODE = "needs_code"
    WRONG = "wrong"
    WEAK = "weak"
    UNACCEPTABLE = "unacceptable"
    EXISTS = "exists"
    BAD_NAME = "bad_name"
    BAD_CODE = "bad_code"
    TOO_MANY = "too_many"
    BUSY = "busy"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of it. `text` is an English sentence, where there is one to add."""

    result: Result
    account: str = ""
    text: str = ""
    hash: str = field(default="", repr=False)
    retry_after_s: float = 0.0


Reply = Callable[[Answer], None]

AN_OPERATORS: Final = Answer(
    Result.BAD_NAME, text="This name is kept for an operator of the server: ask for the account"
)
HAD_OWNER: Final = Answer(
    Result.BAD_NAME,
    text="An account that is gone had this name: choose another, or ask the operator",
)
BUSY: Final = Answer(Result.BUSY, retry_after_s=BUSY_RETRY_S)
FAILED: Final = Answer(Result.FAILED)


@dataclass(frozen=True, slots=True)
class Policy:
    """What the config says about it. `own_words` are what a guesser knows of the server.

    `operators` are the accounts that are operators of the server, there or not: whoever could make
    one would be it.
    """

    registration: Registration = "closed"
    cost: int = 12
    name_chars_max: int = 32
    day_max: int = 50
    address_day_max: int = 3
    own_words: tuple[str, ...] = ()
    operators: frozenset[NickKey] = frozenset()


class Quota:
    """So many in 24 hours, in all and for one address. Any thread. Forgotten by a restart."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()  # guards what follows
        self._taken: OrderedDict[int, tuple[float, str]] = OrderedDict()
        self._serial = 0

    def take(self, source: str, day_max: int, source_max: int) -> int:
        """A place, to be given back if nothing comes of it; 0 when there is none."""
        with self._lock:
            now = self._clock()
            while self._taken and next(iter(self._taken.values()))[0] <= now - DAY_S:
                self._taken.popitem(last=False)
            of_source = sum(source == each for _, each in self._taken.values())
            if len(self._taken) >= min(day_max, ADDRESSES_MAX) or of_source >= source_max:
                return 0
            self._serial += 1
            self._taken[self._serial] = (now, source)
            return self._serial

    def give_back(self, place: int) -> None:
        with self._lock:
            self._taken.pop(place, None)


class Changes:
    """The doors of this module; any thread. `reply` is called once, later, on a pool thread, or at
    once with BUSY when there is no room."""

    def __init__(
        self,
        verifier: Verifier,
        file: PasswordFile,
        policy: Policy,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
        has_past: Callable[[str], bool] = lambda _name: False,
    ) -> None:
        """`has_past` says whether an account of this name, now gone, has left anything behind
        that a new one would get: private messages, rooms."""
        self.verifier = verifier
        self.file = file
        self.invites = InviteFile(file.path)
        self.policy = policy
        self.quota = Quota(clock)
        self.wall_clock = wall_clock
        self.has_past = has_past

    def change_password(self, account: str, old: str, new: str, address: str, reply: Reply) -> None:
        """Give an account another password, if `old` is its present one."""

        def work(source: str) -> tuple[Answer, float]:
            return _change(self, account, Secret(old), Secret(new), source)

        self._enqueue(work, address, reply)

    def register(self, account: str, password: str, address: str, reply: Reply) -> None:
        """Make an account, or see whether one can be made once an invitation is shown."""

        def work(source: str) -> tuple[Answer, float]:
            return _register(self, account, Secret(password), source), 0.0

        self._enqueue(work, address, reply)

    def redeem(
        self, account: str, password_hash: str, code: str, address: str, reply: Reply
    ) -> None:
        """Make an account with an invitation and the hash that `register` gave."""

        def work(source: str) -> tuple[Answer, float]:
            return _redeem(self, account, password_hash, code, source)

        self._enqueue(work, address, reply)

    def _enqueue(
        self, work: Callable[[str], tuple[Answer, float]], address: str, reply: Reply
    ) -> None:
        self.verifier.enqueue(_Job(self.verifier, work, address_key(address), reply))


@dataclass(slots=True)
class _Job:
    """One of them: a job of the pool."""

    verifier: Verifier = field(repr=False)
    work: Callable[[str], tuple[Answer, float]] = field(repr=False)
    source: str
    reply: Reply = field(repr=False)
    answer: Answer = FAILED

    def rank(self) -> int:
        return self.verifier.rank(self.source)

    def run(self) -> float:
        try:
            self.answer, delay_s = self.work(self.source)
        except AccountsError:
            return 0.0  # the file is refused, locked or cannot be written: FAILED
        return delay_s

    def deliver(self) -> None:
        self.reply(self.answer)

    def refuse(self) -> None:
        self.reply(BUSY)


def _change(
    changes: Changes, name: str, old: Secret, new: Secret, source: str
) -> tuple[Answer, float]:
    # Before the check: what an operator has made of it since is not what `old` was right for.
    account = changes.verifier.accounts().get(name)
    verdict, delay_s = changes.verifier.try_password(name, old, source)
    if verdict.outcome is not Outcome.OK or account is None:
        return Answer(Result.WRONG), delay_s
    if fault := _fault_of(new, (account.name, *changes.policy.own_words)):
        return fault, 0.0
    password_hash = hash_password(new, changes.policy.cost)
    try:
        changes.file.replace_password(account, password_hash)
    except UnknownAccount:
        return Answer(Result.WRONG), 0.0  # somebody else was faster
    changes.verifier.refresh()
    return Answer(Result.DONE, account.name), 0.0


def _register(changes: Changes, name: str, password: Secret, source: str) -> Answer:
    policy = changes.policy
    try:
        check_new_name(changes.verifier.accounts(), name, policy.name_chars_max)
    except AccountsError as error:
        return _name_fault(error)
    if obstacle := _obstacle(changes, name):
        return obstacle
    if fault := _fault_of(password, (name, *policy.own_words)):
        return fault
    if policy.registration == "invite":
        password_hash = hash_password(password, policy.cost)
        return Answer(Result.NEEDS_CODE, name, hash=password_hash)
    if policy.registration != "open":
        return FAILED
    place = changes.quota.take(source, policy.day_max, policy.address_day_max)
    if not place:
        return Answer(Result.TOO_MANY)
    made = Answer(Result.FAILED)
    try:
        made = _make(changes, name, hash_password(password, policy.cost))
    finally:
        if made.result is not Result.DONE:
            changes.quota.give_back(place)
    return made


def _redeem(
    changes: Changes, name: str, password_hash: str, code: str, source: str
) -> tuple[Answer, float]:
    if changes.policy.registration != "invite":
        return FAILED, 0.0
    try:
        changes.invites.redeem(code, changes.wall_clock())
    except BadInvitation:
        return Answer(Result.BAD_CODE), changes.verifier.note_failure(source)
    made = FAILED
    try:
        made = _make(changes, name, password_hash)
    finally:
        # The use was written first: a crash in between costs the invitation a use, and can never
        # make it good for one account more.
        if made.result is not Result.DONE:
            changes.invites.give_back(code)
    return made, 0.0


def _make(changes: Changes, name: str, password_hash: str) -> Answer:
    # Asked again: an invitation may be shown minutes later, when the name has got a past.
    if obstacle := _obstacle(changes, name):
        return obstacle
    try:
        changes.file.add(name, password_hash, changes.policy.name_chars_max)
    except (BadAccountName, LookAlikeAccount, AccountExists) as error:
        return _name_fault(error)
    changes.verifier.refresh()
    return Answer(Result.DONE, name)


def _obstacle(changes: Changes, name: str) -> Answer | None:
    """Why a name that nobody has is not to be had, if so: it would come with what is not theirs."""
    if nick_key(name) in changes.policy.operators:
        return AN_OPERATORS
    return HAD_OWNER if changes.has_past(name) else None


def _name_fault(error: AccountsError) -> Answer:
    if isinstance(error, AccountExists):
        return Answer(Result.EXISTS, text="There is an account of this name already")
    if isinstance(error, LookAlikeAccount):
        return Answer(Result.BAD_NAME, text="This looks like the name of another account")
    return Answer(Result.BAD_NAME, text=BAD_NAME)


def _fault_of(password: Secret, own_words: Sequence[str]) -> Answer | None:
    """What is wrong with a new password; None when it will do."""
    try:
        bcrypt_input(password)
    except BadPassword as error:
        sentence = str(error)
        return Answer(Result.UNACCEPTABLE, text=sentence[0].upper() + sentence[1:])
    if find_weakness(password.reveal(), own_words):
        return Answer(Result.WEAK, text=WEAK)
    return None
