"""Speaks Sendcloud's API v3."""

import base64
import binascii
from datetime import UTC
from decimal import Decimal, InvalidOperation
from typing import Final
from urllib.parse import quote as quoted

import httpx
import msgspec

from entrepot.channels.client import ChannelClient, Operation, reason_in
from entrepot.channels.errors import (
    ChannelThingMissingError,
    RequestRejectedError,
    UnexpectedPayloadError,
)
from entrepot.channels.line import Line
from entrepot.connectors.sendcloud import wire
from entrepot.connectors.sendcloud.credentials import SendcloudCredentials
from entrepot.fulfilment.contract import Label, LabelRequest, Milestone, TrackingEvent
from entrepot.fulfilment.contract_carriage import CarrierService, Rate, RateRequest
from entrepot.kit.errors import EntrepotError

NAME = "Sendcloud"
ANY = Operation(name="sendcloud", rate=15, burst=15)
"""Requests in a second for one pair of keys; Sendcloud's own limit is higher, and its answers tell when it is reached."""
LONGEST_REASON = 500
REFUSED = frozenset({400, 409, 422})
NOT_FOUND = 404
NOT_BOOKED = frozenset({"CANCELLED", "CANCELLATION_REQUESTED", "ANNOUNCEMENT_FAILED"})

MILESTONES: Final = {
    "READY_TO_SEND": Milestone.LABEL_CREATED,
    "ANNOUNCED": Milestone.LABEL_CREATED,
    "ANNOUNCING": Milestone.LABEL_CREATED,
    "ACCEPTED": Milestone.ACCEPTED,
    "SHIPMENT_PICKED_UP_BY_DRIVER": Milestone.ACCEPTED,
    "EN_ROUTE_TO_SORTING_CENTER": Milestone.IN_TRANSIT,
    "DELIVERED_AT_SORTING_CENTER": Milestone.IN_TRANSIT,
    "AT_SORTING_CENTRE": Milestone.IN_TRANSIT,
    "BEING_SORTED": Milestone.IN_TRANSIT,
    "SORTED": Milestone.IN_TRANSIT,
    "PARCEL_EN_ROUTE": Milestone.IN_TRANSIT,
    "IN_TRANSIT": Milestone.IN_TRANSIT,
    "AT_CUSTOMS": Milestone.IN_TRANSIT,
    "DELIVERY_DATE_CHANGED": Milestone.IN_TRANSIT,
    "DELIVERY_ADDRESS_CHANGED": Milestone.IN_TRANSIT,
    "DRIVER_EN_ROUTE": Milestone.OUT_FOR_DELIVERY,
    "OUT_FOR_DELIVERY": Milestone.OUT_FOR_DELIVERY,
    "AWAITING_CUSTOMER_PICKUP": Milestone.AT_PICK_UP_POINT,
    "DELIVERED": Milestone.DELIVERED,
    "SHIPMENT_COLLECTED_BY_CUSTOMER": Milestone.DELIVERED,
    "DELIVERY_ATTEMPT_FAILED": Milestone.FAILED_ATTEMPT,
    "UNABLE_TO_DELIVER": Milestone.EXCEPTION,
    "REFUSED_BY_RECIPIENT": Milestone.EXCEPTION,
    "ADDRESS_INVALID": Milestone.EXCEPTION,
    "NOT_SORTED": Milestone.EXCEPTION,
    "EXCEPTION": Milestone.EXCEPTION,
    "RETURNED_TO_SENDER": Milestone.RETURNED,
    "CANCELLED": Milestone.CANCELLED,
}
"""By its status code in upper case, with underscores.  What is not here is left out: it says nothing certain."""


class _Client(ChannelClient):
    """Reads the reasons of a refusal, which Sendcloud lists with the fields they are about."""

    def raise_for(self, response: httpx.Response) -> None:
        """Raise the error that an answer means."""
        if response.status_code in REFUSED:
            raise RequestRejectedError(channel=NAME, status=response.status_code, reason=_reason(response))
        if response.status_code == NOT_FOUND:
            raise ChannelThingMissingError(channel=NAME, reason=_reason(response))
        super().raise_for(response)


