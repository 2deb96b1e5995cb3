"""Pages and API of prices, alerts and notifications."""

from datetime import timedelta

import httpx
import pytest

from entrepot.access.principal import SellerRef
from entrepot.kit.clock import now
from entrepot.kit.database import Database
from entrepot.kit.ids import new_id
from entrepot.kit.scope import Scope
from entrepot.pricewatch.history.standing import refresh
from tests.conftest import MakeClient
from tests.pricewatch.alerts.conftest import START, Watched

pytestmark = pytest.mark.anyio


@pytest.fixture
async def mug(database: Database, seller: SellerRef) -> Watched:
    """A product that two stores sell, with a past."""
    watched = Watched(seller)
    age = (now() - START) / timedelta(hours=1)
    async with database.transaction(Scope.of(seller.id)) as session:
        await watched.store(session)
        for days, price in ((60, "20"), (40, "24"), (20, "18"), (10, "12.12")):
            await watched.observe(session, age - 24 * days, price)
        await watched.observe(session, age - 24 * 30, "19", listing=1)
        await refresh(session, [watched.product_id])
    return watched


async def test_prices_are_shown_and_handed_out(client: httpx.AsyncClient, mug: Watched) -> None:
    overview = await client.get("/prices")
    assert overview.status_code == 200
    assert "Very good price" in overview.text
    assert "Blue mug" in overview.text

    history = await client.get(f"/prices/products/{mug.product_id}/history?span=90d")
    assert history.status_code == 200
    for words in ("It never cost less in this time.", "Stores compared", "€24.00", "Falls", 'data-chart-kind="price"'):
        assert words in history.text
    assert (await client.get(f"/prices/products/{mug.product_id}/history?span=forever")).status_code == 200
    assert (await client.get(f"/prices/products/{new_id()}/history")).status_code == 404

    table = await client.get(f"/prices/products/{mug.product_id}/history/export?form=csv")
    assert len(table.text.splitlines()) == 6
    assert "Alpha" in table.text
    sheet = await client.get(f"/prices/products/{mug.product_id}/history/export?form=xlsx&span=7d")
    assert sheet.content.startswith(b"PK")

    answer = (await client.get(f"/api/v1/watched-products/{mug.product_id}/history?span=1y")).json()
    assert answer["figures"]["low"] == "12.1200"
    assert answer["figures"]["verdict"] == "great"
    assert [line["store"] for line in answer["lines"]] == ["Alpha", "Beta"]
    assert (await client.get("/api/v1/prices/overview")).json()["totals"]["listings"] == 2


async def test_alerts_are_made_on_a_form_and_told_in_the_hub(client: httpx.AsyncClient, mug: Watched) -> None:
    page = f"/prices/products/{mug.product_id}/alerts"
    assert "No alert looks at this product" in (await client.get(page)).text
    form = await client.get(f"/prices/alerts/new?product={mug.product_id}")
    assert "This product, in all its stores" in form.text
    assert 'value="EUR"' in form.text

    given = {"product": str(mug.product_id), "scope": "product", "kind": "target", "currency": "EUR"}
    refused = await client.post("/prices/alerts", data=given | {"threshold": "none"})
    assert refused.status_code == 422
    assert "Enter a number" in refused.text
    made = await client.post("/prices/alerts", data=given | {"threshold": "15"})
    assert (made.status_code, made.headers["location"]) == (303, f"/prices/products/{mug.product_id}")

    assert "Tells you when it costs €15.00 or less" in (await client.get(page)).text
    assert "told you 1 time" in (await client.get(page)).text
    assert "Blue mug: €12.12, your target is reached" in (await client.get("/notifications")).text
    assert "1 unread notification" in (await client.get("/notifications/bell")).text
    told = (await client.get("/api/v1/notifications?unread=true")).json()
    assert (told["unread"], told["items"][0]["topic"]) == (1, "pricewatch.target")
    opened = await client.get(f"/notifications/{told['items'][0]['id']}")
    assert opened.headers["location"] == f"/prices/products/{mug.product_id}"
    assert "1 unread" not in (await client.get("/notifications/bell")).text

    (alert,) = (await client.get("/api/v1/price-alerts")).json()["items"]
    assert (await client.get(f"/prices/alerts/{alert['id']}")).status_code == 200
    await client.post(f"/prices/alerts/{alert['id']}", data={"kind": "any", "direction": "up", "version": "1"})
    await client.post(f"/prices/alerts/{alert['id']}/switch", data={"on": ""})
    changed = (await client.get(f"/api/v1/price-alerts/{alert['id']}")).json()
    assert (changed["kind"], changed["enabled"], changed["direction"]) == ("any", False, "up")
    assert "resting" in (await client.get("/prices/alerts")).text
    assert (await client.post(f"/prices/alerts/{alert['id']}/remove")).status_code == 303
    assert (await client.get(f"/prices/alerts/{alert['id']}")).status_code == 404


async def test_alerts_by_the_api(client: httpx.AsyncClient, mug: Watched, make_client: MakeClient) -> None:
    new = {"kind": "percent", "threshold": "10", "direction": "either", "listing_id": str(mug.listings[0])}
    made = await client.post("/api/v1/price-alerts", json=new)
    assert made.status_code == 201, made.text
    alert = made.json()
    assert alert["sentence"] == "Tells you when it falls or rises by 10 % or more; then counts anew from that price."
    path = f"/api/v1/price-alerts/{alert['id']}"
    changed = await client.patch(path, json={"threshold": "20", "enabled": False})
    assert (changed.json()["threshold"], changed.json()["enabled"]) == ("20.0000", False)
    assert (await client.patch(path, json={"kind": "target", "threshold": "0"})).status_code == 422
    other = await make_client(SellerRef(new_id(), "Somebody else"))
    assert (await other.get(path)).status_code == 404
    assert (await client.delete(path)).status_code == 204


async def test_ways_and_times_are_set(client: httpx.AsyncClient) -> None:
    settings = "/notifications/settings"
    assert "In the hub only" in (await client.get(settings)).text
    refused = await client.post(f"{settings}/services", data={"url": "file:///etc/passwd"})
    assert refused.status_code == 422
    assert "is not among the services" in refused.text
    assert (
        await client.post(f"{settings}/services", data={"url": "ntfys://ntfy.sh/mugs", "name": "Phone"})
    ).status_code == 303
    (way,) = (await client.get("/api/v1/notification-ways")).json()["items"]
    assert (way["name"], way["service"], way["problem"]) == ("Phone", "ntfy (ntfy.sh)", "")
    page = await client.get(settings)
    assert "Phone" in page.text
    assert "ntfys://ntfy.sh/mugs" not in page.text
    assert (await client.post(f"/api/v1/notification-ways/{way['id']}/test")).status_code == 202
    switched = await client.put(f"/api/v1/notification-ways/{way['id']}", json={"enabled": False})
    assert switched.json()["enabled"] is False
    assert (await client.post(f"{settings}/ways/{way['id']}/remove")).status_code == 303
    wrong = await client.post(f"{settings}/times", data={"digest": "daily", "quiet_from": "22:00"})
    assert wrong.status_code == 422
    assert "Give both ends" in wrong.text
    times = {"digest": "hourly", "daily_at": "09:00:00", "quiet_from": "22:00:00", "quiet_to": "07:00:00"}
    assert (await client.put("/api/v1/notifications/times", json=times)).json() == times
    assert 'value="22:00"' in (await client.get(settings)).text
