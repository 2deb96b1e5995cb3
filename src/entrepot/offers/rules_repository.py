"""Every statement about what holds for all offers of an account, and about what happened to them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.bulk import insert_many
from entrepot.kit.sql import text
from entrepot.offers.domain import AccountLimits
from entrepot.offers.models import Drift, Push


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesRow:
    """What a person decided about an account."""

    account_id: UUID
    buffer: int = 0
    maximum: int | None = None
    paused: bool = False
    pause_account: bool = False
    oldest_minutes: int = 120
    listing_read_at: datetime | None = None
    sample_cursor: str = ""
    version: int = 1

    @property
    def limits(self) -> AccountLimits:
        return AccountLimits(self.buffer, self.maximum, self.paused)


_ROW = ", ".join(RulesRow.__slots__)
KEPT_AT_ONCE = 5000
"""Rows that one transaction of retention removes at most."""


class RulesRepository:
    """Accounts' rules, pushes and drifts in the running transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find(self, account_ids: Collection[UUID]) -> dict[UUID, RulesRow]:
        """Return the rules of accounts; those about which nobody decided anything are left out."""
        found = await self._session.execute(
            text(f"SELECT {_ROW} FROM offer_account WHERE account_id = ANY(:ids)"),  # noqa: S608
            {"ids": list(account_ids)},
        )
        return {row["account_id"]: RulesRow(**row) for row in found.mappings()}

    async def lock(self, account_id: UUID, seller_id: UUID) -> RulesRow:
        """Return an account's rules, made if need be, locked until the transaction ends."""
        await self._session.execute(
            text("INSERT INTO offer_account (account_id, seller_id) VALUES (:id, :seller) ON CONFLICT DO NOTHING"),
            {"id": account_id, "seller": seller_id},
        )
        found = await self._session.execute(
            text(f"SELECT {_ROW} FROM offer_account WHERE account_id = :id FOR NO KEY UPDATE"),  # noqa: S608
            {"id": account_id},
        )
        return RulesRow(**found.mappings().one())

    async def change(self, account_id: UUID, values: dict[str, Any]) -> None:
        """Store what a person decided."""
        columns = ", ".join(f"{name} = :{name}" for name in values)
        await self._session.execute(
            text(f"UPDATE offer_account SET {columns}, version = version + 1 WHERE account_id = :id"),  # noqa: S608
            {**values, "id": account_id},
        )

    async def remember(self, account_id: UUID, **values: object) -> None:
        """Store how far reading is: nothing a person decided, so no new version."""
        columns = ", ".join(f"{name} = :{name}" for name in values)
        await self._session.execute(
            text(f"UPDATE offer_account SET {columns} WHERE account_id = :id"),  # noqa: S608
            {**values, "id": account_id},
        )

    # Pushes

    async def add_pushes(self, rows: Sequence[dict[str, Any]]) -> None:
        """Store what a channel was told, and what it answered."""
        await insert_many(self._session, Push, rows)

    async def keep(self, *, since: datetime) -> int:
        """Remove some of what is older than *since*; return how much it was."""
        removed = 0
        for table, column in (("offer_push", "pushed_at"), ("offer_drift", "found_at"), ("offer_sample", "read_at")):
            result = await self._session.execute(
                text(
                    f"WITH gone AS (DELETE FROM {table} WHERE id IN"  # noqa: S608
                    f" (SELECT id FROM {table} WHERE {column} < :since LIMIT {KEPT_AT_ONCE}) RETURNING 1)"
                    " SELECT count(*) FROM gone"
                ),
                {"since": since},
            )
            removed += int(result.scalar_one())
        return removed

    # Drift

    async def add_drifts(self, rows: Sequence[dict[str, Any]]) -> None:
        """Store that a channel said other numbers than it was told."""
        await insert_many(self._session, Drift, rows)

    async def add_sample(self, account_id: UUID, seller_id: UUID, *, looked: int, differed: int, at: datetime) -> None:
        """Store how many offers were compared in one reading."""
        await self._session.execute(
            text(
                "INSERT INTO offer_sample (account_id, seller_id, looked, differed, read_at)"
                " VALUES (:account, :seller, :looked, :differed, :at)"
            ),
            {"account": account_id, "seller": seller_id, "looked": looked, "differed": differed, "at": at},
        )

    async def repaired(self, offer_ids: Collection[UUID]) -> None:
        """Close the differences of offers whose right number a channel has accepted."""
        await self._session.execute(
            text("UPDATE offer_drift SET repaired_at = now() WHERE offer_id = ANY(:ids) AND repaired_at IS NULL"),
            {"ids": list(offer_ids)},
        )

    async def figures(self, account_ids: Collection[UUID], *, within: timedelta) -> dict[UUID, tuple[int, int]]:
        """Return how many offers of accounts were compared lately, and how many of them differed."""
        found = await self._session.execute(
            text(
                "SELECT account_id, sum(looked)::int AS looked, sum(differed)::int AS differed FROM offer_sample"
                " WHERE account_id = ANY(:ids) AND read_at > now() - CAST(:within AS interval) GROUP BY 1"
            ),
            {"ids": list(account_ids), "within": within},
        )
        return {row.account_id: (row.looked, row.differed) for row in found}
