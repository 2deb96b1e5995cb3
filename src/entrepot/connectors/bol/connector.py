"""Talks to bol."""

import asyncio
import hashlib
from base64 import b64encode
from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import quote

import httpx
import msgspec

from entrepot.channels.client import ChannelClient, Operation
from entrepot.channels.contract import (
    CancelReason,
    ChannelCarrier,
    ChannelOffer,
    ChannelOrder,
    Cursor,
    FoundShipment,
    Page,
    ProcessRef,
    ProcessReport,
    ProcessState,
    RawDocument,
    ShipmentNotice,
    StockOutcome,
    StockUpdate,
)
from entrepot.channels.errors import (
    ChannelAwayError,
    ChannelThingMissingError,
    CredentialsRejectedError,
    RateLimitedError,
    RequestRejectedError,
    UnexpectedPayloadError,
    UnreadableDocumentError,
)
from entrepot.channels.line import DocumentKey, Line, Token
from entrepot.connectors.bol import wire
from entrepot.connectors.bol.carriers import CARRIERS, transporter_code
from entrepot.connectors.bol.credentials import BolCredentials
from entrepot.connectors.bol.cursor import begin
from entrepot.kit.clock import now
from entrepot.kit.errors import EntrepotError

NAME = "bol"
V10 = "application/vnd.retailer.v10+json"
V11 = "application/vnd.retailer.v11+json"
AT_ONCE = 8
"""Requests for single orders or offers on their way at the same time."""
PROCESSES_AT_ONCE = 1000
OFFERS_PER_PAGE = 100

TOKEN = Operation(name="token", rate=5, burst=5)
LIST_ORDERS = Operation(name="orders")
READ_ORDER = Operation(name="order", rate=25, burst=25)
CANCEL = Operation(name="cancellation")
SHIPMENTS = Operation(name="shipments")
PROCESSES = Operation(name="process-status")
OFFERS = Operation(name="offers")
CHANGE_OFFER = Operation(name="offer", rate=25, burst=25)


