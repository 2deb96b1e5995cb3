"""The floor as others use it.  Each use case runs inside the caller's transaction and never commits."""

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.carriers import CarrierLines, Carriers
from entrepot.fulfilment.carts.gathering import Gathering
from entrepot.fulfilment.carts.sorting import Sorting
from entrepot.fulfilment.carts.starting import Starting
from entrepot.fulfilment.carts.swapping import Swapping
from entrepot.fulfilment.carts.totes import Totes
from entrepot.fulfilment.correcting import Correcting
from entrepot.fulfilment.delivery.choosing_way import Wishes
from entrepot.fulfilment.delivery.coming_back import ComingBack
from entrepot.fulfilment.delivery.counter import Counter
from entrepot.fulfilment.delivery.fleet import Fleet
from entrepot.fulfilment.delivery.planning import Planning
from entrepot.fulfilment.delivery.timing import Timing
from entrepot.fulfilment.dispatching import Dispatching
from entrepot.fulfilment.domain import LineState, ListStatus, ParcelStatus, PushState, ShipmentState, ShortReason
from entrepot.fulfilment.expressing import Expressing
from entrepot.fulfilment.label_desk import LabelDesk
from entrepot.fulfilment.outside import OutsideShipment, OutsideShipments
from entrepot.fulfilment.packing import Packing
from entrepot.fulfilment.picking import Picking
from entrepot.fulfilment.pushing import Pushing
from entrepot.fulfilment.refs import ParcelRef, PickListRef, PickOutcome, PushRef, Released, ShipmentRef
from entrepot.fulfilment.releasing import Releasing
from entrepot.fulfilment.shipping import Shipping
from entrepot.fulfilment.way.going import Way

__all__ = [
    "CarrierLines",
    "Carriers",
    "FulfilmentService",
    "LabelDesk",
    "LineState",
    "ListStatus",
    "OutsideShipment",
    "OutsideShipments",
    "ParcelRef",
    "ParcelStatus",
    "PickListRef",
    "PickOutcome",
    "PushRef",
    "PushState",
    "Released",
    "ShipmentRef",
    "ShipmentState",
    "ShortReason",
]


class FulfilmentService:
    """The use cases of the floor, by station."""

    def __init__(self, session: AsyncSession) -> None:
        self.releasing = Releasing(session)
        self.picking = Picking(session)
        self.gathering = Gathering(session)
        self.totes = Totes(session)
        self.sorting = Sorting(session)
        self.swapping = Swapping(session)
        self.starting = Starting(session)
        self.correcting = Correcting(session)
        self.packing = Packing(session)
        self.shipping = Shipping(session)
        self.pushing = Pushing(session)
        self.way = Way(session)
        self.dispatching = Dispatching(session)
        self.expressing = Expressing(session)
        self.wishes = Wishes(session)
        self.counter = Counter(session)
        self.fleet = Fleet(session)
        self.planning = Planning(session)
        self.coming_back = ComingBack(session)
        self.timing = Timing(session)
