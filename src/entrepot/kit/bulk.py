"""Many rows in one statement: ``INSERT .. SELECT unnest``, three times as fast as ``VALUES`` lists."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit.database import Base
from entrepot.kit.sql import text

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves this constructor untyped


@lru_cache(maxsize=256)
def _statement(model: type[Base], columns: tuple[str, ...], suffix: str) -> tuple[str, frozenset[str]]:
    table = model.__table__
    parts: list[str] = []
    documents: set[str] = set()
    for name in columns:
        kind = table.columns[name].type
        if isinstance(kind, JSONB):
            documents.add(name)
            parts.append(f"CAST(:{name} AS text[])")
        else:
            parts.append(f"CAST(:{name} AS {kind.compile(dialect=_DIALECT)}[])")
    selected = ", ".join(f"{name}::jsonb" if name in documents else name for name in columns)
    names = ", ".join(columns)
    sql = f"INSERT INTO {model.__tablename__} ({names}) SELECT {selected} FROM unnest({', '.join(parts)}) AS t({names}) {suffix}"  # noqa: S608
    return sql, frozenset(documents)


async def insert_rows(
    session: AsyncSession, model: type[Base], rows: Sequence[Mapping[str, Any]], *, suffix: str = ""
) -> list[Any]:
    """Insert *rows*, all with the same columns, in their order.

    Python-side defaults do not apply; give every column that the database does not fill itself.

    Args:
        session: the running transaction.
        model: the table.
        rows: column name -> value.
        suffix: ``ON CONFLICT ...`` and ``RETURNING ...``.

    Returns:
        The rows of ``RETURNING``, or nothing.
    """
    if not rows:
        return []
    columns = tuple(rows[0])
    sql, documents = _statement(model, columns, suffix)
    values = {
        name: [_document(row[name]) for row in rows] if name in documents else [row[name] for row in rows]
        for name in columns
    }
    result = await session.execute(text(sql), values)
    return list(result.all()) if "RETURNING" in suffix else []


def _document(value: object) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()


@lru_cache(maxsize=256)
def _json_statement(model: type[Base], columns: tuple[str, ...], suffix: str, rows: str = "rows") -> str:
    table = model.__table__
    typed = ", ".join(f"{name} {table.columns[name].type.compile(dialect=_DIALECT)}" for name in columns)
    names = ", ".join(columns)
    return f"INSERT INTO {model.__tablename__} ({names}) SELECT {names} FROM json_to_recordset(:{rows}) AS t({typed}) {suffix}"  # noqa: S608


async def insert_many(
    session: AsyncSession, model: type[Base], rows: Sequence[Mapping[str, Any]], *, suffix: str = ""
) -> list[Any]:
    """Do as :func:`insert_rows` for thousands of rows, sending them as one JSON text.

    asyncpg looks at every element of an array through an abstract base class; that made arrays cost five times as much
    processor time in this process as JSON, and PostgreSQL unpacks either in the same time (14,000 order lines: 0.31 + 0.30
    s against 0.05 + 0.35 s).  Not for columns of bytes.
    """
    if not rows:
        return []
    sql = _json_statement(model, tuple(rows[0]), suffix)
    result = await session.execute(text(sql), {"rows": msgspec.json.encode(rows).decode()})
    return list(result.all()) if "RETURNING" in suffix else []


async def insert_with_parts(
    session: AsyncSession,
    model: type[Base],
    rows: Sequence[Mapping[str, Any]],
    part: type[Base],
    parts: Sequence[Mapping[str, Any]],
    *,
    link: str,
    conflict: str,
) -> set[Any]:
    """Insert *rows* and the *parts* of those that were really added, in one statement.

    Args:
        session: the running transaction.
        model: the table of *rows*, whose key is ``id``.
        rows: column name -> value.
        part: the table of *parts*.
        parts: at least one; those whose row was left out are left out.
        link: the column of a part that holds the id of its row.
        conflict: ``ON CONFLICT ... DO NOTHING``.

    Returns:
        The ids of the rows that were added.
    """
    added = _json_statement(model, tuple(rows[0]), f"{conflict} RETURNING id")
    whose = f"WHERE t.{link} IN (SELECT id FROM added)"  # noqa: S608
    sql = f"WITH added AS ({added}), parts AS ({_json_statement(part, tuple(parts[0]), whose, 'parts')}) SELECT id FROM added"  # noqa: S608 -- only names of tables and columns are inserted
    values = {"rows": msgspec.json.encode(rows).decode(), "parts": msgspec.json.encode(parts).decode()}
    return set((await session.execute(text(sql), values)).scalars())


async def insert_all(session: AsyncSession, *tables: tuple[type[Base], Sequence[Mapping[str, Any]]]) -> None:
    """Insert rows of several tables in one statement, as :func:`insert_many` does of one; they may refer to each other."""
    filled = [(model, rows) for model, rows in tables if rows]
    if not filled:
        return
    parts = [
        f"part_{at} AS ({_json_statement(model, tuple(rows[0]), '', f'rows_{at}')})"
        for at, (model, rows) in enumerate(filled)
    ]
    values = {f"rows_{at}": msgspec.json.encode(rows).decode() for at, (_, rows) in enumerate(filled)}
    await session.execute(text(f"WITH {', '.join(parts)} SELECT 1"), values)
