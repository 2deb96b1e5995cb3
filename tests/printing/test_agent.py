"""The print agent against the hub's API, a listener as a printer, and a folder."""

import asyncio
import base64
import contextlib
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from litestar import Litestar
from sqlalchemy import text

from entrepot.access.principal import SellerRef
from entrepot.access.rights import Right
from entrepot.access.service import KeyService
from entrepot.cli.print_agent import (
    HubRefusesError,
    NoSuchWorkstationError,
    Place,
    PrintAgent,
    authorization,
    give_to_lp,
    write_file,
)
from entrepot.kit.database import Database
from entrepot.kit.ids import new_id
from entrepot.kit.scope import Scope
from entrepot.printing import views
from entrepot.printing.refs import Connection, Format, JobRef, Paper, PrinterKind, Purpose, Task
from entrepot.printing.service import PrintService
from tests.conftest import MakeClient, principal_for
from tests.printing.conftest import LABEL, make_station

pytestmark = pytest.mark.anyio

LONG = LABEL * 200_000
"""More than sockets on one machine hold: a printer that stops reading stops the agent."""


class Printer:
    """What a network printer is to an agent: a port that takes bytes; *stuck*: out of paper after the first of them."""

    def __init__(self, *, stuck: bool = False) -> None:
        self.taken: list[bytes] = []
        self.begun = asyncio.Event()
        self.released = asyncio.Event()
        if not stuck:
            self.released.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        taken = await reader.read(100)
        self.begun.set()
        await self.released.wait()
        with contextlib.suppress(ConnectionError):
            taken += await reader.read()
        self.taken.append(taken)
        writer.close()

    @asynccontextmanager
    async def listening(self) -> AsyncGenerator[str]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        async with server:
            yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
            self.released.set()


async def queued(database: Database, seller: SellerRef, address: str, content: bytes = LABEL) -> JobRef:
    async with database.transaction(Scope.of(seller.id)) as session:
        station, _ = await make_station(session, seller, address=address)
        paper = Paper(name="label.zpl", content=content)
        return await PrintService(session).queue(seller.id, station.id, Purpose.SHIPPING_LABEL, paper, copies=2)


async def state(database: Database, job: JobRef) -> views.JobRow:
    async with database.transaction(Scope.of(job.seller_id)) as session:
        return (await views.jobs(session, job_id=job.id))[0]


def agent_for(client: httpx.AsyncClient, workstation: str = "packing 1") -> tuple[PrintAgent, list[str]]:
    told: list[str] = []
    return PrintAgent(client, Place(workstation=workstation, agent="test"), told.append), told


async def test_it_prints_all_copies_on_a_network_printer_and_reports_them(
    database: Database, seller: SellerRef, make_client: MakeClient
) -> None:
    printer = Printer()
    agent, _ = agent_for(await make_client(seller, frozenset({Right.PRINTING_AGENT})))
    async with printer.listening() as address:
        job = await queued(database, seller, address)
        assert await agent.run(once=True) == 1
    assert printer.taken == [LABEL * 2]
    assert (await state(database, job)).state == "printed"


async def test_a_printer_that_is_off_is_tried_again_later(
    database: Database, seller: SellerRef, make_client: MakeClient
) -> None:
    async with Printer().listening() as address:
        pass  # nobody listens there any more
    agent, _ = agent_for(await make_client(seller))
    job = await queued(database, seller, address)
    assert await agent.run(once=True) == 0
    found = await state(database, job)
    assert (found.state, found.maybe_printed) == ("waiting", False)
    assert found.reason.startswith(f"Zebra at {address} does not answer: connection refused")


async def test_it_refuses_to_start_with_a_wrong_token_or_for_an_unknown_workstation(
    seller: SellerRef, make_client: MakeClient
) -> None:
    nobody, _ = agent_for(await make_client(seller, frozenset({Right.ORDERS_READ})))
    with pytest.raises(HubRefusesError, match="Fetch print jobs"):
        await nobody.run(once=True)
    lost, _ = agent_for(await make_client(seller), "Attic")
    with pytest.raises(NoSuchWorkstationError, match="There is no workstation “Attic”"):
        await lost.run(once=True)


