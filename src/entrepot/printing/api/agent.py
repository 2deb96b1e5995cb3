"""REST API v1 for print agents: next job, its document, how it ended."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager
from typing import Annotated, Any, Literal, Protocol
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath, JSONBody
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.kit.database import Database
from entrepot.printing.claiming import Claiming
from entrepot.printing.domain import MEDIA_TYPES, Format
from entrepot.printing.http import storage_of
from entrepot.printing.refs import Task

LOOK = 5.0
"""Seconds between looks although nothing was said: jobs that are to be tried again, agents that fell silent."""


class Wakes(Protocol):
    """Says when something of a slice is committed."""

    def listen(self, slice_: str, /) -> AbstractAsyncContextManager[asyncio.Event]: ...


class AskForWork(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Which agent asks, for which workstation."""

    workstation: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    """Its id or its name."""
    agent: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    wait: Annotated[float, msgspec.Meta(ge=0, le=30)] = 25
    """Seconds to wait for a job if there is none."""


class Work(msgspec.Struct, kw_only=True):
    """A job, or nothing for now."""

    workstation: str
    job: Task | None


class Claim(msgspec.Struct, forbid_unknown_fields=True):
    """Proves that the agent speaks of the attempt it was given."""

    claim: UUID


class Outcome(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """How an attempt ended."""

    claim: UUID
    outcome: Literal["printed", "unreachable", "interrupted", "impossible"]
    """``unreachable``: nothing was sent; ``interrupted``: some of it was; ``impossible``: trying again is of no use."""
    reason: Annotated[str, msgspec.Meta(max_length=300)] = ""


class PrintAgentApi(Controller):
    """For print agents."""

    path = "/api/v1/print-agent"
    tags = ("printing",)
    opt = needs(Right.PRINTING_AGENT)

    @post(
        "/next",
        operation_id="takePrintJob",
        summary="Take the next print job of a workstation, waiting for one",
        status_code=200,
    )
    async def next_job(self, request: Request[Any, Any, Any], principal: Principal, data: JSONBody[AskForWork]) -> Work:
        """Give out a job for a minute; if nothing more is heard of it, it is given out again.

        No transaction and no connection is held while waiting.
        """
        database: Database = request.app.state.database
        wakes: Wakes | None = request.app.state.get("hub")
        clock = asyncio.get_running_loop().time
        end = clock() + data.wait
        first = True
        listening = wakes.listen("printing") if wakes is not None else contextlib.nullcontext(asyncio.Event())
        async with listening as changed:
            while True:
                changed.clear()
                async with database.transaction(principal.scope, actor=principal.actor) as session:
                    claiming = Claiming(session)
                    station = await claiming.workstation(data.workstation)
                    if first:
                        await claiming.seen(station, data.agent, principal)
                    job = await claiming.take(station.id, data.agent)
                first = False
                left = end - clock()
                if job is not None or left <= 0:
                    return Work(workstation=station.name, job=job)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(changed.wait(), min(LOOK, left))

    @get(
        "/jobs/{job_id:uuid}/document",
        operation_id="getPrintDocument",
        summary="Fetch what is to be printed",
    )
    async def document(
        self, request: Request[Any, Any, Any], session: AsyncSession, job_id: FromPath[UUID], claim: UUID
    ) -> Response[bytes]:
        """Send the document of a job that the agent was given."""
        found = await Claiming(session).document(job_id, claim)
        content = found.content
        if content is None:
            content = b"".join([piece async for piece in _stored(request, found.storage_key)])
        return Response(content, media_type=MEDIA_TYPES[Format(found.format)])

    @post(
        "/jobs/{job_id:uuid}/sending",
        operation_id="beginPrintJob",
        summary="Say that the printer gets the job from now on, or still gets it",
        status_code=204,
    )
    async def sending(self, session: AsyncSession, job_id: FromPath[UUID], data: JSONBody[Claim]) -> None:
        """Hold the lease for another minute.  Refused: the job is no longer the agent's, and must not be sent."""
        await Claiming(session).sending(job_id, data.claim)

    @post(
        "/jobs/{job_id:uuid}/outcome",
        operation_id="endPrintJob",
        summary="Say how a print job ended",
        status_code=204,
    )
    async def outcome(self, session: AsyncSession, job_id: FromPath[UUID], data: JSONBody[Outcome]) -> None:
        """End the attempt: printed, or to be tried again, or failed for good."""
        claiming = Claiming(session)
        if data.outcome == "printed":
            await claiming.printed(job_id, data.claim)
        else:
            await claiming.failed(
                job_id, data.claim, data.reason,
                begun=data.outcome == "interrupted", final=data.outcome == "impossible",
            )  # fmt: skip


def _stored(request: Request[Any, Any, Any], key: str) -> AsyncGenerator[bytes]:
    return storage_of(request).read(key)
