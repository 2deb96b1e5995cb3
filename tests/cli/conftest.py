"""An instance of its own for each module, driven by its command line."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

type Entrepot = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("instance")


@pytest.fixture(scope="module")
def entrepot(home: Path) -> Entrepot:
    """Return a function that runs one command of ``entrepot`` on the instance."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("ENTREPOT_", "DATABASE_URL"))}

    def run(*arguments: str, answer: str = "", **extra: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "entrepot", *arguments],
            env={**environment, "ENTREPOT_DATA_DIR": str(home), "COLUMNS": "400", **extra},
            input=answer,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    return run
