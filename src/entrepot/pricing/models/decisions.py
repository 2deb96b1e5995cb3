"""Tables of decisions, and of the governor.  Only this slice reads or writes them."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    func,
)
from sqlalchemy.orm import Mapped, mapped_column

from entrepot.kit.database import Base
from entrepot.kit.sql import text


class Standing(Base):
    """How pricing stands with an offer: the last decision, and what a strategy remembers."""

    __tablename__ = "pricing_standing"
    __table_args__ = (
        ForeignKeyConstraint(["offer_id"], ["offer.id"], name="fk_pricing_standing_offer_id", ondelete="CASCADE"),
        Index("ix_pricing_standing_account_id", "account_id", "applied_at"),
        Index("ix_pricing_standing_seller_id", "seller_id", "applied_at"),
        Index(
            "ix_pricing_standing_at_floor",
            "seller_id",
            "account_id",
            postgresql_where=text("at_floor AND outcome IN ('applied', 'unchanged')"),
        ),
        Index("ix_pricing_standing_group_id", "group_id", "outcome"),
        Index(
            "ix_pricing_standing_open",
            "seller_id",
            "offer_id",
            postgresql_where=text("outcome IN ('proposed', 'held', 'frozen')"),
        ),
        CheckConstraint(
            "price_after IS NULL OR (price_after >= coalesce(floor, price_after)"
            " AND price_after <= coalesce(ceiling, price_after))",
            name="inside_limits",
        ),
    )

    offer_id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    account_id: Mapped[UUID]
    group_id: Mapped[UUID | None]
    rule_id: Mapped[UUID | None]
    rule_version: Mapped[int | None]
    decision_id: Mapped[UUID | None]
    outcome: Mapped[str]
    currency: Mapped[str]
    price_before: Mapped[Decimal | None]
    price_after: Mapped[Decimal | None]
    floor: Mapped[Decimal | None]
    ceiling: Mapped[Decimal | None]
    at_floor: Mapped[bool] = mapped_column(server_default=text("false"))
    has_box: Mapped[bool | None]
    """None: nobody told us yet."""
    position: Mapped[int | None]
    """1: nobody is cheaper."""
    stock: Mapped[int | None]
    stock_at: Mapped[datetime | None]
    memory: Mapped[dict[str, Any] | None]
    """What the strategy keeps between two decisions (win, then raise)."""
    decided_at: Mapped[datetime]
    next_look_at: Mapped[datetime | None]
    """When limits or hours change by the clock alone: the offer is looked at then, however slow its group's pace is."""
    logged_at: Mapped[datetime]
    """When the newest row of the log was written: an unchanged decision is written once a day."""
    applied_at: Mapped[datetime | None]


