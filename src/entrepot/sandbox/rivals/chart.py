"""A drawing of what a product's offers asked over the last hours."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from entrepot.sandbox.rivals.product import State

WIDTH, HEIGHT = 640, 160
_EDGE = 4


class Line(msgspec.Struct, frozen=True):
    """One offer's prices as an SVG path; where it was out of stock there is none."""

    offer_id: str
    path: str


class Chart(msgspec.Struct, frozen=True):
    """Lines, and what the top and the bottom stand for."""

    lines: tuple[Line, ...]
    lowest: float
    highest: float


def draw(states: Mapping[str, Sequence[State]], most: float, now: datetime, span: timedelta) -> Chart:
    """Draw the last *span*; prices above *most* are cut off, so that a madman does not flatten all others."""
    start = now - span
    prices = [min(most, float(state.price)) for found in states.values() for state in found if state.in_stock] or [
        0.0,
        most,
    ]
    lowest, highest = min(prices), max(prices)
    scale = (HEIGHT - 2 * _EDGE) / ((highest - lowest) or 1)

    def x(at: datetime) -> float:
        return round(max(0.0, (at - start) / span) * WIDTH, 1)

    def y(price: float) -> float:
        return round(HEIGHT - _EDGE - (min(most, price) - lowest) * scale, 1)

    def path(found: Sequence[State]) -> str:
        steps: list[str] = []
        for state, ends in zip(found, [*(after.at for after in found[1:]), now], strict=True):
            if state.in_stock and ends > start:
                joint = "L" if steps and steps[-1].endswith(f"H{x(state.at)}") else "M"
                steps.append(f"{joint}{x(state.at)} {y(float(state.price))}H{x(ends)}")
        return "".join(steps)

    return Chart(tuple(Line(offer_id, path(found)) for offer_id, found in states.items()), lowest, highest)
