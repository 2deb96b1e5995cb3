"""The log of a run as programs follow it, over server-sent events and over a WebSocket."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import httpx
import pytest
from litestar import Litestar

from entrepot.access.principal import SellerRef
from entrepot.access.rights import Right
from entrepot.jobs import repository as runs
from entrepot.jobs import service
from entrepot.kit.clock import now
from entrepot.kit.database import Database
from entrepot.kit.scope import Scope
from entrepot.web.live import Hub
from tests.conftest import AppOf, MakeClient, principal_for
from tests.jobs.conftest import MakeSeller
from tests.jobs.samples import Quick

pytestmark = pytest.mark.anyio


async def start(database: Database, seller: SellerRef) -> UUID:
    async with database.transaction(Scope.of(seller.id)) as session:
        run_id = await service.enqueue(session, Quick(seller_id=seller.id), delay=3600)
        await say(database, seller, run_id, "first", session)
        return run_id


async def say(database: Database, seller: SellerRef, run_id: UUID, text: str, session: Any = None) -> None:  # noqa: ANN401 -- a session or None
    line = {
        "run_id": run_id,
        "seller_id": seller.id,
        "at": now(),
        "level": "info",
        "text": text,
        "facts": None,
        "subject_kind": "",
        "subject_id": None,
    }
    if session is not None:
        await runs.add_log_lines(session, [line])
        return
    async with database.transaction(Scope.of(seller.id)) as own:
        await runs.add_log_lines(own, [line])


async def end(database: Database, seller: SellerRef, run_id: UUID) -> None:
    async with database.transaction(Scope.of(seller.id)) as session:
        await service.cancel(session, run_id)


class Socket:
    """One WebSocket, spoken in ASGI: httpx speaks none."""

    def __init__(self, app: AppOf, path: str, headers: Mapping[str, str] | None = None) -> None:
        self._to_app: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._from_app: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        given = {"host": "entrepot.test", **(headers or {})}
        scope: Any = {
            "type": "websocket",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "scheme": "ws",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": [(name.encode(), value.encode()) for name, value in given.items()],
            "client": ("127.0.0.1", 1),
            "server": ("entrepot.test", 80),
            "subprotocols": [],
            "state": {},
            "extensions": {},
        }
        self._to_app.put_nowait({"type": "websocket.connect"})
        self.task = asyncio.ensure_future(app(scope, self._to_app.get, self._from_app.put))

    async def next(self) -> dict[str, Any]:
        return await asyncio.wait_for(self._from_app.get(), 10)

    async def text(self) -> dict[str, Any]:
        message = await self.next()
        assert message["type"] == "websocket.send", message
        told: dict[str, Any] = json.loads(message["text"])
        return told

    async def close(self) -> None:
        self._to_app.put_nowait({"type": "websocket.disconnect", "code": 1000})
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


async def test_sse_tells_lines_progress_and_the_end(
    client: httpx.AsyncClient, database: Database, seller: SellerRef
) -> None:
    run_id = await start(database, seller)
    await end(database, seller, run_id)

    answer = await client.get(f"/api/v1/jobs/{run_id}/log/stream")

    assert answer.headers["content-type"].startswith("text/event-stream")
    assert [part.split("\n")[0 if part.startswith("event") else 1] for part in answer.text.strip().split("\n\n")] == [
        "event: line",
        "event: end",
    ]
    last = answer.text.split("id: ")[1].split("\n")[0]
    again = await client.get(f"/api/v1/jobs/{run_id}/log/stream", headers={"last-event-id": last})
    assert "event: line" not in again.text
    page = (await client.get(f"/api/v1/jobs/{run_id}/log")).json()
    assert [line["text"] for line in page["items"]] == ["first"]


async def test_a_websocket_tells_what_is_written_while_it_is_open(
    app: Litestar, database: Database, seller: SellerRef
) -> None:
    run_id = await start(database, seller)
    socket = Socket(AppOf(app, principal_for(seller)), f"/api/v1/jobs/{run_id}/log/socket")

    assert (await socket.next())["type"] == "websocket.accept"
    assert (await socket.text())["line"]["text"] == "first"
    assert (await socket.text())["run"]["state"] == "waiting"
    await say(database, seller, run_id, "second")
    assert (await socket.text())["line"]["text"] == "second"
    await end(database, seller, run_id)
    assert (await socket.text())["run"]["state"] == "cancelled"
    assert (await socket.next())["type"] == "websocket.close"
    await socket.close()


async def test_another_seller_hears_nothing(
    app: Litestar, make_client: MakeClient, make_seller: MakeSeller, database: Database, seller: SellerRef
) -> None:
    run_id = await start(database, seller)
    other = await make_seller("Other")

    refused = await (await make_client(other)).get(f"/api/v1/jobs/{run_id}/log/stream")
    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (404, "jobs.run_not_found")
    assert (await (await make_client(other)).get(f"/api/v1/jobs/{run_id}/log")).status_code == 404
    socket = Socket(AppOf(app, principal_for(other)), f"/api/v1/jobs/{run_id}/log/socket")
    assert await socket.next() == {"type": "websocket.close", "code": 4404, "reason": "jobs.run_not_found"}
    await socket.close()


async def test_without_the_right_nobody_hears_anything(
    app: Litestar, make_client: MakeClient, database: Database, seller: SellerRef
) -> None:
    run_id = await start(database, seller)
    weak = frozenset({Right.ORDERS_READ})

    assert (await (await make_client(seller, weak)).get(f"/api/v1/jobs/{run_id}/log/stream")).status_code == 403
    assert (await (await make_client(seller, weak)).get("/api/v1/health")).status_code == 403
    for who, code in ((principal_for(seller, weak), 4403), (None, 4401)):
        socket = Socket(AppOf(app, who), f"/api/v1/jobs/{run_id}/log/socket")
        closed = await socket.next()
        assert (closed["type"], closed["code"]) == ("websocket.close", code)
        await socket.close()


async def test_a_commit_wakes_the_follower(database: Database, seller: SellerRef) -> None:
    hub = Hub(database)
    async with hub.running(), hub.listen("jobs") as changed, hub.listen("orders") as other:
        while hub.cursor is None:
            await asyncio.sleep(0.01)
        run_id = await start(database, seller)
        await end(database, seller, run_id)
        await asyncio.wait_for(changed.wait(), 10)
        assert not other.is_set()


async def test_health_is_for_monitors(client: httpx.AsyncClient) -> None:
    health = (await client.get("/api/v1/health")).json()

    assert health["status"] in {"ok", "degraded"}
    assert {"workers", "queued", "running", "failed_today", "oldest_queued_seconds"} <= health.keys()
