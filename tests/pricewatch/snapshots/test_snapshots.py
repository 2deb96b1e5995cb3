"""What fetches brought: evidence, pages that are kept once, cases, and what is forgotten when."""

import gzip
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.principal import SellerRef
from entrepot.jobs.inline import run_inline
from entrepot.kit.clock import now
from entrepot.kit.database import Actor, Database
from entrepot.kit.ids import new_id
from entrepot.kit.scope import Scope
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.sentence import Sentence
from entrepot.kit.settings import Settings
from entrepot.kit.storage import Storage, open_storage
from entrepot.pricewatch.extracting.contract import Field, Finding, Kind, Recipe, Selector
from entrepot.pricewatch.snapshots.contract import FetchRecord
from entrepot.pricewatch.snapshots.domain import pack, unpack
from entrepot.pricewatch.snapshots.errors import SnapshotGoneError, UnknownCaseError, WrongAnswerError
from entrepot.pricewatch.snapshots.service import SnapshotService, canonical
from entrepot.pricewatch.snapshots.tasks import ForgetPages

pytestmark = pytest.mark.anyio

BODY = b"<!doctype html><title>Mug</title><p class=new>12.50</p><p class=old>15.00</p>"
NEW, OLD = (
    Recipe(locale="en", currency="EUR", selectors=(Selector(Field.PRICE, Kind.CSS, css),), generic=False)
    for css in ("p.new", "p.old")
)


@dataclass
class Watched:
    seller_id: UUID
    store_id: UUID
    listing_id: UUID
    storage: Storage

    def record(self, **changes: object) -> FetchRecord:
        values: dict[str, object] = {
            "seller_id": self.seller_id,
            "store_id": self.store_id,
            "listing_id": self.listing_id,
            "url": "https://shop.example/mug",
            "at": now(),
            "status": 200,
            "body": BODY,
            "content_type": "text/html",
            "answers": {Field.PRICE: "12.5"},
            "findings": (Finding(Field.PRICE, "12.50\0", "css", "p.new"),),
            **changes,
        }
        return FetchRecord(**values)  # type: ignore[arg-type]  # a test's own


async def plant(session: AsyncSession, seller_id: UUID, storage: Storage) -> Watched:
    watched = Watched(seller_id, new_id(), new_id(), storage)
    product_id = new_id()
    for statement in (
        "INSERT INTO price_store (id, seller_id, name) VALUES (:store, :seller, 'Shop')",
        "INSERT INTO watched_product (id, seller_id, title, created_by) VALUES (:product, :seller, 'Mug', 'Tess')",
        (
            "INSERT INTO price_listing (id, seller_id, watched_product_id, store_id, url, next_check_at)"
            " VALUES (:listing, :seller, :product, :store, 'https://shop.example/mug', now())"
        ),
    ):
        facts = {
            "store": watched.store_id,
            "seller": seller_id,
            "product": product_id,
            "listing": watched.listing_id,
        }
        needed = {name: value for name, value in facts.items() if f":{name}" in statement}
        await session.execute(text(statement), needed)
    return watched


@pytest.fixture
async def watched(session: AsyncSession, seller: SellerRef, settings: Settings) -> Watched:
    return await plant(session, seller.id, open_storage(settings))


async def test_a_page_is_kept_once_while_it_says_the_same(session: AsyncSession, watched: Watched) -> None:
    service = SnapshotService(session, watched.storage)
    packed = gzip.compress(BODY)
    first = await service.keep(watched.record(packed=packed))
    again, failed, changed, tomorrow = await service.keep_many(
        [
            watched.record(body=BODY + b"<!-- another second -->"),
            watched.record(body=b"", status=503, problem=Sentence("{host} is away.", {"host": "shop"}), good=False),
            watched.record(answers={Field.PRICE: "13"}),
            watched.record(at=now() + timedelta(days=2)),
        ]
    )

    assert first is not None
    assert again == first
    assert failed is None
    assert len({first, changed, tomorrow}) == 3
    page = await service.page(first)
    assert (page.body, page.url, page.content_type) == (BODY, "https://shop.example/mug", "text/html")
    fetches = await service.fetches(watched.listing_id)
    assert [one.snapshot_id for one in fetches] == [tomorrow, changed, None, first, first]
    assert fetches[2].problem is not None
    assert fetches[2].problem.english == "shop is away."
    assert fetches[0].findings[0].text == "12.50"
    with pytest.raises(SnapshotGoneError):
        await service.page(new_id())


