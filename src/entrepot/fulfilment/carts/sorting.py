"""The put wall: which compartment each piece of a batch goes into; and single pieces, straight to their order."""

from collections.abc import Iterable, Sequence
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.carts.errors import NoSingleError, NothingToSortError, NotOnTheWallError
from entrepot.fulfilment.carts.events import ItemSorted
from entrepot.fulfilment.carts.repository import CartRepository, Single
from entrepot.fulfilment.domain import Hit, LineState, Wanted, match
from entrepot.fulfilment.errors import NothingPickedError, PickListNotFoundError
from entrepot.fulfilment.refs import PickLineRef, PickListRef
from entrepot.fulfilment.repository import ListRepository
from entrepot.inventory.errors import UnknownProductError
from entrepot.inventory.service import InventoryService
from entrepot.kit import outbox
from entrepot.kit.gs1 import read_gs1
from entrepot.kit.ids import new_id


class Missing(msgspec.Struct, frozen=True, kw_only=True):
    """Units that a compartment still waits for."""

    sku: str
    title: str
    quantity: int
    picked: bool
    """They are off their shelf: they lie in the bin."""


class Compartment(msgspec.Struct, frozen=True, kw_only=True):
    """The place of one order on the put wall."""

    order_id: UUID
    number: str
    position: int
    tote: str
    units: int
    """Pieces that belong in it."""
    sorted: int
    missing: tuple[Missing, ...]
    last: UUID | None
    """A line of which a piece lies in it."""

    @property
    def complete(self) -> bool:
        return not self.missing


class Sorted(msgspec.Struct, frozen=True, kw_only=True):
    """Where a scanned piece goes."""

    sku: str
    line_id: UUID
    into: Compartment
    repeated: bool = False