async def test_it_outlives_a_hub_that_restarts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("entrepot.cli.print_agent.PAUSES", (0.0,))
    answers = iter([httpx.ConnectError("refused"), httpx.Response(502), httpx.Response(429), None])

    def hub(_: httpx.Request) -> httpx.Response:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer or httpx.Response(200, json={"workstation": "Packing 1", "job": None})

    async with httpx.AsyncClient(transport=httpx.MockTransport(hub), base_url="http://hub") as client:
        agent, told = agent_for(client)
        assert await agent.run(once=True) == 0
    assert told == ["The hub is away: refused. Trying again.", "The hub is back."]


async def test_killed_in_the_middle_its_job_is_printed_by_the_next_one_and_marked(
    app: Litestar, database: Database, seller: SellerRef
) -> None:
    """Real processes: a hub on a port, an agent that is killed while the printer takes no more, and its successor."""
    from granian.constants import Interfaces  # noqa: PLC0415 -- only this test serves
    from granian.server.embed import Server as Granian  # noqa: PLC0415

    async with database.transaction(Scope.of(seller.id)) as session:
        keys = KeyService(session, principal_for(seller))
        key = await keys.create_key(name="agent", rights=[Right.PRINTING_AGENT])
    port = free_port()
    hub = Granian(app, port=port, interface=Interfaces.ASGI)
    serving = asyncio.create_task(hub.serve())
    command = (
        sys.executable, "-m", "entrepot", "print-agent", "--url", f"http://127.0.0.1:{port}",
        "--workstation", "Packing 1", "--token", f"{key.public_id}:{key.secret}", "--name",
    )  # fmt: skip
    try:
        stuck, free = Printer(stuck=True), Printer()
        async with stuck.listening() as address, free.listening() as other:
            job = await queued(database, seller, address, LONG)
            first = await asyncio.create_subprocess_exec(*command, "first", stdout=asyncio.subprocess.DEVNULL)
            await asyncio.wait_for(stuck.begun.wait(), 30)
            first.kill()
            await first.wait()
            cut = await state(database, job)
            assert (cut.state, cut.taken_by) == ("taken", "first")

            async with database.transaction(Scope.of(seller.id)) as session:  # a minute later, at another printer
                await session.execute(text("UPDATE print_job SET leased_until = now() - interval '1 s'"))
                await session.execute(text("UPDATE printer SET address = :address"), {"address": other})
            second = await asyncio.create_subprocess_exec(*command, "second", "--once", stdout=asyncio.subprocess.PIPE)
            said, _ = await asyncio.wait_for(second.communicate(), 30)
            assert free.taken == [LONG * 2]
        assert b"label.zpl -> Zebra: printed" in said
        found = await state(database, job)
        assert (found.state, found.attempts, found.maybe_printed, found.taken_by) == ("printed", 2, True, "second")
    finally:
        hub.stop()  # type: ignore[no-untyped-call]  # granian leaves it untyped
        await serving


def free_port() -> int:
    import socket  # noqa: PLC0415

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_lp_gets_the_document_and_never_a_shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lp = tmp_path / "lp"
    lp.write_text('#!/bin/sh\ncat > "$0.document"\nprintf "%s\\n" "$@" > "$0.arguments"\n')
    lp.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    task = Task(
        id=new_id(), claim=new_id(), document="$(touch x); `y`\n.zpl", format=Format.ZPL, purpose="box_label",
        copies=3, attempt=1, maybe_printed=False, printer="Zebra", kind=PrinterKind.ZPL, connection=Connection.QUEUE,
        address="Zebra_ZD421", lease_seconds=60,
    )  # fmt: skip

    await give_to_lp(task, LABEL)
    write_file(tmp_path / "out", task, LABEL)

    assert (tmp_path / "lp.document").read_bytes() == LABEL
    arguments = (tmp_path / "lp.arguments").read_text().splitlines()
    assert arguments == ["-d", "Zebra_ZD421", "-n", "3", "-t", "$(touch x); `y`.zpl", "-o", "raw", "-"]
    assert [path.read_bytes() for path in (tmp_path / "out").iterdir()] == [LABEL]
    assert authorization("et_x") == "Bearer et_x"
    assert base64.b64decode(authorization("ek_a:b").removeprefix("Basic ")) == b"ek_a:b"
