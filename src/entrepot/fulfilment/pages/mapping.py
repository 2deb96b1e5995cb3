"""What each channel account calls our carriers and those of the ERP: what is missing first."""

from collections import defaultdict
from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.rights import Right
from entrepot.channels.accounts import AccountRef
from entrepot.channels.contract import Capability, ChannelCarrier, ListsCarriers
from entrepot.channels.errors import CannotDoThatError
from entrepot.channels.http import connections_of, form_values, see_other
from entrepot.channels.registry import connectors
from entrepot.channels.service import ChannelService
from entrepot.fulfilment.carriers import Carriers
from entrepot.fulfilment.mapping import CarrierMappings, code_for, read_carriers
from entrepot.fulfilment.registry import carriers as carrier_specs
from entrepot.fulfilment.views.mappings import used_carriers
from entrepot.kit import i18n
from entrepot.kit.text import N_

EVERY_SERVICE = N_("Every service")
LONGEST = 100


class MappingPages(Controller):
    """The carrier mapping."""

    path = "/carriers/mapping"
    include_in_schema = False

    @get(opt=needs(Right.CARRIERS_MANAGE))
    async def index(self, session: AsyncSession) -> Template:
        """List the accounts that want carriers by their own codes."""
        accounts = [one for one in await ChannelService(session).accounts() if _lists(one)]
        mappings = CarrierMappings(session)
        rows = [
            {
                "account": account,
                "missing": sum(row["code"] is None for row in await _rows(session, account)),
                "waiting": await mappings.waiting(account.id),
            }
            for account in accounts
        ]
        return Template("fulfilment/mappings.html", context={"rows": rows})

    @get("/{account_id:uuid}", opt=needs(Right.CARRIERS_MANAGE))
    async def show(
        self, request: Request[Any, Any, Any], session: AsyncSession, account_id: FromPath[UUID]
    ) -> Template:
        """Show what one account calls each carrier, what is unmapped first."""
        account = await ChannelService(session).account(account_id)
        accepted = await CarrierMappings(session).accepted(account_id)
        if accepted is None and account.may_read and _lists(account):
            accepted = await _read(request, session, account)
        rows = await _rows(session, account)
        context = {
            "account": account,
            "rows": sorted(rows, key=lambda row: (row["code"] is not None, -row["waiting"])),
            "missing": [row for row in rows if row["code"] is None],
            "options": [{"value": one.code, "label": f"{one.name} ({one.code})"} for one in accepted or ()],
            "names": {one.code: one.name for one in accepted or ()},
        }
        return Template("fulfilment/mapping.html", context=context)

    @post("/{account_id:uuid}", opt=needs(Right.CARRIERS_MANAGE))
    async def choose(
        self, request: Request[Any, Any, Any], session: AsyncSession, account_id: FromPath[UUID]
    ) -> Redirect:
        """Say what the channel calls a carrier."""
        account = await ChannelService(session).account(account_id)
        values = await form_values(request)
        carrier, service = values.get("carrier", "").strip()[:LONGEST], values.get("service", "").strip()[:LONGEST]
        if carrier:
            code = values.get("code", "").strip()[:LONGEST]
            await CarrierMappings(session).choose(account, carrier, service, code)
        return see_other(f"/carriers/mapping/{account_id}")

    @post("/{account_id:uuid}/read", opt=needs(Right.CARRIERS_MANAGE))
    async def read(
        self, request: Request[Any, Any, Any], session: AsyncSession, account_id: FromPath[UUID]
    ) -> Redirect:
        """Read the channel's list of carriers again."""
        account = await ChannelService(session).account(account_id)
        account.require_read()
        await _read(request, session, account)
        return see_other(f"/carriers/mapping/{account_id}")


def _lists(account: AccountRef) -> bool:
    spec = connectors().get(account.channel)
    return spec is not None and Capability.LIST_CARRIERS in spec.capabilities


async def _read(request: Request[Any, Any, Any], session: AsyncSession, account: AccountRef) -> list[ChannelCarrier]:
    async with connections_of(request.app.state) as connections:
        connector = await ChannelService(session, connections).connector(account.id, why="read carriers")
        if not isinstance(connector, ListsCarriers):
            raise CannotDoThatError(channel=account.channel, capability=Capability.LIST_CARRIERS)
        accepted = await read_carriers(connector)
    await CarrierMappings(session).remember(account, accepted)
    return accepted


async def _rows(session: AsyncSession, account: AccountRef) -> list[dict[str, Any]]:
    """Return every carrier that may be named to the account: connected, used, or mapped."""
    mappings = CarrierMappings(session)
    chosen = await mappings.chosen(account.id)
    accepted = await mappings.accepted(account.id) or []
    specs = {spec.code: spec for spec in carrier_specs().values()}
    parcels: defaultdict[tuple[str, str], int] = defaultdict(int)
    waiting: defaultdict[tuple[str, str], int] = defaultdict(int)
    wanted: dict[tuple[str, str], None] = {}
    for used in await used_carriers(session, account.id):
        wanted[used.carrier, ""] = None
        for place in {(used.carrier, ""), (used.carrier, used.service)}:
            parcels[place] += used.parcels
            waiting[place] += used.waiting
    for one in await Carriers(session).accounts(account.seller_id):
        spec = carrier_specs().get(one.carrier)
        if spec is None:
            continue
        wanted[spec.code, ""] = None
        if len(spec.services) > 1:
            wanted |= dict.fromkeys((spec.code, service.code) for service in spec.services)
    wanted |= dict.fromkeys(chosen)
    rows: list[dict[str, Any]] = []
    for carrier, service in sorted(wanted):
        spec = specs.get(carrier)
        service_names = {one.code: one.name for one in spec.services} if spec is not None else {}
        rows.append(
            {
                "carrier": carrier,
                "service": service,
                "name": spec.name if spec is not None else carrier,
                "service_name": i18n.gettext(service_names.get(service, service) if service else EVERY_SERVICE),
                "code": code_for(carrier, service, chosen, accepted),
                "chosen": chosen.get((carrier, service), ""),
                "parcels": parcels[carrier, service],
                "waiting": waiting[carrier, service],
            }
        )
    return rows


ROUTES = [MappingPages]
