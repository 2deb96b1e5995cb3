"""Looking at a page: fetching it and reading what it says, outside of every transaction."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import structlog

from entrepot.kit.clock import now
from entrepot.kit.errors import EntrepotError
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.sentence import Sentence, sentence
from entrepot.pricewatch.extracting.contract import Availability, Extraction, Field, Page
from entrepot.pricewatch.extracting.second import Readers
from entrepot.pricewatch.extracting.service import extract
from entrepot.pricewatch.extracting_ai.service import ModelReader
from entrepot.pricewatch.fetching.errors import BusyHostError, FetchTrouble, GoneError
from entrepot.pricewatch.fetching.service import Fetched, Fetcher, FetchMode, FetchPlan
from entrepot.pricewatch.snapshots.contract import FetchRecord
from entrepot.pricewatch.watching.domain import AWAY, Pin, pinned, recipe_for
from entrepot.pricewatch.watching.refs import StoreRef

log = structlog.get_logger()


class Secrets(msgspec.Struct, frozen=True):
    """What the pages of a store want to be sent; kept encrypted, never shown again."""

    headers: dict[str, str] = {}
    cookies: dict[str, str] = {}
    service_url: str = ""
    """Of a scraper service of its own."""

    def __bool__(self) -> bool:
        return bool(self.headers or self.cookies or self.service_url)


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one fetch."""

    url: str
    """What was asked for."""
    at: datetime
    plan: FetchPlan
    fetched: Fetched | None = None
    extraction: Extraction | None = None
    """None if nothing was fetched, or the page is as it was."""
    problem: Sentence | None = None
    status: int | None = None
    took_ms: int = 0
    gone: bool = False
    waits: bool = False
    """It was not its turn: nothing is known about the page."""
    retry_after: int | None = None

    @property
    def unchanged(self) -> bool:
        """Whether the store said that the page is as it was."""
        return self.fetched is not None and self.fetched.not_modified


def plan_for(store: StoreRef, url: str, box: SecretBox, *, etag: str = "", last_modified: str = "") -> FetchPlan:
    """Return how a page of *store* is fetched."""
    secrets = open_secrets(store, box)
    return FetchPlan(
        url=url,
        mode=FetchMode(store.fetch_mode),
        seller_id=store.seller_id,
        headers=secrets.headers,
        cookies=secrets.cookies,
        service_url=secrets.service_url,
        locale=store.locale,
        etag=etag,
        last_modified=last_modified,
        interval_ms=store.interval_ms,
        concurrency=store.concurrency,
    )


def open_secrets(store: StoreRef, box: SecretBox) -> Secrets:
    """Return the store's secrets.

    Raises:
        SecretUnreadableError: no key fits.
    """
    if store.sealed is None:
        return Secrets()
    return msgspec.json.decode(box.open(store.sealed, what=f"cookies of {store.name}"), type=Secrets)


def seal_secrets(secrets: Secrets, box: SecretBox) -> bytes | None:
    """Return *secrets* as they are stored; None if there are none."""
    return box.seal(msgspec.json.encode(secrets)) if secrets else None


async def look(
    fetcher: Fetcher, plan: FetchPlan, store: StoreRef, pins: tuple[Pin, ...] = (), readers: Readers | None = None
) -> Look:
    """Fetch and read one page; what goes wrong on the way is part of the answer.

    Args:
        fetcher: fetches it.
        plan: how.
        store: whose page it is.
        pins: what a person said about it.
        readers: read it, if there are many.
    """
    at = now()
    try:
        fetched = await fetcher.fetch(plan)
    except EntrepotError as error:
        return failed(plan, at, error)
    answer: dict[str, Any] = {"url": plan.url, "at": at, "plan": plan, "fetched": fetched}
    answer |= {"status": fetched.status, "took_ms": fetched.took_ms}
    if fetched.not_modified:
        return Look(**answer)
    if readers is None:
        return Look(**answer, extraction=read(fetched, store, pins))
    found = await readers.read(_page(fetched), recipe_for(store.recipe, pins))
    return Look(**answer, extraction=cleaned(pinned(found, pins)))


