"""Lists and schedules: what they say of offers now, and which of them begin or end."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.bulk import insert_many
from entrepot.kit.sentence import Sentence
from entrepot.kit.sql import text
from entrepot.kit.text import N_
from entrepot.offers.prices.derivation import Input, PriceDerivation, RuleRef
from entrepot.offers.prices.domain import Candidate, Source
from entrepot.offers.prices.models import PriceSchedule
from entrepot.offers.prices.rows import money

PLANNED = N_("Planned price")
BY_LIST = N_("Price in the list")
BY_PLAN = N_("Planned by")
UNTIL = N_("It holds until {when}; then what else holds counts, or what the channel showed before.")


class PlannedRepository:
    """What holds for some time."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def candidates(self, offer_ids: Collection[UUID], at: datetime) -> dict[UUID, list[Candidate]]:
        """Return what schedules and lists say of offers at a moment."""
        candidates: defaultdict[UUID, list[Candidate]] = defaultdict(list)
        await self._scheduled(offer_ids, at, candidates)
        await self._listed(offer_ids, at, candidates)
        return candidates

    async def _scheduled(
        self, offer_ids: Collection[UUID], at: datetime, candidates: defaultdict[UUID, list[Candidate]]
    ) -> None:
        found = await self._session.execute(
            text(
                "SELECT s.*, p.currency FROM offer_price_schedule s JOIN offer_price p ON p.offer_id = s.offer_id"
                " WHERE s.offer_id = ANY(:ids) AND s.cancelled_at IS NULL AND s.starts_at <= :at"
                " AND (s.ends_at IS NULL OR s.ends_at > :at)"
            ),
            {"ids": list(offer_ids), "at": at},
        )
        for row in found.mappings():
            price = money(row["price"], row["currency"]) or row["price"]
            derivation = PriceDerivation(
                source=str(Source.SCHEDULE),
                rule=RuleRef(name=row["reason"] or PLANNED, url=f"/offers/prices/{row['offer_id']}"),
                inputs=(
                    Input(name=PLANNED, value=f"{row['currency']} {price}", at=row["created_at"]),
                    Input(name=BY_PLAN, value=row["created_by"]),
                ),
                changes=(_until(row["ends_at"]),) if row["ends_at"] else (),
            )
            candidates[row["offer_id"]].append(
                Candidate(
                    source=Source.SCHEDULE,
                    price=price,
                    source_id=row["id"],
                    begins_at=row["starts_at"],
                    ends_at=row["ends_at"],
                    derivation=derivation.stored(),
                )
            )

    async def _listed(
        self, offer_ids: Collection[UUID], at: datetime, candidates: defaultdict[UUID, list[Candidate]]
    ) -> None:
        found = await self._session.execute(
            text(
                """
                SELECT o.id AS offer_id, l.id, l.name, l.currency, l.account_id, l.priority, l.valid_from, l.valid_to,
                    l.version, e.price, e.changed_at
                FROM offer o JOIN offer_price p ON p.offer_id = o.id
                JOIN price_list_entry e ON e.seller_id = o.seller_id AND e.product_id = o.product_id
                JOIN price_list l ON l.id = e.list_id
                WHERE o.id = ANY(:ids) AND l.active AND l.currency = p.currency
                    AND (l.account_id IS NULL OR l.account_id = o.account_id)
                    AND (l.valid_from IS NULL OR l.valid_from <= :at) AND (l.valid_to IS NULL OR l.valid_to > :at)
                """
            ),
            {"ids": list(offer_ids), "at": at},
        )
        for row in found.mappings():
            price = money(row["price"], row["currency"]) or row["price"]
            derivation = PriceDerivation(
                source=str(Source.LIST),
                rule=RuleRef(name=row["name"], version=row["version"], url=f"/offers/prices/lists/{row['id']}"),
                inputs=(
                    Input(name=BY_LIST, value=f"{row['currency']} {price}", source=row["name"], at=row["changed_at"]),
                ),
                changes=(_until(row["valid_to"]),) if row["valid_to"] else (),
            )
            candidates[row["offer_id"]].append(
                Candidate(
                    source=Source.LIST,
                    price=price,
                    source_id=row["id"],
                    rank=row["priority"],
                    narrow=row["account_id"] is not None,
                    begins_at=row["valid_from"],
                    ends_at=row["valid_to"],
                    derivation=derivation.stored(),
                )
            )

    # Planned prices

    async def add_schedule(self, values: dict[str, Any]) -> None:
        """Store a planned price."""
        await insert_many(self._session, PriceSchedule, [values])

    async def lock_schedule(self, schedule_id: UUID) -> dict[str, Any] | None:
        """Lock and return a planned price, with the currency of its offer."""
        found = await self._session.execute(
            text(
                "SELECT s.*, p.currency FROM offer_price_schedule s JOIN offer_price p ON p.offer_id = s.offer_id"
                " WHERE s.id = :id FOR NO KEY UPDATE OF s"
            ),
            {"id": schedule_id},
        )
        row = found.mappings().one_or_none()
        return None if row is None else dict(row)

    async def cancel_schedule(self, schedule_id: UUID) -> None:
        """Store that a planned price is called off."""
        await self._session.execute(
            text("UPDATE offer_price_schedule SET cancelled_at = now() WHERE id = :id"), {"id": schedule_id}
        )

    async def listed_or_priced(self, offer_ids: Collection[UUID]) -> list[UUID]:
        """Return the offers among these that a list speaks of, or about which something was decided."""
        found = await self._session.execute(
            text(
                """
                SELECT o.id FROM offer o WHERE o.id = ANY(:ids) AND (
                    EXISTS (SELECT 1 FROM price_list_entry e
                        WHERE e.seller_id = o.seller_id AND e.product_id = o.product_id)
                    OR EXISTS (SELECT 1 FROM offer_price p WHERE p.offer_id = o.id AND p.wanted_source = 'list'))
                """
            ),
            {"ids": list(offer_ids)},
        )
        return list(found.scalars())

    # Beginning and ending

    async def turn_schedules(self, at: datetime, *, limit: int) -> list[tuple[UUID, UUID, str]]:
        """Mark planned prices that began or ended, each once however many look; return schedule, offer and which."""
        found = await self._session.execute(
            text(
                """
                UPDATE offer_price_schedule s SET
                    began_at = coalesce(s.began_at, :at), ended_at = CASE WHEN s.ends_at <= :at THEN :at END
                FROM (
                    SELECT id, began_at AS was FROM offer_price_schedule
                    WHERE cancelled_at IS NULL AND (began_at IS NULL OR ended_at IS NULL) AND starts_at <= :at
                        AND (began_at IS NULL OR ends_at <= :at)
                    ORDER BY starts_at, id LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED
                ) AS due
                WHERE s.id = due.id
                RETURNING s.id, s.offer_id, CASE WHEN s.ended_at IS NOT NULL THEN 'ended' ELSE 'began' END AS what
                """
            ),
            {"at": at, "limit": limit},
        )
        return [(row.id, row.offer_id, row.what) for row in found]

    async def turn_lists(self, at: datetime) -> list[UUID]:
        """Mark lists that began or ended, each once; return them."""
        found = await self._session.execute(
            text(
                """
                UPDATE price_list l SET began_at = coalesce(l.began_at, :at),
                    ended_at = CASE WHEN l.valid_to <= :at THEN :at END
                FROM (
                    SELECT id FROM price_list WHERE active
                        AND ((began_at IS NULL AND (valid_from IS NULL OR valid_from <= :at))
                            OR (ended_at IS NULL AND valid_to <= :at))
                    ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
                ) AS due
                WHERE l.id = due.id RETURNING l.id
                """
            ),
            {"at": at},
        )
        return list(found.scalars())

    async def offers_of_list(
        self,
        list_id: UUID,
        product_ids: Collection[UUID] | None = None,
        *,
        after: UUID | None = None,
        limit: int = 2_000,
    ) -> list[UUID]:
        """Return offers that a list says something of, in the order of their ids."""
        found = await self._session.execute(
            text(
                """
                SELECT o.id FROM price_list_entry e JOIN price_list l ON l.id = e.list_id
                JOIN offer o ON o.seller_id = e.seller_id AND o.product_id = e.product_id
                WHERE e.list_id = :list AND (l.account_id IS NULL OR l.account_id = o.account_id)
                    AND (CAST(:products AS uuid[]) IS NULL OR e.product_id = ANY(:products))
                    AND (CAST(:after AS uuid) IS NULL OR o.id > :after)
                ORDER BY o.id LIMIT :limit
                """
            ),
            {
                "list": list_id,
                "products": None if product_ids is None else list(product_ids),
                "after": after,
                "limit": limit,
            },
        )
        return list(found.scalars())


def _until(moment: datetime) -> Sentence:
    return Sentence(UNTIL, {"when": f"{moment:%Y-%m-%d %H:%M} UTC"})
