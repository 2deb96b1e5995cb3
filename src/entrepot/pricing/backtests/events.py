"""What happens to backtests."""

from typing import ClassVar

from entrepot.kit.outbox import Event


class BacktestBegun(Event, frozen=True, kw_only=True):
    """Somebody wants to know what a rule would have done."""

    topic: ClassVar[str] = "pricing.backtest_begun"
    subject_kind: ClassVar[str] = "pricing_backtest"

    name: str


class BacktestEnded(Event, frozen=True, kw_only=True):
    """A backtest has its result, or could not be carried out."""

    topic: ClassVar[str] = "pricing.backtest_ended"
    subject_kind: ClassVar[str] = "pricing_backtest"

    name: str
    state: str


class BacktestProgressed(Event, frozen=True, kw_only=True):
    """Some more of its offers were replayed."""

    topic: ClassVar[str] = "pricing.backtest_progressed"
    subject_kind: ClassVar[str] = "pricing_backtest"

    done: int
    offers: int
