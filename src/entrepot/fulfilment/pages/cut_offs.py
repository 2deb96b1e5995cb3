"""Until when parcels must be ready, per carrier and day of the week, and the days on which nothing is collected."""

from datetime import date, time, timedelta
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.plugins.htmx import HTMXRequest
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.fulfilment.account_services import AccountServices
from entrepot.fulfilment.carriers import Carriers
from entrepot.fulfilment.delivery.cut_offs import Calendar, next_collection, times_for
from entrepot.fulfilment.delivery.errors import DeliveryFormError
from entrepot.fulfilment.delivery.timing import DAY_NEEDED, TIME_WRONG, ZONE
from entrepot.fulfilment.http import chosen_id, text_fields
from entrepot.fulfilment.pages.routes import only_seller
from entrepot.fulfilment.registry import carriers
from entrepot.fulfilment.service import FulfilmentService
from entrepot.inventory import views as inventory_views
from entrepot.kit import i18n
from entrepot.kit.clock import now
from entrepot.kit.errors import EntrepotError
from entrepot.kit.text import N_

PATH = "/fulfilment/cut-offs"
ANY_CARRIER = N_("Every carrier without times of its own")
ANY_SERVICE = N_("{carrier}, every service")
MONDAY = date(2026, 1, 5)
WEEK = range(7)


class CutOffPages(Controller):
    """Cut-off times."""

    path = PATH
    include_in_schema = False

    @get(opt=needs(Right.FULFILMENT_READ))
    async def index(self, session: AsyncSession, principal: Principal, warehouse: UUID | None = None) -> Template:
        """Show times and days off."""
        return Template("fulfilment/cut_offs.html", context=await _context(session, principal, warehouse))

    @post("/times", opt=needs(Right.ROUTES_PLAN), status_code=200)
    async def save(self, request: HTMXRequest, session: AsyncSession, principal: Principal) -> Response[Any] | Template:
        """Put the times of a carrier and service in place of those there were."""
        values = await text_fields(request)
        warehouse = chosen_id(values, "warehouse") if values.get("warehouse") else None
        try:
            async with session.begin_nested():
                account, _, service = values.get("carrier", "").partition(":")
                await FulfilmentService(session).timing.set_cut_offs(
                    principal.seller_id(),
                    _times(values),
                    account_id=chosen_id({"carrier": account}, "carrier") if account else None,
                    service=service,
                    warehouse_id=warehouse,
                )
        except EntrepotError as error:
            context = await _context(session, principal, warehouse, error)
            return Template("fulfilment/cut_offs.html", context=context, status_code=422)
        return Redirect(_address(warehouse), status_code=303)

    @post("/holidays", opt=needs(Right.ROUTES_PLAN), status_code=200)
    async def holiday(
        self, request: HTMXRequest, session: AsyncSession, principal: Principal
    ) -> Response[Any] | Template:
        """Add a day off, or take one off the list."""
        values = await text_fields(request)
        warehouse = chosen_id(values, "warehouse") if values.get("warehouse") else None
        timing = FulfilmentService(session).timing
        try:
            async with session.begin_nested():
                if values.get("remove"):
                    await timing.remove_holiday(principal.seller_id(), chosen_id(values, "remove"))
                else:
                    day, name = _day(values), values.get("name", "")
                    await timing.add_holiday(principal.seller_id(), day, name, warehouse_id=warehouse)
        except EntrepotError as error:
            context = await _context(session, principal, warehouse, error)
            return Template("fulfilment/cut_offs.html", context=context, status_code=422)
        return Redirect(_address(warehouse), status_code=303)


def _address(warehouse: UUID | None) -> str:
    return f"{PATH}?warehouse={warehouse}" if warehouse else PATH


def _times(values: dict[str, str]) -> dict[int, time]:
    try:
        return {day: time.fromisoformat(said) for day in WEEK if (said := values.get(f"day{day}", ""))}
    except ValueError:
        raise DeliveryFormError({"day": TIME_WRONG}) from None


def _day(values: dict[str, str]) -> date:
    try:
        return date.fromisoformat(values.get("day", ""))
    except ValueError:
        raise DeliveryFormError({"day": DAY_NEEDED}) from None


async def _context(
    session: AsyncSession, principal: Principal, warehouse: UUID | None, error: EntrepotError | None = None
) -> dict[str, Any]:
    seller_id = only_seller(principal)
    context: dict[str, Any] = {
        "several": seller_id is None,
        "warehouses": await inventory_views.warehouses(session),
        "warehouse": warehouse,
        "days": [i18n.show_day(MONDAY + timedelta(days=day), "EEEE") for day in WEEK],
        "today": now().date(),
        "error": error,
        "problems": list(getattr(error, "problems", {}).values()),
    }
    if seller_id is None:
        return context | {"choices": {}, "groups": [], "holidays": []}
    timing = FulfilmentService(session).timing
    rows = [one for one in await timing.cut_offs(seller_id) if one.warehouse_id == warehouse]
    names = await _names(session, seller_id)
    holidays = [one for one in await timing.holidays(seller_id) if one.warehouse_id in {None, warehouse}]
    zone = next((one.time_zone for one in context["warehouses"] if one.id == warehouse), "") or next(
        (one.time_zone for one in context["warehouses"]), ZONE
    )
    calendar = Calendar(zone=zone, cut_offs=tuple(rows), holidays=frozenset(one.day for one in holidays))
    groups: list[dict[str, Any]] = []
    for key in dict.fromkeys((one.carrier_account_id, one.service) for one in rows):
        account_id, service = key
        own = {one.weekday: one.at for one in rows if (one.carrier_account_id, one.service) == key}
        times = (
            times_for(rows, warehouse_id=warehouse, account_id=account_id, service=service)
            if account_id is not None
            else own
        )
        name = f"{account_id}:{service}" if account_id is not None else ""
        groups.append(
            {
                "key": name,
                "name": names.get(name, name),
                "times": {day: f"{at:%H:%M}" for day, at in own.items()},
                "next": next_collection(times, calendar, now()),
            }
        )
    return context | {"choices": names, "groups": groups, "holidays": holidays, "zone": zone}


async def _names(session: AsyncSession, seller_id: UUID) -> dict[str, str]:
    """Return what times can be given for: ``account:service`` -> name."""
    accounts = [one for one in await Carriers(session).accounts(seller_id) if one.carrier in carriers()]
    services = await AccountServices(session).of(accounts)
    names = {"": i18n.gettext(ANY_CARRIER)}
    for one in accounts:
        names[f"{one.id}:"] = i18n.gettext(ANY_SERVICE).format(carrier=one.name)
        names |= {f"{one.id}:{it.code}": f"{one.name} · {i18n.gettext(it.name)}" for it in services[one.id]}
    return names


ROUTES = [CutOffPages]
