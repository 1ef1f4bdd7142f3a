"""Whether a password is right: asked from the hub, computed on a few threads, answered later.

Called by the app (one thread: `reload_if_changed`, `close`), by whoever submits, and by changing,
whose jobs share the pool and the tables; answers come on a pool thread. Never blocks the caller,
never logs a name or a password.

What it owes to whom:

- *no enumeration*: an unknown, disabled or impossible name, and a password that cannot be one, take
  the same path and one bcrypt of a cost that the file's accounts have;
- *slow guessing*: wrong answers are held back, 2, 4, 8, 15 s by address, and by account after ten
  in ten minutes from anywhere. Right ones never are, so nobody can lock out somebody else;
- *no starvation*: one attempt in hand for each address, what is held back holds no thread, and
  addresses that logged in lately go before unknown ones, those before ones that failed (pool.py);
- *a file that is being edited*: the last good snapshot serves until the new one is good as a whole.
"""

import enum
import hashlib
import itertools
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from irc.names import nick_key
from server.accounts.errors import AccountsError, BadPassword, BadPasswordFile, MissingPasswordFile
from server.accounts.guard import Signature
from server.accounts.passwd import PasswordFile
from server.accounts.passwords import (
    COST_MAX,
    COST_MIN,
    Secret,
    bcrypt_check,
    bcrypt_input,
    dummy_hash,
    hash_cost,
)
from server.accounts.pool import RANKS, Job, Pool
from server.accounts.records import NAME_CHARS_MAX, Account, Accounts
from server.accounts.slowdown import Recent, SlowDown, address_key

BUSY_RETRY_S: Final = 5.0
"""What a BUSY verdict suggests: a full queue of cost 12 on two threads is empty by then."""

ACCOUNT_FREE_FAILURES: Final = 10
"""In ten minutes, from all addresses together, before an account's wrong answers are held back."""

RANK_TRUSTED, RANK_UNKNOWN, RANK_FAILED = range(RANKS)
"""Of addresses: somebody logged in from there lately; never heard of; failed lately."""

Check = Callable[[bytes, str], bool]


