"""What changes carriers and looks for pick-up points, for pages and programs."""

from typing import Any

from litestar import Request

from entrepot.access.principal import Principal
from entrepot.documents.pages import storage_of
from entrepot.fulfilment.carriers import CarrierLines
from entrepot.fulfilment.delivery.choosing_way import PointDesk
from entrepot.fulfilment.delivery.recarrying import CarrierChangeDesk
from entrepot.fulfilment.http import request_id


def change_desk(request: Request[Any, Any, Any], principal: Principal, lines: CarrierLines) -> CarrierChangeDesk:
    """Return what gives parcels to other carriers."""
    return CarrierChangeDesk(
        request.app.state.database,
        lines,
        storage_of(request),
        scope=principal.scope,
        actor=principal.actor,
        request_id=request_id(request),
    )


def point_desk(request: Request[Any, Any, Any], principal: Principal, lines: CarrierLines) -> PointDesk:
    """Return what looks for pick-up points."""
    return PointDesk(
        request.app.state.database,
        lines,
        scope=principal.scope,
        actor=principal.actor,
        request_id=request_id(request),
    )
