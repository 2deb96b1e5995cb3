"""Pages of analytics: what rules did to the buy box, the position and the margin."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Request, get
from litestar.response import Stream, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.rights import Right
from entrepot.kit.clock import now
from entrepot.kit.csv_writing import BOM, Cell, csv_text
from entrepot.pricing.analytics import MOST_COMPARED, ProductFigures, RuleFigures, by_product, by_rule
from entrepot.pricing.pages.reading import said, tabs, uuid_of
from entrepot.pricing.rules import RuleService

DAYS = (1, 7, 30, 90)
USUAL = 7
MOST_ROWS = 50_000


class AnalyticsPages(Controller):
    """Analytics."""

    path = "/pricing/analytics"
    opt = needs(Right.PRICING_READ)
    include_in_schema = False

    @get()
    async def show(self, request: Request[Any, Any, Any], session: AsyncSession, days: str = "") -> Template:
        """Show what rules did in the last days; up to five of them are compared."""
        period = _days(days)
        since, until = _period(period)
        chosen = [found for one in request.query_params.getall("rule", []) if (found := uuid_of(one)) is not None]
        chosen = chosen[:MOST_COMPARED]
        rules = await RuleService(session).rules()
        context = {
            "tabs": tabs("analytics"),
            "days": period,
            "periods": DAYS,
            "rules": rules,
            "chosen": chosen,
            "by_rule": await by_rule(session, since, until, rule_ids=chosen or None),
            "by_product": await by_product(
                session, since, until, rule_id=chosen[0] if len(chosen) == 1 else None, limit=50
            ),
            "query": urlencode([("days", str(period)), *(("rule", str(one)) for one in chosen)]),
        }
        return Template("pricing/analytics.html", context=said(context))

    @get("/export/{what:str}")
    async def export(self, session: AsyncSession, what: str, days: str = "", rule: str = "") -> Stream:
        """Give the figures as CSV."""
        since, until = _period(_days(days))
        rule_id = uuid_of(rule)
        if what == "rules":
            rows = _rule_lines(await by_rule(session, since, until, rule_ids=_one(rule_id), limit=MOST_ROWS))
        else:
            rows = _product_lines(await by_product(session, since, until, rule_id=rule_id, limit=MOST_ROWS))
        headers = {"content-disposition": f'attachment; filename="pricing-{now():%Y-%m-%d}.csv"'}
        return Stream(iter([BOM + csv_text(rows)]), media_type="text/csv", headers=headers)


def _one(rule_id: UUID | None) -> list[UUID] | None:
    return None if rule_id is None else [rule_id]


def _days(given: str) -> int:
    return int(given) if given in {str(one) for one in DAYS} else USUAL


def _period(days: int) -> tuple[datetime, datetime]:
    until = now()
    return until - timedelta(days=days), until


def _rule_lines(rows: list[RuleFigures]) -> Iterator[list[Cell]]:
    yield [
        "rule",
        "group",
        "offers",
        "decisions",
        "applied",
        "buy_box_percent",
        "position",
        "margin",
        "at_floor",
        "units",
        "revenue",
    ]
    for row in rows:
        yield [
            row.name,
            row.group,
            row.offers,
            row.decisions,
            row.applied,
            None if row.box_share is None else round(row.box_share, 1),
            None if row.position is None else round(row.position, 1),
            None if row.margin is None else round(row.margin, 2),
            row.at_floor,
            row.units,
            " + ".join(f"{amount:.2f} {currency}" for currency, amount in row.revenue.items()),
        ]


def _product_lines(rows: list[ProductFigures]) -> Iterator[list[Cell]]:
    yield [
        "sku",
        "title",
        "account",
        "decisions",
        "applied",
        "buy_box_percent",
        "position",
        "margin",
        "lowest",
        "highest",
        "currency",
        "units",
    ]
    for row in rows:
        yield [
            row.sku,
            row.title,
            row.account,
            row.decisions,
            row.applied,
            None if row.box_share is None else round(row.box_share, 1),
            None if row.position is None else round(row.position, 1),
            None if row.margin is None else round(row.margin, 2),
            row.lowest,
            row.highest,
            row.currency,
            row.units,
        ]


ROUTES = [AnalyticsPages]
