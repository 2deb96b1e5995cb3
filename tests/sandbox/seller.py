"""A seller's program, as tests play it."""

from typing import Any

import httpx

from entrepot.sandbox.app import create_sandbox
from entrepot.sandbox.world import World

V10 = "application/vnd.retailer.v10+json"
V11 = "application/vnd.retailer.v11+json"
ADDRESS = {
    "name": "Jürgen Größmann",
    "street": "Hauptstraße",
    "house_number": "12 A",
    "postal_code": "50667",
    "city": "Köln",
    "country": "DE",
}
KEY = {"X-API-Key": "sandbox-express-key"}


class Seller:
    """Speaks to a sandbox over HTTP, without a network."""

    def __init__(self, world: World, client_id: str = "sandbox-seller-1", secret: str | None = None) -> None:
        self.world = world
        transport = httpx.ASGITransport(create_sandbox(world))  # type: ignore[arg-type]  # Litestar narrows the scope
        self.http = httpx.AsyncClient(transport=transport, base_url="http://sandbox")
        self.credentials = (client_id, secret or world.accounts[client_id].options.client_secret)
        self.token = ""

    async def log_in(self) -> httpx.Response:
        answer = await self.http.post("/token?grant_type=client_credentials", auth=self.credentials)
        if answer.is_success:
            self.token = answer.json()["access_token"]
        return answer

    async def call(
        self, method: str, path: str, body: object = None, media: str = V10, **query: object
    ) -> httpx.Response:
        if not self.token:
            await self.log_in()
        headers = {"Authorization": f"Bearer {self.token}", "Accept": media}
        if body is not None:
            headers["Content-Type"] = media
        params: dict[str, Any] = {name.replace("_", "-"): value for name, value in query.items()}
        return await self.http.request(method, path, headers=headers, params=params, json=body)

    async def read(self, path: str, media: str = V10, **query: object) -> dict[str, Any]:
        answer = await self.call("GET", path, media=media, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def all_orders(self, **query: object) -> list[dict[str, Any]]:
        """Every page of the list of orders, as a program would read it."""
        found: list[dict[str, Any]] = []
        page = 1
        while orders := (await self.read("/retailer/orders", V10, page=page, **query)).get("orders"):
            found += orders
            page += 1
        return found

    async def ship(self, *item_ids: str, quantity: int | None = None, tracking: str = "3SBOL1") -> httpx.Response:
        items = [
            {"orderItemId": item} if quantity is None else {"orderItemId": item, "quantity": quantity}
            for item in item_ids
        ]
        transport = {"transporterCode": "SANDBOX", "trackAndTrace": tracking}
        return await self.call("POST", "/retailer/shipments", {"orderItems": items, "transport": transport})

    async def outcome(self, accepted: httpx.Response) -> dict[str, Any]:
        """What came of an accepted wish, once the marketplace has worked on it."""
        assert accepted.status_code == 202, accepted.text
        self.world.clock.advance(self.world.options.process_seconds)
        return await self.read(f"/shared/process-status/{accepted.json()['processStatusId']}")

    async def control(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        answer = await self.http.request(method, f"/sandbox/api{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else {}

    async def listed(self, path: str) -> list[dict[str, Any]]:
        """A list of the control API."""
        answer = await self.http.get(f"/sandbox/api{path}")
        assert answer.is_success, answer.text
        return answer.json()

    async def stats(self) -> dict[str, Any]:
        return next(
            account
            for account in (await self.control("GET", "/stats"))["accounts"]
            if account["client_id"] == self.credentials[0]
        )

    async def book(self, **changes: object) -> httpx.Response:
        booking = {"reference": "parcel-1", "sender": ADDRESS, "recipient": ADDRESS, "weight_grams": 1250} | changes
        return await self.http.post("/carrier/shipments", json=booking, headers=KEY)
