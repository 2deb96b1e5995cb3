"""Files for JTL-Wawi to import: each appears whole or not at all."""

import asyncio
import contextlib
import errno
import hashlib
import os
import re
import secrets
import time
from pathlib import Path

from entrepot.erp.contract import ErpCheck
from entrepot.erp.errors import (
    ErpAddressRefusedError,
    ErpFolderAwayError,
    ErpFolderClosedError,
    ErpFolderFullError,
    ErpFolderMissingError,
)
from entrepot.erp.line import ErpCall, ErpLine
from entrepot.kit.clock import now
from entrepot.kit.errors import EntrepotError

NOT_ALLOWED = "files may only be dropped into folders that the operator lists in ENTREPOT_DROP_ALLOW."
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
CLOSED = {errno.EACCES, errno.EPERM, errno.EROFS}
MISSING = {errno.ENOENT, errno.ENOTDIR}

_ODD = re.compile(r"[^A-Za-z0-9_-]")


class DropFolder:
    """One folder that an ERP imports from."""

    def __init__(self, folder: str, line: ErpLine) -> None:
        self._named = folder
        self._line = line

    async def check(self) -> ErpCheck:
        """Write a file and take it away again."""
        try:
            await asyncio.to_thread(self._try)
        except EntrepotError as error:
            return ErpCheck(subject=self._named, ok=False, problem=error.detail)
        return ErpCheck(subject=self._named, ok=True)

    async def put(self, reference: str, content: bytes) -> bool:
        """Put an order's file there; False if it waits there already.

        Raises:
            ErpFolderMissingError: there is no such folder.
            ErpFolderClosedError: it may not be written to.
            ErpFolderFullError: there is no room.
        """
        started_at, started, error = now(), time.monotonic(), ""
        name = file_name(reference)
        try:
            return await asyncio.to_thread(self._put, name, content)
        except EntrepotError as failure:
            error = failure.detail
            raise
        finally:
            await self._line.record(
                ErpCall(
                    method="FILE",
                    target=f"{self._named}/{name}",
                    started_at=started_at,
                    duration_ms=round((time.monotonic() - started) * 1000),
                    subject=reference,
                    request=content.decode("iso-8859-1"),
                    error=error,
                )
            )

    def _folder(self) -> Path:
        """Return the folder, free of links and dots, if it lies where files may be dropped.

        Raises:
            ErpAddressRefusedError: it lies elsewhere.
        """
        real = Path(os.path.realpath(self._named))
        if not any(real.is_relative_to(os.path.realpath(root)) for root in self._line.folders):
            raise ErpAddressRefusedError(address=self._named, reason=NOT_ALLOWED)
        return real

    def _try(self) -> None:
        folder = self._folder()
        try:
            _write(folder / f".entrepot-{secrets.token_hex(4)}.part", b"test").unlink()
        except OSError as error:
            raise _told(error, self._named) from error

    def _put(self, name: str, content: bytes) -> bool:
        folder = self._folder()
        final = folder / name
        try:
            if final.exists():
                return False
            part = _write(folder / f".{name}.{secrets.token_hex(4)}.part", content)
            try:
                part.rename(final)
            except OSError:
                part.unlink(missing_ok=True)
                raise
        except OSError as error:
            raise _told(error, self._named) from error
        return True


def file_name(reference: str) -> str:
    """Return a name of ordinary characters for an order's file; different orders have different ones."""
    plain = _ODD.sub("_", reference)
    mark = "" if plain == reference else f"-{hashlib.sha256(reference.encode(errors='replace')).hexdigest()[:8]}"
    return f"entrepot-{plain[:80]}{mark}.xml"


def _write(path: Path, content: bytes) -> Path:
    """Write a new file and make sure that it is on the disk; leave nothing behind if that fails."""
    try:
        with path.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
        raise
    return path


def _told(error: OSError, folder: str) -> EntrepotError:
    if error.errno in MISSING:
        return ErpFolderMissingError(folder=folder)
    if error.errno in CLOSED:
        return ErpFolderClosedError(folder=folder)
    if error.errno in FULL:
        return ErpFolderFullError(folder=folder)
    return ErpFolderAwayError(folder=folder, reason=error.strerror or type(error).__name__)
