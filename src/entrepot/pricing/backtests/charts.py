"""What the charts of a backtest draw.  Pure."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from entrepot.pricing.backtests.refs import Curve, Line
from entrepot.pricing.domain.history import Totals

type Values = Sequence[Decimal | None]


def steps(
    lines: Sequence[tuple[str, Curve, Values]], until: int, currency: str, *, shaded: Curve | None = None
) -> dict[str, Any]:
    """Return prices that hold until they change, on one axis.

    Args:
        lines: label, the curve whose moments count, and the value from each of them on.
        until: where the chart ends, in seconds since 1970.
        currency: of the prices.
        shaded: the curve whose time in the buy box is shaded.
    """
    axis = [*sorted({at for _, curve, _ in lines for at in curve.at if at < until}), until]
    return {
        "x": axis,
        "series": [{"label": label, "values": _held(curve, values, axis)} for label, curve, values in lines],
        "currency": currency,
        "bands": _boxes(shaded, until) if shaded else [],
    }


def _boxes(curve: Curve, until: int) -> list[tuple[int, int]]:
    """Return from when until when the buy box was ours."""
    found: list[tuple[int, int]] = []
    for begins, ends, ours in zip(curve.at, (*curve.at[1:], until), curve.box, strict=True):
        if ours and found and found[-1][1] == begins:
            found[-1] = (found[-1][0], ends)
        elif ours:
            found.append((begins, ends))
    return found


def _held(curve: Curve, values: Values, axis: Sequence[int]) -> list[float | None]:
    found: list[float | None] = []
    place = -1
    for at in axis:
        while place + 1 < len(curve.at) and curve.at[place + 1] <= at:
            place += 1
        value = values[place] if place >= 0 else None
        found.append(None if value is None else float(value))  # a picture, no money
    return found


def daily(lines: Sequence[tuple[str, Line]], figure: str, currency: str = "") -> dict[str, Any]:
    """Return a figure of each day: ``margin``, ``units``, ``box_percent`` or ``average``."""
    days = sorted({day.day for _, line in lines for day in line.days})
    return {
        "x": [_noon(day.toordinal()) for day in days],
        "series": [
            {"label": label, "values": [_figure(known.get(day), figure) for day in days]}
            for label, line in lines
            for known in ({one.day: one.totals for one in line.days},)
        ],
        **({"currency": currency} if currency else {}),
    }


def _noon(ordinal: int) -> int:
    return (ordinal - 719_163) * 86_400 + 43_200


def _figure(totals: Totals | None, figure: str) -> float | None:
    if totals is None:
        return None
    return round(float(getattr(totals, figure)), 2)  # a picture, no money
