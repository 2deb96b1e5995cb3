"""Pure decisions about imports: which column is which, and how rows are cut into chunks."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol
from unicodedata import category, normalize


class Named(Protocol):
    """A column with the names it goes by (:class:`entrepot.imports.contract.Column`)."""

    @property
    def key(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def aliases(self) -> tuple[str, ...]: ...


def heading_key(heading: str) -> str:
    """Return what of a heading counts when headings are compared: letters and digits without accents or case."""
    plain = normalize("NFKD", heading).casefold()
    return "".join(character for character in plain if category(character)[0] in "LN")


def guess_mapping(header: Sequence[str], columns: Sequence[Named]) -> dict[str, int]:
    """Return column key -> position in *header*.  A heading serves one column; names come before aliases."""
    positions = {heading_key(name): position for position, name in reversed(list(enumerate(header))) if name}
    mapping: dict[str, int] = {}
    taken: set[int] = set()
    named = [(column.key, (column.key, column.label)) for column in columns]
    aliased = [(column.key, column.aliases) for column in columns]
    for key, names in (*named, *aliased):
        places = (positions.get(heading_key(name)) for name in names)
        position = next((place for place in places if place is not None and place not in taken), None)
        if key not in mapping and position is not None:
            mapping[key] = position
            taken.add(position)
    return mapping


def recalled(header: Sequence[str], known: Mapping[str, str], guessed: Mapping[str, int]) -> dict[str, int]:
    """Return the mapping of last time as far as its headings are there, and beside it what was guessed of the rest."""
    mapping = {key: header.index(heading) for key, heading in known.items() if heading and heading in header}
    taken = set(mapping.values())
    return {key: place for key, place in guessed.items() if key not in mapping and place not in taken} | mapping


def pick_cells(cells: Sequence[str], mapping: Mapping[str, int]) -> dict[str, str]:
    """Return column key -> cell."""
    return {key: cells[position] for key, position in mapping.items() if position < len(cells)}


def cut_chunks[R](rows: Iterable[R], size: int, group: Callable[[R], str] | None) -> Iterator[list[R]]:
    """Yield *rows* in lists of about *size*; neighbours of one group are never parted, however many they are."""
    chunk: list[R] = []
    last: str | None = None
    for row in rows:
        name = group(row) if group is not None else None
        if len(chunk) >= size and (name is None or name != last):
            yield chunk
            chunk = []
        chunk.append(row)
        last = name
    if chunk:
        yield chunk
