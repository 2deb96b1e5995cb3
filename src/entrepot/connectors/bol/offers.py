"""Offers: v11's, the export of all of them, and the goods in bol's own warehouse."""

import asyncio
from collections.abc import Iterator, Sequence
from urllib.parse import quote

from entrepot.channels.client import Operation
from entrepot.channels.contract import ChannelOffer, Cursor, Page, ProcessRef, StockOutcome, StockUpdate
from entrepot.channels.contract_offers import HeldStock, HeldStockPage, NewOffer, OfferChange, SaleObstacle
from entrepot.channels.errors import ChannelThingMissingError, RequestRejectedError, UnreadableDocumentError
from entrepot.connectors.bol import wire_offers as wire
from entrepot.connectors.bol.gate import AT_ONCE, ITEMS_PER_PAGE, NAME, V10_CSV, V11, BolGate
from entrepot.kit.clock import now

OFFERS_PER_PAGE = 100
OFFERS = Operation(name="offers")
READ_OFFER = Operation(name="offer-read", rate=25, burst=25)
CHANGE_OFFER = Operation(name="offer", rate=25, burst=25)
CREATE_OFFER = Operation(name="offer-create")
EXPORT = Operation(name="offer-export", rate=5, burst=5)
INVENTORY = Operation(name="inventory")
NO_CONTENT = 204


class BolOffers(BolGate):
    """What an account offers."""

    async def fetch_offers(self, cursor: Cursor | None) -> Page[ChannelOffer]:
        query: dict[str, str | int] = {"page-size": OFFERS_PER_PAGE}
        if cursor:
            query["cursor"] = cursor
        answer = await self._read(OFFERS, "/retailer/offers", wire.Offers, params=query, media=V11)
        following = answer.page.next_cursor or ""
        more = bool(following) and following != cursor and bool(answer.offers)
        return Page(tuple(offer.translate() for offer in answer.offers), following if more else "", more)

    async def publish_stock(self, updates: Sequence[StockUpdate]) -> list[StockOutcome]:
        """Change the stock of single offers, a few at a time.

        ``managedByRetailer`` is true because we subtract open orders ourselves, before we publish.
        """
        turns = asyncio.Semaphore(AT_ONCE)

        async def publish(update: StockUpdate) -> StockOutcome:
            change = OfferChange(channel_offer_id=update.channel_offer_id, quantity=update.quantity)
            async with turns:
                try:
                    await self.change_offer(change)
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

    async def create_offer(self, offer: NewOffer) -> str:
        answer = await self._send(
            CREATE_OFFER, "POST", "/retailer/offers", wire.new_offer(offer), subject=offer.sku, media=V11
        )
        return self._client.decode(answer.content or b"null", wire.CreatedOffer).offer_id

    async def read_offer(self, channel_offer_id: str) -> ChannelOffer:
        found = await self._read(READ_OFFER, _path(channel_offer_id), wire.Offer, subject=channel_offer_id, media=V11)
        return found.translate()

    async def change_offer(self, change: OfferChange) -> None:
        await self._send(
            CHANGE_OFFER,
            "PATCH",
            _path(change.channel_offer_id),
            wire.changed_offer(change),
            subject=change.channel_offer_id,
            media=V11,
        )

    async def delete_offer(self, channel_offer_id: str) -> None:
        try:
            await self._send(CHANGE_OFFER, "DELETE", _path(channel_offer_id), subject=channel_offer_id, media=V11)
        except ChannelThingMissingError:
            return

    async def sale_obstacles(self, channel_offer_id: str) -> list[SaleObstacle]:
        answer = await self._send(
            READ_OFFER, "GET", f"{_path(channel_offer_id)}/not-for-sale-reasons", subject=channel_offer_id, media=V11
        )
        if answer.status_code == NO_CONTENT:
            return []
        return self._client.decode(answer.content or b"null", wire.NotForSaleReasons).translate()

    async def request_export(self) -> ProcessRef:
        """Ask for the export of v10, which v11 has nothing for: bol deprecated it and still serves it."""
        return await self._start(EXPORT, "POST", "/retailer/offers/export", {"format": "CSV"}, subject="offer export")

    async def fetch_export(self, export_id: str) -> bytes:
        path = f"/retailer/offers/export/{quote(export_id, safe='')}"
        return (await self._send(EXPORT, "GET", path, subject=export_id, media=V10_CSV)).content

    def read_export(self, raw: bytes) -> Iterator[ChannelOffer]:
        try:
            yield from wire.export_rows(raw)
        except ValueError as error:
            raise UnreadableDocumentError(channel=NAME, reason=str(error)) from error

    async def held_stock(self) -> HeldStockPage:
        """Read what lies in bol's warehouse, page after page until one is not full."""
        read_at = now()
        items: dict[str, HeldStock] = {}
        page = 1
        while True:
            listed = await self._read(INVENTORY, "/retailer/inventory", wire.Inventory, params={"page": page})
            items |= {item.bsku: item.translate() for item in listed.inventory}
            if len(listed.inventory) < ITEMS_PER_PAGE:
                return HeldStockPage(items=tuple(items.values()), read_at=read_at)
            page += 1


def _path(offer_id: str) -> str:
    return f"/retailer/offers/{quote(offer_id, safe='')}"
