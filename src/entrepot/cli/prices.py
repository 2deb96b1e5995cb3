"""``entrepot store ...`` and ``entrepot watch ...``: the price watch from the command line."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import msgspec
from rich.console import Console
from rich.table import Table
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.views import sellers
from entrepot.cli.people import as_instance, seller_id_of
from entrepot.kit.database import Database
from entrepot.kit.errors import InvalidInputError, RefusedError
from entrepot.kit.postgres import running_server
from entrepot.kit.scope import Scope
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.settings import Settings
from entrepot.kit.storage import open_storage
from entrepot.kit.text import N_
from entrepot.pricewatch.extracting.contract import Extraction
from entrepot.pricewatch.fetching.service import Fetcher
from entrepot.pricewatch.watching.addresses import normalise
from entrepot.pricewatch.watching.looking import Look, look, plan_for
from entrepot.pricewatch.watching.service import NewListing, WatchService
from entrepot.pricewatch.watching.stores import SharedStore, StoreDraft, StoreService, draft_of, read_shared
from entrepot.pricewatch.watching.views import store_rows

MOST = 500


class WhichSellerError(RefusedError):
    """There are several sellers, and none was named."""

    code = "cli.which_seller"
    title = N_("Which seller?")
    message = N_("There are several sellers: {known}. Name one with --seller.")


@dataclass(frozen=True, slots=True)
class Opened:
    """What a command works with."""

    session: AsyncSession
    seller_id: UUID
    stores: StoreService


def for_seller[T](name: str, work: Callable[[Opened], Awaitable[T]]) -> T:
    """Run *work* for the seller called *name*, or for the only one there is."""
    settings = Settings()
    box, storage = SecretBox(settings.keys), open_storage(settings)

    async def run(session: AsyncSession) -> T:
        seller_id = await _seller(session, name)
        return await work(Opened(session, seller_id, StoreService(session, box, storage)))

    try:
        return as_instance(run)
    except InvalidInputError as error:
        for field, problem in error.problems.items():
            print(f"{field}: {problem}", file=sys.stderr)
        raise SystemExit(1) from None


async def _seller(session: AsyncSession, name: str) -> UUID:
    if name:
        return await seller_id_of(session, name)
    known = await sellers(session)
    if len(known) != 1:
        raise WhichSellerError(known=", ".join(seller.name for seller in known) or "none")
    return known[0].id


def create_store(draft: StoreDraft, *, seller: str) -> None:
    """Add a store."""

    async def work(opened: Opened) -> UUID:
        return await opened.stores.create(opened.seller_id, draft)

    print(f"Added {draft.name or draft.domains[0]} ({for_seller(seller, work)}).")


def list_stores(*, seller: str) -> None:
    """Print every store of a seller."""

    async def work(opened: Opened) -> None:
        table = Table("store", "hosts", "locale", "currency", "by", "listings", "need attention")
        for row in await store_rows(opened.session, limit=MOST):
            store = row.store
            if store.seller_id == opened.seller_id:
                counts = (str(row.listings), str(row.attention))
                table.add_row(
                    store.name, "\n".join(store.domains), store.locale, store.currency, store.fetch_mode, *counts
                )
        Console().print(table)

    for_seller(seller, work)


def show_store(name: str, *, seller: str, file: Path | None = None) -> None:
    """Print a store as it is shared, or write it into *file*."""

    async def work(opened: Opened) -> bytes:
        draft = draft_of(await opened.stores.named(opened.seller_id, name))
        shared = SharedStore(**msgspec.structs.asdict(draft))
        return msgspec.json.format(msgspec.json.encode(shared), indent=2)

    written = for_seller(seller, work)
    if file is None:
        print(written.decode())
    else:
        file.write_bytes(written + b"\n")
        print(f"Wrote {file}.")


def import_store(file: Path, *, seller: str, yes: bool) -> None:
    """Add the store that *file* defines, after showing it."""
    draft = read_shared(file.read_bytes())
    print(msgspec.json.format(msgspec.json.encode(draft), indent=2).decode())
    if not yes and input("Add this store? [y/N] ").strip().lower() not in {"y", "yes"}:
        print("Nothing was changed.")
        return

    async def work(opened: Opened) -> UUID:
        return await opened.stores.create(opened.seller_id, draft, made_by="import")

    print(f"Added {draft.name} ({for_seller(seller, work)}).")


def test_store(url: str, *, seller: str) -> None:
    """Fetch a page as its store is set up, and print what is found on it; nothing is stored."""
    settings = Settings()
    box, storage = SecretBox(settings.keys), open_storage(settings)
    address = normalise(url)

    async def run(database: Database) -> Look:
        async with database.transaction(Scope.all_sellers()) as session:
            seller_id = await _seller(session, seller)
            store = await StoreService(session, box, storage).for_page(seller_id, address)
        async with Fetcher.of(database, settings) as fetcher:
            return await look(fetcher, plan_for(store, address, box), store)

    async def opened(server_url: str) -> Look:
        async with Database(server_url, box.derive("scope"), pool=2) as database:
            return await run(database)

    with running_server(settings, box) as server:
        seen = asyncio.run(opened(server.asyncpg(server.application)))
    print(f"{address}: {seen.status or 'no answer'}, {seen.took_ms} ms")
    if seen.extraction is not None:
        _print_found(seen.extraction)
    if seen.problem is not None:
        raise SystemExit(seen.problem.english)


def _print_found(found: Extraction) -> None:
    table = Table("field", "answer", "strategy", "where")
    answers = found.answers()
    for item in found.findings:
        table.add_row(item.field, answers.pop(item.field, item.text), item.strategy, item.where)
    for field, answer in answers.items():
        table.add_row(field, answer, "", "")
    Console().print(table)
    for problem in found.problems:
        print(problem)


def watch_page(url: str, *, seller: str, title: str, sku: str) -> None:
    """Watch a page."""

    async def work(opened: Opened) -> str:
        added = await WatchService(opened.session).add_url(opened.seller_id, NewListing(url=url, title=title, sku=sku))
        return f"Watching {added.url} as “{added.title}”. It is read within a minute."

    print(for_seller(seller, work))
