"""ERP accounts for people: list, connect, look after, join."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.navigation import NavItem
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.erp import views
from entrepot.erp.contract import ErpCapability, HandOverState
from entrepot.erp.extension import all_partners
from entrepot.erp.http import connections_of, form_list, form_values, see_other
from entrepot.erp.registry import erp_spec, erps
from entrepot.erp.service import ErpService, complete
from entrepot.erp.spec import ErpSpec
from entrepot.erp.tasks import ReadErpStock
from entrepot.jobs import service as jobs
from entrepot.kit.call_log import recent_calls
from entrepot.kit.credentials import account_name, form_fields, name_field, name_problems, parse_credentials
from entrepot.kit.errors import EntrepotError, InvalidInputError
from entrepot.kit.text import N_

UNPROCESSABLE = 422
RECENT = 15
PAGE = 50

CAPABILITIES = {
    ErpCapability.HAND_OVER_ORDERS: N_("Takes orders"),
    ErpCapability.READ_STOCK: N_("Tells its stock"),
    ErpCapability.READ_TRACKING: N_("Tells carrier and tracking of what it sent"),
}


class ErpController(Controller):
    """ERP accounts."""

    path = "/erp"
    include_in_schema = False

    @get(opt=needs(Right.ERP_READ))
    async def index(self, session: AsyncSession) -> Template:
        """List accounts with their health."""
        service = ErpService(session)
        joined: dict[UUID, int] = {}
        for join in await service.joins():
            joined[join.erp_account_id] = joined.get(join.erp_account_id, 0) + 1
        context = {
            "accounts": await service.accounts(),
            "specs": erps(),
            "joined": joined,
            "counts": await views.hand_over_counts(session),
        }
        return Template("erp/list.html", context=context)

    @get("/new", opt=needs(Right.ERP_MANAGE))
    async def choose(self) -> Template:
        """Offer the ERPs there are."""
        specs = sorted(erps().values(), key=lambda spec: spec.name.lower())
        return Template("erp/choose.html", context={"specs": specs, "capabilities": CAPABILITIES})

    @get("/new/{erp:str}", opt=needs(Right.ERP_MANAGE))
    async def blank(self, erp: str) -> Template:
        """Show the form that connects an account."""
        spec = erp_spec(erp)
        return _connect_form(spec, {"name": spec.name}, {})

    @post("/new/{erp:str}", opt=needs(Right.ERP_MANAGE))
    async def connect(
        self, request: Request[Any, Any, Any], erp: str, principal: Principal, session: AsyncSession
    ) -> Response[Any] | Template:
        """Try the credentials, and store the account if everything is there."""
        spec = erp_spec(erp)
        values = await form_values(request)
        try:
            credentials = parse_credentials(spec, values)
            name = account_name(values)
            async with connections_of(request.app.state) as connections:
                service = ErpService(session, connections)
                account = await service.connect(principal.seller_id(), spec, credentials, name=name)
        except InvalidInputError as error:
            return _connect_form(spec, values, name_problems(values) | error.problems, status=UNPROCESSABLE)
        except EntrepotError as error:
            return _connect_form(spec, values, {}, failure=error, status=UNPROCESSABLE)
        return see_other(f"/erp/{account.id}")

    @post("/new/{erp:str}/test", opt=needs(Right.ERP_MANAGE), status_code=200)
    async def try_out(self, request: Request[Any, Any, Any], erp: str, principal: Principal) -> Template:
        """Try credentials and store nothing."""
        spec = erp_spec(erp)
        report = None
        try:
            credentials = parse_credentials(spec, await form_values(request))
            async with connections_of(request.app.state) as connections:
                report = await connections.try_out(spec, credentials, seller_id=principal.seller_id())
            complete(spec, report)
        except EntrepotError as error:
            return Template("erp/_test.html", context={"failure": error, "report": report})
        return Template("erp/_test.html", context={"failure": None, "report": report})

    @get("/{account_id:uuid}", opt=needs(Right.ERP_READ))
    async def show(self, account_id: UUID, session: AsyncSession) -> Template:
        """Show one account: checks, stock, joins, what was handed over, recent calls."""
        service = ErpService(session)
        account = await service.account(account_id)
        joins = {join.channel_account_id: join for join in await service.joins()}
        partners = [partner for partner in await all_partners(session) if partner.seller_id == account.seller_id]
        context = {
            "account": account,
            "spec": erp_spec(account.erp),
            "capabilities": CAPABILITIES,
            "partners": [(partner, joins.get(partner.id)) for partner in partners],
            "stock": await views.stock_summary(session, account_id),
            "refused": await views.hand_overs(session, account_id, state=HandOverState.REFUSED, limit=RECENT),
            "orders": await views.hand_overs(session, account_id, limit=RECENT),
            "calls": await recent_calls(session, account_id=account_id, limit=RECENT),
        }
        return Template("erp/account.html", context=context)

    @get("/{account_id:uuid}/stock", opt=needs(Right.ERP_READ))
    async def stock(
        self, account_id: UUID, session: AsyncSession, q: str = "", sku: str = "", warehouse: str = ""
    ) -> Template:
        """List what the ERP last said about its stock."""
        account = await ErpService(session).account(account_id)
        rows = await views.stock_rows(session, account_id, search=q.strip(), after=(sku, warehouse), limit=PAGE + 1)
        context = {
            "account": account,
            "rows": rows[:PAGE],
            "last": rows[PAGE - 1] if len(rows) > PAGE else None,
            "q": q,
            "names": {one.warehouse: one.name for one in account.known_warehouses},
        }
        return Template("erp/stock.html", context=context)

    @post("/{account_id:uuid}/stock", opt=needs(Right.ERP_MANAGE))
    async def read_stock(self, account_id: UUID, session: AsyncSession) -> Redirect:
        """Ask for a reading of the whole stock."""
        account = await ErpService(session).account(account_id)
        account.require()
        task = ReadErpStock(seller_id=account.seller_id, account_id=account_id)
        await jobs.enqueue(session, task, key=str(account_id))
        return see_other(f"/erp/{account_id}")

    @post("/{account_id:uuid}/switch", opt=needs(Right.ERP_MANAGE))
    async def switch(self, request: Request[Any, Any, Any], account_id: UUID, session: AsyncSession) -> Redirect:
        """Pause the account, or switch it on."""
        active = (await form_values(request)).get("active") == "true"
        await ErpService(session).switch(account_id, active=active)
        return see_other(f"/erp/{account_id}")

    @post("/{account_id:uuid}/warehouses", opt=needs(Right.ERP_MANAGE))
    async def warehouses(self, request: Request[Any, Any, Any], account_id: UUID, session: AsyncSession) -> Redirect:
        """Choose the warehouses whose stock counts."""
        await ErpService(session).change(account_id, warehouses=await form_list(request, "warehouse"))
        return see_other(f"/erp/{account_id}")

    @post("/{account_id:uuid}/joins/{partner_id:uuid}", opt=needs(Right.ERP_MANAGE))
    async def join(
        self, request: Request[Any, Any, Any], account_id: UUID, partner_id: UUID, session: AsyncSession
    ) -> Redirect:
        """Join a channel account, change what goes between, or separate it."""
        values = await form_values(request)
        service = ErpService(session)
        hand_over, take_stock = values.get("hand_over") == "true", values.get("take_stock") == "true"
        if hand_over or take_stock:
            await service.join(partner_id, account_id, hand_over=hand_over, take_stock=take_stock)
        else:
            join = await service.joined(partner_id)
            if join is not None and join.erp_account_id == account_id:
                await service.separate(partner_id)
        return see_other(f"/erp/{account_id}")

    @post("/{account_id:uuid}/test", opt=needs(Right.ERP_MANAGE), status_code=200)
    async def test(self, request: Request[Any, Any, Any], account_id: UUID, session: AsyncSession) -> Template:
        """Try the stored credentials."""
        async with connections_of(request.app.state) as connections:
            service = ErpService(session, connections)
            try:
                report = await service.test(account_id)
            except EntrepotError as error:
                await service.record_failure(account_id, error)
                return Template("erp/_test.html", context={"failure": error, "report": None})
        return Template("erp/_test.html", context={"failure": None, "report": report})

    @get("/{account_id:uuid}/edit", opt=needs(Right.ERP_MANAGE))
    async def edit(self, request: Request[Any, Any, Any], account_id: UUID, session: AsyncSession) -> Template:
        """Show the form that changes an account; secrets are never shown."""
        return await _edit_form(request, session, account_id, None, {})

    @post("/{account_id:uuid}/edit", opt=needs(Right.ERP_MANAGE))
    async def change(
        self, request: Request[Any, Any, Any], account_id: UUID, session: AsyncSession
    ) -> Response[Any] | Template:
        """Change an account; its credentials are tried again if any of them changed."""
        values = await form_values(request)
        try:
            async with connections_of(request.app.state) as connections:
                service = ErpService(session, connections)
                account = await service.account(account_id)
                stored = await service.stored_credentials(account_id)
                credentials = parse_credentials(erp_spec(account.erp), values, stored=stored)
                await service.change(
                    account_id,
                    name=account_name(values),
                    credentials=credentials if credentials != stored or not account.usable else None,
                )
        except InvalidInputError as error:
            problems = name_problems(values) | error.problems
            return await _edit_form(request, session, account_id, values, problems, status=UNPROCESSABLE)
        except EntrepotError as error:
            return await _edit_form(request, session, account_id, values, {}, failure=error, status=UNPROCESSABLE)
        return see_other(f"/erp/{account_id}")


def _connect_form(
    spec: ErpSpec[Any],
    values: dict[str, str],
    problems: dict[str, str],
    *,
    failure: EntrepotError | None = None,
    status: int = 200,
) -> Template:
    context = {
        "spec": spec,
        "fields": [name_field(values, problems), *form_fields(spec, values=values, problems=problems)],
        "failure": failure,
        "capabilities": CAPABILITIES,
    }
    return Template("erp/connect.html", context=context, status_code=status)


async def _edit_form(
    request: Request[Any, Any, Any],
    session: AsyncSession,
    account_id: UUID,
    values: dict[str, str] | None,
    problems: dict[str, str],
    *,
    failure: EntrepotError | None = None,
    status: int = 200,
) -> Template:
    async with connections_of(request.app.state) as connections:
        service = ErpService(session, connections)
        account = await service.account(account_id)
        stored = await service.stored_credentials(account_id)
    spec = erp_spec(account.erp)
    context = {
        "account": account,
        "spec": spec,
        "fields": [
            name_field(values if values is not None else {"name": account.name}, problems),
            *form_fields(spec, values=values, problems=problems, stored=stored),
        ],
        "failure": failure,
    }
    return Template("erp/edit.html", context=context, status_code=status)


ROUTES = [ErpController]
NAV = [NavItem(section="sell", label=N_("ERP"), url="/erp", icon="server", right=Right.ERP_READ, order=72)]
