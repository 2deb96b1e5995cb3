"""How many statements the steps of the floor take: what people wait for is mostly round trips."""

from typing import Any

import httpx
import pytest

from entrepot.kit.database import Database
from tests.fulfilment.floor import Floor
from tests.statements import sent

pytestmark = pytest.mark.anyio


MOST = {"claim": 12, "picks": 12, "pack": 9, "dispatch": 9, "deliver": 4}
"""Of an order with five lines, picked in one request."""


async def test_each_step_takes_few_statements(client: httpx.AsyncClient, floor: Floor) -> None:
    await floor.stock(MUG=50, CUP=50, JUG=50, PAN=50, POT=50)
    app: Any = client._transport  # type: ignore[attr-defined]  # noqa: SLF001 -- no other way to the app
    database: Database = app.app.state.database
    found: dict[str, int] = {}

    async def post(name: str, path: str, **body: object) -> Any:  # noqa: ANN401 -- JSON
        with sent(database) as statements:
            answer = await client.post(f"/api/v1{path}", json=body)
        assert answer.is_success, answer.text
        found[name] = len(statements)
        return answer.json()

    for _ in range(2):  # the first time includes what is remembered for later
        order = await floor.order(("MUG", 1), ("CUP", 2), ("JUG", 1), ("PAN", 1), ("POT", 3))
        task = await post("claim", "/pick-lists/claims", code=str(order))
        picks = [{"line_id": line["id"], "client_id": line["id"]} for line in task["lines"]]
        await post("picks", f"/pick-lists/{task['pick_list']['id']}/picks", picks=picks)
        await post("pack", f"/orders/{order}/parcels", weight_g=900)
        await post("dispatch", f"/orders/{order}/dispatch", how="driver")
        await post("deliver", f"/orders/{order}/deliver", received_by="B. Jansen")
        assert await floor.status(order) == "delivered"
    assert {name: count for name, count in found.items() if count > MOST[name]} == {}
