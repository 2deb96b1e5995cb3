"""The pages of prices: set, plan, change many with a preview, keep lists, import and export."""

import re
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from entrepot.access.principal import SellerRef
from entrepot.access.rights import Right
from entrepot.imports.service import ImportService
from entrepot.kit.database import Database
from entrepot.kit.scope import Scope
from entrepot.offers.prices.importing import LIST_PRICES, OFFER_PRICES
from tests.conftest import MakeClient
from tests.inventory.factories import add_product
from tests.offers.prices.factories import add_account, add_offer
from tests.statements import sent

pytestmark = pytest.mark.anyio


async def make(database: Database, seller: SellerRef, *published: str) -> list[UUID]:
    """Offers of products on one account that only imports."""
    async with database.transaction(Scope.of(seller.id)) as session:
        account = await add_account(session, seller.id, mode="import_only")
        return [
            await add_offer(
                session,
                seller.id,
                account_id=account,
                published=price,
                product_id=(await add_product(session, seller.id, f"MUG-{number}")).id,
                sku=f"MUG-{number}",
            )
            for number, price in enumerate(published)
        ]


async def wanted(database: Database, seller: SellerRef, offers: list[UUID]) -> list[tuple[Decimal | None, str]]:
    async with database.transaction(Scope.of(seller.id)) as session:
        found = await session.execute(
            text("SELECT offer_id, wanted_price, wanted_source FROM offer_price WHERE offer_id = ANY(:ids)"),
            {"ids": offers},
        )
        rows = {row.offer_id: (row.wanted_price, row.wanted_source) for row in found}
    return [rows.get(offer, (None, "")) for offer in offers]


async def test_a_price_is_set_and_explained(client: httpx.AsyncClient, database: Database, seller: SellerRef) -> None:
    (mug,) = await make(database, seller, "10.00")
    url = f"/offers/prices/{mug}"
    assert "Nobody here decides this price" in (await client.get(url)).text

    wrong = await client.post(f"{url}/lock", data={"price": "cheap"})
    assert (wrong.status_code, "is not a number" in wrong.text) == (422, True)
    await client.post(f"{url}/lock", data={"price": "9,49", "reason": "Agreed by phone"})
    planned = {"planned_price": "5", "starts_at": "2026-01-01T10:00", "planned_reason": "10 % off (all)"}
    await client.post(f"{url}/plan", data=planned)
    page = (await client.get(url)).text

    assert "Agreed by phone" in page
    assert "€9.49" in page
    assert "only imports: this price would be sent" in page
    assert "It stays until a person lets go of it." in page
    stale = await client.post(f"{url}/release", data={"version": "1"})
    assert stale.status_code == 409
    await client.post(f"{url}/release")
    assert await wanted(database, seller, [mug]) == [(Decimal("5.00"), "schedule")]
    page = (await client.get(url)).text
    assert "10 % off (all)" in page
    plan = re.search(r"/offers/prices/planned/[0-9a-f-]+/call-off", page)
    assert plan
    await client.post(plan[0])
    assert await wanted(database, seller, [mug]) == [(None, "")]
    listed = (await client.get("/offers/prices?q=mug-0&state=unknown")).text
    assert "MUG-0" in listed
    assert "Nothing found" in (await client.get("/offers/prices?state=failed&source=rule&limited=true")).text


async def test_many_prices_are_changed_after_a_preview_and_put_back(
    client: httpx.AsyncClient, database: Database, seller: SellerRef
) -> None:
    offers = await make(database, seller, "10.00", "20.00", "0.01")
    form = await client.get("/offers/prices/edit?q=mug")
    assert "3 offers" in form.text
    nothing = await client.post("/offers/prices/edits", data={"kind": "raise_percent", "value": "0", "q": "mug"})
    assert (nothing.status_code, "Enter a percentage" in nothing.text) == (422, True)

    sent = {"kind": "lower_amount", "value": "0.50", "ending": "95", "q": "mug", "reason": "Sale"}
    preview = await client.post("/offers/prices/edits", data=sent)
    url = preview.headers["location"]
    page = (await client.get(url)).text
    assert ("€9.95" in page, "€19.95" in page, "a price must be more than 0" in page) == (True, True, True)
    assert await wanted(database, seller, offers) == [(None, "")] * 3

    await client.post(f"/offers/prices/{offers[1]}/lock", data={"price": "25.00"})
    await client.post(f"{url}/apply")
    assert await wanted(database, seller, offers) == [
        (Decimal("9.95"), "manual"),
        (Decimal("25.00"), "manual"),  # changed since the preview
        (None, ""),
    ]
    assert (await client.post(f"{url}/apply")).status_code == 422
    assert "Its price was changed meanwhile." in (await client.get(url)).text
    assert "Lowered by 0.5" in (await client.get("/offers/prices/edits")).text
    await client.post(f"{url}/undo")

    assert await wanted(database, seller, offers) == [(None, ""), (Decimal("25.00"), "manual"), (None, "")]


