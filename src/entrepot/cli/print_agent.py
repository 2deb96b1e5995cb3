"""The print agent: fetches print jobs from the hub and gives them to printers near it.

It runs where the printers are, needs nothing but a way to the hub, and keeps nothing: what is not reported as printed is
still in the hub's queue.  It starts no shell; ``lp`` is called with its arguments, the document on its standard input.
"""

import asyncio
import base64
import contextlib
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import httpx
import msgspec

from entrepot.kit.errors import ForbiddenError, RefusedError, UnavailableError
from entrepot.kit.text import N_
from entrepot.printing.refs import Connection, Format, HostPort, Task, read_host

WAIT = 25
"""Seconds that the hub holds a question for work."""
PATIENCE = httpx.Timeout(15, read=WAIT + 20)
PAUSES = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0)
"""Seconds between tries to reach the hub."""
CONNECTING = 10
STALLED = 120
"""Seconds that a printer may take nothing: out of paper, out of ribbon."""
PIECE = 32 * 1024
KEEP = 20.0
"""Seconds after which the lease of a long print is held on."""
DRAIN = 3.0
GONE = frozenset({404, 409})


class HubRefusesError(ForbiddenError):
    """The token is wrong, revoked, or lacks the right."""

    code = "print_agent.refused"
    title = N_("The hub refuses this agent")
    message = N_("{reason} Make an API key with the right “Fetch print jobs (for the print agent)” and start the agent with it.")  # fmt: skip


class NoSuchWorkstationError(RefusedError):
    """The hub knows no workstation of that name."""

    code = "print_agent.workstation"
    title = N_("Unknown workstation")
    message = N_("{reason} Give the name of a workstation, as the hub shows it under Printing, with --workstation.")


class UnreachableError(UnavailableError):
    """Nothing was sent to the printer."""

    code = "print_agent.unreachable"
    title = N_("Printer not reached")
    message = N_("{printer} at {address} does not answer: {reason}. Check that it is on and in the network.")


class InterruptedPrintError(UnavailableError):
    """Some of it was sent."""

    code = "print_agent.interrupted"
    title = N_("Printing was interrupted")
    message = N_("{printer} at {address} stopped taking data: {reason}. Look at its paper and its display.")


class ImpossibleError(RefusedError):
    """Trying again is of no use."""

    code = "print_agent.impossible"
    title = N_("Cannot be printed")
    message = N_("{printer} cannot be used: {reason}.")


class _Answer(msgspec.Struct):
    workstation: str
    job: Task | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """For which workstation an agent works, under which name, and where to."""

    workstation: str
    agent: str
    folder: Path | None = None
    """Files are written here instead of sent to printers."""


def authorization(token: str) -> str:
    """Return the header that shows an access token (``et_...``) or an API key (``ek_...:secret``)."""
    if token.startswith("ek_"):
        return "Basic " + base64.b64encode(token.encode()).decode()
    return f"Bearer {token}"


class PrintAgent:
    """Works for one workstation.

    Args:
        hub: the way to the hub, with its address and the authorization.
        place: what it works for.
        tell: shows a line to whoever looks.
    """

    def __init__(self, hub: httpx.AsyncClient, place: Place, tell: Callable[[str], None]) -> None:
        self._hub = hub
        self._place = place
        self._tell = tell
        self._away = False

    async def run(self, *, once: bool = False) -> int:
        """Print what comes, for ever; *once*: what waits now.  Returns how much was printed.

        Raises:
            HubRefusesError, NoSuchWorkstationError: the agent was started wrongly.
        """
        printed = 0
        while True:
            body = {"workstation": self._place.workstation, "agent": self._place.agent, "wait": 0 if once else WAIT}
            answer = await self._insist("POST", "/api/v1/print-agent/next", body)
            job = msgspec.json.decode(answer.content, type=_Answer).job
            if job is not None:
                printed += await self.work(job)
            elif once:
                return printed

    async def work(self, job: Task) -> bool:
        """Print one job and report; whether it was printed."""
        address = f"/api/v1/print-agent/jobs/{job.id}"
        found = await self._insist("GET", f"{address}/document?claim={job.claim}", tries_at_errors=3)
        begun = await self._insist("POST", f"{address}/sending", {"claim": str(job.claim)})
        if found.status_code in GONE or begun.status_code in GONE:
            self._tell(f"{job.document}: taken back by the hub")
            return False
        if found.is_error or begun.is_error:
            outcome, reason = "impossible", _reason(found if found.is_error else begun)
            if found.is_server_error:  # its file cannot be read just now; others behind it can
                outcome = "unreachable"
        else:
            outcome, reason = await self._attempt(job, found.content)
        self._tell(f"{job.document} -> {job.printer}: {outcome}{f' ({reason})' if reason else ''}")
        report = {"claim": str(job.claim), "outcome": outcome, "reason": reason[:300]}
        await self._insist("POST", f"{address}/outcome", report)
        return outcome == "printed"

    async def _attempt(self, job: Task, content: bytes) -> tuple[str, str]:
        try:
            if self._place.folder is not None:
                await asyncio.to_thread(write_file, self._place.folder, job, content)
            elif job.connection is Connection.QUEUE:
                await give_to_lp(job, content)
            else:
                await send(job, content, lambda: self._hold(job.id, job.claim))
        except UnreachableError as error:
            return "unreachable", error.detail
        except InterruptedPrintError as error:
            return "interrupted", error.detail
        except ImpossibleError as error:
            return "impossible", error.detail
        return "printed", ""

    async def _hold(self, job_id: UUID, claim: UUID) -> None:
        """Hold the lease on; if the hub is away just now, the printer need not wait for it."""
        with contextlib.suppress(httpx.HTTPError):
            await self._hub.post(f"/api/v1/print-agent/jobs/{job_id}/sending", json={"claim": str(claim)})

    async def _insist(self, method: str, path: str, body: object = None, *, tries_at_errors: int = 0) -> httpx.Response:
        """Ask the hub, again and again while it is away: it restarts, or the network does.

        After *tries_at_errors* answers that are errors of the hub, return that; 0: never.
        """
        tries = 0
        while True:
            try:
                answer = await self._hub.request(method, path, json=body)
            except httpx.HTTPError as error:
                reason = str(error) or type(error).__name__
            else:
                if answer.status_code in {401, 403}:
                    raise HubRefusesError(reason=_reason(answer))
                if answer.status_code == 404 and path.endswith("/next"):  # noqa: PLR2004 -- not found
                    raise NoSuchWorkstationError(reason=_reason(answer))
                if answer.status_code != 429 and not answer.is_server_error:  # noqa: PLR2004 -- too many requests
                    if self._away:
                        self._away = False
                        self._tell("The hub is back.")
                    return answer
                if tries + 1 == tries_at_errors:
                    return answer
                reason = f"it answers {answer.status_code}"
            if not self._away:
                self._away = True
                self._tell(f"The hub is away: {reason}. Trying again.")
            await asyncio.sleep(PAUSES[min(tries, len(PAUSES) - 1)])
            tries += 1


