"""What the job of backtests is told."""

from uuid import UUID

import msgspec


class ForgetBacktests(msgspec.Struct, frozen=True):
    """Remove backtests that nobody looks at any more."""


class RunBacktest(msgspec.Struct, frozen=True):
    """Replay recorded history under one or two rule sets."""

    seller_id: UUID
    backtest_id: UUID