async def test_a_recipe_is_replayed_over_cases_and_last_good_pages(session: AsyncSession, watched: Watched) -> None:
    service = SnapshotService(session, watched.storage)
    snapshot_id = await service.keep(watched.record())
    assert snapshot_id is not None

    assert await service.check(watched.store_id, NEW, NEW) == []
    [sample] = await service.check(watched.store_id, NEW, OLD)
    assert (sample.field, sample.expected, sample.got, sample.by_person) == (Field.PRICE, "12.5", "15", False)

    case_id = await service.add_case(snapshot_id, truth={}, wrong={Field.PRICE: "12.5"}, note="the old one counts")
    assert [found.by_person for found in await service.check(watched.store_id, NEW, NEW)] == [True]
    assert await service.add_case(snapshot_id, truth={Field.PRICE: "15,00"}, wrong={}) == case_id
    [case] = await service.cases(watched.store_id)
    assert (case.truth, case.wrong, case.note, case.by) == (
        {Field.PRICE: "15"},
        {},
        "the old one counts",
        "Tess Tester",
    )
    assert await service.check(watched.store_id, NEW, OLD) == []
    [found] = await service.check(watched.store_id, NEW, NEW)
    assert (found.expected, found.got, found.by_person) == ("15", "12.5", True)

    for field, wrong in ((Field.PRICE, "cheap"), (Field.AVAILABILITY, "perhaps"), (Field.PACK, "six")):
        with pytest.raises(WrongAnswerError):
            await service.add_case(snapshot_id, truth={field: wrong}, wrong={})
    await service.remove_case(case_id)
    with pytest.raises(UnknownCaseError):
        await service.remove_case(case_id)


@asynccontextmanager
async def committed(
    database: Database, seller: SellerRef, settings: Settings
) -> AsyncGenerator[tuple[SnapshotService, Watched]]:
    async with database.transaction(Scope.of(seller.id), actor=Actor("user", "test", "Tess")) as session:
        watched = await plant(session, seller.id, open_storage(settings))
        yield SnapshotService(session, watched.storage), watched


def files(settings: Settings, seller: SellerRef) -> set[str]:
    folder = Path(settings.data_dir) / "documents" / "pages" / str(seller.id)
    return {found.stem for found in folder.glob("*.gz")}


async def test_the_old_is_forgotten_but_cases_and_last_good_pages(
    database: Database, seller: SellerRef, settings: Settings, box: SecretBox
) -> None:
    long_ago = now() - timedelta(days=400)
    async with committed(database, seller, settings) as (service, watched):
        good = [
            await service.keep(watched.record(at=long_ago + timedelta(days=day), answers={Field.PRICE: str(day)}))
            for day in range(3)
        ]
        bad = await service.keep(watched.record(at=long_ago + timedelta(days=9), good=False))
        assert good[0] is not None
        await service.add_case(good[0], truth={Field.PRICE: "1"}, wrong={})
    await run_inline(database, box, settings, ForgetPages())

    assert files(settings, seller) == {str(good[0]), str(good[2])}
    async with database.transaction(Scope.of(seller.id)) as session:
        service = SnapshotService(session, watched.storage)
        assert await service.fetches(watched.listing_id) == []
        with pytest.raises(SnapshotGoneError):
            await service.page(bad or new_id())
        await session.execute(text("DELETE FROM watched_product WHERE seller_id = :id"), {"id": seller.id})
    await run_inline(database, box, settings, ForgetPages())
    assert files(settings, seller) == set()


@given(st.binary(max_size=2000))
def test_what_is_packed_comes_back(body: bytes) -> None:
    assert unpack(pack(body), len(body)) == body
    assert unpack(pack(body) + pack(bytes(100_000)), len(body)) == body


def test_a_price_is_a_price_however_it_is_written() -> None:
    assert canonical(Field.PRICE, " 12.50 ") == "12.5"
    assert Decimal(canonical(Field.PRICE, "€ 1.299,00")) == Decimal(1299)
    assert canonical(Field.TITLE, "") == ""
