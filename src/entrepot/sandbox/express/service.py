"""The carrier's endpoints: book, cancel, label, track."""

import hmac
import re
from collections.abc import Mapping
from http import HTTPStatus

import msgspec

from entrepot.sandbox.carrier import label
from entrepot.sandbox.carrier.parcels import MAXIMUM_GRAMS, Address, Booking, Parcel
from entrepot.sandbox.faults import Fault, FaultKind
from entrepot.sandbox.wire import Answer, Call, Endpoint, Refusal
from entrepot.sandbox.world import World

JSON = "application/json"
_PROBLEM = "application/problem+json"
_REQUIRED = ("name", "street", "house_number", "postal_code", "city", "country")
_COUNTRY = re.compile(r"[A-Z]{2}")
_LONGEST = 60

type Shipper = str


class ExpressService:
    """Sandbox Express; all shippers share one key."""

    guarded_by_tokens = False

    def __init__(self, world: World) -> None:
        self._world = world
        self._book = world.parcels

    def endpoints(self) -> list[Endpoint[Shipper]]:
        return [
            Endpoint("POST", "/carrier/shipments", self.create, JSON, mutates=True),
            Endpoint("GET", "/carrier/shipments/{shipment-id}", self.detail, JSON),
            Endpoint("DELETE", "/carrier/shipments/{shipment-id}", self.cancel, JSON, mutates=True),
            Endpoint("GET", "/carrier/labels/{file}", self.label, JSON),
            Endpoint("GET", "/carrier/tracking/{code}", self.track, JSON),
            Endpoint("GET", "/carrier/service-points", self.service_points, JSON),
        ]

    def client(self, call: Call) -> str:
        del call
        return "carrier"

    def admit(self, endpoint: Endpoint[Shipper], call: Call) -> tuple[Shipper, Mapping[str, str]]:
        """Check the API key."""
        del endpoint
        key = call.headers.get("x-api-key", "")
        if not hmac.compare_digest(key.encode(), self._world.options.carrier_key.encode()):
            raise Refusal(self.problem(HTTPStatus.UNAUTHORIZED, "The header X-API-Key holds no key we know.", call))
        return "carrier", {}

    def problem(self, status: int, detail: str, call: Call) -> Answer:
        del call
        return _problem(status, detail)

    def expire_tokens(self, call: Call) -> Answer:
        return self.problem(HTTPStatus.UNAUTHORIZED, "The key has expired.", call)

    def after_import(self, caller: Shipper, call: Call, drawn: Mapping[FaultKind, Fault]) -> None:
        """No orders are read here."""

    def create(self, shipper: Shipper, call: Call) -> Answer:
        del shipper
        try:
            booking = msgspec.json.decode(call.body, type=Booking)
        except msgspec.DecodeError as error:
            raise Refusal(_problem(HTTPStatus.BAD_REQUEST, f"The body cannot be read: {error}.")) from error
        errors = _errors(booking)
        if errors:
            raise Refusal(_problem(HTTPStatus.UNPROCESSABLE_ENTITY, " ".join(errors.values()), errors))
        known = self._book.of_reference(booking.reference)
        if known is None:
            return self._answer(HTTPStatus.CREATED, self._book.book(booking, self._world.clock.now()), call)
        if known.booking != booking:
            detail = f"Reference {booking.reference} was used for another shipment: choose a new reference."
            raise Refusal(_problem(HTTPStatus.CONFLICT, detail))
        return self._answer(HTTPStatus.OK, known, call)

    def detail(self, shipper: Shipper, call: Call) -> Answer:
        del shipper
        return self._answer(HTTPStatus.OK, self._parcel(call), call)

    def cancel(self, shipper: Shipper, call: Call) -> Answer:
        del shipper
        parcel = self._parcel(call)
        if parcel.status != "cancelled" and not self._book.cancel(parcel, self._world.clock.now()):
            detail = f"Parcel {parcel.tracking} has been scanned by the carrier and can no longer be cancelled."
            raise Refusal(_problem(HTTPStatus.CONFLICT, detail))
        return Answer(HTTPStatus.NO_CONTENT)

    def label(self, shipper: Shipper, call: Call) -> Answer:
        del shipper
        parcel_id, _, kind = call.parameters["file"].rpartition(".")
        parcel = self._book.parcels.get(parcel_id)
        if parcel is None or kind not in {"pdf", "zpl"}:
            raise Refusal(_problem(HTTPStatus.NOT_FOUND, f"There is no label {call.parameters['file']}."))
        if parcel.status == "cancelled":
            raise Refusal(_problem(HTTPStatus.GONE, f"Parcel {parcel.tracking} was cancelled."))
        if kind == "pdf":
            return Answer(HTTPStatus.OK, label.pdf(parcel), "application/pdf")
        return Answer(HTTPStatus.OK, label.zpl(parcel).encode(), "application/zpl")

    def track(self, shipper: Shipper, call: Call) -> Answer:
        del shipper
        code = call.parameters["code"]
        parcel = self._book.of_tracking(code)
        if parcel is None:
            raise Refusal(_problem(HTTPStatus.NOT_FOUND, f"There is no parcel with tracking code {code}."))
        body = {"tracking_code": parcel.tracking, "status": parcel.status, "events": parcel.scans}
        return Answer(HTTPStatus.OK, msgspec.json.encode(body), JSON)

    def service_points(self, shipper: Shipper, call: Call) -> Answer:
        """Return three shops at the postcode that was asked about."""
        del shipper
        country, postcode = call.query.get("country", ""), call.query.get("postcode", "")
        if not _COUNTRY.fullmatch(country) or not postcode.strip():
            detail = "Give a country as two letters, and a postcode."
            raise Refusal(_problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail))
        shops = [
            {
                "point_id": f"{country}-{postcode.replace(' ', '')}-{number}",
                "name": name,
                "street": "Marktplein",
                "house_number": str(number),
                "postcode": postcode,
                "city": "Sandbox",
                "country": country,
            }
            for number, name in enumerate(("Bookshop", "Kiosk at the station", "Parcel locker"), start=1)
        ]
        return Answer(HTTPStatus.OK, msgspec.json.encode(shops), JSON)

    def _parcel(self, call: Call) -> Parcel:
        parcel = self._book.parcels.get(call.parameters["shipment-id"])
        if parcel is None:
            raise Refusal(_problem(HTTPStatus.NOT_FOUND, f"There is no shipment {call.parameters['shipment-id']}."))
        return parcel

    @staticmethod
    def _answer(status: int, parcel: Parcel, call: Call) -> Answer:
        base = f"{call.headers.get('x-forwarded-proto', 'http')}://{call.headers.get('host', 'localhost')}"
        body = {
            "shipment_id": parcel.parcel_id,
            "tracking_code": parcel.tracking,
            "reference": parcel.booking.reference,
            "status": parcel.status,
            "weight_grams": parcel.booking.weight_grams,
            "label_pdf_url": f"{base}/carrier/labels/{parcel.parcel_id}.pdf",
            "label_zpl_url": f"{base}/carrier/labels/{parcel.parcel_id}.zpl",
            "tracking_url": f"{base}/carrier/tracking/{parcel.tracking}",
            "created_at": parcel.created,
        }
        return Answer(status, msgspec.json.encode(body), JSON)


