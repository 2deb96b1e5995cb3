"""Sendcloud's JSON, as far as it is read or written here; everything else is ignored."""

import re
from datetime import datetime

import msgspec

from entrepot.fulfilment.contract import LabelRequest, PostalAddress
from entrepot.fulfilment.contract_carriage import RateRequest

LONGEST = 75
"""Characters of a name or an address line that all of Sendcloud's carriers take."""
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class Status(msgspec.Struct):
    """Where a parcel is."""

    code: str = ""
    message: str = ""


class Parcel(msgspec.Struct):
    """A parcel of a shipment."""

    id: int
    status: Status = msgspec.field(default_factory=Status)
    tracking_number: str | None = None
    tracking_url: str | None = None
    label_file: str | None = None


class Problem(msgspec.Struct):
    """Something that Sendcloud or the carrier behind it did not like."""

    detail: str = ""
    code: str = ""
    source: dict[str, str] | None = None

    @property
    def sentence(self) -> str:
        """What is wrong, and where."""
        pointer = (self.source or {}).get("pointer", "")
        return f"{pointer}: {self.detail or self.code}" if pointer else self.detail or self.code


class Shipment(msgspec.Struct):
    """A shipment."""

    id: str
    parcels: list[Parcel] = []
    errors: list[Problem] | None = None


class One(msgspec.Struct):
    """One shipment."""

    data: Shipment


class Many(msgspec.Struct):
    """Shipments that were looked for."""

    data: list[Shipment] = []


class Problems(msgspec.Struct):
    """A refusal."""

    errors: list[Problem] = []


class Account(msgspec.Struct):
    """Whose keys they are."""

    user_id: int | None = None
    integration_id: int | None = None


class Metadata(msgspec.Struct):
    """Answer about the keys."""

    data: Account


class Event(msgspec.Struct):
    """A scan."""

    event_at: datetime | None = None
    status_code: str = ""
    status_description: str = ""


class Tracking(msgspec.Struct):
    """What happened to a parcel."""

    events: list[Event] = []


class Amount(msgspec.Struct):
    """Money."""

    value: str
    currency: str = "EUR"


class Price(msgspec.Struct):
    """A price of its parts."""

    total: Amount | None = None


class Quote(msgspec.Struct):
    """What an option costs."""

    price: Price | None = None
    lead_time: int | None = None


class Option(msgspec.Struct):
    """A way of sending."""

    code: str
    name: str = ""
    quotes: list[Quote] | None = None


class Options(msgspec.Struct):
    """Ways of sending."""

    data: list[Option] | None = None


def announcement(request: LabelRequest) -> dict[str, object]:
    """Return the booking of a parcel; the reference makes it the only one."""
    body: dict[str, object] = {
        "label_details": {"mime_type": "application/pdf", "dpi": 72},
        "external_reference_id": request.reference,
        "order_number": request.order_number or request.reference,
        "from_address": address(request.sender),
        "to_address": address(request.recipient),
        "ship_with": {
            "type": "shipping_option_code",
            "properties": {"shipping_option_code": request.service},
        },
        "parcels": [_parcel(request.weight_g, request.length_mm, request.width_mm, request.height_mm)],
    }
    if request.service_point:
        body["to_service_point"] = {"id": request.service_point}
    return body


def address(of: PostalAddress) -> dict[str, str]:
    """Return an address; what is empty is left out, because Sendcloud takes empty text for a mistake."""
    values = {
        "name": of.name,
        "company_name": of.company if of.company != of.name else "",
        "address_line_1": of.street,
        "house_number": f"{of.house_number} {of.house_number_extension}".strip()[:20],
        "address_line_2": of.extra,
        "postal_code": of.postcode[:12],
        "city": of.city,
        "country_code": of.country,
        "email": of.email if _MAIL.fullmatch(of.email) else "",
        "phone_number": of.phone[:30],
    }
    return {name: value[:LONGEST] for name, value in values.items() if value}


def option_filter(request: RateRequest) -> dict[str, object]:
    """Return the question for rates."""
    values = {
        "from_country_code": request.sender.country,
        "to_country_code": request.recipient.country,
        "from_postal_code": request.sender.postcode[:12],
        "to_postal_code": request.recipient.postcode[:12],
    }
    asked: dict[str, object] = {name: value for name, value in values.items() if value}
    asked["parcels"] = [_parcel(request.weight_g, request.length_mm, request.width_mm, request.height_mm)]
    asked["calculate_quotes"] = True
    return asked


def _parcel(weight_g: int, length_mm: int | None, width_mm: int | None, height_mm: int | None) -> dict[str, object]:
    parcel: dict[str, object] = {"weight": {"value": f"{weight_g / 1000:.3f}", "unit": "kg"}}
    if length_mm and width_mm and height_mm:
        parcel["dimensions"] = {
            "length": f"{length_mm / 10:.1f}",
            "width": f"{width_mm / 10:.1f}",
            "height": f"{height_mm / 10:.1f}",
            "unit": "cm",
        }
    return parcel
