"""Putting closer together what is ordered together: planned, previewed, and done swap by swap."""

import asyncio
from collections import Counter
from collections.abc import Collection
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from entrepot.inventory.errors import (
    BadPeriodError,
    NothingToGainError,
    ReorganisationClosedError,
    SwapStaleError,
    UnknownReorganisationError,
    UnknownWarehouseError,
)
from entrepot.inventory.moving import Moving
from entrepot.inventory.repository.reorganising import Holding, ReorganisingRepository, SessionRow, SwapRow
from entrepot.inventory.swaps import PlannedSwap, Slot, cost_of, plan_swaps
from entrepot.kit.clock import now
from entrepot.kit.database import context_of
from entrepot.kit.ids import new_id

MOST_DAYS = 730
MOST_SWAPS = 50


class SwapPreview(msgspec.Struct, frozen=True, kw_only=True):
    """Two places whose contents change places."""

    first_location_id: UUID
    first: str
    first_products: list[UUID]
    second_location_id: UUID
    second: str
    second_products: list[UUID]
    cost: Decimal
    """Places passed per order once it is done."""


class ReorganisationPreview(msgspec.Struct, frozen=True, kw_only=True):
    """What a plan would save."""

    orders: int
    before: Decimal
    """Places passed per order now."""
    after: Decimal
    swaps: list[SwapPreview]

    @property
    def saving(self) -> int:
        """Percent of the way that is saved."""
        return int(100 * (self.before - self.after) / self.before) if self.before else 0


class Reorganising(Moving):
    """Reorganisation."""

    async def preview_reorganisation(
        self,
        seller_id: UUID,
        warehouse_id: UUID,
        *,
        location_id: UUID | None = None,
        days: int = 90,
        most: int = 20,
        without: Collection[UUID] = (),
    ) -> ReorganisationPreview:
        """Return which swaps would shorten the way of pickers, and by how much; nothing is changed.

        Args:
            seller_id: whose orders and goods.
            warehouse_id: the building.
            location_id: only places in this one; None: the whole building.
            days: how far back the orders go.
            most: swaps at most.
            without: places that stay as they are.

        Raises:
            UnknownWarehouseError, UnknownLocationError
            BadPeriodError: *days* or *most* make no sense.
            NothingToGainError: no swap shortens the way.
        """
        if not 1 <= days <= MOST_DAYS:
            raise BadPeriodError(days=days, most=MOST_DAYS)
        if not 1 <= most <= MOST_SWAPS:
            raise BadPeriodError(days=most, most=MOST_SWAPS)
        warehouse = await self._places.warehouse(warehouse_id)
        if warehouse is None:
            raise UnknownWarehouseError(code=str(warehouse_id))
        part = (await self._locations([location_id]))[location_id] if location_id else None
        repository = ReorganisingRepository(self._session)
        found = await repository.holdings(warehouse_id, part.path if part else None)
        places = [holding for holding in found if holding.location_id not in set(without)]
        baskets = _baskets(places, await repository.baskets(seller_id, now() - timedelta(days=days)))
        slots = [Slot(place.units, place.max_units) for place in places]
        swaps = await asyncio.to_thread(plan_swaps, baskets, slots, most) if baskets else []
        orders = sum(baskets.values())
        if not swaps:
            where = part.code if part else warehouse.name
            raise NothingToGainError(where=where, days=days, orders=orders)
        return ReorganisationPreview(
            orders=orders,
            before=_per_order(cost_of(baskets, range(len(slots))), orders),
            after=_per_order(swaps[-1].cost, orders),
            swaps=_shown(swaps, places, orders),
        )

    async def start_reorganisation(
        self, seller_id: UUID, warehouse_id: UUID, *, location_id: UUID | None = None, days: int = 90, most: int = 20
    ) -> UUID:
        """Write such a plan down, to be done swap by swap.  Raises what :meth:`preview_reorganisation` raises."""
        plan = await self.preview_reorganisation(seller_id, warehouse_id, location_id=location_id, days=days, most=most)
        id_ = new_id()
        repository = ReorganisingRepository(self._session)
        await repository.add(
            {
                "id": id_,
                "seller_id": seller_id,
                "warehouse_id": warehouse_id,
                "location_id": location_id,
                "days": days,
                "orders": plan.orders,
                "before": plan.before,
                "after": plan.after,
                "created_by": context_of(self._session).actor.name,
            }
        )
        await repository.add_swaps(_rows(id_, seller_id, plan.swaps, 1))
        return id_

    async def swap(self, reorganisation_id: UUID, swap_id: UUID) -> bool:
        """Let what lies in the two places of the next swap change places, reserved goods together with their promise.

        Returns:
            False if it was done before.

        Raises:
            UnknownReorganisationError, ReorganisationClosedError
            SwapStaleError: something else lies there than when the plan was made; nothing was moved.
        """
        repository = ReorganisingRepository(self._session)
        session, swaps = await self._under_way(reorganisation_id)
        chosen = next((swap for swap in swaps if swap.id == swap_id), None)
        if chosen is not None and chosen.status == "done":
            return False
        if session.status != "open":
            raise ReorganisationClosedError
        following = next((swap for swap in swaps if swap.status == "open"), None)
        if chosen is None or following is None or chosen.id != following.id:
            raise UnknownReorganisationError
        pair = (chosen.first_location_id, chosen.second_location_id)
        expected = dict(zip(pair, (set(chosen.first_products), set(chosen.second_products)), strict=True))
        await self._stock.lock({UUID(product) for products in expected.values() for product in products})
        lying = await repository.lying(pair)
        places = await self._locations(pair)
        for location_id, products in expected.items():
            if {str(product) for place, product, _, _ in lying if place == location_id} != products:
                raise SwapStaleError(location=places[location_id].code)
        both = {(product, lot) for place, product, lot, _ in lying if place == pair[0]} & {
            (product, lot) for place, product, lot, _ in lying if place == pair[1]
        }
        for place, product, lot, units in lying:
            if (product, lot) not in both:  # the same goods on both sides need not be carried
                other = pair[1] if place == pair[0] else pair[0]
                await self.move(product, place, other, units, lot=lot, with_reservations=True, reason=REASON)
        await repository.settle(chosen.id, "done", context_of(self._session).actor.name, now())
        if sum(swap.status == "open" for swap in swaps) == 1:
            await repository.set_status(reorganisation_id, "done")
        return True

    async def skip_swap(self, reorganisation_id: UUID, swap_id: UUID) -> None:
        """Leave the two places of a swap as they are, and plan the rest anew without them.

        Anew, because what comes after was worth it only if this had been done.

        Raises:
            UnknownReorganisationError, ReorganisationClosedError
        """
        repository = ReorganisingRepository(self._session)
        session, swaps = await self._under_way(reorganisation_id)
        if session.status != "open":
            raise ReorganisationClosedError
        chosen = next((swap for swap in swaps if swap.id == swap_id and swap.status == "open"), None)
        if chosen is None:
            return
        await repository.settle(chosen.id, "skipped", context_of(self._session).actor.name, now())
        await repository.forget_open(reorganisation_id)
        settled = [swap for swap in swaps if swap.status != "open"]
        left = sum(swap.status == "open" for swap in swaps) - 1
        without = {
            place
            for swap in (*settled, chosen)
            if swap.status == "skipped" or swap.id == chosen.id
            for place in (swap.first_location_id, swap.second_location_id)
        }
        try:
            plan = await self.preview_reorganisation(
                session.seller_id,
                session.warehouse_id,
                location_id=session.location_id,
                days=session.days,
                most=max(1, left),
                without=without,
            )
        except NothingToGainError:
            await repository.set_status(reorganisation_id, "done")
            return
        first = max(swap.position for swap in swaps) + 1
        await repository.add_swaps(_rows(session.id, session.seller_id, plan.swaps, first))

    async def stop_reorganisation(self, reorganisation_id: UUID) -> None:
        """End a plan; what was swapped stays swapped.

        Raises:
            UnknownReorganisationError, ReorganisationClosedError
        """
        session, _ = await self._under_way(reorganisation_id)
        if session.status != "open":
            raise ReorganisationClosedError
        await ReorganisingRepository(self._session).set_status(reorganisation_id, "stopped")

    async def _under_way(self, reorganisation_id: UUID) -> tuple[SessionRow, list[SwapRow]]:
        repository = ReorganisingRepository(self._session)
        session = await repository.locked(reorganisation_id)
        if session is None:
            raise UnknownReorganisationError
        return session, await repository.swaps(reorganisation_id)


