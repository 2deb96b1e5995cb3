"""The first page, and the search of the command palette."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest

from entrepot.access.principal import SellerRef
from entrepot.access.rights import Right
from entrepot.catalog.service import CatalogService
from entrepot.insights import views
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.database import Database
from entrepot.kit.ids import new_id
from entrepot.kit.scope import Scope
from entrepot.orders.events import OrderImported
from tests.conftest import MakeClient

pytestmark = pytest.mark.anyio


@pytest.fixture
async def mug(database: Database, seller: SellerRef) -> str:
    async with database.transaction(Scope.of(seller.id)) as session:
        await CatalogService(session).create_product(seller.id, {"sku": "MUG-BLUE", "title": "Mug, blue"})
    return "MUG-BLUE"


async def test_a_new_seller_is_told_what_to_do_first(client: httpx.AsyncClient) -> None:
    page = await client.get("/")

    assert page.status_code == 200
    assert "First steps" in page.text
    for step in ("Set up a warehouse", "Add products", "Connect a channel"):
        assert step in page.text


async def test_a_step_that_is_done_is_no_link_any_more(client: httpx.AsyncClient, mug: str) -> None:
    page = await client.get("/")

    assert mug
    assert '<a href="/products/import">Add products</a>' not in page.text
    assert "Add products" in page.text


async def test_somebody_with_few_rights_sees_few_figures(make_client: MakeClient, seller: SellerRef) -> None:
    client = await make_client(seller, frozenset({Right.CATALOG_READ}))
    page = await client.get("/")

    assert page.status_code == 200
    assert "Ready to pick" not in page.text
    assert "First steps" not in page.text


async def test_throughput_counts_what_happened_today(database: Database, seller: SellerRef) -> None:
    event = OrderImported.__struct_fields__
    async with database.transaction(Scope.of(seller.id)) as session:
        before = await views.activity(session, [seller.id], midnight=views.midnight("Europe/Amsterdam"))
        facts = {name: "" for name in event if name not in {"seller_id", "subject_id"}}
        await outbox.record(session, OrderImported(seller_id=seller.id, subject_id=new_id(), **facts))  # type: ignore[arg-type]  # the facts do not matter here
        after = await views.activity(session, [seller.id], midnight=views.midnight("Europe/Amsterdam"))
        tomorrow = await views.activity(session, [seller.id], midnight=now() + timedelta(hours=1))

    assert (before.today["imported"], after.today["imported"], after.today["shipped"]) == (0, 1, 0)
    assert tomorrow.today["imported"] == 0
    assert len(after.hours) == views.HOURS
    assert (after.hours[-1].imported, sum(hour.imported for hour in after.hours)) == (1, 1)


def test_today_begins_at_the_readers_midnight() -> None:
    begins = views.midnight("Pacific/Auckland")

    assert begins.astimezone(ZoneInfo("Pacific/Auckland")).hour == 0
    assert begins <= datetime.now(UTC)


async def test_the_palette_finds_products(client: httpx.AsyncClient, mug: str) -> None:
    answer = await client.get("/search.json", params={"q": "blue"})

    (found,) = answer.json()
    assert (found["label"], found["hint"]) == (mug, "Mug, blue")
    assert (await client.get(found["url"])).status_code == 200


@pytest.mark.parametrize("query", ["", " ", "\0", "%", "_" * 500, "'; DROP TABLE product; --"])
async def test_the_palette_takes_any_text(client: httpx.AsyncClient, query: str) -> None:
    answer = await client.get("/search.json", params={"q": query})

    assert (answer.status_code, answer.json()) == (200, [])


async def test_the_palette_shows_nothing_without_rights(make_client: MakeClient, seller: SellerRef, mug: str) -> None:
    client = await make_client(seller, frozenset({Right.JOBS_READ}))

    assert (await client.get("/search.json", params={"q": mug})).json() == []
