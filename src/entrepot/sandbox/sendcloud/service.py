"""Sendcloud's endpoints: announce, find, cancel, label, track, options with prices."""

import base64
import hmac
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec

from entrepot.sandbox.carrier import label
from entrepot.sandbox.carrier.parcels import MAXIMUM_GRAMS, Address, Booking, Parcel
from entrepot.sandbox.faults import Fault, FaultKind
from entrepot.sandbox.wire import Answer, Call, Endpoint, Refusal
from entrepot.sandbox.world import World

BASE = "/sendcloud/api/v3"
PUBLIC_KEY = "sandbox-sendcloud-key"
SECRET_KEY = "sandbox-sendcloud-secret"  # noqa: S105 -- of a simulated carrier
JSON = "application/json"
_MARK = "sendcloud:"
"""Begins the references of these parcels among all that travel in this world."""
OPTIONS = (
    ("sendcloud:letter", "Unstamped letter", 0, 2_000, None),
    ("postnl:standard", "PostNL Standard", 675, 23_000, 24),
    ("dpd:home", "DPD Home", 710, 31_500, 24),
    ("dhl:parcel_connect", "DHL Parcel Connect", 995, 31_500, 48),
)
"""Code, name, price in cents, heaviest in grams, hours."""
STATUS = {
    "label_created": ("READY_TO_SEND", "Ready to send"),
    "accepted": ("SHIPMENT_PICKED_UP_BY_DRIVER", "Shipment picked up by driver"),
    "in_transit": ("PARCEL_EN_ROUTE", "Parcel en route"),
    "out_for_delivery": ("DRIVER_EN_ROUTE", "Driver en route"),
    "delivered": ("DELIVERED", "Delivered"),
    "cancelled": ("CANCELLED", "Cancelled"),
    "failed_attempt": ("DELIVERY_ATTEMPT_FAILED", "Delivery attempt failed"),
    "exception": ("EXCEPTION", "Exception"),
    "returned": ("RETURNED_TO_SENDER", "Returned to sender"),
}

type Body = dict[str, Any]


class SendcloudService:
    """One integration at Sendcloud."""

    guarded_by_tokens = False

    def __init__(self, world: World) -> None:
        self._world = world
        self._book = world.parcels

    def endpoints(self) -> list[Endpoint[str]]:
        return [
            Endpoint("GET", f"{BASE}/user/auth/metadata", self.metadata, JSON),
            Endpoint("POST", f"{BASE}/shipments/announce", self.announce, JSON, mutates=True),
            Endpoint("GET", f"{BASE}/shipments", self.find, JSON),
            Endpoint("GET", f"{BASE}/shipments/{{shipment-id}}", self.detail, JSON),
            Endpoint("POST", f"{BASE}/shipments/{{shipment-id}}/cancel", self.cancel, JSON, mutates=True),
            Endpoint("GET", f"{BASE}/parcels/{{parcel-id}}/documents/label", self.label, JSON),
            Endpoint("GET", f"{BASE}/parcels/tracking/{{code}}", self.track, JSON),
            Endpoint("POST", f"{BASE}/shipping-options", self.options, JSON),
        ]

    def client(self, call: Call) -> str:
        del call
        return "sendcloud"

    def admit(self, endpoint: Endpoint[str], call: Call) -> tuple[str, Mapping[str, str]]:
        """Check the keys."""
        del endpoint
        pair = f"{PUBLIC_KEY}:{SECRET_KEY}".encode()
        given = call.headers.get("authorization", "").encode()
        if not hmac.compare_digest(given, b"Basic " + base64.b64encode(pair)):
            raise Refusal(_errors(HTTPStatus.UNAUTHORIZED, "Invalid username/password."))
        return "sendcloud", {}

    def problem(self, status: int, detail: str, call: Call) -> Answer:
        del call
        return _errors(status, detail)

    def expire_tokens(self, call: Call) -> Answer:
        del call
        return _errors(HTTPStatus.UNAUTHORIZED, "Invalid username/password.")

    def after_import(self, caller: str, call: Call, drawn: Mapping[FaultKind, Fault]) -> None:
        """No orders are read here."""

    def metadata(self, caller: str, call: Call) -> Answer:
        del caller, call
        return _data({"user_id": 1, "integration_id": 7})

    def announce(self, caller: str, call: Call) -> Answer:
        """Make a shipment; its reference may not have been used before."""
        del caller
        body = _body(call)
        booking = _booking(body)
        if self._book.of_reference(booking.reference) is not None:
            raise Refusal(
                _errors(
                    HTTPStatus.CONFLICT,
                    "A shipment with this external_reference_id already exists.",
                    "/external_reference_id",
                )
            )
        return _data(self._shipment(self._book.book(booking, self._world.clock.now())), HTTPStatus.CREATED)

    def find(self, caller: str, call: Call) -> Answer:
        del caller
        wanted = call.query.get("external_reference_id", "")
        found = [
            parcel
            for parcel in self._book.parcels.values()
            if parcel.booking.reference == _MARK + wanted or (not wanted and parcel.booking.reference.startswith(_MARK))
        ]
        return _data([self._shipment(parcel, with_label=False) for parcel in found])

    def detail(self, caller: str, call: Call) -> Answer:
        del caller
        return _data(self._shipment(self._parcel(call.parameters["shipment-id"]), with_label=False))

    def cancel(self, caller: str, call: Call) -> Answer:
        del caller
        parcel = self._parcel(call.parameters["shipment-id"])
        if not self._book.cancel(parcel, self._world.clock.now()):
            code = STATUS[parcel.status][1].lower()
            raise Refusal(_errors(HTTPStatus.CONFLICT, f"The shipment cannot be cancelled: it is {code}."))
        return _data({"status": "cancelled", "message": "Shipment has been cancelled"})

    def label(self, caller: str, call: Call) -> Answer:
        del caller
        number = call.parameters["parcel-id"]
        parcel = self._parcel(f"sx-{int(number):06d}" if number.isdigit() else "")
        if call.headers.get("accept") == "application/zpl":
            return Answer(HTTPStatus.OK, label.zpl(parcel).encode(), "application/zpl")
        return Answer(HTTPStatus.OK, label.pdf(parcel), "application/pdf")

    def track(self, caller: str, call: Call) -> Answer:
        del caller
        parcel = self._book.of_tracking(call.parameters["code"])
        if parcel is None or not parcel.booking.reference.startswith(_MARK):
            raise Refusal(_errors(HTTPStatus.NOT_FOUND, "Parcel not found."))
        events = [
            {
                "event_at": scan.at,
                "event_type": "carrier",
                "status_code": STATUS[scan.code][0],
                "status_description": STATUS[scan.code][1],
            }
            for scan in parcel.scans
        ]
        return Answer(HTTPStatus.OK, msgspec.json.encode({"events": events}), JSON)

    def options(self, caller: str, call: Call) -> Answer:
        """Return what the account can book, with prices where they were asked for."""
        del caller
        body = _body(call)
        parcels: list[Body] = body.get("parcels") or []
        grams = max((_grams(parcel) for parcel in parcels), default=0)
        found: list[Body] = []
        for code, name, cents, heaviest, hours in OPTIONS:
            if grams > heaviest:
                continue
            carrier, _, _ = code.partition(":")
            option: Body = {"code": code, "name": name, "carrier": {"code": carrier, "name": name.partition(" ")[0]}}
            if body.get("calculate_quotes"):
                total = {"value": f"{cents / 100:.2f}", "currency": "EUR"}
                option["quotes"] = [{"price": {"total": total}, "lead_time": hours}]
            found.append(option)
        return _data(found)

    def _parcel(self, parcel_id: str) -> Parcel:
        parcel = self._book.parcels.get(parcel_id)
        if parcel is None or not parcel.booking.reference.startswith(_MARK):
            raise Refusal(_errors(HTTPStatus.NOT_FOUND, "No Shipment matches the given query."))
        return parcel

    @staticmethod
    def _shipment(parcel: Parcel, *, with_label: bool = True) -> Body:
        code, message = STATUS[parcel.status]
        made: Body = {
            "id": int(parcel.parcel_id.removeprefix("sx-")),
            "status": {"code": code, "message": message},
            "tracking_number": parcel.tracking,
            "tracking_url": f"https://tracking.example.org/{parcel.tracking}",
        }
        if with_label:
            made["label_file"] = base64.b64encode(label.pdf(parcel)).decode()
        return {
            "id": parcel.parcel_id,
            "external_reference_id": parcel.booking.reference.removeprefix(_MARK),
            "parcels": [made],
            "errors": [],
        }


