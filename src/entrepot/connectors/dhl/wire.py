"""DHL's JSON, as far as it is read or written here; everything else is ignored."""

import re
from datetime import datetime
from typing import Final

import msgspec

from entrepot.channels.errors import RequestRejectedError
from entrepot.connectors.dhl.countries import THREE_LETTERS
from entrepot.connectors.dhl.credentials import DhlCredentials
from entrepot.fulfilment.contract import LabelRequest, PostalAddress

NAME = "DHL"
PROCEDURES: Final = {"V01PAK": "01", "V62KP": "62", "V53WPAK": "53"}
"""The part of the billing number that a product decides."""
_POSTCODE = re.compile(r"[0-9A-Za-z]+([ -]?[0-9A-Za-z]+)*")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
SHORTEST_MAIL, SHORTEST_POSTCODE = 3, 3


class Status(msgspec.Struct):
    """How it went, for a request or for one parcel of it."""

    title: str = ""
    detail: str = ""
    statusCode: int = 0  # noqa: N815 -- as DHL writes it
    status: int = 0

    @property
    def code(self) -> int:
        """The status, under whichever of its two names it came."""
        return self.status or self.statusCode


class Message(msgspec.Struct, rename="camel"):
    """What DHL thinks of a field."""

    property: str = ""
    validation_message: str = ""
    validation_state: str = ""


class Document(msgspec.Struct):
    """A label or a list."""

    b64: str = ""
    zpl2: str = ""


class Item(msgspec.Struct, rename="camel"):
    """One parcel of an answer."""

    sstatus: Status
    shipment_no: str = ""
    label: Document | None = None
    validation_messages: list[Message] = []

    @property
    def refused(self) -> bool:
        return self.sstatus.code >= 400  # noqa: PLR2004 -- as HTTP

    @property
    def reason(self) -> str:
        """What is wrong, and where."""
        told = [
            f"{one.property}: {one.validation_message}".strip(": ")
            for one in self.validation_messages
            if one.validation_state.lower() != "warning"
        ]
        return "; ".join(told) or self.sstatus.detail or self.sstatus.title


class Labels(msgspec.Struct):
    """Answer of everything about orders."""

    status: Status | None = None
    items: list[Item] = []


class ManifestItems(msgspec.Struct):
    """Answer to the closing of parcels."""

    status: Status | None = None
    items: list[Item] = []


class ManifestDocuments(msgspec.Struct, rename="camel"):
    """The list of a day."""

    manifest_date: str = ""
    manifest: list[Document] = []


class Place(msgspec.Struct, rename="camel"):
    """Part of a location."""

    address_locality: str = ""


class Location(msgspec.Struct):
    """Where a scan was made."""

    address: Place | None = None


class Event(msgspec.Struct, rename="camel"):
    """A scan; its time may lack a zone."""

    timestamp: datetime
    status_code: str = ""
    status: str = ""
    description: str = ""
    remark: str = ""
    location: Location | None = None


class Tracked(msgspec.Struct):
    """A parcel as tracking tells of it."""

    events: list[Event] = []


class Tracking(msgspec.Struct):
    """Answer of tracking."""

    shipments: list[Tracked] = []


def reference_of(reference: str) -> str:
    """Return our reference in the 35 characters that DHL prints and shows in its portal."""
    return reference.replace("-", "")[:35].ljust(8, "0")


def billing_number(credentials: DhlCredentials, service: str) -> str:
    """Return the number that a product is billed on."""
    return f"{credentials.ekp}{PROCEDURES[service]}{credentials.participation}"


def order(request: LabelRequest, credentials: DhlCredentials) -> dict[str, object]:
    """Return the booking of a parcel."""
    details: dict[str, object] = {"weight": {"uom": "g", "value": request.weight_g}}
    if request.length_mm and request.width_mm and request.height_mm:
        details["dim"] = {
            "uom": "mm",
            "length": request.length_mm,
            "width": request.width_mm,
            "height": request.height_mm,
        }
    shipment = {
        "product": request.service,
        "billingNumber": billing_number(credentials, request.service),
        "refNo": reference_of(request.reference),
        "shipper": address(request.sender, sender=True),
        "consignee": address(request.recipient),
        "details": details,
    }
    return {"profile": credentials.profile, "shipments": [shipment]}


def address(of: PostalAddress, *, sender: bool = False) -> dict[str, str]:
    """Return an address; what is empty is left out.

    Raises:
        RequestRejectedError: DHL does not deliver to that country.
    """
    country = THREE_LETTERS.get(of.country)
    if country is None:
        raise RequestRejectedError(channel=NAME, status=400, reason=f"the country “{of.country}” is not known")
    values = {
        "name1": (of.company if sender else of.name)[:50] or of.name[:50],
        "name2": (of.name if sender and of.name != of.company else of.company if of.company != of.name else "")[:50],
        "addressStreet": of.street[:50],
        "addressHouse": f"{of.house_number} {of.house_number_extension}".strip()[:10],
        "city": of.city[:40],
        "country": country,
        "email": of.email[:80] if _MAIL.fullmatch(of.email) else "",
    }
    postcode = " ".join(of.postcode.split())[:10].strip(" -")
    if len(postcode) >= SHORTEST_POSTCODE and _POSTCODE.fullmatch(postcode):
        values["postalCode"] = postcode
    if not sender:
        values["additionalAddressInformation1"] = of.extra[:60]
    return {name: value for name, value in values.items() if value}
