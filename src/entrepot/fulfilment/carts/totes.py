"""Totes: each order of a cart into one of its own."""

from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.carts.errors import (
    AllInTotesError,
    NotAToteError,
    ToteInUseError,
    ToteIsLocationError,
    ToteIsProductError,
    ToteNotFoundError,
    ToteOfOthersError,
)
from entrepot.fulfilment.carts.events import ToteBound
from entrepot.fulfilment.carts.repository import CartRepository, ToteRow, Waiting
from entrepot.fulfilment.refs import PickListRef
from entrepot.fulfilment.repository import ListRepository
from entrepot.fulfilment.taking import Taking
from entrepot.inventory.errors import AmbiguousLocationError, UnknownLocationError, UnknownProductError
from entrepot.inventory.service import InventoryService
from entrepot.kit import outbox
from entrepot.kit.database import context_of
from entrepot.kit.ids import new_id

LONGEST = 40


class Bound(msgspec.Struct, frozen=True, kw_only=True):
    """What scanning a tote did."""

    tote: str
    order_id: UUID
    number: str
    left: int
    """Orders that still have none."""
    repeated: bool = False


class Totes:
    """Binds totes to orders, and frees them."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._carts = CartRepository(session)
        self._ground = Taking(session)

    async def waiting(self, list_id: UUID) -> list[Waiting]:
        """Return the orders of a list that have no tote yet."""
        return await self._carts.without_tote(list_id)

    async def bind(self, list_id: UUID, code: str, *, order_id: UUID | None = None) -> Bound:
        """Put the next order of a cart without a tote, or a certain one, into the tote that was scanned.

        Raises:
            ToteInUseError, ToteOfOthersError: it holds another order.
            NotAToteError: it is the code of something else.
            AllInTotesError: every order has one.
        """
        found = await self._ground.open_list(list_id)
        tote = await self._read(found, code)
        waiting = [one for one in await self.waiting(list_id) if order_id in {None, one.order_id}]
        used = await self._carts.tote(found.warehouse_id, tote)
        if used is not None and used.pick_list_id == list_id:  # Enter came twice
            return Bound(tote=tote, order_id=used.order_id, number=used.order_number, left=len(waiting), repeated=True)
        if used is not None:
            raise ToteInUseError(tote=tote, number=used.order_number, pick_list=used.pick_list, name=used.name or "–")
        if not waiting:
            raise AllInTotesError(number=found.number, tote=tote)
        order = waiting[0]
        bound = await self._carts.bind(
            {
                "id": new_id(),
                "seller_id": found.seller_id,
                "warehouse_id": found.warehouse_id,
                "code": tote,
                "pick_list_id": list_id,
                "order_id": order.order_id,
                "bound_by": context_of(self._session).actor.name,
            }
        )
        if not bound:
            raise ToteOfOthersError(tote=tote)
        await outbox.record(
            self._session,
            ToteBound(
                seller_id=found.seller_id,
                subject_id=order.order_id,
                number=order.number,
                pick_list=found.number,
                tote=tote,
            ),
        )
        return Bound(tote=tote, order_id=order.order_id, number=order.number, left=len(waiting) - 1)

    async def change(self, list_id: UUID, order_id: UUID) -> None:
        """Take an order's tote away from it, so that another can be scanned: the first was broken or too small."""
        found = await self._ground.open_list(list_id)
        for line in await ListRepository(self._session).lines(list_id):
            if line.order_id == order_id and line.tote:
                used = await self._carts.tote(found.warehouse_id, line.tote)
                if used is not None:
                    await self._carts.free(used.id)
                return

    async def free(self, warehouse_id: UUID, code: str) -> ToteRow:
        """Note that a tote was emptied by hand.

        Raises:
            ToteNotFoundError: no order is in it.
        """
        used = await self._carts.tote(warehouse_id, tote_code(code))
        if used is None or not await self._carts.free(used.id):
            raise ToteNotFoundError(tote=tote_code(code)[:LONGEST])
        return used

    async def _read(self, found: PickListRef, code: str) -> str:
        tote = tote_code(code)
        if not tote or len(tote) > LONGEST or not tote.isprintable():
            raise NotAToteError(scanned=code[:LONGEST])
        inventory = InventoryService(self._session)
        try:
            await inventory.scan_location(code, warehouse_id=found.warehouse_id)
        except (AmbiguousLocationError, UnknownLocationError):
            pass
        else:
            raise ToteIsLocationError(scanned=tote)
        for said in {code.strip(), tote}:
            try:
                await inventory.scan_product(found.seller_id, said)
            except UnknownProductError:
                continue
            raise ToteIsProductError(scanned=tote)
        return tote


def tote_code(code: str) -> str:
    """Return what a tote is called: people type small letters, scanners do not."""
    return code.strip().upper()
