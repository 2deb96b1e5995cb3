"""Operation for programs: health, and the log of a run as a page and as a stream."""

from collections.abc import AsyncGenerator
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, WebSocket, get, websocket
from litestar.exceptions import WebSocketDisconnect
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.jobs import views
from entrepot.jobs.views import LogLine
from entrepot.kit.database import Database
from entrepot.kit.errors import EntrepotError
from entrepot.operations.following import Message, follow

GONE = 4404
"""What the WebSocket is closed with where HTTP answers 404."""
MOST_LINES = 500


class HealthOut(msgspec.Struct, kw_only=True):
    """How the hub is, for a monitor."""

    status: str
    """``ok``, or ``degraded``: no worker lives, or work has been waiting for more than five minutes."""
    workers: int
    queued: int
    running: int
    waiting: int
    failed_today: int
    oldest_queued_seconds: int


class LogOut(msgspec.Struct, kw_only=True):
    """Lines of a run's log, oldest first."""

    items: list[LogLine]
    next: str | None
    """Give it as ``cursor`` to get the lines after these; null: there are no more now."""


class FollowController(Controller):
    """Health and logs."""

    path = "/api/v1"
    tags = ("jobs",)
    opt = needs(Right.JOBS_READ)

    @get("/health", operation_id="getHealth", summary="Say how the hub is", tags=["meta"])
    async def health(self, session: AsyncSession) -> HealthOut:
        """Return figures that a monitor can raise an alarm on; of the runs that the caller may see."""
        counts = await views.count_states(session)
        workers = await views.list_workers(session)
        oldest = await views.oldest_queued(session)
        return HealthOut(
            status="ok" if workers and oldest < views.LATE else "degraded",
            workers=len(workers),
            queued=counts.get("queued", 0),
            running=counts.get("running", 0),
            waiting=counts.get("waiting", 0),
            failed_today=counts.get("failed", 0),
            oldest_queued_seconds=oldest,
        )

    @get("/jobs/{run_id:uuid}/log", operation_id="getRunLog", summary="Read the log of a run")
    async def log(
        self,
        session: AsyncSession,
        run_id: FromPath[UUID],
        cursor: Annotated[int, QueryParameter(ge=0)] = 0,
        limit: Annotated[int, QueryParameter(ge=1, le=MOST_LINES)] = 100,
    ) -> LogOut:
        """Return lines after *cursor*, oldest first."""
        await views.run(session, run_id)
        lines = await views.log_after(session, run_id, cursor, limit=limit)
        return LogOut(items=lines, next=str(lines[-1].id) if len(lines) == limit else None)

    @get("/jobs/{run_id:uuid}/log/stream", operation_id="streamRunLog", summary="Follow the log of a run (SSE)")
    async def stream(
        self,
        request: Request[Any, Any, Any],
        principal: Principal,
        run_id: FromPath[UUID],
        after: Annotated[int, QueryParameter(ge=0)] = 0,
    ) -> Stream:
        """Stream lines, progress and the end as server-sent events.

        A line's ``id`` may be sent back as ``Last-Event-ID`` to go on after it.
        """
        last = request.headers.get("last-event-id", "")
        database: Database = request.app.state.database
        messages = follow(
            database, request.app.state.get("hub"), principal, run_id, after=int(last) if last.isdigit() else after
        )
        first = await anext(messages)  # a run that is not there is a 404, not an empty stream
        return Stream(
            _events(first, messages),
            media_type="text/event-stream",
            headers={"cache-control": "no-store", "x-accel-buffering": "no"},
        )


async def _events(first: Message, messages: AsyncGenerator[Message]) -> AsyncGenerator[bytes]:
    try:
        yield _event(first)
        async for message in messages:
            yield _event(message)
    finally:
        await messages.aclose()


def _event(message: Message) -> bytes:
    if message.line is not None:
        return b"id: %d\nevent: line\ndata: %s\n\n" % (message.line.id, msgspec.json.encode(message.line))
    if message.run is not None:
        name = b"run" if message.run.active else b"end"
        return b"event: %s\ndata: %s\n\n" % (name, msgspec.json.encode(message.run))
    return b": alive\n\n"


@websocket("/api/v1/jobs/{run_id:uuid}/log/socket", opt=needs(Right.JOBS_READ))
async def log_socket(socket: WebSocket[Any, Any, Any], run_id: FromPath[UUID]) -> None:
    """Send the same as the stream of server-sent events, each message a JSON object with its ``type``."""
    who: Principal = socket.scope["user"]
    after = socket.query_params.get("after", "0")
    messages = follow(
        socket.app.state.database,
        socket.app.state.get("hub"),
        who,
        run_id,
        after=int(after) if after.isdigit() else 0,
    )
    try:
        first = await anext(messages)
    except EntrepotError as error:
        await socket.close(code=GONE, reason=error.code)
        return
    await socket.accept()
    try:
        await socket.send_data(msgspec.json.encode(first).decode())
        async for message in messages:
            await socket.send_data(msgspec.json.encode(message).decode())
        await socket.close()
    except WebSocketDisconnect:
        return
    finally:
        await messages.aclose()


ROUTES = [FollowController, log_socket]
