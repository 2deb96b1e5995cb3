"""Reports shipments, under Temu's own numbers of carriers, and finds them again by their tracking codes."""

import re

import msgspec

from entrepot.channels.contract import (
    ChannelCarrier,
    FoundShipment,
    ProcessRef,
    ProcessReport,
    ProcessState,
    ShipmentNotice,
)
from entrepot.channels.errors import ChannelThingMissingError, RequestRejectedError
from entrepot.connectors.temu import wire
from entrepot.connectors.temu.errors import NAME, CarrierUnmappedError, TrackingMissingError
from entrepot.connectors.temu.gateway import Gateway
from entrepot.connectors.temu.orders import DETAIL, PACKAGES

COMPANIES = "bg.logistics.companies.get"
WAREHOUSES = "bg.logistics.warehouse.list.get"
CONFIRM = "bg.logistics.shipment.v2.confirm"
WHOLE_ORDER, PART_OF_ORDER = 0, 1
"""How a shipment is sent: all of an order in one parcel, or some of it."""
OUR_NAMES = {
    "dhl_de": ("dhl paket", "dhl", "dhl germany", "deutsche post dhl"),
    "dhl": ("dhl", "dhl paket", "dhl parcel"),
    "dhl_nl": ("dhl parcel nl", "dhl ecommerce nl", "dhl ecommerce", "dhl parcel"),
    "dhl_parcel_nl": ("dhl parcel nl", "dhl ecommerce nl", "dhl ecommerce", "dhl parcel"),
    "dpd": ("dpd", "dpd de"),
    "dpd_nl": ("dpd nl", "dpd netherlands", "dpd"),
    "gls": ("gls", "gls germany"),
    "hermes": ("hermes", "hermes germany"),
    "postnl": ("postnl", "post nl", "postnl international"),
    "ups": ("ups", "united parcel service"),
    "fedex": ("fedex",),
    "bpost": ("bpost", "bpost be"),
}
"""Our codes of carriers, and what Temu may call them."""
LONGEST_LIST = 8


