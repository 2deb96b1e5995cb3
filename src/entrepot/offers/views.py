"""What the pages and the API read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.catalog.service import CatalogService, ProductRef
from entrepot.channels.accounts import AccountRef
from entrepot.channels.service import ChannelService
from entrepot.kit.sql import text
from entrepot.offers.deciding import Circumstances, Explaining
from entrepot.offers.domain import Derivation, OfferState, Source
from entrepot.offers.rows import OfferRow
from entrepot.offers.sources import sources_of


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferFacts(OfferRow):
    """What is stored of an offer."""

    on_hold: bool
    channel_quantity: int
    last_seen_at: datetime
    wanted_at: datetime | None
    published_derivation: dict[str, Any] | None
    problem: str
    problem_at: datetime | None
    sending_at: datetime | None
    gone_at: datetime | None
    suggested_by: str


@dataclass(frozen=True, slots=True)
class OfferView:
    """An offer, its account, its product, and what it should say now."""

    facts: OfferFacts
    account: AccountRef
    product: ProductRef | None
    now: Derivation | None

    @property
    def title(self) -> str:
        return (self.product.title if self.product else "") or self.facts.title

    @property
    def published_because(self) -> Derivation | None:
        """How the number that the channel has came about."""
        stored = self.facts.published_derivation
        return None if stored is None else msgspec.convert(stored, Derivation)


_FACTS = ", ".join((*OfferRow.__slots__, *OfferFacts.__slots__))


async def offers(
    session: AsyncSession,
    *,
    account_id: UUID | None = None,
    state: OfferState | None = None,
    query: str = "",
    product_id: UUID | None = None,
    offer_id: UUID | None = None,
    before: UUID | None = None,
    limit: int = 50,
) -> list[OfferView]:
    """Return offers, the newest first, with what they should say at this moment.

    Args:
        session: the transaction.
        account_id: only on this account.
        state: only in this state.
        query: part of SKU, title, GTIN or the channel's id.
        product_id: only of this product.
        offer_id: only this one.
        before: only those older than this one: the last of the previous page.
        limit: most rows.
    """
    values: dict[str, object] = {"limit": limit}
    where = ["true"]
    for column, value in {"account_id": account_id, "product_id": product_id, "id": offer_id}.items():
        if value is not None:
            where.append(f"{column} = :{column}")
            values[column] = value
    if state is not None:
        where.append("state = :state")
        values["state"] = str(state)
        if state in {OfferState.FAILED, OfferState.UNMATCHED}:
            where.append("state IN ('failed', 'unmatched')")  # spelled out for the partial index
    if query.strip():
        where.append(r"search_text LIKE :pattern")
        escaped = query.strip().lower().replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
        values["pattern"] = f"%{escaped}%"
    if before is not None:
        where.append("id < :before")
        values["before"] = before
    found = await session.execute(
        text(f"SELECT {_FACTS} FROM offer WHERE {' AND '.join(where)} ORDER BY id DESC LIMIT :limit"),  # noqa: S608
        values,
    )
    rows = [OfferFacts(**row) for row in found.mappings()]
    return await _completed(session, rows) if rows else []


async def _completed(session: AsyncSession, rows: Sequence[OfferFacts]) -> list[OfferView]:
    accounts = {account.id: account for account in await ChannelService(session).accounts()}
    products = await CatalogService(session).products({row.product_id for row in rows if row.product_id})
    there = await Circumstances.of(session, [accounts[key] for key in {row.account_id for row in rows}])
    reasons = await Explaining(session, there).explain(rows)
    return [
        OfferView(row, accounts[row.account_id], products.get(row.product_id) if row.product_id else None, reason)
        for row, reason in zip(rows, reasons, strict=True)
    ]


async def trouble(session: AsyncSession) -> dict[OfferState, int]:
    """Return how many offers are refused and how many have no product."""
    found = await session.execute(
        text("SELECT state, count(*) FROM offer WHERE state IN ('failed', 'unmatched') GROUP BY state")
    )
    return {OfferState(state): number for state, number in found.all()}


async def sources(session: AsyncSession, accounts: Sequence[AccountRef]) -> dict[UUID, Source]:
    """Return who counts the stock of each account."""
    return {account_id: found.source for account_id, found in (await sources_of(session, accounts)).items()}


@dataclass(frozen=True, slots=True)
class Unmatched:
    """An offer without a product, and what it may be."""

    facts: OfferFacts
    account: AccountRef
    suggestion: ProductRef | None


async def to_match(
    session: AsyncSession,
    *,
    account_id: UUID | None = None,
    ignored: bool = False,
    suggested: bool | None = None,
    query: str = "",
    before: UUID | None = None,
    limit: int = 50,
) -> list[Unmatched]:
    """Return offers without a product, the newest first.

    Args:
        session: the transaction.
        account_id: only on this account.
        ignored: those that somebody ignored instead of those that are open.
        suggested: only those with a suggestion, or only those without.
        query: part of SKU, title, GTIN or the channel's id.
        before: only those older than this one: the last of the previous page.
        limit: most rows.
    """
    where = "state = 'ignored'" if ignored else "state = 'unmatched' AND state IN ('failed', 'unmatched')"
    values: dict[str, object] = {"limit": limit}
    if account_id is not None:
        where += " AND account_id = :account"
        values["account"] = account_id
    if suggested is not None:
        where += f" AND suggested_product_id IS {'NOT ' if suggested else ''}NULL"
    if query.strip():
        escaped = query.strip().lower().replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
        where += " AND search_text LIKE :pattern"
        values["pattern"] = f"%{escaped}%"
    if before is not None:
        where += " AND id < :before"
        values["before"] = before
    found = await session.execute(
        text(f"SELECT {_FACTS} FROM offer WHERE {where} ORDER BY id DESC LIMIT :limit"),  # noqa: S608
        values,
    )
    rows = [OfferFacts(**row) for row in found.mappings()]
    accounts = {account.id: account for account in await ChannelService(session).accounts()}
    wanted = {row.suggested_product_id for row in rows if row.suggested_product_id}
    products = await CatalogService(session).products(wanted) if wanted else {}
    return [
        Unmatched(
            row, accounts[row.account_id], products.get(row.suggested_product_id) if row.suggested_product_id else None
        )
        for row in rows
    ]


async def next_to_match(session: AsyncSession, after: UUID) -> UUID | None:
    """Return the open offer that comes after this one in the list."""
    found = await session.execute(
        text(
            "SELECT id FROM offer WHERE state = 'unmatched' AND state IN ('failed', 'unmatched') AND id < :id"
            " ORDER BY id DESC LIMIT 1"
        ),
        {"id": after},
    )
    return found.scalars().first()
