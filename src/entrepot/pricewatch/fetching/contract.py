"""The words of fetching: a plan goes in, a page comes out."""

from enum import StrEnum
from uuid import UUID

import msgspec

from entrepot.kit.ids import new_id


class FetchMode(StrEnum):
    """How a page is fetched."""

    HTTP = "http"
    """One request."""
    BROWSER = "browser"
    """In a browser of this machine, which runs the page's scripts."""
    SERVICE = "service"
    """By an outside scraper service."""


class FetchPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What to fetch, and how."""

    url: str
    mode: FetchMode = FetchMode.HTTP
    seller_id: UUID | None = None
    """For whom; recorded with every call."""
    headers: dict[str, str] = {}
    """Sent to the page's own host only, and never written down."""
    cookies: dict[str, str] = {}
    """As *headers*."""
    locale: str = ""
    """Of the store, as "nl_NL": the language that is asked for."""
    etag: str = ""
    """As the last answer had it: an unchanged page is not sent again."""
    last_modified: str = ""
    interval_ms: int = 1000
    """Between two requests to one host."""
    concurrency: int = 1
    """Requests to one host at the same moment."""
    timeout: int = 30
    """Seconds for the page, redirects and waiting for an answer included; waiting for its turn is not."""
    patience: int = 60
    """Seconds it may wait for its turn."""
    service_url: str = ""
    """Address of the scraper service, with options of its own; empty: as the instance's settings say."""
    picture: bool = False
    """A picture is wanted, no page: by HTTP only."""
    why: str = "price watch"
    run_id: UUID | None = None
    """The job's run that fetches."""
    call_id: UUID = msgspec.field(default_factory=new_id)
    """The first recorded call of this fetch."""


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """A page as it was fetched."""

    url: str
    """Where redirects ended."""
    status: int
    body: bytes
    content_type: str = ""
    """As it was sent, with its charset."""
    etag: str = ""
    last_modified: str = ""
    not_modified: bool = False
    """The page is as it was: there is no body."""
    took_ms: int = 0
    call_id: UUID | None = None
    mode: FetchMode = FetchMode.HTTP
    packed: bytes = b""
    """The body as gzip, where it was sent so; a snapshot keeps it as it is."""
