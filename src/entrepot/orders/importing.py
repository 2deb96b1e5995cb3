"""Takes channel orders in: many in a few statements, each of them once, none of them stopping the others.

New orders reserve their stock before their rows are written, so every row is written once and in its final state.  If
another transaction stored the same order meanwhile, the unique key says so, and what was reserved for ours is given
back.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import msgspec
import structlog
from msgspec.structs import replace
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.catalog.service import CatalogService, ProductRef
from entrepot.channels.accounts import AccountRef
from entrepot.channels.contract import ChannelOrder, ChannelOrderLine, Fulfilment
from entrepot.inventory.service import InventoryService, ReservationRequest
from entrepot.kit import outbox
from entrepot.kit.errors import EntrepotError, UnavailableError
from entrepot.kit.ids import new_id
from entrepot.kit.outbox import Event
from entrepot.orders.changing import OrderChanges
from entrepot.orders.channel_cancelling import cancel_on_channel
from entrepot.orders.domain import (
    Attention,
    currency_attention,
    is_blocked,
    is_complete,
    line_total,
    search_text,
    ship_by,
)
from entrepot.orders.events import OrderImported
from entrepot.orders.handing import shipped_by_erp
from entrepot.orders.merging import wants_out, without_open_units
from entrepot.orders.refs import Imported, ImportOutcome
from entrepot.orders.repository import OrderRepository
from entrepot.orders.reserving import find_products
from entrepot.orders.status import settled

log = structlog.get_logger()
_encoder = msgspec.json.Encoder()

type Row = dict[str, Any]


def fingerprint(order: ChannelOrder) -> str:
    """Return a short text, equal for equal words of the channel about an order."""
    return hashlib.blake2b(_encoder.encode(order), digest_size=12).hexdigest()


class Draft:
    """A new order on its way into the tables."""

    __slots__ = ("agreed", "attention", "fingerprint", "id", "lines", "order", "row")

    def __init__(self, order: ChannelOrder, mark: str) -> None:
        self.id = new_id()
        self.agreed = [line.channel_line_id for line in order.lines if wants_out(line)]
        if self.agreed:
            lines = tuple(without_open_units(line) if wants_out(line) else line for line in order.lines)
            order = replace(order, lines=lines)
        self.order = order
        self.fingerprint = mark
        self.lines: list[Row] = []
        self.attention: set[Attention] = set()
        self.row: Row = {}


class OrderImport:
    """Imports the orders of one account."""

    def __init__(self, session: AsyncSession, account: AccountRef) -> None:
        self._session = session
        self._account = account
        self._orders = OrderRepository(session)
        self._catalog = CatalogService(session)
        self._inventory = InventoryService(session)
        self._erp: UUID | None = None
        """Ships what the seller has to send; None: we do."""

    async def run(self, orders: Sequence[ChannelOrder]) -> list[ImportOutcome]:
        """Import *orders*; return one outcome for each, in their order."""
        newest: dict[str, ChannelOrder] = {}
        for order in orders:
            seen = newest.get(order.channel_order_id)
            if seen is None or _is_newer(order, seen):
                newest[order.channel_order_id] = order
        batch = [newest[key] for key in sorted(newest)]  # in one order, so that two imports queue and do not deadlock
        outcomes = {outcome.channel_order_id: outcome for outcome in await self._try(batch)}
        return [outcomes[order.channel_order_id] for order in orders]

    async def _try(self, batch: list[ChannelOrder]) -> list[ImportOutcome]:
        """Import a batch; if that fails, its halves, down to the one order that cannot be stored."""
        if not batch:
            return []
        try:
            async with self._session.begin_nested():
                return await self._import(batch)
        except (DBAPIError, EntrepotError, ValueError, ArithmeticError) as error:
            if _concerns_all(error):
                raise
            if len(batch) == 1:
                log.warning("order_not_imported", order=batch[0].channel_order_id, error=str(error))
                return [
                    ImportOutcome(
                        channel_order_id=batch[0].channel_order_id, result=Imported.FAILED, problem=_sentence(error)
                    )
                ]
        middle = len(batch) // 2
        return [*await self._try(batch[:middle]), *await self._try(batch[middle:])]

    async def _import(self, batch: list[ChannelOrder]) -> list[ImportOutcome]:
        known = await self._orders.known(self._account.id, [order.channel_order_id for order in batch])
        outcomes: list[ImportOutcome] = []
        changed: list[tuple[UUID, ChannelOrder, str]] = []
        drafts: list[Draft] = []
        for order in batch:
            mark = fingerprint(order)
            order_id, known_mark = known.get(order.channel_order_id, (None, None))
            if order_id is None:
                drafts.append(Draft(order, mark))
            elif mark == known_mark:
                outcomes.append(_outcome(order, Imported.UNCHANGED, order_id))
            else:
                changed.append((order_id, order, mark))
        outcomes += await OrderChanges(self._session).merge(changed)
        lost = await self._create(drafts)
        outcomes += [
            _outcome(draft.order, Imported.CREATED, draft.id, draft.attention)
            for draft in drafts
            if draft.id not in lost
        ]
        if lost:  # stored by somebody else since we looked
            outcomes += await self._import([draft.order for draft in drafts if draft.id in lost])
        return outcomes

    async def _create(self, drafts: list[Draft]) -> set[UUID]:
        """Store new orders; return those that another transaction stored first."""
        if not drafts:
            return set()
        drafts.sort(key=lambda draft: draft.order.placed_at)  # the oldest gets its stock first
        products = await find_products(
            self._catalog,
            self._account.seller_id,
            ((line.sku or "", line.gtin or "") for draft in drafts for line in draft.order.lines),
        )
        seen, any_orders = await self._orders.seen_currencies(
            self._account.id, {draft.order.currency for draft in drafts}
        )
        if not any_orders:
            seen.add(drafts[0].order.currency)
        requests: list[ReservationRequest] = []
        self._erp = await shipped_by_erp(self._session, self._account.id)
        for draft in drafts:
            self._draft_lines(draft, products, requests)
            if not is_complete(draft.order.ship_to):
                draft.attention.add(Attention.ADDRESS_INCOMPLETE)
            draft.attention |= currency_attention(draft.order.currency, seen=draft.order.currency in seen)
        reserved = {outcome.order_line_id for outcome in await self._inventory.reserve(requests) if outcome.reserved}
        for draft in drafts:
            for row in draft.lines:
                row["reserved"] = row["id"] in reserved
            self._draft_order(draft)
        return await self._store(drafts, reserved)

    async def _store(self, drafts: list[Draft], reserved: set[UUID]) -> set[UUID]:
        drafts.sort(key=lambda draft: draft.order.channel_order_id)
        stored = await self._orders.insert_orders(
            [draft.row for draft in drafts], [row for draft in drafts for row in draft.lines]
        )
        lost = {draft.id for draft in drafts} - stored
        if lost:
            await self._inventory.release(
                [row["id"] for draft in drafts if draft.id in lost for row in draft.lines if row["id"] in reserved]
            )
        events: list[Event] = [self._event(draft) for draft in drafts if draft.id in stored]
        await outbox.record(self._session, *events)
        for draft in drafts:
            if draft.agreed and draft.id in stored:
                await cancel_on_channel(
                    self._session, self._account.seller_id, self._account.id, draft.id, draft.agreed
                )
        return lost

    def _draft_lines(
        self, draft: Draft, products: dict[tuple[str, str], ProductRef], requests: list[ReservationRequest]
    ) -> None:
        seller_id, warehouse_id = self._account.seller_id, self._account.warehouse_id
        for position, line in enumerate(draft.order.lines, 1):
            product = products.get((line.sku or "", line.gtin or ""))
            row = line_row(line, draft.id, seller_id, position, product)
            draft.lines.append(row)
            to_send = line.quantity - line.quantity_cancelled - line.quantity_shipped
            if line.fulfilment is Fulfilment.CHANNEL or to_send <= 0:
                continue
            if self._erp is not None:
                row["fulfilment"] = "erp"
                if not row["sku"]:
                    draft.attention.add(Attention.UNKNOWN_SKU)
            elif product is None:
                draft.attention.add(Attention.UNKNOWN_SKU)
            else:
                requests.append(
                    ReservationRequest(
                        order_id=draft.id,
                        order_line_id=row["id"],
                        seller_id=seller_id,
                        product=product,
                        quantity=to_send,
                        warehouse_id=warehouse_id,
                    )
                )

    def _draft_order(self, draft: Draft) -> None:
        order = draft.order
        number = f"{self._account.prefix}{order.channel_order_id}"
        total = sum(
            line_total(line.quantity - line.quantity_cancelled, line.unit_price, line.discount, order.currency)
            for line in order.lines
            if line.quantity > line.quantity_cancelled
        )
        to_send = [
            row
            for row in draft.lines
            if row["fulfilment"] == "seller" and row["quantity"] > row["quantity_cancelled"] + row["quantity_shipped"]
        ]
        status = settled(
            has_goods_to_send=bool(to_send),
            all_reserved=all(row["reserved"] for row in to_send),
            blocked=is_blocked(draft.attention),
            anything_left=any(row["quantity"] > row["quantity_cancelled"] for row in draft.lines),
            for_erp=any(row["fulfilment"] == "erp" for row in draft.lines),
        )
        ship_to = order.ship_to
        draft.row = {
            "id": draft.id,
            "seller_id": self._account.seller_id,
            "number": number,
            "channel": self._account.channel,
            "channel_account_id": self._account.id,
            "channel_order_id": order.channel_order_id,
            "status": str(status),
            "attention": sorted(draft.attention),
            "placed_at": order.placed_at,
            "ship_by": order.ship_by or ship_by(order.deliver_by),
            "currency": order.currency,
            "goods_total": total,
            "shipping_total": 0,
            "total": total,
            "line_count": len(draft.lines),
            "unit_count": sum(line.quantity for line in order.lines),
            "customer_name": (order.bill_to or ship_to).name or ship_to.name,
            "customer_email": ship_to.email,
            "customer_phone": ship_to.phone,
            "shipping_address": ship_to,
            "billing_address": order.bill_to,
            "ship_name": ship_to.name,
            "ship_postcode": ship_to.postcode,
            "ship_country": ship_to.country,
            "buyer_reference": order.buyer_reference,
            "language": order.language,
            "pick_up_point": order.pick_up_point,
            "warehouse_id": self._account.warehouse_id,
            "erp_account_id": self._erp,
            "search_text": search_text(number, ship_to, order.bill_to, order.buyer_reference),
            "fingerprint": draft.fingerprint,
            "channel_changed_at": order.changed_at,
        }

    def _event(self, draft: Draft) -> OrderImported:
        return OrderImported(
            seller_id=self._account.seller_id,
            subject_id=draft.id,
            number=draft.row["number"],
            status=draft.row["status"],
            lines=draft.row["line_count"],
            units=draft.row["unit_count"],
            attention=tuple(draft.row["attention"]),
        )


def line_row(line: ChannelOrderLine, order_id: UUID, seller_id: UUID, position: int, product: ProductRef | None) -> Row:
    """Return the row of a channel's line."""
    return {
        "id": new_id(),
        "seller_id": seller_id,
        "order_id": order_id,
        "position": position,
        "product_id": product.id if product is not None else None,
        "sku": line.sku or (product.sku if product is not None else ""),
        "gtin": line.gtin or "",
        "title": line.title,
        "quantity": line.quantity,
        "quantity_cancelled": line.quantity_cancelled,
        "quantity_shipped": line.quantity_shipped,
        "unit_price": line.unit_price,
        "discount": line.discount,
        "commission": line.commission,
        "channel_line_id": line.channel_line_id,
        "channel_offer_id": line.channel_offer_id,
        "fulfilment": str(line.fulfilment),
        "reserved": False,
    }


def _is_newer(order: ChannelOrder, than: ChannelOrder) -> bool:
    return order.changed_at is None or than.changed_at is None or order.changed_at >= than.changed_at


def _outcome(
    order: ChannelOrder, result: Imported, order_id: UUID, attention: Iterable[Attention] = ()
) -> ImportOutcome:
    return ImportOutcome(
        channel_order_id=order.channel_order_id,
        result=result,
        order_id=order_id,
        attention=tuple(sorted(map(str, attention))),
    )


DEADLOCK, SERIALIZATION = "40P01", "40001"


def _concerns_all(error: Exception) -> bool:
    """Tell errors of the moment, which no other order would escape, from those of one order."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or getattr(error.orig, "sqlstate", "") in {DEADLOCK, SERIALIZATION}
    return isinstance(error, UnavailableError)


def _sentence(error: Exception) -> str:
    if isinstance(error, EntrepotError):
        return error.detail
    cause = getattr(error, "orig", None) or error
    return f"The order cannot be stored: {str(cause).splitlines()[0][:300]}"
