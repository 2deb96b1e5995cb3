"""Lists and searches: whole pages, each product once, what people type, and a fixed number of queries."""

from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.principal import SellerRef
from entrepot.catalog import views
from entrepot.catalog.service import CatalogService
from entrepot.catalog.spelling import terms_of
from entrepot.catalog.views import Filters, Sort
from entrepot.catalog.writing import Draft, ProductWriter
from entrepot.kit.database import Database
from entrepot.kit.scope import Scope
from tests.statements import sent

pytestmark = pytest.mark.anyio


@pytest.fixture
async def shelf(session: AsyncSession, seller: SellerRef) -> list[str]:
    titles = ["Blue lantern", "Red lantern", "Hanging heart", "100% wool_sock", "Glass star", "Mug \\ cup"]
    drafts = [
        Draft(
            values={
                "sku": f"SKU-{n}",
                "title": title,
                "gtin": "4006381333931" if n == 2 else None,
                "tags": ["x"] if n % 2 else [],
            }
        )
        for n, title in enumerate(titles)
    ]
    await ProductWriter(session).save(seller.id, drafts)
    return titles


async def titles(session: AsyncSession, query: str, **filters: object) -> list[str]:
    page = await views.list_products(session, Filters(text=query, **filters))  # type: ignore[arg-type]  # filters by name
    return sorted(row.title for row in page.rows)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("ANTER", ["Blue lantern", "Red lantern"]),
        ("lan blu", ["Blue lantern"]),
        ("sku-4", ["Glass star"]),
        ("4006381333931", ["Hanging heart"]),
        ("400 6381 333931", ["Hanging heart"]),
        ("gl", ["Glass star"]),
        ("100%", ["100% wool_sock"]),
        ("l_s", ["100% wool_sock"]),
        ("\\ cu", ["Mug \\ cup"]),
        ("xyzzy", []),
        ("   ", None),
        ("'; DROP TABLE product; --", []),
    ],
)
async def test_finds_what_people_type(
    session: AsyncSession, shelf: list[str], query: str, expected: list[str] | None
) -> None:
    assert await titles(session, query) == (sorted(shelf) if expected is None else expected)


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize(
    ("typed", "meant"), [("lanten", "lantern"), ("hagning heart", "hanging heart"), ("galss", "glass")]
)
async def test_a_misspelt_word_finds_what_was_meant(session: AsyncSession, typed: str, meant: str) -> None:
    page = await views.list_products(session, Filters(text=typed))

    assert page.rows
    assert page.corrected == meant


@pytest.mark.usefixtures("shelf")
async def test_filters_narrow_a_search(session: AsyncSession) -> None:
    assert await titles(session, "lantern", tag="x") == ["Red lantern"]
    assert await titles(session, "lantern", has_gtin=True) == []
    assert await titles(session, "lantern", active=False) == []
    assert await titles(session, "heart", has_gtin=True, kind="simple") == ["Hanging heart"]


async def test_an_exact_sku_comes_first(session: AsyncSession, seller: SellerRef) -> None:
    await ProductWriter(session).save(
        seller.id, [Draft(values={"sku": sku, "title": "Mug"}) for sku in ("A-1", "A-10", "A-100")]
    )

    assert (await views.search(session, "A-1", 8))[0].sku == "A-1"


async def test_another_sellers_words_and_products_stay_hidden(
    database: Database, make_seller: Callable[..., Awaitable[SellerRef]]
) -> None:
    mine, other = await make_seller("Mine"), await make_seller("Other")
    async with database.transaction(Scope.of(mine.id)) as session:
        await ProductWriter(session).save(mine.id, [Draft(values={"sku": "SECRET", "title": "Zeppelin"})])
    async with database.transaction(Scope.of(other.id)) as session:
        assert await views.search(session, "zeppelin", 8) == []
        assert (await session.execute(text("SELECT * FROM product_spelling(ARRAY['zepelin'])"))).all() == []
        everything = "SELECT product_search(ARRAY[''], NULL, NULL, NULL, NULL, NULL, 100)"
        assert (await session.execute(text(everything))).all() == []
    async with database.transaction(Scope.nobody()) as session:
        assert (await session.execute(text(everything))).all() == []
    async with database.transaction(Scope.of(mine.id, other.id)) as session:
        assert [row.sku for row in await views.search(session, "zepelin", 8)] == ["SECRET"]


@pytest.mark.parametrize("sort", ["-created", "sku", "-updated"])
async def test_pages_show_each_product_once(session: AsyncSession, seller: SellerRef, sort: Sort) -> None:
    await ProductWriter(session).save(
        seller.id, [Draft(values={"sku": f"S~{n:02}", "title": f"T{n}"}) for n in range(23)]
    )
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = await views.list_products(session, Filters(seller_id=seller.id), sort=sort, cursor=cursor, limit=5)
        seen += [row.sku for row in page.rows]
        cursor = page.next
        if cursor is None:
            break

    assert sorted(seen) == [f"S~{n:02}" for n in range(23)]
    if sort == "sku":
        assert seen == sorted(seen)


async def test_searches_have_pages_too(session: AsyncSession, seller: SellerRef) -> None:
    await ProductWriter(session).save(
        seller.id, [Draft(values={"sku": f"S{n:02}", "title": "Lantern"}) for n in range(12)]
    )
    first = await views.list_products(session, Filters(text="lantern"), limit=7)
    second = await views.list_products(session, Filters(text="lantern"), limit=7, cursor=first.next)

    assert len({row.sku for row in (*first.rows, *second.rows)}) == 12
    assert second.next is None


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize("cursor", ["", "nonsense", "~", "x~y", "2026~00000000-0000-0000-0000-000000000000"])
async def test_a_made_up_cursor_breaks_nothing(session: AsyncSession, cursor: str) -> None:
    for sort in ("-created", "sku"):
        await views.list_products(session, Filters(), sort=sort, cursor=cursor)
    await views.list_products(session, Filters(text="lantern"), cursor=cursor)


async def test_a_detail_page_takes_two_queries(session: AsyncSession, seller: SellerRef, database: Database) -> None:
    catalog = CatalogService(session)
    await catalog.create_product(seller.id, {"sku": "P", "title": "Parent", "kind": "parent"})
    product = await catalog.create_product(seller.id, {"sku": "V", "title": "Variant"}, parent_sku="P")
    await catalog.create_product(seller.id, {"sku": "B", "title": "Set", "kind": "bundle"}, components={"V": 2})

    with sent(database) as queries:
        detail = await views.product_detail(session, product)

    assert len(queries) == 2
    assert detail is not None
    assert detail.parent is not None
    assert (detail.parent.sku, [(part.sku, part.quantity) for part in detail.part_of]) == ("P", [("B", 2)])


async def test_counting_stops(session: AsyncSession, shelf: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert await views.count_products(session, Filters()) == len(shelf)
    monkeypatch.setattr(views, "COUNT_LIMIT", 3)
    assert await views.count_products(session, Filters()) is None


@given(st.text(max_size=40))
def test_terms_are_few_and_short(query: str) -> None:
    terms = terms_of(query)

    assert len(terms) <= 6
    assert all(term and len(term) <= 60 for term in terms)


async def test_five_hundred_rows_are_saved_in_one_go(
    session: AsyncSession, seller: SellerRef, database: Database
) -> None:
    drafts = [Draft(values={"sku": f"S{n}", "title": f"Product {n}"}) for n in range(500)]

    with sent(database) as queries:
        await ProductWriter(session).save(seller.id, drafts)

    assert len(queries) <= 4
