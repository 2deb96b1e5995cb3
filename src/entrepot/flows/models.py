"""Tables of the flows slice.  Only this slice reads or writes them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, PrimaryKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from entrepot.flows.domain import Flow, StepState
from entrepot.kit.database import Base
from entrepot.kit.sql import text

_STATES = ", ".join(f"'{state}'" for state in StepState)
_FLOWS = ", ".join(f"'{flow}'" for flow in Flow)


class FlowStep(Base):
    """One step of one run, as people see it."""

    __tablename__ = "flow_step"
    __table_args__ = (
        PrimaryKeyConstraint("run_id", "number"),
        CheckConstraint(f"state IN ({_STATES})", name="state_known"),
        CheckConstraint(f"flow IN ({_FLOWS})", name="flow_known"),
        Index("ix_flow_step_account_id", "account_id", "flow", "run_id"),
    )

    run_id: Mapped[UUID] = mapped_column(ForeignKey("job_run.id", ondelete="CASCADE"))
    number: Mapped[int]
    seller_id: Mapped[UUID]
    account_id: Mapped[UUID]
    """The channel account."""
    flow: Mapped[str]
    mode: Mapped[str]
    name: Mapped[str]
    """Key of the step."""
    state: Mapped[str]
    done: Mapped[int] = mapped_column(server_default=text("0"))
    total: Mapped[int] = mapped_column(server_default=text("0"))
    """0: not known."""
    counts: Mapped[dict[str, Any]] = mapped_column(server_default=text("'{}'::jsonb"))
    note: Mapped[str] = mapped_column(server_default="")
    """A sentence, or the template of one with its facts beside it: why it was skipped or failed."""
    facts: Mapped[dict[str, Any] | None]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
