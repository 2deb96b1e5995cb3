"""Opens connectors: gives each the shared client, the account's token, its budget and its memory."""

import asyncio
import contextlib
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.channels import repository
from entrepot.channels.accounts import ORDERS, AccountRef
from entrepot.channels.contract import Connector, Credentials
from entrepot.channels.errors import ChannelAwayError, RateLimitedError
from entrepot.channels.line import DocumentKey, Line, Obtain, Token
from entrepot.channels.registry import connector_spec
from entrepot.channels.spec import ConnectorSpec
from entrepot.kit.call_log import CallLog
from entrepot.kit.clock import now
from entrepot.kit.credentials import parse_credentials, plain_values, redactor_for
from entrepot.kit.database import Database, context_of
from entrepot.kit.http import Caller, OutsideHttp
from entrepot.kit.rate_budget import BudgetSpentError, RateBudget
from entrepot.kit.redaction import Redactor
from entrepot.kit.scope import Scope
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.settings import Settings

MARGIN = timedelta(seconds=20)
"""A token that ends sooner is not used: the request could arrive after it."""
LEASE = 30
"""Seconds one process has to obtain a token before another tries."""
RECORDED = 5
"""Seconds that are waited for the record of calls: a link to it is worth no more."""
POLL = 0.1
"""Seconds between two looks for a token that another process is obtaining."""


class Connections:
    """What a process needs to talk to channels.  Make one per process, and close it at the end.

    Args:
        database: for tokens, budgets and the call log, in transactions of their own.
        box: opens credentials.
        outside: the process's way out.
    """

    def __init__(self, database: Database, box: SecretBox, outside: OutsideHttp) -> None:
        self._database = database
        self._box = box
        self.outside = outside
        self._budget = RateBudget(database)
        self._tokens: dict[UUID, StoredTokens] = {}

    @classmethod
    def of(cls, database: Database, box: SecretBox, settings: Settings) -> "Connections":
        """Return the connections of a process with *settings*."""
        return cls(database, box, OutsideHttp(CallLog(database), settings.outside_allow))

    async def recorded(self) -> None:
        """Return when every call made so far is on record, for pages to link to it; give up after a while."""
        if self.outside.calls is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(RECORDED):
                    await self.outside.calls.flush()

    async def aclose(self) -> None:
        """Close connections, and write the calls that are not written yet."""
        await self.outside.aclose()

    def spec(self, channel: str) -> ConnectorSpec[Any]:
        """Return a channel's connector spec."""
        return connector_spec(channel)

    def seal(self, credentials: Credentials) -> bytes:
        """Return *credentials* encrypted."""
        return self._box.seal(msgspec.json.encode(plain_values(credentials)))

    def unseal(self, account: AccountRef, sealed: bytes) -> Credentials:
        """Return the credentials of *account*."""
        plain = msgspec.json.decode(self._box.open(sealed, what=account.name))
        credentials: Credentials = parse_credentials(connector_spec(account.channel), plain)
        return credentials

    async def try_out(
        self,
        spec: ConnectorSpec[Any],
        credentials: Credentials,
        *,
        seller_id: UUID,
        account_id: UUID | None = None,
    ) -> str:
        """Prove that *credentials* work, storing nothing, and return what the channel calls the account."""
        caller = Caller(
            seller_id=seller_id, account_id=account_id, why="test credentials", redactor=redactor_for(credentials)
        )
        return await spec.connect(credentials, Line(http=self.outside.client(caller))).check()

    def open(self, session: AsyncSession, account: AccountRef, sealed: bytes, *, why: str) -> Connector:
        """Return the connector of *account*.  It outlives *session*, whose author is recorded with its calls."""
        spec = connector_spec(account.channel)
        credentials = self.unseal(account, sealed)
        context = context_of(session)
        redactor = redactor_for(credentials)
        caller = Caller(
            seller_id=account.seller_id,
            account_id=account.id,
            why=why,
            actor_name=context.actor.name,
            request_id=context.request_id,
            run_id=context.run_id,
            redactor=redactor,
        )
        stored = StoredTokens(self._database, self._box, account, redactor)
        cached = self._tokens.get(account.id)
        if cached is not None and cached.sealed_for == sealed:
            cached.also_hide_in(redactor)
            stored = cached
        stored.sealed_for = sealed
        self._tokens[account.id] = stored

        async def known(keys: Sequence[DocumentKey]) -> set[DocumentKey]:
            if not keys:
                return set()
            async with self._database.transaction(Scope.of(account.seller_id)) as own:
                return await repository.known_documents(own, account.id, ORDERS, keys)

        line = Line(
            http=self.outside.client(caller),
            tokens=stored,
            budget=AccountBudget(self._budget, spec.name, account.id),
            known=known,
        )
        return spec.connect(credentials, line)


