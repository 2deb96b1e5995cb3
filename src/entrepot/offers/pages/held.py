"""What lies in channels' own warehouses."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.rights import Right
from entrepot.channels.contract import Capability
from entrepot.channels.registry import connectors
from entrepot.channels.service import ChannelService
from entrepot.jobs import service as jobs
from entrepot.offers.held_repository import HeldRepository
from entrepot.offers.tasks import ReadHeldStock

PAGE = 50


class HeldPages(Controller):
    """Stock with channels."""

    path = "/held-stock"
    include_in_schema = False

    @get(opt=needs(Right.OFFERS_READ))
    async def index(self, session: AsyncSession, q: str = "", account: str = "", after: str = "") -> Template:
        """List what channels hold for us."""
        held = HeldRepository(session)
        q = q.replace("\0", "").strip()
        rows = await held.find(search=q, account_id=_uuid(account), after=_uuid(after), limit=PAGE + 1)
        query = {name: value for name, value in (("q", q), ("account", account)) if value}
        able = {key for key, spec in connectors().items() if Capability.READ_HELD_STOCK in spec.capabilities}
        accounts = [one for one in await ChannelService(session).accounts() if one.channel in able]
        products, sellable, damaged = await held.totals()
        context = {
            "rows": rows[:PAGE],
            "query": query,
            "q": q,
            "account": account,
            "accounts": accounts,
            "names": {one.id: one.name for one in accounts},
            "products": products,
            "sellable": sellable,
            "damaged": damaged,
            "first": f"/held-stock?{urlencode(query)}" if after else None,
            "next": f"/held-stock?{urlencode({**query, 'after': rows[PAGE - 1].id})}" if len(rows) > PAGE else None,
        }
        return Template("offers/held.html", context=context)

    @post("/{account_id:uuid}/refresh", opt=needs(Right.OFFERS_MANAGE), status_code=200)
    async def refresh(self, account_id: FromPath[UUID], session: AsyncSession) -> Response[Any]:
        """Read an account's held stock now."""
        account = await ChannelService(session).account(account_id)
        account.require_read()
        task = ReadHeldStock(seller_id=account.seller_id, account_id=account_id)
        await jobs.enqueue(session, task, key=str(account_id))
        return Redirect("/held-stock", status_code=303)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