class Outcome(enum.Enum):
    OK = "ok"
    WRONG = "wrong"
    BUSY = "busy"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer. `account` is the name as the file spells it, for OK on a name; otherwise None.

    `retry_after_s` is how long to wait before trying again: 0 but for BUSY, as a WRONG one has
    already been held back. `seen` is the account that the password was right for.
    """

    outcome: Outcome
    account: str | None = None
    retry_after_s: float = 0.0
    seen: Account | None = field(default=None, repr=False, compare=False)


WRONG: Final = Verdict(Outcome.WRONG)
BUSY: Final = Verdict(Outcome.BUSY, retry_after_s=BUSY_RETRY_S)

Reply = Callable[[Verdict], None]


class Verifier:
    """Checks passwords against the accounts of `password_file`. See the module's start."""

    def __init__(
        self,
        password_file: PasswordFile,
        threads: int,
        queue_max: int,
        cost: int,
        delay_s: float,
        delay_max_s: float,
        clock: Callable[[], float] = time.monotonic,
        check: Check = bcrypt_check,
    ) -> None:
        """Load the accounts and start the threads. A missing file is no accounts yet.

        Raises:
            AccountsError: The file is refused; without a good snapshot there is nothing to serve.
        """
        self._file = password_file
        self._accounts = Accounts()  # replaced as a whole; read from any thread
        self._loading = threading.Lock()  # guards what follows, up to `_looked`
        self._gone: frozenset[str] = frozenset()  # found by `refresh`, not told yet
        self._signature: Signature | None = None
        self._bad: Signature | None = None  # of a file that was refused for its content
        self.problem: AccountsError | None = None
        try:
            self._accounts, self._signature = password_file.read()
        except MissingPasswordFile as error:
            self.problem = error
        self._looked = self._signature
        self._cost = cost
        self._check = check
        self._seed = secrets.token_bytes(16)
        self._dummies = {cost: dummy_hash(cost) for cost in range(COST_MIN, COST_MAX + 1)}
        self._tables_lock = threading.Lock()  # guards these; every pool thread uses them
        self._by_address = SlowDown(clock, delay_s, delay_max_s)
        self._by_account = SlowDown(clock, delay_s, delay_max_s, free=ACCOUNT_FREE_FAILURES)
        self._trusted = Recent()
        self._nobody = itertools.count()
        self._pool = Pool(threads, queue_max, line_max=queue_max, clock=clock)

    def accounts(self) -> Accounts:
        """The accounts as last loaded. Any thread."""
        return self._accounts

    def submit(self, name: str, password: str | Secret, address: str, reply: Reply) -> None:
        """Check `password` for `name`; `reply` gets the verdict later, on a pool thread.

        Never blocks. When there is no room, `reply` gets BUSY before this returns.
        """
        source, key = address_key(address), _account_key(name)
        self._pool.submit(_Attempt(self, name, None, _secret(password), source, key, reply))

    def verify_hash(
        self, password: str | Secret, password_hash: str, reply: Reply, address: str = ""
    ) -> None:
        """As `submit`, against a hash of the config. Without `address` it waits for nobody."""
        source = address_key(address) if address else f"nobody {next(self._nobody)}"
        self._pool.submit(
            _Attempt(self, "", password_hash, _secret(password), source, password_hash, reply)
        )

    def enqueue(self, job: Job) -> None:
        """Take a job of another kind: it waits its turn among the logins. Never blocks."""
        self._pool.submit(job)

    def try_password(self, name: str, secret: Secret, source: str) -> tuple[Verdict, float]:
        """As `submit`, on a pool thread and at once; and how long a wrong answer is held back."""
        return self._verdict(
            _Attempt(self, name, None, secret, source, _account_key(name), _to_nobody)
        )

    def note_failure(self, source: str) -> float:
        """Count something else that `source` got wrong; the seconds to hold the answer back."""
        with self._tables_lock:
            return self._by_address.failed(source)

    def rank(self, source: str) -> int:
        """How early a job from `source` has its turn. Under the pool's lock."""
        with self._tables_lock:
            if self._by_address.has_failed(source):
                return RANK_FAILED
            return RANK_TRUSTED if source in self._trusted else RANK_UNKNOWN

    def refresh(self) -> None:
        """Take over the file that was just changed by this process. Any thread.

        A file that is refused changes nothing: the next look says why.
        """
        with self._loading:
            try:
                accounts, signature = self._file.read()
            except AccountsError:
                return
            self._gone |= _gone(self._accounts, accounts)
            self._accounts, self._signature, self._looked = accounts, signature, signature

    def reload_if_changed(self) -> frozenset[str]:
        """Take over a changed file; the names that may log in no more. Called once a second.

        A file that is refused leaves everything as it was and sets `problem` (the same object for
        as long as it is the same problem); one that is good clears it. A file replaced by a
        rename is taken at once; one that was written in place (as htpasswd does) only when it
        was the same at two looks, because half of it may be a good file too: without most of
        the people.
        """
        with self._loading:
            gone = self._gone | self._reload()
            self._gone = frozenset()
            return gone

    def _reload(self) -> frozenset[str]:
        seen, last = self._file.signature(), self._looked
        self._looked = seen
        if seen is not None and seen == self._signature:
            self.problem = None
            return frozenset()
        if seen is not None and seen == self._bad:
            return frozenset()
        if seen and last and seen.inode == last.inode and seen != last:
            return frozenset()  # written in place, perhaps half
        try:
            accounts, signature = self._file.read()
        except AccountsError as error:
            # Rights can be repaired without a trace in the signature, so only contents are skipped.
            self._bad = seen if isinstance(error, BadPasswordFile) else None
            if str(error) != str(self.problem):
                self.problem = error
            return frozenset()
        if signature != seen:
            return frozenset()  # changed again since we looked
        gone = _gone(self._accounts, accounts)
        self._accounts, self._signature = accounts, signature
        self._bad = self.problem = None
        return gone

    def close(self) -> None:
        """End the threads. Attempts that wait are dropped, later ones get BUSY."""
        self._pool.close()

    def _verdict(self, attempt: "_Attempt") -> tuple[Verdict, float]:
        """The verdict on an attempt and the seconds to hold it back. On a pool thread."""
        verdict = self._judge(attempt)
        with self._tables_lock:
            if verdict.outcome is Outcome.OK:
                self._by_address.succeeded(attempt.source)
                self._trusted.add(attempt.source)
                self._by_account.succeeded(attempt.account_key)
                return verdict, 0.0
            return verdict, max(
                self._by_address.failed(attempt.source),
                self._by_account.failed(attempt.account_key),
            )

    def _judge(self, attempt: "_Attempt") -> Verdict:
        """One bcrypt, whatever the name and the password are."""
        accounts = self._accounts
        dummy = self._dummies[self._dummy_cost(accounts, attempt.account_key)]
        account = accounts.get(attempt.name) if attempt.password_hash is None else None
        target = account.hash if account else attempt.password_hash
        may_match = account is None or not account.disabled
        if target is None or hash_cost(target) not in self._dummies:
            target, may_match = dummy, False
        try:
            octets = bcrypt_input(attempt.secret)
        except BadPassword:
            octets, may_match = b"-", False
        if not self._check(octets, target) or not may_match:
            return WRONG
        if account is None:
            return Verdict(Outcome.OK)
        if self._accounts.get(attempt.name) != account:
            return WRONG  # changed, disabled or removed while bcrypt ran
        return Verdict(Outcome.OK, account.name, seen=account)

    def _dummy_cost(self, accounts: Accounts, key: str) -> int:
        """The cost that the unknown name `key` pretends to have: always the same one for a name.

        Drawn from the costs in the file. One fixed cost would tell the accounts that have
        another (71 against 286 ms) from names that do not exist.
        """
        if not accounts.costs:
            return self._cost
        digest = hashlib.blake2b(key.encode("utf-8", "replace"), key=self._seed, digest_size=8)
        return accounts.costs[int.from_bytes(digest.digest()) % len(accounts.costs)]


@dataclass(slots=True)
class _Attempt:
    """One password to check: a job of the pool."""

    verifier: Verifier = field(repr=False)
    name: str
    password_hash: str | None = field(repr=False)
    secret: Secret
    source: str
    account_key: str = field(repr=False)
    reply: Reply = field(repr=False)
    verdict: Verdict = WRONG

    def rank(self) -> int:
        return self.verifier.rank(self.source)

    def run(self) -> float:
        self.verdict, delay_s = self.verifier._verdict(self)
        return delay_s

    def deliver(self) -> None:
        self.reply(self.verdict)

    def refuse(self) -> None:
        self.reply(BUSY)


def _secret(password: str | Secret) -> Secret:
    return password if isinstance(password, Secret) else Secret(password)


def _account_key(name: str) -> str:
    return str(nick_key(name[:NAME_CHARS_MAX]))


def _to_nobody(_verdict: Verdict) -> None:
    """The answer of a check that is a part of something else."""


def _gone(before: Accounts, after: Accounts) -> frozenset[str]:
    """The names that could log in before and cannot after."""
    return frozenset(
        account.name
        for key, account in before.by_key.items()
        if not account.disabled and (key not in after.by_key or after.by_key[key].disabled)
    )
