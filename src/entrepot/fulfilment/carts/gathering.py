"""Aggregated picking: all units of a product that several orders take from one place, as one task."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.correcting import Correcting
from entrepot.fulfilment.domain import MOST_UNITS, LineState, PickMode, ShortReason
from entrepot.fulfilment.errors import AlreadyPickedError, PickedTooMuchError
from entrepot.fulfilment.refs import PickLineRef, PickListRef, PickOutcome
from entrepot.fulfilment.repository import ListRepository
from entrepot.fulfilment.strictness import check_scanned
from entrepot.fulfilment.taking import PICKED, REPEATED, Take, Taking
from entrepot.fulfilment.way.going import Way

GATHERED = frozenset({PickMode.BATCH, PickMode.SINGLES, PickMode.ZONE})
"""Ways to walk in which all units of a place go into one bin."""


class Gathering:
    """What pickers do with a place, for all orders of their list at once."""

    def __init__(self, session: AsyncSession) -> None:
        self._lists = ListRepository(session)
        self._ground = Taking(session)
        self._way = Way(session)
        self._correcting = Correcting(session)

    async def pick(self, line_id: UUID, quantity: int | None = None, *, client_id: str = "") -> PickOutcome:
        """Pick units that several orders take from the place of one line, in the order of their compartments.

        Args:
            line_id: any open line of the place.
            quantity: units; None: all that are left there.
            client_id: of the act; the same again changes nothing.

        Raises:
            AlreadyPickedError: somebody was quicker.
            PickedTooMuchError: less is left there.
            ProductFirstError and the like: the site wants it scanned.
        """
        found, line = await self._ground.line(line_id)
        if client_id and (known := await self._lists.was_scanned(found.seller_id, client_id)):
            return PickOutcome(pick_list_id=found.id, pick_line_id=known, picked=0, repeated=True, message=REPEATED)
        lines = await self._lists.lines(found.id)
        here = together(lines, line, found)
        if not here:
            raise AlreadyPickedError(sku=line.sku, location=line.location_code, state=str(line.state))
        rules = await self._way.settings(found.seller_id, found.warehouse_id)
        check_scanned(here[0], rules, tote="" if found.mode == PickMode.CART else None)
        left = sum(one.left for one in here)
        wanted = left if quantity is None else quantity
        if not 1 <= wanted <= min(left, MOST_UNITS):
            raise PickedTooMuchError(quantity=wanted, sku=line.sku, left=left, location=line.location_code)
        outcomes = await self._ground.take_many(found, share(here, wanted, client_id), lines=lines)
        picked = sum(one.picked for one in outcomes)
        return PickOutcome(
            pick_list_id=found.id,
            pick_line_id=here[0].id,
            picked=picked,
            message=PICKED,
            facts={"quantity": picked, "sku": line.sku},
        )

    async def short(self, line_id: UUID, reason: ShortReason, *, found_units: int = 0) -> PickOutcome:
        """Report that less is in a place than all orders of the list together take from it.

        What is there goes to the orders in the order of their compartments; the rest is taken from elsewhere.
        """
        found, line = await self._ground.line(line_id)
        here = together(await self._lists.lines(found.id), line, found)
        if not here:
            raise AlreadyPickedError(sku=line.sku, location=line.location_code, state=str(line.state))
        left = sum(one.left for one in here)
        if not 0 <= found_units <= left:
            raise PickedTooMuchError(quantity=found_units, sku=line.sku, left=left, location=line.location_code)
        if found_units:
            await self._ground.take_many(found, share(here, found_units, ""))
        outcomes = [
            await self._correcting.short(one.id, reason)
            for one in together(await self._lists.lines(found.id), line, found)
        ]
        if not outcomes:
            return PickOutcome(
                pick_list_id=found.id,
                pick_line_id=line.id,
                picked=found_units,
                message=PICKED,
                facts={"quantity": found_units, "sku": line.sku},
            )
        facts: dict[str, str | int] = {"sku": line.sku, "missing": 0, "replaced": 0}
        for name in ("missing", "replaced"):
            facts[name] = sum(int(one.facts.get(name, 0)) for one in outcomes)
        return PickOutcome(
            pick_list_id=found.id, pick_line_id=line.id, picked=found_units, message=outcomes[-1].message, facts=facts
        )


def together(lines: Sequence[PickLineRef], line: PickLineRef, found: PickListRef) -> list[PickLineRef]:
    """Return the open lines that are one task with *line*: of its place, product and lot, if the list is walked so."""
    if found.mode not in GATHERED:
        return [one for one in lines if one.id == line.id and one.state is LineState.OPEN]
    task = line.location_id, line.product_id, line.lot
    return [one for one in lines if one.state is LineState.OPEN and (one.location_id, one.product_id, one.lot) == task]


def share(lines: Sequence[PickLineRef], units: int, client_id: str) -> list[Take]:
    """Share units out to lines, first come, first served; the first act has the client id, so that a repeat is known."""
    takes: list[Take] = []
    for line in lines:
        if not units:
            break
        part = min(units, line.left)
        takes.append(Take(line, part, f"{client_id}.{len(takes)}" if client_id and takes else client_id))
        units -= part
    return takes
