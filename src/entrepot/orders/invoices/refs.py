"""Invoices as the rest of this package, pages and programs see them."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from entrepot.channels.contract import PostalAddress
from entrepot.kit.sentence import Sentence
from entrepot.kit.text import N_


class State(StrEnum):
    """Where an invoice stands."""

    TAKEN = "taken"
    """An order was made of it, or changed by it."""
    ATTENTION = "attention"
    """A person has to look."""
    CANCELLED = "cancelled"
    DISMISSED = "dismissed"
    """Somebody decided that nothing comes of it."""


STATE_LABELS = {
    State.TAKEN: N_("Taken"),
    State.ATTENTION: N_("Needs attention"),
    State.CANCELLED: N_("Cancelled"),
    State.DISMISSED: N_("Dismissed"),
}


class Result(StrEnum):
    """What came of an invoice that was sent."""

    CREATED = "created"
    UPDATED = "updated"
    RESUBMITTED = "resubmitted"
    """Its order had been sent back, and goes on."""
    UNCHANGED = "unchanged"
    CANCELLED = "cancelled"
    CREDITED = "credited"
    ATTENTION = "attention"
    """Nothing was changed: the problems say why."""


class Kind(StrEnum):
    """What a document is."""

    INVOICE = "invoice"
    CREDIT = "credit"


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong with an invoice."""

    field: str
    """``lines.2.quantity``; empty: the whole invoice."""
    sentence: Sentence


class InvoiceLine(msgspec.Struct, frozen=True, kw_only=True):
    """Goods on an invoice."""

    code: str
    barcode: str
    name: str
    quantity: int
    unit_price: Decimal
    discount: Decimal
    packing: str
    shelf: str
    lot: str
    expires_on: date | None


class InvoiceDraft(msgspec.Struct, frozen=True, kw_only=True):
    """An invoice that could be read."""

    number: str
    kind: Kind
    credits: str
    cancelled: bool
    reason: str
    invoiced_on: date | None
    salesman: str
    customer_number: str
    customer_name: str
    area: str
    route: str
    priority: int
    remarks: str
    reference: str
    currency: str
    ship_by: datetime | None
    shipping_total: Decimal
    ship_to: PostalAddress
    bill_to: PostalAddress | None
    lines: tuple[InvoiceLine, ...]


class SourceRef(msgspec.Struct, frozen=True, kw_only=True):
    """A program that sends invoices."""

    id: UUID
    seller_id: UUID
    key: str
    name: str
    order_prefix: str
    currency: str
    country: str
    warehouse_id: UUID | None
    mapping: dict[str, Any]
    folder: str | None
    folder_watched: bool


class InvoiceRef(msgspec.Struct, frozen=True, kw_only=True):
    """An invoice as it is stored."""

    id: UUID
    seller_id: UUID
    source_id: UUID
    number: str
    kind: Kind
    state: State
    order_id: UUID | None
    credits: str
    taken_back: dict[UUID, int]
    fingerprint: str
    raw: dict[str, Any]
    origin: str
    import_id: UUID | None
    version: int


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one invoice."""

    number: str
    result: Result
    invoice_id: UUID | None = None
    order_id: UUID | None = None
    order_number: str = ""
    put_back: bool = False
    """Goods of its order were off the shelf and have to be put back."""
    problems: tuple[Problem, ...] = ()
    unknown: tuple[str, ...] = ()
    """Codes that no product has."""
