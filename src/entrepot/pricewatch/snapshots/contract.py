"""The words of snapshots: what a fetch brought, and the pages that are kept."""

from datetime import datetime
from uuid import UUID

import msgspec

from entrepot.kit.ids import new_id
from entrepot.kit.sentence import Sentence
from entrepot.pricewatch.extracting.contract import Field, Finding
from entrepot.pricewatch.fetching.contract import FetchMode


class FetchRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What one fetch brought: written as evidence, with the page if it is worth keeping."""

    id: UUID = msgspec.field(default_factory=new_id)
    seller_id: UUID
    store_id: UUID
    listing_id: UUID | None = None
    """None: a look at a page that nobody watches yet."""
    url: str
    at: datetime
    mode: FetchMode = FetchMode.HTTP
    status: int | None = None
    took_ms: int = 0
    call_id: UUID | None = None
    problem: Sentence | None = None
    """Why it brought nothing, or why its answer was not believed."""
    answers: dict[Field, str] = {}
    """``Extraction.answers()``."""
    findings: tuple[Finding, ...] = ()
    content_type: str = ""
    body: bytes = b""
    packed: bytes = b""
    """``Fetched.packed``."""
    good: bool = True
    """Its answer was believed: the last such page of a listing is never forgotten."""


class FetchEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """One fetch as it is shown."""

    id: UUID
    seller_id: UUID
    store_id: UUID
    listing_id: UUID | None
    url: str
    at: datetime
    mode: FetchMode
    status: int | None
    took_ms: int
    size: int
    content_type: str
    call_id: UUID | None
    problem: Sentence | None
    answers: dict[str, str]
    findings: tuple[Finding, ...]
    good: bool
    snapshot_id: UUID | None


class KeptCase(msgspec.Struct, frozen=True, kw_only=True):
    """A page of the corpus with the answer that is known to be right."""

    id: UUID
    store_id: UUID
    snapshot_id: UUID
    listing_id: UUID | None
    url: str
    truth: dict[Field, str]
    wrong: dict[Field, str]
    note: str
    by: str
    at: datetime
