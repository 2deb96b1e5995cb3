"""What programs send and get about invoices."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from entrepot.orders.invoices import views
from entrepot.orders.invoices.intake import MOST
from entrepot.orders.invoices.refs import Kind, State, Taken

type Text = str | int | float | None
"""Numbers may come as text and text as numbers: programs differ."""


class LineIn(msgspec.Struct, frozen=True, kw_only=True):
    """Goods on an invoice: code or barcode, and a quantity."""

    code: Text = None
    """The program's own code, else our SKU."""
    barcode: Text = None
    """GTIN; looked at where no product has the code."""
    name: Text = None
    quantity: Text = None
    """Whole units, 1 to 1,000,000."""
    price: Text = None
    """Of one unit, tax included."""
    discount: Text = None
    """On the whole line."""
    packing: Text = None
    shelf: Text = None
    """A wish that the picker sees; the stock decides."""
    lot: Text = None
    """A wish that the picker sees."""
    expires: Text = None


class InvoiceIn(msgspec.Struct, frozen=True, kw_only=True):
    """An invoice, or a credit note, as a program sends it.  What is not known here is kept and ignored."""

    number: Text = None
    """Unique within the source: the same number again is the same invoice."""
    date: Text = None
    """``2026-11-21``."""
    kind: Text = None
    """``invoice`` (if absent) or ``credit``."""
    credits: Text = None
    """Of a credit note: the number of the invoice it takes back, whole if there are no lines."""
    cancelled: bool | str | int | float | None = None
    """True: the invoice is void, and its order is cancelled."""
    reason: Text = None
    salesman: Text = None
    priority: Text = None
    """0 to 9, or normal, high, urgent."""
    remarks: Text = None
    reference: Text = None
    """The buyer's own order number."""
    currency: Text = None
    ship_by: Text = None
    shipping_total: Text = None
    customer: dict[str, Any] | None = None
    """number, name, area, route, and the address: street, house_number, postcode, city, country, email, phone."""
    ship_to: dict[str, Any] | None = None
    """Where it goes, if elsewhere: the same fields."""
    bill_to: dict[str, Any] | None = None
    lines: list[LineIn] | None = None


class InvoicesIn(msgspec.Struct, frozen=True, kw_only=True):
    """Many invoices at once."""

    invoices: Annotated[list[Any], Meta(max_length=MOST, description="Each as in takeInvoice; read one by one.")]


class ProblemOut(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong."""

    field: str
    detail: str


class TakenOut(msgspec.Struct, frozen=True, kw_only=True):
    """What came of an invoice."""

    number: str
    result: str
    """created, updated, resubmitted, unchanged, cancelled, credited or attention."""
    invoice_id: UUID | None
    order_id: UUID | None
    order_number: str
    put_back: bool
    """Goods were off the shelf and have to be put back."""
    problems: list[ProblemOut]

    @classmethod
    def of(cls, taken: Taken) -> "TakenOut":
        return cls(
            number=taken.number,
            result=str(taken.result),
            invoice_id=taken.invoice_id,
            order_id=taken.order_id,
            order_number=taken.order_number,
            put_back=taken.put_back,
            problems=[ProblemOut(field=one.field, detail=one.sentence.shown) for one in taken.problems],
        )


class BulkOut(msgspec.Struct, frozen=True, kw_only=True):
    """What came of many invoices, in their order."""

    counts: dict[str, int]
    items: list[TakenOut]


class InvoiceOut(msgspec.Struct, frozen=True, kw_only=True):
    """An invoice."""

    id: UUID
    source: str
    number: str
    kind: Kind
    state: State
    order_id: UUID | None
    order_number: str | None
    order_status: str | None
    credits: str
    problems: list[ProblemOut]
    salesman: str
    customer_number: str
    customer_name: str
    area: str
    route: str
    remarks: str
    priority: int
    origin: str
    note: str
    version: int
    received_at: datetime
    changed_at: datetime

    @classmethod
    def of(cls, row: views.InvoiceRow) -> "InvoiceOut":
        plain = {name: getattr(row, name) for name in cls.__struct_fields__ if name != "problems"}
        return cls(**plain, problems=[ProblemOut(field=one.field, detail=one.sentence.shown) for one in row.problems])


class InvoicesOut(msgspec.Struct, frozen=True, kw_only=True):
    """A page of invoices."""

    items: list[InvoiceOut]
    next: str | None


class ReasonIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why."""

    reason: Annotated[str, Meta(max_length=500)] = ""


class CorrectionIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the invoice should have been; nothing: as it came."""

    invoice: dict[str, Any] | None = None


class SourceIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A program that sends invoices."""

    key: Annotated[str, Meta(max_length=40, description="Its short name in addresses: exact-nl.")]
    name: Annotated[str, Meta(min_length=1, max_length=120)]
    order_prefix: Annotated[str, Meta(max_length=12)] = ""
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")] = "EUR"
    country: Annotated[str, Meta(pattern="^([A-Z]{2})?$")] = ""
    warehouse_id: UUID | None = None
    folder: Annotated[str, Meta(max_length=60)] = ""
    folder_watched: bool = False


class SourcePatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change; what is absent stays."""

    name: Annotated[str, Meta(min_length=1, max_length=120)] | msgspec.UnsetType = msgspec.UNSET
    order_prefix: Annotated[str, Meta(max_length=12)] | msgspec.UnsetType = msgspec.UNSET
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")] | msgspec.UnsetType = msgspec.UNSET
    country: Annotated[str, Meta(pattern="^([A-Z]{2})?$")] | msgspec.UnsetType = msgspec.UNSET
    warehouse_id: UUID | msgspec.UnsetType | None = msgspec.UNSET
    folder: Annotated[str, Meta(max_length=60)] | msgspec.UnsetType = msgspec.UNSET
    folder_watched: bool | msgspec.UnsetType = msgspec.UNSET


class CodeIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a code means: a product, or with null no goods."""

    code: Annotated[str, Meta(min_length=1, max_length=120)]
    sku: Annotated[str, Meta(min_length=1, max_length=120)] | None


class VoidIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Numbers that no invoice will have."""

    first: Annotated[str, Meta(min_length=1, max_length=60, description="INV-2026-0017")]
    last: Annotated[str, Meta(max_length=60, description="Absent: the first alone.")] = ""
    reason: Annotated[str, Meta(min_length=1, max_length=500)]


class VoidOut(msgspec.Struct, frozen=True, kw_only=True):
    """How many numbers became void."""

    voided: int


class RunOut(msgspec.Struct, frozen=True, kw_only=True):
    """A job that was started."""

    run_id: UUID
