"""The demo's hub after its orders came in, with nobody there: one bol account of a sandbox that has no buyers.

The account only imports, as a new one does: the demo would tell the marketplace thousands of numbers first.

Memory of the supervisor, the web process and the worker beside PostgreSQL, where what they share counts once (the
supervisor loads the program, the others are forks of it); their share of a core; the statements that
the database executes, counted in its own log.  The limit of the memory is as many bare Python processes that sleep.
"""

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Iterable
from pathlib import Path

import asyncpg
import httpx

from bench.world import free_port, report
from entrepot.cli.demo import FILLED
from entrepot.kit.postgres import Server, running_server
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.settings import Settings

SETTLE = float(os.environ.get("ENTREPOT_BENCH_SETTLE", "10"))
"""Seconds without any job after which the hub counts as idle."""
SECONDS = float(os.environ.get("ENTREPOT_BENCH_IDLE_SECONDS", "30"))
WAIT = 180
TICKS = os.sysconf("SC_CLK_TCK")
STATEMENT = re.compile(rb"LOG:  (?:statement|execute [^:]*): ")


def processes(parent: int) -> dict[int, str]:
    """Return the processes below *parent*, except PostgreSQL's and the sandbox: id -> command."""
    found: dict[int, str] = {}
    for folder in Path("/proc").iterdir():
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:
            continue
        foreign = "postgres" in command.split(" ")[0] or "entrepot.sandbox" in command
        if folder.name.isdigit() and int(fields[1]) == parent and not foreign:
            found[int(folder.name)] = command.rpartition("entrepot ")[2]
            found.update(processes(int(folder.name)))
    return found


def memory(pid: int) -> tuple[float, float]:
    """Return resident megabytes: with each page divided by the number of processes that share it, and without."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    sizes = {name: int(rest.split()[0]) / 1024 for name, _, rest in (line.partition(":") for line in lines[1:])}
    return sizes["Pss"], sizes["Rss"]


def processor(pids: Iterable[int]) -> float:
    """Return seconds of processor time."""
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


@contextlib.contextmanager
def demo(folder: Path, port: int) -> Generator[subprocess.Popen[bytes]]:
    """Run the demo without buyers until it is filled and answers."""
    command = [sys.executable, "-m", "entrepot", "demo", f"--port={port}", f"--folder={folder}", "--speed=0"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + WAIT
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.TransportError):
                if (folder / FILLED).exists() and httpx.get(f"http://127.0.0.1:{port}/healthz").is_success:
                    break
            time.sleep(0.2)
        else:
            sys.exit(f"the demo did not answer within {WAIT} seconds")
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


async def settle(server: Server) -> None:
    """Let the account import only, and wait until nothing has run for a while."""
    connection = await asyncpg.connect(server.plain(server.owner))
    await connection.execute("UPDATE channel_account SET mode = 'import_only'")
    deadline, quiet = time.monotonic() + WAIT, time.monotonic()
    while time.monotonic() - quiet < SETTLE:
        if await connection.fetchval("SELECT count(*) FROM job_run WHERE state IN ('queued', 'running')"):
            quiet = time.monotonic()
        if quiet > deadline:
            sys.exit(f"jobs still run after {WAIT} seconds")
        await asyncio.sleep(0.2)
    await connection.close()


async def log_statements(server: Server, value: str) -> None:
    """Switch the log of statements, which needs no restart."""
    connection = await asyncpg.connect(server.plain(server.owner))
    await connection.execute(f"ALTER SYSTEM SET log_statement = '{value}'")
    await connection.fetch("SELECT pg_reload_conf()")
    await connection.close()
    await asyncio.sleep(1)


def statements(folder: Path) -> int:
    """Return how many statements stand in the log."""
    return sum(
        len(STATEMENT.findall(path.read_bytes())) for path in (folder / "postgres").glob("log*") if path.is_file()
    )


def bare(count: int) -> float:
    """Return the megabytes of *count* Python processes that import nothing and sleep."""
    children = [subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) for _ in range(count)]
    time.sleep(1)
    total = sum(memory(child.pid)[0] for child in children)
    for child in children:
        child.kill()
        child.wait()
    return total


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="entrepot-bench-") as name:
        folder = Path(name)
        with demo(folder, free_port()) as supervisor:
            settings = Settings(data_dir=folder, database_url=None, _env_file=None)  # type: ignore[call-arg]  # pydantic-settings
            with running_server(settings, SecretBox(settings.keys), stop=False) as server:
                asyncio.run(settle(server))
                asyncio.run(log_statements(server, "all"))
                ours = {supervisor.pid: "supervisor", **processes(supervisor.pid)}
                before, spent, start = statements(folder), processor(ours), time.perf_counter()
                time.sleep(SECONDS)
                taken = time.perf_counter() - start
                queries, spent_share = (statements(folder) - before) / taken, (processor(ours) - spent) / taken
                asyncio.run(log_statements(server, "none"))
            sizes = {command: memory(pid) for pid, command in ours.items()}
        limit = bare(len(sizes))
    each = ", ".join(f"{command} {share:.0f} of {whole:.0f}" for command, (share, whole) in sizes.items())
    notes = (
        "goal 250 MB, 10 queries/s, 4 %; resident, what processes share counted once: "
        f"{each} MB; {queries:.1f} queries/s; {spent_share * 100:.1f} % of a core"
    )
    report("idle", round(sum(share for share, _ in sizes.values())), "MB", limit=round(limit), notes=notes)


if __name__ == "__main__":
    main()
