"""Planned prices of every offer."""

from uuid import UUID

from litestar import Controller, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.rights import Right
from entrepot.channels.service import ChannelService
from entrepot.kit.i18n import gettext
from entrepot.offers.prices.explaining import all_planned
from entrepot.offers.prices.pages.reading import tabs
from entrepot.offers.prices.planning import Planning
from entrepot.offers.prices.wording import PLANNED

ROWS = 200


class PlannedPages(Controller):
    """Prices from one moment to another."""

    path = "/offers/prices/planned"
    opt = needs(Right.OFFERS_READ)
    include_in_schema = False

    @get()
    async def show_list(self, session: AsyncSession, show: str = "") -> Template:
        """List what is on or coming, or what is over."""
        accounts = {account.id: account.name for account in await ChannelService(session).accounts()}
        context = {
            "rows": await all_planned(session, over=show == "over", limit=ROWS),
            "names": accounts,
            "show": show,
            "states": {key: (gettext(label), tone) for key, (label, tone) in PLANNED.items()},
            "tabs": tabs("planned"),
        }
        return Template("offers/prices/planned.html", context=context)

    @post("/{schedule_id:uuid}/call-off", opt=needs(Right.OFFERS_MANAGE))
    async def call_off(self, session: AsyncSession, schedule_id: FromPath[UUID]) -> Redirect:
        """End one now, or never begin it."""
        offer_id = await Planning(session).call_off(schedule_id)
        return Redirect(f"/offers/prices/{offer_id}", status_code=303)