class Shipments:
    """Reports the shipments of one shop."""

    def __init__(self, gateway: Gateway, warehouse: str) -> None:
        self._gateway = gateway
        self._warehouse = warehouse
        self._companies: dict[int, list[wire.Company]] = {}

    async def carriers(self) -> list[ChannelCarrier]:
        """Return the carriers of the regions that the shop's warehouses are in."""
        found: dict[str, ChannelCarrier] = {}
        for region in sorted({house.region_id1 for house in await self._warehouses() if house.region_id1}):
            for company in await self._companies_of(region):
                code = str(company.logistics_service_provider_id)
                found[code] = ChannelCarrier(
                    code=code,
                    name=company.logistics_service_provider_name or company.logistics_brand_name or code,
                    known_as=_known_as(company),
                )
        return list(found.values())

    async def find(self, number: str, reference: str, tracking: str) -> FoundShipment | None:
        """Return the shipment of an order with a tracking code: Temu keeps no references of ours."""
        if not tracking:
            return None
        for line in (await self._order(number)).order_list:
            for package in await self._packages(number, line.order_sn):
                if _same(package.tracking_number, tracking):
                    return FoundShipment(channel_shipment_id=package.package_sn or tracking, reference=reference)
        return None

    async def confirm(self, notice: ShipmentNotice) -> ProcessRef:
        """Report a shipment; Temu answers at once, and the ref asks whether it knows the parcel."""
        if not notice.tracking:
            raise TrackingMissingError(channel=NAME, status=CONFIRM, reason="no tracking code")
        number = notice.channel_order_id
        order = await self._order(number)
        carrier = await self._carrier(notice, order.parent_order_map.region_id)
        lines = {line.order_sn: line for line in order.order_list}
        sent = {line.channel_line_id: line.quantity for line in notice.lines}
        body: dict[str, object] = {
            "sendType": WHOLE_ORDER if _is_whole(order, sent) else PART_OF_ORDER,
            "sendRequestList": [
                {
                    "carrierId": carrier,
                    "trackingNumber": notice.tracking,
                    "selfShippingWarehouseId": await self._warehouse_id(),
                    "orderSendInfoList": [
                        {
                            "parentOrderSn": number,
                            "orderSn": order_sn,
                            **({"goodsId": lines[order_sn].goods_id} if order_sn in lines else {}),
                            **({"skuId": sku} if order_sn in lines and (sku := lines[order_sn].sku_id) else {}),
                            "quantity": quantity,
                        }
                        for order_sn, quantity in sent.items()
                    ],
                }
            ],
        }
        await self._gateway.raw(CONFIRM, body, subject=number)
        return "|".join((number, next(iter(sent)), notice.tracking))

    async def state(self, ref: ProcessRef) -> ProcessReport:
        """Return whether Temu knows the parcel that a report was about."""
        number, _, rest = ref.partition("|")
        order_sn, _, tracking = rest.partition("|")
        if not (number and order_sn and tracking):
            return ProcessReport(ref=ref, state=ProcessState.GONE)
        try:
            packages = await self._packages(number, order_sn)
        except ChannelThingMissingError:
            return ProcessReport(ref=ref, state=ProcessState.GONE)
        except RequestRejectedError as error:
            return ProcessReport(ref=ref, state=ProcessState.FAILED, message=error.detail)
        known = any(_same(package.tracking_number, tracking) for package in packages)
        return ProcessReport(ref=ref, state=ProcessState.SUCCEEDED if known else ProcessState.PENDING)

    async def _order(self, number: str) -> wire.Order:
        return await self._gateway.call(DETAIL, wire.Order, {"parentOrderSn": number}, subject=number)

    async def _packages(self, number: str, order_sn: str) -> list[wire.Package]:
        query: dict[str, object] = {"parentOrderSn": number, "orderSn": order_sn}
        return (await self._gateway.call(PACKAGES, wire.Packages, query, subject=number)).shipment_info_d_t_o or []

    async def _warehouses(self) -> list[wire.Warehouse]:
        return (await self._gateway.call(WAREHOUSES, wire.Warehouses)).warehouse_list or []

    async def _warehouse_id(self) -> str:
        """Return where shipments leave from: as the account says, else the shop's default."""
        if not self._warehouse:
            houses = sorted(await self._warehouses(), key=lambda house: not house.default_warehouse)
            if not houses:
                reason = "the shop has no warehouse there; make one in the Seller Center"
                raise RequestRejectedError(channel=NAME, status=WAREHOUSES, reason=reason)
            self._warehouse = houses[0].warehouse_id
        return self._warehouse

    async def _companies_of(self, region: int) -> list[wire.Company]:
        if region not in self._companies:
            found = await self._gateway.raw(COMPANIES, {"regionId": region})
            self._companies[region] = msgspec.json.decode(found, type=list[wire.Company] | None) or []
        return self._companies[region]

    async def _carrier(self, notice: ShipmentNotice, region: int | None) -> int:
        """Return Temu's number of the notice's carrier.

        Raises:
            CarrierUnmappedError: nobody said which of Temu's carriers that is.
        """
        if notice.carrier_code.isdigit():
            return int(notice.carrier_code)
        regions = [region] if region else sorted({house.region_id1 or 0 for house in await self._warehouses()})
        companies = [company for one in regions if one for company in await self._companies_of(one)]
        code = notice.carrier.strip().lower()
        wanted = [_plain(name) for name in OUR_NAMES.get(code.replace("-", "_"), (code,))]
        named = {
            _plain(name): company.logistics_service_provider_id
            for company in reversed(companies)
            for name in (company.logistics_brand_name, company.logistics_service_provider_name)
            if name
        }
        found = next((named[name] for name in wanted if name in named), None)
        if found is None:
            known = ", ".join(
                sorted({company.logistics_service_provider_name or "" for company in companies})[:LONGEST_LIST]
            )
            raise CarrierUnmappedError(channel=NAME, status=COMPANIES, reason="", carrier=notice.carrier, known=known)
        return found


def _known_as(company: wire.Company) -> tuple[str, ...]:
    names = {_plain(name) for name in (company.logistics_service_provider_name, company.logistics_brand_name) if name}
    ours = {code for code, theirs in OUR_NAMES.items() if _plain(theirs[0]) in names}
    raw = {name.lower() for name in (company.logistics_service_provider_name, company.logistics_brand_name) if name}
    return tuple(sorted(ours | raw))


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "", name.lower())


def _same(known: str | None, tracking: str) -> bool:
    return (known or "").strip().upper() == tracking.strip().upper()


def _is_whole(order: wire.Order, sent: dict[str, int]) -> bool:
    """Tell whether a parcel holds everything of an order that was not cancelled."""
    wanted = {
        line.order_sn: line.ordered - line.cancelled for line in order.order_list if line.ordered > line.cancelled
    }
    return sent == wanted
