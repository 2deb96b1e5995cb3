"""The connector against a database of the same tables."""

from decimal import Decimal

import pytest

from entrepot.connectors.jtl import SPEC
from entrepot.connectors.jtl.connector import available
from entrepot.connectors.jtl.credentials import JtlCredentials
from entrepot.connectors.jtl.server import Target
from entrepot.erp.contract import HandOverState
from entrepot.erp.errors import (
    ErpAddressRefusedError,
    ErpAwayError,
    ErpCredentialsRejectedError,
    ErpIncompleteError,
)
from entrepot.erp.line import ErpLine
from entrepot.kit.clock import now
from entrepot.kit.credentials import CredentialsInvalidError, parse_credentials
from entrepot.sandbox.jtl.schema import READER
from tests.connectors.jtl.orders import line, order
from tests.connectors.jtl.world import LOOPBACK, World

pytestmark = pytest.mark.anyio


async def test_finds_everything_it_needs(world: World) -> None:
    report = await world.connector().check()

    assert all(check.ok for check in report.checks)
    assert [check.subject for check in report.checks] == [
        "dbo.tArtikel",
        "dbo.vLagerbestandProLager",
        "dbo.tWarenLager",
        "Versand.lvLieferschein",
        "Versand.lvLieferscheinpaket",
        "dbo.tXMLBestellImport",
    ]
    assert [one.name for one in report.warehouses] == ["Standardlager", "Außenlager"]
    assert report.known_as.endswith(str(world.gate.port))


async def test_names_a_missing_column_and_a_missing_table(world: World) -> None:
    await world.owner.execute('ALTER TABLE dbo."tArtikel" RENAME "nPuffer" TO "nReserve"')
    await world.owner.execute('ALTER TABLE "Versand"."lvLieferscheinpaket" RENAME TO "lvPaket"')

    problems = {check.subject: check.problem for check in (await world.connector().check()).checks if not check.ok}

    assert problems.keys() == {"dbo.tArtikel", "Versand.lvLieferscheinpaket"}
    assert problems["dbo.tArtikel"].startswith("dbo.tArtikel lacks nPuffer,")
    assert "is missing, or the login may not read it" in problems["Versand.lvLieferscheinpaket"]


async def test_a_login_that_may_only_read_cannot_insert(world: World) -> None:
    reader = world.url(READER)

    report = await world.connector(database_url=reader).check()
    assert [check.subject for check in report.checks if not check.ok] == ["dbo.tXMLBestellImport"]
    with pytest.raises(ErpIncompleteError, match="grant it INSERT"):
        await world.connector(database_url=reader).hand_over([order()])


async def test_advises_against_a_login_that_may_write(world: World) -> None:
    await world.owner.execute('GRANT UPDATE ON dbo."tArtikel" TO jtl')

    (advice,) = [check for check in (await world.connector().check()).checks if check.problem]

    assert advice.ok
    assert "may only read is safer" in advice.problem


async def test_reads_what_may_be_sold(world: World) -> None:
    await world.owner.execute('UPDATE dbo."vLagerbestandProLager" SET "fBestand" = -2.5 WHERE "kArtikel" = 1')

    stock = {(one.sku, one.warehouse): one for one in await world.connector().read_stock()}

    assert {key: one.available for key, one in stock.items()} == {
        ("SKU-1", "1"): 0,
        ("SKU-1", "2"): 0,
        ("SKU-2", "1"): 25,
        ("SKU-2", "2"): 5,
        ("Größe-L/ß", "1"): 0,
        ("Größe-L/ß", "2"): 0,
        ("never", "1"): 0,
        ("never", "2"): 0,
    }
    assert (stock["SKU-2", "1"].on_hand, stock["SKU-2", "1"].buffer) == (Decimal(30), 5)


async def test_reads_stock_of_some_articles_only(world: World) -> None:
    stock = await world.connector().read_stock(["SKU-2", "unknown", "SKU-2"])

    assert [(one.sku, one.warehouse) for one in stock] == [("SKU-2", "1"), ("SKU-2", "2")]
    assert await world.connector().read_stock([]) == []


