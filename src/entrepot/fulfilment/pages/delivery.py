"""The delivery of one order: how it leaves, to which pick-up point, with which carrier, and what proves that it arrived."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.plugins.htmx import HTMXRequest
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.fulfilment import views
from entrepot.fulfilment.account_services import AccountServices
from entrepot.fulfilment.carriers import Carriers
from entrepot.fulfilment.contract_carriage import ServicePoint
from entrepot.fulfilment.delivery.choosing_way import accounts_with_points
from entrepot.fulfilment.delivery.cut_offs import URGENCY_LABELS, URGENCY_TONES
from entrepot.fulfilment.delivery.routing import FAIL_LABELS, STOP_LABELS
from entrepot.fulfilment.delivery.views import changes_of, proofs_of, tries_of
from entrepot.fulfilment.dispatching import HAND_OVER_LABELS, HandOver
from entrepot.fulfilment.domain import ParcelStatus, ShipmentState
from entrepot.fulfilment.http import carrier_lines, chosen_id, own_transaction, text_fields
from entrepot.fulfilment.pages.desks import change_desk, point_desk
from entrepot.fulfilment.pages.reports import keep_proofs, read_report
from entrepot.fulfilment.pages.routes import STOP_TONES
from entrepot.fulfilment.registry import carriers
from entrepot.fulfilment.repository import ParcelRepository
from entrepot.fulfilment.service import FulfilmentService
from entrepot.kit import i18n
from entrepot.kit.errors import EntrepotError, InvalidInputError
from entrepot.kit.text import N_
from entrepot.orders.refs import OrderRef
from entrepot.orders.service import OrderService

PATH = "/fulfilment/delivery"
LONGEST_ID = 80
CHOOSE_FILE = N_("Choose a photo or a scanned slip.")


class DeliveryPages(Controller):
    """Delivery of an order."""

    path = PATH
    include_in_schema = False

    @get("/{order_id:uuid}", opt=needs(Right.FULFILMENT_READ))
    async def show(
        self, request: HTMXRequest, order_id: UUID, principal: Principal, account: str = "", postcode: str = "",
        country: str = "",
    ) -> Template:  # fmt: skip
        """Show it; with a carrier and a postcode, the carrier's pick-up points there."""
        if not account:
            return await _page(request, order_id, principal)
        try:
            async with carrier_lines(request) as lines:
                found = await point_desk(request, principal, lines).search(
                    chosen_id({"account": account}, "account"), country, postcode
                )
        except EntrepotError as error:
            return await _page(request, order_id, principal, error)
        asked = {"account": account, "postcode": postcode, "country": country}
        return await _page(request, order_id, principal, points=found, asked=asked)

    @post("/{order_id:uuid}/how", opt=needs(Right.FULFILMENT_PACK), status_code=200)
    async def choose(self, request: HTMXRequest, order_id: UUID, principal: Principal) -> Response[Any] | Template:
        """Say how it leaves."""
        values = await text_fields(request)
        how = HandOver(values["how"]) if values.get("how") in set(HandOver) else HandOver.CARRIER
        try:
            async with own_transaction(request, principal) as session:
                await FulfilmentService(session).wishes.choose(order_id, how, area=values.get("area", ""))
        except EntrepotError as error:
            return await _page(request, order_id, principal, error)
        return Redirect(f"{PATH}/{order_id}", status_code=303)

    @post("/{order_id:uuid}/point", opt=needs(Right.FULFILMENT_PACK), status_code=200)
    async def point(self, request: HTMXRequest, order_id: UUID, principal: Principal) -> Response[Any] | Template:
        """Have the carrier bring it to a pick-up point."""
        values = await text_fields(request)
        try:
            async with carrier_lines(request) as lines:
                await point_desk(request, principal, lines).choose(
                    order_id,
                    chosen_id(values, "account"),
                    values.get("point", "")[:LONGEST_ID],
                    country=values.get("country", ""),
                    postcode=values.get("postcode", ""),
                )
        except EntrepotError as error:
            return await _page(request, order_id, principal, error)
        return Redirect(f"{PATH}/{order_id}", status_code=303)

    @post("/{order_id:uuid}/carrier", opt=needs(Right.FULFILMENT_SHIP), status_code=200)
    async def carrier(self, request: HTMXRequest, order_id: UUID, principal: Principal) -> Response[Any] | Template:
        """Give a packed parcel to another carrier."""
        values = await text_fields(request)
        try:
            target = values.get("to", "")
            how = HandOver(target) if target in {HandOver.COUNTER, HandOver.DRIVER} else HandOver.CARRIER
            account, _, service = target.partition(":")
            async with carrier_lines(request) as lines:
                await change_desk(request, principal, lines).change(
                    chosen_id(values, "parcel"),
                    values.get("reason", ""),
                    how=how,
                    account_id=chosen_id({"to": account}, "to") if how is HandOver.CARRIER else None,
                    service=service,
                )
        except EntrepotError as error:
            return await _page(request, order_id, principal, error)
        return Redirect(f"{PATH}/{order_id}", status_code=303)

    @post("/{order_id:uuid}/proofs", opt=needs(Right.FULFILMENT_SHIP), status_code=200)
    async def proof(self, request: HTMXRequest, order_id: UUID, principal: Principal) -> Response[Any] | Template:
        """Keep a photo, or a slip that came on paper."""
        report = await read_report(request)
        try:
            if not report.files:
                raise InvalidInputError({"slip": CHOOSE_FILE})
            async with own_transaction(request, principal) as session:
                await keep_proofs(request, session, report, order_id)
        except EntrepotError as error:
            return await _page(request, order_id, principal, error)
        return Redirect(f"{PATH}/{order_id}", status_code=303)


