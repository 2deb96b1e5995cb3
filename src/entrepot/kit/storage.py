"""Object storage: a folder of this machine by default, any S3 endpoint by setting.

For S3, ``ENTREPOT_STORAGE_URL=s3://bucket/prefix`` names the place; the usual ``AWS_...`` variables (or the machine's
role) hold endpoint and credentials.
"""

from collections.abc import AsyncGenerator

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from entrepot.kit.errors import UnavailableError
from entrepot.kit.settings import Settings
from entrepot.kit.text import N_

PIECE = 1024 * 1024
"""Bytes read at a time."""


class StorageAwayError(UnavailableError):
    """The folder or the endpoint does not work."""

    code = "kit.storage_away"
    title = N_("Storage does not work")
    message = N_("The storage of documents does not take or give files: {reason}. Check that the disk is not full and that Entrepot may write there; nothing was saved.")  # fmt: skip


class StoredFileMissingError(UnavailableError):
    """The database knows a file that storage does not have."""

    code = "kit.stored_file_missing"
    title = N_("File missing")
    message = N_("The file is not in storage any more. Restore the documents from a backup that fits the database.")


class Storage:
    """Files by key."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def put(self, key: str, content: bytes) -> None:
        """Store *content*, whole or not at all.

        Raises:
            StorageAwayError: it could not be stored.
        """
        try:
            await obstore.put_async(self._store, key, content)
        except (BaseError, OSError) as error:
            raise StorageAwayError(reason=_reason(error)) from error

    async def read(self, key: str) -> AsyncGenerator[bytes]:
        """Yield the content in pieces.

        Raises:
            StoredFileMissingError: there is no such file.
            StorageAwayError: it could not be read.
        """
        try:
            result = await obstore.get_async(self._store, key)
            async for piece in result.stream(min_chunk_size=PIECE):
                yield bytes(piece)
        except FileNotFoundError:
            raise StoredFileMissingError from None
        except (BaseError, OSError) as error:
            raise StorageAwayError(reason=_reason(error)) from error

    async def remove(self, key: str) -> None:
        """Remove the file; none is fine, too."""
        try:
            await obstore.delete_async(self._store, key)
        except FileNotFoundError:
            return
        except (BaseError, OSError) as error:
            raise StorageAwayError(reason=_reason(error)) from error


def open_storage(settings: Settings) -> Storage:
    """Return the storage that *settings* name; the folder is made on first use."""
    if settings.storage_url:
        return Storage(from_url(settings.storage_url))
    folder = settings.data_dir.resolve() / "documents"
    folder.mkdir(parents=True, exist_ok=True)
    return Storage(LocalStore(folder))


def _reason(error: Exception) -> str:
    return str(error).splitlines()[0][:200]
