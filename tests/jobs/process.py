"""A worker process of its own that knows the sample jobs: ``python -m tests.jobs.process URL FOLDER SLOT``."""

import asyncio
import sys
from pathlib import Path

from sqlalchemy import make_url

from entrepot.jobs.worker import run_worker
from entrepot.kit.logs import set_up_logs
from entrepot.kit.postgres import server_at
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.settings import Settings
from tests.jobs import samples

KEY = "dGVzdGtleXRlc3RrZXl0ZXN0a2V5dGVzdGtleXRlc3Q="


def main() -> None:
    assert samples.quick.name
    url, folder, slot = sys.argv[1:4]
    settings = Settings(data_dir=Path(folder), worker_slot=slot, _env_file=None)  # type: ignore[call-arg]  # pydantic-settings
    set_up_logs(settings, "worker")
    box = SecretBox([KEY])
    asyncio.run(run_worker(settings, box, server_at(make_url(url), box)))


if __name__ == "__main__":
    main()
