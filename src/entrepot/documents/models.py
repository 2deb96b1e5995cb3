"""Tables of documents.  Only this slice reads or writes them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from entrepot.kit.database import Base, BigInt


class Document(Base):
    """A file and what it is attached to; its content is in object storage."""

    __tablename__ = "document"
    __table_args__ = (
        CheckConstraint("size >= 0", name="size_not_negative"),
        Index("ix_document_subject_id", "subject_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    subject_kind: Mapped[str]
    """``product``, ``order`` ..."""
    subject_id: Mapped[UUID]
    name: Mapped[str]
    """As the file was called by whoever uploaded it, cleaned."""
    media_type: Mapped[str]
    """Found in the content, not believed from the upload."""
    size: Mapped[int] = mapped_column(BigInt)
    sha256: Mapped[str]
    storage_key: Mapped[str]
    author: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
