"""Pages of competing offers: which markets changed, and one of them over time."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.navigation import NavItem
from entrepot.access.rights import Right
from entrepot.channels.service import ChannelService
from entrepot.kit.clock import now
from entrepot.kit.i18n import gettext
from entrepot.kit.text import N_
from entrepot.pricewatch.competing.contract import MarketMoment, MarketRow
from entrepot.pricewatch.competing.service import CompetingService

ROWS = 50
BACK = timedelta(days=90)
MOST_LINES = 6
"""Competitors drawn in one chart."""
LONGEST_GTIN = 50


class CompetingPages(Controller):
    """What others ask on the channels."""

    path = "/prices/competing"
    opt = needs(Right.PRICEWATCH_READ)
    include_in_schema = False

    @get()
    async def index(self, session: AsyncSession, q: str = "", cursor: str = "") -> Template:
        """List markets, those that changed last first."""
        query = q.replace("\0", "").strip()[:LONGEST_GTIN]
        service = CompetingService(session)
        rows = await service.markets(query=query, after=_place(cursor), limit=ROWS + 1)
        last = rows[ROWS - 1] if len(rows) > ROWS else None
        context = {
            "rows": rows[:ROWS],
            "known": await service.competitors({row.account_id for row in rows}, _numbers(rows)),
            "accounts": {one.id: one.name for one in await ChannelService(session).accounts()},
            "query": {"q": query} if query else {},
            "first": "/prices/competing" if cursor else None,
            "next": f"/prices/competing?q={query}&cursor={_cursor(last)}" if last else None,
        }
        return Template("pricewatch/competing/list.html", context=context)

    @get("/{account_id:uuid}/{gtin:str}")
    async def show(self, session: AsyncSession, account_id: FromPath[UUID], gtin: FromPath[str]) -> Template:
        """Show who asks what, who did until lately, and how it was over time."""
        account = await ChannelService(session).account(account_id)
        service = CompetingService(session)
        asked = gtin.replace("\0", "")
        market = (await service.latest([account_id], [asked])).get((account_id, asked))
        moments: list[MarketMoment] = []
        if market is not None:
            moments = await service.history(asked, now() - BACK, account_ids=[account_id], country=market.country)
        absences = await service.absences(account_id, asked, now() - BACK, country=market.country if market else "")
        numbers = {offer.competitor for moment in moments for offer in moment.offers}
        numbers |= {one.competitor for one in absences} | _numbers([market] if market else [])
        known = {number: one for (_, number), one in (await service.competitors([account_id], numbers)).items()}
        context = {
            "account": account,
            "gtin": asked,
            "market": market,
            "known": known,
            "prices": _chart(moments, {number: one.name for number, one in known.items() if one.name}),
            "absences": absences,
        }
        return Template("pricewatch/competing/market.html", context=context)

    @post("/{account_id:uuid}/{gtin:str}", opt=needs(Right.PRICEWATCH_MANAGE), status_code=200)
    async def read(
        self, request: Request[Any, Any, Any], session: AsyncSession, account_id: FromPath[UUID], gtin: FromPath[str]
    ) -> Redirect:
        """Have it read now."""
        account = await ChannelService(session).account(account_id)
        country = str((await request.form()).get("country", "")).replace("\0", "")[:2]
        await CompetingService(session).ask(account, [gtin.replace("\0", "")[:LONGEST_GTIN]], country)
        return Redirect(f"/prices/competing/{account_id}/{gtin}", status_code=303)


def _cursor(row: MarketRow) -> str:
    at = row.changed_at.isoformat().replace("+00:00", "Z") if row.changed_at else ""
    return f"{at}~{row.account_id}~{row.gtin}~{row.country}"


def _place(cursor: str) -> tuple[datetime, UUID, str, str] | None:
    parts = cursor.replace("\0", "").split("~")
    if len(parts) != 4:  # noqa: PLR2004 -- see above
        return None
    try:
        at, account_id = datetime.fromisoformat(parts[0]), UUID(parts[1])
    except ValueError:
        return None
    return None if at.tzinfo is None else (at, account_id, parts[2], parts[3])


def _numbers(rows: list[MarketRow]) -> set[str]:
    return {offer.competitor for row in rows for offer in row.offers}


def _chart(moments: list[MarketMoment], called: dict[str, str]) -> dict[str, Any]:
    """Return the price of whom is there most, and of the buy box, from each moment on until now."""
    if not moments:
        return {"x": [], "series": []}
    there: dict[str, int] = {}
    for moment in moments:
        for competitor in {offer.competitor for offer in moment.offers}:
            there[competitor] = there.get(competitor, 0) + 1
    names = sorted(there, key=lambda name: (-there[name], name))[: MOST_LINES - 1]

    def lowest(moment: MarketMoment, name: str | None) -> Decimal | None:
        return min(
            (one.price for one in moment.offers if (one.best if name is None else one.competitor == name)),
            default=None,
        )

    closing = [*moments, moments[-1]]
    lines: list[tuple[str, str | None]] = [
        (gettext(N_("Buy box")), None),
        *((called.get(name, name), name) for name in names),
    ]
    currency = next((offer.currency for moment in moments for offer in moment.offers), "")
    return {
        "x": [*(int(moment.observed_at.timestamp()) for moment in moments), int(now().timestamp())],
        "series": [
            {
                "label": label,
                "values": [
                    None if price is None else float(price)  # a picture, no money
                    for moment in closing
                    for price in (lowest(moment, name),)
                ],
            }
            for label, name in lines
        ],
        **({"currency": currency} if currency else {}),
    }


ROUTES = [CompetingPages]
NAV = [
    NavItem(
        section="prices",
        label=N_("Competing offers"),
        url="/prices/competing",
        icon="users",
        right=Right.PRICEWATCH_READ,
        order=50,
    )
]
