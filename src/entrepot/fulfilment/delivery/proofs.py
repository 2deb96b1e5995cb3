"""Proofs: pictures, signatures and slips that show that goods arrived, kept as documents of the order."""

import asyncio
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.documents.service import DocumentRef, DocumentService
from entrepot.fulfilment.delivery.errors import ProofDamagedError, ProofKindError, ProofSizeError
from entrepot.fulfilment.delivery.events import ProofAdded
from entrepot.fulfilment.delivery.pictures import KINDS, LARGEST, ProofKind, media_type_of, without_notes
from entrepot.fulfilment.delivery.repository import RouteRepository
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.database import context_of
from entrepot.kit.ids import new_id
from entrepot.kit.storage import Storage
from entrepot.orders.service import OrderService

SUBJECT = "delivery"
"""Kind of document: its rights are those of the floor, not those of orders."""
LONGEST_NAME = 100


class Proofs:
    """Keeps proofs.  *storage* holds their content."""

    def __init__(self, session: AsyncSession, storage: Storage) -> None:
        self._session = session
        self._documents = DocumentService(session, storage)
        self._routes = RouteRepository(session)

    async def add(
        self,
        order_id: UUID,
        kind: ProofKind,
        content: bytes,
        *,
        name: str = "",
        file_name: str = "",
        stop_id: UUID | None = None,
    ) -> DocumentRef:
        """Keep a proof of an order; *name* is who signed.

        What the file is, its content says, not its name.  Pictures lose what the phone wrote into them.

        Raises:
            ProofKindError: neither a picture nor a PDF.
            ProofSizeError: too large.
            ProofDamagedError: cut off, or no picture at all.
        """
        order = await OrderService(self._session).order(order_id)
        called = file_name.strip()[:LONGEST_NAME] or str(kind)
        clean, ending = await asyncio.to_thread(checked, content, called, slip=kind is ProofKind.SLIP)
        moment = now()
        document = await self._documents.attach(
            order.seller_id, SUBJECT, order_id, f"{order.number}-{kind}-{moment:%Y%m%d-%H%M%S}.{ending}", clean
        )
        await self._routes.insert_proof(
            {
                "id": new_id(),
                "seller_id": order.seller_id,
                "order_id": order_id,
                "stop_id": stop_id,
                "kind": str(kind),
                "document_id": document.id,
                "name": name.strip()[:LONGEST_NAME],
                "added_by": context_of(self._session).actor.name,
                "added_at": moment,
            }
        )
        await outbox.record(
            self._session,
            ProofAdded(
                seller_id=order.seller_id,
                subject_id=order_id,
                number=order.number,
                kind=str(kind),
                document_id=document.id,
            ),
        )
        return document


def checked(content: bytes, name: str, *, slip: bool) -> tuple[bytes, str]:
    """Return what is kept of a file, and the ending of its name; a PDF is only kept as slip."""
    if len(content) > LARGEST:
        raise ProofSizeError(name=name, most=LARGEST // 1024 // 1024)
    media_type = media_type_of(content)
    if media_type not in KINDS or (media_type == "application/pdf" and not slip):
        raise ProofKindError(name=name)
    try:
        return without_notes(content, media_type), KINDS[media_type]
    except ValueError:
        raise ProofDamagedError(name=name) from None