def _errors(booking: Booking) -> dict[str, str]:
    errors: dict[str, str] = {}
    if not booking.reference.strip():
        errors["reference"] = "Give a reference: it makes sure that asking twice makes one parcel."
    if booking.weight_grams <= 0:
        errors["weight_grams"] = "Give the weight in grams, more than 0."
    elif booking.weight_grams > MAXIMUM_GRAMS:
        weight = booking.weight_grams / 1000
        errors["weight_grams"] = f"A parcel weighs at most 31.5 kg, this one {weight:g} kg: split it into several."
    for role, address in (("sender", booking.sender), ("recipient", booking.recipient)):
        errors |= _address_errors(role, address)
    return errors


def _address_errors(role: str, address: Address) -> dict[str, str]:
    errors: dict[str, str] = {}
    for name in _REQUIRED:
        value: str = getattr(address, name)
        words = name.replace("_", " ")
        if not value.strip():
            errors[f"{role}.{name}"] = f"The {role}'s {words} is missing."
        elif len(value) > _LONGEST:
            errors[f"{role}.{name}"] = f"The {role}'s {words} is longer than {_LONGEST} characters."
    if address.country.strip() and not _COUNTRY.fullmatch(address.country):
        errors[f"{role}.country"] = f"The {role}'s country is not a code of two capital letters, such as NL."
    return errors


def _problem(status: int, detail: str, errors: Mapping[str, str] | None = None) -> Answer:
    body: dict[str, object] = {"title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    if errors:
        body["errors"] = [{"field": field, "message": message} for field, message in errors.items()]
    return Answer(status, msgspec.json.encode(body), _PROBLEM)
