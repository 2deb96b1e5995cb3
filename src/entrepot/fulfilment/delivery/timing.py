"""Cut-off times of sites, and how much time is left for each order."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.account_services import AccountServices
from entrepot.fulfilment.carriers import Carriers
from entrepot.fulfilment.delivery.cut_offs import Calendar, CutOff, Urgency, deadline, times_for, urgency
from entrepot.fulfilment.delivery.errors import DeliveryFormError
from entrepot.fulfilment.delivery.events import CutOffsChanged
from entrepot.fulfilment.delivery.settings import DeliverySettings, Holiday
from entrepot.fulfilment.delivery.views import Placed, placed_orders
from entrepot.inventory import views as inventory_views
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.text import N_

ZONE = "Europe/Amsterdam"
LONGEST_NAME = 60
FARTHEST = timedelta(days=1100)
DAY_NEEDED = N_("Choose a day within the next three years.")
TIME_WRONG = N_("Enter times as hours and minutes, such as 16:30, or leave the day empty.")
CHOOSE = N_("Choose a carrier and service of the list.")
NEVER = datetime.max.replace(tzinfo=now().tzinfo)


class TimeLeft(msgspec.Struct, frozen=True, kw_only=True):
    """Until when an order must be ready, and how urgent that is."""

    order_id: UUID
    until: datetime | None
    urgency: Urgency
    promised: datetime | None
    """What the channel, or we, promised."""


class Timing:
    """Use cases of cut-off times."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._settings = DeliverySettings(session)

    async def left(
        self,
        order_ids: Collection[UUID],
        *,
        at: datetime | None = None,
        promised: Mapping[UUID, datetime | None] | None = None,
    ) -> dict[UUID, TimeLeft]:
        """Say of each order how much time is left.

        Args:
            order_ids: of the orders.
            at: when; None: now.
            promised: what was promised of each of them, if the caller knows: nothing else counts without cut-off times.
        """
        if not order_ids:
            return {}
        present = at or now()
        cut_offs = await self._settings.cut_offs()
        if promised is not None and not cut_offs:
            return {
                id_: TimeLeft(order_id=id_, until=until, urgency=urgency(until, present), promised=until)
                for id_, until in promised.items()
            }
        holidays = await self._settings.holidays() if cut_offs else []
        zones = {one.id: one.time_zone for one in await inventory_views.warehouses(self._session)} if cut_offs else {}
        calendars: dict[tuple[UUID, UUID | None], Calendar] = {}
        found: dict[UUID, TimeLeft] = {}
        for order in await placed_orders(self._session, order_ids):
            until = order.ship_by
            rows = cut_offs.get(order.seller_id)
            if rows and not order.ours:
                key = order.seller_id, order.warehouse_id
                if key not in calendars:
                    calendars[key] = _calendar(order, rows, holidays, zones)
                times = times_for(
                    rows, warehouse_id=order.warehouse_id, account_id=order.carrier_account_id, service=order.service
                )
                until = deadline(times, calendars[key], placed_at=order.placed_at, promised=order.ship_by)
            found[order.id] = TimeLeft(
                order_id=order.id, until=until, urgency=urgency(until, present), promised=order.ship_by
            )
        return found

    async def cut_offs(self, seller_id: UUID) -> list[CutOff]:
        """Return a seller's cut-off times."""
        return (await self._settings.cut_offs(seller_id)).get(seller_id, [])

    async def set_cut_offs(
        self,
        seller_id: UUID,
        times: Mapping[int, time],
        *,
        account_id: UUID | None = None,
        service: str = "",
        warehouse_id: UUID | None = None,
    ) -> None:
        """Say until when parcels must be ready, per day of the week; a day left out has no collection.

        Raises:
            DeliveryFormError: there is no such carrier or service.
        """
        if account_id is not None:
            account = await Carriers(self._session).account(account_id)
            services = (await AccountServices(self._session).of([account]))[account_id]
            if service and service not in {one.code for one in services}:
                raise DeliveryFormError({"carrier": CHOOSE})
        elif service:
            raise DeliveryFormError({"carrier": CHOOSE})
        rows = [
            CutOff(warehouse_id=warehouse_id, carrier_account_id=account_id, service=service, weekday=weekday, at=at)
            for weekday, at in sorted(times.items())
        ]
        await self._settings.replace_cut_offs(seller_id, warehouse_id, account_id, service, rows)
        await outbox.record(self._session, CutOffsChanged(seller_id=seller_id, subject_id=seller_id))

    async def holidays(self, seller_id: UUID) -> list[Holiday]:
        """Return the days on which nothing is collected, the next first."""
        return await self._settings.holidays(seller_id)

    async def add_holiday(
        self, seller_id: UUID, day: date, name: str = "", *, warehouse_id: UUID | None = None
    ) -> None:
        """Add a day on which nothing is collected; again: it gets the new name.

        Raises:
            DeliveryFormError: it is far away, or long ago.
        """
        if not now().date() - timedelta(days=366) <= day <= now().date() + FARTHEST:
            raise DeliveryFormError({"day": DAY_NEEDED})
        await self._settings.add_holiday(seller_id, warehouse_id, day, name.strip()[:LONGEST_NAME])
        await outbox.record(self._session, CutOffsChanged(seller_id=seller_id, subject_id=seller_id))

    async def remove_holiday(self, seller_id: UUID, holiday_id: UUID) -> None:
        """Take it off the list; gone already: nothing happens."""
        await self._settings.remove_holiday(holiday_id)
        await outbox.record(self._session, CutOffsChanged(seller_id=seller_id, subject_id=seller_id))


def by_urgency[R](rows: Sequence[R], left: Mapping[UUID, TimeLeft], order_id: str = "id") -> list[R]:
    """Return rows with the least time left first; those without a deadline last, and otherwise as they were."""

    def until(row: R) -> datetime:
        found = left.get(getattr(row, order_id))
        return found.until if found is not None and found.until is not None else NEVER

    return sorted(rows, key=until)


def _calendar(
    order: Placed, rows: Sequence[CutOff], holidays: Sequence[Holiday], zones: Mapping[UUID, str]
) -> Calendar:
    zone = zones.get(order.warehouse_id) if order.warehouse_id else None
    return Calendar(
        zone=zone or next(iter(zones.values()), ZONE),
        cut_offs=tuple(rows),
        holidays=frozenset(
            one.day
            for one in holidays
            if one.seller_id == order.seller_id and one.warehouse_id in {None, order.warehouse_id}
        ),
    )
