"""Stores: how the pages of a web shop are fetched and read, shared between instances as JSON."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from babel import Locale, UnknownLocaleError
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.kit import outbox
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.i18n import gettext
from entrepot.kit.ids import new_id
from entrepot.kit.money import CURRENCIES
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.storage import Storage
from entrepot.kit.text import N_
from entrepot.pricewatch.extracting.contract import Difference, Recipe
from entrepot.pricewatch.extracting.service import parse_selector, write_selector
from entrepot.pricewatch.fetching.contract import FetchMode
from entrepot.pricewatch.snapshots.service import SnapshotService
from entrepot.pricewatch.watching.addresses import domain_of, normalise
from entrepot.pricewatch.watching.errors import (
    AddressUnusableError,
    ChangedMeanwhileError,
    DomainTakenError,
    OldAnswersChangeError,
    SharedStoreUnreadableError,
    StoreInUseError,
    StoreNotFoundError,
)
from entrepot.pricewatch.watching.events import StoreAdded, StoreChanged, StoreRemoved
from entrepot.pricewatch.watching.looking import Secrets, open_secrets, seal_secrets
from entrepot.pricewatch.watching.refs import StoreRef
from entrepot.pricewatch.watching.stores_repository import StoreRepository

FORM = 1
"""Of shared definitions."""
LONGEST_INTERVAL = 3_600_000
MOST_AT_ONCE = 16
LONGEST_CHECK = 60 * 24 * 30
MOST_DOMAINS = 30
MOST_SELECTORS = 100
DOMAIN = re.compile(r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$")
WHOLE = N_("Enter a whole number from {least} to {most}.")


class StoreDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What a person enters of a store, and what is shared: everything but its secrets."""

    name: str
    domains: tuple[str, ...] = ()
    locale: str = ""
    currency: str = ""
    selectors: tuple[str, ...] = ()
    """``price=json:$.offers.price``; tried in their order."""
    generic: bool = True
    """Fields that no selector answers are looked for without configuration."""
    fetch_mode: FetchMode = FetchMode.HTTP
    interval_ms: int = 1000
    concurrency: int = 1
    check_minutes: int = 240
    largest_jump: int = 40

    def recipe(self) -> Recipe:
        """Return how pages are read.

        Raises:
            SelectorBrokenError: a selector is not one.
        """
        return Recipe(
            locale=self.locale,
            currency=self.currency,
            selectors=tuple(parse_selector(line.strip()) for line in self.selectors if line.strip()),
            generic=self.generic,
        )


class SharedStore(StoreDraft, frozen=True, kw_only=True):
    """A draft as it is written into a file."""

    entrepot_store: int = FORM


def draft_of(store: StoreRef) -> StoreDraft:
    """Return what a person would have to enter to get *store*."""
    return StoreDraft(
        name=store.name,
        domains=store.domains,
        locale=store.locale,
        currency=store.currency,
        selectors=tuple(write_selector(selector) for selector in store.recipe.selectors),
        generic=store.recipe.generic,
        fetch_mode=FetchMode(store.fetch_mode),
        interval_ms=store.interval_ms,
        concurrency=store.concurrency,
        check_minutes=store.check_minutes,
        largest_jump=store.largest_jump,
    )


