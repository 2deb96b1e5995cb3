"""DHL's endpoints: book, fetch, delete, close, list, track.  Like DHL, it books a repeated reference twice."""

import base64
import hmac
from collections.abc import Mapping
from datetime import date
from http import HTTPStatus
from typing import Any

import msgspec

from entrepot.sandbox.carrier import label
from entrepot.sandbox.carrier.parcels import MAXIMUM_GRAMS, Address, Booking, Parcel
from entrepot.sandbox.faults import Fault, FaultKind
from entrepot.sandbox.wire import Answer, Call, Endpoint, Refusal
from entrepot.sandbox.world import World

HOME = "/dhl"
BASE = f"{HOME}/parcel/de/shipping/v2"
API_KEY = "sandbox-dhl-key"
USERNAME = "sandbox-dhl-user"
PASSWORD = "sandbox-dhl-password"  # noqa: S105 -- of a simulated carrier
EKP = "3333333333"
JSON = "application/json"
_MARK = "dhl:"
PRODUCTS = {"V01PAK": 31_500, "V62KP": 1_000, "V53WPAK": 31_500}
"""Heaviest in grams."""
STATUS = {
    "label_created": ("pre-transit", "The instruction data for this shipment have been provided."),
    "accepted": ("transit", "The shipment has been picked up."),
    "in_transit": ("transit", "The shipment has been processed in the parcel center."),
    "out_for_delivery": ("transit", "The shipment has been loaded onto the delivery vehicle."),
    "delivered": ("delivered", "The shipment has been successfully delivered."),
    "cancelled": ("unknown", "The instruction data have been deleted."),
    "failed_attempt": ("failure", "The shipment could not be delivered."),
    "exception": ("failure", "The shipment is damaged."),
    "returned": ("failure", "The shipment is being returned to sender."),
}

type Body = dict[str, Any]


class Closed(msgspec.Struct):
    """A parcel that is on a day's manifest."""

    number: str
    day: date


