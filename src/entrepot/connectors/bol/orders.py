"""Orders as bol sends them: lists of what changed, then one by one."""

import asyncio
import hashlib
from collections.abc import Sequence
from urllib.parse import quote

import httpx
import msgspec

from entrepot.channels.client import Operation
from entrepot.channels.contract import ChannelOrder, Cursor, Page, RawDocument
from entrepot.channels.errors import (
    ChannelAwayError,
    CredentialsRejectedError,
    RateLimitedError,
    UnreadableDocumentError,
)
from entrepot.channels.line import DocumentKey
from entrepot.connectors.bol import wire
from entrepot.connectors.bol.cursor import begin
from entrepot.connectors.bol.gate import AT_ONCE, LIST_ORDERS, NAME, V10, BolGate
from entrepot.kit.clock import now
from entrepot.kit.errors import EntrepotError

READ_ORDER = Operation(name="order", rate=25, burst=25)


class BolOrders(BolGate):
    """The orders of an account."""

    async def fetch_orders(self, cursor: Cursor | None) -> Page[RawDocument]:
        """Return a page of orders.

        One that cannot be fetched is returned with its problem and does not stop the others.  If bol limits us midway,
        the page ends there and the next one begins at the same place: what came is kept.
        """
        at = now()
        place = begin(cursor, at)
        listed = await self._read(LIST_ORDERS, "/retailer/orders", wire.ReducedOrders, params=place.query(at))
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
        return RawDocument(document_id=document_id, fingerprint=digest(raw), raw=raw)

    def read_order(self, raw: bytes) -> ChannelOrder:
        try:
            return ORDER_DECODER.decode(raw).translate()
        except (msgspec.DecodeError, ValueError, ArithmeticError, RecursionError) as error:
            raise UnreadableDocumentError(channel=NAME, reason=str(error)) from error


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
            fingerprint = digest(raw)
            problem = UnreadableDocumentError(channel=NAME, reason=str(error)).detail
            unread.append(
                RawDocument(document_id=f"?{fingerprint[:12]}", fingerprint=fingerprint, raw=raw, problem=problem)
            )
        else:
            keys[DocumentKey(order.order_id, _fingerprint(order))] = None
    return unread, list(keys)


def _fingerprint(order: wire.ReducedOrder) -> str:
    """Return what changes whenever the order does: its lines' states and quantities, in any sequence of lines."""
    items = sorted(msgspec.json.encode(item) for item in order.order_items)
    return digest(b"\n".join(items))


def digest(raw: bytes) -> str:
    """Return a short fingerprint of *raw*."""
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
