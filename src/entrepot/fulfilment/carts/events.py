"""What carts, the put wall and lot swaps tell the others."""

from typing import ClassVar

from entrepot.fulfilment.events import FloorEvent


class ToteBound(FloorEvent, frozen=True, kw_only=True):
    """An order has a tote."""

    topic: ClassVar[str] = "fulfilment.tote_bound"

    pick_list: str
    tote: str


class LotSwapped(FloorEvent, frozen=True, kw_only=True):
    """Another lot than the suggested one is taken."""

    topic: ClassVar[str] = "fulfilment.lot_swapped"

    sku: str
    location: str
    before: str
    after: str
    quantity: int
    reason: str


class ItemSorted(FloorEvent, frozen=True, kw_only=True):
    """A piece was put into the compartment of its order, or taken out of it again."""

    topic: ClassVar[str] = "fulfilment.item_sorted"

    pick_list: str
    sku: str
    quantity: int