class Sendcloud:
    """One integration at Sendcloud."""

    def __init__(self, credentials: SendcloudCredentials, line: Line) -> None:
        self._base = credentials.api_url
        self._client = _Client(NAME, line)
        pair = f"{credentials.public_key}:{credentials.secret_key.get_secret_value()}"
        self._headers = {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}

    async def check(self) -> str:
        """Ask whose keys these are."""
        found = await self._client.send(
            ANY, "GET", f"{self._base}/user/auth/metadata", wire.Metadata, headers=self._headers
        )
        if found.data.integration_id is None:
            return NAME
        return f"{NAME} ({found.data.integration_id})"

    async def create_label(self, request: LabelRequest) -> Label:
        """Announce a shipment under our reference, which is unique: what was announced before is looked up."""
        shipment = await self._known(request) if request.in_doubt else None
        if shipment is None:
            try:
                shipment = (await self._post("shipments/announce", wire.announcement(request), wire.One, request)).data
            except RequestRejectedError:
                shipment = await self._known(request)
                if shipment is None:
                    raise
        if not shipment.parcels or shipment.parcels[0].status.code.upper() == "ANNOUNCEMENT_FAILED":
            reason = "; ".join(one.sentence for one in shipment.errors or ()) or "the carrier did not take the parcel"
            raise RequestRejectedError(channel=NAME, status=201, reason=reason[:LONGEST_REASON])
        parcel = shipment.parcels[0]
        return Label(
            carrier_shipment_id=shipment.id,
            tracking_code=parcel.tracking_number or "",
            tracking_url=parcel.tracking_url or "",
            pdf=_pdf_of(parcel) or await self._label(parcel, "application/pdf"),
            zpl=await self._zpl(parcel),
        )

    async def _known(self, request: LabelRequest) -> wire.Shipment | None:
        """Return the shipment that bears our reference, unless it was cancelled."""
        found = await self._client.send(
            ANY,
            "GET",
            f"{self._base}/shipments",
            wire.Many,
            subject=request.order_number,
            headers=self._headers,
            params={"external_reference_id": request.reference},
        )
        return next(
            (
                one
                for one in found.data
                if one.parcels and not any(parcel.status.code.upper() in NOT_BOOKED for parcel in one.parcels)
            ),
            None,
        )

    async def _zpl(self, parcel: wire.Parcel) -> bytes:
        """Return the label for thermal printers; not every carrier behind Sendcloud has one, and PDF does as well."""
        try:
            return await self._label(parcel, "application/zpl")
        except EntrepotError:
            return b""

    async def _label(self, parcel: wire.Parcel, kind: str) -> bytes:
        """Fetch a label from the address we know, not from the one the answer names."""
        answer = await self._client.exchange(
            ANY,
            "GET",
            f"{self._base}/parcels/{parcel.id}/documents/label",
            headers=self._headers | {"Accept": kind},
            subject=parcel.tracking_number or "",
        )
        start = b"%PDF-" if kind.endswith("pdf") else b"^XA"
        if not answer.content.lstrip().startswith(start):
            raise UnexpectedPayloadError(channel=NAME, reason=f"a label that is not {kind.rpartition('/')[2].upper()}")
        return answer.content

    async def cancel_label(self, carrier_shipment_id: str) -> None:
        """Cancel a shipment; one that is cancelled already is refused by Sendcloud, and fine here."""
        try:
            await self._client.exchange(
                ANY,
                "POST",
                f"{self._base}/shipments/{quoted(carrier_shipment_id, safe='')}/cancel",
                headers=self._headers,
                subject=carrier_shipment_id,
            )
        except RequestRejectedError:
            found = await self._client.send(
                ANY,
                "GET",
                f"{self._base}/shipments/{quoted(carrier_shipment_id, safe='')}",
                wire.One,
                headers=self._headers,
                subject=carrier_shipment_id,
            )
            cancelled = {"CANCELLED", "CANCELLATION_REQUESTED"}
            if not all(parcel.status.code.upper() in cancelled for parcel in found.data.parcels):
                raise

    async def track(self, tracking_code: str) -> tuple[TrackingEvent, ...]:
        """Return the scans in the product's words."""
        found = await self._client.send(
            ANY,
            "GET",
            f"{self._base}/parcels/tracking/{quoted(tracking_code, safe='')}",
            wire.Tracking,
            headers=self._headers,
            subject=tracking_code,
        )
        events: list[TrackingEvent] = []
        for event in found.events:
            milestone = MILESTONES.get(event.status_code.upper().replace("-", "_").replace(" ", "_"))
            if milestone is not None and event.event_at is not None:
                at = event.event_at if event.event_at.tzinfo else event.event_at.replace(tzinfo=UTC)
                events.append(TrackingEvent(milestone=milestone, at=at, text=event.status_description))
        return tuple(sorted(events, key=lambda event: event.at))

    async def services(self) -> tuple[CarrierService, ...]:
        """Return the shipping options of the account's contracts."""
        found = await self._options({})
        return tuple(CarrierService(option.code, option.name or option.code) for option in found)

    async def quote(self, request: RateRequest) -> tuple[Rate, ...]:
        """Return the options that can carry a parcel, with Sendcloud's price for each."""
        rates = [_rate(option) for option in await self._options(wire.option_filter(request))]
        return tuple(sorted(rates, key=lambda rate: (rate.cost is None, rate.cost or Decimal(0), rate.name)))

    async def _options(self, asked: dict[str, object]) -> list[wire.Option]:
        return (await self._post("shipping-options", asked, wire.Options)).data or []

    async def _post[T](self, path: str, body: object, into: type[T], request: LabelRequest | None = None) -> T:
        return await self._client.send(
            ANY,
            "POST",
            f"{self._base}/{path}",
            into,
            subject=request.order_number if request else "",
            headers=self._headers | {"Content-Type": "application/json"},
            content=msgspec.json.encode(body),
        )


def _pdf_of(parcel: wire.Parcel) -> bytes:
    """Return the label that came with the answer; empty if there is none that can be read."""
    try:
        content = base64.b64decode(parcel.label_file or "", validate=True)
    except (binascii.Error, ValueError):
        return b""
    return content if content.startswith(b"%PDF-") else b""


def _rate(option: wire.Option) -> Rate:
    quote = option.quotes[0] if option.quotes else None
    total = quote.price.total if quote is not None and quote.price is not None else None
    try:
        cost = Decimal(total.value) if total is not None else None
    except InvalidOperation:
        cost = None
    return Rate(
        service=option.code,
        name=option.name or option.code,
        cost=cost if cost is not None and cost.is_finite() else None,
        currency=total.currency if total is not None else "",
        hours=quote.lead_time if quote is not None else None,
    )


def _reason(response: httpx.Response) -> str:
    try:
        problems = msgspec.json.decode(response.content, type=wire.Problems).errors
    except (msgspec.DecodeError, UnicodeDecodeError):
        problems = []
    told = "; ".join(problem.sentence for problem in problems if problem.sentence)
    return told[:LONGEST_REASON] or reason_in(response)
