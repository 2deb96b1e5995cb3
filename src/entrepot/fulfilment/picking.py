"""Picking: by scanning and by clicking."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.carts.errors import WrongToteError
from entrepot.fulfilment.carts.repository import CartRepository
from entrepot.fulfilment.carts.swapping import Swapping
from entrepot.fulfilment.carts.totes import tote_code
from entrepot.fulfilment.domain import (
    MOST_AT_ONCE,
    MOST_PER_LIST,
    Hit,
    LineState,
    ListStatus,
    PickMode,
    Wanted,
    match,
)
from entrepot.fulfilment.errors import (
    AlreadyPickedError,
    NothingToReleaseError,
    PickLineNotFoundError,
    PickListClosedError,
    PickListTakenError,
    StrayProductError,
    ToteFirstError,
    ToteMissingError,
    UnknownCodeError,
    UnknownWorkError,
    WrongLocationError,
    WrongProductError,
)
from entrepot.fulfilment.events import PickListChangedHands
from entrepot.fulfilment.refs import PickLineRef, PickListRef, PickOutcome
from entrepot.fulfilment.releasing import Releasing
from entrepot.fulfilment.repository import ListRepository
from entrepot.fulfilment.strictness import check_label, check_scanned
from entrepot.fulfilment.taking import REPEATED, Take, Taking
from entrepot.fulfilment.way.going import Way
from entrepot.fulfilment.way.repository import SiteSettings
from entrepot.inventory import views as inventory_views
from entrepot.inventory.errors import AmbiguousLocationError, UnknownLocationError, UnknownProductError
from entrepot.inventory.service import InventoryService
from entrepot.kit import clock, outbox
from entrepot.kit.clock import now
from entrepot.kit.database import context_of
from entrepot.kit.gs1 import read_gs1
from entrepot.kit.text import N_
from entrepot.orders.service import OrderService

RIGHT_LOT = N_("Right lot. Now scan {sku}.")
RIGHT_PLACE = N_("Right place. Now scan {sku}.")
RIGHT_TOTE = N_("Right tote. Now scan {sku}.")
IN_HAND = N_("{quantity} of {sku} in hand. Put it into tote {tote} and scan the tote.")


class LinePick(msgspec.Struct, frozen=True, kw_only=True):
    """Units of one line that were picked."""

    line_id: UUID
    quantity: int | None = None
    """All that is left without."""
    client_id: str = ""
    """Of the act: the same again changes nothing."""
    code: str = ""
    """Of the product, as it was scanned, where the site wants that."""
    location: str = ""
    lot: str = ""
    tote: str = ""
    """That it was put into, where the site wants that scanned."""


class Picking:
    """What pickers do."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._lists = ListRepository(session)
        self._inventory = InventoryService(session)
        self._orders = OrderService(session)
        self._way = Way(session)
        self._ground = Taking(session)
        self._carts = CartRepository(session)
        self._swapping = Swapping(session)

    async def claim(self, list_id: UUID, *, take_over: bool = False) -> PickListRef:
        """Take a list: the caller's name is on it from now on.  Of two at the same instant, one gets it.

        Args:
            list_id: an open list.
            take_over: take it even from somebody who works on it; that is recorded.

        Raises:
            PickListClosedError: it is finished.
            PickListTakenError: somebody else has it.
        """
        found = await self._ground.open_list(list_id)
        actor = context_of(self._session).actor
        if found.assigned_to == actor.id and found.paused_at is None:
            return found
        if found.assigned_to not in {"", actor.id} and found.paused_at is None and not take_over:
            raise PickListTakenError(number=found.number, name=found.assigned_name)
        await self._lists.update_list(list_id, assigned_to=actor.id, assigned_name=actor.name, paused_at=None)
        await self._way.begin_list(list_id)
        await self._tell(found, "resumed" if found.assigned_to == actor.id else "claimed")
        return replace(found, assigned_to=actor.id, assigned_name=actor.name, paused_at=None)

    async def pause(self, list_id: UUID) -> PickListRef:
        """Put a list down: anybody may go on with it."""
        found = await self._ground.open_list(list_id)
        if found.paused_at is not None or not found.assigned_to:
            return found
        await self._lists.update_list(list_id, paused_at=now())
        await self._tell(found, "paused")
        return replace(found, paused_at=now())

    async def _tell(self, found: PickListRef, what: str) -> None:
        await outbox.record(
            self._session,
            PickListChangedHands(
                seller_id=found.seller_id,
                subject_id=found.id,
                pick_list=found.number,
                what=what,
                before=found.assigned_name,
                name=context_of(self._session).actor.name,
            ),
        )

    async def claim_code(self, seller_ids: tuple[UUID, ...], code: str, *, take_over: bool = False) -> PickListRef:
        """Take what a scanned code names: a pick list, or an order, which is released if it is not on a list yet.

        Raises:
            UnknownWorkError: nothing to pick is called so.
            PickListTakenError: somebody else has it.
            NothingToReleaseError: the order cannot be picked, and why.
        """
        work = await self._lists.work_called(seller_ids, code.strip())
        if work is None:
            raise UnknownWorkError(scanned=code.strip()[:60])
        async with outbox.together(self._session):
            return await self._claim_work(*work, code, take_over=take_over)

    async def _claim_work(
        self, order_id: UUID | None, list_id: UUID | None, code: str, *, take_over: bool
    ) -> PickListRef:
        if list_id is None and order_id is not None:
            try:
                made = await Releasing(self._session).release_to_caller([order_id], per_list=1, mode=PickMode.SINGLE)
            except NothingToReleaseError:  # perhaps somebody scanned the same sheet a moment ago
                list_id = next(iter(await self._lists.open_lists_of([order_id])), None)
                if list_id is None:
                    raise
            else:
                if made is not None:
                    return made
        if list_id is None:
            raise UnknownWorkError(scanned=code.strip()[:60])
        return await self.claim(list_id, take_over=take_over)

    async def claim_next(
        self, seller_ids: tuple[UUID, ...], mode: PickMode | None = None, *, zone: str = "", most: int | None = None
    ) -> PickListRef | None:
        """Return the caller's unfinished list, else take the most urgent free one; None if there is nothing to do.

        Args:
            seller_ids: whose orders.
            mode: if no list is free, make one of the most urgent orders, to be walked so.
            zone: only a list of this zone.
            most: orders on a list that is made; None: as usual for the mode.
        """
        actor = context_of(self._session).actor
        found = await self._lists.own_list(actor.id) or await self._lists.next_free(seller_ids, zone)
        if found is None and mode is not None:
            most = max(1, min(most or MOST_AT_ONCE[mode], MOST_PER_LIST))
            ready = await self._lists.ready_orders(seller_ids, single_piece=mode is PickMode.SINGLES, limit=most)
            if ready:
                releasing = Releasing(self._session)
                if not zone:
                    return await releasing.release_to_caller(ready, per_list=most, mode=mode)
                await releasing.release(ready, per_list=most, mode=mode)
                found = await self._lists.next_free(seller_ids, zone)
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
        rules = await self._way.settings(found.seller_id, found.warehouse_id)
        label = read_gs1(code)
        said = label.gtin if label is not None and label.gtin else code.strip()
        wanted = Wanted(sku=line.sku, gtin=line.gtin, location=line.location_code, left=line.left)
        hit = match(said, wanted)
        if hit is Hit.OTHER and line.tote and said.casefold() == line.tote.casefold():
            return await self._into_tote(found, line, client_id, strict=rules.scan_tote)
        if hit is Hit.OTHER and line.lot and said.casefold() == line.lot.casefold():
            return await self._right(line, Hit.LOT, RIGHT_LOT, lot_scanned=line.lot)
        if hit is Hit.OTHER:
            hit = await self._identify(found, line, said)
        if hit is Hit.LOCATION:
            return await self._right(line, hit, RIGHT_PLACE, located_at=now())
        lot = label.lot if label is not None else ""
        if label is not None:
            if line.lot and lot and lot.casefold() != line.lot.casefold():
                await self._swapping.refuse(line, lot, label.expires_on)
            check_label(label, line, clock.now().date())
        check_scanned(line, rules, product=True, lot=lot)
        if rules.scan_tote and found.mode == PickMode.CART:
            return await self._into_hand(found, line, client_id)
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
        check_scanned(
            line,
            await self._way.settings(found.seller_id, found.warehouse_id),
            tote="" if found.mode == PickMode.CART else None,
        )
        return await self._ground.take(found, line, line.left if quantity is None else quantity, client_id)

    async def pick_many(
        self, list_id: UUID, picks: Sequence[LinePick], *, unscanned: bool = False
    ) -> list[PickOutcome]:
        """Pick several lines of one list at once: what a phone gathered while it had no network, or a supervisor ticks.

        Raises:
            PickLineNotFoundError: the list has no such line.
            LocationFirstError, LotFirstError, ProductFirstError, ToteFirstError: the site wants more scanned;
                *unscanned* lets it pass.
            AlreadyPickedError, PickedTooMuchError, StockGoneError: as for one line; nothing was picked.
        """
        found, rules = await self._ground.open_or_done(list_id)
        known = await self._lists.scanned_lines(found.seller_id, [one.client_id for one in picks if one.client_id])
        lines = {line.id: line for line in await self._lists.lines(list_id)}
        takes: dict[UUID, Take] = {}
        if unscanned:
            rules = SiteSettings()
        for one in picks:
            if one.client_id and one.client_id in known:
                continue
            line = lines.get(one.line_id)
            if line is None or one.line_id in takes:
                raise PickLineNotFoundError
            if line.state is not LineState.OPEN:
                raise AlreadyPickedError(sku=line.sku, location=line.location_code, state=str(line.state))
            scanned = Wanted(sku=line.sku, gtin=line.gtin, location=line.location_code, left=line.left)
            label = read_gs1(one.code)
            said = label.gtin if label is not None and label.gtin else one.code
            if said and match(said, scanned) is not Hit.PRODUCT:
                raise UnknownCodeError(scanned=one.code[:60], sku=line.sku, location=line.location_code)
            if label is not None:
                check_label(label, line, clock.now().date())
            check_scanned(
                line,
                rules,
                product=bool(said),
                location=bool(one.location) and match(one.location, scanned) is Hit.LOCATION,
                lot=one.lot or (label.lot if label is not None else ""),
                tote=one.tote if found.mode == PickMode.CART else None,
            )
            takes[line.id] = Take(line, line.left if one.quantity is None else one.quantity, one.client_id)
        outcomes: dict[UUID | None, PickOutcome] = {}
        if takes:
            async with outbox.together(self._session, last=True):
                done = await self._ground.take_many(found, list(takes.values()), lines=list(lines.values()))
            outcomes = {one.pick_line_id: one for one in done}
        return [
            outcomes.get(one.line_id)
            or PickOutcome(pick_list_id=list_id, pick_line_id=one.line_id, picked=0, repeated=True, message=REPEATED)
            for one in picks
        ]

    async def complete(self, list_id: UUID) -> list[PickOutcome]:
        """Book everything that is left of a list as picked: for supervisors whose people work on paper."""
        await self._ground.open_list(list_id)
        lines = await self._lists.lines(list_id)
        left = [LinePick(line_id=line.id) for line in lines if line.state is LineState.OPEN]
        return await self.pick_many(list_id, left, unscanned=True) if left else []

    async def drop_order(self, order_id: UUID) -> None:
        """Take a cancelled order off its lists; what was picked of it is to be put back."""
        await self._ground.drop_order(order_id)

    # -- inside

    async def _right(
        self, line: PickLineRef, hit: Hit, message: str, facts: dict[str, str | int] | None = None, **noted: object
    ) -> PickOutcome:
        """Note that the right place, lot or tote was scanned."""
        if noted:
            await self._lists.update_line(line.id, **noted)
        return PickOutcome(
            pick_list_id=line.pick_list_id,
            pick_line_id=line.id,
            picked=0,
            hit=str(hit),
            message=message,
            facts=facts or {"sku": line.sku},
        )

    async def _into_hand(self, found: PickListRef, line: PickLineRef, client_id: str) -> PickOutcome:
        """Count a unit that is picked when its tote is scanned."""
        if not line.tote:
            raise ToteMissingError(number=line.order_number)
        if line.in_hand >= line.left:
            raise ToteFirstError(sku=line.sku, tote=line.tote, number=line.order_number)
        if client_id:
            await self._lists.add_scans(found.seller_id, [(client_id, line.id, 0)])
        facts: dict[str, str | int] = {"quantity": line.in_hand + 1, "sku": line.sku, "tote": line.tote}
        return await self._right(line, Hit.PRODUCT, IN_HAND, facts, in_hand=line.in_hand + 1)

    async def _into_tote(self, found: PickListRef, line: PickLineRef, client_id: str, *, strict: bool) -> PickOutcome:
        """Count what is in the picker's hand into the tote of its order."""
        if strict and line.in_hand:
            return await self._ground.take(found, line, min(line.in_hand, line.left), client_id)
        return await self._right(line, Hit.TOTE, RIGHT_TOTE)

    async def _no_other_tote(self, found: PickListRef, line: PickLineRef, code: str) -> None:
        """Say whose tote it is, if *code* is one."""
        if found.mode == PickMode.CART and (other := await self._carts.tote(found.warehouse_id, tote_code(code))):
            if not line.tote:
                raise ToteMissingError(number=line.order_number)
            raise WrongToteError(
                scanned=other.code, number=other.order_number, sku=line.sku, tote=line.tote, wanted=line.order_number
            )

    async def _identify(self, found: PickListRef, line: PickLineRef, code: str) -> Hit:
        """Return what *code* is if it is right after all; else say what it is."""
        facts = {"sku": line.sku, "location": line.location_code}
        await self._no_other_tote(found, line, code)
        if line.lot and await self._swapping.known(line, code):
            await self._swapping.refuse(line, code)
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
