"""Checking what is due: many pages at once, stored as they come, never one job per page."""

import asyncio
import contextlib
import time
from collections import Counter
from uuid import UUID

import structlog

from entrepot.jobs.run import Run
from entrepot.kit.clock import now
from entrepot.kit.http import OutsideHttp
from entrepot.kit.scope import Scope
from entrepot.kit.secretbox import SecretUnreadableError
from entrepot.kit.storage import Storage
from entrepot.kit.text import N_
from entrepot.pricewatch.extracting.second import Readers
from entrepot.pricewatch.extracting_ai.service import ModelReader
from entrepot.pricewatch.fetching.service import Fetcher, FetchPlan
from entrepot.pricewatch.watching.checking_repository import CheckingRepository
from entrepot.pricewatch.watching.errors import LookBrokeError
from entrepot.pricewatch.watching.looking import Look, failed, is_unread, look, plan_for, read_by_model
from entrepot.pricewatch.watching.outcomes import Due, Outcome
from entrepot.pricewatch.watching.storing import Counted, store_looks

AT_ONCE = 200
"""Pages that are fetched, or wait for their turn, at the same moment."""
REFILL = 120
"""Below this, more are leased."""
FULL = 50
"""Answers that are stored together."""
SECONDS = 30
"""Of each store no more is leased than it can be asked in this time."""
FLUSH = 1.0
"""Seconds after which fewer are stored, too."""
BUDGET = 240
"""Seconds after which a run leases no more; the next goes on."""
ENOUGH = 5_000
"""Milliseconds that a store's leased pages still need at its pace: until then it gets no more."""
MOST_ASKED = 20
"""Pages of a run about which a language model is asked, where it may be: a shop that changed all its pages is for a person."""
DRY = 1.0
"""Seconds before asking again whether something is due, after nothing was."""

log = structlog.get_logger()


class Checking:
    """One run's checks."""

    def __init__(
        self,
        run: Run,
        fetcher: Fetcher,
        storage: Storage,
        model: OutsideHttp | None = None,
        readers: Readers | None = None,
    ) -> None:
        self._run = run
        self._fetcher = fetcher
        self._storage = storage
        self._readers = readers
        self._model = model
        """Through which a language model is asked about pages that nothing else can read; None: nobody is."""
        self._asked = 0
        self._needs: Counter[UUID] = Counter()
        """Store -> milliseconds that its leased pages need at its pace."""
        self._work: dict[asyncio.Task[Look], Due] = {}
        self._ended: list[asyncio.Task[Look]] = []
        self._news = asyncio.Event()
        """Set while something ended that nobody has looked at."""
        self.counted = Counted()

    async def all_due(self) -> Counted:
        """Check until nothing is due any more, or the run has taken long enough."""
        ends, dry_until, stored = time.monotonic() + BUDGET, 0.0, time.monotonic()
        seen: list[tuple[Due, Look]] = []
        try:
            while True:
                clock = time.monotonic()
                if len(self._work) < REFILL and clock < ends and (clock >= dry_until or not self._work):
                    dry_until = 0.0 if await self._lease(AT_ONCE - len(self._work)) else clock + DRY
                if not self._work:
                    break
                seen += [(self._finish(task), task.result()) for task in await self._finished()]
                if len(seen) >= FULL or not self._work or time.monotonic() - stored >= FLUSH:
                    await self._store(seen)
                    seen, stored = [], time.monotonic()
        finally:
            for task in self._work:
                task.cancel()
        return self.counted

    async def _finished(self) -> list[asyncio.Task[Look]]:
        """Return the checks that ended; none if none did for a while."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FLUSH):
                await self._news.wait()
        self._news.clear()
        finished, self._ended = self._ended, []
        return finished

    def _end(self, task: asyncio.Task[Look]) -> None:
        self._ended.append(task)
        self._news.set()

    def _finish(self, task: asyncio.Task[Look]) -> Due:
        due = self._work.pop(task)
        self._needs[due.store.id] -= due.store.interval_ms
        return due

    async def _lease(self, limit: int) -> int:
        busy = [store for store, needed in self._needs.items() if needed > ENOUGH]
        async with self._run.transaction(Scope.all_sellers()) as session:
            checking = CheckingRepository(session)
            leased = await checking.lease(now(), limit=limit, busy=busy, seconds=SECONDS)
            found = await checking.due(leased) if leased else []
        for due in found:
            self._needs[due.store.id] += due.store.interval_ms
            task = asyncio.create_task(self._look(due))
            task.add_done_callback(self._end)
            self._work[task] = due
        return len(found)

    async def _look(self, due: Due) -> Look:
        try:
            plan = plan_for(due.store, due.url, self._run.box, etag=due.etag, last_modified=due.last_modified)
        except SecretUnreadableError as error:
            return failed(FetchPlan(url=due.url, seller_id=due.seller_id), now(), error)
        try:
            return await self._ask(due, await look(self._fetcher, plan, due.store, due.pins, self._readers))
        except Exception:  # a mistake with one page must not stop the checks of all others
            log.exception("price_look_broke", listing=str(due.id))
            return failed(plan, now(), LookBrokeError())

    async def _ask(self, due: Due, seen: Look) -> Look:
        if self._model is None or not is_unread(seen) or self._asked >= MOST_ASKED:
            return seen
        self._asked += 1
        reader = ModelReader(self._model, self._run.settings, due.seller_id)
        return await read_by_model(seen, reader, due.store, due.pins)

    async def _store_together(self, seen: list[tuple[Due, Look]]) -> list[Outcome]:
        async with self._run.transaction(Scope.all_sellers()) as session:
            return await store_looks(session, self._storage, seen)

    async def _store_alone(self, due: Due, seen: Look) -> list[Outcome]:
        try:
            return await self._store_together([(due, seen)])
        except Exception:  # it counts as failed, or it would be fetched again and again
            log.exception("price_look_not_stored", listing=str(due.id))
            return await self._store_together([(due, failed(seen.plan, seen.at, LookBrokeError()))])

    async def _store(self, seen: list[tuple[Due, Look]]) -> None:
        if not seen:
            return
        try:
            self.counted.add(await self._store_together(seen))
        except Exception:  # one page that cannot be stored must not take those beside it with it
            log.exception("price_looks_not_stored", looks=len(seen))
            for due, seen_of_it in seen:
                self.counted.add(await self._store_alone(due, seen_of_it))
        await self._run.progress(
            self.counted.checked,
            0,
            N_("{checked} pages read, {changed} changed, {failed} failed"),
            checked=self.counted.checked,
            changed=self.counted.changed,
            failed=self.counted.failed,
        )
