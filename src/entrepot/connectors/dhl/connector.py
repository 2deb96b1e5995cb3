"""Speaks DHL's Parcel DE Shipping API v2 and its unified tracking."""

import base64
import binascii
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date
from typing import Final

import httpx
import msgspec

from entrepot.channels.client import ChannelClient, Operation, reason_in
from entrepot.channels.errors import ChannelThingMissingError, RequestRejectedError, UnexpectedPayloadError
from entrepot.channels.line import Line
from entrepot.connectors.dhl import wire
from entrepot.connectors.dhl.credentials import DhlCredentials
from entrepot.connectors.dhl.wire import NAME
from entrepot.fulfilment.carriage.errors import LabelInDoubtError
from entrepot.fulfilment.contract import Label, LabelRequest, Milestone, TrackingEvent
from entrepot.fulfilment.contract_carriage import Manifest, ManifestRefusal
from entrepot.kit.errors import EntrepotError

SHIPPING = Operation(name="dhl", rate=10, burst=10)
TRACKING = Operation(name="dhl_tracking", rate=1, per=1, burst=3)
"""New apps may ask 250 times a day, and once in 5 seconds; ours asks about parcels one by one."""
AT_ONCE = 30
"""Parcels that one request may close."""
LONGEST_REASON = 500
REFUSED = 400
UNKNOWN = ("unknown shipment", "not found", "already deleted", "does not exist")
CLOSED_BEFORE = ("already", "bereits")

MILESTONES: Final = {
    "pre-transit": Milestone.LABEL_CREATED,
    "transit": Milestone.IN_TRANSIT,
    "out-for-delivery": Milestone.OUT_FOR_DELIVERY,
    "delivered": Milestone.DELIVERED,
    "failure": Milestone.EXCEPTION,
}
BY_TEXT: Final = (
    ("returned to sender", Milestone.RETURNED),
    ("return to sender", Milestone.RETURNED),
    ("could not be delivered", Milestone.FAILED_ATTEMPT),
    ("pick-up", Milestone.AT_PICK_UP_POINT),
    ("ready for collection", Milestone.AT_PICK_UP_POINT),
    ("loaded onto the delivery vehicle", Milestone.OUT_FOR_DELIVERY),
)
"""DHL's five codes say little: what its text says goes first, except for the end."""


class _Client(ChannelClient):
    """Reads the reasons of a refusal, which DHL writes beside each parcel."""

    def raise_for(self, response: httpx.Response) -> None:
        """Raise the error that an answer means."""
        if response.status_code == REFUSED:
            raise RequestRejectedError(channel=NAME, status=response.status_code, reason=_reason(response))
        super().raise_for(response)


