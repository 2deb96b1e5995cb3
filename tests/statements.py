"""The statements that the program sends, for tests that count them."""

from collections.abc import Generator
from contextlib import contextmanager

from sqlalchemy import event

from entrepot.kit.database import Database


@contextmanager
def sent(database: Database) -> Generator[list[str]]:
    """Collect the statements that are sent meanwhile."""
    said: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        said.append(" ".join(statement.split()))

    engine = database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(engine, "before_cursor_execute", note)
