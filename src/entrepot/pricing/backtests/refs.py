"""Backtests as the service, the pages and the API know them."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from entrepot.pricing.domain.history import Assumptions, Day, Totals

WAITING, RUNNING, DONE, FAILED = "waiting", "running", "done", "failed"


class Side(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is tried: everything a group says, or one rule at one version for all of the offers."""

    group_id: UUID
    rule_id: UUID | None = None
    version: int | None = None
    """None: the present one."""
    name: str = ""
    """As it was called when the backtest was begun."""


class Parameters(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a backtest was asked for; the same parameters on the same records give the same result."""

    sides: tuple[Side, ...]
    """One or two; the offers are those of the first one's group."""
    days: int
    begins: datetime
    ends: datetime
    assume: Assumptions = Assumptions()
    most_offers: int = 500


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one way: what really happened, or a side."""

    totals: Totals = Totals()
    days: tuple[Day, ...] = ()
    problems: dict[str, int] = {}
    """Why there was no price, and for how many offers."""


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What a backtest found."""

    actual: Line = Line()
    """Of the offers for which it is recorded what was asked."""
    sides: tuple[Line, ...] = ()
    offers: int = 0
    recorded: int = 0
    """Offers for which it is recorded what was asked."""
    without_market: int = 0
    """Offers of the group that nothing is recorded about; they are left out."""
    without_rule: int = 0
    units_sold: int = 0
    agreed: int = 0
    moments: int = 0
    """Recorded moments with a buy box; in ``agreed`` of them the model gives it to who had it."""
    currencies: tuple[str, ...] = ()


class Curve(msgspec.Struct, frozen=True, kw_only=True):
    """A path as it is stored: values that hold from each moment (seconds since 1970) on."""

    at: tuple[int, ...] = ()
    price: tuple[Decimal | None, ...] = ()
    rival: tuple[Decimal | None, ...] = ()
    floor: tuple[Decimal | None, ...] = ()
    box: tuple[bool, ...] = ()


class OfferResult(msgspec.Struct, frozen=True, kw_only=True):
    """One offer's part."""

    actual: Totals | None = None
    sides: tuple[Totals, ...] = ()
    problems: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    """Which rule counted for it, per side."""
    units_per_day: Decimal = Decimal(0)
    scaled: bool = False
    actual_curve: Curve | None = None
    curves: tuple[Curve, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestRef:
    """One backtest."""

    id: UUID
    seller_id: UUID
    name: str
    parameters: Parameters
    state: str
    offers: int
    """To be replayed."""
    done: int
    result: Result | None
    problem: str
    created_by: str
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferRef:
    """One offer of a backtest."""

    offer_id: UUID
    sku: str
    title: str
    currency: str
    result: OfferResult


def plain(value: object) -> Any:  # noqa: ANN401 -- JSON
    """Return what is stored of a struct."""
    return msgspec.to_builtins(value)