class Decision(Base):
    """What was decided about a price, and why.  Added, never changed; old ones are removed by retention."""

    __tablename__ = "pricing_decision"
    __table_args__ = (
        CheckConstraint(
            "outcome IN ('proposed', 'applied', 'held', 'frozen', 'dry_run', 'unchanged')", name="outcome_known"
        ),
        CheckConstraint(
            "price_after IS NULL OR (price_after >= coalesce(floor, price_after)"
            " AND price_after <= coalesce(ceiling, price_after))",
            name="inside_limits",
        ),
        CheckConstraint("outcome <> 'applied' OR price_after IS NOT NULL", name="applied_has_price"),
        Index("ix_pricing_decision_offer_id", "offer_id", "decided_at"),
        Index("ix_pricing_decision_seller_id", "seller_id", "decided_at", "id"),
        Index("ix_pricing_decision_rule_id", "rule_id", "decided_at"),
        Index("ix_pricing_decision_decided_at", "decided_at", postgresql_using="brin"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    account_id: Mapped[UUID]
    offer_id: Mapped[UUID]
    group_id: Mapped[UUID | None]
    rule_id: Mapped[UUID | None]
    rule_version: Mapped[int | None]
    trigger: Mapped[str]
    outcome: Mapped[str]
    currency: Mapped[str]
    price_before: Mapped[Decimal | None]
    price_after: Mapped[Decimal | None]
    floor: Mapped[Decimal | None]
    ceiling: Mapped[Decimal | None]
    limits: Mapped[list[str]] = mapped_column(server_default=text("'[]'::jsonb"))
    has_box: Mapped[bool | None]
    position: Mapped[int | None]
    margin: Mapped[Decimal | None]
    """What one unit would leave at *price_after*, or at *price_before* where nothing changes; None: costs unknown."""
    derivation: Mapped[dict[str, Any]]
    actor_name: Mapped[str]
    decided_at: Mapped[datetime]


class Approval(Base):
    """A change too large for one person: held until somebody else agrees."""

    __tablename__ = "pricing_approval"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'approved', 'refused', 'overtaken')", name="state_known"),
        CheckConstraint("(state IN ('approved', 'refused')) = (answered_by <> '')", name="answered_by_somebody"),
        CheckConstraint(
            "answered_by = '' OR (answered_by <> requested_by AND NOT jsonb_exists(asked_by, answered_by))",
            name="four_eyes",
        ),
        CheckConstraint("(state = 'waiting') = (answered_at IS NULL)", name="answered_at_some_time"),
        Index("uq_pricing_approval_waiting", "offer_id", unique=True, postgresql_where=text("state = 'waiting'")),
        Index("ix_pricing_approval_seller_id", "seller_id", "id"),
        Index("ix_pricing_approval_offer_id", "offer_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    account_id: Mapped[UUID]
    offer_id: Mapped[UUID]
    decision_id: Mapped[UUID]
    currency: Mapped[str]
    price_before: Mapped[Decimal]
    price_after: Mapped[Decimal]
    floor: Mapped[Decimal | None]
    ceiling: Mapped[Decimal | None]
    state: Mapped[str]
    requested_by: Mapped[str]
    """The id of who asked for it: who pressed apply, or who switched on the rule that wants it."""
    requested_by_name: Mapped[str]
    asked_by: Mapped[list[str]]
    """The ids of all whose will it is, none of whom may agree: also who switched the group on or chose its offers, who
    entered the costs last, and who made the API key that acted."""
    requested_at: Mapped[datetime] = mapped_column(server_default=func.now())
    answered_by: Mapped[str] = mapped_column(server_default="")
    answered_by_name: Mapped[str] = mapped_column(server_default="")
    answered_at: Mapped[datetime | None]


class Limits(Base):
    """What the governor allows: for the instance (no seller), a seller, or one account.  Empty: as the next wider one."""

    __tablename__ = "pricing_limits"
    __table_args__ = (
        UniqueConstraint("seller_id", "account_id", postgresql_nulls_not_distinct=True),
        ForeignKeyConstraint(["account_id"], ["channel_account.id"], name="fk_pricing_limits_account_id"),
        CheckConstraint("account_id IS NULL OR seller_id IS NOT NULL", name="account_has_seller"),
        CheckConstraint(
            "least(step_percent, hour_percent, approval_percent, hour_share, day_share, floor_share, stock_share) >= 0",
            name="shares_not_negative",
        ),
        CheckConstraint("greatest(hour_share, day_share, floor_share, stock_share) <= 100", name="shares_sane"),
        CheckConstraint("least(hour_items, day_items, stock_units, least_offers) >= 0", name="counts_not_negative"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID | None]
    account_id: Mapped[UUID | None]
    step_percent: Mapped[Decimal | None]
    hour_percent: Mapped[Decimal | None]
    approval_percent: Mapped[Decimal | None]
    hour_share: Mapped[Decimal | None]
    day_share: Mapped[Decimal | None]
    floor_share: Mapped[Decimal | None]
    stock_share: Mapped[Decimal | None]
    stock_units: Mapped[int | None]
    hour_items: Mapped[int | None]
    day_items: Mapped[int | None]
    least_offers: Mapped[int | None]
    updated_by: Mapped[str]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Counter(Base):
    """One row per scope (``instance``, ``seller:<id>``, ``account:<id>``): locked while prices are let through.

    The instance's own row has no seller; every transaction counts in it, so it holds nothing but numbers.
    """

    __tablename__ = "pricing_counter"

    scope: Mapped[str] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID | None]
    counting_since: Mapped[datetime]
    """What moved before counts no more: set when a freeze is resumed."""
    hour_began: Mapped[datetime]
    hour_moved: Mapped[int]
    day_began: Mapped[datetime]
    day_moved: Mapped[int]
    floor_allowed: Mapped[Decimal] = mapped_column(server_default=text("0"))
    """The share at the floor with which somebody resumed: it alone does not freeze again."""


class Freeze(Base):
    """Nothing is sent any more: of the instance, a seller or an account, since when, why, and who ended it."""

    __tablename__ = "pricing_freeze"
    __table_args__ = (
        CheckConstraint("(ended_at IS NULL) = (ended_by = '')", name="ended_by_somebody"),
        Index("uq_pricing_freeze_open", "scope", unique=True, postgresql_where=text("ended_at IS NULL")),
        Index("ix_pricing_freeze_began_at", "began_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    scope: Mapped[str]
    seller_id: Mapped[UUID | None]
    account_id: Mapped[UUID | None]
    cause: Mapped[str]
    facts: Mapped[dict[str, Any]]
    began_at: Mapped[datetime] = mapped_column(server_default=func.now())
    began_by: Mapped[str]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[str] = mapped_column(server_default="")


class Touched(Base):
    """An offer whose price is to be looked at soon: bursts of events meet here, and one run takes them all."""

    __tablename__ = "pricing_touched"
    __table_args__ = (
        ForeignKeyConstraint(["offer_id"], ["offer.id"], name="fk_pricing_touched_offer_id", ondelete="CASCADE"),
        Index("ix_pricing_touched_account_id", "account_id", "read_market", "offer_id"),
    )

    offer_id: Mapped[UUID] = mapped_column(primary_key=True)
    seller_id: Mapped[UUID]
    account_id: Mapped[UUID]
    trigger: Mapped[str]
    read_market: Mapped[bool]
    """The market has to be read first."""
