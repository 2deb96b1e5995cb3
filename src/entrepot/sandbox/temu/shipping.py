"""Carriers, warehouses, shipments, and what the token and the app may do."""

from datetime import timedelta

import msgspec

from entrepot.sandbox.marketplace.entities import ShipmentInstruction, ShippedLine
from entrepot.sandbox.temu.gate import JSON, TemuGate, business, good, refusal
from entrepot.sandbox.temu.orders import find
from entrepot.sandbox.temu.shop import REGION, Shop
from entrepot.sandbox.wire import Answer, Call, Endpoint

WAREHOUSE = "WH-07629114"
COMPANIES = {
    699_272_611: "DHL Paket",
    699_272_612: "DPD",
    699_272_613: "GLS",
    699_272_614: "Hermes",
    699_272_615: "PostNL",
    699_272_616: "UPS",
    699_272_617: "DHL eCommerce NL",
    699_272_618: "bpost",
    699_272_619: "Sandbox Express",
}


class _Region(msgspec.Struct, rename="camel"):
    region_id: int


class _Sent(msgspec.Struct, rename="camel"):
    parent_order_sn: str
    order_sn: str
    quantity: int
    goods_id: int | None = None
    sku_id: int | None = None


class _Package(msgspec.Struct, rename="camel"):
    carrier_id: int
    tracking_number: str
    self_shipping_warehouse_id: str
    order_send_info_list: list[_Sent]


class _Confirmation(msgspec.Struct, rename="camel"):
    send_type: int
    send_request_list: list[_Package]


class _Line(msgspec.Struct, rename="camel"):
    parent_order_sn: str
    order_sn: str


class _Permit(msgspec.Struct, rename="camel"):
    permit_event_code_list: list[str] = []
    cancel_event_code_list: list[str] = []


class TemuShipping:
    """The calls about shipping, and about the app itself."""

    def __init__(self, gate: TemuGate) -> None:
        self._world = gate.world

    def endpoints(self) -> list[Endpoint[Shop]]:
        return [
            Endpoint("POST", "bg.logistics.companies.get", self.companies, JSON),
            Endpoint("POST", "bg.logistics.warehouse.list.get", self.warehouses, JSON),
            Endpoint("POST", "bg.logistics.shipment.v2.confirm", self.confirm, JSON, mutates=True),
            Endpoint("POST", "bg.logistics.shipment.v2.get", self.packages, JSON),
            Endpoint("POST", "bg.open.accesstoken.info.get", self.token, JSON),
            Endpoint("POST", "bg.tmc.message.update", self.permit, JSON, mutates=True),
        ]

    def companies(self, shop: Shop, call: Call) -> Answer:
        del shop
        if business(call, _Region).region_id != REGION:
            return good([])
        return good(
            [
                {
                    "logisticsServiceProviderId": number,
                    "logisticsServiceProviderName": name,
                    "logisticsBrandName": name.split()[0],
                }
                for number, name in COMPANIES.items()
            ]
        )

    def warehouses(self, shop: Shop, call: Call) -> Answer:
        del call
        return good(
            {
                "warehouseList": [
                    {
                        "warehouseId": WAREHOUSE,
                        "warehouseName": shop.account.options.shop,
                        "defaultWarehouse": True,
                        "regionId1": REGION,
                    }
                ]
            }
        )

    def confirm(self, shop: Shop, call: Call) -> Answer:
        wanted = business(call, _Confirmation)
        packages = wanted.send_request_list
        if not packages or (wanted.send_type == 0 and len(packages) > 1):
            raise refusal(3000000, "sendType 0 is for one package")
        for package in packages:
            if package.carrier_id not in COMPANIES:
                raise refusal(2000000, f"Carrier {package.carrier_id} does not exist in this region")
            if not package.tracking_number.strip():
                raise refusal(3000000, "trackingNumber is empty")
            if package.self_shipping_warehouse_id != WAREHOUSE:
                raise refusal(2000000, f"Warehouse {package.self_shipping_warehouse_id} does not exist")
            self._ship(shop, package)
        return good({"assistantAgreementText": "", "warningMessage": []})

    def _ship(self, shop: Shop, package: _Package) -> None:
        for sent in package.order_send_info_list:
            order = find(shop, sent.parent_order_sn)
            if all(shop.line_number(item) != sent.order_sn for item in order.items):
                raise refusal(140020002)
        instruction = ShipmentInstruction(
            lines=tuple(
                ShippedLine(shop.item_id(sent.order_sn), sent.quantity) for sent in package.order_send_info_list
            ),
            transporter=str(package.carrier_id),
            tracking=package.tracking_number,
        )
        process = shop.account.processes.accept(instruction, self._world.clock.now(), timedelta())
        self._world.tick()  # Temu carries it out at once
        if process.status == "FAILURE":
            raise refusal(2000000, process.error)

    def packages(self, shop: Shop, call: Call) -> Answer:
        wanted = business(call, _Line)
        order = find(shop, wanted.parent_order_sn)
        item = next((item for item in order.items if shop.line_number(item) == wanted.order_sn), None)
        if item is None:
            raise refusal(140020002)
        offer = shop.account.offers.get(item.offer_id)
        return good(
            {
                "shipmentInfoDTO": [
                    {
                        "carrierId": int(shipment.transporter),
                        "carrierName": COMPANIES[int(shipment.transporter)],
                        "trackingNumber": shipment.tracking,
                        "packageSn": f"PK-{shipment.shipment_id}",
                        "packageDeliveryType": 1,
                        "skuId": shop.sku_id(offer) if offer is not None else None,
                        "quantity": line.quantity,
                    }
                    for shipment in shop.account.shipments_of.get(order.order_id, ())
                    for line in shipment.lines
                    if line.order_item_id == item.order_item_id
                ]
            }
        )

    def token(self, shop: Shop, call: Call) -> Answer:
        del call
        ends = int(shop.state.token_ends.timestamp())
        return good({"mallId": shop.mall, "expiredTime": ends, "apiScopeList": ["bg.order.list.v2.get"]})

    def permit(self, shop: Shop, call: Call) -> Answer:
        wanted = business(call, _Permit)
        kept = set(shop.state.events) - set(wanted.cancel_event_code_list)
        shop.state.events = tuple(sorted(kept | set(wanted.permit_event_code_list)))
        shop.save()
        return good(True)  # noqa: FBT003 -- Temu's whole answer
