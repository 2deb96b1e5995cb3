"""Making and changing products, one or thousands: the same rules, a fixed number of queries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.catalog.domain import Kind
from entrepot.catalog.errors import ProductChangedError, SkuTakenError
from entrepot.catalog.events import ProductChanged, ProductCreated
from entrepot.catalog.fields import DEFAULTS
from entrepot.catalog.refs import ProductRef
from entrepot.catalog.repository import ProductRepository, Stored
from entrepot.kit import outbox
from entrepot.kit.ids import new_id
from entrepot.kit.outbox import Event
from entrepot.kit.tabular import CellError
from entrepot.kit.text import N_

QUANTITY_LIMIT = 100_000


class Mode(StrEnum):
    """What to do with SKUs that are there, and with those that are not."""

    CREATE = "create"
    UPDATE = "update"
    BOTH = "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What one product should become.  What is absent stays as it is."""

    values: Mapping[str, Any]
    """Fields, already read (:func:`entrepot.catalog.fields.read_fields`); the SKU is needed unless *product_id* is."""
    components: Mapping[str, int] | None = None
    """SKU -> units, replacing all components."""
    parent_sku: str | None = None
    """The parent to be a variant of; empty for none; None to leave it."""
    product_id: UUID | None = None
    """The product to change, even its SKU; None: the one with the SKU."""
    version: int | None = None
    """The version the change is based on; None: whatever is there."""


@dataclass(slots=True)
class Saved:
    """What became of a draft."""

    result: Literal["created", "updated", "unchanged", "failed"]
    product_id: UUID | None = None
    problems: dict[str, str] = field(default_factory=dict[str, str])
    """Field -> sentence."""


@dataclass(slots=True)
class _Plan:
    """What one group of drafts leads to."""

    inserts: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    updates: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    components: dict[UUID, dict[UUID, int]] = field(default_factory=dict[UUID, dict[UUID, int]])
    events: list[Event] = field(default_factory=list[Event])


