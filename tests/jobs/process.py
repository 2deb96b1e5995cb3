"""A worker process of its own that knows the sample jobs, given the database, a folder and a slot: see ``preloaded``."""

import asyncio
import sys
from pathlib import Path

from sqlalchemy import make_url

from entrepot.jobs.discovery import discover
from entrepot.jobs.worker import run_worker
from entrepot.kit.logs import set_up_logs
from entrepot.kit.postgres import server_at
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.settings import Settings
from entrepot.kit.tables import register_tables
from tests.jobs import samples

KEY = "dGVzdGtleXRlc3RrZXl0ZXN0a2V5dGVzdGtleXRlc3Q="


def load() -> None:
    """Load what every worker does."""
    assert samples.quick.name
    register_tables()
    discover()


def main() -> None:
    """Be a worker."""
    url, folder, slot = sys.argv[1:4]
    settings = Settings(data_dir=Path(folder), worker_slot=slot, _env_file=None)  # type: ignore[call-arg]  # pydantic-settings
    set_up_logs(settings, "worker")
    box = SecretBox([KEY])
    asyncio.run(run_worker(settings, box, server_at(make_url(url), box)))