class StoreService:
    """Every use case of stores.

    Args:
        session: the running transaction.
        box: seals cookies and headers.
        storage: holds the kept pages that a change of selectors is replayed on.
    """

    def __init__(self, session: AsyncSession, box: SecretBox, storage: Storage) -> None:
        self._session = session
        self._box = box
        self._stores = StoreRepository(session)
        self._snapshots = SnapshotService(session, storage)

    async def store(self, store_id: UUID) -> StoreRef:
        """Return a store.

        Raises:
            StoreNotFoundError: there is none, or it is not the caller's.
        """
        found = (await self._stores.stores([store_id])).get(store_id)
        if found is None:
            raise StoreNotFoundError(store=store_id)
        return found

    async def for_page(self, seller_id: UUID, url: str) -> StoreRef:
        """Return the store that the page belongs to, or what a new one would be; nothing is stored."""
        domain = domain_of(url)
        known = await self._stores.by_domain(seller_id, [domain])
        return known.get(domain) or StoreRef(id=new_id(), seller_id=seller_id, name=domain, domains=(domain,))

    async def named(self, seller_id: UUID, name: str) -> StoreRef:
        """Return the seller's store of that name or domain.

        Raises:
            StoreNotFoundError: there is none.
        """
        by_domain = await self._stores.by_domain(seller_id, [name.lower()])
        found = by_domain.get(name.lower()) or await self._stores.by_name(seller_id, name)
        if found is None:
            raise StoreNotFoundError(store=name)
        return found

    async def create(
        self, seller_id: UUID, draft: StoreDraft, *, secrets: Secrets | None = None, made_by: str = "hand"
    ) -> UUID:
        """Add a store; return its id.

        Raises:
            InvalidInputError: something entered makes no sense.
            SelectorBrokenError: a selector is not one.
            DomainTakenError: another store has one of its hosts.
        """
        draft = _checked(draft)
        store_id = new_id()
        row = _columns(draft) | {
            "id": store_id,
            "seller_id": seller_id,
            "made_by": made_by,
            "sealed": seal_secrets(secrets, self._box) if secrets else None,
        }
        async with self._session.begin_nested():
            await self._stores.add([row])
            await self._claim(seller_id, store_id, draft.domains)
        event = StoreAdded(seller_id=seller_id, subject_id=store_id, name=draft.name, made_by=made_by)
        await outbox.record(self._session, event)
        return store_id

    async def change(
        self, store_id: UUID, draft: StoreDraft, *, secrets: Secrets | None = None, version: int | None = None
    ) -> None:
        """Change how a store is fetched and read.

        Args:
            store_id: which.
            draft: everything but its secrets.
            secrets: instead of those it has; None: they stay.
            version: refuse unless it is the present one.

        Raises:
            InvalidInputError: something entered makes no sense.
            SelectorBrokenError: a selector is not one.
            DomainTakenError: another store has one of its hosts.
            ChangedMeanwhileError: *version* is not the present one.
            OldAnswersChangedError: kept pages would be read differently; nothing was changed.
        """
        draft = _checked(draft)
        before = await self._stores.lock(store_id)
        if before is None:
            raise StoreNotFoundError(store=store_id)
        if version is not None and version != before.version:
            raise ChangedMeanwhileError(name=before.name)
        recipe = draft.recipe()
        if recipe != before.recipe and (differences := await self.differences(before, recipe)):
            raise OldAnswersChangedError(differences, count=len(differences), store=before.name)
        values = _columns(draft)
        changes = {
            name: [getattr(before, name), after]
            for name, after in values.items()
            if name != "recipe" and getattr(before, name) != after
        }
        if recipe != before.recipe:
            changes["recipe"] = [list(draft_of(before).selectors), list(draft.selectors)]
        if secrets is not None and secrets != open_secrets(before, self._box):
            values["sealed"] = seal_secrets(secrets, self._box)
            changes["secrets"] = ["", "changed"]
        if sorted(draft.domains) != sorted(before.domains):
            async with self._session.begin_nested():
                await self._claim(before.seller_id, store_id, draft.domains)
            changes["domains"] = [list(before.domains), list(draft.domains)]
        if not changes:
            return
        await self._stores.change(store_id, values)
        event = StoreChanged(seller_id=before.seller_id, subject_id=store_id, name=draft.name, changes=changes)
        await outbox.record(self._session, event)

    async def differences(self, store: StoreRef, recipe: Recipe) -> list[Difference]:
        """Return which answers from kept pages would change if *store* were read by *recipe*."""
        return await self._snapshots.check(store.id, store.recipe, recipe)

    async def remove(self, store_id: UUID) -> None:
        """Remove a store that has no listings any more.

        Raises:
            StoreInUseError: it has.
        """
        store = await self._stores.lock(store_id)
        if store is None:
            raise StoreNotFoundError(store=store_id)
        if count := await self._stores.listings_in(store_id):
            raise StoreInUseError(count=count, store=store.name)
        await self._stores.remove(store_id)
        await outbox.record(
            self._session, StoreRemoved(seller_id=store.seller_id, subject_id=store_id, name=store.name)
        )

    async def _claim(self, seller_id: UUID, store_id: UUID, domains: Sequence[str]) -> None:
        taken = await self._stores.set_domains(seller_id, store_id, domains)
        if taken:
            other = (await self._stores.by_domain(seller_id, taken))[taken[0]]
            raise DomainTakenError(domain=taken[0], store=other.name)

    # Sharing

    async def export(self, store_id: UUID) -> SharedStore:
        """Return a store as it is shared: without cookies and headers."""
        return SharedStore(**msgspec.structs.asdict(draft_of(await self.store(store_id))))