class DhlService:
    """One business customer of DHL Paket."""

    guarded_by_tokens = False

    def __init__(self, world: World) -> None:
        self._world = world
        self._book = world.parcels
        self._booked = sum(parcel.booking.reference.startswith(_MARK) for parcel in self._book.parcels.values())
        self._closed = {closed.number: closed for closed in world.store.load("dhl closed", Closed)}

    def endpoints(self) -> list[Endpoint[str]]:
        return [
            Endpoint("POST", f"{BASE}/orders", self.create, JSON, mutates=True),
            Endpoint("GET", f"{BASE}/orders", self.fetch, JSON),
            Endpoint("DELETE", f"{BASE}/orders", self.delete, JSON, mutates=True),
            Endpoint("POST", f"{BASE}/manifests", self.close, JSON, mutates=True),
            Endpoint("GET", f"{BASE}/manifests", self.list, JSON),
            Endpoint("GET", f"{HOME}/track/shipments", self.track, JSON),
        ]

    def client(self, call: Call) -> str:
        del call
        return "dhl"

    def admit(self, endpoint: Endpoint[str], call: Call) -> tuple[str, Mapping[str, str]]:
        """Check the key, and for shipping the user."""
        key = call.headers.get("dhl-api-key", "").encode()
        pair = b"Basic " + base64.b64encode(f"{USERNAME}:{PASSWORD}".encode())
        signed = endpoint.path.endswith("/track/shipments") or hmac.compare_digest(
            call.headers.get("authorization", "").encode(), pair
        )
        if not hmac.compare_digest(key, API_KEY.encode()) or not signed:
            raise Refusal(self.problem(HTTPStatus.UNAUTHORIZED, "Unauthorized for given resource.", call))
        return "dhl", {}

    def problem(self, status: int, detail: str, call: Call) -> Answer:
        del call
        return _status(status, detail)

    def expire_tokens(self, call: Call) -> Answer:
        return self.problem(HTTPStatus.UNAUTHORIZED, "Unauthorized for given resource.", call)

    def after_import(self, caller: str, call: Call, drawn: Mapping[FaultKind, Fault]) -> None:
        """No orders are read here."""

    def create(self, caller: str, call: Call) -> Answer:
        del caller
        shipments: list[Body] = _body(call).get("shipments") or []
        if len(shipments) != 1:
            raise Refusal(_status(HTTPStatus.BAD_REQUEST, "This sandbox takes one shipment at once."))
        problems = _problems(shipments[0])
        if problems:
            item = {"sstatus": _sstatus(HTTPStatus.BAD_REQUEST, "Bad Request"), "validationMessages": problems}
            raise Refusal(_items([item], HTTPStatus.BAD_REQUEST))
        order = shipments[0]
        self._booked += 1
        booking = Booking(
            reference=f"{_MARK}{self._booked}:{order.get('refNo', '')}",
            sender=_address(order["shipper"]),
            recipient=_address(order["consignee"]),
            weight_grams=_grams(order),
        )
        parcel = self._book.book(booking, self._world.clock.now())
        return _items([self._item(parcel, call)])

    def fetch(self, caller: str, call: Call) -> Answer:
        del caller
        number = call.query.get("shipment", "")
        parcel = self._parcel(number)
        if parcel is None or parcel.status == "cancelled" or number in self._closed:
            raise Refusal(_status(HTTPStatus.NOT_FOUND, "Unknown shipment number."))
        return _items([self._item(parcel, call)])

    def delete(self, caller: str, call: Call) -> Answer:
        del caller
        number = call.query.get("shipment", "")
        parcel = self._parcel(number)
        if parcel is None or parcel.status == "cancelled":
            return _items(
                [{"shipmentNo": number, "sstatus": _sstatus(HTTPStatus.BAD_REQUEST, "Unknown shipment number.")}]
            )
        if number in self._closed or not self._book.cancel(parcel, self._world.clock.now()):
            title = "The shipment is closed and can no longer be deleted."
            return _items([{"shipmentNo": number, "sstatus": _sstatus(HTTPStatus.BAD_REQUEST, title)}])
        return _items([{"shipmentNo": number, "sstatus": _sstatus(HTTPStatus.OK, "OK")}])

    def close(self, caller: str, call: Call) -> Answer:
        del caller
        items: list[Body] = []
        for number in map(str, _body(call).get("shipmentNumbers") or []):
            parcel = self._parcel(number)
            if parcel is None or parcel.status == "cancelled":
                items.append(
                    {"shipmentNo": number, "sstatus": _sstatus(HTTPStatus.BAD_REQUEST, "Unknown shipment number.")}
                )
            elif number in self._closed:
                items.append(
                    {"shipmentNo": number, "sstatus": _sstatus(HTTPStatus.BAD_REQUEST, "Shipment is already closed.")}
                )
            else:
                self._closed[number] = closed = Closed(number, self._world.clock.now().date())
                self._world.store.put("dhl closed", number, closed)
                items.append({"shipmentNo": number, "sstatus": _sstatus(HTTPStatus.OK, "OK")})
        return _items(items, HTTPStatus.MULTI_STATUS)

    def list(self, caller: str, call: Call) -> Answer:
        """Return the list of a day: here, the label of its first parcel stands in for it."""
        del caller
        day = call.query.get("date") or self._world.clock.now().date().isoformat()
        numbers = [number for number, closed in self._closed.items() if closed.day.isoformat() == day]
        first = self._parcel(numbers[0]) if numbers else None
        if first is None:
            raise Refusal(_status(HTTPStatus.NOT_FOUND, "No manifest for this day."))
        body = {
            "status": _sstatus(HTTPStatus.OK, "OK"),
            "manifestDate": day,
            "manifest": [{"b64": base64.b64encode(label.pdf(first)).decode(), "fileFormat": "PDF"}],
            "items": [{"shipmentNo": number, "sheetNo": "1"} for number in numbers],
        }
        return Answer(HTTPStatus.OK, msgspec.json.encode(body), JSON)

    def track(self, caller: str, call: Call) -> Answer:
        del caller
        number = call.query.get("trackingNumber", "")
        parcel = self._parcel(number)
        if parcel is None:
            raise Refusal(_status(HTTPStatus.NOT_FOUND, "No shipment with given tracking number found."))
        events = [
            {
                "timestamp": scan.at,
                "location": {"address": {"addressLocality": scan.place}},
                "statusCode": STATUS[scan.code][0],
                "description": STATUS[scan.code][1],
            }
            for scan in reversed(parcel.scans)
        ]
        body = {"shipments": [{"id": number, "service": "parcel-de", "events": events}]}
        return Answer(HTTPStatus.OK, msgspec.json.encode(body), JSON)

    def _parcel(self, number: str) -> Parcel | None:
        parcel = self._book.of_tracking(number)
        return parcel if parcel is not None and parcel.booking.reference.startswith(_MARK) else None

    @staticmethod
    def _item(parcel: Parcel, call: Call) -> Body:
        drawn: Body = {"fileFormat": "PDF", "b64": base64.b64encode(label.pdf(parcel)).decode()}
        if call.query.get("docFormat") == "ZPL2":
            drawn = {"fileFormat": "ZPL2", "zpl2": label.zpl(parcel)}
        return {
            "shipmentNo": parcel.tracking,
            "shipmentRefNo": parcel.booking.reference.rpartition(":")[2],
            "sstatus": _sstatus(HTTPStatus.OK, "OK"),
            "label": drawn,
        }


