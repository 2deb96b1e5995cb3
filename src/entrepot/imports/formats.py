"""Workbooks and JSON as the tables that imports read."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from entrepot.kit.csv_reading import TableEmptyError
from entrepot.kit.csv_writing import csv_text
from entrepot.kit.errors import RefusedError
from entrepot.kit.text import N_
from entrepot.kit.xlsx_reading import SIGNATURE, read_sheet

MOST_COLUMNS = 500


class JsonUnreadableError(RefusedError):
    """It is no JSON, or no list of things."""

    code = "imports.json_unreadable"
    title = N_("JSON cannot be read")
    message = N_("This JSON file cannot be read: {reason}. It must hold a list of objects, or an object with one such list.")  # fmt: skip


def as_csv(content: bytes) -> bytes:
    """Return a workbook or JSON as CSV; anything else as it is.

    Raises:
        WorkbookUnreadableError, JsonUnreadableError: it is broken.
    """
    if content.startswith(SIGNATURE):
        rows = read_sheet(content)
        if not rows:
            raise TableEmptyError
        width = max(len(row) for row in rows)
        return csv_text([*row, *[""] * (width - len(row))] for row in rows).encode()
    start = content.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith((b"[{", b"[\n", b"[ ", b"[\r", b"{", b"[]")):
        return _json_as_csv(start)
    return content


def _json_as_csv(content: bytes) -> bytes:
    try:
        found = msgspec.json.decode(content)
    except (msgspec.DecodeError, RecursionError) as error:
        raise JsonUnreadableError(reason=str(error)[:120]) from None
    rows = [row for one in _things(found) for row in flat_rows(one)]
    header = list(dict.fromkeys(name for row in rows for name in row))
    if not header:
        raise TableEmptyError
    if len(header) > MOST_COLUMNS:
        raise JsonUnreadableError(reason=f"more than {MOST_COLUMNS} different fields")
    return csv_text([header, *([row.get(name, "") for name in header] for row in rows)]).encode()


def _things(found: Any) -> Sequence[Mapping[str, Any]]:  # noqa: ANN401 -- any JSON
    if isinstance(found, Mapping):
        lists = [value for value in found.values() if isinstance(value, list)]
        found = lists[0] if len(lists) == 1 and not _has_number(found) else [found]
    if not isinstance(found, list) or not all(isinstance(one, Mapping) for one in found):
        raise JsonUnreadableError(reason="there is something else than objects in the list")
    return found


def _has_number(found: Mapping[str, Any]) -> bool:
    """Tell one thing with lines from a wrapping around many things."""
    return any(not isinstance(value, (list, Mapping)) for key, value in found.items() if key in {"number", "sku"})


def flat_rows(thing: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return one row per object of the list that *thing* has, what stands outside it in each; one row without a list.

    ``{"number": 1, "customer": {"area": "N"}, "lines": [{"code": "A"}]}`` becomes number, customer_area, code.
    """
    head: dict[str, str] = {}
    lines: list[Mapping[str, Any]] = []
    for key, value in thing.items():
        if isinstance(value, list):
            lines += [one for one in value if isinstance(one, Mapping)]
        else:
            head |= _flat(key, value)
    rows: list[dict[str, str]] = []
    for line in lines:
        row = dict(head)
        for key, value in line.items():
            for name, text in _flat(key, value).items():
                row[f"line_{name}" if name in head else name] = text
        rows.append(row)
    return rows or [head]


def _flat(name: str, value: Any) -> dict[str, str]:  # noqa: ANN401 -- any JSON
    match value:
        case Mapping():
            return {inner: text for key, one in value.items() for inner, text in _flat(f"{name}_{key}", one).items()}
        case None | list():
            return {name: ""}
        case bool():
            return {name: "yes" if value else "no"}
        case _:
            return {name: str(value)}