class Sorting:
    """Tells where pieces go."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._lists = ListRepository(session)
        self._carts = CartRepository(session)
        self._inventory = InventoryService(session)

    async def sort(self, list_id: UUID, code: str, *, client_id: str = "") -> Sorted:
        """Count a scanned piece into the compartment of the first order that still waits for it.

        Args:
            list_id: a list, or one of the parts of a list that was split by zone.
            code: GTIN, SKU or the maker's label; a lot on it goes to the order that this lot was picked for.
            client_id: of this scan; the same again changes nothing.

        Raises:
            NotOnTheWallError: no order of the list wants it.
            NothingToSortError: every piece of it that was picked is sorted.
        """
        found, lines = await self._open(list_id)
        if client_id and (known := await self._carts.sorted_before(found.seller_id, client_id)):
            line = next((one for one in lines if one.id == known), None)
            if line is None:  # its order was packed since
                raise NothingToSortError(sku=code[:60])
            return Sorted(sku=line.sku, line_id=line.id, into=_compartment(line, lines), repeated=True)
        label = read_gs1(code)
        said = label.gtin if label is not None and label.gtin else code.strip()
        same = [one for one in lines if match(said, _wanted(one)) is Hit.PRODUCT]
        if not same:
            same = await self._by_catalogue(found, said, lines)
        lot = label.lot.casefold() if label is not None else ""
        free = [one for one in same if one.picked > one.sorted and not one.put_back]
        free = [one for one in free if lot and one.lot.casefold() == lot] or free
        if not free:
            raise NothingToSortError(sku=same[0].sku)
        line = min(free, key=lambda one: (one.position, one.id))
        if not await self._note(found, line, 1, client_id):  # meanwhile counted on another list
            raise NothingToSortError(sku=line.sku)
        return await self._answer(line, list_id)

    async def unsort(self, list_id: UUID, line_id: UUID) -> Sorted:
        """Take a piece out of its compartment again: it was put into the wrong one.

        Raises:
            NothingPickedError: none of the line lies in it.
        """
        found, lines = await self._open(list_id)
        line = next((one for one in lines if one.id == line_id), None)
        if line is None or not line.sorted:
            raise NothingPickedError(sku=line.sku if line else "?", location=found.number)
        await self._note(found, line, -1, "")
        return await self._answer(line, list_id)

    async def wall(self, list_id: UUID) -> list[Compartment]:
        """Return the compartments of a list, or of all parts of one that was split by zone, by position."""
        _, lines = await self._open(list_id, lock=False)
        first = {line.order_id: line for line in sorted(lines, key=lambda line: line.position)}
        return [_compartment(line, lines) for line in first.values()]

    async def single(self, seller_ids: Sequence[UUID], code: str, *, client_id: str = "") -> Single:
        """Return the most urgent picked order of one single piece that waits for what was scanned; it is taken by that.

        Raises:
            NoSingleError: none does.
            UnknownProductError: nothing has this code.
        """
        label = read_gs1(code)
        said = label.gtin if label is not None and label.gtin else code.strip()
        if client_id:
            await self._carts.one_at_a_time(client_id)
        if before := await self._single_before(seller_ids, said, client_id):
            return before
        sku = said
        for seller_id in seller_ids:
            try:
                product = await self._inventory.scan_product(seller_id, said)
            except UnknownProductError:
                if len(seller_ids) == 1:
                    raise
                continue
            sku = product.sku
            found = await self._carts.single([seller_id], product_id=product.id)
            if found is None:
                continue
            if not found.sorted:
                await self._carts.sort(found.seller_id, found.line_id, 1, client_id)
            return found
        raise NoSingleError(sku=sku[:60])

    # -- inside

    async def _single_before(self, seller_ids: Sequence[UUID], sku: str, client_id: str) -> Single | None:
        """Return what a scan that was counted before was for; it never takes another order.

        Raises:
            NoSingleError: that order waits no more.
        """
        for seller_id in seller_ids if client_id else ():
            if known := await self._carts.sorted_before(seller_id, client_id):
                before = await self._carts.single([seller_id], line_id=known)
                if before is None:
                    raise NoSingleError(sku=sku[:60])
                return before
        return None

    async def _open(self, list_id: UUID, *, lock: bool = True) -> tuple[PickListRef, list[PickLineRef]]:
        parts = await self._carts.parts(list_id, lock=lock)
        found = await self._lists.find_list(list_id)
        if found is None:
            raise PickListNotFoundError(number=str(list_id))
        lines = [
            line for part in parts for line in await self._lists.lines(part) if line.state is not LineState.CANCELLED
        ]
        here = await self._carts.at_the_wall({line.order_id for line in lines})
        return found, [line for line in lines if line.order_id in here]

    async def _by_catalogue(self, found: PickListRef, said: str, lines: Iterable[PickLineRef]) -> list[PickLineRef]:
        """Return the lines of a product whose GTIN was entered after the list was made; else say what it is."""
        try:
            product = await self._inventory.scan_product(found.seller_id, said)
        except UnknownProductError:
            raise NotOnTheWallError(scanned=said[:60], number=found.number) from None
        same = [one for one in lines if one.product_id == product.id]
        if not same:
            raise NotOnTheWallError(scanned=product.sku, number=found.number)
        return same

    async def _note(self, found: PickListRef, line: PickLineRef, quantity: int, client_id: str) -> bool:
        """Count it; False if that was done before."""
        if not await self._carts.sort(found.seller_id, line.id, quantity, client_id or new_id().hex):
            return False
        await outbox.record(
            self._session,
            ItemSorted(
                seller_id=found.seller_id,
                subject_id=line.order_id,
                number=line.order_number,
                pick_list=found.number,
                sku=line.sku,
                quantity=quantity,
            ),
        )
        return True

    async def _answer(self, line: PickLineRef, list_id: UUID) -> Sorted:
        _, lines = await self._open(list_id)
        return Sorted(sku=line.sku, line_id=line.id, into=_compartment(line, lines))


def _wanted(line: PickLineRef) -> Wanted:
    return Wanted(sku=line.sku, gtin=line.gtin, location="", left=line.left)


def _compartment(of: PickLineRef, lines: Iterable[PickLineRef]) -> Compartment:
    own = [line for line in lines if line.order_id == of.order_id]
    missing: dict[str, Missing] = {}
    for line in own:
        for units, picked in ((line.picked - line.sorted, True), (line.left, False)):
            if units:
                before = missing.get(f"{line.sku}{picked}")
                missing[f"{line.sku}{picked}"] = Missing(
                    sku=line.sku, title=line.title, quantity=units + (before.quantity if before else 0), picked=picked
                )
    return Compartment(
        order_id=of.order_id,
        number=of.order_number,
        position=of.position,
        tote=next((line.tote for line in own if line.tote), ""),
        units=sum(line.quantity - line.short for line in own),
        sorted=sum(line.sorted for line in own),
        missing=tuple(missing.values()),
        last=next((line.id for line in own if line.sorted), None),
    )
