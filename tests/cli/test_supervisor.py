"""``entrepot up``: what dies is started again, and nothing outlives the supervisor."""

import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
import pytest

pytestmark = [pytest.mark.xdist_group("cli"), pytest.mark.timeout(180)]
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Spares each question the reading of whom to trust, which takes more than the answer."""


def eventually(look: Callable[[], bool], what: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < deadline, f"{what} did not happen in {seconds} s"
        time.sleep(0.2)


@pytest.fixture
def hub(tmp_path: Path) -> Generator[tuple[subprocess.Popen[bytes], str]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("ENTREPOT_", "DATABASE_URL"))}
    environment |= {"ENTREPOT_DATA_DIR": str(tmp_path / "var"), "ENTREPOT_PORT": str(port)}
    process = subprocess.Popen([sys.executable, "-m", "entrepot", "up"], env=environment, stderr=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}"
        eventually(lambda: answers(address), "the first page", 90)
        yield process, address
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(40)
        for child in psutil.process_iter(["cmdline"]):
            if str(tmp_path) in " ".join(child.info["cmdline"] or ()):
                child.kill()


def answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/healthz", timeout=2, verify=NO_TLS).is_success
    except httpx.HTTPError:
        return False


def children(process: subprocess.Popen[bytes], command: str) -> list[psutil.Process]:
    found: list[psutil.Process] = []
    for child in psutil.Process(process.pid).children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # gone, or dead and not yet buried
            if child.cmdline()[:1] == [f"entrepot {command}"]:
                found.append(child)
    return found


def test_what_dies_is_started_again_and_all_ends_together(hub: tuple[subprocess.Popen[bytes], str]) -> None:
    process, address = hub
    eventually(lambda: len(children(process, "worker")) == 1, "a worker")
    (web,) = children(process, "web")
    assert psutil.Process(process.pid).num_threads() == 1, "a thread would be missing in every fork"

    web.kill()
    eventually(lambda: bool(children(process, "web")) and answers(address), "the web process again")
    everyone = [*children(process, "web"), *children(process, "worker")]

    process.kill()  # not asked, not warned
    eventually(lambda: not any(child.is_running() for child in everyone), "the end of the others", 40)
    assert not answers(address)
