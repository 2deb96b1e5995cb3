"""The second ``entrepot up`` of an instance, from the command to the first page.

The limit is the time in which a bare Python process imports nothing, starts the same PostgreSQL and answers one query.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import httpx

from bench.world import free_port, report

WAIT = 120
BARE = """
import asyncio, asyncpg, sys
from pathlib import Path
from entrepot.kit.postgres import embedded_server
with embedded_server(Path(sys.argv[1])) as url:
    async def ask():
        connection = await asyncpg.connect(url.render_as_string(hide_password=False))
        await connection.fetchval("SELECT 1")
        await connection.close()
    asyncio.run(ask())
    print("answered", flush=True)
"""


@contextmanager
def up(folder: Path, port: int) -> Generator[float]:
    """Run everything; yield the seconds to the first page."""
    environment = {
        **os.environ,
        "ENTREPOT_DATA_DIR": str(folder),
        "ENTREPOT_PORT": str(port),
        "ENTREPOT_LOG_LEVEL": "error",
        "ENTREPOT_OUTSIDE_ALLOW": '["127.0.0.0/8"]',
    }
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "entrepot", "up"], env=environment, stdout=subprocess.DEVNULL)
    try:
        yield first_page(f"http://127.0.0.1:{port}/sign-in", start)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def first_page(address: str, start: float) -> float:
    """Return the seconds from *start* until a page came."""
    while time.perf_counter() - start < WAIT:
        try:
            if httpx.get(address, timeout=5, follow_redirects=True).is_success:
                return time.perf_counter() - start
        except httpx.TransportError:
            time.sleep(0.02)
    sys.exit(f"no page within {WAIT} seconds")


def bare(folder: Path) -> float:
    """Return the seconds until PostgreSQL alone answers."""
    start = time.perf_counter()
    with subprocess.Popen([sys.executable, "-c", BARE, str(folder / "postgres")], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None  # noqa: S101 -- it is a pipe
        for line in process.stdout:
            if b"answered" in line:
                return time.perf_counter() - start
    sys.exit("PostgreSQL alone did not answer")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="entrepot-bench-") as name:
        folder, port = Path(name), free_port()
        with up(folder, port) as first:
            pass
        with up(folder, port) as second:
            pass
        limit = bare(folder)
    report(
        "start",
        round(second, 2),
        "s",
        limit=round(limit, 2),
        notes=f"goal 5 s; the very first start took {first:.1f} s",
    )


if __name__ == "__main__":
    main()