class OldAnswersChangedError(OldAnswersChangeError):
    """With the differences."""

    def __init__(self, differences: Sequence[Difference], *, count: int, store: str) -> None:
        super().__init__(count=count, store=store)
        self.differences = tuple(differences)


def read_shared(content: bytes) -> StoreDraft:
    """Return the store that a file defines.

    Raises:
        SharedStoreUnreadableError: it defines none.
        InvalidInputError: something in it makes no sense.
        SelectorBrokenError: a selector is not one.
    """
    try:
        shared = msgspec.json.decode(content, type=SharedStore)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise SharedStoreUnreadableError(reason=str(error)[:200]) from None
    if shared.entrepot_store != FORM:
        raise SharedStoreUnreadableError(reason=f"entrepot_store: {shared.entrepot_store}")
    values = msgspec.structs.asdict(shared)
    del values["entrepot_store"]
    return _checked(StoreDraft(**values))


def read_domain(written: str) -> str:
    """Return the host in *written*, which may be a whole address.

    Raises:
        AddressUnusableError: there is none in it.
    """
    return domain_of(normalise(written if "://" in written else f"https://{written.strip()}"))


def read_pairs(written: str) -> dict[str, str]:
    """Return the headers or cookies that *written* lists, one ``name: value`` or ``name=value`` a line."""
    pairs: dict[str, str] = {}
    for line in re.split(r"[\r\n]+", written):
        found = re.match(r"^\s*([!#$%&'*+.^_`|~\w-]+)\s*[:=]\s*(.*?)\s*;?\s*$", line)
        if found:
            pairs[found[1]] = found[2]
    return pairs


def _checked(draft: StoreDraft) -> StoreDraft:
    """Return *draft* tidied.

    Raises:
        InvalidInputError: something in it makes no sense.
        SelectorBrokenError: a selector is not one.
    """
    domains, problems = _domains(draft.domains)
    if draft.locale and not _is_locale(draft.locale):
        problems["locale"] = gettext(N_("Enter a locale such as de_DE, or nothing."))
    currency = draft.currency.strip().upper()
    if currency and currency not in CURRENCIES:
        problems["currency"] = gettext(N_("Enter a currency such as EUR, or nothing."))
    limits = {
        "interval_ms": (0, LONGEST_INTERVAL),
        "concurrency": (1, MOST_AT_ONCE),
        "check_minutes": (1, LONGEST_CHECK),
        "largest_jump": (1, 10_000),
    }
    for name, (least, most) in limits.items():
        if not least <= getattr(draft, name) <= most:
            problems[name] = gettext(WHOLE).format(least=least, most=most)
    if len(draft.selectors) > MOST_SELECTORS:
        problems["selectors"] = gettext(N_("Enter at most 100 selectors."))
    if problems:
        raise InvalidInputError(problems)
    name = " ".join(draft.name.split())[:200] or domains[0]
    selectors = tuple(line.strip() for line in draft.selectors if line.strip())
    tidy = msgspec.structs.replace(
        draft, name=name, domains=tuple(dict.fromkeys(domains)), currency=currency, selectors=selectors
    )
    tidy.recipe()
    return tidy


def _domains(given: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    domains: list[str] = []
    for written in filter(str.strip, given):
        try:
            domains.append(read_domain(written))
        except AddressUnusableError:
            problem = gettext(N_("“{domain}” is not a host such as shop.example.")).format(domain=written[:80])
            return [], {"domains": problem}
    if not domains:
        return [], {"domains": gettext(N_("Enter at least one host such as shop.example."))}
    if any(not DOMAIN.match(domain) for domain in domains) or len(domains) > MOST_DOMAINS:
        return [], {"domains": gettext(N_("Enter hosts such as shop.example, at most 30."))}
    return domains, {}


def _is_locale(written: str) -> bool:
    try:
        Locale.parse(written.replace("-", "_"))
    except (ValueError, UnknownLocaleError):
        return False
    return True


def _columns(draft: StoreDraft) -> dict[str, Any]:
    recipe: Mapping[str, Any] = msgspec.to_builtins(draft.recipe())
    return {
        "name": draft.name,
        "locale": draft.locale.replace("-", "_"),
        "currency": draft.currency,
        "recipe": recipe,
        "fetch_mode": str(draft.fetch_mode),
        "interval_ms": draft.interval_ms,
        "concurrency": draft.concurrency,
        "check_minutes": draft.check_minutes,
        "largest_jump": draft.largest_jump,
    }