class Dhl:
    """One business customer of DHL Paket."""

    def __init__(self, credentials: DhlCredentials, line: Line) -> None:
        self._credentials = credentials
        self._base = f"{credentials.api_url}/parcel/de/shipping/v2"
        self._tracking = f"{credentials.api_url}/track/shipments"
        self._client = _Client(NAME, line)
        key = credentials.api_key.get_secret_value()
        pair = f"{credentials.username}:{credentials.password.get_secret_value()}"
        self._key = {"dhl-api-key": key}
        self._headers = self._key | {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}

    async def check(self) -> str:
        """Ask for today's manifest: wrong credentials are refused before that is looked for."""
        with suppress(ChannelThingMissingError, RequestRejectedError):  # none yet: the credentials were accepted
            await self._client.exchange(
                SHIPPING, "GET", f"{self._base}/manifests", headers=self._headers, params={"includeDocs": "URL"}
            )
        return f"{NAME} {self._credentials.ekp}"

    async def create_label(self, request: LabelRequest) -> Label:
        """Book a parcel.

        DHL makes a second parcel of a repeated reference, and does not find one by its reference.

        Raises:
            LabelInDoubtError: it was asked before, and may have booked: a person has to look.
        """
        if request.in_doubt:
            raise LabelInDoubtError(carrier=NAME, reference=wire.reference_of(request.reference))
        body = wire.order(request, self._credentials)
        answer = await self._client.send(
            SHIPPING,
            "POST",
            f"{self._base}/orders",
            wire.Labels,
            subject=request.order_number,
            headers=self._headers | {"Content-Type": "application/json"},
            params={"docFormat": "PDF", "printFormat": "910-300-400", "includeDocs": "include"},
            content=msgspec.json.encode(body),
        )
        return await self._label(_only(answer))

    async def find_label(self, carrier_shipment_id: str) -> Label:
        """Return the label of a parcel that is not closed yet, by its shipment number."""
        return await self._label(_only(await self._fetch(carrier_shipment_id, "PDF")))

    async def _label(self, item: wire.Item) -> Label:
        if item.refused or not item.shipment_no:
            raise RequestRejectedError(channel=NAME, status=item.sstatus.code, reason=item.reason[:LONGEST_REASON])
        return Label(
            carrier_shipment_id=item.shipment_no,
            tracking_code=item.shipment_no,
            tracking_url=f"https://www.dhl.de/de/privatkunden/pakete-empfangen/verfolgen.html?piececode={item.shipment_no}",
            pdf=_decoded(item.label) or await self._pdf(item.shipment_no),
            zpl=await self._zpl(item.shipment_no),
        )

    async def _pdf(self, number: str) -> bytes:
        found = _decoded(_only(await self._fetch(number, "PDF")).label)
        if not found:
            raise UnexpectedPayloadError(channel=NAME, reason=f"no label for {number}")
        return found

    async def _zpl(self, number: str) -> bytes:
        """Return the label for thermal printers; without it there still is the PDF of a parcel that is booked."""
        try:
            label = _only(await self._fetch(number, "ZPL2")).label
        except EntrepotError:
            return b""
        zpl = label.zpl2 if label is not None else ""
        return zpl.encode() if zpl.lstrip().startswith("^XA") else b""

    async def _fetch(self, number: str, kind: str) -> wire.Labels:
        return await self._client.send(
            SHIPPING,
            "GET",
            f"{self._base}/orders",
            wire.Labels,
            subject=number,
            headers=self._headers,
            params={"shipment": number, "docFormat": kind, "printFormat": "910-300-400", "includeDocs": "include"},
        )

    async def cancel_label(self, carrier_shipment_id: str) -> None:
        """Delete a parcel that is not closed yet; one that is gone already is fine."""
        try:
            answer = await self._client.send(
                SHIPPING,
                "DELETE",
                f"{self._base}/orders",
                wire.Labels,
                subject=carrier_shipment_id,
                headers=self._headers,
                params={"profile": self._credentials.profile, "shipment": carrier_shipment_id},
            )
        except RequestRejectedError as error:
            if not any(word in error.detail.lower() for word in UNKNOWN):
                raise
            return
        for item in answer.items:
            if item.refused and not any(word in item.reason.lower() for word in UNKNOWN):
                raise RequestRejectedError(channel=NAME, status=item.sstatus.code, reason=item.reason[:LONGEST_REASON])

    async def close_day(self, carrier_shipment_ids: Sequence[str], day: date) -> Manifest:
        """Close parcels, thirty at once, and fetch the day's lists."""
        refused: list[ManifestRefusal] = []
        numbers = list(carrier_shipment_ids)
        for start in range(0, len(numbers), AT_ONCE):
            body = {"profile": self._credentials.profile, "shipmentNumbers": numbers[start : start + AT_ONCE]}
            answer = await self._client.send(
                SHIPPING,
                "POST",
                f"{self._base}/manifests",
                wire.ManifestItems,
                headers=self._headers | {"Content-Type": "application/json"},
                content=msgspec.json.encode(body),
            )
            refused += [
                ManifestRefusal(carrier_shipment_id=item.shipment_no, reason=item.reason[:LONGEST_REASON])
                for item in answer.items
                if item.refused and not any(word in item.reason.lower() for word in CLOSED_BEFORE)
            ]
        return Manifest(number=day.isoformat(), documents=await self._lists(day), refused=tuple(refused))

    async def _lists(self, day: date) -> tuple[bytes, ...]:
        """Return the day's lists; the parcels are closed already, so that none is no reason to close them again."""
        try:
            found = await self._client.send(
                SHIPPING,
                "GET",
                f"{self._base}/manifests",
                wire.ManifestDocuments,
                headers=self._headers,
                params={"date": day.isoformat(), "includeDocs": "include"},
            )
        except EntrepotError:
            return ()
        return tuple(content for document in found.manifest if (content := _decoded(document)))

    async def track(self, tracking_code: str) -> tuple[TrackingEvent, ...]:
        """Return the scans in the product's words; codes we do not know are left out."""
        found = await self._client.send(
            TRACKING,
            "GET",
            self._tracking,
            wire.Tracking,
            subject=tracking_code,
            headers=self._key,
            params={"trackingNumber": tracking_code, "service": "parcel-de", "language": "en"},
        )
        events = [_event(event) for tracked in found.shipments for event in tracked.events]
        return tuple(sorted((event for event in events if event is not None), key=lambda event: event.at))


def _only(answer: wire.Labels) -> wire.Item:
    if len(answer.items) != 1:
        raise UnexpectedPayloadError(channel=NAME, reason=f"{len(answer.items)} parcels instead of one")
    return answer.items[0]


def _decoded(document: wire.Document | None) -> bytes:
    """Return a PDF; empty if it is none."""
    try:
        content = base64.b64decode(document.b64 if document else "", validate=True)
    except (binascii.Error, ValueError):
        return b""
    return content if content.startswith(b"%PDF-") else b""


def _event(event: wire.Event) -> TrackingEvent | None:
    text = " ".join(part for part in (event.description or event.status, event.remark) if part)
    milestone = MILESTONES.get(event.status_code.lower())
    if milestone is not Milestone.DELIVERED:
        milestone = next((found for words, found in BY_TEXT if words in text.lower()), milestone)
    if milestone is None:
        return None
    at = event.timestamp if event.timestamp.tzinfo else event.timestamp.replace(tzinfo=UTC)
    place = event.location.address.address_locality if event.location and event.location.address else ""
    return TrackingEvent(milestone=milestone, at=at, place=place, text=text)


def _reason(response: httpx.Response) -> str:
    try:
        answer = msgspec.json.decode(response.content, type=wire.Labels)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return reason_in(response)
    told = "; ".join(item.reason for item in answer.items if item.reason)
    status = f"{answer.status.title}: {answer.status.detail}".strip(": ") if answer.status else ""
    return (told or status)[:LONGEST_REASON] or reason_in(response)
