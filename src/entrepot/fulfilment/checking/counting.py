"""Counting what was picked, and what becomes of differences."""

from collections.abc import Iterable
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.catalog.service import CatalogService
from entrepot.fulfilment.checking.errors import (
    CountError,
    DiffersError,
    NoCheckError,
    NoCheckStationError,
    NothingDiffersError,
    NothingLeftError,
    NothingToCheckError,
    SetIncompleteError,
    SurplusError,
    UnknownThingError,
)
from entrepot.fulfilment.checking.events import OrderChecked
from entrepot.fulfilment.checking.repository import CheckRef, CheckRepository
from entrepot.fulfilment.checking.verdict import (
    SENTENCES,
    CheckLine,
    CheckState,
    Difference,
    Found,
    difference_of,
    differences,
    line_for,
)
from entrepot.fulfilment.way.errors import ExpiredLotError, ReasonMissingError
from entrepot.fulfilment.way.going import LONGEST_REASON, Way
from entrepot.fulfilment.way.stages import LABELS, Stage
from entrepot.inventory import views as inventory_views
from entrepot.inventory.errors import UnknownProductError
from entrepot.inventory.service import InventoryService
from entrepot.kit import clock, outbox
from entrepot.kit.database import context_of
from entrepot.kit.gs1 import read_gs1
from entrepot.kit.ids import new_id
from entrepot.kit.text import N_
from entrepot.orders.service import OrderRef, OrderService, OrderStatus

MOST = 100_000
NAMED = 4
"""Differences in a sentence; the page shows them all."""
COUNTED = N_("{counted} of {expected} × {sku}")
REPEATED = N_("That was counted already.")


class CheckOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a scan at the check station did."""

    difference: Difference
    """Of the scanned thing: foreign, a wrong lot or one too many is counted, and has to be dealt with."""
    message: str
    """English template."""
    facts: dict[str, str | int]
    repeated: bool = False


class Checking:
    """What checkers do.  Locks: the order, then its check."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._checks = CheckRepository(session)
        self._orders = OrderService(session)
        self._inventory = InventoryService(session)
        self._way = Way(session)

    async def begin(self, order_id: UUID) -> CheckRef:
        """Take an order to the check station, or go on with one that is there; the caller counts from now on.

        Raises:
            NothingToCheckError: it is not picked, or it is packed.
            NoCheckStationError: it was picked at a site that checks nothing.
            InReviewError, StageMoveError: it is stopped, or at another station.
        """
        order = await self._locked(order_id)
        place = await self._way.place(order_id)
        if order.status is not OrderStatus.PICKED or place is None:
            raise NothingToCheckError(number=order.number, status=str(order.status))
        if not place.checks and place.stage is Stage.PICKED:
            raise NoCheckStationError(number=order.number)
        came = place.stage is not Stage.CHECKING
        await self._way.enter(order_id, Stage.CHECKING)
        found = await self._checks.open_check(order_id)
        if found is not None and not came:
            return found
        if found is not None:
            await self._checks.end(found.id, CheckState.LEFT)
        return await self._open(order)

    async def scan(self, order_id: UUID, code: str, *, quantity: int = 1, client_id: str = "") -> CheckOutcome:
        """Count a thing that was taken out of the tote; whatever it is, it is counted and named.

        Args:
            order_id: being checked.
            code: GTIN, SKU or a GS1 label with its lot.
            quantity: of the same thing.
            client_id: of this scan; the same again counts nothing.

        Raises:
            UnknownThingError: no product has this code.
            ExpiredLotError: it is past its date.
        """
        order, check = await self._being_checked(order_id)
        if not await self._way.first_time(order, "check", client_id):
            return CheckOutcome(difference=Difference.NONE, message=REPEATED, facts={}, repeated=True)
        if not 1 <= quantity <= MOST:
            raise CountError(counted=quantity, most=MOST)
        label = read_gs1(code)
        said = label.gtin if label is not None and label.gtin else code.strip()
        said = next((line.sku for line in check.lines if line.sku.casefold() == said.casefold()), said)
        try:
            product = await self._inventory.scan_product(order.seller_id, said)
        except UnknownProductError:
            raise UnknownThingError(scanned=code.strip()[:60]) from None
        lot = label.lot if label is not None else ""
        if label is not None and label.expires_on is not None and label.expires_on < clock.now().date():
            raise ExpiredLotError(sku=product.sku, lot=lot or "?", expired=label.expires_on.isoformat())
        lines = check.lines
        hit: CheckLine | None = None
        for product_id, units in product.units(quantity).items():
            hit = await self._count(order, check, lines, product_id, lot, units)
            lines = (*(one for one in lines if one.id != hit.id), hit)
        assert hit is not None  # noqa: S101 -- a product has units of something
        return _outcome(hit, lines)

    async def set_counted(self, order_id: UUID, line_id: UUID, counted: int) -> CheckOutcome:
        """Say how many of one line were counted in all.

        Raises:
            CountError: no such number.
            NoCheckError: the order is not being checked, or has no such line.
        """
        order, check = await self._being_checked(order_id)
        line = next((one for one in check.lines if one.id == line_id), None)
        if line is None:
            raise NoCheckError(number=order.number)
        if not 0 <= counted <= MOST:
            raise CountError(counted=counted, most=MOST)
        await self._checks.set_counted(line.id, counted)
        line = msgspec.structs.replace(line, counted=counted)
        return _outcome(line, [line, *(one for one in check.lines if one.id != line.id)])

    async def finish(self, order_id: UUID) -> CheckRef:
        """Let an order in which nothing differs go on to packing.

        Raises:
            DiffersError: something is missing, or does not belong there.
        """
        order, check = await self._being_checked(order_id)
        if found := differences(check.lines):
            raise DiffersError(number=order.number, differences=_named(found))
        return await self._end(order, check, CheckState.CLEAN)

    async def recount(self, order_id: UUID) -> CheckRef:
        """Count from the beginning; what differed is kept."""
        order, check = await self._being_checked(order_id)
        await self._end(order, check, CheckState.RECOUNTED)
        return await self._open(order)

    async def send_back(self, order_id: UUID, reason: str) -> CheckRef:
        """Send an order back to whoever picked it: it is in review, with what differs as the reason.

        Raises:
            NothingDiffersError: nothing is wrong, and no reason is given.
        """
        order, check = await self._being_checked(order_id)
        words = "; ".join(part for part in (reason.strip(), _named(differences(check.lines))) if part)
        if not words:
            raise NothingDiffersError(number=order.number)
        ended = await self._end(order, check, CheckState.SENT_BACK, reason.strip()[:LONGEST_REASON])
        await self._way.send_back(order_id, words, station="check")
        return ended

    async def accept(self, order_id: UUID, reason: str) -> CheckRef:
        """Let an order go without what is missing: that is written off, and cancelled in the order.

        Raises:
            ReasonMissingError: nobody said why.
            NothingDiffersError: nothing is missing.
            SurplusError: something is in there that does not belong.
            SetIncompleteError: a part of a set is missing.
            NothingLeftError: nothing would be sent.
        """
        order, check = await self._being_checked(order_id)
        words = reason.strip()[:LONGEST_REASON]
        if not words:
            raise ReasonMissingError(number=order.number, to=LABELS[Stage.PACKING])
        found = differences(check.lines)
        if not found:
            raise NothingDiffersError(number=order.number)
        if surplus := [one for one in found if one.difference is not Difference.MISSING]:
            raise SurplusError(number=order.number, differences=_named(surplus))
        rows = [row for row in await self._inventory.reservations([one.id for one in order.lines]) if row.picked]
        product_of = {line.id: line.product_id for line in order.lines}
        cut: dict[UUID, int] = {}
        for line in check.lines:
            missing = line.expected - line.counted
            for row in rows:
                if missing and row.product_id == line.product_id and row.lot == line.lot:
                    if product_of.get(row.order_line_id) != row.product_id:
                        raise SetIncompleteError(sku=line.sku, number=order.number)
                    units = min(missing, row.quantity)
                    missing -= units
                    cut[row.order_line_id] = cut.get(row.order_line_id, 0) + units
                    await self._inventory.miss(row.id, units, reason=f"Check of {order.number}: {words}", replace=False)
        if all(line.to_send <= cut.get(line.id, 0) for line in order.lines):
            raise NothingLeftError(number=order.number)
        await self._orders.cut_lines(order, cut)
        return await self._end(order, check, CheckState.ACCEPTED, words)

    async def checks_of(self, order_id: UUID) -> list[CheckRef]:
        """Return every check of an order, the last first."""
        return await self._checks.checks_of(order_id)

    # -- inside

    async def _open(self, order: OrderRef) -> CheckRef:
        rows = [row for row in await self._inventory.reservations([one.id for one in order.lines]) if row.picked]
        expected: dict[tuple[UUID, str], int] = {}
        for row in rows:
            expected[row.product_id, row.lot] = expected.get((row.product_id, row.lot), 0) + row.quantity
        products = await CatalogService(self._session).products({product_id for product_id, _ in expected})
        places = await self._checks.picked_from(order.id)
        check_id = new_id()
        head = {
            "id": check_id,
            "seller_id": order.seller_id,
            "order_id": order.id,
            "state": str(CheckState.OPEN),
            "begun_by": context_of(self._session).actor.name,
        }
        lines = [
            {
                "id": new_id(),
                "seller_id": order.seller_id,
                "check_id": check_id,
                "product_id": product_id,
                "sku": products[product_id].sku,
                "gtin": products[product_id].gtin or "",
                "title": products[product_id].title,
                "lot": lot,
                "place": places.get((product_id, lot), ""),
                "expected": units,
            }
            for (product_id, lot), units in expected.items()
        ]
        await self._checks.insert(head, lines)
        found = await self._checks.open_check(order.id)
        assert found is not None  # noqa: S101 -- it was made a moment ago
        return found

    async def _count(
        self, order: OrderRef, check: CheckRef, lines: Iterable[CheckLine], product_id: UUID, lot: str, units: int
    ) -> CheckLine:
        line = line_for(lines, product_id, lot)
        if line is not None:
            line = msgspec.structs.replace(line, counted=line.counted + units)
            await self._checks.set_counted(line.id, min(line.counted, MOST))
            return line
        product = (await CatalogService(self._session).products([product_id]))[product_id]
        levels = await inventory_views.levels(self._session, product_id=product_id)
        line = CheckLine(
            id=new_id(),
            product_id=product_id,
            sku=product.sku,
            gtin=product.gtin or "",
            title=product.title,
            lot=lot,
            place=next((one.location_code for one in levels if one.on_hand), ""),
            expected=0,
            counted=units,
        )
        row = msgspec.structs.asdict(line) | {"seller_id": order.seller_id, "check_id": check.id}
        await self._checks.insert_line(row)
        return line

    async def _being_checked(self, order_id: UUID) -> tuple[OrderRef, CheckRef]:
        order = await self._locked(order_id)
        await self._way.may_work(order.id, order.number)
        place = await self._way.place(order_id)
        check = await self._checks.open_check(order_id)
        if check is None or place is None or place.stage is not Stage.CHECKING:
            raise NoCheckError(number=order.number)
        return order, check

    async def _end(self, order: OrderRef, check: CheckRef, state: CheckState, reason: str = "") -> CheckRef:
        await self._checks.end(check.id, state, reason)
        if state in {CheckState.CLEAN, CheckState.ACCEPTED}:
            await self._way.leave_check(order.id)
        await outbox.record(
            self._session,
            OrderChecked(
                seller_id=order.seller_id,
                subject_id=order.id,
                number=order.number,
                check_id=check.id,
                state=str(state),
                differences=tuple(one.sentence for one in differences(check.lines)),
                reason=reason,
            ),
        )
        return (await self._checks.checks_of(order.id))[0]

    async def _locked(self, order_id: UUID) -> OrderRef:
        found = await self._orders.orders([order_id], lock=True)
        return found[0] if found else await self._orders.order(order_id)


def _named(found: Iterable[Found]) -> str:
    sentences = [one.sentence for one in found]
    return "; ".join([*sentences[:NAMED], *(["…"] if len(sentences) > NAMED else [])])


def _outcome(line: CheckLine, lines: Iterable[CheckLine]) -> CheckOutcome:
    known = list(lines)
    what = difference_of(line, known)
    if what in {Difference.NONE, Difference.MISSING}:
        facts: dict[str, str | int] = {"counted": line.counted, "expected": line.expected, "sku": line.sku}
        return CheckOutcome(difference=Difference.NONE, message=COUNTED, facts=facts)
    found = next(one for one in differences(known) if (one.sku, one.lot) == (line.sku, line.lot))
    return CheckOutcome(difference=what, message=SENTENCES[what], facts=found.facts)
