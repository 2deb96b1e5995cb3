"""Every statement about which product an offer is."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.bulk import insert_many
from entrepot.kit.sql import text
from entrepot.offers.models import Mapping
from entrepot.offers.rows import OfferRow

_ROW = ", ".join(OfferRow.__slots__)


class MatchStatements:
    """Links, what people said once, and suggestions, in the running transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def unmatched(self, seller_id: UUID, skus: Collection[str], gtins: Collection[str]) -> list[OfferRow]:
        """Return offers without a product that have one of these names."""
        found = await self._session.execute(
            text(
                f"""
                SELECT {_ROW} FROM offer
                WHERE seller_id = :seller AND state = 'unmatched' AND (sku = ANY(:skus) OR
                    (gtin <> '' AND lpad(gtin, 14, '0') = ANY(SELECT lpad(g, 14, '0') FROM unnest(CAST(:gtins AS text[])) g)))
                """  # noqa: S608 -- only column names are inserted
            ),
            {"seller": seller_id, "skus": [sku for sku in skus if sku], "gtins": [gtin for gtin in gtins if gtin]},
        )
        return [OfferRow(**row) for row in found.mappings()]

    async def unmatched_after(self, account_id: UUID, after: UUID, *, limit: int) -> list[OfferRow]:
        """Return an account's offers without a product, in the order of their ids."""
        found = await self._session.execute(
            text(
                f"SELECT {_ROW} FROM offer WHERE account_id = :account AND id > :after"  # noqa: S608
                " AND state = 'unmatched' ORDER BY id LIMIT :limit"
            ),
            {"account": account_id, "after": after, "limit": limit},
        )
        return [OfferRow(**row) for row in found.mappings()]

    async def link(self, links: Sequence[tuple[UUID, UUID | None, str]]) -> None:
        """Set the product of offers: rows of offer, product and how it was found.  Decide about them afterwards."""
        if not links:
            return
        rows = [{"id": offer, "product_id": product, "matched_by": how} for offer, product, how in links]
        await self._session.execute(
            text(
                """
                UPDATE offer o SET product_id = t.product_id, matched_by = t.matched_by, wanted_quantity = NULL,
                    derivation = NULL, wanted_at = NULL, problem = '', problem_at = NULL, ignored = false,
                    suggested_product_id = NULL, suggested_by = '', version = o.version + 1
                FROM json_to_recordset(:rows) AS t(id uuid, product_id uuid, matched_by text) WHERE o.id = t.id
                """
            ),
            {"rows": msgspec.json.encode(rows).decode()},
        )

    async def ignore(self, offer_ids: Collection[UUID], *, ignored: bool) -> None:
        """Leave offers without a product alone, or not."""
        await self._session.execute(
            text("UPDATE offer SET ignored = :ignored, version = version + 1 WHERE id = ANY(:ids)"),
            {"ids": list(offer_ids), "ignored": ignored},
        )

    # What people said once

    async def mappings(
        self, seller_id: UUID, skus: Collection[str], gtins: Collection[str]
    ) -> dict[tuple[str, str], UUID]:
        """Return the products that people gave to these names, by kind and name."""
        found = await self._session.execute(
            text(
                "SELECT kind, value, product_id FROM offer_mapping WHERE seller_id = :seller"
                " AND (kind = 'sku' AND value = ANY(:skus) OR kind = 'gtin' AND value = ANY(:gtins))"
            ),
            {"seller": seller_id, "skus": list(skus), "gtins": list(gtins)},
        )
        return {(row.kind, row.value): row.product_id for row in found}

    async def map(self, rows: Sequence[dict[str, Any]]) -> None:
        """Remember which product a name means; the last word counts."""
        await insert_many(
            self._session,
            Mapping,
            rows,
            suffix="ON CONFLICT (seller_id, kind, value) DO UPDATE SET product_id = excluded.product_id,"
            " created_by = excluded.created_by, created_at = now()",
        )

    # Suggestions

    async def unsuggested(self, account_id: UUID, *, limit: int) -> list[OfferRow]:
        """Return some offers without a product for which nobody looked for a similar one."""
        found = await self._session.execute(
            text(
                f"SELECT {_ROW} FROM offer WHERE account_id = :account AND state = 'unmatched'"  # noqa: S608
                " AND suggested_by = '' ORDER BY id LIMIT :limit"
            ),
            {"account": account_id, "limit": limit},
        )
        return [OfferRow(**row) for row in found.mappings()]

    async def suggested(self, found: Sequence[tuple[UUID, UUID | None, str]]) -> None:
        """Store suggestions: rows of offer, product and what speaks for it."""
        rows = [{"id": offer, "product_id": product, "by": by} for offer, product, by in found]
        await self._session.execute(
            text(
                "UPDATE offer o SET suggested_product_id = t.product_id, suggested_by = t.by"
                " FROM json_to_recordset(:rows) AS t(id uuid, product_id uuid, by text) WHERE o.id = t.id"
            ),
            {"rows": msgspec.json.encode(rows).decode()},
        )

    async def suggest_again(self, seller_id: UUID) -> None:
        """There are new products: offers for which nothing similar was found are looked at again."""
        await self._session.execute(
            text(
                "UPDATE offer SET suggested_by = '' WHERE seller_id = :seller"
                " AND state = 'unmatched' AND suggested_by = 'none'"
            ),
            {"seller": seller_id},
        )
