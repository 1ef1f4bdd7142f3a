"""The accounts of a running server: who may log in, checked, changed and told to the hub.

Between the hub, which asks with effects, the password pool, which answers on its threads, and the
password file, which chat-admin edits under us. Called by the app (main thread: `look`, `load`,
`close`), by the hub (`check`) and by pool threads (answers). Never logs a password.

A change that somebody makes over the wire is true at once: the pool writes the file and takes it
over, and the answer goes to the hub together with the settings that have it, in this order. The
lock keeps an older list of accounts from arriving behind a newer one.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Sequence

from irc.names import nick_key
from server.accounts.changing import Answer, Changes, Policy, Result as Changed
from server.accounts.passwd import PasswordFile
from server.accounts.records import Accounts
from server.accounts.verifier import WRONG, Outcome, Verdict, Verifier
from server.config import Config
from server.core.effects import (
    ChangePassword,
    CheckOperator,
    CheckPassword,
    ForAccounts,
    RedeemInvitation,
    RegisterAccount,
)
from server.core.events import (
    AccountAnswered,
    AccountsRevoked,
    Check,
    Event,
    PasswordChecked,
    Result,
    SettingsLoaded,
)
from server.core.settings import Settings, with_accounts
from server.journal import Journal
from server.log.connecting import FILE_NAME
from server.log.errors import LogUnusable
from server.log.renaming import has_traces

_OUTCOMES = {Outcome.OK: Check.OK, Outcome.WRONG: Check.WRONG, Outcome.BUSY: Check.BUSY}


class Registrar:
    """See the module's start."""

    def __init__(
        self,
        config: Config,
        settings: Settings,
        journal: Journal,
        put: Callable[[Sequence[Event]], None],
    ) -> None:
        """Load the accounts and start the password pool; `put` is the hub's that never blocks: who
        has no place in the pool is answered on the hub's own thread.

        Raises:
            AccountsError: The password file is refused.
        """
        accounts, limits = config.accounts, config.limits
        file = PasswordFile(accounts.file)
        self._verifier = Verifier(
            file,
            threads=accounts.bcrypt_threads,
            queue_max=accounts.bcrypt_queue_max,
            cost=accounts.bcrypt_cost,
            delay_s=limits.login_delay_s,
            delay_max_s=limits.login_delay_max_s,
        )
        self._changes = Changes(
            self._verifier, file, policy_of(config), has_past=lambda name: _has_past(config, name)
        )
        self._journal = journal
        self._put = put
        self._publishing = threading.Lock()  # guards what follows, and the order of what is put
        self._base = settings
        self._known = self._verifier.accounts()
        self._settings = _with_accounts(settings, self._known)
        self._problem = self._verifier.problem

    @property
    def settings(self) -> Settings:
        """The settings with the accounts as they were last told to the hub."""
        return self._settings

    def load(self, config: Config, settings: Settings) -> None:
        """Go on with another config. What the pool itself was made with stays until a restart."""
        self._changes.policy = policy_of(config)
        with self._publishing:
            self._base = settings
            self._settings = _with_accounts(settings, self._known)
            self._put([SettingsLoaded(self._settings)])

    def look(self) -> None:
        """Take over the password file if it has changed. Main thread, once a second."""
        gone = self._verifier.reload_if_changed()
        problem = self._verifier.problem
        if problem is not self._problem:
            self._problem = problem
            if problem is not None:
                self._journal.error("accounts_kept", reason=str(problem))
        self._publish()
        if gone:
            self._journal.info("accounts_revoked", accounts=sorted(gone))
            self._put([AccountsRevoked(gone)])

    def check(self, effect: ForAccounts) -> None:
        """What the hub asks of the password pool. Never blocks."""
        match effect:
            case CheckPassword(_, account, password, address):
                self._verifier.submit(account, password, address, self._verdict_for(effect))
            case CheckOperator(_, _, password_hash, password, address):
                reply = self._verdict_for(effect)
                self._verifier.verify_hash(password, password_hash, reply, address)
            case ChangePassword(_, account, old, new, address):
                reply_to = self._answer_for(effect)
                self._changes.change_password(account, old, new, address, reply_to)
            case RegisterAccount(_, account, password, address):
                reply_to = self._answer_for(effect)
                self._changes.register(account, password, address, reply_to)
            case RedeemInvitation(_, account, password_hash, code, address):
                reply_to = self._answer_for(effect)
                self._changes.redeem(account, password_hash, code, address, reply_to)

    def close(self) -> None:
        """End the pool's threads."""
        self._verifier.close()

    def _verdict_for(self, effect: CheckPassword | CheckOperator) -> Callable[[Verdict], None]:
        operator, password_hash = "", ""
        if isinstance(effect, CheckOperator):
            operator, password_hash = effect.operator, effect.hash

        def reply(verdict: Verdict) -> None:
            if verdict.seen is not None:
                # A password may have been changed since it was checked. Under the lock what comes
                # of the change is told either before this, or after it.
                with self._publishing:
                    if self._verifier.accounts().get(verdict.seen.name) == verdict.seen:
                        name = verdict.seen.name
                        self._put([PasswordChecked(effect.session, Check.OK, name)])
                        return
                verdict = WRONG
            outcome = _OUTCOMES[verdict.outcome]
            if outcome is not Check.OK:
                self._journal.info(f"login_{outcome.value}", address=effect.address)
            retry_after_s = verdict.retry_after_s
            self._put(
                [
                    PasswordChecked(
                        effect.session, outcome, "", retry_after_s, operator, password_hash
                    )
                ]
            )

        return reply

    def _answer_for(
        self, effect: ChangePassword | RegisterAccount | RedeemInvitation
    ) -> Callable[[Answer], None]:
        def reply(answer: Answer) -> None:
            result = Result(answer.result.value)
            if answer.result is not Changed.DONE:
                if answer.result is not Changed.NEEDS_CODE:
                    why, address = result.value, effect.address
                    self._journal.info("change_refused", reason=why, address=address)
            elif isinstance(effect, ChangePassword):
                self._journal.info(
                    "password_changed", account=answer.account, address=effect.address
                )
            else:
                self._journal.info(
                    "account_registered", account=answer.account, address=effect.address
                )
            event = AccountAnswered(
                effect.session,
                result,
                answer.account,
                answer.text,
                answer.hash,
                answer.retry_after_s,
            )
            if answer.result is Changed.DONE:
                self._publish(event)
            else:  # perhaps on the hub's thread, which waits for no lock
                self._put([event])

        return reply

    def _publish(self, *events: Event) -> None:
        """Tell the hub these, and then the accounts, if they are other ones than before."""
        with self._publishing:
            accounts = self._verifier.accounts()
            found: list[Event] = [*events]
            if accounts is not self._known:
                self._known = accounts
                self._journal.info("accounts_loaded", count=len(accounts))
                settings = _with_accounts(self._base, accounts)
                if settings != self._settings:
                    self._settings = settings
                    found.append(SettingsLoaded(settings))
            if found:
                self._put(found)


def policy_of(config: Config) -> Policy:
    """What people may do to accounts themselves."""
    accounts, server = config.accounts, config.server
    return Policy(
        registration=accounts.registration,
        cost=accounts.bcrypt_cost,
        name_chars_max=config.limits.nick_chars_max,
        day_max=accounts.registrations_per_day_max,
        address_day_max=accounts.registrations_per_address_day_max,
        own_words=(server.name, server.network, *re.split(r"\W", server.name)),
        operators=frozenset(
            nick_key(operator.account) for operator in config.operators.values() if operator.account
        ),
    )


def _has_past(config: Config, name: str) -> bool:
    """Whether an account of this name has left something in the log; also if that is unknown."""
    path = config.server.data / FILE_NAME
    try:
        return path.exists() and has_traces(path, nick_key(name))
    except LogUnusable:
        return True


def _with_accounts(settings: Settings, accounts: Accounts) -> Settings:
    """The settings with these accounts; the keys of disabled ones let nobody in."""
    return with_accounts(
        settings,
        [account.name for account in accounts if not account.disabled],
        [account.name for account in accounts if account.disabled],
        {pin: owner.name for pin, owner in accounts.by_pin.items() if not owner.disabled},
    )
