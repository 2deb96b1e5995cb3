"""Picking: by scanning and by clicking."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.domain import Hit, LineState, ListStatus, Wanted, match
from entrepot.fulfilment.errors import (
    AlreadyPickedError,
    PickListClosedError,
    StrayProductError,
    UnknownCodeError,
    WrongLocationError,
    WrongProductError,
)
from entrepot.fulfilment.refs import PickLineRef, PickListRef, PickOutcome
from entrepot.fulfilment.repository import ListRepository
from entrepot.fulfilment.taking import REPEATED, Taking
from entrepot.inventory import views as inventory_views
from entrepot.inventory.errors import AmbiguousLocationError, UnknownLocationError, UnknownProductError
from entrepot.inventory.service import InventoryService
from entrepot.kit.database import context_of
from entrepot.kit.text import N_

RIGHT_PLACE = N_("Right place. Now scan {sku}.")


class Picking:
    """What pickers do."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._lists = ListRepository(session)
        self._inventory = InventoryService(session)
        self._ground = Taking(session)

    async def claim(self, list_id: UUID) -> PickListRef:
        """Take a list: the caller's name is on it from now on.  Taking over another's is allowed and recorded.

        Raises:
            PickListClosedError: it is finished.
        """
        found = await self._ground.open_list(list_id)
        actor = context_of(self._session).actor
        if found.assigned_to != actor.id:
            await self._lists.update_list(list_id, assigned_to=actor.id, assigned_name=actor.name)
        return await self._ground.open_list(list_id)

    async def claim_next(self, seller_ids: tuple[UUID, ...]) -> PickListRef | None:
        """Return the caller's unfinished list, else take the oldest free one; None if there is none."""
        actor = context_of(self._session).actor
        found = await self._lists.own_list(actor.id) or await self._lists.next_free(seller_ids)
        return None if found is None else await self.claim(found)

    async def scan(self, list_id: UUID, code: str, *, client_id: str = "") -> PickOutcome:
        """Act on a scanned code: the wanted product counts one unit, its location is confirmed, anything else is named.

        Args:
            list_id: the picker's list.
            code: GTIN, SKU or location.
            client_id: of this scan; the same again changes nothing.

        Raises:
            WrongProductError, WrongLocationError, UnknownCodeError: as they say.
            PickListClosedError: nothing is open.
        """
        found = await self._ground.open_list(list_id)
        if client_id and (line_id := await self._lists.was_scanned(found.seller_id, client_id)):
            return PickOutcome(pick_list_id=list_id, pick_line_id=line_id, picked=0, repeated=True, message=REPEATED)
        line = await self._lists.current(list_id)
        if line is None:
            raise PickListClosedError(number=found.number, status=str(ListStatus.DONE))
        wanted = Wanted(sku=line.sku, gtin=line.gtin, location=line.location_code, left=line.left)
        hit = match(code, wanted)
        if hit is Hit.OTHER:
            hit = await self._identify(found, line, code.strip())
        if hit is Hit.LOCATION:
            return PickOutcome(
                pick_list_id=list_id,
                pick_line_id=line.id,
                picked=0,
                hit=str(hit),
                message=RIGHT_PLACE,
                facts={"sku": line.sku},
            )
        return await self._ground.take(found, line, 1, client_id)

    async def pick(self, line_id: UUID, quantity: int | None = None, *, client_id: str = "") -> PickOutcome:
        """Pick units of one line; all that is left of it without a *quantity*.

        Raises:
            AlreadyPickedError: somebody was quicker.
            PickedTooMuchError: less is left.
            StockGoneError: the goods are no longer reserved.
        """
        found, line = await self._ground.line(line_id)
        if client_id and (known := await self._lists.was_scanned(found.seller_id, client_id)):
            return PickOutcome(pick_list_id=found.id, pick_line_id=known, picked=0, repeated=True, message=REPEATED)
        if line.state is not LineState.OPEN:
            raise AlreadyPickedError(sku=line.sku, location=line.location_code, state=str(line.state))
        return await self._ground.take(found, line, line.left if quantity is None else quantity, client_id)

    async def drop_order(self, order_id: UUID) -> None:
        """Take a cancelled order off its lists; what was picked of it is to be put back."""
        await self._ground.drop_order(order_id)

    # -- inside

    async def _identify(self, found: PickListRef, line: PickLineRef, code: str) -> Hit:
        """Return what *code* is if it is right after all; else say what it is."""
        facts = {"sku": line.sku, "location": line.location_code}
        try:
            location = await self._inventory.scan_location(code, warehouse_id=found.warehouse_id)
        except (UnknownLocationError, AmbiguousLocationError):
            pass
        else:
            if location.id == line.location_id:
                return Hit.LOCATION
            raise WrongLocationError(scanned=location.code, **facts)
        try:
            product = await self._inventory.scan_product(found.seller_id, code)
        except UnknownProductError:
            raise UnknownCodeError(scanned=code[:60], **facts) from None
        if product.id == line.product_id:  # its GTIN was entered after the list was made
            return Hit.PRODUCT
        places = [
            other.location_code
            for other in await self._lists.lines(found.id)
            if other.product_id == product.id and other.location_id != line.location_id
        ]
        if not places:
            places = [
                level.location_code
                for level in await inventory_views.levels(self._session, product_id=product.id)
                if level.on_hand
            ]
        if not places:
            raise StrayProductError(scanned=product.sku, **facts)
        raise WrongProductError(scanned=product.sku, found=places[0], **facts)