async def delivery_of(session: AsyncSession, order: OrderRef, known: views.Known = views.EVERYTHING) -> dict[str, Any]:
    """Return what the panel of an order's delivery shows, of which there is what *known* says."""
    service = FulfilmentService(session)
    return {
        "wish": await service.wishes.of(order.id) if known.wish else None,
        "time_left": (await service.timing.left([order.id], promised={order.id: order.ship_by})).get(order.id),
        "proofs": await proofs_of(session, order.id) if known.proofs else [],
        "tries": await tries_of(session, order.id) if known.tries else [],
        "carrier_changes": await changes_of(session, order.id) if known.changes else [],
        "how_labels": HAND_OVER_LABELS,
        "fail_labels": FAIL_LABELS,
        "try_labels": STOP_LABELS,
        "try_tones": STOP_TONES,
        "urgency_labels": URGENCY_LABELS,
        "urgency_tones": URGENCY_TONES,
    }


async def _page(
    request: HTMXRequest,
    order_id: UUID,
    principal: Principal,
    error: EntrepotError | None = None,
    *,
    points: tuple[ServicePoint, ...] | None = None,
    asked: dict[str, str] | None = None,
) -> Template:
    async with own_transaction(request, principal) as session:
        order = await OrderService(session).order(order_id)
        context = await delivery_of(session, order)
        shipments = await ParcelRepository(session).shipments_of(order_id)
        active = {
            one.parcel_id: one for one in shipments if one.state not in {ShipmentState.FAILED, ShipmentState.CANCELLED}
        }
        parcels = await ParcelRepository(session).parcels_of(order_id)
        accounts = await accounts_with_points(session, order)
        areas = await FulfilmentService(session).fleet.areas()
        context |= {
            "order": order,
            "parcels": [(one, active.get(one.id)) for one in parcels if one.status is ParcelStatus.PACKED],
            "choices": await _carriers(session, order),
            "free": order.status not in {"shipped", "delivered", "cancelled", "handed_over"} and not active,
            "point_accounts": accounts,
            "areas": [one for one in areas if one.seller_id == order.seller_id],
            "points": points,
            "asked": asked or {"account": "", "postcode": order.ship_postcode, "country": order.ship_country},
            "error": error,
            "problems": list(getattr(error, "problems", {}).values()),
        }
    return Template("fulfilment/delivery.html", context=context, status_code=422 if error else 200)


async def _carriers(session: AsyncSession, order: OrderRef) -> dict[str, str]:
    known = carriers()
    accounts = [
        one
        for one in await Carriers(session).accounts(order.seller_id)
        if one.active and one.carrier in known and known[one.carrier].serves(order.channel)
    ]
    services = await AccountServices(session).of(accounts)
    return {
        f"{one.id}:{service.code}": f"{one.name} · {i18n.gettext(service.name)}"
        for one in accounts
        for service in services[one.id]
    }


ROUTES = [DeliveryPages]
