"""A price over time as a small picture, for messages."""

from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from typing import Any

import msgspec
import typst

from entrepot.kit import i18n

WIDTH, HEIGHT = 560, 220
LEFT, RIGHT, TOP, BOTTOM = 70, 16, 34, 28
PPI = 144

_PAGE = """
#let data = json(bytes(sys.inputs.data))
#set page(width: data.width * 1pt, height: data.height * 1pt, margin: 0pt, fill: white)
#set text(size: 10pt, font: "Libertinus Serif", fill: luma(60))
#place(dx: 16pt, dy: 10pt, box(width: data.width * 1pt - 32pt, height: 14pt, clip: true, text(weight: "bold", size: 11pt, data.title)))
#for tick in data.ticks {
  place(dx: data.left * 1pt, dy: tick.y * 1pt, line(length: data.plot * 1pt, stroke: 0.5pt + luma(215)))
  place(dx: 4pt, dy: tick.y * 1pt - 5pt, box(width: data.left * 1pt - 10pt, align(right, tick.label)))
}
#for day in data.days {
  place(dx: day.x * 1pt - 40pt, dy: data.height * 1pt - 20pt, box(width: 80pt, align(center, day.label)))
}
#place(curve(
  stroke: (paint: rgb("#1f5fbf"), thickness: 2pt, join: "round"),
  curve.move((data.points.at(0).x * 1pt, data.points.at(0).y * 1pt)),
  ..data.points.slice(1).map(point => curve.line((point.x * 1pt, point.y * 1pt))),
))
#let end = data.points.last()
#place(dx: end.x * 1pt - 4pt, dy: end.y * 1pt - 4pt, circle(radius: 4pt, fill: rgb("#c2410c")))
"""


@lru_cache(maxsize=1)
def _compiler() -> typst.Compiler:
    return typst.Compiler(ignore_system_fonts=True)


def draw(points: list[tuple[int, Decimal]], currency: str, title: str) -> bytes:
    """Return a PNG of a price that holds from each point to the next.  The title travels as data, never as markup.

    Args:
        points: Unix seconds and price, the oldest first; at least one.
        currency: of all prices.
        title: a line above, cut where it is too long.
    """
    picture = _compiler().compile(
        _PAGE.encode(),
        format="png",
        ppi=PPI,
        sys_inputs={"data": msgspec.json.encode(_plan(points, currency, title)).decode()},
    )
    if not isinstance(picture, bytes):
        raise TypeError("a chart is one page")
    return picture


def _plan(points: list[tuple[int, Decimal]], currency: str, title: str) -> dict[str, Any]:
    low, high = min(price for _, price in points), max(price for _, price in points)
    room = (high - low) / 10 or high / 10 or Decimal(1)
    bottom, top = max(Decimal(0), low - room), high + room
    begin, end = points[0][0], points[-1][0]
    span = max(1, end - begin)
    plot, tall = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def across(moment: int) -> float:
        return round(LEFT + plot * (moment - begin) / span, 1)

    def down(price: Decimal) -> float:
        return round(TOP + tall * float((top - price) / (top - bottom)), 1)  # a place on paper, no money

    line = [{"x": across(points[0][0]), "y": down(points[0][1])}]
    for (_, before), (moment, price) in pairwise(points):
        line += [{"x": across(moment), "y": down(before)}, {"x": across(moment), "y": down(price)}]
    marks = sorted({low, high, points[-1][1]})
    ticks = [
        {"y": down(price), "label": i18n.show_money(price, currency)}
        for at, price in enumerate(marks)
        if at == 0 or abs(down(price) - down(marks[at - 1])) > 12 or price == high  # noqa: PLR2004 -- the height of a line
    ]
    days: list[dict[str, Any]] = [
        {"x": across(moment), "label": i18n.show_day(datetime.fromtimestamp(moment, UTC), "short")}
        for moment in dict.fromkeys((begin, (begin + end) // 2, end) if span > 2 * 86_400 else (begin,))
    ]
    days[0]["x"] = max(46.0, days[0]["x"])
    days[-1]["x"] = min(WIDTH - 46.0, days[-1]["x"])
    return {
        "width": WIDTH, "height": HEIGHT, "left": LEFT, "plot": plot, "title": title,
        "points": line, "ticks": ticks, "days": days,
    }  # fmt: skip
