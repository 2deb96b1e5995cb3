"""What a station prints for an order; whoever prints asks here for the paper, its type and its name."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.documents.service import DocumentRef, DocumentService
from entrepot.fulfilment.domain import ParcelStatus
from entrepot.fulfilment.packaging.errors import NoPaperError, PackingFormError
from entrepot.fulfilment.packaging.papers import address_labels, slip
from entrepot.fulfilment.packaging.weighing import Packaging
from entrepot.fulfilment.repository import ParcelRepository
from entrepot.kit.storage import Storage
from entrepot.kit.text import N_
from entrepot.orders.service import OrderRef, OrderService

MOST_COPIES = 20
INVOICE_WORDS = ("invoice", "factuur", "rechnung")
PDF = "application/pdf"
ZPL = "application/zpl"


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """Something to print."""

    what: str
    """``slip``, ``labels`` or ``invoice``: the purpose that printers are chosen by."""
    name: str
    media_type: str
    content: bytes
    copies: int
    """How often it is to be printed; labels have their copies in the file."""


class ParcelPaper(msgspec.Struct, frozen=True):
    """A parcel as it stands on a packing slip."""

    number: str
    lines: tuple[tuple[str, str, int], ...]


class Papers:
    """Papers of orders."""

    def __init__(self, session: AsyncSession, storage: Storage) -> None:
        self._session = session
        self._storage = storage

    async def make(
        self,
        order_id: UUID,
        what: str,
        *,
        copies: int | None = None,
        thermal: bool = False,
    ) -> Paper:
        """Return a paper, and keep who had it printed.

        Args:
            order_id: whose paper.
            what: ``slip``, ``labels`` or ``invoice``.
            copies: the site's rule for labels, else one.
            thermal: labels in the language of thermal printers.

        Raises:
            NoPaperError: no invoice is attached to the order.
            PackingFormError: too many copies, or no such paper.
        """
        order = await OrderService(self._session).order(order_id)
        packaging = Packaging(self._session)
        if copies is None:
            rules = await packaging.rules(order.seller_id, order.warehouse_id)
            copies = max(1, rules.address_labels) if what == "labels" else 1
        if not 1 <= copies <= MOST_COPIES or what not in {"slip", "labels", "invoice"}:
            raise PackingFormError({"copies": N_("Enter how many: 1 to 20.")})
        if what == "slip":
            paper = Paper(
                what=what,
                name=f"slip-{order.number}.pdf",
                media_type=PDF,
                content=await slip_of(self._session, order),
                copies=copies,
            )
        elif what == "labels":
            paper = Paper(
                what=what,
                name=f"labels-{order.number}.{'zpl' if thermal else 'pdf'}",
                media_type=ZPL if thermal else PDF,
                content=address_labels(order, copies, thermal=thermal),
                copies=copies,
            )
        else:
            found = await self.invoice_of(order_id)
            if found is None:
                raise NoPaperError(number=order.number)
            content = b"".join([piece async for piece in self._storage.read(found.storage_key)])
            paper = Paper(what=what, name=found.name, media_type=PDF, content=content, copies=copies)
        await packaging.note_print(order, what, copies)
        return paper

    async def invoice_of(self, order_id: UUID) -> DocumentRef | None:
        """Return the invoice attached to an order: the last PDF that is called so."""
        documents = await DocumentService(self._session, self._storage).of("order", order_id)
        return next(
            (
                one
                for one in reversed(documents)
                if one.media_type == PDF and any(word in one.name.casefold() for word in INVOICE_WORDS)
            ),
            None,
        )


async def slip_of(session: AsyncSession, order: OrderRef) -> bytes:
    """Draw the packing slip of an order with the parcels that there are."""
    parcels = [
        ParcelPaper(one.number, tuple((line.sku, line.title, line.quantity) for line in one.lines))
        for one in await ParcelRepository(session).parcels_of(order.id)
        if one.status is not ParcelStatus.CANCELLED
    ]
    return slip(order, [(one.number, one.lines) for one in parcels], _rest(order, parcels))


def _rest(order: OrderRef, parcels: Sequence[ParcelPaper]) -> list[tuple[str, str, int]]:
    """Return what the parcels do not hold."""
    packed: dict[str, int] = {}
    for parcel in parcels:
        for sku, _, quantity in parcel.lines:
            packed[sku] = packed.get(sku, 0) + quantity
    rest: list[tuple[str, str, int]] = []
    for line in order.lines:
        taken = min(line.open_quantity, packed.get(line.sku, 0))
        packed[line.sku] = packed.get(line.sku, 0) - taken
        if line.open_quantity - taken:
            rest.append((line.sku, line.title, line.open_quantity - taken))
    return rest
