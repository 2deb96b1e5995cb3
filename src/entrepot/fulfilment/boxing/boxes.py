"""Filling, sealing and opening boxes, and trays that carry goods between the stations."""

from collections.abc import Mapping
from uuid import UUID

import msgspec

from entrepot.catalog.service import ProductRef
from entrepot.fulfilment.boxing.errors import (
    AllBoxedError,
    ContainerInUseError,
    ContainerNotFoundError,
    NoBoxOpenError,
    NothingToBoxError,
    NotInTheBoxError,
    NotInThisOrderError,
    UnknownBoxCodeError,
)
from entrepot.fulfilment.boxing.repository import ContainerRef, ContentRef
from entrepot.fulfilment.boxing.sealing import Sealing
from entrepot.inventory import views as inventory_views
from entrepot.inventory.errors import UnknownProductError
from entrepot.inventory.service import InventoryService
from entrepot.kit.database import context_of
from entrepot.kit.gs1 import read_gs1
from entrepot.kit.ids import new_id
from entrepot.kit.text import N_
from entrepot.orders.service import OrderLineRef, OrderRef, OrderStatus

BEGUN = N_("{code} is open. Scan what goes into it.")
PUT = N_("{quantity} × {sku} into {code}; {left} still to go.")
REPEATED = N_("That was counted already.")
WITH_THE_SET = N_("{sku} goes in with its set {set}: the set is counted by its first part.")


class BoxOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a scan at the boxing station did."""

    container_id: UUID | None
    message: str
    """English template."""
    facts: dict[str, str | int]
    repeated: bool = False


class Boxing(Sealing):
    """Boxes, and trays that carry goods between the stations."""

    # -- what there is

    async def of_order(self, order_id: UUID) -> list[ContainerRef]:
        """Return the trays and boxes in use for an order, and for those that share its boxes."""
        return await self._containers.of_orders(await self._together.together(order_id))

    async def to_box(self, order_id: UUID) -> dict[UUID, int]:
        """Return the units of each line, of this order and of those that share its boxes, that are in no box yet."""
        orders = await self._sharing(order_id)
        found: dict[UUID, int] = {}
        for order in orders.values():
            found |= await self._left(order)
        return found

    async def begin(self, order_id: UUID, kind_id: UUID | None = None) -> ContainerRef:
        """Begin a box for an order at the packing station; the caller works on the order from now on.

        Args:
            order_id: a picked order.
            kind_id: of the box; None: one that nobody measured.

        Raises:
            NothingToBoxError: nothing waits for a box.
            NotCheckedError, InReviewError, StageMoveError: it has to go elsewhere first.
            GroupWaitsError: it waits for others of its address.
        """
        order = await self._locked(order_id)
        await self._bring(order)
        kind = await self._kind(kind_id)
        count = await self._containers.boxes_begun(order.id) + 1
        container_id = new_id()
        row = {
            "id": container_id,
            "seller_id": order.seller_id,
            "kind": "box",
            "box_kind_id": kind.id if kind else None,
            "state": "open",
            "order_id": order.id,
            "order_number": order.number,
            "used_by": context_of(self._session).actor.name,
        }
        # Another shop may have an order of the same number, and a tray may be called like a box.
        while not await self._containers.begin({**row, "code": f"{order.number}-B{count}".upper()}):
            count += 1
        found = await self.container(container_id)
        await self._note(found, order, "begun", reason=kind.name if kind else "")
        return found

    async def use_tray(self, order_id: UUID, code: str) -> ContainerRef:
        """Take a free tray for the goods of an order.

        Raises:
            ContainerNotFoundError: no tray is called so.
            ContainerInUseError: it carries another order.
        """
        order = await self._locked(order_id)
        await self._way.may_work(order.id, order.number)
        if order.status is not OrderStatus.PICKED:
            raise NothingToBoxError(number=order.number)
        found = await self._containers.called(order.seller_id, code.strip())
        if found is None or found.kind != "tray":
            raise ContainerNotFoundError(code=code.strip()[:60])
        if found.order_id == order.id:
            return found
        if found.order_id is not None:
            raise ContainerInUseError(code=found.code, number=found.order_number, name=found.used_by or "–")
        name = context_of(self._session).actor.name
        await self._containers.update(
            found.id, state="open", order_id=order.id, order_number=order.number, used_by=name
        )
        found = await self.container(found.id)
        await self._note(found, order, "begun")
        return found

    # -- scan, put, take

    async def scan(
        self, order_id: UUID, code: str, *, quantity: int = 1, into: UUID | None = None, client_id: str = ""
    ) -> BoxOutcome:
        """Act on a code at the boxing station: a kind of box begins one, a tray is taken, a product goes into the box.

        Args:
            order_id: being packed.
            code: a kind of box, a tray, or a product's GTIN, SKU or GS1 label.
            quantity: of the product.
            into: the box; the one begun last without.
            client_id: of this scan; the same again changes nothing.

        Raises:
            NoBoxOpenError, NotInThisOrderError, AllBoxedError, UnknownBoxCodeError, ContainerInUseError: as they say.
        """
        order = await self._locked(order_id)
        if not await self._way.first_time(order, "box", client_id):
            return BoxOutcome(container_id=None, message=REPEATED, facts={}, repeated=True)
        if (kind := await self._packaging.kind_called(order.seller_id, code)) is not None:
            begun = await self.begin(order_id, kind.id)
            return BoxOutcome(container_id=begun.id, message=BEGUN, facts={"code": begun.code})
        tray = await self._containers.called(order.seller_id, code.strip())
        if tray is not None and tray.kind == "tray":
            tray = await self.use_tray(order_id, code)
            return BoxOutcome(container_id=tray.id, message=BEGUN, facts={"code": tray.code})
        label = read_gs1(code)
        said = label.gtin if label is not None and label.gtin else code.strip()
        said = next((line.sku for line in order.lines if line.sku.casefold() == said.casefold()), said)
        try:
            product = await InventoryService(self._session).scan_product(order.seller_id, said)
        except UnknownProductError:
            raise UnknownBoxCodeError(scanned=code.strip()[:60]) from None
        box = await self._box(order, into)
        orders = await self._sharing(order_id, lock=True)
        line, owner, lead = await self._line_of(orders, order, product)
        if not lead:
            facts: dict[str, str | int] = {"sku": product.sku, "set": line.sku}
            return BoxOutcome(container_id=box.id, message=WITH_THE_SET, facts=facts)
        await self._put(box, owner, line, quantity)
        left = await self._left(owner)
        facts = {"quantity": quantity, "sku": line.sku, "code": box.code, "left": left.get(line.id, 0)}
        return BoxOutcome(container_id=box.id, message=PUT, facts=facts)

    async def put(self, container_id: UUID, order_line_id: UUID, quantity: int) -> ContainerRef:
        """Put units of an order line into an open tray or box."""
        orders = await self._owners(container_id)
        box = await self._open(container_id)
        for order in orders.values():
            for line in order.lines:
                if line.id == order_line_id:
                    await self._put(box, order, line, quantity)
                    return await self.container(container_id)
        raise NotInThisOrderError(sku=str(order_line_id), place="–", number=box.order_number)

    async def take(self, container_id: UUID, order_line_id: UUID, quantity: int) -> ContainerRef:
        """Take units out again.

        Raises:
            NotInTheBoxError: so many are not in there.
        """
        orders = await self._owners(container_id)
        box = await self._open(container_id)
        there = next((one for one in box.lines if one.order_line_id == order_line_id), None)
        units = there.quantity if there else 0
        if there is None or not 1 <= quantity <= units:
            sku = there.sku if there else "?"
            raise NotInTheBoxError(there=units, sku=sku, code=box.code, quantity=quantity)
        await self._containers.put(box, msgspec.structs.replace(there, quantity=-quantity))
        order = orders.get(there.order_id) or await self._orders.order(there.order_id)
        await self._note(box, order, "taken", sku=there.sku, quantity=quantity)
        return await self.container(container_id)

    async def put_all(self, order_id: UUID, into: UUID | None = None) -> ContainerRef:
        """Put everything that is in no box yet into one."""
        order = await self._locked(order_id)
        await self._bring(order)
        box = await self._box(order, into)
        for one in (await self._sharing(order_id, lock=True)).values():
            left = await self._left(one)
            for line in one.lines:
                if left.get(line.id):
                    box = await self._open(box.id)
                    await self._put(box, one, line, left[line.id])
        return await self.container(box.id)

    # -- inside

    async def _put(self, box: ContainerRef, order: OrderRef, line: OrderLineRef, quantity: int) -> None:
        left = await self._left(order, trays=box.kind == "tray")
        if not 1 <= quantity <= left.get(line.id, 0):
            raise AllBoxedError(quantity=quantity, sku=line.sku, left=left.get(line.id, 0), number=order.number)
        await self._way.may_work(order.id, order.number)
        content = ContentRef(
            order_id=order.id, order_line_id=line.id, sku=line.sku, title=line.title, quantity=quantity
        )
        await self._containers.put(box, content)
        await self._note(box, order, "put", sku=line.sku, quantity=quantity)

    async def _line_of(
        self, orders: Mapping[UUID, OrderRef], first: OrderRef, product: ProductRef
    ) -> tuple[OrderLineRef, OrderRef, bool]:
        """Return the line that a product belongs to, that still misses some if there is one; False: it only goes along."""
        candidates: list[tuple[int, OrderLineRef, OrderRef, bool]] = []
        sets = await self._sets(orders)
        for order in sorted(orders.values(), key=lambda one: one.id != first.id):
            left = await self._left(order)
            for line in order.lines:
                if line.product_id == product.id:
                    candidates.append((0 if left.get(line.id) else 2, line, order, True))
                elif line.product_id in sets and product.id in sets[line.product_id]:
                    lead = sets[line.product_id][0] == product.id
                    candidates.append((1 if left.get(line.id) else 3, line, order, lead))
        if not candidates:
            levels = await inventory_views.levels(self._session, product_id=product.id)
            place = next((one.location_code for one in levels if one.on_hand), "–")
            raise NotInThisOrderError(sku=product.sku, place=place, number=first.number)
        _, line, order, lead = min(candidates, key=lambda one: one[0])
        return line, order, lead

    async def _sets(self, orders: Mapping[UUID, OrderRef]) -> dict[UUID | None, tuple[UUID, ...]]:
        wanted = {line.product_id for order in orders.values() for line in order.lines if line.product_id}
        products = await self._packaging.products(wanted)
        return {
            id_: tuple(part.product_id for part in product.components)
            for id_, product in products.items()
            if product.components
        }

    async def _box(self, order: OrderRef, into: UUID | None) -> ContainerRef:
        """Return the open box that things go into."""
        if into is not None:
            return await self._open(into)
        boxes = [one for one in await self.of_order(order.id) if one.state == "open" and one.kind == "box"]
        if not boxes:
            raise NoBoxOpenError(number=order.number)
        return await self._open(boxes[-1].id)
