"""Every statement that changes offers, or decides what to do with them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from entrepot.erp.views import stock_query
from entrepot.inventory.views import Counted, for_sale
from entrepot.kit.bulk import insert_many
from entrepot.kit.sql import text
from entrepot.offers.domain import MOST, Derivation
from entrepot.offers.match_statements import MatchStatements
from entrepot.offers.models import Offer
from entrepot.offers.rows import Claimed, OfferRow, Undecided

NO_LIMITS = "CROSS JOIN (SELECT CAST(NULL AS int) AS maximum, 0 AS buffer, false AS paused) a"
LEASE = timedelta(minutes=10)
"""How long an interrupted run keeps its offers from other runs."""

_ROW = ", ".join(OfferRow.__slots__)
_UNDECIDED = ", ".join(Undecided.__slots__)


class OfferRepository(MatchStatements):
    """Offers in the running transaction."""

    # Deciding

    async def out_of_date(
        self,
        seller_id: UUID,
        counted: Counted = "all",
        *,
        warehouse_id: UUID | None = None,
        erp_account_id: UUID | None = None,
        account_ids: Collection[UUID] | None = None,
        product_ids: Collection[UUID] | None = None,
        offer_ids: Collection[UUID] | None = None,
        limited: bool = True,
    ) -> list[UUID]:
        """Return offers that should say something else than was decided last.

        The same rule as :func:`entrepot.offers.domain.publishable`, without its reasons: a sieve over all offers in one
        statement.  A test compares the two.

        Args:
            seller_id: whose.
            counted: whose numbers count (:func:`entrepot.inventory.views.for_sale`).
            warehouse_id: the building, if one counts.
            erp_account_id: the ERP, if it counts.
            account_ids: only on these accounts.
            product_ids: only of these products, and of bundles that contain them.
            offer_ids: only these.
            limited: some account has limits of its own.  Joining none of them saves a quarter of the time.
        """
        if offer_ids is not None and product_ids is None:
            product_ids = await self._products_of(offer_ids)
        where = ""
        values: dict[str, Any] = {"seller": seller_id, "most": MOST}
        if counted == "warehouse":
            values["warehouse"] = warehouse_id
        if counted == "given":
            values["erp_account"] = erp_account_id
        limits = "LEFT JOIN offer_account a ON a.account_id = o.account_id" if limited else NO_LIMITS
        stock = for_sale(counted, given=stock_query(), narrowed=product_ids is not None)
        if account_ids is not None:
            where += " AND o.account_id = ANY(:accounts)"
            values["accounts"] = list(account_ids)
        if offer_ids is not None:
            where += " AND o.id = ANY(:offers)"
            values["offers"] = list(offer_ids)
        if product_ids is not None:
            values["products"] = list(product_ids)
        found = await self._session.execute(
            text(
                f"""
                WITH s AS MATERIALIZED ({stock})
                SELECT o.id FROM offer o
                JOIN s ON s.product_id = o.product_id
                {limits}
                WHERE o.seller_id = :seller AND o.fulfilment = 'seller' {where}
                    AND o.wanted_quantity IS DISTINCT FROM
                        CASE WHEN o.paused OR a.paused IS TRUE OR NOT s.active THEN 0 ELSE
                        least(:most, coalesce(o.maximum, a.maximum), greatest(0,
                            s.available - coalesce(o.buffer, greatest(s.buffer, a.buffer)))) END
                """  # noqa: S608 -- our own texts
            ),
            values,
        )
        return list(found.scalars())

    async def _products_of(self, offer_ids: Collection[UUID]) -> list[UUID]:
        """Return what these offers offer, so that nothing else has to be counted for them."""
        found = await self._session.execute(
            text("SELECT DISTINCT product_id FROM offer WHERE id = ANY(:offers) AND product_id IS NOT NULL"),
            {"offers": list(offer_ids)},
        )
        return list(found.scalars())

    async def lock_undecided(self, offer_ids: Collection[UUID]) -> list[Undecided]:
        """Lock offers like :meth:`lock`, and return of each only what decides its number."""
        found = await self._session.execute(
            text(f"SELECT {_UNDECIDED} FROM offer WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE"),  # noqa: S608
            {"ids": list(offer_ids)},
        )
        return [Undecided(*row) for row in found]

    async def lock(self, offer_ids: Collection[UUID]) -> list[OfferRow]:
        """Lock offers until the transaction ends, always in the same order, and return them as they are now."""
        found = await self._session.execute(
            text(f"SELECT {_ROW} FROM offer WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE"),  # noqa: S608
            {"ids": list(offer_ids)},
        )
        return [OfferRow(**row) for row in found.mappings()]

    async def want(self, decided: Sequence[tuple[UUID, Derivation]]) -> None:
        """Store what offers should say, and why.  A new number is worth trying although the old one was refused.

        A reason that several offers share is sent once.
        """
        numbers: dict[int, int] = {}
        reasons: list[dict[str, Any]] = []
        rows: list[dict[str, Any]] = []
        for offer_id, derivation in decided:
            number = numbers.get(id(derivation))
            if number is None:
                number = numbers[id(derivation)] = len(reasons)
                reasons.append({"n": number, "quantity": derivation.quantity, "derivation": derivation.stored()})
            rows.append({"id": offer_id, "n": number})
        await self._session.execute(
            text(
                """
                UPDATE offer o SET wanted_quantity = d.quantity, derivation = d.derivation, wanted_at = now(),
                    problem = '', problem_at = NULL
                FROM json_to_recordset(:rows) AS t(id uuid, n int)
                JOIN json_to_recordset(:reasons) AS d(n int, quantity int, derivation jsonb) ON d.n = t.n
                WHERE o.id = t.id
                """
            ),
            {"rows": msgspec.json.encode(rows).decode(), "reasons": msgspec.json.encode(reasons).decode()},
        )

    async def forgive(self, seller_id: UUID, *, older_than: timedelta) -> None:
        """Let refused offers be tried again after some time."""
        await self._session.execute(
            text(
                "UPDATE offer SET problem = '', problem_at = NULL"
                " WHERE seller_id = :seller AND state = 'failed' AND problem_at < now() - CAST(:age AS interval)"
            ),
            {"seller": seller_id, "age": older_than},
        )

    # Publishing

    async def claim(self, account_id: UUID, run_id: UUID, *, limit: int) -> list[Claimed]:
        """Take offers that are due, those that wait longest first, and mark them as being sent by this run.

        What was decided together comes in the order of the channel's ids: channels that take all variants of one thing
        in one request get them so.
        """
        found = await self._session.execute(
            text(
                """
                UPDATE offer o SET sending_by = :run, sending_at = now()
                FROM (
                    SELECT id FROM offer
                    WHERE account_id = :account AND state = 'to_push' AND wanted_quantity IS NOT NULL
                        AND (sending_at IS NULL OR sending_by = :run OR sending_at < now() - CAST(:lease AS interval))
                    ORDER BY wanted_at, channel_offer_id LIMIT :limit FOR NO KEY UPDATE SKIP LOCKED
                ) AS due
                WHERE o.id = due.id
                RETURNING o.id, o.channel_offer_id, o.wanted_quantity, o.published_quantity, o.derivation
                """
            ),
            {"account": account_id, "run": run_id, "limit": limit, "lease": LEASE},
        )
        return [
            Claimed(
                row["id"],
                row["channel_offer_id"],
                row["wanted_quantity"],
                row["published_quantity"],
                row["derivation"] or {},
            )
            for row in found.mappings()
        ]

    async def give_up(self, account_id: UUID, run_id: UUID) -> None:
        """Let another run take over what this one could not finish; whether it arrived stays unknown."""
        await self._session.execute(
            text(
                """
                UPDATE offer o SET sending_at = NULL FROM (
                    SELECT id FROM offer WHERE account_id = :account AND sending_by = :run
                    ORDER BY id FOR NO KEY UPDATE
                ) AS marked WHERE o.id = marked.id
                """
            ),
            {"account": account_id, "run": run_id},
        )

    async def give_up_for(self, run_ids: Sequence[UUID]) -> None:
        """Do that for runs that are over."""
        await self._session.execute(
            text(
                """
                UPDATE offer o SET sending_at = NULL FROM (
                    SELECT id FROM offer
                    WHERE state = 'to_push' AND sending_by = ANY(:runs) AND sending_at IS NOT NULL
                    ORDER BY id FOR NO KEY UPDATE
                ) AS marked WHERE o.id = marked.id
                """
            ),
            {"runs": list(run_ids)},
        )

    async def settle(self, run_id: UUID, outcomes: Sequence[dict[str, Any]]) -> None:
        """Store what became of claimed offers: rows of ``id, quantity, applied, problem, derivation``.

        Where our number was refused, we no longer claim to know what the channel has.  A refusal says nothing about a
        number that was decided meanwhile.  Locked in the order of their ids, as by whoever decides.
        """
        await self._session.execute(
            text("SELECT 1 FROM offer WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE"),
            {"ids": [outcome["id"] for outcome in outcomes]},
        )
        await self._session.execute(
            text(
                """
                UPDATE offer o SET sending_by = NULL, sending_at = NULL,
                    published_quantity = CASE WHEN t.applied THEN t.quantity END,
                    published_at = CASE WHEN t.applied THEN now() ELSE o.published_at END,
                    published_derivation = CASE WHEN t.applied THEN t.derivation ELSE o.published_derivation END,
                    problem = CASE WHEN t.applied OR o.wanted_quantity <> t.quantity THEN '' ELSE t.problem END,
                    problem_at = CASE WHEN t.applied OR o.wanted_quantity <> t.quantity THEN NULL ELSE now() END
                FROM json_to_recordset(:rows)
                    AS t(id uuid, quantity int, applied boolean, problem text, derivation jsonb)
                WHERE o.id = t.id AND o.sending_by = :run
                """
            ),
            {"rows": msgspec.json.encode(outcomes).decode(), "run": run_id},
        )

    async def shows_something(self, account_id: UUID) -> bool:
        """Whether the channel still shows stock of an offer that we may change, as far as we know."""
        found = await self._session.execute(
            text(
                "SELECT EXISTS (SELECT 1 FROM offer WHERE account_id = :account AND fulfilment = 'seller'"
                " AND product_id IS NOT NULL AND gone_at IS NULL AND published_quantity IS DISTINCT FROM 0)"
            ),
            {"account": account_id},
        )
        return bool(found.scalar_one())

    async def accounts_due(self, account_ids: Collection[UUID]) -> set[UUID]:
        """Return the accounts among these that have something to be told."""
        found = await self._session.execute(
            text(
                "SELECT a FROM unnest(CAST(:accounts AS uuid[])) AS a"
                " WHERE EXISTS (SELECT 1 FROM offer WHERE account_id = a AND state = 'to_push')"
            ),
            {"accounts": list(account_ids)},
        )
        return set(found.scalars())

    async def due(self, account_id: UUID) -> int:
        """Return how many offers of an account are to be told."""
        found = await self._session.execute(
            text("SELECT count(*) FROM offer WHERE account_id = :account AND state = 'to_push'"),
            {"account": account_id},
        )
        return int(found.scalar_one())

    # Reading the channel

    async def known(self, account_id: UUID, channel_offer_ids: Collection[str]) -> dict[str, OfferRow]:
        """Lock and return offers under the channel's ids."""
        found = await self._session.execute(
            text(
                f"SELECT {_ROW} FROM offer WHERE account_id = :account AND channel_offer_id = ANY(:ids)"  # noqa: S608
                " ORDER BY id FOR NO KEY UPDATE"
            ),
            {"account": account_id, "ids": list(channel_offer_ids)},
        )
        return {row["channel_offer_id"]: OfferRow(**row) for row in found.mappings()}

    async def store(self, rows: Sequence[dict[str, Any]]) -> dict[str, UUID]:
        """Insert offers or update what the channel says of them; return their ids under the channel's.

        Until we told the channel a number ourselves, it has the one it says: somebody told it before us.
        """
        stored = await insert_many(
            self._session,
            Offer,
            rows,
            suffix="""ON CONFLICT (account_id, channel_offer_id) DO UPDATE SET
                sku = excluded.sku, gtin = excluded.gtin, title = excluded.title, fulfilment = excluded.fulfilment,
                on_hold = excluded.on_hold, channel_quantity = excluded.channel_quantity,
                published_quantity = CASE WHEN offer.published_at IS NULL AND offer.sending_by IS NULL
                    THEN excluded.published_quantity ELSE offer.published_quantity END,
                last_seen_at = excluded.last_seen_at, gone_at = NULL RETURNING channel_offer_id, id""",
        )
        return {channel_id: offer_id for channel_id, offer_id in stored}  # noqa: C416 -- dict() loses the types

    async def forget_published(self, offer_ids: Collection[UUID]) -> None:
        """Say that we do not know what the channel has: it will be told again, even if it refused before."""
        await self._session.execute(
            text(
                "UPDATE offer SET published_quantity = NULL, problem = '', problem_at = NULL"
                " WHERE id = ANY(:ids) AND fulfilment = 'seller'"
            ),
            {"ids": list(offer_ids)},
        )

    async def mark_gone(self, account_id: UUID, since: datetime) -> list[UUID]:
        """Mark an account's offers that were not seen *since*, and return those that were there before."""
        found = await self._session.execute(
            text(
                "UPDATE offer SET gone_at = now() WHERE account_id = :account AND last_seen_at < :since"
                " AND gone_at IS NULL RETURNING id"
            ),
            {"account": account_id, "since": since},
        )
        return list(found.scalars())

    async def mark_missing(self, offer_ids: Collection[UUID]) -> list[UUID]:
        """Mark offers that the channel does not know any more, and return those that were there before."""
        found = await self._session.execute(
            text("UPDATE offer SET gone_at = now() WHERE id = ANY(:ids) AND gone_at IS NULL RETURNING id"),
            {"ids": list(offer_ids)},
        )
        return list(found.scalars())

    async def longest_unseen(self, account_id: UUID, *, limit: int) -> list[tuple[UUID, str]]:
        """Return offers of which we know what the channel should say, those not read for longest first."""
        found = await self._session.execute(
            text(
                "SELECT id, channel_offer_id FROM offer WHERE account_id = :account AND gone_at IS NULL"
                " AND published_quantity IS NOT NULL AND fulfilment = 'seller' ORDER BY last_seen_at, id LIMIT :limit"
            ),
            {"account": account_id, "limit": limit},
        )
        return [(row.id, row.channel_offer_id) for row in found]

    # What people decide

    async def lock_of_product(self, product_id: UUID) -> list[OfferRow]:
        """Lock the offers of a product and return them."""
        found = await self._session.execute(
            text(f"SELECT {_ROW} FROM offer WHERE product_id = :product ORDER BY id FOR NO KEY UPDATE"),  # noqa: S608
            {"product": product_id},
        )
        return [OfferRow(**row) for row in found.mappings()]

    async def change(self, offer_id: UUID, values: Mapping[str, int | bool | None]) -> None:
        """Store what a person decided."""
        columns = ", ".join(f"{name} = :{name}" for name in values)
        await self._session.execute(
            text(f"UPDATE offer SET {columns}, version = version + 1 WHERE id = :id"),  # noqa: S608 -- our own names
            {**values, "id": offer_id},
        )
