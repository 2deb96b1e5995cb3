"""Lots: written down when goods come in, set aside, released, and expired."""

from collections.abc import Collection, Iterable
from datetime import date, timedelta
from uuid import UUID

from entrepot.catalog.service import ProductRef
from entrepot.inventory.desk import Desk
from entrepot.inventory.domain import LocationKind, LotEventKind
from entrepot.inventory.errors import (
    BadExpiryError,
    BadLotCodeError,
    LotDateDiffersError,
    LotExpiredError,
    LotReasonMissingError,
    LotStateError,
    LotUnclearError,
    UnknownLotError,
)
from entrepot.inventory.events import LotChanged, ReservationLost
from entrepot.inventory.refs import LocationRef, LostReservation, LotRef, Receipt
from entrepot.inventory.repository import LotRepository
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.ids import new_id

LONGEST_CODE = 60
FIRST_DAY = date(2000, 1, 1)
LONGEST_LIFE = timedelta(days=100 * 366)
BATCH = 500


class Lots(Desk):
    """Use cases about batches of goods."""

    async def lots_of(self, product_ids: Collection[UUID]) -> list[LotRef]:
        """Return every known lot of these products, what expires first in front."""
        return await LotRepository(self._session).of(product_ids)

    async def lot(self, lot_id: UUID) -> LotRef:
        """Return one lot.

        Raises:
            UnknownLotError
        """
        found = await LotRepository(self._session).by_id(lot_id)
        if found is None:
            raise UnknownLotError(lot=str(lot_id), sku="?")
        return found

    async def _write_lots(
        self, receipts: Iterable[Receipt], products: dict[UUID, ProductRef], locations: dict[UUID, LocationRef]
    ) -> None:
        """Write down the lots that come in; the products are locked.

        Raises:
            BadLotCodeError, BadExpiryError
            LotDateDiffersError: the books have another date for the lot.
            LotExpiredError: it is past its day, and not put where nothing is sold from.
        """
        named = [receipt for receipt in receipts if receipt.lot or receipt.expires_on]
        if not named:
            return
        lots = LotRepository(self._session)
        known = {(lot.product_id, lot.code): lot for lot in await lots.of({one.product_id for one in named})}
        dates: dict[tuple[UUID, str], date | None] = {}
        today = now().date()
        for receipt in named:
            product = products[receipt.product_id]
            code = read_lot(receipt.lot, product.sku)
            if receipt.expires_on is not None:
                check_expiry(receipt.expires_on, code, product.sku)
            key = (product.id, code)
            lot = known.get(key)
            before = lot.expires_on if lot else dates.get(key)
            if before and receipt.expires_on and before != receipt.expires_on:
                raise LotDateDiffersError(
                    lot=code, sku=product.sku, known=before.isoformat(), said=receipt.expires_on.isoformat()
                )
            expires_on = receipt.expires_on or before
            place = locations[receipt.location_id]
            if expires_on and expires_on < today and place.kind != LocationKind.QUARANTINE:
                raise LotExpiredError(lot=code, sku=product.sku, date=expires_on.isoformat())
            if lot and lot.expires_on is None and receipt.expires_on:
                await lots.change(lot.id, expires_on=receipt.expires_on)
                detail = receipt.expires_on.isoformat()
                await lots.note([(lot.seller_id, lot.id)], LotEventKind.DATE_CHANGED, detail=detail)
            dates[key] = expires_on
        new = [
            {
                "id": new_id(),
                "seller_id": products[product_id].seller_id,
                "product_id": product_id,
                "code": code,
                "expires_on": expires_on,
                "sellable": expires_on is None or expires_on >= today,
            }
            for (product_id, code), expires_on in dates.items()
            if (product_id, code) not in known
        ]
        sellers = {row["id"]: row["seller_id"] for row in new}
        for id_ in await lots.add(new):
            seller_id = sellers[id_]
            assert isinstance(seller_id, UUID)  # noqa: S101 -- the row above holds it
            await lots.note([(seller_id, id_)], LotEventKind.MADE)

    async def quarantine(self, lot_id: UUID, reason: str) -> list[LostReservation]:
        """Set a lot aside: its goods are promised to nobody until it is released.

        Promises that nobody has picked yet are taken back, each with an event for its order, which then gets other
        goods if there are any.

        Returns:
            Order lines that lost their goods.

        Raises:
            UnknownLotError, LotReasonMissingError
            LotStateError: it is quarantined already.
        """
        return await self._set_status(lot_id, "quarantined", LotEventKind.QUARANTINED, reason)

    async def release_lot(self, lot_id: UUID, reason: str) -> None:
        """Let a quarantined lot be sold again, unless it is past its day.

        Raises:
            UnknownLotError, LotReasonMissingError
            LotStateError: it is not quarantined.
        """
        await self._set_status(lot_id, "ok", LotEventKind.RELEASED, reason)

    async def _set_status(self, lot_id: UUID, status: str, kind: LotEventKind, reason: str) -> list[LostReservation]:
        lot = await self.lot(lot_id)
        sku = (await self._stored([lot.product_id]))[lot.product_id].sku
        reason = reason.strip()
        if not reason:
            raise LotReasonMissingError(lot=lot.code, sku=sku)
        await self._stock.lock([lot.product_id])
        lot = await self.lot(lot_id)  # as it is now that nobody else can change it
        if lot.status == status:
            raise LotStateError(lot=lot.code, sku=sku)
        sellable = status == "ok" and not lot.expired(now().date())
        lost = [] if sellable else await self._withdraw(lot)
        lots = LotRepository(self._session)
        await lots.change(lot.id, status=status, sellable=sellable, reason=reason)
        await lots.note([(lot.seller_id, lot.id)], kind, reason=reason)
        await self._tell(lot, status, reason)
        return lost

    async def change_lot(self, lot_id: UUID, *, expires_on: date | None, note: str, reason: str = "") -> None:
        """Correct the date or the note of a lot.

        Raises:
            UnknownLotError, BadExpiryError
            LotReasonMissingError: the date changes and nobody says why.
        """
        lot = await self.lot(lot_id)
        sku = (await self._stored([lot.product_id]))[lot.product_id].sku
        lots = LotRepository(self._session)
        if expires_on != lot.expires_on:
            if expires_on is not None:
                check_expiry(expires_on, lot.code, sku)
            if not reason.strip():
                raise LotReasonMissingError(lot=lot.code, sku=sku)
            await self._stock.lock([lot.product_id])
            lot = await self.lot(lot_id)
            sellable = lot.status == "ok" and (expires_on is None or expires_on >= now().date())
            if lot.sellable and not sellable:
                await self._withdraw(lot)
            await lots.change(lot.id, expires_on=expires_on, sellable=sellable)
            detail = f"{lot.expires_on or '–'} → {expires_on or '–'}"
            await lots.note([(lot.seller_id, lot.id)], LotEventKind.DATE_CHANGED, reason=reason.strip(), detail=detail)
            await self._tell(lot, "date_changed", reason.strip())
        await lots.change(lot.id, note=note.strip())

    async def expire_lots(self) -> int:
        """Take the goods of every lot whose last day is over out of what is available; return how many lots."""
        lots = LotRepository(self._session)
        today = now().date()
        due = await lots.due(today, BATCH)
        if not due:
            return 0
        await self._stock.lock({lot.product_id for lot in due})
        for lot in await lots.due(today, BATCH):
            await self._withdraw(lot)
            await lots.change(lot.id, sellable=False)
            await lots.note([(lot.seller_id, lot.id)], LotEventKind.EXPIRED, detail=str(lot.expires_on))
            await self._tell(lot, "expired", "")
        return len(due)

    async def _withdraw(self, lot: LotRef) -> list[LostReservation]:
        """Take back what was promised of a lot and lies on a shelf; the product is locked."""
        rows = await LotRepository(self._session).promised(lot)
        await self._stock.remove_reservations([row.id for row in rows])
        lost = [
            LostReservation(
                order_id=row.order_id,
                order_line_id=row.order_line_id,
                product_id=lot.product_id,
                quantity=row.quantity,
            )
            for row in rows
        ]
        await outbox.record(
            self._session,
            *(
                ReservationLost(
                    seller_id=lot.seller_id,
                    subject_id=loss.order_id,
                    order_line_id=loss.order_line_id,
                    product_id=loss.product_id,
                    quantity=loss.quantity,
                )
                for loss in lost
            ),
        )
        return lost

    async def _tell(self, lot: LotRef, change: str, reason: str) -> None:
        self._changed([lot.product_id])
        await outbox.record(
            self._session,
            LotChanged(
                seller_id=lot.seller_id,
                subject_id=lot.id,
                product_id=lot.product_id,
                lot=lot.code,
                change=change,
                reason=reason,
            ),
        )

    async def lot_here(self, product_id: UUID, location_id: UUID, lot: str) -> str:
        """Return which lot of a product somebody means in a place: the one named, or the only one there.

        Raises:
            LotUnclearError: none was named, and there are several.
            UnknownLotError: the named one is not there.
        """
        levels = [level for level in await self._stock.levels([product_id], [location_id]) if level.on_hand]
        there = sorted(level.lot for level in levels)
        if lot in there or not there:
            return lot
        sku = (await self._stored([product_id]))[product_id].sku
        location = (await self._locations([location_id]))[location_id]
        if lot:
            raise UnknownLotError(lot=lot, sku=sku)
        if len(there) > 1:
            raise LotUnclearError(sku=sku, location=location.code, lots=", ".join(there))
        return there[0]


def read_lot(code: str, sku: str) -> str:
    """Return the code of a lot as the books keep it.

    Raises:
        BadLotCodeError: empty, too long, or with signs that no label has.
    """
    read = code.strip()
    if not read or len(read) > LONGEST_CODE or not read.isprintable():
        raise BadLotCodeError(lot=code[:LONGEST_CODE], sku=sku, most=LONGEST_CODE)
    return read


def check_expiry(expires_on: date, lot: str, sku: str) -> None:
    """Refuse a day that nobody can mean.

    Raises:
        BadExpiryError
    """
    if not FIRST_DAY <= expires_on <= now().date() + LONGEST_LIFE:
        raise BadExpiryError(date=expires_on.isoformat(), lot=lot, sku=sku)