class AccountBudget:
    """One account's part of the rate budgets."""

    def __init__(self, budget: RateBudget, channel: str, account_id: UUID) -> None:
        self._budget = budget
        self._channel = channel
        self._account_id = account_id

    async def take(self, operation: str, *, rate: int, per: int, burst: int, shared: bool = False) -> None:
        try:
            await self._budget.take(self._key(operation, shared=shared), rate=rate, per=per, burst=burst)
        except BudgetSpentError as error:
            raise RateLimitedError(channel=self._channel, retry_after=error.retry_after) from error

    async def learn(self, operation: str, *, remaining: int, reset: int, shared: bool = False) -> None:
        await self._budget.learn(self._key(operation, shared=shared), remaining=remaining, reset=reset)

    def _key(self, operation: str, *, shared: bool) -> str:
        return f"{self._channel}:{operation}" if shared else f"{self._account_id}:{operation}"


class StoredTokens:
    """One account's token, in memory and in the database.

    A process that wants a new one first takes a lease, so that only one asks the channel; no lock is held meanwhile.
    """

    def __init__(self, database: Database, box: SecretBox, account: AccountRef, redactor: Redactor) -> None:
        self._database = database
        self._box = box
        self._account = account
        self._redactors = [redactor]
        self._one_at_a_time = asyncio.Lock()
        self._token: Token | None = None
        self.sealed_for = b""
        """The credentials this token belongs to: others need another token."""

    def also_hide_in(self, redactor: Redactor) -> None:
        """Keep the token out of what *redactor* writes down too."""
        self._redactors = [*self._redactors[-4:], redactor]
        if self._token is not None:
            redactor.learn(self._token.value)

    async def current(self, obtain: Obtain) -> str:
        token = self._token
        if token is None or not _good(token):
            async with self._one_at_a_time:
                token = self._token
                if token is None or not _good(token):
                    token = await self._shared(obtain, rejected="")
        return token.value

    async def replace(self, rejected: str, obtain: Obtain) -> str:
        async with self._one_at_a_time:
            token = self._token
            if token is None or token.value == rejected or not _good(token):
                token = await self._shared(obtain, rejected=rejected)
        return token.value

    async def _shared(self, obtain: Obtain, *, rejected: str) -> Token:
        """Take the token another process obtained, or obtain one for all."""
        try:
            async with asyncio.timeout(2 * LEASE):
                while True:
                    async with self._transaction() as session:
                        row = await repository.read_token(session, self._account.id)
                        token = self._opened(row, rejected)
                        leased = None
                        if token is None:
                            leased = await repository.lease_token(
                                session, self._account.id, self._account.seller_id, LEASE
                            )
                            token = self._opened(leased, rejected)  # another process may just have finished
                        if token is not None and leased is not None:
                            await repository.end_lease(session, self._account.id)
                    if token is not None:
                        return self._keep(token)
                    if leased is not None:
                        return self._keep(await self._obtained(obtain))
                    await asyncio.sleep(POLL)
        except TimeoutError as error:
            raise ChannelAwayError(channel=self._account.name, reason="no access token in time") from error

    async def _obtained(self, obtain: Obtain) -> Token:
        try:
            token = await obtain()
        except BaseException:
            async with self._transaction() as session:
                await repository.end_lease(session, self._account.id)
            raise
        for redactor in self._redactors:
            redactor.learn(token.value)
        async with self._transaction() as session:
            sealed = self._box.seal(token.value.encode())
            await repository.store_token(session, self._account.id, sealed, token.expires_at)
        return token

    def _opened(self, row: RowMapping | None, rejected: str) -> Token | None:
        if row is None or row["sealed"] is None or row["expires_at"] is None:
            return None
        token = Token(self._box.open(row["sealed"], what=self._account.name).decode(), row["expires_at"])
        return token if token.value != rejected and _good(token) else None

    def _keep(self, token: Token) -> Token:
        for redactor in self._redactors:
            redactor.learn(token.value)
        self._token = token
        return token

    def _transaction(self) -> AbstractAsyncContextManager[AsyncSession]:
        return self._database.transaction(Scope.of(self._account.seller_id))


def _good(token: Token) -> bool:
    return token.expires_at - MARGIN > now()
