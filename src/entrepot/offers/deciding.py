"""Decides what offers should say, from the stock as it is now."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol, Self
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.catalog.service import ProductRef
from entrepot.channels.accounts import AccountRef
from entrepot.channels.service import ChannelService
from entrepot.offers.domain import AccountLimits, Derivation, Stock, publishable, rules_of
from entrepot.offers.repository import OfferRepository
from entrepot.offers.rows import Undecided
from entrepot.offers.rules_repository import RulesRepository
from entrepot.offers.sources import OWN, Stocks, StockSource, grouped, sources_of

BATCH = 5000
"""Offers decided in one statement."""


class Decidable(Protocol):
    """What of an offer decides its number, beside the stock."""

    @property
    def account_id(self) -> UUID: ...
    @property
    def product_id(self) -> UUID | None: ...
    @property
    def fulfilment(self) -> str: ...
    @property
    def buffer(self) -> int | None: ...
    @property
    def maximum(self) -> int | None: ...
    @property
    def paused(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Change:
    """An offer that should say something else than was decided before."""

    offer_id: UUID
    account_id: UUID
    derivation: Derivation


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What holds for all offers of the accounts of a seller."""

    modes: dict[UUID, str]
    limits: dict[UUID, AccountLimits]
    sources: dict[UUID, StockSource]

    @classmethod
    async def of(cls, session: AsyncSession, accounts: Sequence[AccountRef]) -> Self:
        """Look them up."""
        rules = await RulesRepository(session).find([account.id for account in accounts])
        return cls(
            {account.id: str(account.mode) for account in accounts},
            {account_id: row.limits for account_id, row in rules.items()},
            await sources_of(session, accounts),
        )


class Explaining:
    """Works out numbers and their reasons, once for all offers to which the same applies."""

    def __init__(self, session: AsyncSession, there: Circumstances) -> None:
        self._stocks = Stocks(session)
        self._there = there

    async def explain(self, rows: Sequence[Decidable]) -> list[Derivation | None]:
        """Return what each offer should say now, and why; None without a product or where the channel counts."""
        sources = {
            account_id: self._there.sources.get(account_id, OWN) for account_id in {row.account_id for row in rows}
        }
        read: dict[UUID, dict[UUID, tuple[ProductRef, Stock]]] = {}
        for source, group in grouped(sources).items():
            accounts = set(group)
            wanted = {row.product_id for row in rows if row.product_id and row.account_id in accounts}
            read |= dict.fromkeys(accounts, await self._stocks.read(source, wanted))
        numbers: dict[tuple[object, ...], int] = {}
        alike = {
            account_id: numbers.setdefault((source, self._limits(account_id), self._mode(account_id)), len(numbers))
            for account_id, source in sources.items()
        }
        known: dict[tuple[object, ...], Derivation] = {}
        answers: list[Derivation | None] = []
        for row in rows:
            found = read[row.account_id].get(row.product_id) if row.product_id else None
            if found is None or row.fulfilment != "seller":
                answers.append(None)
                continue
            same = (row.product_id, alike[row.account_id], row.buffer, row.maximum, row.paused)
            derivation = known.get(same)
            if derivation is None:
                product, stock = found
                limits = self._limits(row.account_id)
                rules = rules_of(product.buffer, limits, buffer=row.buffer, maximum=row.maximum, paused=row.paused)
                derivation = known[same] = publishable(stock, rules, mode=self._mode(row.account_id))[1]
            answers.append(derivation)
        return answers

    def _limits(self, account_id: UUID) -> AccountLimits:
        return self._there.limits.get(account_id, AccountLimits())

    def _mode(self, account_id: UUID) -> str:
        return self._there.modes.get(account_id, "")


class Deciding:
    """Keeps ``wanted_quantity`` and its derivation right.

    First a sieve finds the few offers whose number is out of date; those are locked, and only then is the stock read
    that decides: of two transactions the later one sees what the earlier one saw, and more.
    """

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._offers = OfferRepository(session)

    async def decide(
        self,
        seller_id: UUID,
        *,
        account_ids: Collection[UUID] | None = None,
        product_ids: Collection[UUID] | None = None,
        offer_ids: Collection[UUID] | None = None,
    ) -> list[Change]:
        """Decide anew what is out of date; return what changed.

        Args:
            seller_id: whose offers.
            account_ids: only on these accounts.
            product_ids: only of these products, and of bundles that contain them.
            offer_ids: only these.
        """
        accounts = await ChannelService(self._session).accounts(seller_id=seller_id)
        if account_ids is not None:
            accounts = [account for account in accounts if account.id in account_ids]
        there = await Circumstances.of(self._session, accounts)
        groups = grouped(there.sources)
        explaining = Explaining(self._session, there)
        found: list[UUID] = []
        for source, group in groups.items():
            if source.silent:
                continue  # what was decided before the ERP was joined counts until it has spoken
            found += await self._offers.out_of_date(
                seller_id,
                source.counted,
                warehouse_id=source.warehouse_id,
                erp_account_id=source.erp_account_id,
                account_ids=None if account_ids is None and len(groups) == 1 else group,
                product_ids=product_ids,
                offer_ids=offer_ids,
                limited=any(there.limits.get(one, AccountLimits()) != AccountLimits() for one in group),
            )
        found.sort()  # one order of locks, whatever the accounts
        changes: list[Change] = []
        for start in range(0, len(found), BATCH):
            changes += await self._decide(found[start : start + BATCH], explaining)
        return changes

    async def _decide(self, offer_ids: Sequence[UUID], explaining: Explaining) -> list[Change]:
        rows: list[Undecided] = await self._offers.lock_undecided(offer_ids)
        changes = [
            Change(row.id, row.account_id, derivation)
            for row, derivation in zip(rows, await explaining.explain(rows), strict=True)
            if derivation is not None and derivation.quantity != row.wanted_quantity
        ]
        if changes:
            await self._offers.want([(change.offer_id, change.derivation) for change in changes])
        return changes
