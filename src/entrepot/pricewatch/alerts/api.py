"""REST API v1 of alerts: of the user whose token it is."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import UNSET, UnsetType
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.messaging.service import person_of
from entrepot.pricewatch.alerts.domain import AlertKind, Basis, Direction
from entrepot.pricewatch.alerts.errors import AlertNotFoundError
from entrepot.pricewatch.alerts.pages import principal_seller
from entrepot.pricewatch.alerts.service import USUAL_DAYS, AlertService
from entrepot.pricewatch.alerts.views import AlertView, alerts

type Limit = Annotated[int, QueryParameter(ge=1, le=200)]


class AlertOut(msgspec.Struct, kw_only=True):
    """What a user wants to be told, of a listing, a product, a group, or (none of them) of everything."""

    id: UUID
    listing_id: UUID | None
    watched_product_id: UUID | None
    group_id: UUID | None
    kind: AlertKind
    direction: Direction
    basis: Basis
    threshold: Decimal
    currency: str
    days: int
    again: Decimal | None
    enabled: bool
    sentence: str
    """What it does, in words."""
    fired_at: datetime | None
    fired_count: int
    created_at: datetime
    version: int


class AlertList(msgspec.Struct):
    """A page of alerts."""

    items: list[AlertOut]
    next: str | None


class NewAlert(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """An alert to be made; at most one of the three ids."""

    kind: AlertKind
    listing_id: UUID | None = None
    watched_product_id: UUID | None = None
    group_id: UUID | None = None
    direction: Direction = Direction.DOWN
    basis: Basis = Basis.BEST
    threshold: Decimal | None = None
    """The target price, the percentage, or the amount."""
    currency: str = ""
    days: int = USUAL_DAYS
    again: Decimal | None = None


class ChangeAlert(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What is to change; fields left out stay as they are.  An alert that waits for something else begins anew."""

    kind: AlertKind | UnsetType = UNSET
    direction: Direction | UnsetType = UNSET
    basis: Basis | UnsetType = UNSET
    threshold: Decimal | UnsetType = UNSET
    currency: str | UnsetType = UNSET
    days: int | UnsetType = UNSET
    again: Decimal | UnsetType | None = UNSET
    enabled: bool | UnsetType = UNSET
    version: int | None = None


class AlertApi(Controller):
    """Alerts."""

    path = "/api/v1/price-alerts"
    tags = ("price watch",)
    opt = needs(Right.PRICEWATCH_READ)

    @get(operation_id="listPriceAlerts", summary="List price alerts")
    async def show_list(
        self,
        session: AsyncSession,
        principal: Principal,
        watched_product_id: UUID | None = None,
        cursor: UUID | None = None,
        limit: Limit = 50,
    ) -> AlertList:
        """List the user's alerts, the newest first; of one product also those of its group and of everything."""
        rows = await alerts(
            session,
            person_of(principal),
            watched_product_id=watched_product_id,
            before=cursor,
            limit=limit + 1,
        )
        following = str(rows[limit - 1].alert.id) if len(rows) > limit else None
        return AlertList([_out(row) for row in rows[:limit]], following)

    @post(operation_id="addPriceAlert", summary="Make a price alert")
    async def add(self, session: AsyncSession, principal: Principal, data: JSONBody[NewAlert]) -> AlertOut:
        """Make an alert; one that is true already tells its user at once."""
        user_id = person_of(principal)
        one = data.listing_id is not None or data.watched_product_id is not None
        alert_id = await AlertService(session, user_id).add(
            principal_seller(principal, None) if one else principal.seller_id(),
            _given(msgspec.to_builtins(data)),
            listing_id=data.listing_id,
            watched_product_id=data.watched_product_id,
            group_id=data.group_id,
        )
        return await _one(session, user_id, alert_id)

    @get("/{alert_id:uuid}", operation_id="getPriceAlert", summary="Show a price alert")
    async def show(self, session: AsyncSession, principal: Principal, alert_id: FromPath[UUID]) -> AlertOut:
        """Show one of the user's alerts."""
        return await _one(session, person_of(principal), alert_id)

    @patch("/{alert_id:uuid}", operation_id="changePriceAlert", summary="Change a price alert")
    async def change(
        self, session: AsyncSession, principal: Principal, alert_id: FromPath[UUID], data: JSONBody[ChangeAlert]
    ) -> AlertOut:
        """Let an alert wait for something else, rest, or look again."""
        user_id = person_of(principal)
        service = AlertService(session, user_id)
        fields: dict[str, Any] = msgspec.to_builtins(data)
        wanted = {name: value for name, value in fields.items() if name not in {"enabled", "version"}}
        if wanted:
            present = msgspec.to_builtins(await _one(session, user_id, alert_id))
            await service.change(alert_id, _given(present | wanted), version=data.version)
        if data.enabled is not UNSET:
            await service.switch(alert_id, on=data.enabled)
        return await _one(session, user_id, alert_id)

    @delete("/{alert_id:uuid}", operation_id="removePriceAlert", summary="Remove a price alert")
    async def remove(self, session: AsyncSession, principal: Principal, alert_id: FromPath[UUID]) -> None:
        """Remove an alert; what it told stays to be read."""
        await AlertService(session, person_of(principal)).remove(alert_id)


def _given(fields: dict[str, Any]) -> dict[str, str]:
    """Return fields as a form has them."""
    return {name: "" if value is None else str(value) for name, value in fields.items()}


async def _one(session: AsyncSession, user_id: UUID, alert_id: UUID) -> AlertOut:
    found = await alerts(session, user_id, alert_id=alert_id, limit=1)
    if not found:
        raise AlertNotFoundError(alert=alert_id)
    return _out(found[0])


def _out(view: AlertView) -> AlertOut:
    alert = view.alert
    return AlertOut(
        id=alert.id,
        listing_id=alert.listing_id,
        watched_product_id=alert.watched_product_id,
        group_id=alert.group_id,
        kind=AlertKind(alert.kind),
        direction=Direction(alert.direction),
        basis=Basis(alert.basis),
        threshold=alert.threshold,
        currency=alert.currency,
        days=alert.days,
        again=alert.again,
        enabled=view.enabled,
        sentence=view.sentence,
        fired_at=view.fired_at,
        fired_count=view.fired_count,
        created_at=view.created_at,
        version=view.version,
    )


ROUTES = [AlertApi]
