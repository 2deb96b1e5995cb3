"""What other slices say to the stock and hear from it."""

from datetime import date
from uuid import UUID

import msgspec

from entrepot.catalog.service import ProductRef


class ReservationRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What one order line needs."""

    order_id: UUID
    order_line_id: UUID
    seller_id: UUID
    product: ProductRef
    quantity: int
    warehouse_id: UUID | None = None
    """The only building to take it from; None: any."""


class ReservationOutcome(msgspec.Struct, frozen=True):
    """What became of a request."""

    order_line_id: UUID
    reserved: bool
    shortage: int
    """Units of the product that are missing; 0 if it is reserved."""


class ReservationRow(msgspec.Struct, frozen=True, kw_only=True):
    """Units in one place promised to one order line."""

    id: UUID
    seller_id: UUID
    order_id: UUID
    order_line_id: UUID
    product_id: UUID
    warehouse_id: UUID
    location_id: UUID
    location_code: str
    location_kind: str
    walk_order: int
    quantity: int
    lot: str

    @property
    def picked(self) -> bool:
        """Whether the units left their shelf and wait to be packed."""
        return self.location_kind == "staging"


class Availability(msgspec.Struct, frozen=True):
    """How much there is of one product."""

    on_hand: int = 0
    reserved: int = 0
    available: int = 0
    """Units in pickable locations that nobody has reserved; of a bundle, how many can be made of those."""
    buffer: int = 0
    sellable: int = 0
    """What channels may be told: available units less the buffer."""


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """Goods that came in."""

    product_id: UUID
    location_id: UUID
    quantity: int
    lot: str = ""
    expires_on: date | None = None
    """Of the lot; None: it says nothing, or the books know it already."""


class LotRef(msgspec.Struct, frozen=True, kw_only=True):
    """A lot as forms and other slices need it."""

    id: UUID
    seller_id: UUID
    product_id: UUID
    code: str
    expires_on: date | None
    status: str
    sellable: bool
    note: str

    def expired(self, today: date) -> bool:
        """Whether its last day of sale is over."""
        return self.expires_on is not None and self.expires_on < today


class LocationRef(msgspec.Struct, frozen=True, kw_only=True):
    """A location as forms and other slices need it."""

    id: UUID
    warehouse_id: UUID
    seller_id: UUID | None
    kind: str
    code: str
    path: str
    pickable: bool
    capacity: int | None = None
    walk_order: int = 0
    max_units: int | None = None


class LostReservation(msgspec.Struct, frozen=True, kw_only=True):
    """An order line that was promised goods which turned out not to be there."""

    order_id: UUID
    order_line_id: UUID
    product_id: UUID
    quantity: int
