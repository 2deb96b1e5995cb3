"""The report of a day as one sheet of paper."""

from functools import lru_cache

import msgspec
import typst

from entrepot.fulfilment.boards.domain import LABELS, duration
from entrepot.fulfilment.boards.figures import ERRORS
from entrepot.fulfilment.way.stages import LABELS as STAGE_LABELS
from entrepot.insights.reports.figures import Figures
from entrepot.kit import i18n
from entrepot.kit.text import N_

TITLE = N_("The floor on {day}")
SO_FAR = N_("so far, at {time}")
LEFT = N_("Left the building")
COMPARED = (N_("Today"), N_("A week before"), N_("Usually on this weekday"))
ROWS = (N_("Orders"), N_("Lines"), N_("Pieces"), N_("Value of the goods"))
STATIONS = N_("Done at each station")
STATION_HEADS = (N_("Station"), N_("Orders"), N_("Usually"))
TIMES = N_("Time per stage")
TIME_HEADS = (N_("Stage"), N_("Orders"), N_("Half within"), N_("Nine of ten within"), N_("Hands on it"))
TOTALS = N_("Hands were on orders for {working}; orders waited for {waiting}, all added up.")
WRONG = N_("What went wrong")
WRONG_HEADS = (N_("What"), N_("Why"), N_("Times"))
NOTHING_WRONG = N_("Nothing that anybody noted.")
MOST_ERRORS = 12

_PAGE = """
#let data = json(bytes(sys.inputs.data))
#set document(title: data.title)
#set page(paper: "a4", margin: 18mm, footer: [#data.foot #h(1fr) #context counter(page).display("1 / 1", both: true)])
#set text(size: 10pt, font: "Libertinus Serif")
#set table(stroke: 0.4pt + luma(170), inset: 5pt)
#show heading: set block(above: 7mm, below: 3mm)
#text(size: 17pt, weight: "bold")[#data.title] #h(1fr) #text(size: 12pt)[#data.site]

#data.note
#for part in data.parts {
  heading(level: 2, part.title)
  if part.rows.len() > 0 {
    table(
      columns: range(part.heads.len()).map(at => if at == part.wide { 1fr } else { auto }),
      align: (x, y) => if x < part.left { left } else { right },
      table.header(..part.heads.map(head => strong(head))),
      ..part.rows.flatten().map(cell => [#cell]),
    )
  }
  if part.note != "" { [#part.note] }
}
"""


@lru_cache(maxsize=1)
def _compiler() -> typst.Compiler:
    return typst.Compiler(ignore_system_fonts=True)


def daily_sheet(figures: Figures) -> bytes:
    """Draw the report as PDF, in the language of the request.  What people wrote travels as data, never as markup."""
    document = _compiler().compile(
        _PAGE.encode(), format="pdf", sys_inputs={"data": msgspec.json.encode(_content(figures)).decode()}
    )
    if not isinstance(document, bytes):
        raise TypeError("a report is a document of one file")
    return document


def _content(figures: Figures) -> dict[str, object]:
    day = i18n.show_day(figures.first, "full")
    if figures.last != figures.first:
        day = f"{i18n.show_day(figures.first)} – {i18n.show_day(figures.last)}"
    made = i18n.show_moment(figures.made_at)
    return {
        "title": i18n.gettext(TITLE).format(day=day),
        "site": figures.site,
        "note": "" if figures.complete else i18n.gettext(SO_FAR).format(time=made),
        "foot": f"Entrepot · {made}",
        "parts": [_left(figures), _stations(figures), _times(figures), _wrong(figures)],
    }


def _part(
    title: str, heads: list[str], rows: list[list[str]], *, left: int, wide: int, note: str = ""
) -> dict[str, object]:
    return {"title": i18n.gettext(title), "heads": heads, "rows": rows, "left": left, "wide": wide, "note": note}


def _left(figures: Figures) -> dict[str, object]:
    number = i18n.show_number
    now, before, usual = figures.billed, figures.before, figures.usual
    averages = [usual.orders, usual.lines, usual.units] if usual.weeks else []
    rows = [
        [i18n.gettext(label), number(here), number(there), number(round(averages[at])) if averages else "–"]
        for at, (label, here, there) in enumerate(
            zip(ROWS[:3], (now.orders, now.lines, now.units), (before.orders, before.lines, before.units), strict=True)
        )
    ]
    rows += [
        [
            f"{i18n.gettext(ROWS[3])} ({currency})",
            i18n.show_money(now.value[currency], currency) if currency in now.value else "–",
            i18n.show_money(before.value[currency], currency) if currency in before.value else "–",
            "–",
        ]
        for currency in sorted(now.value | before.value)
    ]
    return _part(LEFT, ["", *(i18n.gettext(head) for head in COMPARED)], rows, left=1, wide=0)


def _stations(figures: Figures) -> dict[str, object]:
    rows = [
        [i18n.gettext(LABELS[one.station]), i18n.show_number(one.orders), i18n.show_number(round(one.usual))]
        for one in figures.stations
    ]
    return _part(STATIONS, [i18n.gettext(head) for head in STATION_HEADS], rows, left=1, wide=0)


def _times(figures: Figures) -> dict[str, object]:
    rows = [
        [
            i18n.gettext(STAGE_LABELS[one.stage]),
            i18n.show_number(one.steps),
            duration(one.median_s),
            duration(one.p90_s),
            "✓" if one.working else "",
        ]
        for one in figures.stages
    ]
    note = i18n.gettext(TOTALS).format(working=duration(figures.working_s), waiting=duration(figures.waiting_s))
    heads = [i18n.gettext(head) for head in TIME_HEADS]
    return _part(TIMES, heads, rows, left=1, wide=0, note=note)


def _wrong(figures: Figures) -> dict[str, object]:
    rows = [
        [i18n.gettext(ERRORS.get(one.kind, one.kind)), one.reason or "–", i18n.show_number(one.times)]
        for one in figures.errors[:MOST_ERRORS]
    ]
    heads = [i18n.gettext(head) for head in WRONG_HEADS]
    return _part(WRONG, heads, rows, left=2, wide=1, note="" if rows else i18n.gettext(NOTHING_WRONG))
