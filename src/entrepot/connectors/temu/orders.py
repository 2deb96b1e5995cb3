"""Fetches orders: the list says which changed; detail, address and amounts are asked for one by one."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from entrepot.channels.contract import ChannelOrder, Cursor, Page, RawDocument
from entrepot.channels.errors import (
    ChannelAwayError,
    ChannelThingMissingError,
    CredentialsRejectedError,
    RateLimitedError,
    RequestRejectedError,
    UnreadableDocumentError,
)
from entrepot.channels.line import DocumentKey, Line
from entrepot.connectors.temu import wire
from entrepot.connectors.temu.cursor import begin
from entrepot.connectors.temu.errors import NAME, NOT_IN_THIS_COUNTRY, PermissionMissingError
from entrepot.connectors.temu.gateway import Gateway
from entrepot.connectors.temu.offers import sku_codes
from entrepot.connectors.temu.reading import Document, read
from entrepot.kit.clock import now
from entrepot.kit.errors import EntrepotError
from entrepot.kit.text import N_

LIST = "bg.order.list.v2.get"
DETAIL = "bg.order.detail.v2.get"
SHIPPING = "bg.order.shippinginfo.v2.get"
DECRYPT = "bg.order.decryptshippinginfo.get"
PACKAGES = "bg.logistics.shipment.v2.get"
AMOUNTS = {
    "eu": ("temu.order.amount.v3.query", "temu.order.amount.v2.query", "bg.order.amount.query"),
    "global": ("temu.order.amount.v2.query", "bg.order.amount.query"),
    "us": ("bg.order.amount.query",),
}
"""The calls that tell amounts, by region, the best first."""
NO_SUCH_CALL = frozenset({3_000_003, 3_000_004, *NOT_IN_THIS_COUNTRY})
AT_ONCE = 8
"""Orders on their way at the same time."""
DOCUMENT = msgspec.json.Decoder(Document)
ORDER = msgspec.json.Decoder(wire.Order)
WITHHELD = {
    1: N_("Temu does not tell the address of an order that is paid on delivery."),
    2: N_("Temu does not tell the address: this order may not be shipped by yourself."),
    3: N_("Temu does not tell the address: this order needs a label that is bought at Temu."),
}
WITHHELD_UNSAID = N_("Temu does not tell the address of this order.")
MASKED = N_("Temu only tells the address with stars. Give the app the permission to decrypt shipping information.")


@dataclass(frozen=True, slots=True)
class Listed:
    """An order in a list."""

    key: DocumentKey
    order: wire.Order


class Orders:
    """Reads the orders of one shop."""

    def __init__(self, gateway: Gateway, line: Line, region: str) -> None:
        self._gateway = gateway
        self._line = line
        self._amounts = list(AMOUNTS[region])
        self._may_decrypt = True
        self._codes: dict[str, str] = {}

    async def fetch(self, cursor: Cursor | None) -> Page[RawDocument]:
        """Return a page of orders.

        One that cannot be fetched is tried again with its page, then returned with its problem; it does not stop the
        others.  If Temu limits us midway, the page ends there and the next one begins at the same place.
        """
        place = begin(cursor, now())
        page = await self._gateway.call(LIST, wire.OrderPage, place.query())
        documents, listed = read_list(page.page_items or ())
        wanted = [one for one in listed if _is_wanted(one.order, first_time=place.first_time)]
        known = await self._line.known([one.key for one in wanted]) if wanted else set[DocumentKey]()
        fetched, limited = await self._fetch_all([one for one in wanted if one.key not in known])
        documents += fetched
        if limited is not None:
            if not fetched:
                raise limited
            return Page(tuple(documents), place.written(), more=True)
        if any(document.problem for document in fetched) and (again := place.once_more()):
            return Page(tuple(documents), again.written(), more=True)
        following = place.after(page.total_item_num)
        return Page(tuple(documents), following.written(), more=not following.done)

    async def fetch_one(self, parent_order_sn: str) -> RawDocument:
        """Return one order as it is now."""
        query: dict[str, object] = {"pageNumber": 1, "pageSize": 1, "parentOrderSnList": [parent_order_sn]}
        page = await self._gateway.call(LIST, wire.OrderPage, query, subject=parent_order_sn)
        unread, listed = read_list(page.page_items or ())
        if not listed:
            if unread:
                raise UnreadableDocumentError(channel=NAME, reason=unread[0].problem)
            raise ChannelThingMissingError(channel=NAME, reason=f"there is no order {parent_order_sn}")
        codes = await self._codes_of([listed[0].order])
        return await self._fetch(listed[0], codes)

    def read(self, raw: bytes) -> ChannelOrder:
        """Translate a stored document."""
        try:
            return read(DOCUMENT.decode(raw))
        except (msgspec.DecodeError, ValueError, ArithmeticError, OSError, RecursionError) as error:
            raise UnreadableDocumentError(channel=NAME, reason=str(error)) from error

    async def _fetch_all(self, wanted: Sequence[Listed]) -> tuple[list[RawDocument], EntrepotError | None]:
        """Fetch orders, a few at a time.

        Returns:
            What came, in order, and the error that stopped the rest: one that would stop every other request too.

        Raises:
            ChannelAwayError: several were asked for and none came: it is Temu, not the orders.
        """
        if not wanted:
            return [], None
        codes = await self._codes_of([one.order for one in wanted])
        turns = asyncio.Semaphore(AT_ONCE)
        stopped: list[EntrepotError] = []

        async def fetch(one: Listed) -> RawDocument | EntrepotError | None:
            async with turns:
                if stopped:
                    return None
                try:
                    return await self._fetch(one, codes)
                except (RateLimitedError, CredentialsRejectedError) as error:
                    stopped.append(error)
                    return None
                except EntrepotError as error:
                    return error

        answers = await asyncio.gather(*(fetch(one) for one in wanted))
        if stopped:
            return [answer for answer in answers if isinstance(answer, RawDocument)], stopped[0]
        away = [answer for answer in answers if isinstance(answer, ChannelAwayError)]
        if len(away) == len(wanted) > 1:
            raise away[0]
        return [
            _not_fetched(one.key, answer) if isinstance(answer, EntrepotError) else answer
            for one, answer in zip(wanted, answers, strict=True)
            if answer is not None
        ], None

    async def _fetch(self, one: Listed, codes: dict[str, str]) -> RawDocument:
        """Fetch what there is about one order, and put it together as it came."""
        number = one.key.document_id
        query: dict[str, object] = {"parentOrderSn": number}
        raw = await self._gateway.raw(DETAIL, query, subject=number)
        detail = _read_detail(raw)
        amounts = await self._amounts_of(number)
        shipping, withheld = (
            (None, "")
            if detail.parent_order_map.parent_order_status in {wire.PENDING, wire.CANCELLED}
            else await self._address(number)
        )
        numbers = {str(line.sku_id) for line in detail.order_list}
        whole = {
            "order": raw,
            "amounts": amounts,
            "shipping": shipping,
            "updated_at": one.order.parent_order_map.update_time,
            "withheld": withheld,
            "codes": {number: code for number, code in codes.items() if number in numbers},
            "shipped": await self._shipped(number, detail),
        }
        return RawDocument(document_id=number, fingerprint=one.key.fingerprint, raw=msgspec.json.encode(whole))

    async def _amounts_of(self, number: str) -> msgspec.Raw:
        while True:
            kind = self._amounts[0]
            try:
                return await self._gateway.raw(kind, {"parentOrderSn": number}, subject=number)
            except RequestRejectedError as error:
                if error.facts.get("status") not in NO_SUCH_CALL or len(self._amounts) == 1:
                    raise
                if self._amounts[0] == kind:  # else another order has found out meanwhile
                    del self._amounts[0]

    async def _address(self, number: str) -> tuple[msgspec.Raw | None, str]:
        """Return the address as it came, or why there is none."""
        query: dict[str, object] = {"parentOrderSn": number}
        try:
            raw = await self._gateway.raw(SHIPPING, query, subject=number)
        except (PermissionMissingError, RequestRejectedError, ChannelThingMissingError) as error:
            return None, error.detail
        try:
            info = msgspec.json.decode(raw, type=wire.ShippingInfo | None)
        except msgspec.DecodeError as error:
            raise UnreadableDocumentError(channel=NAME, reason=str(error)) from error
        if info is None:
            return None, WITHHELD_UNSAID
        if info.warning is not None and info.warning.is_restriction:
            return None, WITHHELD.get(info.warning.reason or 0, WITHHELD_UNSAID)
        return await self._decrypted(number) if info.is_masked else (raw, "")

    async def _decrypted(self, number: str) -> tuple[msgspec.Raw | None, str]:
        """Return an address without stars, or why it stays masked."""
        if not self._may_decrypt:
            return None, MASKED
        try:
            return await self._gateway.raw(DECRYPT, {"parentOrderSn": number}, subject=number), ""
        except PermissionMissingError:
            self._may_decrypt = False
            return None, MASKED
        except (RequestRejectedError, ChannelThingMissingError) as error:
            return None, error.detail

    async def _shipped(self, number: str, detail: wire.Order) -> dict[str, int]:
        """Return how many units left of the lines of which only some did."""
        shipped: dict[str, int] = {}
        for line in detail.order_list:
            if line.order_status in {wire.PARTLY_SHIPPED, wire.PARTLY_DELIVERED}:
                query: dict[str, object] = {"parentOrderSn": number, "orderSn": line.order_sn}
                found = await self._gateway.call(PACKAGES, wire.Packages, query, subject=number)
                shipped[line.order_sn] = sum(package.quantity or 0 for package in found.shipment_info_d_t_o or ())
        return shipped

    async def _codes_of(self, orders: Sequence[wire.Order]) -> dict[str, str]:
        """Return the seller's SKUs of the lines that do not name theirs."""
        lines = [line for order in orders for line in order.order_list]
        missing = {
            line.sku_id for line in lines if line.sku_id and not line.code and str(line.sku_id) not in self._codes
        }
        if missing:
            self._codes |= await sku_codes(self._gateway, sorted(missing))
        return self._codes


