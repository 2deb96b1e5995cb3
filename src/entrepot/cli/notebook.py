"""``entrepot notebook``: watched prices in marimo, on this machine alone."""

import importlib.util
import os
import shutil
import subprocess
import sys
from importlib.resources import as_file, files
from pathlib import Path

from entrepot.kit.errors import UnavailableError
from entrepot.kit.postgres import running_server
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.settings import Settings
from entrepot.kit.text import N_

SHIPPED = "notebook.py"


class MarimoMissingError(UnavailableError):
    """The extra is not installed."""

    code = "cli.marimo_missing"
    title = N_("marimo is not installed")
    message = N_("Notebooks need marimo. Install it with: uv tool install 'entrepot[notebook]'.")


def own_copy(folder: Path) -> Path:
    """Return the user's notebook in *folder*, made from the shipped one if there is none yet."""
    target = folder / "notebooks" / "prices.py"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        with as_file(files("entrepot.pricewatch") / SHIPPED) as shipped:
            shutil.copyfile(shipped, target)
    return target


def command(notebook: Path, port: int) -> list[str]:
    """Return how marimo is started: this machine alone, with a token in the address it prints."""
    return [
        *(sys.executable, "-m", "marimo", "edit", str(notebook)),
        *("--host", "127.0.0.1", "--port", str(port), "--token", "--headless", "--skip-update-check"),
    ]


def run_notebook(*, port: int) -> int:
    """Open the notebook until Ctrl-C; return how marimo ended.

    Raises:
        MarimoMissingError: the extra is not installed.
    """
    if importlib.util.find_spec("marimo") is None:
        raise MarimoMissingError
    settings = Settings()
    folder = settings.data_dir.resolve()
    with running_server(settings, SecretBox(settings.keys)):
        try:
            return subprocess.run(  # noqa: S603 -- our own words
                command(own_copy(folder), port),
                env=os.environ | {"ENTREPOT_DATA_DIR": str(folder)},
                check=False,
            ).returncode
        except KeyboardInterrupt:
            return 0
