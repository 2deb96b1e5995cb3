"""The statements as SQL Server gets them."""

import os
import re
from pathlib import Path
from typing import Any

from sqlalchemy.dialects import mssql

from entrepot.connectors.jtl import statements
from entrepot.connectors.jtl.tables import ARTICLE, IMPORT, READ

SNAPSHOT = Path(__file__).parent / "golden" / "statements.mssql.sql"


def compiled(statement: Any) -> str:  # noqa: ANN401 -- any clause
    dialect = mssql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves this constructor untyped
    return str(statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True}))


def test_statements_are_as_they_were() -> None:
    named = {
        "active_warehouses": statements.active_warehouses(),
        "stock_of": statements.stock_of(("SKU-1", "SKU-2")),
        "stock_after": statements.stock_after(5000),
        "articles_among": statements.articles_among(("SKU-1",)),
        "parcels_of": statements.parcels_of(("BOL-1", "BOL-2")),
        "shipped_among": statements.shipped_among(("BOL-1",)),
        "import_order": statements.import_order("<tBestellungen/>", "BOL-1"),
        "columns_named": statements.columns_named(READ),
        "may_insert": statements.may("mssql", IMPORT, "INSERT"),
        "may_update": statements.may("mssql", ARTICLE, "UPDATE"),
    }
    text = "".join(f"-- {name}\n{compiled(statement).strip()};\n\n" for name, statement in named.items())
    if os.environ.get("WRITE_GOLDEN"):
        SNAPSHOT.write_text(text)

    assert text == SNAPSHOT.read_text()


def test_lists_stay_below_what_sql_server_takes() -> None:
    skus = [f"SKU-{number}" for number in range(2500)]

    lists = list(statements.chunks([*skus, *skus]))

    assert [len(one) for one in lists] == [1000, 1000, 500]
    assert [sku for one in lists for sku in one] == skus
    assert len(re.findall(r"%\(\w+\)s|:\w+|\?", compiled(statements.stock_of(lists[0])))) < 2100


def test_references_stand_for_themselves() -> None:
    statement = statements.import_order("x", "50%_[a]\\")

    assert "%<cExterneBestellNr>50\\%\\_\\[a\\]\\\\<%" in statement.compile().params.values()
