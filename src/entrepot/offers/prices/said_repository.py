"""Statements about what channels show as prices."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.sql import text
from entrepot.offers.prices.rows import money


@dataclass(frozen=True, slots=True)
class Known:
    """What we think a channel has."""

    published_price: Decimal | None
    published_at: datetime | None
    currency: str
    steps: dict[str, Any] | None
    sending_by: UUID | None
    wanted: bool


class SaidRepository:
    """What channels show, in the running transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def known(self, offer_ids: Collection[UUID]) -> dict[UUID, Known]:
        """Lock and return what we think of these."""
        found = await self._session.execute(
            text(
                "SELECT offer_id, published_price, published_at, currency, steps, sending_by,"
                " wanted_price IS NOT NULL AS wanted FROM offer_price WHERE offer_id = ANY(:ids)"
                " ORDER BY offer_id FOR NO KEY UPDATE"
            ),
            {"ids": list(offer_ids)},
        )
        return {
            row.offer_id: Known(
                money(row.published_price, row.currency),
                row.published_at,
                row.currency,
                row.steps,
                row.sending_by,
                row.wanted,
            )
            for row in found
        }

    async def store(self, seller_id: UUID, account_id: UUID, rows: Sequence[dict[str, Any]]) -> None:
        """Store what the channel has.  An offer that is priced in another currency now is nobody's any more."""
        if not rows:
            return
        await self._session.execute(
            text(
                """
                INSERT INTO offer_price AS p (offer_id, seller_id, account_id, currency, published_price, steps)
                SELECT t.offer_id, :seller, :account, t.currency, t.price, t.steps
                FROM json_to_recordset(:rows) AS t(offer_id uuid, price numeric, currency text, steps jsonb)
                ON CONFLICT (offer_id) DO UPDATE SET published_price = excluded.published_price,
                    steps = coalesce(excluded.steps, p.steps), currency = excluded.currency
                """
            ),
            {"seller": seller_id, "account": account_id, "rows": msgspec.json.encode(rows).decode()},
        )
        strangers = [row["offer_id"] for row in rows if row["other_currency"]]
        if strangers:
            await self._session.execute(
                text(
                    "UPDATE offer_price SET wanted_price = NULL, wanted_source = '', wanted_source_id = NULL,"
                    " derivation = NULL, locked = false, manual_price = NULL, rule_price = NULL, base_price = NULL,"
                    " rule_source_id = NULL, rule_derivation = NULL WHERE offer_id = ANY(:ids)"
                ),
                {"ids": strangers},
            )

    async def stop(self, problems: Mapping[UUID, str]) -> None:
        """Let a person look at these before they are told again."""
        if not problems:
            return
        rows = [{"offer_id": offer_id, "problem": problem} for offer_id, problem in problems.items()]
        await self._session.execute(
            text(
                "UPDATE offer_price p SET problem = t.problem, problem_at = now()"
                " FROM json_to_recordset(:rows) AS t(offer_id uuid, problem text) WHERE p.offer_id = t.offer_id"
            ),
            {"rows": msgspec.json.encode(rows).decode()},
        )