async def test_reads_every_page_of_stock(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = await world.connector().read_stock()
    monkeypatch.setattr("entrepot.connectors.jtl.statements.stock_after.__defaults__", (1,))

    assert await world.connector().read_stock() == whole


async def test_a_warehouse_out_of_use_does_not_count(world: World) -> None:
    await world.owner.execute('UPDATE dbo."tWarenLager" SET "nAktiv" = 0 WHERE "kWarenLager" = 2')

    assert {one.warehouse for one in await world.connector().read_stock()} == {"1"}


@pytest.mark.parametrize(
    ("on_hand", "buffer", "expected"), [("7", 2, 5), ("7.9", 0, 7), ("-0.5", 0, 0), ("3", 5, 0), ("3", -5, 3)]
)
def test_available_is_what_is_there_less_the_buffer(on_hand: str, buffer: int, expected: int) -> None:
    assert available(Decimal(on_hand), buffer) == expected


async def test_an_order_goes_full_circle(world: World) -> None:
    connector = world.connector()
    big = order("TEMU-1", line(quantity=6), line("Größe-L/ß", title="Füße € 漢"), channel="temu")

    assert [one.state for one in await connector.hand_over([big])] == [HandOverState.ACCEPTED]
    assert [one.state for one in await connector.hand_over([big])] == [HandOverState.PRESENT], "waits already"
    assert await connector.read_tracking(["TEMU-1"]) == []
    await world.wawi.work()
    await world.wawi.work()
    first, second = await connector.read_tracking(["TEMU-1", "unknown"])

    assert (first.delivery_note, second.delivery_note) == ("LS-000001", "LS-000001")
    assert first.carrier == "DHL Paket"
    assert first.tracking.startswith("JJD")
    assert first.tracking != second.tracking
    assert first.shipped_at is not None
    assert abs((first.shipped_at - now()).total_seconds()) < 60
    assert [one.state for one in await connector.hand_over([big])] == [HandOverState.PRESENT], "was sent already"
    assert (await world.wawi.counts()).get("duplicate") is None


async def test_one_bad_order_stops_no_other(world: World) -> None:
    orders = [order("A"), order("B", line("nowhere")), order("C", ship_to=order().ship_to.__class__()), order("D")]

    outcomes = await world.connector().hand_over(orders)

    assert [one.state for one in outcomes] == ["accepted", "refused", "refused", "accepted"]
    assert "no article “nowhere”" in outcomes[1].problem
    assert "lacks a name" in outcomes[2].problem
    assert (await world.wawi.counts())["waiting"] == 2


async def test_a_note_that_is_only_written_is_no_shipment(world: World) -> None:
    await world.owner.execute(
        'INSERT INTO "Versand"."lvLieferschein" ("cLieferscheinNr", "cBestellNr", "cBestellungInetBestellNr")'
        " VALUES ('LS-1', 'AU-1', 'A'), (NULL, 'AU-2', 'B')"
    )
    await world.owner.execute(
        'INSERT INTO "Versand"."lvLieferscheinpaket" ("kLieferschein", "cVersandartName") VALUES (2, \' GLS \')'
    )

    (shipment,) = await world.connector().read_tracking(["A", "B"])

    assert (shipment.reference, shipment.delivery_note, shipment.carrier) == ("B", "2", "GLS")
    assert (shipment.tracking, shipment.shipped_at) == ("", None)


async def test_two_orders_whose_numbers_begin_alike_are_two(world: World) -> None:
    assert [one.state for one in await world.connector().hand_over([order("A-1")])] == ["accepted"]
    outcomes = await world.connector().hand_over([order("A-12"), order("A-1"), order("A_1")])

    assert [one.state for one in outcomes] == ["accepted", "present", "accepted"]


async def test_writes_down_what_it_did(world: World) -> None:
    await world.connector().hand_over([order("A"), order("B")])

    call, other = [call for call in world.calls if call.subject]
    assert (call.subject, other.subject, call.answer) == ("A", "B", "added")
    assert call.method == "SQL"
    assert "tXMLBestellImport" in call.target
    assert "<cExterneBestellNr>A</cExterneBestellNr>" in call.request
    assert not any("sandbox-jtl" in f"{call}" for call in world.calls), "a password is written down"


async def test_a_server_that_is_away_is_told_apart_from_a_wrong_login(world: World) -> None:
    with pytest.raises(ErpCredentialsRejectedError, match="nobody"):
        await world.connector(database_url=world.url("nobody")).check()
    await world.gate.set_away(away=True)
    with pytest.raises(ErpAwayError) as caught:
        await world.connector().read_stock()
    assert "sandbox-jtl" not in caught.value.detail
    await world.gate.set_away(away=False)
    assert await world.connector().warehouses()
    assert any(call.error for call in world.calls)


async def test_sql_server_that_is_away() -> None:
    pytest.importorskip("pymssql")
    credentials = JtlCredentials.model_validate({"database_url": "mssql://sa:secret-word@127.0.0.1:1/eazybusiness"})

    with pytest.raises(ErpAwayError, match="Unable to connect") as caught:
        await SPEC.connect(credentials, ErpLine(allowed=LOOPBACK)).check()

    assert "DB-Lib error message" not in caught.value.detail
    assert "secret-word" not in caught.value.detail


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://jtl:x@127.0.0.1/db",
        "postgresql://jtl:x@localhost/db",
        "postgresql://jtl:x@[::1]/db",
        "mssql://sa:x@10.0.0.1/db",
        "mssql://sa:x@169.254.169.254/db",
        "postgresql://jtl:x@0/db",
        "postgresql://jtl:x@[::ffff:127.0.0.1]/db",
    ],
)
async def test_reaches_nothing_inside_unless_allowed(url: str) -> None:
    with pytest.raises(ErpAddressRefusedError, match="ENTREPOT_OUTSIDE_ALLOW"):
        await SPEC.connect(JtlCredentials.model_validate({"database_url": url}), ErpLine()).check()


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////etc/passwd",
        "sqlite://",
        "postgresql+psycopg://jtl@example.org/db",
        "postgresql:///db?host=/var/run/postgresql",
        "postgresql://example.org/db?host=/var/run/postgresql",
        "postgresql://jtl@example.org/db?sslrootcert=/etc/shadow",
        "mssql://sa@example.org/db?driver=x",
        "mssql+pyodbc:///?odbc_connect=x",
        "http://example.org/db",
        "postgresql://example.org",
        "nonsense",
        "://",
    ],
)
def test_knows_two_forms_of_address_only(url: str) -> None:
    credentials = JtlCredentials.model_validate({"database_url": url})

    with pytest.raises(ErpAddressRefusedError):
        Target.of(credentials)


def test_the_form_says_what_to_change() -> None:
    def problems(**values: str) -> dict[str, str]:
        with pytest.raises(CredentialsInvalidError) as caught:
            parse_credentials(SPEC, values)
        return caught.value.problems

    assert problems() == {"host": "Fill this in."}
    assert problems(host="wawi", user="u") == {"password": "Fill this in."}
    assert problems(host="wawi", user="u", password="p", way="file") == {"folder": "Fill this in."}
    assert "host" in problems(host="wawi;DROP", user="u", password="p")
    assert "folder" in problems(host="wawi", user="u", password="p", folder="../x")
    assert problems(host="wawi", user="u", password="p", port="0") == {"port": "This does not look right."}
    instance = parse_credentials(SPEC, {"host": "wawi.example.org\\JTLWAWI", "user": "u", "password": "p"})
    assert isinstance(instance, JtlCredentials)
    assert Target.of(instance).url("192.0.2.1").host == "192.0.2.1\\JTLWAWI"
