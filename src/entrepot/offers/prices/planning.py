"""Prices that hold from one moment to another: planned ones of single offers, and lists that begin and end."""

from collections.abc import Collection
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from entrepot.jobs import service as jobs
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.database import context_of
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.i18n import gettext
from entrepot.kit.ids import new_id
from entrepot.kit.text import N_
from entrepot.offers.prices.errors import ScheduleNotFoundError, ScheduleOverError
from entrepot.offers.prices.events import PriceScheduled
from entrepot.offers.prices.service import LONGEST_REASON, NOT_TOLD, PriceService, checked_price
from entrepot.offers.prices.tasks import TurnPrices

AT_ONCE = 500
"""Planned prices that begin or end in one transaction."""
ENDS_BEFORE = N_("The end must come after the beginning.")
ENDED_ALREADY = N_("That moment is past. Enter an end that is still to come.")


class Planning(PriceService):
    """Planning prices, and beginning and ending them."""

    async def plan(
        self, offer_id: UUID, price: Decimal, *, starts_at: datetime, ends_at: datetime | None, reason: str = ""
    ) -> UUID:
        """Plan a price of an offer and return the plan's id.

        It is stronger than price lists and rules, and weaker than a price set by hand.  When it ends, what else holds
        counts again; if nothing does, the channel is told what it showed before.

        Raises:
            InvalidInputError: the price cannot be, or the end is not after the beginning and the present.
            OfferNotFoundError: there is no such offer.
        """
        row = await self._row(offer_id, None)
        checked_price(price, row.currency)
        if row.account_id not in await self._can_tell():
            raise InvalidInputError({"price": gettext(NOT_TOLD)})
        if ends_at is not None and ends_at <= starts_at:
            raise InvalidInputError({"ends_at": gettext(ENDS_BEFORE)})
        if ends_at is not None and ends_at <= now():
            raise InvalidInputError({"ends_at": gettext(ENDED_ALREADY)})
        schedule_id = new_id()
        values: dict[str, Any] = {
            "id": schedule_id,
            "seller_id": row.seller_id,
            "offer_id": offer_id,
            "price": price,
            "starts_at": starts_at,
            "ends_at": ends_at,
            "reason": reason.strip()[:LONGEST_REASON],
            "created_by": context_of(self._session).actor.name,
        }
        await self._planned.add_schedule(values)
        await self._record("planned", row.seller_id, row.currency, values)
        if starts_at <= now():
            await self.turn()
        await self._wake_at(starts_at, ends_at)
        return schedule_id

    async def call_off(self, schedule_id: UUID) -> UUID:
        """End a planned price now, or never begin it; return its offer.

        Raises:
            ScheduleNotFoundError: there is none.
            ScheduleOverError: it has ended, or was called off.
        """
        found = await self._planned.lock_schedule(schedule_id)
        if found is None:
            raise ScheduleNotFoundError(schedule=schedule_id)
        if found["cancelled_at"] is not None or found["ended_at"] is not None:
            raise ScheduleOverError
        await self._planned.cancel_schedule(schedule_id)
        await self._record("called_off", found["seller_id"], found["currency"], found)
        offer_id: UUID = found["offer_id"]
        await self.refresh([offer_id])
        return offer_id

    async def turn(self) -> int:
        """Begin and end what has come to its moment, each once however many processes look; return how many did."""
        at = now()
        turned = await self._planned.turn_schedules(at, limit=AT_ONCE)
        for schedule_id, _, what in turned:
            found = await self._planned.lock_schedule(schedule_id)
            if found is not None:
                await self._record(what, found["seller_id"], found["currency"], found)
        await self.refresh({offer_id for _, offer_id, _ in turned})
        lists = await self._planned.turn_lists(at)
        for list_id in lists:
            await self.refresh_list(list_id)
        return len(turned) + len(lists)

    async def refresh_list(self, list_id: UUID, product_ids: Collection[UUID] | None = None) -> int:
        """Decide anew about every offer a list speaks of; return how many should cost something else now."""
        changed, after = 0, None
        while offers := await self._planned.offers_of_list(list_id, product_ids, after=after):
            changed += await self.refresh(offers)
            after = offers[-1]
        return changed

    async def follow_products(self, offer_ids: Collection[UUID]) -> int:
        """Decide anew about offers whose product is another one now, where a list or an earlier decision is at stake."""
        return await self.refresh(await self._planned.listed_or_priced(offer_ids))

    async def _wake_at(self, *moments: datetime | None) -> None:
        """Have a run at each moment that is still to come."""
        present = now()
        for moment in moments:
            if moment is not None and moment > present:
                await jobs.enqueue(
                    self._session,
                    TurnPrices(),
                    key=f"at {moment.timestamp():.0f}",
                    delay=moment - present + timedelta(milliseconds=50),
                )

    async def _record(self, what: str, seller_id: UUID, currency: str, values: dict[str, Any]) -> None:
        ends_at = values["ends_at"]
        event = PriceScheduled(
            seller_id=seller_id,
            subject_id=values["offer_id"],
            what=what,
            price=values["price"],
            currency=currency,
            starts_at=values["starts_at"].isoformat(),
            ends_at="" if ends_at is None else ends_at.isoformat(),
        )
        await outbox.record(self._session, event)
