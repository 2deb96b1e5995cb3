"""The view of one listing's fetches: what each brought, where each value came from, and what other selectors would find."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import Request
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.documents.pages import storage_of
from entrepot.kit.clock import now
from entrepot.kit.errors import EntrepotError, InvalidInputError
from entrepot.kit.i18n import gettext
from entrepot.pricewatch.extracting.contract import Availability, Difference, Extraction, Field, Kind, Page, Selector
from entrepot.pricewatch.extracting.service import extract, write_selector
from entrepot.pricewatch.extracting_ai.service import ModelReader
from entrepot.pricewatch.snapshots.contract import FetchEvidence
from entrepot.pricewatch.snapshots.service import SnapshotService
from entrepot.pricewatch.watching import views
from entrepot.pricewatch.watching.correcting import corrected
from entrepot.pricewatch.watching.domain import Pin, pinned, recipe_for
from entrepot.pricewatch.watching.importing import told
from entrepot.pricewatch.watching.looking import cleaned
from entrepot.pricewatch.watching.pages.reading import stores_of, uuid_of
from entrepot.pricewatch.watching.service import WatchService
from entrepot.pricewatch.watching.stores import draft_of
from entrepot.pricewatch.watching.wording import FIELDS, attention, availability, field_label

SHOWN = 300_000
"""Characters of a page's source."""
FETCHES = 15


def sentence_of(error: EntrepotError) -> str:
    """Return what is said of a refusal above the page."""
    if isinstance(error, InvalidInputError):
        return " ".join(error.problems.values())
    return told(error)


async def debug_view(
    request: Request[Any, Any, Any],
    session: AsyncSession,
    listing_id: UUID,
    *,
    entered: dict[str, str] | None = None,
    differences: Sequence[Difference] = (),
    problem: str = "",
    proposed: int = 0,
) -> Template:
    """Show one fetch of a listing, the asked for or the last.

    Args:
        request: the request; its address may name the fetch.
        session: the transaction it is read in.
        listing_id: whose.
        entered: selectors, locale and currency to read the kept page with, beside what it was read with.
        differences: what they would change on kept pages.
        problem: what is to be said above, if anything went wrong.
        proposed: how many of the selectors a language model proposed.
    """
    service = WatchService(session)
    listing = await service.listing(listing_id)
    store = await stores_of(request, session).store(listing.store_id)
    fixed = await views.settled(session, listing_id)
    pins = tuple(pin_of(pin) for pin in fixed.pins)
    snapshots = SnapshotService(session, storage_of(request))
    fetches = await snapshots.fetches(listing_id, limit=FETCHES)
    asked = uuid_of((entered or dict(request.query_params)).get("fetch", ""))
    chosen = next((one for one in fetches if one.id == asked), fetches[0] if fetches else None)
    page, tried = await kept_page(snapshots, chosen), None
    if entered is not None and page is not None:
        try:
            draft = corrected(draft_of(store), entered)
            tried = cleaned(pinned(extract(page, recipe_for(draft.recipe(), pins)), pins))
        except EntrepotError as error:
            problem = problem or sentence_of(error)
    source = page.body[: SHOWN * 4].decode("utf-8", "replace")[:SHOWN] if page is not None else ""
    product = await service.product(listing.watched_product_id)
    return Template(
        "pricewatch/watching/listing.html",
        context={
            "listing": listing,
            "product": product,
            "store": store,
            "fixed": fixed,
            "pins": "\n".join(_written(pin) for pin in pins if pin.kind),
            "pinned_availability": next((pin.value for pin in pins if pin.value), ""),
            "fetches": fetches,
            "chosen": chosen,
            "answers": _answers(chosen, tried),
            "tried": tried is not None,
            "source": source.replace("\0", ""),
            "cut": page is not None and len(page.body) > SHOWN,
            "selectors": (entered or {}).get("selectors", "\n".join(draft_of(store).selectors)),
            "locale_entered": (entered or {}).get("locale", store.locale),
            "currency_entered": (entered or {}).get("currency", store.currency),
            "differences": differences,
            "proposed": proposed,
            "may_ask_model": page is not None and ModelReader.is_set_up(request.app.state.settings),
            "doubtful_field": _doubtful(chosen),
            "problem": problem,
            "saved": request.query_params.get("saved", ""),
            "noted": request.query_params.get("noted", ""),
            "availabilities": [(str(state), availability(str(state))[0]) for state in Availability],
            "fields": [(str(name), gettext(label)) for name, label in FIELDS.items()],
            "availability": availability,
            "attention": attention,
            "field_label": field_label,
            "now": now(),
        },
        status_code=422 if problem else 200,
    )


def pin_of(stored: dict[str, Any]) -> Pin:
    """Return a pin as it is stored."""
    return Pin(**{**stored, "field": Field(stored["field"])})


def _written(pin: Pin) -> str:
    return write_selector(Selector(pin.field, Kind(pin.kind), pin.expression, pin.attribute))


async def kept_page(snapshots: SnapshotService, chosen: FetchEvidence | None) -> Page | None:
    """Return the page that a fetch brought, if it is still kept."""
    if chosen is None or chosen.snapshot_id is None:
        return None
    try:
        return await snapshots.page(chosen.snapshot_id)
    except EntrepotError:
        return None


def _doubtful(chosen: FetchEvidence | None) -> Field:
    """Return the field that most likely needs help."""
    known = chosen.answers if chosen else {}
    return next(
        (name for name in (Field.PRICE, Field.CURRENCY, Field.AVAILABILITY) if not known.get(name)), Field.PRICE
    )


def _answers(chosen: FetchEvidence | None, tried: Extraction | None) -> list[dict[str, str]]:
    """Return a line for each field: what was answered, from where, and what would be answered now."""
    found = {item.field: item for item in chosen.findings} if chosen else {}
    fresh = {item.field: item for item in tried.findings} if tried else {}
    old = dict(chosen.answers) if chosen else {}
    new = {str(name): value for name, value in tried.answers().items()} if tried else {}
    return [
        {
            "field": str(name),
            "label": field_label(str(name)),
            "value": old.get(str(name), ""),
            "text": found[name].text if name in found else "",
            "strategy": found[name].strategy if name in found else "",
            "where": found[name].where if name in found else "",
            "new": new.get(str(name), ""),
            "new_strategy": fresh[name].strategy if name in fresh else "",
            "new_where": fresh[name].where if name in fresh else "",
        }
        for name in Field
        if str(name) in old or str(name) in new or name in {Field.PRICE, Field.CURRENCY, Field.AVAILABILITY}
    ]
