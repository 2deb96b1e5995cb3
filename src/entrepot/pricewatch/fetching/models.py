"""Tables of fetching.  Only this slice reads or writes them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from entrepot.kit.database import Base
from entrepot.kit.sql import text


class PriceHost(Base):
    """A host that pages are fetched from, and which process may ask it now.

    Belongs to nobody: however many sellers watch a store, it is asked as often as one would.
    """

    __tablename__ = "price_host"
    __table_args__ = (
        CheckConstraint("(holder IS NULL) = (leased_until IS NULL)", name="held_is_leased"),
        CheckConstraint("interval_ms >= 0 AND strikes >= 0", name="numbers_not_negative"),
    )

    host: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[UUID | None]
    """The fetcher that may ask it."""
    leased_until: Mapped[datetime | None]
    wanted: Mapped[bool] = mapped_column(server_default=text("false"))
    """Another fetcher waits for it."""
    interval_ms: Mapped[int] = mapped_column(server_default=text("0"))
    """The longest that the holder keeps between two requests: if it dies, the next waits as long after its lease."""
    asked_at: Mapped[datetime | None]
    """When it was asked last, as far as it was given back."""
    free_at: Mapped[datetime] = mapped_column(server_default=func.now())
    """Not asked before."""
    closed_until: Mapped[datetime | None]
    """It said: nothing before this."""
    strikes: Mapped[int] = mapped_column(server_default=text("0"))
    """How often in a row it said that we ask too often."""