class ProductWriter:
    """Saves drafts within the caller's transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._products = ProductRepository(session)

    async def save(self, seller_id: UUID, drafts: Sequence[Draft], mode: Mode = Mode.BOTH) -> list[Saved]:
        """Save *drafts* and say what became of each, in their order.

        A draft with problems leaves everything as it was.  Saving drafts again changes and records nothing.

        Raises:
            ProductChangedError: a draft names an old version.
            SkuTakenError: another transaction made one of the products at the same moment; save again.
        """
        results: list[Saved] = [Saved("failed") for _ in drafts]
        for group in _groups(drafts):
            saved = await self._save_group(seller_id, [drafts[index] for index in group], mode)
            for index, result in zip(group, saved, strict=True):
                results[index] = result
        return results

    async def _save_group(self, seller_id: UUID, drafts: Sequence[Draft], mode: Mode) -> list[Saved]:
        """Save drafts of distinct products that do not refer to each other."""
        skus = {draft.values["sku"] for draft in drafts if "sku" in draft.values}
        stored = await self._products.lock(seller_id, skus, [d.product_id for d in drafts if d.product_id])
        by_sku = {product.values["sku"]: product for product in stored}
        by_id = {product.id: product for product in stored}
        named = {sku for d in drafts for sku in (*(d.components or {}), *([d.parent_sku] if d.parent_sku else []))}
        refs = {ref.sku: ref for ref in await self._products.refs_by_sku(seller_id, named)} if named else {}
        plan = _Plan()
        results: list[Saved] = []
        for draft in drafts:
            before = by_id.get(draft.product_id) if draft.product_id else by_sku.get(draft.values.get("sku", ""))
            try:
                _refuse_taken(draft, by_sku.get(draft.values.get("sku", "")))
                results.append(_plan_one(plan, seller_id, draft, before, refs, mode))
            except _FieldError as error:
                results.append(Saved("failed", before.id if before else None, error.problems))
        await self._carry_out(seller_id, plan)
        return results

    async def _carry_out(self, seller_id: UUID, plan: _Plan) -> None:
        added = await self._products.insert(plan.inserts)
        for row in plan.inserts:
            if row["id"] not in added:
                raise SkuTakenError(sku=row["sku"])
        await self._products.update(plan.updates)
        await self._products.replace_components(seller_id, plan.components)
        await outbox.record(self._session, *plan.events)


class _FieldError(Exception):
    """One draft cannot be saved."""

    def __init__(self, name: str, error: CellError) -> None:
        self.problems = {name: error.sentence}
        super().__init__(str(error))


def _groups(drafts: Sequence[Draft]) -> list[list[int]]:
    """Cut *drafts* so that each product comes once in a group, and after what it refers to."""
    groups: list[list[int]] = []
    seen: dict[object, int] = {}
    for refers in (False, True):
        floor = len(groups)
        for index, draft in enumerate(drafts):
            if bool(draft.components or draft.parent_sku) is not refers:
                continue
            key = draft.product_id or draft.values.get("sku")
            place = max(floor, seen.get(key, -1) + 1)
            seen[key] = place
            while len(groups) <= place:
                groups.append([])
            groups[place].append(index)
    return groups


def _plan_one(
    plan: _Plan, seller_id: UUID, draft: Draft, before: Stored | None, refs: Mapping[str, ProductRef], mode: Mode
) -> Saved:
    if before is None:
        return _plan_new(plan, seller_id, draft, refs, mode)
    if mode is Mode.CREATE:
        return Saved("unchanged", before.id)
    if draft.version is not None and draft.version != before.version:
        raise ProductChangedError(sku=before.values["sku"])
    kind = before.values["kind"]
    if draft.values.get("kind", kind) != kind:
        raise _FieldError("kind", CellError(N_("The kind of a product stays what it is. Make a new product instead.")))
    parts = _components(draft, kind, before.values["sku"], refs)
    parent = _parent(draft, kind, refs)
    parent_id = before.parent_id if draft.parent_sku is None else parent.id if parent else None
    changes: dict[str, list[Any]] = {
        name: [before.values[name], value] for name, value in draft.values.items() if before.values[name] != value
    }
    if parent_id != before.parent_id:
        changes["parent_sku"] = [before.parent_sku, draft.parent_sku or None]
    if parts is not None and dict(draft.components or {}) != before.components:
        changes["components"] = [before.components, dict(draft.components or {})]
        plan.components[before.id] = parts
    if not changes:
        return Saved("unchanged", before.id)
    plan.updates.append({**before.values, **draft.values, "id": before.id, "parent_id": parent_id})
    sku = draft.values.get("sku", before.values["sku"])
    plan.events.append(ProductChanged(seller_id=seller_id, subject_id=before.id, sku=sku, changes=changes))
    return Saved("updated", before.id)


def _refuse_taken(draft: Draft, owner: Stored | None) -> None:
    if draft.product_id and owner is not None and owner.id != draft.product_id:
        raise _FieldError("sku", CellError(N_("Another product has this SKU.")))


def _plan_new(plan: _Plan, seller_id: UUID, draft: Draft, refs: Mapping[str, ProductRef], mode: Mode) -> Saved:
    if mode is Mode.UPDATE or draft.product_id:
        sku = draft.values.get("sku", "")
        raise _FieldError("sku", CellError(N_("There is no product with the SKU {sku} to update."), sku=sku))
    if "title" not in draft.values:
        raise _FieldError("title", CellError(N_("A new product needs a title.")))
    values = {**DEFAULTS, **draft.values}
    parts = _components(draft, values["kind"], values["sku"], refs)
    parent = _parent(draft, values["kind"], refs)
    product_id = new_id()
    plan.inserts.append(
        {"id": product_id, "seller_id": seller_id, **values, "parent_id": parent.id if parent else None}
    )
    if parts:
        plan.components[product_id] = parts
    plan.events.append(
        ProductCreated(
            seller_id=seller_id, subject_id=product_id, sku=values["sku"], title=values["title"], kind=values["kind"]
        )
    )
    return Saved("created", product_id)


def _components(draft: Draft, kind: str, own_sku: str, refs: Mapping[str, ProductRef]) -> dict[UUID, int] | None:
    """Return the components by id.  A bundle is made of simple products only, so bundles can never form a circle."""
    if draft.components is None:
        return None
    if draft.components and kind != Kind.BUNDLE:
        raise _FieldError(
            "components", CellError(N_("Only a bundle has components. Make it a product of the kind bundle."))
        )
    parts: dict[UUID, int] = {}
    for sku, quantity in draft.components.items():
        ref = refs.get(sku)
        if sku == own_sku:
            raise _FieldError("components", CellError(N_("A bundle cannot be a component of itself.")))
        if ref is None:
            raise _FieldError(
                "components", CellError(N_("There is no product with the SKU {sku}. Make it first."), sku=sku)
            )
        if ref.kind != Kind.SIMPLE:
            raise _FieldError(
                "components",
                CellError(
                    N_("{sku} is not a simple product. List what is in it instead; bundles do not nest."), sku=sku
                ),
            )
        if not 1 <= quantity <= QUANTITY_LIMIT:
            raise _FieldError(
                "components",
                CellError(
                    N_("{quantity} of {sku} is not possible; a bundle holds at least 1."), sku=sku, quantity=quantity
                ),
            )
        parts[ref.id] = quantity
    return parts


def _parent(draft: Draft, kind: str, refs: Mapping[str, ProductRef]) -> ProductRef | None:
    if not draft.parent_sku:
        return None
    parent = refs.get(draft.parent_sku)
    if kind != Kind.SIMPLE:
        raise _FieldError("parent_sku", CellError(N_("Only a simple product can be a variant.")))
    if parent is None or parent.kind != Kind.PARENT:
        raise _FieldError(
            "parent_sku",
            CellError(N_("{sku} is not a product of the kind parent. Make the parent first."), sku=draft.parent_sku),
        )
    return parent
