"""Products as CSV that the import reads back unchanged."""

from collections.abc import AsyncGenerator

from entrepot.catalog.imports import COLUMNS
from entrepot.catalog.views import Filters, Opener, ProductRow, export_rows
from entrepot.kit.csv_writing import BOM, Cell, csv_text

HEADER = [column.key for column in COLUMNS]


async def export_lines(open_session: Opener, filters: Filters) -> AsyncGenerator[str]:
    """Yield the file in pieces: the heading, then products in the order they were made."""
    yield BOM + csv_text([HEADER])
    async for batch in export_rows(open_session, filters):
        yield csv_text([[_cell(row, parent, parts, key) for key in HEADER] for row, parent, parts in batch])


def _cell(row: ProductRow, parent_sku: str, components: str, key: str) -> Cell:
    match key:
        case "components":
            return components
        case "parent_sku":
            return parent_sku
        case "tags":
            return ", ".join(row.tags)
        case "options":
            return "; ".join(f"{name}: {value}" for name, value in row.options.items())
        case _:
            value: Cell = getattr(row, key)
            return value
