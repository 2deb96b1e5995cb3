"""The pages and the API of channels: connect, watch, switch, look after documents; secrets never come out."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from entrepot.access.principal import SellerRef
from entrepot.access.rights import Right
from entrepot.channels.accounts import ORDERS, DocumentState, Settlement
from entrepot.channels.connections import Connections
from entrepot.channels.contract import RawDocument
from entrepot.channels.service import ChannelService
from entrepot.kit.database import Database
from entrepot.kit.scope import Scope
from entrepot.sandbox.faults import Fault
from entrepot.sandbox.world import World
from tests.channels.conftest import CREDENTIALS, SECRET

pytestmark = pytest.mark.anyio

type MakeClient = Callable[..., Awaitable[httpx.AsyncClient]]

FORM = {**CREDENTIALS, "name": "My bol", "prefix": "BOL-"}


@pytest.fixture
async def browser(client: httpx.AsyncClient, connections: Connections) -> httpx.AsyncClient:
    """A signed-in browser whose hub reaches the simulated bol."""
    lead(client, connections)
    return client


def lead(client: httpx.AsyncClient, connections: Connections) -> None:
    app: Any = client._transport.app  # type: ignore[attr-defined]  # noqa: SLF001 -- the application under test
    app.state.connections = connections


async def connect(browser: httpx.AsyncClient) -> str:
    answer = await browser.post("/channels/new/bol", data=FORM)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def test_an_account_is_connected_and_shown(browser: httpx.AsyncClient, connections: Connections) -> None:
    assert "No channel connected yet" in (await browser.get("/channels")).text
    assert "Connect" in (await browser.get("/channels/new")).text
    form = (await browser.get("/channels/new/bol")).text
    assert "Client secret" in form
    assert "https://login.bol.com/token" in form

    page = await connect(browser)
    await connections.outside.calls.flush()  # type: ignore[union-attr]  # the fixture gave it a log

    shown = (await browser.get(page)).text
    assert "Import only" in shown
    assert "/retailer/orders" in shown, "its calls are listed"
    listed = (await browser.get("/channels")).text
    assert "My bol" in listed
    for text in (shown, listed, (await browser.get(f"{page}/edit")).text):
        assert SECRET not in text


async def test_the_form_says_what_is_wrong(browser: httpx.AsyncClient) -> None:
    answer = await browser.post("/channels/new/bol", data={"name": "", "prefix": "a b", "api_url": "ftp://x"})

    assert answer.status_code == 422
    for sentence in ("Give the account a name", "Use at most 12 letters", "Enter an address such as", "Fill this in"):
        assert sentence in answer.text


async def test_wrong_credentials_are_refused_with_a_sentence(browser: httpx.AsyncClient) -> None:
    form = {**FORM, "client_secret": "canary-secret"}
    tried = await browser.post("/channels/new/bol/test", data=form)
    saved = await browser.post("/channels/new/bol", data=form)

    assert "does not accept the credentials" in tried.text
    assert saved.status_code == 422
    assert "does not accept the credentials" in saved.text
    assert "canary" not in tried.text + saved.text
    assert "It works" in (await browser.post("/channels/new/bol/test", data=FORM)).text


async def test_an_away_channel_stores_nothing(browser: httpx.AsyncClient, world: World) -> None:
    world.faults.add(Fault(kind="503"))

    answer = await browser.post("/channels/new/bol", data=FORM)

    assert answer.status_code == 422
    assert "cannot be reached" in answer.text
    assert "No channel connected yet" in (await browser.get("/channels")).text


async def test_it_is_switched_tested_and_changed(browser: httpx.AsyncClient) -> None:
    page = await connect(browser)

    assert (await browser.post(f"{page}/mode", data={"mode": "live"})).status_code == 303
    assert "shipments, cancellations and stock go out" in (await browser.get(page)).text
    assert (await browser.post(f"{page}/mode", data={"mode": "nonsense"})).status_code == 422
    assert "It works" in (await browser.post(f"{page}/test")).text
    assert (await browser.post(f"{page}/import")).status_code == 303

    kept = {**FORM, "name": "Renamed", "client_secret": ""}
    assert (await browser.post(f"{page}/edit", data=kept)).status_code == 303
    assert "Renamed" in (await browser.get(page)).text
    wrong = await browser.post(f"{page}/edit", data={**FORM, "client_secret": "canary-wrong"})
    assert wrong.status_code == 422
    assert "canary" not in wrong.text
    assert "It works" in (await browser.post(f"{page}/test")).text, "the old secret is still there"


async def test_a_failed_test_is_shown_as_health(browser: httpx.AsyncClient, world: World) -> None:
    page = await connect(browser)
    world.faults.add(Fault(kind="500", count=1))

    assert "cannot be reached" in (await browser.post(f"{page}/test")).text
    assert "Failing" in (await browser.get(page)).text


async def test_calls_are_shown_without_secrets(browser: httpx.AsyncClient, connections: Connections) -> None:
    page = await connect(browser)
    await connections.outside.calls.flush()  # type: ignore[union-attr]  # the fixture gave it a log
    account_id = page.rpartition("/")[2]
    calls = (await browser.get(f"/api/v1/channel-accounts/{account_id}/calls")).json()["items"]
    assert len(calls) == 2, "the test before saving: signing in, and a page of orders"
    await browser.post(f"{page}/test")
    await connections.outside.calls.flush()  # type: ignore[union-attr]  # the fixture gave it a log
    calls = (await browser.get(f"/api/v1/channel-accounts/{account_id}/calls")).json()["items"]
    assert len(calls) == 4, "the account signs in by itself now"
    for call in calls:
        detail = await browser.get(f"/calls/{call['id']}")
        assert detail.status_code == 200
        assert SECRET not in detail.text
        assert "•••" in detail.text
        single = await browser.get(f"/api/v1/channel-accounts/{account_id}/calls/{call['id']}")
        assert single.json()["response_headers"]


async def test_documents_are_looked_after(browser: httpx.AsyncClient, database: Database, seller: SellerRef) -> None:
    account_id = (await connect(browser)).rpartition("/")[2]
    async with database.transaction(Scope.of(seller.id)) as session:
        service = ChannelService(session)
        account = await service.account(account_id)  # type: ignore[arg-type]  # PostgreSQL reads the text
        documents = [
            RawDocument(document_id=f"A{n}", fingerprint="1", raw=b'{"orderId":"<script>alert(1)</script>"}')
            for n in range(3)
        ]
        stored = (await service.store_documents(account, ORDERS, documents)).new
        await service.settle_documents(
            [Settlement(id=found.id, state=DocumentState.ATTENTION, reason="No such country.") for found in stored]
        )

    lane = (await browser.get("/channels/inbox")).text
    assert lane.count("No such country.") == 3
    shown = (await browser.get(f"/channels/inbox/{stored[0].id}")).text
    assert "<script>alert" not in shown
    assert "&lt;script&gt;alert" in shown
    assert (await browser.post(f"/channels/inbox/{stored[0].id}/retry")).status_code == 303
    assert (await browser.post(f"/channels/inbox/{stored[1].id}/ignore")).status_code == 303
    assert (await browser.post("/channels/inbox/ignore", data={"ids": [str(stored[2].id)]})).status_code == 303
    assert "Nothing needs attention" in (await browser.get("/channels/inbox")).text
    assert "Tess Tester" in (await browser.get("/channels/inbox?state=ignored")).text
    assert (await browser.post("/channels/inbox/retry", data={"ids": ["nonsense"]})).status_code == 404

    listed = await browser.get("/api/v1/channel-documents", params={"limit": 2})
    assert len(listed.json()["items"]) == 2
    rest = await browser.get("/api/v1/channel-documents", params={"limit": 2, "cursor": listed.json()["next"]})
    assert len(rest.json()["items"]) == 1
    assert rest.json()["next"] is None
    detail = await browser.get(f"/api/v1/channel-documents/{stored[0].id}")
    assert detail.json()["raw"].startswith('{"orderId"')
    assert (await browser.post(f"/api/v1/channel-documents/{stored[1].id}/retry")).status_code == 202
    ignored = await browser.post(f"/api/v1/channel-documents/{stored[1].id}/ignore", json={"reason": "A test."})
    assert ignored.json()["state"] == "ignored"
    found = await browser.get("/api/v1/channel-documents", params={"state": "ignored", "document_id": "A1"})
    assert [item["reason"] for item in found.json()["items"]] == ["A test."]


async def test_the_api_connects_and_changes(browser: httpx.AsyncClient) -> None:
    [channel] = [item for item in (await browser.get("/api/v1/channels")).json()["items"] if item["key"] == "bol"]
    assert [field["name"] for field in channel["credentials"] if field["secret"]] == ["client_secret"]

    body = {"channel": "bol", "name": "By API", "credentials": CREDENTIALS}
    made = await browser.post("/api/v1/channel-accounts", json=body)
    assert made.status_code == 201
    assert SECRET not in made.text
    account = f"/api/v1/channel-accounts/{made.json()['id']}"
    assert (await browser.post("/api/v1/channel-accounts", json=body)).status_code == 409
    assert (await browser.post(f"{account}/mode", json={"mode": "live"})).json()["mode"] == "live"
    assert (await browser.post(f"{account}/test")).json()["known_as"].startswith("bol")
    assert (await browser.post(f"{account}/import")).status_code == 202
    changed = await browser.patch(
        account, json={"name": "Renamed", "credentials": {**CREDENTIALS, "client_secret": ""}}
    )
    assert changed.json()["name"] == "Renamed"
    refused = await browser.patch(account, json={"credentials": {**CREDENTIALS, "client_secret": "canary-no"}})
    assert refused.status_code == 422
    assert refused.json()["type"].endswith("channels.credentials_rejected")
    assert "canary" not in refused.text
    listed = await browser.get("/api/v1/channel-accounts")
    assert [item["name"] for item in listed.json()["items"]] == ["Renamed"]
    assert listed.json()["items"][0]["mode"] == "live"

    for bad in ({"channel": "nope"}, {"credentials": {"client_id": "x"}}, {"name": ""}, {"prefix": "spaces no"}):
        answer = await browser.post("/api/v1/channel-accounts", json={**body, "name": "Bad", **bad})
        assert answer.status_code in {400, 404, 422}, answer.text


async def test_reading_is_not_managing(make_client: MakeClient, seller: SellerRef, browser: httpx.AsyncClient) -> None:
    page = await connect(browser)
    reader = await make_client(seller, frozenset({Right.CHANNELS_READ}))

    shown = await reader.get(page)
    assert shown.status_code == 200
    assert "Go live" not in shown.text
    assert (await reader.get("/channels/inbox")).status_code == 200
    for method, path in (("GET", "/channels/new"), ("POST", f"{page}/mode"), ("GET", f"{page}/edit")):
        assert (await reader.request(method, path)).status_code == 403
    stranger = await make_client(seller, frozenset[Right]())
    assert (await stranger.get("/channels")).status_code == 403


async def test_another_sellers_account_does_not_exist(
    make_client: MakeClient, make_seller: Callable[..., Awaitable[SellerRef]], browser: httpx.AsyncClient
) -> None:
    page = await connect(browser)
    other = await make_client(await make_seller("Red Mugs"))

    for path in (page, f"{page}/edit", page.replace("/channels/", "/api/v1/channel-accounts/")):
        assert (await other.get(path)).status_code == 404
    assert (await other.post(f"{page}/mode", data={"mode": "live"})).status_code == 404