class Bol:
    """One bol retailer account."""

    def __init__(self, credentials: BolCredentials, line: Line) -> None:
        self._credentials = credentials
        self._line = line
        self._base = credentials.api_url
        self._sign_in = ChannelClient(NAME, line)
        self._client = ChannelClient(NAME, line, self._obtain_token)

    async def _obtain_token(self) -> Token:
        credentials = self._credentials
        pair = f"{credentials.client_id}:{credentials.client_secret.get_secret_value()}"
        asked_at = now()
        try:
            answer = await self._sign_in.send(
                TOKEN,
                "POST",
                credentials.token_url,
                wire.TokenAnswer,
                params={"grant_type": "client_credentials"},
                headers={"Authorization": f"Basic {b64encode(pair.encode()).decode()}", "Accept": "application/json"},
            )
        except RequestRejectedError as error:  # a malformed pair is answered 400
            raise CredentialsRejectedError(channel=NAME, status=error.facts["status"]) from error
        if not answer.access_token or answer.token_type.lower() != "bearer":
            raise UnexpectedPayloadError(channel=NAME, reason="the sign-in answered no bearer token")
        return Token(answer.access_token, asked_at + timedelta(seconds=answer.expires_in))

    async def check(self) -> str:
        """Sign in, and read a page of orders: the right that everything else stands on."""
        await self._client.send(
            LIST_ORDERS,
            "GET",
            f"{self._base}/retailer/orders",
            wire.ReducedOrders,
            params={"page": 1, "status": "OPEN", "fulfilment-method": "ALL"},
            headers={"Accept": V10},
        )
        return f"bol {self._credentials.client_id[:8]}"

    # Orders

    async def fetch_orders(self, cursor: Cursor | None) -> Page[RawDocument]:
        """Return a page of orders.

        One that cannot be fetched is returned with its problem and does not stop the others.  If bol limits us midway,
        the page ends there and the next one begins at the same place: what came is kept.
        """
        at = now()
        place = begin(cursor, at)
        listed = await self._client.send(
            LIST_ORDERS,
            "GET",
            f"{self._base}/retailer/orders",
            wire.ReducedOrders,
            params=place.query(at),
            headers={"Accept": V10},
        )
        documents, wanted = _read_list(listed.orders)
        known = await self._line.known(wanted) if wanted else set[DocumentKey]()
        fetched, limited = await self._fetch_all([key for key in wanted if key not in known])
        documents += fetched
        if limited is not None:
            if not fetched:
                raise limited
            return Page(tuple(documents), place.written(), more=True)
        following = place.after(full=bool(listed.orders))
        return Page(tuple(documents), following.written(), more=following.kind != "rest")

    async def _fetch_all(self, keys: Sequence[DocumentKey]) -> tuple[list[RawDocument], EntrepotError | None]:
        """Fetch single orders, a few at a time.

        Returns:
            What came, in order, and the error that stopped the rest: one that would stop every other request too.

        Raises:
            ChannelAwayError: several were asked for and none came: it is bol, not the orders.
        """
        turns = asyncio.Semaphore(AT_ONCE)
        stopped: list[EntrepotError] = []

        async def fetch(key: DocumentKey) -> RawDocument | EntrepotError | None:
            async with turns:
                if stopped:
                    return None
                try:
                    raw = (await self._order(key.document_id)).content
                except (RateLimitedError, CredentialsRejectedError) as error:
                    stopped.append(error)
                    return None
                except EntrepotError as error:
                    return error
                return _whole(key, raw)

        answers = await asyncio.gather(*(fetch(key) for key in keys))
        if stopped:
            return [answer for answer in answers if isinstance(answer, RawDocument)], stopped[0]
        away = [answer for answer in answers if isinstance(answer, ChannelAwayError)]
        if len(away) == len(keys) > 1:
            raise away[0]
        return [
            _not_fetched(key, answer) if isinstance(answer, EntrepotError) else answer
            for key, answer in zip(keys, answers, strict=True)
            if answer is not None
        ], None

    async def _order(self, order_id: str) -> httpx.Response:
        return await self._client.exchange(
            READ_ORDER,
            "GET",
            f"{self._base}/retailer/orders/{quote(order_id, safe='')}",
            subject=order_id,
            headers={"Accept": V10},
        )

    async def fetch_order(self, document_id: str) -> RawDocument:
        raw = (await self._order(document_id)).content
        return RawDocument(document_id=document_id, fingerprint=_digest(raw), raw=raw)

    def read_order(self, raw: bytes) -> ChannelOrder:
        try:
            return ORDER_DECODER.decode(raw).translate()
        except (msgspec.DecodeError, ValueError, ArithmeticError, RecursionError) as error:
            raise UnreadableDocumentError(channel=NAME, reason=str(error)) from error

    # Shipments and cancellations

    async def find_shipment(self, channel_order_id: str, reference: str) -> FoundShipment | None:
        page = 1
        while True:
            listed = await self._client.send(
                SHIPMENTS,
                "GET",
                f"{self._base}/retailer/shipments",
                wire.Shipments,
                subject=channel_order_id,
                params={"order-id": channel_order_id, "page": page},
                headers={"Accept": V10},
            )
            for shipment in listed.shipments:
                if shipment.shipment_reference == reference:
                    return FoundShipment(channel_shipment_id=shipment.shipment_id, reference=reference)
            if len(listed.shipments) < ITEMS_PER_PAGE:
                return None
            page += 1

    async def carriers(self) -> list[ChannelCarrier]:
        return list(CARRIERS)

    async def confirm_shipment(self, notice: ShipmentNotice) -> ProcessRef:
        transport = {"transporterCode": notice.carrier_code or transporter_code(notice.carrier)}
        if notice.tracking:
            transport["trackAndTrace"] = notice.tracking
        body = {
            "orderItems": [{"orderItemId": line.channel_line_id, "quantity": line.quantity} for line in notice.lines],
            "shipmentReference": notice.reference,
            "transport": transport,
        }
        return await self._start(SHIPMENTS, "POST", "/retailer/shipments", body, subject=notice.channel_order_id)

    async def cancel_line(self, channel_line_id: str, reason: CancelReason) -> ProcessRef:
        body = {"orderItems": [{"orderItemId": channel_line_id, "reasonCode": wire.CANCEL_REASONS[reason]}]}
        return await self._start(CANCEL, "PUT", "/retailer/orders/cancellation", body, subject=channel_line_id)

    async def _start(self, operation: Operation, method: str, path: str, body: object, *, subject: str) -> ProcessRef:
        started = await self._client.send(
            operation,
            method,
            f"{self._base}{path}",
            wire.ProcessStatus,
            subject=subject,
            headers={"Accept": V10, "Content-Type": V10},
            content=msgspec.json.encode(body),
        )
        if not started.process_status_id:
            raise UnexpectedPayloadError(channel=NAME, reason="it started something and gave it no process status id")
        return started.process_status_id

    async def process_states(self, refs: Sequence[ProcessRef]) -> list[ProcessReport]:
        """Ask for up to a thousand at a time; those that bol leaves out it has forgotten."""
        found: dict[str, wire.ProcessStatus] = {}
        for start in range(0, len(refs), PROCESSES_AT_ONCE):
            part = refs[start : start + PROCESSES_AT_ONCE]
            body = {"processStatusQueries": [{"processStatusId": ref} for ref in part]}
            try:
                answer = await self._client.send(
                    PROCESSES,
                    "POST",
                    f"{self._base}/shared/process-status",
                    wire.ProcessStatuses,
                    headers={"Accept": V10, "Content-Type": V10},
                    content=msgspec.json.encode(body),
                )
            except ChannelThingMissingError:
                continue
            found |= {
                status.process_status_id: status for status in answer.process_statuses if status.process_status_id
            }
        return [
            found[ref].translate(ref) if ref in found else ProcessReport(ref=ref, state=ProcessState.GONE)
            for ref in refs
        ]

    # Offers

    async def fetch_offers(self, cursor: Cursor | None) -> Page[ChannelOffer]:
        query: dict[str, str | int] = {"page-size": OFFERS_PER_PAGE}
        if cursor:
            query["cursor"] = cursor
        answer = await self._client.send(
            OFFERS, "GET", f"{self._base}/retailer/offers", wire.Offers, params=query, headers={"Accept": V11}
        )
        following = answer.page.next_cursor or ""
        more = bool(following) and following != cursor and bool(answer.offers)
        return Page(tuple(offer.translate() for offer in answer.offers), following if more else "", more)

    async def publish_stock(self, updates: Sequence[StockUpdate]) -> list[StockOutcome]:
        """Change the stock of single offers, a few at a time.

        ``managedByRetailer`` is true because we subtract open orders ourselves, before we publish.
        """
        turns = asyncio.Semaphore(AT_ONCE)

        async def publish(update: StockUpdate) -> StockOutcome:
            body = {"stock": {"amount": update.quantity, "managedByRetailer": True}}
            async with turns:
                try:
                    await self._client.exchange(
                        CHANGE_OFFER,
                        "PATCH",
                        f"{self._base}/retailer/offers/{quote(update.channel_offer_id, safe='')}",
                        subject=update.channel_offer_id,
                        headers={"Accept": V11, "Content-Type": V11},
                        content=msgspec.json.encode(body),
                    )
                except (RequestRejectedError, ChannelThingMissingError) as error:
                    return StockOutcome(channel_offer_id=update.channel_offer_id, applied=False, problem=error.detail)
            return StockOutcome(channel_offer_id=update.channel_offer_id, applied=True)

        answers = await asyncio.gather(*(publish(update) for update in updates), return_exceptions=True)
        outcomes: list[StockOutcome] = []
        for answer in answers:
            if isinstance(answer, BaseException):
                raise answer
            outcomes.append(answer)
        return outcomes


