"""What invoices tell the others."""

from typing import ClassVar

from entrepot.kit.outbox import Event


class InvoiceReceived(Event, frozen=True, kw_only=True):
    """An invoice came in, and something came of it; one that changed nothing is not told."""

    topic: ClassVar[str] = "orders.invoice_received"
    subject_kind: ClassVar[str] = "invoice"

    number: str
    source: str
    result: str


class InvoiceSettled(Event, frozen=True, kw_only=True):
    """A person decided about an invoice."""

    topic: ClassVar[str] = "orders.invoice_settled"
    subject_kind: ClassVar[str] = "invoice"

    number: str
    source: str
    decision: str
    """``dismissed`` or ``cancelled``."""
    reason: str


class SourceChanged(Event, frozen=True, kw_only=True):
    """A source was made or set up anew, a code was explained, a number declared void."""

    topic: ClassVar[str] = "orders.invoice_source_changed"
    subject_kind: ClassVar[str] = "invoice_source"

    source: str
    what: str
    """``made``, ``changed``, ``code``, ``void``, ``not_void``, ``series``."""
    detail: str = ""
