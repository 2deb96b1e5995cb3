"""Every statement that is sent to a JTL-Wawi database."""

from collections.abc import Iterator, Sequence
from itertools import batched
from typing import Any

from sqlalchemy import Executable, Insert, Select, Table, TextClause, bindparam, exists, insert, literal, select

from entrepot.connectors.jtl.tables import ARTICLE, IMPORT, NOTE, PARCEL, STOCK, WAREHOUSE
from entrepot.kit.sql import text

IN_LIST = 1000
"""Values in one list: SQL Server takes 2,100 parameters."""
PAGE = 5000
"""Articles read at once."""
PLATFORM, INVOICE = 5, 0
"""What JTL-Worker expects beside an order's XML (``nPlattform``, ``nRechnung``)."""


def chunks(values: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield different *values* in lists that SQL Server can take."""
    yield from batched(dict.fromkeys(values), IN_LIST, strict=False)


def active_warehouses() -> Executable:
    """Return warehouses in use."""
    return (
        select(WAREHOUSE.c.kWarenLager, WAREHOUSE.c.cName, WAREHOUSE.c.cKuerzel)
        .where(WAREHOUSE.c.nAktiv == 1)
        .order_by(WAREHOUSE.c.kWarenLager)
    )


def stock_of(skus: Sequence[str]) -> Executable:
    """Return stock of articles; one that was never in stock has a row without a warehouse."""
    return _stock().where(ARTICLE.c.cArtNr.in_(skus)).order_by(ARTICLE.c.kArtikel, STOCK.c.kWarenlager)


def stock_after(article: int, limit: int = PAGE) -> Executable:
    """Return the stock of the next articles behind the key *article*, whole articles only."""
    page = (
        select(ARTICLE.c.kArtikel)
        .where(ARTICLE.c.kArtikel > article)
        .order_by(ARTICLE.c.kArtikel)
        .limit(limit)
        .subquery("page")
    )
    return (
        _stock()
        .where(ARTICLE.c.kArtikel.in_(select(page.c.kArtikel)))
        .order_by(ARTICLE.c.kArtikel, STOCK.c.kWarenlager)
    )


def _stock() -> Select[Any, Any, Any, Any, Any]:
    return select(
        ARTICLE.c.kArtikel, ARTICLE.c.cArtNr, ARTICLE.c.nPuffer, STOCK.c.kWarenlager, STOCK.c.fBestand
    ).select_from(ARTICLE.outerjoin(STOCK, STOCK.c.kArtikel == ARTICLE.c.kArtikel))


def articles_among(skus: Sequence[str]) -> Executable:
    """Return which of these article numbers there are."""
    return select(ARTICLE.c.cArtNr).where(ARTICLE.c.cArtNr.in_(skus))


def parcels_of(references: Sequence[str]) -> Executable:
    """Return delivery notes of orders with their parcels."""
    return (
        select(
            NOTE.c.cBestellungInetBestellNr,
            NOTE.c.kLieferschein,
            NOTE.c.cLieferscheinNr,
            NOTE.c.dVersendet.label("note_sent"),
            PARCEL.c.kInternePaketnummer,
            PARCEL.c.cVersandartName,
            PARCEL.c.cTrackingId,
            PARCEL.c.dVersendet.label("parcel_sent"),
        )
        .select_from(NOTE.outerjoin(PARCEL, PARCEL.c.kLieferschein == NOTE.c.kLieferschein))
        .where(NOTE.c.cBestellungInetBestellNr.in_(references))
        .order_by(NOTE.c.kLieferschein, PARCEL.c.kInternePaketnummer)
    )


def shipped_among(references: Sequence[str]) -> Executable:
    """Return which of these orders have a delivery note already."""
    return select(NOTE.c.cBestellungInetBestellNr).where(NOTE.c.cBestellungInetBestellNr.in_(references)).distinct()


def import_order(document: str, reference: str) -> Insert:
    """Put an order's XML where JTL-Worker fetches it, unless it waits there already."""
    waiting = exists().where(IMPORT.c.cText.like(f"%<cExterneBestellNr>{_literally(reference)}<%", escape="\\"))
    row = select(
        literal(document, IMPORT.c.cText.type),
        literal(PLATFORM, IMPORT.c.nPlattform.type),
        literal(INVOICE, IMPORT.c.nRechnung.type),
    ).where(~waiting)
    return insert(IMPORT).inline().from_select(["cText", "nPlattform", "nRechnung"], row)


def _literally(value: str) -> str:
    """Return *value* for LIKE; a bracket means something in SQL Server's."""
    return "".join(f"\\{sign}" if sign in "\\%_[]" else sign for sign in value)


def columns_named(tables: Sequence[Table]) -> TextClause:
    """Return the columns of *tables* that this login may see."""
    return text(
        "SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_NAME IN :tables"
    ).bindparams(bindparam("tables", [table.name for table in tables], expanding=True))


def may(dialect: str, table: Table, right: str) -> TextClause:
    """Ask whether this login may do *right* (``INSERT``) with a table: 1 or 0."""
    if dialect == "mssql":
        return text("SELECT HAS_PERMS_BY_NAME(:name, 'OBJECT', :right)").bindparams(
            name=f"{table.schema}.{table.name}", right=right
        )
    return text("SELECT CAST(has_table_privilege(:name, :right) AS integer)").bindparams(
        name=f'"{table.schema}"."{table.name}"', right=right
    )
