"""Watching from a table, and what pricing is told of a product of the catalogue."""

from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.principal import SellerRef
from entrepot.catalog.service import CatalogService
from entrepot.imports.contract import ImportRow, Options
from entrepot.imports.registry import import_spec
from entrepot.kit.settings import Settings
from entrepot.kit.storage import open_storage
from entrepot.pricewatch.extracting.contract import Availability
from entrepot.pricewatch.watching.service import WatchService
from entrepot.pricewatch.watching.submitting import Submission, take

pytestmark = pytest.mark.anyio

ROWS = [
    {"url": "https://a.example/mug", "sku": "MUG", "pack": "6", "group": "Kitchen", "tags": "a, b"},
    {"url": "https://b.example/mug", "sku": "MUG"},
    {"url": "https://a.example/mug?utm_source=twice", "sku": "MUG"},
    {"url": "nonsense", "sku": "NONE", "pack": "0", "currency": "XQX"},
]


async def test_a_table_becomes_listings_and_pricing_learns_what_they_cost(
    session: AsyncSession, seller: SellerRef, tmp_path: Path
) -> None:
    product_id = await CatalogService(session).create_product(seller.id, {"sku": "MUG", "title": "Mug"})
    rows = [ImportRow(number, number + 1, cells) for number, cells in enumerate(ROWS, start=1)]
    outcomes = await import_spec("watched_products").apply(session, seller.id, rows, Options("create", "."))
    assert [outcome.result for outcome in outcomes] == ["created", "created", "unchanged", "failed"]
    assert set(outcomes[3].problems) == {"url", "sku", "pack", "currency"}

    storage = open_storage(Settings(data_dir=tmp_path, _env_file=None))  # type: ignore[call-arg]  # pydantic-settings
    for url, price, stock in (
        ("https://a.example/mug", "54.00", Availability.IN_STOCK),
        ("https://b.example/mug", "8.00", Availability.OUT_OF_STOCK),
    ):
        seen = Submission(url=url, price=Decimal(price), currency="EUR", availability=stock, shipping=Decimal(6))
        assert (await take(session, seller.id, storage, seen)).believed
    [pack, single] = (await WatchService(session).latest([product_id]))[product_id]
    assert (pack.price, pack.unit_price, pack.available) == (Decimal(60), Decimal(10), True)
    assert (single.unit_price, single.available) == (Decimal(14), False)
    assert pack.watched_product_id == single.watched_product_id, "both are listings of one product"
