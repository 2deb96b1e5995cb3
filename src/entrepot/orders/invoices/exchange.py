"""The folder that a program puts files with invoices into."""

import os
import stat
import time
from pathlib import Path

from entrepot.kit.clock import now
from entrepot.kit.errors import RefusedError
from entrepot.kit.text import N_

ROOT = "exchange"
"""Below the data folder: nothing else is ever read or moved."""
DONE, FAILED = "done", "failed"
ENDINGS = frozenset({".csv", ".txt", ".tsv", ".xlsx", ".json"})
QUIET = 3
"""Seconds a file must not have changed: it is still being written before that."""
MOST_FILES = 100
MOST_BYTES = 50 * 1024 * 1024


class FolderRefusedError(RefusedError):
    """It does not lie where such folders lie."""

    code = "orders.invoice_folder_refused"
    title = N_("Folder not allowed")
    message = N_("The folder {folder} leads out of the exchange folder of this hub. Remove the link, then try again.")


class Exchange:
    """One source's folder.

    Raises:
        FolderRefusedError: a link leads out of the data folder.
    """

    def __init__(self, data_dir: Path, name: str) -> None:
        root = (data_dir / ROOT).resolve()
        self.path = root / name
        if self.path.resolve() != self.path or self.path.parent != root:
            raise FolderRefusedError(folder=name)

    def prepare(self) -> None:
        """Make the folders."""
        for folder in (self.path, self.path / DONE, self.path / FAILED):
            folder.mkdir(parents=True, exist_ok=True)

    def ready(self) -> list[str]:
        """Return the names of files that wait and are whole, the oldest first."""
        self.prepare()
        found: list[tuple[float, str]] = []
        with os.scandir(self.path) as entries:
            for entry in entries:
                status = entry.stat(follow_symlinks=False)
                if (
                    stat.S_ISREG(status.st_mode)
                    and not entry.name.startswith(".")
                    and Path(entry.name).suffix.lower() in ENDINGS
                    and time.time() - status.st_mtime >= QUIET
                ):
                    found.append((status.st_mtime, entry.name))
        return [name for _, name in sorted(found)][:MOST_FILES]

    def read(self, name: str) -> bytes | None:
        """Return what a file holds; None if it is gone."""
        try:
            descriptor = os.open(self._file(name), os.O_RDONLY | os.O_NOFOLLOW)
        except OSError:
            return None
        with os.fdopen(descriptor, "rb") as file:
            return file.read(MOST_BYTES + 1)

    def settle(self, name: str, report: str, *, failed: bool) -> str:
        """Move a file to the done or the failed ones, with a report beside it; return its name there."""
        folder = self.path / (FAILED if failed else DONE)
        if folder.resolve() != folder:
            raise FolderRefusedError(folder=folder.name)
        final = name
        if (folder / name).exists():
            final = f"{now():%Y%m%d-%H%M%S%f}-{name}"
        try:
            self._file(name).rename(folder / final)
        except FileNotFoundError:
            return final  # moved before, by a run that was stopped
        (folder / f"{final}.report.txt").write_text(report, encoding="utf-8")
        return final

    def _file(self, name: str) -> Path:
        return self.path / Path(name).name
