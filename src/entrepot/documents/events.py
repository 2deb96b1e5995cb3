"""What happens to documents; the subject is what they are attached to, so that its timeline shows them."""

from typing import ClassVar
from uuid import UUID

from entrepot.kit.outbox import Event


class DocumentAttached(Event, frozen=True, kw_only=True):
    """A file was attached to something."""

    topic: ClassVar[str] = "documents.attached"
    subject_kind: ClassVar[str] = "document"

    document_id: UUID
    name: str
    size: int


class DocumentRemoved(Event, frozen=True, kw_only=True):
    """A file was taken away."""

    topic: ClassVar[str] = "documents.removed"
    subject_kind: ClassVar[str] = "document"

    document_id: UUID
    name: str