def read(fetched: Fetched, store: StoreRef, pins: tuple[Pin, ...] = ()) -> Extraction:
    """Return what a fetched page says."""
    return cleaned(pinned(extract(_page(fetched), recipe_for(store.recipe, pins)), pins))


def _page(fetched: Fetched) -> Page:
    return Page(fetched.url or "", fetched.body, fetched.content_type, fetched.packed)


ASKED = (Field.PRICE, Field.CURRENCY, Field.AVAILABILITY, Field.SHIPPING)
"""What a language model is asked about a page that nothing else can read."""


def is_unread(seen: Look) -> bool:
    """Return whether a page came, but nothing on it names a price or says that there is none."""
    found = seen.extraction
    return found is not None and found.price is None and found.availability not in AWAY


async def read_by_model(seen: Look, reader: ModelReader, store: StoreRef, pins: tuple[Pin, ...] = ()) -> Look:
    """Return *seen* with what a language model reads where nothing else found a price, as far as the page bears it out.

    If it does not answer, or says nothing that the page says too, *seen* stays as it is.
    """
    fetched, found = seen.fetched, seen.extraction
    if fetched is None or found is None or not is_unread(seen):
        return seen
    wanted = [name for name in ASKED if not found.answers().get(name)]
    try:
        answers, findings = await reader.answers(_page(fetched), wanted)
    except EntrepotError as error:
        log.warning("language_model_no_answer", store=str(store.id), reason=str(error))
        return seen
    if Field.PRICE not in answers:
        return seen
    values: dict[str, Any] = {
        name.value: Availability(text)
        if name is Field.AVAILABILITY
        else text
        if name is Field.CURRENCY
        else Decimal(text)
        for name, text in answers.items()
    }
    if store.currency and not found.currency:
        values["currency"] = store.currency
    read = msgspec.structs.replace(found, **values, findings=found.findings + findings, problems=())
    return msgspec.structs.replace(seen, extraction=cleaned(pinned(read, pins)))


def cleaned(found: Extraction) -> Extraction:
    """Return *found* with texts that a database takes, and a list of findings that can be looked through."""
    texts = {name: _text(getattr(found, name)) for name in ("sku", "gtin", "mpn", "brand", "title", "image")}
    findings = tuple(
        msgspec.structs.replace(item, text=_text(item.text), where=_text(item.where)) for item in found.findings[:60]
    )
    return msgspec.structs.replace(found, **texts, findings=findings)


LONGEST_TEXT = 1000


def _text(given: str) -> str:
    return given.replace("\0", "").encode("utf-8", "replace").decode()[:LONGEST_TEXT]


def failed(plan: FetchPlan, at: datetime, error: EntrepotError) -> Look:
    """Return the look that *error* ended."""
    trouble = error if isinstance(error, FetchTrouble) else None
    return Look(
        url=plan.url,
        at=at,
        plan=plan,
        problem=sentence(error, {}),
        status=trouble.status if trouble else None,
        took_ms=trouble.took_ms if trouble else 0,
        gone=isinstance(error, GoneError),
        waits=isinstance(error, BusyHostError),
        retry_after=trouble.retry_after if trouble else None,
    )


def record_of(
    seen: Look, store: StoreRef, *, listing_id: UUID | None, good: bool, problem: Sentence | None = None
) -> FetchRecord:
    """Return the evidence of one fetch."""
    fetched, found = seen.fetched, seen.extraction
    return FetchRecord(
        seller_id=store.seller_id,
        store_id=store.id,
        listing_id=listing_id,
        url=fetched.url if fetched else seen.url,
        at=seen.at,
        mode=seen.plan.mode,
        status=seen.status,
        took_ms=seen.took_ms,
        call_id=fetched.call_id if fetched else seen.plan.call_id,
        problem=seen.problem or problem,
        answers=found.answers() if found else {},
        findings=found.findings if found else (),
        content_type=fetched.content_type if fetched else "",
        body=fetched.body if fetched else b"",
        packed=fetched.packed if fetched else b"",
        good=good,
    )
