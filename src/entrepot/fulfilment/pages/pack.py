"""The pack station."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.plugins.htmx import ClientRedirect, HTMXRequest
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.catalog.service import CatalogService
from entrepot.fulfilment import views
from entrepot.fulfilment.account_services import AccountServices
from entrepot.fulfilment.carriage.choice import Reason
from entrepot.fulfilment.carriage.choosing import written
from entrepot.fulfilment.carriage.rating import Rating
from entrepot.fulfilment.carriage.rules import Rules
from entrepot.fulfilment.carriage.views import choices_of
from entrepot.fulfilment.carriers import Carriers
from entrepot.fulfilment.contract import CarrierCapability
from entrepot.fulfilment.domain import ParcelStatus
from entrepot.fulfilment.errors import UnknownStationCodeError
from entrepot.fulfilment.http import (
    carrier_lines,
    chosen_id,
    label_desk,
    own_transaction,
    text_fields,
    whole_number,
)
from entrepot.fulfilment.packing import BoxAtHand
from entrepot.fulfilment.registry import carriers
from entrepot.fulfilment.repository import ParcelRepository
from entrepot.fulfilment.service import FulfilmentService
from entrepot.kit.errors import EntrepotError
from entrepot.kit.ids import new_id
from entrepot.orders.service import OrderService


class PackPages(Controller):
    """Pack, label, ship."""

    path = "/fulfilment/pack"
    include_in_schema = False

    @get(opt=needs(Right.FULFILMENT_READ))
    async def queue(self, session: AsyncSession) -> Template:
        """Show what waits to be packed, and a box to scan an order or pick list."""
        return Template("fulfilment/pack_queue.html", context={"rows": await views.to_pack(session), "error": None})

    @post("/find", opt=needs(Right.FULFILMENT_READ), status_code=200)
    async def find(self, request: HTMXRequest, session: AsyncSession) -> Response[Any] | Template:
        """Open the order that a code stands for."""
        code = (await text_fields(request)).get("code", "")
        found = await views.orders_called(session, code)
        if not found:
            context = {"rows": await views.to_pack(session), "error": UnknownStationCodeError(code=code[:60])}
            name = "fulfilment/_pack_queue.html" if request.htmx else "fulfilment/pack_queue.html"
            return Template(name, context=context)
        url = f"/fulfilment/pack/{found[0]}"
        return ClientRedirect(url) if request.htmx else Redirect(url, status_code=303)

    @get("/{order_id:uuid}", opt=needs(Right.FULFILMENT_READ))
    async def station(self, order_id: UUID, session: AsyncSession) -> Template:
        """Show what goes into the box."""
        return Template("fulfilment/pack.html", context=await _station(session, order_id))

    @get("/parcels/{parcel_id:uuid}/rates", opt=needs(Right.FULFILMENT_READ))
    async def rates(self, request: HTMXRequest, parcel_id: UUID, principal: Principal) -> Template:
        """Ask every carrier that tells its prices."""
        async with carrier_lines(request) as lines:
            rating = Rating(lines)
            async with own_transaction(request, principal) as session:
                parcel = await FulfilmentService(session).packing.parcel(parcel_id)
                await rating.prepare(session, parcel)
            found = await rating.ask()
        return Template("fulfilment/rates.html", context={"parcel": parcel, "found": found})

    @post("/{order_id:uuid}", opt=needs(Right.FULFILMENT_PACK), status_code=200)
    async def pack(self, request: HTMXRequest, order_id: UUID, principal: Principal) -> Response[Any] | Template:
        """Pack what was chosen; then make the label and ship it, if so asked."""
        values = await text_fields(request)
        error: EntrepotError | None = None
        try:
            async with own_transaction(request, principal) as session:
                lines = {
                    chosen_id({name: name.removeprefix("line-")}, name): whole_number(text, name)
                    for name, text in values.items()
                    if name.startswith("line-") and text
                }
                sides = [values.get(name, "") for name in ("length_mm", "width_mm", "height_mm")]
                size = None
                if all(sides):
                    length, width, height = (whole_number(side, "size") for side in sides)
                    size = length, width, height
                parcel = await FulfilmentService(session).packing.pack(
                    order_id,
                    weight_g=whole_number(values.get("weight_g", ""), "weight_g"),
                    lines=lines or None,
                    size_mm=size,
                    client_id=values.get("client_id") or None,
                    box=BoxAtHand(reason=values.get("weight_reason", "")),
                )
            if values.get("then") == "ship":
                await _label_and_ship(request, principal, parcel.id, values)
        except EntrepotError as caught:
            error = caught
        if error is None:
            return Redirect(f"/fulfilment/pack/{order_id}", status_code=303)
        async with own_transaction(request, principal) as session:
            context = await _station(session, order_id, error, values)
        return Template("fulfilment/pack.html", context=context, status_code=422)

    @post("/parcels/{parcel_id:uuid}/{action:str}", opt=needs(Right.FULFILMENT_SHIP), status_code=200)
    async def parcel(
        self, request: HTMXRequest, parcel_id: UUID, action: str, principal: Principal
    ) -> Response[Any] | Template:
        """Label, ship or open again one parcel."""
        values = await text_fields(request)
        error: EntrepotError | None = None
        async with own_transaction(request, principal) as session:
            order_id = (await FulfilmentService(session).packing.parcel(parcel_id)).order_id
        try:
            if action == "label-and-ship":
                await _label_and_ship(request, principal, parcel_id, values)
            elif action == "label":
                async with carrier_lines(request) as lines:
                    await label_desk(request, principal, lines).make(parcel_id)
            elif action == "ship":
                async with own_transaction(request, principal) as session:
                    await FulfilmentService(session).shipping.ship(parcel_id)
            elif action == "reopen":
                async with own_transaction(request, principal) as session:
                    await FulfilmentService(session).packing.reopen(parcel_id)
        except EntrepotError as caught:
            error = caught
        if error is None:
            return Redirect(f"/fulfilment/pack/{order_id}", status_code=303)
        async with own_transaction(request, principal) as session:
            context = await _station(session, order_id, error)
        return Template("fulfilment/pack.html", context=context, status_code=422)


async def _label_and_ship(request: HTMXRequest, principal: Principal, parcel_id: UUID, values: dict[str, str]) -> None:
    account, _, service = values.get("carrier", "").partition(":")
    account_id = chosen_id({"carrier": account}, "carrier") if account else None
    async with carrier_lines(request) as lines:
        await label_desk(request, principal, lines).make(parcel_id, account_id=account_id, service=service)
    async with own_transaction(request, principal) as session:
        await FulfilmentService(session).shipping.ship(parcel_id)


async def _station(
    session: AsyncSession, order_id: UUID, error: EntrepotError | None = None, values: dict[str, str] | None = None
) -> dict[str, Any]:
    order = await OrderService(session).order(order_id)
    left = await FulfilmentService(session).packing.to_pack(order) if order.status == "picked" else {}
    products = await CatalogService(session).products({line.product_id for line in order.lines if line.product_id})
    expected = sum(
        (products[line.product_id].weight_g or 0) * left[line.id]
        for line in order.lines
        if line.id in left and line.product_id is not None and line.product_id in products
    )
    accounts = [one for one in await Carriers(session).accounts(order.seller_id) if one.active]
    installed = carriers()
    services = await AccountServices(session).of(accounts)
    shipments = {row.parcel_id: row for row in reversed(await views.shipments(session, order_id=order_id))}
    waiting = [row for row in await views.to_pack(session, limit=20) if row.order_id != order_id]
    parcels = await ParcelRepository(session).parcels_of(order_id)
    return {
        "order": order,
        "left": left,
        "products": products,
        "expected": expected,
        "parcels": [parcel for parcel in parcels if parcel.status is not ParcelStatus.CANCELLED],
        "shipments": shipments,
        "carriers": [
            (f"{one.id}:{service.code}", one.name, service.name, service.code == one.default_service)
            for one in accounts
            if one.carrier in installed and installed[one.carrier].serves(order.channel)
            for service in services[one.id]
        ],
        "by_rule": any(rule.active for rule in await Rules(session).all(order.seller_id)),
        "why": {
            key: written(Reason(one.message, one.facts))
            for key, one in (await choices_of(session, [row.id for row in shipments.values()])).items()
        },
        "rated": any(
            one.carrier in installed and CarrierCapability.QUOTES in installed[one.carrier].capabilities
            for one in accounts
        ),
        "error": error,
        "values": values or {},
        "client_id": new_id().hex,
        "next_order": waiting[0] if waiting else None,
    }


ROUTES = [PackPages]
