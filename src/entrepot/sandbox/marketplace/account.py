"""A seller's account on the marketplace, and the rules by which its orders change."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

import msgspec

from entrepot.sandbox.dice import Dice
from entrepot.sandbox.marketplace.entities import (
    CancellationInstruction,
    ExportInstruction,
    LabelInstruction,
    NewReturnInstruction,
    Order,
    OrderItem,
    Process,
    ReturnInstruction,
    Shipment,
    ShipmentInstruction,
    ShippedLine,
    ShippingLabel,
    SubscriptionInstruction,
)
from entrepot.sandbox.marketplace.offers import OfferList, Opening
from entrepot.sandbox.marketplace.orders import OrderBook
from entrepot.sandbox.marketplace.processes import ProcessQueue
from entrepot.sandbox.marketplace.refusal import Refused
from entrepot.sandbox.marketplace.returns import ReturnBook
from entrepot.sandbox.marketplace.subscriptions import SubscriptionBook
from entrepot.sandbox.options import AccountOptions, WorldOptions
from entrepot.sandbox.retail.people import Person
from entrepot.sandbox.store import Store

_ORDER_LETTERS = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ"
_FIRST_ITEM, _FIRST_SHIPMENT, _FIRST_TRANSPORT = 2_000_000_000, 500_000_000, 300_000_000


class Wanted(msgspec.Struct, frozen=True):
    """A product that a buyer puts into the basket."""

    sku: str
    ean: str
    title: str
    quantity: int
    price: Decimal


type Shopper = Callable[[Wanted], Wanted | None]
"""What a buyer makes of a product when it is about to be bought: perhaps at another price, perhaps not here at all."""


class Tally(msgspec.Struct):
    """Numbers that no other thing of the account tells."""

    items: int = 0
    oversold_units: int = 0
    """Units bought beyond the stock of the offer."""
    lost_orders: int = 0
    """Orders that were not placed because nothing wanted was in stock."""
    late_cancellations: int = 0
    """Cancellations by buyers of what had been handled already."""
    refused_again: int = 0
    """Shipments refused because the item had been handled already."""
    revoked_tokens: int = 0
    """Tokens up to this number are no longer good."""
    issued_tokens: int = 0


class Account:
    """One seller: orders, shipments, processes and offers."""

    def __init__(self, options: AccountOptions, world: WorldOptions, store: Store, opening: Opening | None) -> None:
        self.options = options
        self.client_id = options.client_id
        self._world = world
        self._store = store
        self._dice = Dice(world.seed)
        self._first_item = _FIRST_ITEM + self._dice.below(10**8, self.client_id) * 10
        self.orders = OrderBook(self._kind("order"), store)
        self.offers = OfferList(self._kind("offer"), store, opening)
        retention = timedelta(seconds=world.process_retention_seconds)
        self.processes = ProcessQueue(self._kind("process"), store, self._dice, retention)
        self.shipments: dict[str, Shipment] = {}
        self.shipments_of: defaultdict[str, list[Shipment]] = defaultdict(list)
        for shipment in store.load(self._kind("shipment"), Shipment):
            self._index_shipment(shipment)
        self.labels = {label.label_id: label for label in store.load(self._kind("label"), ShippingLabel)}
        self.returns = ReturnBook(self._kind("return"), store, self._dice, world)
        self.subscriptions = SubscriptionBook(self._kind("subscription"), store)
        self.tally = next(iter(store.load(self._kind("tally"), Tally)), Tally())
        self.shopper: Shopper | None = None

    def _kind(self, name: str) -> str:
        return f"{self.client_id}/{name}"

    def save_tally(self) -> None:
        self._store.put(self._kind("tally"), "", self.tally)

    def place(
        self, number: str, source: str, buyer: Person, payer: Person, basket: Sequence[Wanted], now: datetime
    ) -> Order | None:
        """A buyer orders; *number* makes the order number repeatable.

        Returns:
            None when buyers are limited to the stock and nothing of the basket was in stock.
        """
        items = [item for wanted in basket if (item := self._buy(wanted, now)) is not None]
        if not items:
            self.tally.lost_orders += 1
            self.save_tally()
            return None
        letters = self._dice.letters(9, self.client_id, "order", number, alphabet=_ORDER_LETTERS)
        order = Order(f"C{letters}", now, source, buyer, payer, items)
        self.orders.add(order)
        self.save_tally()
        self.subscriptions.note("ORDER", "CREATED", order.order_id, now)
        lines = tuple(ShippedLine(item.order_item_id) for item in items if item.method == "FBB")
        if lines:
            own = ShipmentInstruction(lines, transporter="BOL", by_marketplace=True)
            self.processes.accept(own, now, timedelta(seconds=self._world.channel_ships_after_seconds))
        return order

    def _buy(self, wanted: Wanted, now: datetime) -> OrderItem | None:
        offer = self.offers.first_of(wanted.sku)
        available = offer.corrected_stock if offer is not None and offer.for_sale else 0
        quantity = min(wanted.quantity, available) if self._world.respect_stock else wanted.quantity
        if quantity <= 0:
            return None
        self.tally.oversold_units += max(0, quantity - available)
        if offer is not None:
            offer.open_units += quantity
            offer.sold_since_update += quantity
            self.offers.save(offer)
        self.tally.items += 1
        return OrderItem(
            order_item_id=str(self._first_item + self.tally.items),
            offer_id=offer.offer_id if offer is not None else self._dice.uuid(self.client_id, wanted.sku),
            sku=wanted.sku,
            ean=wanted.ean,
            title=wanted.title,
            quantity=quantity,
            unit_price=wanted.price,
            changed=now,
            method=offer.method if offer is not None else "FBR",
        )

    def ask_to_cancel(self, item_id: str, now: datetime) -> bool:
        """The buyer asks to cancel an order item; False when it has been handled already."""
        order, item = self._item(item_id)
        if not item.open:
            self.tally.late_cancellations += 1
            self.save_tally()
            return False
        item.cancellation_requested = True
        self.orders.touch(order, now, item)
        return True

    def cancel_units(self, item_id: str, quantity: int, now: datetime) -> int:
        """Units of an order item are cancelled for the buyer; at most what is open.

        Returns:
            The number of units cancelled.
        """
        order, item = self._item(item_id)
        cancelled = min(quantity, item.open)
        if not cancelled:
            self.tally.late_cancellations += 1
            self.save_tally()
            return 0
        item.cancelled += cancelled
        self._release(item, cancelled)
        self.orders.touch(order, now, item)
        return cancelled

    def change_buyer(self, order: Order, buyer: Person, now: datetime) -> None:
        """The buyer, or the address, of an order turns out to be another."""
        order.buyer = buyer
        self.orders.touch(order, now)

    def settle(self, process: Process, now: datetime) -> None:
        """Do what a process was accepted for."""
        try:
            result = self._carry_out(process, now)
        except Refused as refusal:
            self.processes.settle(process, "FAILURE", str(refusal))
        else:
            self.processes.settle(process, "SUCCESS", result=result)
        self.subscriptions.note("PROCESS_STATUS", process.status, process.process_id, now)

    def _carry_out(self, process: Process, now: datetime) -> str:
        """Do it, and return the number of what it made."""
        match process.instruction:
            case ShipmentInstruction() as wish:
                self._ship(wish, now)
            case CancellationInstruction() as wish:
                self._cancel(wish, now)
            case ExportInstruction():
                return self._dice.uuid(self.client_id, "export", process.process_id)
            case LabelInstruction() as wish:
                label_id = self._dice.uuid(self.client_id, "label", process.process_id)
                self.labels[label_id] = ShippingLabel(label_id, wish.parcel_id, wish.transporter, wish.order_item_ids)
                self._store.put(self._kind("label"), label_id, self.labels[label_id])
                return label_id
            case ReturnInstruction() as wish:
                self.returns.decide(wish.rma_id, wish.quantity, wish.outcome, now)
            case NewReturnInstruction() as wish:
                order, item = self._item(wish.order_item_id)
                if wish.quantity > item.shipped:
                    raise Refused(f"Order item {item.order_item_id}: {item.shipped} shipped, {wish.quantity} returned.")
                made = self.returns.register(order, item, wish.quantity, now)
                self.returns.decide(made.items[0].rma_id, wish.quantity, wish.outcome, now)
                return made.return_id
            case SubscriptionInstruction() as wish:
                self.subscriptions.carry_out(wish)
                return wish.subscription_id
        return ""

    def _ship(self, instruction: ShipmentInstruction, now: datetime) -> None:
        lines: dict[str, int] = {}
        shipped_order: Order | None = None
        for line in instruction.lines:
            order, item = self._item(line.order_item_id)
            if shipped_order is not None and order is not shipped_order:
                raise Refused(f"Order item {line.order_item_id} belongs to another order than the first one.")
            shipped_order = order
            if item.method == "FBB" and not instruction.by_marketplace:
                raise Refused(f"Order item {line.order_item_id} is fulfilled by bol.")
            still_open = item.open - lines.get(item.order_item_id, 0)
            quantity = still_open if line.quantity is None else line.quantity
            if not still_open:
                self.tally.refused_again += 1
                self.save_tally()
                outcome = "cancelled" if item.cancelled else "shipped"
                raise Refused(f"Order item {line.order_item_id} has already been {outcome}.")
            if quantity > still_open:
                raise Refused(f"Order item {line.order_item_id}: {quantity} to ship, but only {still_open} still open.")
            lines[item.order_item_id] = lines.get(item.order_item_id, 0) + quantity
        if instruction.label_id and instruction.label_id not in self.labels:
            raise Refused(f"Shipping label {instruction.label_id} does not exist.")
        if shipped_order is not None:
            self._book_shipment(shipped_order, lines, instruction, now)

    def _book_shipment(
        self, order: Order, lines: dict[str, int], instruction: ShipmentInstruction, now: datetime
    ) -> None:
        items = [self._item(item_id)[1] for item_id in lines]
        for item in items:
            item.shipped += lines[item.order_item_id]
            self._release(item, lines[item.order_item_id])
        self.orders.touch(order, now, *items)
        number = len(self.shipments)
        shipment = Shipment(
            shipment_id=str(_FIRST_SHIPMENT + number),
            transport_id=str(_FIRST_TRANSPORT + number),
            order_id=order.order_id,
            created=now,
            lines=tuple(ShippedLine(item_id, quantity) for item_id, quantity in lines.items()),
            reference=instruction.reference,
            transporter=instruction.transporter,
            tracking=instruction.tracking,
        )
        self._index_shipment(shipment)
        for item in items:
            self.returns.draw(order, item, lines[item.order_item_id], now)
        self._store.put(self._kind("shipment"), shipment.shipment_id, shipment)

    def _cancel(self, instruction: CancellationInstruction, now: datetime) -> None:
        _, item = self._item(instruction.order_item_id)
        if not item.open:
            outcome = "cancelled" if item.cancelled else "shipped"
            raise Refused(f"Order item {item.order_item_id} has already been {outcome}.")
        self.cancel_units(item.order_item_id, item.open, now)

    def _item(self, order_item_id: str) -> tuple[Order, OrderItem]:
        found = self.orders.find(order_item_id)
        if found is None:
            raise Refused(f"Order item {order_item_id} does not exist.")
        return found

    def _release(self, item: OrderItem, quantity: int) -> None:
        offer = self.offers.get(item.offer_id)
        if offer is not None:
            offer.open_units = max(0, offer.open_units - quantity)
            self.offers.save(offer)

    def _index_shipment(self, shipment: Shipment) -> None:
        self.shipments[shipment.shipment_id] = shipment
        self.shipments_of[shipment.order_id].append(shipment)
