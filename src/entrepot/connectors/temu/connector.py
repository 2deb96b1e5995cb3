"""Talks to Temu."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from entrepot.channels.contract import (
    ChannelCarrier,
    ChannelOffer,
    ChannelOrder,
    Cursor,
    FoundShipment,
    Page,
    ProcessRef,
    ProcessReport,
    RawDocument,
    ShipmentNotice,
    StockOutcome,
    StockUpdate,
)
from entrepot.channels.contract_notices import Notice
from entrepot.channels.line import Line
from entrepot.connectors.temu import offers, wire
from entrepot.connectors.temu.credentials import TemuCredentials
from entrepot.connectors.temu.gateway import Gateway
from entrepot.connectors.temu.notices import EVENT_CODES, read_notice
from entrepot.connectors.temu.orders import LIST, Orders
from entrepot.connectors.temu.shipments import Shipments

TOKEN_INFO = "bg.open.accesstoken.info.get"  # noqa: S105 -- the name of a call
SUBSCRIBE = "bg.tmc.message.update"


class Temu:
    """One Temu shop."""

    def __init__(self, credentials: TemuCredentials, line: Line) -> None:
        self._credentials = credentials
        self._gateway = Gateway(credentials, line)
        self._orders = Orders(self._gateway, line, credentials.region)
        self._shipments = Shipments(self._gateway, credentials.warehouse)

    async def check(self) -> str:
        """Ask about the token, which proves key, secret and region, and read an order: what everything stands on."""
        info = await self._gateway.call(TOKEN_INFO, wire.TokenInfo)
        await self._gateway.call(LIST, wire.OrderPage, {"pageNumber": 1, "pageSize": 1})
        return f"Temu {info.mall_id or self._credentials.app_key[:8]} ({self._credentials.region})"

    async def credentials_end(self) -> datetime | None:
        """Return when the access token ends."""
        info = await self._gateway.call(TOKEN_INFO, wire.TokenInfo)
        return datetime.fromtimestamp(info.expired_time, UTC) if info.expired_time else None

    # Orders

    async def fetch_orders(self, cursor: Cursor | None) -> Page[RawDocument]:
        return await self._orders.fetch(cursor)

    async def fetch_order(self, document_id: str) -> RawDocument:
        return await self._orders.fetch_one(document_id)

    def read_order(self, raw: bytes) -> ChannelOrder:
        return self._orders.read(raw)

    # Shipments

    async def carriers(self) -> list[ChannelCarrier]:
        return await self._shipments.carriers()

    async def find_shipment(self, channel_order_id: str, reference: str, *, tracking: str = "") -> FoundShipment | None:
        return await self._shipments.find(channel_order_id, reference, tracking)

    async def confirm_shipment(self, notice: ShipmentNotice) -> ProcessRef:
        return await self._shipments.confirm(notice)

    async def process_states(self, refs: Sequence[ProcessRef]) -> list[ProcessReport]:
        return [await self._shipments.state(ref) for ref in refs]

    # Offers

    async def fetch_offers(self, cursor: Cursor | None) -> Page[ChannelOffer]:
        return await offers.fetch_offers(self._gateway, cursor)

    async def publish_stock(self, updates: Sequence[StockUpdate]) -> list[StockOutcome]:
        return await offers.publish_stock(self._gateway, updates)

    # Notices

    async def subscribe(self, address: str) -> bytes:  # noqa: ARG002 -- entered at Temu by hand, in the app's settings
        """Ask for the events we act upon; their address is entered in the app's settings on the Partner Platform."""
        await self._gateway.raw(SUBSCRIBE, {"permitEventCodeList": list(EVENT_CODES)})
        return b""

    def read_notice(self, headers: Mapping[str, str], body: bytes, keys: bytes) -> Sequence[Notice]:  # noqa: ARG002 -- the app secret verifies
        secret = self._credentials.app_secret.get_secret_value()
        return read_notice(self._credentials.app_key, secret, headers, body)