async def send(job: Task, content: bytes, hold: Callable[[], Awaitable[None]]) -> None:
    """Send a job to a network printer.

    Raises:
        UnreachableError, InterruptedPrintError, ImpossibleError: as they say.
    """
    where = read_host(job.address) or HostPort("", 0)
    if not where.port:
        raise ImpossibleError(printer=job.printer, reason=f"“{job.address}” is no address")
    try:
        async with asyncio.timeout(CONNECTING):
            reader, writer = await asyncio.open_connection(where.host, where.port)
    except OSError as error:
        raise UnreachableError(printer=job.printer, address=job.address, reason=_system(error)) from error
    try:
        held = time.monotonic()
        for _ in range(job.copies):
            for start in range(0, len(content), PIECE):
                writer.write(content[start : start + PIECE])
                held = await _drain(writer, hold, held)
        writer.write_eof()
        with contextlib.suppress(TimeoutError):  # few printers close; those that do have it all then
            async with asyncio.timeout(DRAIN):
                await reader.read()
    except OSError as error:
        raise InterruptedPrintError(printer=job.printer, address=job.address, reason=_system(error)) from error
    finally:
        writer.close()


async def _drain(writer: asyncio.StreamWriter, hold: Callable[[], Awaitable[None]], held: float) -> float:
    """Wait until the printer took enough, holding the lease on meanwhile; return when that was done last."""
    waiting = asyncio.ensure_future(writer.drain())
    try:
        for _ in range(int(STALLED / KEEP)):
            done, _still = await asyncio.wait({waiting}, timeout=KEEP)
            if time.monotonic() - held > KEEP:
                await hold()
                held = time.monotonic()
            if done:
                waiting.result()
                return held
        raise TimeoutError
    finally:
        waiting.cancel()


async def give_to_lp(job: Task, content: bytes) -> None:
    """Give a job to a queue of this machine.

    Raises:
        UnreachableError, ImpossibleError: as they say.
    """
    options = ["-o", "raw"] if job.format is Format.ZPL else []
    title = "".join(letter for letter in job.document if letter.isprintable())[:100]
    command = ["lp", "-d", job.address, "-n", str(job.copies), "-t", title or "Entrepot", *options, "-"]
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
    except FileNotFoundError:
        raise ImpossibleError(printer=job.printer, reason="this machine has no “lp”; install cups-client") from None
    _, said = await process.communicate(content)
    if process.returncode:
        reason = " ".join(said.decode("utf-8", "replace").split())[:200] or f"lp ended with {process.returncode}"
        raise UnreachableError(printer=job.printer, address=job.address, reason=reason)


def write_file(folder: Path, job: Task, content: bytes) -> Path:
    """Write a job into a folder, whole or not at all; printed twice, it is one file.

    Raises:
        ImpossibleError: the folder cannot be written to.
    """
    name = f"{job.id}.{job.format}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        fresh = folder / f".{name}.part"
        fresh.write_bytes(content)
        return fresh.replace(folder / name)
    except OSError as error:
        raise ImpossibleError(printer=str(folder), reason=_system(error)) from error


def run_agent(*, url: str, token: str, place: Place, once: bool) -> None:
    """Run until told to stop."""

    def tell(line: str) -> None:
        print(f"{time.strftime('%H:%M:%S')} {line}", flush=True)

    async def work() -> None:
        headers = {"authorization": authorization(token), "accept": "application/json"}
        async with httpx.AsyncClient(base_url=url.rstrip("/"), headers=headers, timeout=PATIENCE) as hub:
            tell(f"Printing for {place.workstation} from {url}.")
            await PrintAgent(hub, place, tell).run(once=once)

    def stop(*_: object) -> None:
        sys.exit(0)

    signal.signal(signal.SIGTERM, stop)
    asyncio.run(work())


def _reason(answer: httpx.Response) -> str:
    """Return the sentence of a problem."""
    try:
        found = answer.json()
    except ValueError:
        return f"The hub answers {answer.status_code}."
    return str(found.get("detail", "")) or f"The hub answers {answer.status_code}."


def _system(error: OSError) -> str:
    """Return what the system said; :class:`TimeoutError` is one of its errors, too."""
    if error.errno:
        return os.strerror(error.errno).lower()
    return "no answer in time" if isinstance(error, TimeoutError) else str(error)
