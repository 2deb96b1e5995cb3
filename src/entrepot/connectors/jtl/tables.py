"""The tables and views of a JTL-Wawi database that are read or written, with the columns that are needed.

They differ between versions of JTL-Wawi, so an account's are looked at when it is connected.
"""

from sqlalchemy import Column, DateTime, Integer, MetaData, Numeric, SmallInteger, Table, Unicode, UnicodeText

METADATA = MetaData()

ARTICLE = Table(
    "tArtikel",
    METADATA,
    Column("kArtikel", Integer, primary_key=True),
    Column("cArtNr", Unicode(100), nullable=False),
    Column("nPuffer", Integer, nullable=False),
    schema="dbo",
)
STOCK = Table(
    "vLagerbestandProLager",
    METADATA,
    Column("kArtikel", Integer, primary_key=True),
    Column("kWarenlager", Integer, primary_key=True),
    Column("fBestand", Numeric(28, 14)),
    schema="dbo",
)
WAREHOUSE = Table(
    "tWarenLager",
    METADATA,
    Column("kWarenLager", Integer, primary_key=True),
    Column("cKuerzel", Unicode(255)),
    Column("cName", Unicode(255)),
    Column("nAktiv", SmallInteger, nullable=False),
    schema="dbo",
)
NOTE = Table(
    "lvLieferschein",
    METADATA,
    Column("kLieferschein", Integer, primary_key=True),
    Column("cLieferscheinNr", Unicode(50)),
    Column("cBestellungInetBestellNr", Unicode(50)),
    Column("dVersendet", DateTime),
    schema="Versand",
)
PARCEL = Table(
    "lvLieferscheinpaket",
    METADATA,
    Column("kInternePaketnummer", Integer, primary_key=True),
    Column("kLieferschein", Integer, nullable=False),
    Column("cVersandartName", Unicode(255), nullable=False),
    Column("cTrackingId", Unicode(255)),
    Column("dVersendet", DateTime),
    schema="Versand",
)
IMPORT = Table(
    "tXMLBestellImport",
    METADATA,
    Column("kXMLBestellImport", Integer, primary_key=True),
    Column("cText", UnicodeText),
    Column("nPlattform", SmallInteger),
    Column("nRechnung", SmallInteger),
    schema="dbo",
)

READ = (ARTICLE, STOCK, WAREHOUSE, NOTE, PARCEL)
