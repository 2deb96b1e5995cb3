"""What a parcel should weigh, which box it fits into, and the rules of a site."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.catalog.service import CatalogService, ProductRef
from entrepot.fulfilment.packaging.errors import (
    BoxKindNotFoundError,
    CodeTakenError,
    PackingFormError,
    TooHeavyError,
    WeightDiffersError,
)
from entrepot.fulfilment.packaging.fitting import Box, Fit, Piece, suggest
from entrepot.fulfilment.packaging.repository import BoxKindRef, PackagingRepository, PackingRules
from entrepot.fulfilment.packaging.weights import Outcome, allowed, expected_weight, judge
from entrepot.kit.database import context_of
from entrepot.kit.ids import new_id
from entrepot.kit.text import N_
from entrepot.orders.service import OrderRef

MOST_MM = 10_000
MOST_G = 1_000_000
LONGEST = 60
LONGEST_REASON = 500
MOST_SUGGESTED = 1000
"""Pieces that are laid out one by one; more are never one parcel."""


class Scales(msgspec.Struct, frozen=True, kw_only=True):
    """What the scales said about a parcel."""

    expected_g: int | None
    measured_g: int
    allowed_g: int | None
    outcome: Outcome
    reason: str


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    """A box, and whether the goods fit into it."""

    box: BoxKindRef
    fit: Fit


class Packaging:
    """Boxes, weights and the rules of a site."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._known = PackagingRepository(session)

    async def rules(self, seller_id: UUID, warehouse_id: UUID | None = None) -> PackingRules:
        """Return the rules of a building."""
        return await self._known.rules(seller_id, warehouse_id)

    async def set_rules(self, seller_id: UUID, rules: PackingRules, warehouse_id: UUID | None = None) -> None:
        """Change the rules of a building, or of every one without its own.

        Raises:
            PackingFormError: a number is out of range.
        """
        problems: dict[str, str] = {}
        for name, least, most in (
            ("tolerance_percent", 0, 100),
            ("tolerance_g", 0, 100_000),
            ("wait_minutes", 1, 10_080),
            ("address_labels", 0, 20),
        ):
            if not least <= getattr(rules, name) <= most:
                problems[name] = N_("This number is too small or too large.")
        if rules.consolidates not in {"", "address", "customer"}:
            problems["consolidates"] = N_("Choose one of the list.")
        if problems:
            raise PackingFormError(problems)
        await self._known.write_rules(seller_id, warehouse_id, rules)

    # -- kinds of boxes

    async def kinds(self, seller_id: UUID, *, inactive: bool = False) -> list[BoxKindRef]:
        """Return the kinds of boxes, the smallest first."""
        return await self._known.kinds(seller_id, inactive=inactive)

    async def kind(self, kind_id: UUID) -> BoxKindRef:
        """Return one kind.

        Raises:
            BoxKindNotFoundError: there is none.
        """
        found = await self._known.kind(kind_id)
        if found is None:
            raise BoxKindNotFoundError(code=str(kind_id))
        return found

    async def kind_called(self, seller_id: UUID, code: str) -> BoxKindRef | None:
        """Return the kind whose barcode was scanned."""
        found = await self._known.kind_called(seller_id, code.strip())
        return found if found is not None and found.active else None

    async def add_kind(
        self,
        seller_id: UUID,
        *,
        code: str,
        name: str,
        size_mm: tuple[int, int, int],
        own_weight_g: int,
        max_weight_g: int | None = None,
    ) -> BoxKindRef:
        """Add a kind of box, with its inner dimensions.

        Raises:
            PackingFormError: something is missing or cannot be.
            CodeTakenError: another kind has the barcode.
        """
        barcode, words = code.strip().upper()[:LONGEST], name.strip()[:LONGEST]
        problems: dict[str, str] = {}
        if not barcode:
            problems["code"] = N_("Enter the barcode on the box.")
        if not words:
            problems["name"] = N_("Enter a name.")
        if not all(1 <= side <= MOST_MM for side in size_mm):
            problems["length_mm"] = N_("Enter the inner length, width and height in millimetres.")
        if not 0 <= own_weight_g <= MOST_G or not (max_weight_g is None or own_weight_g < max_weight_g <= MOST_G):
            problems["own_weight_g"] = N_("Enter what the empty box weighs, and at most may weigh with its goods.")
        if problems:
            raise PackingFormError(problems)
        if await self._known.kind_called(seller_id, barcode) is not None:
            raise CodeTakenError(code=barcode)
        kind_id = new_id()
        length, width, height = size_mm
        await self._known.insert_kind(
            {
                "id": kind_id,
                "seller_id": seller_id,
                "code": barcode,
                "name": words,
                "length_mm": length,
                "width_mm": width,
                "height_mm": height,
                "own_weight_g": own_weight_g,
                "max_weight_g": max_weight_g,
                "active": True,
            }
        )
        return await self.kind(kind_id)

    async def set_active(self, kind_id: UUID, *, active: bool) -> BoxKindRef:
        """Offer a kind of box, or no longer; boxes that are packed keep it."""
        await self.kind(kind_id)
        await self._known.update_kind(kind_id, active=active)
        return await self.kind(kind_id)

    # -- what fits, and what it weighs

    async def suggest(self, orders: Sequence[OrderRef], units: Mapping[UUID, int]) -> list[Suggestion]:
        """Return the kinds of boxes with whether these units of the orders' lines fit into them, the best first."""
        pieces = [piece for order in orders for piece in await self._pieces(order, units)]
        if not pieces:
            return []
        kinds = {kind.code: kind for kind in await self._known.kinds(orders[0].seller_id)}
        boxes = [
            Box(one.code, (one.length_mm, one.width_mm, one.height_mm), one.own_weight_g, one.max_weight_g)
            for one in kinds.values()
        ]
        return [Suggestion(box=kinds[box.code], fit=fit) for box, fit in suggest(pieces, boxes)]

    async def _pieces(self, order: OrderRef, units: Mapping[UUID, int]) -> list[Piece]:
        """Return the single things: of a set its parts, unless the set itself says how large it is."""
        products = await self._products(order)
        pieces: list[Piece] = []
        for line in order.lines:
            count = units.get(line.id, 0)
            product = products.get(line.product_id) if line.product_id else None
            if product is None:
                pieces += [Piece(None, None)] * min(count, 1)
                continue
            for part, each in product.units(1).items():
                one = products.get(part)
                known = one is not None and one.length_mm and one.width_mm and one.height_mm
                size = (one.length_mm, one.width_mm, one.height_mm) if one is not None and known else None
                pieces += [Piece(size, one.weight_g if one else None)] * (each * count)  # type: ignore[arg-type]  # all three are known
            if len(pieces) > MOST_SUGGESTED:
                return pieces
        return pieces

    async def expected(self, order: OrderRef, units: Mapping[UUID, int], box_g: int = 0) -> int | None:
        """Return what these units of order lines weigh with their box; None: a product has no weight."""
        products = await self._products(order)
        pieces = [(_weight(line.product_id, products), units[line.id]) for line in order.lines if units.get(line.id)]
        return expected_weight(pieces, box_g)

    async def products(self, ids: Collection[UUID]) -> dict[UUID, ProductRef]:
        """Return products."""
        return await CatalogService(self._session).products(ids)

    async def _products(self, order: OrderRef) -> dict[UUID, ProductRef]:
        catalog = CatalogService(self._session)
        products = await catalog.products({line.product_id for line in order.lines if line.product_id})
        parts = {one.product_id for product in products.values() for one in product.components} - set(products)
        return products | (await catalog.products(parts) if parts else {})

    async def weigh(
        self, rules: PackingRules, number: str, measured_g: int, expected_g: int | None, reason: str = ""
    ) -> Scales:
        """Compare what a parcel weighs with what it should.

        Raises:
            WeightDiffersError: it differs, and nobody said why.
        """
        outcome = judge(measured_g, expected_g, rules.tolerance_percent, rules.tolerance_g)
        most = None if expected_g is None else allowed(expected_g, rules.tolerance_percent, rules.tolerance_g)
        words = reason.strip()[:LONGEST_REASON]
        if outcome is Outcome.DIFFERS and not words:
            raise WeightDiffersError(number=number, measured=measured_g, expected=expected_g or 0, allowed=most or 0)
        return Scales(expected_g=expected_g, measured_g=measured_g, allowed_g=most, outcome=outcome, reason=words)

    async def keep(self, scales: Scales, seller_id: UUID, order_id: UUID, parcel_id: UUID) -> None:
        """Keep what the scales said, with who weighed."""
        await self._known.insert_weighing(
            {
                "id": new_id(),
                "seller_id": seller_id,
                "order_id": order_id,
                "parcel_id": parcel_id,
                "expected_g": scales.expected_g,
                "measured_g": scales.measured_g,
                "allowed_g": scales.allowed_g,
                "outcome": str(scales.outcome),
                "reason": scales.reason,
                "actor_name": context_of(self._session).actor.name,
            }
        )

    async def note_print(self, order: OrderRef, what: str, copies: int) -> None:
        """Keep who printed what."""
        await self._known.insert_print(
            {
                "id": new_id(),
                "seller_id": order.seller_id,
                "order_id": order.id,
                "what": what,
                "copies": copies,
                "actor_name": context_of(self._session).actor.name,
            }
        )


def check_load(kind: BoxKindRef | None, weight_g: int) -> None:
    """Check that a box carries what is in it.

    Raises:
        TooHeavyError: it does not.
    """
    if kind is not None and kind.max_weight_g is not None and weight_g > kind.max_weight_g:
        raise TooHeavyError(weight=weight_g, box=kind.name, most=kind.max_weight_g)


def _weight(product_id: UUID | None, products: Mapping[UUID, ProductRef]) -> int | None:
    product = products.get(product_id) if product_id else None
    if product is None:
        return None
    if product.weight_g is not None or not product.components:
        return product.weight_g
    parts = [
        (products[one.product_id].weight_g, one.quantity) for one in product.components if one.product_id in products
    ]
    return expected_weight(parts, 0) if len(parts) == len(product.components) else None
