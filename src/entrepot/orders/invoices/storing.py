"""An invoice on its way in, and the rows that are written of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from entrepot.catalog.service import ProductRef
from entrepot.kit.sentence import sentence
from entrepot.orders.invoices.reading import Reading, fingerprint
from entrepot.orders.invoices.refs import InvoiceDraft, InvoiceLine, InvoiceRef, Kind, Problem, Result, State, Taken
from entrepot.orders.refs import OrderRef

AFTER: dict[Result, State] = {
    Result.CREATED: State.TAKEN,
    Result.UPDATED: State.TAKEN,
    Result.RESUBMITTED: State.TAKEN,
    Result.CREDITED: State.TAKEN,
    Result.CANCELLED: State.CANCELLED,
    Result.ATTENTION: State.ATTENTION,
}


@dataclass(slots=True)
class Item:
    """An invoice on its way in."""

    raw: dict[str, Any]
    reading: Reading
    origin: str
    failed: bool = False
    """It could not be stored before; this is the last try."""
    goods: list[tuple[InvoiceLine, ProductRef]] = field(default_factory=list[tuple[InvoiceLine, ProductRef]])
    positions: list[int] = field(default_factory=list[int])
    """Of the order's lines that stand for the goods; empty: the order's lines are not known or did not change."""

    @property
    def number(self) -> str:
        return self.reading.number

    @property
    def draft(self) -> InvoiceDraft | None:
        return self.reading.draft

    @property
    def draft_or_raise(self) -> InvoiceDraft:
        """Of an invoice that could be read."""
        if self.reading.draft is None:
            msg = f"invoice {self.number} could not be read"
            raise ValueError(msg)
        return self.reading.draft


class Told(NamedTuple):
    """What came of an invoice, before it is written."""

    result: Result
    order_id: UUID | None = None
    order_number: str = ""
    problems: tuple[Problem, ...] = ()
    unknown: tuple[str, ...] = ()
    put_back: bool = False
    taken_back: Mapping[UUID, int] | None = None
    """What a credit note took by now; None: as before."""
    raw: dict[str, Any] | None = None
    """What is kept to take again; None: what came."""


def attention(invoice: InvoiceRef, problems: Sequence[Problem], unknown: Sequence[str] = ()) -> Told:
    """Return that a person has to look."""
    return Told(Result.ATTENTION, invoice.order_id, problems=tuple(problems), unknown=tuple(dict.fromkeys(unknown)))


def objection(invoice: InvoiceRef, text: str, order: OrderRef | None = None, **facts: str | int) -> Told:
    """Return that a person has to look, for one reason that names invoice and order."""
    known: dict[str, str | int] = {"number": invoice.number, **facts}
    if order is not None:
        known |= {"order": order.number, "status": str(order.status)}
    return attention(invoice, [Problem(field="", sentence=sentence(text, known))])


def together(invoice: InvoiceRef, item: Item) -> dict[str, Any]:
    """Return an invoice with the lines of rows that stood elsewhere in the file."""
    lines = [one.get("lines") for one in (invoice.raw, item.raw)]
    return invoice.raw | {"lines": [line for some in lines if isinstance(some, list) for line in some]}


def told(item: Item, invoice: InvoiceRef, one: Told) -> Taken:
    """Return what the sender is told."""
    return Taken(
        number=item.number,
        result=one.result,
        invoice_id=invoice.id,
        order_id=one.order_id,
        order_number=one.order_number,
        put_back=one.put_back,
        problems=one.problems,
        unknown=one.unknown,
    )


def written(item: Item, invoice: InvoiceRef, one: Told, import_id: UUID | None) -> dict[str, Any]:
    """Return the row of an invoice."""
    draft = item.draft
    stays = one.result is Result.ATTENTION and invoice.order_id is not None  # what was taken still holds
    row: dict[str, Any] = {
        "id": invoice.id,
        "state": str(AFTER[one.result]),
        "order_id": one.order_id,
        "raw": clean(item.raw if one.raw is None else one.raw),
        "problems": one.problems,
        "unknown": one.unknown,
        "origin": item.origin,
        "import_id": import_id,
        "note": draft.reason if draft is not None else "",
        "fingerprint": fingerprint(draft) if draft is not None else "",
        "kind": str(invoice.kind if stays else draft.kind if draft is not None else Kind.INVOICE),
        "credits": invoice.credits if stays else draft.credits if draft is not None else "",
        "taken_back": invoice.taken_back if one.taken_back is None else one.taken_back,
        "invoiced_on": draft.invoiced_on if draft is not None else None,
    }
    for name in ("salesman", "customer_number", "customer_name", "area", "route", "remarks"):
        row[name] = getattr(draft, name) if draft is not None else ""
    row["priority"] = draft.priority if draft is not None else 0
    return row


def wish_rows(item: Item, order_id: UUID, seller_id: UUID) -> list[dict[str, Any]]:
    """Return what an invoice says about the goods of its order's lines."""
    return [
        {
            "order_id": order_id,
            "position": position,
            "seller_id": seller_id,
            "code": line.code,
            "barcode": line.barcode,
            "packing": line.packing,
            "shelf": line.shelf,
            "lot": line.lot,
            "expires_on": line.expires_on,
        }
        for (line, _), position in zip(item.goods, item.positions, strict=True)
    ]


def clean(value: Any) -> Any:  # noqa: ANN401 -- what came in
    """Return *value* without what no database keeps: the character NUL."""
    match value:
        case str():
            return value.replace("\0", "")
        case dict():
            return {clean(str(key)): clean(one) for key, one in value.items()}
        case list():
            return [clean(one) for one in value]
        case _:
            return value
