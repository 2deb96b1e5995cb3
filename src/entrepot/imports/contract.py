"""What a slice declares to have its things imported from tables.

A slice lists its specifications as ``IMPORTS`` in its ``imports.py``; :mod:`entrepot.imports.registry` finds them.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.rights import Right
from entrepot.kit.tabular import DecimalMark

type Result = Literal["created", "updated", "unchanged", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column the import understands."""

    key: str
    label: str
    """Translatable; also a heading that is recognised."""
    aliases: tuple[str, ...] = ()
    """Other headings people use for it, in any language; case, spaces and punctuation do not count."""
    required: bool = False
    number: bool = False
    """Holds decimals: its first cells tell which decimal mark the file uses."""
    help: str = ""
    """Translatable."""
    example: str = ""


@dataclass(frozen=True, slots=True)
class ImportRow:
    """A row of the table, as text."""

    number: int
    """Counts rows below the heading, from 1."""
    line: int
    """Line of the file."""
    cells: Mapping[str, str]
    """Column key -> trimmed text; only the columns that the file has."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a row."""

    result: Result
    problems: Mapping[str, str] = field(default_factory=dict[str, str])
    """Column key (or empty for the whole row) -> sentence, translated; only of a failed row."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the user chose."""

    mode: str
    """A key of :attr:`ImportSpec.modes`."""
    mark: DecimalMark
    subject: str = ""
    """What the rows belong to, for kinds that need to know."""
    import_id: UUID | None = None
    """Of the import that the rows are a part of."""


type Apply = Callable[[AsyncSession, UUID, Sequence[ImportRow], Options], Awaitable[Sequence[Outcome]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportSpec:
    """One kind of table."""

    kind: str
    """Stable name, part of addresses: ``products``."""
    title: str
    """Translatable: ``Import products``."""
    right: Right
    """Needed to upload, start and see such imports."""
    columns: tuple[Column, ...]
    modes: Mapping[str, str]
    """Key -> translatable label, the default first; at least one."""
    apply: Apply
    """Saves rows for a seller in the caller's transaction and says what became of each, in their order.

    Must change nothing for a failed row, nor for rows applied before.  The preview calls it, too, and rolls back.
    """
    back: str
    """Where the things are listed: ``/products``."""
    start: str = ""
    """Where the file is asked for, if that page is the slice's own: it also asks what the rows belong to."""
    remembered: Callable[[AsyncSession, UUID, str], Awaitable[Mapping[str, str]]] | None = None
    """Returns what the columns were called last time (column key -> heading) for a seller's subject."""
    remember: Callable[[AsyncSession, UUID, str, Mapping[str, str]], Awaitable[None]] | None = None
    """Keeps that when an import starts."""
    group: Callable[[ImportRow], str] | None = None
    """Rows that follow each other with the same group stay in one chunk (the lines of one order)."""
    chunk: int = 500
    """Rows per transaction."""