def _body(call: Call) -> Body:
    try:
        return msgspec.json.decode(call.body, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise Refusal(_status(HTTPStatus.BAD_REQUEST, f"The body cannot be read: {error}")) from error


def _problems(order: Body) -> list[Body]:
    problems: list[tuple[str, str]] = []
    product = str(order.get("product"))
    if product not in PRODUCTS:
        problems.append(("product", f"There is no product {product}."))
    if not str(order.get("billingNumber", "")).startswith(EKP):
        problems.append(("billingNumber", "The billing number does not belong to you."))
    for role in ("shipper", "consignee"):
        address: Body = order.get(role) or {}
        problems += [
            (f"{role}.{name}", "Please enter a value.")
            for name in ("name1", "addressStreet", "city", "country")
            if not str(address.get(name) or "").strip()
        ]
        if address.get("country") == "DEU" and len(str(address.get("postalCode", ""))) != 5:  # noqa: PLR2004 -- German
            problems.append((f"{role}.postalCode", "A German postal code has five digits."))
    if (order.get("consignee") or {}).get("country") != "DEU" and product != "V53WPAK":
        problems.append(("product", f"{product} is for Germany only."))
    if not 0 < _grams(order) <= PRODUCTS.get(product, MAXIMUM_GRAMS):
        problems.append(("details.weight", f"{product} takes at most {PRODUCTS.get(product, 0)} g."))
    return [{"property": name, "validationMessage": text, "validationState": "Error"} for name, text in problems]


def _grams(order: Body) -> int:
    weight: Body = (order.get("details") or {}).get("weight") or {}
    value = weight.get("value", 0)
    factor = {"kg": 1000, "g": 1}.get(str(weight.get("uom")), 0)
    return round(value * factor) if isinstance(value, int | float) else 0


def _address(of: Body) -> Address:
    return Address(
        name=str(of.get("name1", "")),
        company=str(of.get("name2", "")),
        street=str(of.get("addressStreet", "")),
        house_number=str(of.get("addressHouse", "")),
        postal_code=str(of.get("postalCode", "")),
        city=str(of.get("city", "")),
        country=str(of.get("country", "")),
    )


def _sstatus(status: int, title: str) -> Body:
    return {"title": title, "statusCode": int(status), "detail": title}


def _status(status: int, detail: str) -> Answer:
    return Answer(status, msgspec.json.encode({"status": _sstatus(status, detail), "title": detail}), JSON)


def _items(items: list[Body], status: int = HTTPStatus.OK) -> Answer:
    body = {"status": _sstatus(status, "See items"), "items": items}
    return Answer(status, msgspec.json.encode(body), JSON)
