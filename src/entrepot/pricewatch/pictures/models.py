"""The table of pictures.  Only this slice reads or writes it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from entrepot.kit.database import Base
from entrepot.kit.sql import text


class WatchedPicture(Base):
    """The picture of a watched product, or that it did not come; its content is in object storage.

    A trigger notes the keys of removed ones, so that a job can remove the content.
    """

    __tablename__ = "watched_picture"
    __table_args__ = (
        ForeignKeyConstraint(
            ["seller_id", "watched_product_id"],
            ["watched_product.seller_id", "watched_product.id"],
            name="fk_watched_picture_watched_product",
            ondelete="CASCADE",
        ),
        CheckConstraint("(storage_key = '') = (media_type = '')", name="kept_has_kind"),
        CheckConstraint("bytes >= 0 AND tries >= 0", name="numbers_not_negative"),
    )

    watched_product_id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    url: Mapped[str]
    """That was asked for; the product's may be another one by now."""
    media_type: Mapped[str] = mapped_column(server_default="")
    """Found in the content; empty: nothing is kept."""
    bytes: Mapped[int] = mapped_column(server_default=text("0"))
    sha256: Mapped[str] = mapped_column(server_default="")
    storage_key: Mapped[str] = mapped_column(server_default="")
    tries: Mapped[int] = mapped_column(server_default=text("0"))
    """In a row that brought nothing."""
    asked_at: Mapped[datetime]
    next_try_at: Mapped[datetime | None]
    """None: it came, or is given up."""
