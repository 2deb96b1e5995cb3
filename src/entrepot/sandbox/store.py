"""Keeps the things of a world in a small file, so that a restarted world knows them."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import msgspec


class Store(Protocol):
    """Where things are kept, by kind and key; written by the batch."""

    def put(self, kind: str, key: str, thing: msgspec.Struct) -> None: ...

    def load[T: msgspec.Struct](self, kind: str, of: type[T]) -> Iterator[T]: ...

    def flush(self) -> None: ...

    def close(self) -> None: ...


class Nowhere:
    """Keeps nothing: the world lives as long as its process."""

    def put(self, kind: str, key: str, thing: msgspec.Struct) -> None: ...

    def load[T: msgspec.Struct](self, kind: str, of: type[T]) -> Iterator[T]:
        del kind, of
        return iter(())

    def flush(self) -> None: ...

    def close(self) -> None: ...


class StateFile:
    """An SQLite file in *folder*.

    Writing does not wait for the disk: a killed process loses nothing, a power cut may lose the last second.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(folder / "sandbox.sqlite3", check_same_thread=False)
        self._connection.executescript(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;"
            "CREATE TABLE IF NOT EXISTS thing (kind TEXT, key TEXT, position INTEGER, content BLOB,"
            " PRIMARY KEY (kind, key)) WITHOUT ROWID;"
        )
        self._position: int = self._connection.execute("SELECT coalesce(max(position), 0) FROM thing").fetchone()[0]
        self._encode = msgspec.json.Encoder().encode
        self._changed: dict[tuple[str, str], msgspec.Struct] = {}

    def put(self, kind: str, key: str, thing: msgspec.Struct) -> None:
        self._changed[kind, key] = thing

    def load[T: msgspec.Struct](self, kind: str, of: type[T]) -> Iterator[T]:
        """Things of a kind, in the order in which they were first put."""
        decoder = msgspec.json.Decoder(of)
        rows = self._connection.execute("SELECT content FROM thing WHERE kind = ? ORDER BY position", (kind,))
        for (content,) in rows.fetchall():
            yield decoder.decode(content)

    def flush(self) -> None:
        if not self._changed:
            return
        with self._connection:
            for (kind, key), thing in self._changed.items():
                self._position += 1
                self._connection.execute(
                    "INSERT INTO thing VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET content = excluded.content",
                    (kind, key, self._position, self._encode(thing)),
                )
        self._changed.clear()

    def close(self) -> None:
        self.flush()
        self._connection.close()
