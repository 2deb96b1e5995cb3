"""Finding shops through a SearXNG instance of the operator's choice."""

from urllib.parse import urlencode
from uuid import UUID

import httpx
import msgspec

from entrepot.kit.call_log import CallLog
from entrepot.kit.database import Database
from entrepot.kit.errors import EntrepotError
from entrepot.kit.http import Caller, OutsideHttp
from entrepot.kit.settings import Settings
from entrepot.pricewatch.watching.addresses import domain_of, normalise
from entrepot.pricewatch.watching.errors import AddressUnusableError, SearchFailedError, SearchNotSetUpError

MOST = 30
TIMEOUT = 15


class Result(msgspec.Struct, frozen=True):
    """A page that the search engine found."""

    url: str
    domain: str
    title: str
    excerpt: str


class _Answer(msgspec.Struct):
    results: list["_Row"] = []


class _Row(msgspec.Struct):
    url: str = ""
    title: str = ""
    content: str | None = ""


async def search(database: Database, settings: Settings, seller_id: UUID, query: str) -> list[Result]:
    """Return pages that SearXNG finds for *query*.

    Raises:
        SearchNotSetUpError: nobody said where it is.
        SearchFailedError: it does not answer with results.
    """
    if not settings.searxng_url:
        raise SearchNotSetUpError
    address = f"{settings.searxng_url.rstrip('/')}/search?{urlencode({'q': query, 'format': 'json'})}"
    async with OutsideHttp(CallLog(database), settings.outside_allow) as outside:
        client = outside.client(Caller(seller_id=seller_id, why="search for shops"))
        try:
            answer = await client.get(address, headers={"accept": "application/json"}, timeout=TIMEOUT)
        except (httpx.HTTPError, EntrepotError) as error:
            raise SearchFailedError(reason=str(error) or type(error).__name__) from error
    if not answer.is_success:
        raise SearchFailedError(reason=f"HTTP {answer.status_code}")
    try:
        found = msgspec.json.decode(answer.content, type=_Answer)
    except msgspec.MsgspecError as error:
        raise SearchFailedError(reason=str(error)[:200]) from error
    return _results(found)


def _results(answer: _Answer) -> list[Result]:
    results: dict[str, Result] = {}
    for row in answer.results:
        try:
            url = normalise(row.url)
        except AddressUnusableError:
            continue
        excerpt = " ".join((row.content or "").replace("\0", "").split())[:300]
        results.setdefault(url, Result(url, domain_of(url), row.title.replace("\0", "")[:200] or url, excerpt))
    return list(results.values())[:MOST]
