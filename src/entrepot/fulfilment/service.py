"""The floor as others use it.  Each use case runs inside the caller's transaction and never commits."""

from functools import cached_property

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
    """The use cases of the floor, by station; each is made when it is asked for."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    @cached_property
    def releasing(self) -> Releasing:
        return Releasing(self._session)

    @cached_property
    def picking(self) -> Picking:
        return Picking(self._session)

    @cached_property
    def gathering(self) -> Gathering:
        return Gathering(self._session)

    @cached_property
    def totes(self) -> Totes:
        return Totes(self._session)

    @cached_property
    def sorting(self) -> Sorting:
        return Sorting(self._session)

    @cached_property
    def swapping(self) -> Swapping:
        return Swapping(self._session)

    @cached_property
    def starting(self) -> Starting:
        return Starting(self._session)

    @cached_property
    def correcting(self) -> Correcting:
        return Correcting(self._session)

    @cached_property
    def packing(self) -> Packing:
        return Packing(self._session)

    @cached_property
    def shipping(self) -> Shipping:
        return Shipping(self._session)

    @cached_property
    def pushing(self) -> Pushing:
        return Pushing(self._session)

    @cached_property
    def way(self) -> Way:
        return Way(self._session)

    @cached_property
    def dispatching(self) -> Dispatching:
        return Dispatching(self._session)

    @cached_property
    def expressing(self) -> Expressing:
        return Expressing(self._session)

    @cached_property
    def wishes(self) -> Wishes:
        return Wishes(self._session)

    @cached_property
    def counter(self) -> Counter:
        return Counter(self._session)

    @cached_property
    def fleet(self) -> Fleet:
        return Fleet(self._session)

    @cached_property
    def planning(self) -> Planning:
        return Planning(self._session)

    @cached_property
    def coming_back(self) -> ComingBack:
        return ComingBack(self._session)

    @cached_property
    def timing(self) -> Timing:
        return Timing(self._session)