async def test_a_price_list_prices_offers_of_its_products(
    client: httpx.AsyncClient, database: Database, seller: SellerRef
) -> None:
    offers = await make(database, seller, "10.00", "20.00")
    made = await client.post(
        "/offers/prices/lists", data={"name": "Summer", "currency": "eur", "priority": "1", "active": "true"}
    )
    url = made.headers["location"]
    twice = await client.post("/offers/prices/lists", data={"name": "Summer", "currency": "EUR"})
    assert (twice.status_code, "of this name already" in twice.text) == (422, True)
    assert (await client.post(f"{url}/entries", data={"sku": "NONE", "price": "1"})).status_code == 422
    await client.post(f"{url}/entries", data={"sku": "MUG-0", "price": "8.50"})
    assert await wanted(database, seller, offers) == [(Decimal("8.50"), "list"), (None, "")]
    page = (await client.get(f"/offers/prices/{offers[0]}")).text
    assert ("Summer" in page, "Price in the list" in page) == (True, True)

    async with database.transaction(Scope.of(seller.id)) as session:
        imports = ImportService(session)
        content = b"SKU;Prijs\r\nMUG-0;8,50\r\nMUG-1;17,95\r\nNONE;1,00\r\n"
        import_id = await imports.upload(seller.id, LIST_PRICES, "prices.csv", content, subject=url.rpartition("/")[2])
        preview = await imports.preview(import_id)
        assert preview.counts == {"unchanged": 1, "created": 1, "failed": 1}
        found = await imports.find(import_id)
        table = await imports.open_table(found)
        await imports.begin(import_id, "run")
        assert await imports.apply_chunk(await imports.find(import_id), list(table.rows()), 0)
    assert await wanted(database, seller, offers) == [(Decimal("8.50"), "list"), (Decimal("17.95"), "list")]
    exported = (await client.get(f"{url}/export.csv")).text
    assert "MUG-1,17.95,EUR" in exported
    app: Any = client._transport  # type: ignore[attr-defined]  # noqa: SLF001 -- no other way to the app
    for address in (
        "/offers/prices",
        f"/offers/prices/{offers[0]}",
        url,
        "/offers/prices/lists",
        "/offers/prices/edits",
    ):
        with sent(app.app.state.database) as statements:
            assert (await client.get(address)).status_code == 200
        assert len(statements) <= 12, (address, statements)

    await client.post(url, data={"name": "Summer", "currency": "EUR", "priority": "1", "version": "1"})
    assert await wanted(database, seller, offers) == [(None, ""), (None, "")]  # off: what the channel showed before
    assert (await client.post(f"{url}/remove")).status_code == 303


async def test_the_export_comes_back_as_an_import(
    client: httpx.AsyncClient, database: Database, seller: SellerRef
) -> None:
    offers = await make(database, seller, "10.00", "20.00", "30.00")
    exported = (await client.get("/offers/prices/export.csv")).text
    workbook = await client.get("/offers/prices/export.xlsx")
    assert workbook.content.startswith(b"PK")
    changed = exported.replace(",20,", ",18.50,").replace(",30,", ",0,").encode()

    async with database.transaction(Scope.of(seller.id)) as session:
        imports = ImportService(session)
        import_id = await imports.upload(seller.id, OFFER_PRICES, "prices.csv", changed)
        preview = await imports.preview(import_id)
        assert preview.counts == {"unchanged": 1, "updated": 1, "failed": 1}
        rows = list((await imports.open_table(await imports.find(import_id))).rows())
        await imports.begin(import_id, "run")
        assert await imports.apply_chunk(await imports.find(import_id), rows, 0)

    assert await wanted(database, seller, offers) == [(None, ""), (Decimal("18.50"), "manual"), (None, "")]


async def test_who_may_only_look_changes_nothing(
    make_client: MakeClient, database: Database, seller: SellerRef
) -> None:
    (mug,) = await make(database, seller, "10.00")
    reader = await make_client(seller, rights={Right.OFFERS_READ})

    assert "Set and lock" not in (await reader.get(f"/offers/prices/{mug}")).text
    for url in (
        f"/offers/prices/{mug}/lock",
        f"/offers/prices/{mug}/plan",
        "/offers/prices/edits",
        "/offers/prices/lists",
    ):
        assert (await reader.post(url, data={"price": "1"})).status_code == 403