def _is_wanted(order: wire.Order, *, first_time: bool) -> bool:
    """Tell whether an order is to be fetched: a pending one is not yet, and at first only what is to be sent."""
    status = order.parent_order_map.parent_order_status
    return status in wire.OPEN if first_time else status != wire.PENDING


def read_list(entries: Sequence[msgspec.Raw]) -> tuple[list[RawDocument], list[Listed]]:
    """Return what of a list cannot be read, as documents with their problem, and the rest, each order once."""
    unread: list[RawDocument] = []
    found: dict[DocumentKey, Listed] = {}
    for entry in entries:
        try:
            order = ORDER.decode(entry)
        except msgspec.DecodeError as error:
            raw = bytes(entry)
            digest = _digest(raw)
            problem = UnreadableDocumentError(channel=NAME, reason=str(error)).detail
            unread.append(RawDocument(document_id=f"?{digest[:12]}", fingerprint=digest, raw=raw, problem=problem))
        else:
            key = DocumentKey(order.parent_order_map.parent_order_sn, _fingerprint(order))
            found[key] = Listed(key, order)
    return unread, list(found.values())


def _fingerprint(order: wire.Order) -> str:
    """Return what changes whenever the order does, in any sequence of lines."""
    parent = order.parent_order_map
    lines = sorted(
        (line.order_sn, line.order_status, line.quantity or 0, line.canceled_quantity_before_shipment or 0)
        for line in order.order_list
    )
    labels = sorted(label.name for label in parent.parent_order_label or () if label.value)
    return _digest(msgspec.json.encode((parent.update_time, parent.parent_order_status, lines, labels)))


def _digest(raw: bytes) -> str:
    return hashlib.blake2b(raw, digest_size=16).hexdigest()


def _read_detail(raw: msgspec.Raw) -> wire.Order:
    try:
        return ORDER.decode(raw)
    except msgspec.DecodeError as error:
        raise UnreadableDocumentError(channel=NAME, reason=str(error)) from error


def _not_fetched(key: DocumentKey, error: EntrepotError) -> RawDocument:
    return RawDocument(
        document_id=key.document_id,
        fingerprint=key.fingerprint,
        raw=msgspec.json.encode({"parentOrderSn": key.document_id}),
        problem=error.detail,
    )