ITEMS_PER_PAGE = 50
ORDER_DECODER = msgspec.json.Decoder(wire.Order)
REDUCED_DECODER = msgspec.json.Decoder(wire.ReducedOrder)


def _read_list(entries: Sequence[msgspec.Raw]) -> tuple[list[RawDocument], list[DocumentKey]]:
    """Return what of a list cannot be read, as documents with their problem, and the keys of the rest."""
    unread: list[RawDocument] = []
    keys: dict[DocumentKey, None] = {}
    for entry in entries:
        try:
            order = REDUCED_DECODER.decode(entry)
        except msgspec.DecodeError as error:
            raw = bytes(entry)
            digest = _digest(raw)
            problem = UnreadableDocumentError(channel=NAME, reason=str(error)).detail
            unread.append(RawDocument(document_id=f"?{digest[:12]}", fingerprint=digest, raw=raw, problem=problem))
        else:
            keys[DocumentKey(order.order_id, _fingerprint(order))] = None
    return unread, list(keys)


def _fingerprint(order: wire.ReducedOrder) -> str:
    """Return what changes whenever the order does: its lines' states and quantities, in any sequence of lines."""
    items = sorted(msgspec.json.encode(item) for item in order.order_items)
    return _digest(b"\n".join(items))


def _digest(raw: bytes) -> str:
    return hashlib.blake2b(raw, digest_size=16).hexdigest()


def _whole(key: DocumentKey, raw: bytes) -> RawDocument:
    """Return a fetched order.  One that is no JSON at all was damaged on its way, and is to be fetched again."""
    problem = ""
    try:
        msgspec.json.decode(raw, type=msgspec.Raw)
    except msgspec.DecodeError as error:
        problem = UnreadableDocumentError(channel=NAME, reason=str(error)).detail
    return RawDocument(document_id=key.document_id, fingerprint=key.fingerprint, raw=raw, problem=problem)


def _not_fetched(key: DocumentKey, error: EntrepotError) -> RawDocument:
    return RawDocument(
        document_id=key.document_id,
        fingerprint=key.fingerprint,
        raw=msgspec.json.encode({"orderId": key.document_id}),
        problem=error.detail,
    )