REASON = "Reorganisation"


def _baskets(places: list[Holding], ordered: list[set[UUID]]) -> Counter[frozenset[int]]:
    """Return the baskets as numbers of places; a product in several places is picked from the first on the way."""
    first: dict[UUID, int] = {}
    for number, place in enumerate(places):
        for product in place.products:
            first.setdefault(product, number)
    found: Counter[frozenset[int]] = Counter()
    for products in ordered:
        if basket := frozenset(first[product] for product in products if product in first):
            found[basket] += 1
    return found


def _shown(swaps: list[PlannedSwap], places: list[Holding], orders: int) -> list[SwapPreview]:
    products = [place.products for place in places]
    found: list[SwapPreview] = []
    for swap in swaps:
        found.append(
            SwapPreview(
                first_location_id=places[swap.first].location_id,
                first=places[swap.first].code,
                first_products=products[swap.first],
                second_location_id=places[swap.second].location_id,
                second=places[swap.second].code,
                second_products=products[swap.second],
                cost=_per_order(swap.cost, orders),
            )
        )
        products[swap.first], products[swap.second] = products[swap.second], products[swap.first]
    return found


def _rows(id_: UUID, seller_id: UUID, swaps: list[SwapPreview], first: int) -> list[dict[str, Any]]:
    return [
        {
            "id": new_id(),
            "seller_id": seller_id,
            "reorganisation_id": id_,
            "position": position,
            "first_location_id": swap.first_location_id,
            "second_location_id": swap.second_location_id,
            "first_products": [str(product) for product in swap.first_products],
            "second_products": [str(product) for product in swap.second_products],
            "cost": swap.cost,
        }
        for position, swap in enumerate(swaps, first)
    ]


def _per_order(cost: int, orders: int) -> Decimal:
    return (Decimal(cost) / orders).quantize(Decimal("0.01"))