def _body(call: Call) -> Body:
    try:
        return msgspec.json.decode(call.body, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise Refusal(_errors(HTTPStatus.BAD_REQUEST, f"JSON parse error: {error}")) from error


def _booking(body: Body) -> Booking:
    for role in ("from_address", "to_address"):
        for name in ("name", "address_line_1", "postal_code", "city", "country_code"):
            if not str((body.get(role) or {}).get(name) or "").strip():
                raise Refusal(_errors(HTTPStatus.BAD_REQUEST, "This field is required.", f"/{role}/{name}"))
    parcels: list[Body] = body.get("parcels") or []
    if len(parcels) != 1:
        raise Refusal(_errors(HTTPStatus.BAD_REQUEST, "This sandbox takes one parcel per shipment.", "/parcels"))
    code = str(((body.get("ship_with") or {}).get("properties") or {}).get("shipping_option_code"))
    heaviest = {option[0]: option[3] for option in OPTIONS}
    grams = _grams(parcels[0])
    if code not in heaviest:
        detail = f"No shipping option “{code}” in your account."
        raise Refusal(_errors(HTTPStatus.BAD_REQUEST, detail, "/ship_with/properties/shipping_option_code"))
    if not 0 < grams <= min(heaviest[code], MAXIMUM_GRAMS):
        detail = f"{code} takes at most {heaviest[code] / 1000:g} kg."
        raise Refusal(_errors(HTTPStatus.BAD_REQUEST, detail, "/parcels/0/weight"))
    return Booking(
        reference=_MARK + str(body.get("external_reference_id") or ""),
        sender=_address(body["from_address"]),
        recipient=_address(body["to_address"]),
        weight_grams=grams,
    )


def _grams(parcel: Body) -> int:
    weight: Body = parcel.get("weight") or {}
    try:
        value = float(weight.get("value", 0))
    except (TypeError, ValueError):
        return 0
    return round(value * {"kg": 1000, "g": 1}.get(str(weight.get("unit")), 0))


def _address(of: Body) -> Address:
    return Address(
        name=str(of.get("name", "")),
        company=str(of.get("company_name", "")),
        street=str(of.get("address_line_1", "")),
        house_number=str(of.get("house_number", "")),
        postal_code=str(of.get("postal_code", "")),
        city=str(of.get("city", "")),
        country=str(of.get("country_code", "")),
    )


def _data(data: object, status: int = HTTPStatus.OK) -> Answer:
    return Answer(status, msgspec.json.encode({"data": data}), JSON)


def _errors(status: int, detail: str, pointer: str = "") -> Answer:
    error: Body = {"status": str(int(status)), "code": "invalid", "detail": detail}
    if pointer:
        error["source"] = {"pointer": pointer}
    return Answer(status, msgspec.json.encode({"errors": [error]}), JSON)
