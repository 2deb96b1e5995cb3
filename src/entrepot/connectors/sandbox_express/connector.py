"""Speaks Sandbox Express's JSON."""

from datetime import datetime
from urllib.parse import urlsplit

import msgspec

from entrepot.channels.client import ChannelClient, Operation
from entrepot.channels.errors import ChannelThingMissingError, UnexpectedPayloadError
from entrepot.channels.line import Line
from entrepot.connectors.sandbox_express.credentials import SandboxExpressCredentials
from entrepot.fulfilment.contract import Label, LabelRequest, Milestone, PostalAddress, TrackingEvent
from entrepot.fulfilment.contract_carriage import ServicePoint
from entrepot.kit.text import N_

NAME = "Sandbox Express"
ANY = Operation(name="sandbox_express", rate=50, burst=50)

MILESTONES = {
    "label_created": Milestone.LABEL_CREATED,
    "accepted": Milestone.ACCEPTED,
    "in_transit": Milestone.IN_TRANSIT,
    "out_for_delivery": Milestone.OUT_FOR_DELIVERY,
    "delivered": Milestone.DELIVERED,
    "cancelled": Milestone.CANCELLED,
}
TEXTS = {
    Milestone.LABEL_CREATED: N_("The label was made."),
    Milestone.ACCEPTED: N_("The carrier has the parcel."),
    Milestone.IN_TRANSIT: N_("On its way."),
    Milestone.OUT_FOR_DELIVERY: N_("Out for delivery."),
    Milestone.DELIVERED: N_("Delivered."),
    Milestone.CANCELLED: N_("Cancelled."),
}
LONGEST = 60
"""Characters of an address line that the carrier takes."""


class _Shipment(msgspec.Struct):
    shipment_id: str
    tracking_code: str
    label_pdf_url: str
    label_zpl_url: str
    tracking_url: str = ""


class _Scan(msgspec.Struct):
    code: str
    at: datetime
    place: str = ""


class _Tracking(msgspec.Struct):
    events: list[_Scan]


class SandboxExpress:
    """One account of the simulated carrier."""

    def __init__(self, credentials: SandboxExpressCredentials, line: Line) -> None:
        self._base = credentials.api_url
        self._client = ChannelClient(NAME, line)
        self._headers = {"X-API-Key": credentials.api_key.get_secret_value()}

    async def check(self) -> str:
        """Ask for a parcel that does not exist: a wrong key is refused before that is looked at."""
        try:
            await self._client.exchange(ANY, "GET", f"{self._base}/carrier/tracking/none", headers=self._headers)
        except ChannelThingMissingError as missing:
            if "no parcel" not in missing.detail:
                raise UnexpectedPayloadError(channel=NAME, reason="this address is not a sandbox") from missing
        return f"{NAME} ({urlsplit(self._base).netloc})"

    async def create_label(self, request: LabelRequest) -> Label:
        """Book a parcel, then fetch both forms of its label."""
        booking = {
            "reference": request.reference,
            "sender": _address(request.sender),
            "recipient": _address(request.recipient),
            "weight_grams": request.weight_g,
        }
        shipment = await self._client.send(
            ANY,
            "POST",
            f"{self._base}/carrier/shipments",
            _Shipment,
            subject=request.order_number,
            headers=self._headers | {"Content-Type": "application/json"},
            content=msgspec.json.encode(booking),
        )
        return Label(
            carrier_shipment_id=shipment.shipment_id,
            tracking_code=shipment.tracking_code,
            tracking_url=shipment.tracking_url,
            pdf=await self._label(shipment, "pdf", b"%PDF-"),
            zpl=await self._label(shipment, "zpl", b"^XA"),
        )

    async def _label(self, shipment: _Shipment, kind: str, start: bytes) -> bytes:
        """Fetch a label from the address we know, not from the one the answer names."""
        answer = await self._client.exchange(
            ANY,
            "GET",
            f"{self._base}/carrier/labels/{shipment.shipment_id}.{kind}",
            headers=self._headers,
            subject=shipment.tracking_code,
        )
        if not answer.content.startswith(start):
            raise UnexpectedPayloadError(channel=NAME, reason=f"a label that is not {kind.upper()}")
        return answer.content

    async def cancel_label(self, carrier_shipment_id: str) -> None:
        """Cancel a parcel; the carrier answers the same to a repeat."""
        await self._client.exchange(
            ANY,
            "DELETE",
            f"{self._base}/carrier/shipments/{carrier_shipment_id}",
            headers=self._headers,
            subject=carrier_shipment_id,
        )

    async def track(self, tracking_code: str) -> tuple[TrackingEvent, ...]:
        """Return the scans in the product's words; codes we do not know are left out."""
        found = await self._client.send(
            ANY,
            "GET",
            f"{self._base}/carrier/tracking/{tracking_code}",
            _Tracking,
            headers=self._headers,
            subject=tracking_code,
        )
        return tuple(
            TrackingEvent(
                milestone=MILESTONES[scan.code], at=scan.at, place=scan.place, text=TEXTS[MILESTONES[scan.code]]
            )
            for scan in found.events
            if scan.code in MILESTONES
        )

    async def service_points(self, country: str, postcode: str) -> tuple[ServicePoint, ...]:
        """Return the shops around a postcode."""
        found = await self._client.send(
            ANY,
            "GET",
            f"{self._base}/carrier/service-points",
            list[ServicePoint],
            headers=self._headers,
            params={"country": country, "postcode": postcode},
        )
        return tuple(found)


def _address(address: PostalAddress) -> dict[str, str]:
    number = f"{address.house_number} {address.house_number_extension}".strip()
    values = {
        "name": address.name,
        "company": address.company,
        "street": address.street,
        "house_number": number or "-",
        "postal_code": address.postcode or "-",
        "city": address.city,
        "country": address.country,
        "email": address.email,
        "phone": address.phone,
    }
    return {name: value[:LONGEST] for name, value in values.items()}
