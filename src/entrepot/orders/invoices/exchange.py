"""The folder that a program puts files with invoices into."""

import os
import stat
import time
from contextlib import suppress
from pathlib import Path

from entrepot.kit.clock import now
from entrepot.kit.errors import RefusedError
from entrepot.kit.text import N_

ROOT = "exchange"
"""Below the data folder: nothing else is ever read or moved."""
WORKING, DONE, FAILED = "working", "done", "failed"
ENDINGS = frozenset({".csv", ".txt", ".tsv", ".xlsx", ".json"})
QUIET = 3
"""Seconds a file must not have changed: it is still being written before that."""
MOST_FILES = 100
LONGEST = 180
"""Bytes of a name; most disks keep 255."""
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
        for folder in (self.path, self.path / WORKING, self.path / DONE, self.path / FAILED):
            folder.mkdir(parents=True, exist_ok=True)

    def claim(self) -> list[str]:
        """Put files that wait and are whole aside, so that whatever takes their place is another file.

        Returns:
            The names of all that are put aside, the oldest first: also those of a run that was killed.
        """
        self.prepare()
        waiting = [
            name
            for _, name in sorted(_quiet(self.path))
            if Path(name).suffix.lower() in ENDINGS and not name.startswith(".")
        ]
        for name in waiting[:MOST_FILES]:
            with suppress(FileNotFoundError):  # whoever put it there took it away
                (self.path / name).rename(_free(self._inside(WORKING), _safe(name)))
        return [name for _, name in sorted(_quiet(self._inside(WORKING)))][:MOST_FILES]

    def read(self, name: str) -> bytes | None:
        """Return what a claimed file holds; None if it is gone."""
        try:
            descriptor = os.open(self._file(name), os.O_RDONLY | os.O_NOFOLLOW)
        except OSError:
            return None
        with os.fdopen(descriptor, "rb") as file:
            return file.read(MOST_BYTES + 1)

    def settle(self, name: str, report: str, *, failed: bool) -> str:
        """Move a claimed file to the done or the failed ones, with a report beside it; return its name there."""
        final = _free(self._inside(FAILED if failed else DONE), name)
        try:
            self._file(name).rename(final)
        except FileNotFoundError:
            return final.name  # moved before, by a run that was stopped
        final.with_name(f"{final.name}.report.txt").write_text(report, encoding="utf-8")
        return final.name

    def _file(self, name: str) -> Path:
        return self._inside(WORKING) / Path(name).name

    def _inside(self, name: str) -> Path:
        folder = self.path / name
        if folder.resolve() != folder:
            raise FolderRefusedError(folder=name)
        return folder


def _quiet(folder: Path) -> list[tuple[float, str]]:
    """Return the files of a folder that nobody writes any more, and since when."""
    found: list[tuple[float, str]] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            try:
                status = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            if stat.S_ISREG(status.st_mode) and time.time() - status.st_mtime >= QUIET:
                found.append((status.st_mtime, entry.name))
    return found


def _free(folder: Path, name: str) -> Path:
    """Return where a file can go without taking another's place."""
    return folder / (f"{now():%Y%m%d-%H%M%S%f}-{name}" if (folder / name).exists() else name)


def _safe(name: str) -> str:
    """Return a name that can be written everywhere: old programs write Latin-1, and reports need room behind it."""
    try:
        name.encode()
    except UnicodeEncodeError:
        name = os.fsencode(name).decode("latin-1")
    plain = Path("".join(one if one.isprintable() else "_" for one in name))
    return plain.stem.encode()[:LONGEST].decode(errors="ignore") + plain.suffix
