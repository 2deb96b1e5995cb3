"""Programs that send invoices."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.forms import field
from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.channels.http import form_values, see_other
from entrepot.inventory import views as inventory_views
from entrepot.kit.errors import EntrepotError, InvalidInputError
from entrepot.kit.i18n import gettext
from entrepot.kit.text import N_
from entrepot.orders.invoices import views
from entrepot.orders.invoices.errors import FolderTakenError, SourceTakenError
from entrepot.orders.invoices.exchange import ROOT, Exchange
from entrepot.orders.invoices.http import sellers_of
from entrepot.orders.invoices.jobs import keep_watch, look_now
from entrepot.orders.invoices.refs import SourceRef
from entrepot.orders.invoices.service import InvoiceService

UNPROCESSABLE = 422


class SourcePages(Controller):
    """Set up the programs that send invoices."""

    path = "/orders/invoices/sources"
    include_in_schema = False

    @get(opt=needs(Right.ORDERS_READ))
    async def index(self, session: AsyncSession, principal: Principal) -> Template:
        """List them."""
        return await _list(session, principal, {"currency": "EUR", "country": "NL"}, {})

    @post(opt=needs(Right.INVOICES_MANAGE), status_code=200)
    async def make(
        self, request: Request[Any, Any, Any], session: AsyncSession, principal: Principal
    ) -> Redirect | Template:
        """Make one."""
        form = await form_values(request)
        values = {name: form.get(name, "").strip() for name in ("order_prefix", "currency", "country")}
        try:
            async with session.begin_nested():
                made = await InvoiceService(session).make_source(
                    principal.seller_id(), form.get("key", "").strip().lower(), form.get("name", ""), **_upper(values)
                )
        except (InvalidInputError, SourceTakenError) as error:
            return await _list(session, principal, form, _problems(error, "key"), UNPROCESSABLE)
        return see_other(f"/orders/invoices/sources/{made.id}")

    @get("/{source_id:uuid}", opt=needs(Right.ORDERS_READ))
    async def show(self, source_id: FromPath[UUID], session: AsyncSession, request: Request[Any, Any, Any]) -> Template:
        """Show one."""
        source = await InvoiceService(session).source_by_id(source_id)
        return await _page(request, session, source, _values(source), {})

    @post("/{source_id:uuid}", opt=needs(Right.INVOICES_MANAGE), status_code=200)
    async def change(
        self, request: Request[Any, Any, Any], source_id: FromPath[UUID], session: AsyncSession
    ) -> Redirect | Template:
        """Set it up."""
        form = await form_values(request)
        service = InvoiceService(session)
        source = await service.source_by_id(source_id)
        names = ("name", "order_prefix", "currency", "country", "folder")
        values: dict[str, Any] = _upper({name: form.get(name, "").strip() for name in names})
        warehouse = form.get("warehouse_id", "")
        values |= {"folder_watched": "folder_watched" in form, "warehouse_id": UUID(warehouse) if warehouse else None}
        try:
            async with session.begin_nested():
                changed = await service.change_source(source_id, **values)
                if changed.folder:
                    Exchange(request.app.state.settings.data_dir, changed.folder).prepare()
                await keep_watch(session, changed)
        except EntrepotError as error:
            return await _page(request, session, source, form, _problems(error, "folder"))
        return see_other(f"/orders/invoices/sources/{source_id}")

    @post("/{source_id:uuid}/look", opt=needs(Right.INVOICES_IMPORT))
    async def look(self, source_id: FromPath[UUID], session: AsyncSession, principal: Principal) -> Redirect:
        """Look into the folder at once."""
        source = await InvoiceService(session).source_by_id(source_id)
        run_id = await look_now(session, source)
        can_follow = principal.can(Right.JOBS_READ)
        return see_other(f"/jobs/{run_id}" if can_follow else f"/orders/invoices/sources/{source_id}")

    @post("/{source_id:uuid}/codes", opt=needs(Right.INVOICES_IMPORT), status_code=200)
    async def explain(
        self, request: Request[Any, Any, Any], source_id: FromPath[UUID], session: AsyncSession
    ) -> Redirect | Template:
        """Say what a code means, or with “forget” that nobody says anything about it any more."""
        form = await form_values(request)
        service = InvoiceService(session)
        source = await service.source_by_id(source_id)
        try:
            async with session.begin_nested():
                if form.get("forget"):
                    await service.forget_code(source, form.get("code", ""))
                else:
                    sku = None if form.get("no_goods") else form.get("sku", "")
                    await service.explain_code(source, form.get("code", ""), sku)
        except EntrepotError as error:
            return await _page(request, session, source, _values(source), {}, _sentence(error))
        return see_other(f"/orders/invoices/sources/{source_id}")


def _values(source: SourceRef) -> dict[str, Any]:
    names = ("name", "order_prefix", "currency", "country", "folder", "folder_watched", "warehouse_id")
    return {name: value if (value := getattr(source, name)) is not None else "" for name in names}


def _upper(values: dict[str, str]) -> dict[str, str]:
    return {name: value.upper() if name in {"currency", "country"} else value for name, value in values.items()}


def _problems(error: EntrepotError, name: str) -> dict[str, str]:
    if isinstance(error, InvalidInputError):
        return error.problems
    if isinstance(error, FolderTakenError):
        name = "folder"
    return {name: _sentence(error)}


def _sentence(error: EntrepotError) -> str:
    if isinstance(error, InvalidInputError):
        return " ".join(gettext(problem) for problem in error.problems.values())
    return gettext(error.message).format(**error.facts)


async def _list(
    session: AsyncSession,
    principal: Principal,
    values: Mapping[str, Any],
    problems: Mapping[str, str],
    status: int = 200,
) -> Template:
    fields = [
        field("name", N_("Name"), value=values.get("name", ""), problems=problems, half=True, maxlength=120),
        field(
            "key",
            N_("Short name"),
            value=values.get("key", ""),
            problems=problems,
            half=True,
            maxlength=40,
            hint=N_("Part of the address that the program sends to, like exact-nl. It stays."),
        ),
        *_money_and_place(values, problems),
    ]
    context = {"sources": await views.sources(session, sellers_of(principal)), "fields": fields}
    return Template("orders/invoices/sources.html", context=context, status_code=status)


def _money_and_place(values: Mapping[str, Any], problems: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        field(
            "currency",
            N_("Currency"),
            value=values.get("currency", ""),
            problems=problems,
            half=True,
            maxlength=3,
            hint=N_("Of invoices that name none."),
        ),
        field(
            "country",
            N_("Country"),
            value=values.get("country", ""),
            problems=problems,
            half=True,
            required=False,
            maxlength=2,
            hint=N_("Of addresses that name none: two letters, like NL."),
        ),
        field(
            "order_prefix",
            N_("Order prefix"),
            value=values.get("order_prefix", ""),
            problems=problems,
            half=True,
            required=False,
            maxlength=12,
            hint=N_("Stands before the invoice's number in the order's, where two programs count alike."),
        ),
    ]


async def _page(
    request: Request[Any, Any, Any],
    session: AsyncSession,
    source: SourceRef,
    values: Mapping[str, Any],
    problems: Mapping[str, str],
    code_error: str = "",
) -> Template:
    warehouses = await inventory_views.warehouses(session)
    fields = [
        field("name", N_("Name"), value=values.get("name", ""), problems=problems, half=True, maxlength=120),
        *_money_and_place(values, problems),
        field(
            "warehouse_id",
            N_("Ship from"),
            kind="select",
            value=values.get("warehouse_id", ""),
            problems=problems,
            half=True,
            required=False,
            options=[{"value": one.id, "label": one.name} for one in warehouses],
            hint=N_("Empty: wherever there is stock."),
        ),
        field(
            "folder",
            N_("Folder"),
            value=values.get("folder", ""),
            problems=problems,
            half=True,
            required=False,
            maxlength=60,
            hint=N_("A name of its own below “exchange” in the hub's data folder."),
        ),
        field(
            "folder_watched",
            N_("Take files from this folder every minute"),
            kind="checkbox",
            value=bool(values.get("folder_watched")),
            required=False,
        ),
    ]
    context = {
        "source": source,
        "fields": fields,
        "codes": await views.codes(session, source),
        "code_error": code_error,
        "folder": f"{ROOT}/{source.folder}" if source.folder else "",
        "address": f"{request.app.state.settings.address}/api/v1/invoice-sources/{source.key}/invoices",
    }
    refused = bool(problems or code_error)
    return Template("orders/invoices/source.html", context=context, status_code=UNPROCESSABLE if refused else 200)


ROUTES = [SourcePages]
