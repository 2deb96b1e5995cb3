"""A language model helps where nothing else can read a page: it proposes to people, and reads where the operator lets it."""

import json
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from entrepot.kit.scope import Scope
from entrepot.kit.settings import Settings
from entrepot.kit.storage import open_storage
from tests.pricewatch.watching.conftest import Shop, Watch

pytestmark = pytest.mark.anyio

UNREADABLE = """<!doctype html><html lang="nl"><body><h1>Fiets</h1><div class="a1">249,00</div><div class="a2">17,50</div>
<div class="a3">1899</div></body></html>"""
MODEL = "/v1/chat/completions"


def says(shop: Shop, answer: object) -> None:
    shop.pages[MODEL] = (200, json.dumps({"choices": [{"message": {"content": json.dumps(answer)}}]}))


def asking(settings: Settings, shop: Shop, **more: bool) -> Settings:
    return settings.model_copy(update={"ai_url": shop.url("/v1"), "ai_model": "small"} | more)


def work_with(client: httpx.AsyncClient, settings: Settings) -> None:
    """Let the pages have *settings*, and the pages that were kept with them, until the test ends."""
    state = client._transport.app.state  # type: ignore[attr-defined]  # noqa: SLF001 -- the application under test
    state.settings, state.storage = settings, open_storage(settings)


async def unreadable(shop: Shop, watch: Watch) -> UUID:
    shop.pages["/fiets"] = (200, UNREADABLE)
    _, listing_id = await watch.add(shop.url("/fiets"))
    await watch.check()
    assert await watch.rows("SELECT price FROM price_listing") == [(None,)]
    return listing_id


async def test_checks_ask_only_where_the_operator_wants_it_and_believe_what_the_page_says(
    shop: Shop, watch: Watch
) -> None:
    await unreadable(shop, watch)
    says(shop, {"price": "249.00", "currency": "EUR", "availability": "in_stock"})
    watch.settings = asking(watch.settings, shop)
    await watch.check()
    assert MODEL not in shop.asked, "a model that is named is for people to ask"

    watch.settings = asking(watch.settings, shop, ai_reads_pages=True)
    says(shop, {"price": "1.00", "currency": "EUR"})
    await watch.check()
    assert MODEL in shop.asked
    assert await watch.rows("SELECT price FROM price_listing") == [(None,)], "no such price is on the page"

    says(shop, {"price": "249.00", "currency": "EUR", "availability": "in_stock"})
    await watch.check()
    assert await watch.rows("SELECT price::text, currency, availability FROM price_listing") == [
        ("249.0000", "EUR", "in_stock")
    ]


async def test_a_proposal_is_tried_shown_and_saved_by_a_person(
    client: httpx.AsyncClient, shop: Shop, watch: Watch
) -> None:
    listing_id = await unreadable(shop, watch)
    address = f"/prices/listings/{listing_id}"
    work_with(client, watch.settings)
    assert "Ask the language model" not in (await client.get(address)).text
    [(fetch,)] = await watch.rows("SELECT id FROM price_fetch ORDER BY at DESC LIMIT 1")
    work_with(client, asking(watch.settings, shop))
    assert "Ask the language model" in (await client.get(address)).text
    asked = {"field": "price", "fetch": str(fetch)}

    says(shop, {"selectors": ["price=css:.gone"]})
    useless = await client.post(f"{address}/propose", data=asked)
    assert useless.status_code == 422
    assert "would not do" in useless.text

    shop.pages[MODEL] = (500, "")
    away = await client.post(f"{address}/propose", data=asked)
    assert "The language model did not answer: HTTP 500" in away.text

    says(shop, {"selectors": ["price=css:.a1"]})
    shown = await client.post(f"{address}/propose", data=asked)
    assert shown.status_code == 200
    assert "proposes 1 selector." in shown.text
    assert "price=css:.a1</textarea>" in shown.text
    assert 'data-label="With your selectors">249' in shown.text
    assert b"untrusted" in shop.sent[MODEL]
    async with watch.database.transaction(Scope.of(watch.seller.id)) as session:
        stored = (await session.execute(text("SELECT recipe FROM price_store"))).scalar_one()
    assert not stored.get("selectors"), "nothing is saved by asking"
