"""Products in the database: found, made, changed, kept apart."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.principal import SellerRef
from entrepot.catalog.errors import ProductChangedError, SkuTakenError, UnknownProductError
from entrepot.catalog.service import CatalogService, Component
from entrepot.catalog.writing import Draft, ProductWriter
from entrepot.kit import outbox
from entrepot.kit.database import Database
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.ids import new_id
from entrepot.kit.scope import Scope
from tests.statements import sent

pytestmark = pytest.mark.anyio


async def make(session: AsyncSession, seller: SellerRef, sku: str, **fields: Any) -> UUID:  # noqa: ANN401 -- any field
    extra = {name: fields.pop(name) for name in ("components", "parent_sku") if name in fields}
    return await CatalogService(session).create_product(
        seller.id, {"sku": sku, "title": f"{sku} title", **fields}, **extra
    )


async def test_a_product_is_found_by_sku_gtin_and_id(session: AsyncSession, seller: SellerRef) -> None:
    product_id = await make(session, seller, "MUG", gtin="036000291452", weight_g=350, buffer=2)
    catalog = CatalogService(session)

    by_sku = await catalog.resolve(seller.id, ["MUG", "CUP"])
    by_gtin = await catalog.resolve_gtins(seller.id, ["0036000291452", "036000291452", "4006381333931"])

    assert set(by_sku) == {"MUG"}
    assert set(by_gtin) == {"0036000291452", "036000291452"}
    assert by_sku["MUG"] == (await catalog.products([product_id, new_id()]))[product_id]
    assert (by_sku["MUG"].weight_g, by_sku["MUG"].buffer, by_sku["MUG"].kind) == (350, 2, "simple")
    assert by_sku["MUG"].units(3) == {product_id: 3}


async def test_a_bundle_comes_with_its_components_in_one_query(
    session: AsyncSession, seller: SellerRef, database: Database
) -> None:
    red, blue = await make(session, seller, "RED"), await make(session, seller, "BLUE")
    await make(session, seller, "SET", kind="bundle", components={"RED": 2, "BLUE": 1})

    with sent(database) as queries:
        found = await CatalogService(session).resolve(seller.id, ["SET", "RED"])

    assert len(queries) == 1
    assert found["SET"].components == tuple(
        sorted([Component(red, 2), Component(blue, 1)], key=lambda part: part.product_id)
    )
    assert found["SET"].units(2) == {red: 4, blue: 2}


async def test_the_active_and_oldest_product_with_a_gtin_counts(session: AsyncSession, seller: SellerRef) -> None:
    gone = await make(session, seller, "GONE", gtin="4006381333931", active=False)
    old = await make(session, seller, "OLD", gtin="4006381333931")
    await make(session, seller, "NEW", gtin="4006381333931")

    found = await CatalogService(session).resolve_gtins(seller.id, ["4006381333931"])

    assert found["4006381333931"].id == old != gone


async def test_asking_for_nothing_asks_nobody(session: AsyncSession, seller: SellerRef) -> None:
    catalog = CatalogService(session)

    assert (
        await catalog.resolve(seller.id, []),
        await catalog.resolve_gtins(seller.id, []),
        await catalog.products([]),
    ) == ({}, {}, {})


async def test_a_change_tells_what_was_and_what_is(session: AsyncSession, seller: SellerRef) -> None:
    product_id = await make(session, seller, "MUG", sales_price="7.95")

    await CatalogService(session).change_product(
        product_id, {"sales_price": "8,50", "sku": "MUG-2"}, mark=",", version=1
    )

    changed, created = await outbox.read_subjects(session, [product_id])
    assert (created.topic, changed.topic) == ("catalog.product_created", "catalog.product_changed")
    assert changed.payload["changes"] == {"sku": ["MUG", "MUG-2"], "sales_price": ["7.9500", "8.5"]}
    assert changed.actor_name == "Tess Tester"


async def test_a_change_of_nothing_changes_and_records_nothing(session: AsyncSession, seller: SellerRef) -> None:
    product_id = await make(session, seller, "MUG", sales_price=Decimal("7.95"), tags=["a"])

    await CatalogService(session).change_product(
        product_id, {"sales_price": "7.950", "tags": "a", "title": "MUG  title"}
    )

    assert len(await outbox.read_subjects(session, [product_id])) == 1


async def test_two_editors_do_not_overwrite_each_other(session: AsyncSession, seller: SellerRef) -> None:
    product_id = await make(session, seller, "MUG")
    catalog = CatalogService(session)
    await catalog.change_product(product_id, {"title": "One"}, version=1)

    with pytest.raises(ProductChangedError, match="someone else"):
        await catalog.change_product(product_id, {"title": "Two"}, version=1)


async def test_what_cannot_be_made_is_explained_field_by_field(session: AsyncSession, seller: SellerRef) -> None:
    await make(session, seller, "MUG")

    with pytest.raises(InvalidInputError) as caught:
        await CatalogService(session).create_product(seller.id, {"sku": "MUG", "title": "", "gtin": "4006381333930"})

    assert set(caught.value.problems) == {"sku", "title", "gtin"}


@pytest.mark.parametrize(
    ("kind", "components", "expected"),
    [
        ("bundle", {"SET": 1}, "do not nest"),
        ("bundle", {"PARENT": 1}, "not a simple product"),
        ("bundle", {"NONE": 1}, "There is no product"),
        ("bundle", {"MUG": 0}, "at least 1"),
        ("bundle", {"X": 1}, "of itself"),
        ("simple", {"MUG": 1}, "Only a bundle"),
    ],
)
async def test_bundles_are_made_of_simple_products(
    session: AsyncSession, seller: SellerRef, kind: str, components: dict[str, int], expected: str
) -> None:
    await make(session, seller, "MUG")
    await make(session, seller, "PARENT", kind="parent")
    await make(session, seller, "SET", kind="bundle", components={"MUG": 1})

    with pytest.raises(InvalidInputError) as caught:
        await make(session, seller, "X", kind=kind, components=components)

    assert expected in caught.value.problems["components"]


async def test_variants_belong_to_a_parent(session: AsyncSession, seller: SellerRef) -> None:
    await make(session, seller, "SHIRT", kind="parent")
    red = await make(session, seller, "SHIRT-RED", parent_sku="SHIRT", options="Colour: red")

    with pytest.raises(InvalidInputError) as no_parent:
        await make(session, seller, "ODD", parent_sku="SHIRT-RED")
    with pytest.raises(InvalidInputError) as no_variant:
        await make(session, seller, "ODD", kind="bundle", parent_sku="SHIRT")
    assert "kind parent" in no_parent.value.problems["parent_sku"]
    assert "Only a simple product" in no_variant.value.problems["parent_sku"]
    await CatalogService(session).change_product(red, {}, parent_sku="")

    (changed, _) = await outbox.read_subjects(session, [red])
    assert changed.payload["changes"] == {"parent_sku": ["SHIRT", None]}


async def test_the_kind_stays(session: AsyncSession, seller: SellerRef) -> None:
    product_id = await make(session, seller, "MUG")

    with pytest.raises(InvalidInputError) as caught:
        await CatalogService(session).change_product(product_id, {"kind": "bundle"})
    assert "stays what it is" in caught.value.problems["kind"]


async def test_components_are_replaced_and_told(session: AsyncSession, seller: SellerRef) -> None:
    await make(session, seller, "RED")
    await make(session, seller, "BLUE")
    bundle = await make(session, seller, "SET", kind="bundle", components={"RED": 2})
    catalog = CatalogService(session)

    await catalog.change_product(bundle, {}, components={"RED": 1, "BLUE": 3})
    await catalog.change_product(bundle, {}, components={"BLUE": 3, "RED": 1})

    events = await outbox.read_subjects(session, [bundle])
    assert [e.payload.get("changes") for e in events] == [{"components": [{"RED": 2}, {"RED": 1, "BLUE": 3}]}, None]
    assert len((await catalog.products([bundle]))[bundle].components) == 2


async def test_tags_and_archive_in_bulk(session: AsyncSession, seller: SellerRef) -> None:
    ids = [await make(session, seller, f"S{n}", tags="old, keep") for n in range(3)]
    catalog = CatalogService(session)

    assert await catalog.tag(ids, add=["New"], remove=["OLD"]) == 3
    assert await catalog.tag(ids, add=["new"], remove=["old"]) == 0
    assert await catalog.set_active(ids[:2], active=False) == 2
    assert await catalog.set_active(ids, active=False) == 1


async def test_an_unknown_product_cannot_be_changed(session: AsyncSession) -> None:
    with pytest.raises(UnknownProductError):
        await CatalogService(session).change_product(new_id(), {"title": "x"})


async def test_saving_again_changes_nothing_even_with_repeated_rows(session: AsyncSession, seller: SellerRef) -> None:
    drafts = [
        Draft(values={"sku": "SET", "title": "Set", "kind": "bundle"}, components={"A": 1}),
        Draft(values={"sku": "A", "title": "First"}),
        Draft(values={"sku": "A", "title": "Second"}),
    ]
    writer = ProductWriter(session)

    first = await writer.save(seller.id, drafts)
    again = await writer.save(seller.id, drafts[:1] + drafts[2:])

    assert [saved.result for saved in first] == ["created", "created", "updated"]
    assert [saved.result for saved in again] == ["unchanged", "unchanged"]


async def test_one_sku_is_made_once_however_many_try(database: Database, seller: SellerRef) -> None:
    async def attempt() -> str:
        try:
            async with database.transaction(Scope.of(seller.id)) as session:
                await make(session, seller, "RACE")
        except (SkuTakenError, InvalidInputError):
            return "refused"
        return "made"

    results = await asyncio.gather(*[attempt() for _ in range(16)])

    assert sorted(results) == ["made"] + ["refused"] * 15


async def test_another_sellers_products_do_not_exist(
    database: Database, seller: SellerRef, make_seller: Callable[..., Awaitable[SellerRef]]
) -> None:
    async with database.transaction(Scope.of(seller.id)) as session:
        mine = await make(session, seller, "MUG", gtin="4006381333931")
    other = await make_seller()
    async with database.transaction(Scope.of(other.id)) as session:
        catalog = CatalogService(session)
        assert await catalog.products([mine]) == {}
        assert await catalog.resolve(seller.id, ["MUG"]) == {}
        assert await catalog.resolve_gtins(seller.id, ["4006381333931"]) == {}
        with pytest.raises(UnknownProductError):
            await catalog.change_product(mine, {"title": "stolen"})


async def test_the_database_refuses_a_bundle_across_sellers(
    database: Database, seller: SellerRef, make_seller: Callable[..., Awaitable[SellerRef]]
) -> None:
    async with database.transaction(Scope.of(seller.id)) as session:
        mine = await make(session, seller, "MUG")
    other = await make_seller()
    with pytest.raises(IntegrityError):
        async with database.transaction(Scope.of(other.id)) as session:
            bundle = await make(session, other, "SET", kind="bundle")
            await session.execute(
                text("INSERT INTO bundle_component VALUES (:bundle, :mine, :seller, 1)"),
                {"bundle": bundle, "mine": mine, "seller": other.id},
            )
