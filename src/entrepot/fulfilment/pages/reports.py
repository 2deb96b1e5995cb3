"""What a phone at the counter or on the road reports: who took it, a signature, a photo; perhaps late, perhaps twice."""

import base64
import binascii
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request
from litestar.datastructures import UploadFile
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.documents.pages import storage_of
from entrepot.fulfilment.delivery.pictures import LARGEST, ProofKind
from entrepot.fulfilment.delivery.proofs import Proofs
from entrepot.fulfilment.delivery.routing import FailReason

MOST_PHOTOS = 5
LONGEST_CLIENT_ID = 100
PNG = "data:image/png;base64,"


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The form as it was sent."""

    values: dict[str, str]
    files: list[tuple[ProofKind, bytes, str]]
    """Kind, content, name of the file."""

    @property
    def client_id(self) -> str:
        return self.values.get("client_id", "")[:LONGEST_CLIENT_ID]

    @property
    def received_by(self) -> str:
        return self.values.get("received_by", "")

    @property
    def note(self) -> str:
        return self.values.get("note", "")

    @property
    def at(self) -> datetime | None:
        """When it happened, says the phone; None: it says nothing that can be read."""
        try:
            moment = datetime.fromisoformat(self.values.get("at", ""))
        except ValueError:
            return None
        return moment if moment.tzinfo is not None else None

    @property
    def reason(self) -> FailReason | None:
        said = self.values.get("reason", "")
        return FailReason(said) if said in set(FailReason) else None


async def read_report(request: Request[Any, Any, Any]) -> Report:
    """Read the form with its files; a signature is drawn on the page and sent as a data address."""
    form = await request.form()
    values = {name: value.strip() for name, value in form.items() if isinstance(value, str)}
    files: list[tuple[ProofKind, bytes, str]] = []
    signature = values.pop("signature", "")
    if signature.startswith(PNG) and len(signature) <= LARGEST:
        with suppress(binascii.Error):  # half a picture proves nothing; the name is there
            files.append((ProofKind.SIGNATURE, base64.b64decode(signature[len(PNG) :], validate=True), "signature"))
    for field, kind in (("photo", ProofKind.PHOTO), ("slip", ProofKind.SLIP)):
        files += [
            (kind, await sent.read(), sent.filename)
            for sent in form.getall(field, [])[:MOST_PHOTOS]
            if isinstance(sent, UploadFile) and sent.filename
        ]
    return Report(values=values, files=files)


async def keep_proofs(
    request: Request[Any, Any, Any], session: AsyncSession, report: Report, order_id: UUID, stop_id: UUID | None = None
) -> None:
    """Keep what came with a report."""
    proofs = Proofs(session, storage_of(request))
    for kind, content, file_name in report.files:
        await proofs.add(order_id, kind, content, name=report.received_by, file_name=file_name, stop_id=stop_id)


def wants_json(request: Request[Any, Any, Any]) -> bool:
    """Tell whether a script asks, which shows a refusal itself."""
    return "application/json" in request.headers.get("accept", "")
