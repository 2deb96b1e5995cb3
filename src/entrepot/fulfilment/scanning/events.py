"""What scanning tells the others."""

from typing import ClassVar

from entrepot.kit.outbox import Event


class ScanNeedsReview(Event, frozen=True, kw_only=True):
    """Something scanned on a device could not be applied."""

    topic: ClassVar[str] = "fulfilment.scan_needs_review"
    subject_kind: ClassVar[str] = "pick_list"

    pick_list: str
    what: str
    code: str
    name: str
    """Who scanned it."""


class ScanReviewed(Event, frozen=True, kw_only=True):
    """Somebody decided about such a scan."""

    topic: ClassVar[str] = "fulfilment.scan_reviewed"
    subject_kind: ClassVar[str] = "pick_list"

    pick_list: str
    decision: str
    reason: str
