"""The order run of one channel account: fetch, import, hand over, collect tracking, tell the channel."""

from uuid import UUID

from entrepot.channels.connections import Connections
from entrepot.channels.service import ChannelService
from entrepot.erp.connections import ErpConnections
from entrepot.erp.service import ErpService
from entrepot.flows.book import Counts, StepBook, own
from entrepot.flows.collecting import collect_batch
from entrepot.flows.domain import OrderMode
from entrepot.flows.handing_over import HandedOver, hand_over_batch
from entrepot.fulfilment.telling import end_turn, keep_turn, tell_account
from entrepot.fulfilment.views.channel_pushes import push_counts
from entrepot.jobs.errors import ReplayedError
from entrepot.jobs.run import Run
from entrepot.kit.errors import EntrepotError
from entrepot.kit.sentence import Sentence
from entrepot.kit.text import N_
from entrepot.orders.handing import OrderHandOver
from entrepot.orders.intake import Tally
from entrepot.orders.jobs import PageDone, fetch_page, import_batch

PATIENCE = 10
"""Seconds that the last step waits for the channel's word; what takes longer is followed by a run of its own."""
FOLLOWED = 500
"""Orders that follow a changed join in one transaction."""

NO_ERP = N_("No ERP ships for this account: its orders go to our own floor.")
OWN_SHIPMENTS = N_("No ERP ships for this account: our own shipments are told as they leave.")
ONLY_TRACKING = N_("Left out: this run is for tracking only.")
ELSEWHERE = N_("Another run is telling the channel and takes everything along.")


class OrderFlow:
    """One order run.

    Every part with an effect is a durable step of the job, or keeps its state in tables of its own, so a run that dies
    goes on in the batch it was in, and a batch that is done twice changes nothing.
    """

    def __init__(
        self, run: Run, account_id: UUID, mode: str, book: StepBook, connections: Connections, erps: ErpConnections
    ) -> None:
        self._run = run
        self._account_id = account_id
        self._mode = mode
        self._book = book
        self._connections = connections
        self._erps = erps

    async def steps(self) -> dict[str, int]:
        """Do all five; return what was counted."""
        book = self._book
        await book.plan()
        totals: dict[str, int] = {}
        if self._mode == OrderMode.TRACKING_ONLY:
            for _ in range(3):
                await book.skip(ONLY_TRACKING)
        else:
            fetched = await book.do(self._fetch)
            imported = await book.do(self._import)
            if fetched is not None and imported is not None:
                await self._went_well(fetched, imported)
            handed = await book.do(self._hand_over)
            for counts in (fetched, imported, handed):
                totals |= counts.numbers if counts is not None else {}
        try:
            for counts in (await book.do(self._collect), await book.do(self._tell)):
                totals |= counts.numbers if counts is not None else {}
        finally:
            await end_turn(self._run, self._account_id)
        await book.settle()
        return {name: number for name, number in totals.items() if number}

    # 1

    async def _fetch(self) -> Counts:
        documents = new = attention = number = 0
        counts: dict[str, int] = {}
        more = True
        try:
            while more:
                number += 1
                page = await self._run.step(
                    f"1 fetch, page {number}",
                    lambda: fetch_page(self._run, self._connections, self._account_id),
                    returns=PageDone,
                )
                documents, new, attention = documents + page.documents, new + page.new, attention + page.attention
                more = page.more
                counts = {"documents": documents, "new": new, "attention": attention}
                await self._book.report(documents, 0, counts)
        except EntrepotError as error:
            self._run.check_cancelled()
            if not isinstance(error, ReplayedError):
                async with self._run.transaction() as session:
                    await ChannelService(session).record_failure(self._account_id, error)
            raise
        return Counts(counts)

    # 2

    async def _import(self) -> Counts:
        total, number = Tally(), 0
        while True:
            number += 1
            tally = await self._run.step(
                f"2 import, batch {number}",
                lambda: import_batch(self._run, self._connections, self._account_id),
                returns=Tally,
            )
            if not tally.total:
                break
            total.add(tally)
            await self._book.report(total.total, 0, _numbers(total))
        return Counts(_numbers(total))

    async def _went_well(self, fetched: Counts, imported: Counts) -> None:
        attention = fetched.numbers["attention"] + imported.numbers["attention"] + imported.numbers["failed"]
        async with self._run.transaction() as session:
            await ChannelService(session).record_success(
                self._account_id, new=imported.numbers["created"], attention=attention
            )

    # 3

    async def _erp(self) -> UUID | None:
        async with self._run.transaction() as session:
            join = await ErpService(session).joined(self._account_id)
        return join.erp_account_id if join is not None and join.hand_over else None

    async def _hand_over(self) -> Counts:
        erp_id = await self._erp()
        taken_back = number = 0
        while moved := await self._run.step(f"3 follow the join {number}", lambda: self._follow_join(erp_id)):
            number += 1
            taken_back += moved if erp_id is None else 0
        if erp_id is None:
            skipped = Counts.skip(NO_ERP)
            skipped.numbers["taken_back"] = taken_back
            return skipped
        total, number = HandedOver(), 0
        while True:
            number += 1
            batch = await self._run.step(
                f"3 hand over, batch {number}",
                lambda: hand_over_batch(self._run, self._erps, self._account_id, erp_id),
                returns=HandedOver,
            )
            if not batch.total:
                break
            total.add(batch)
            await self._book.report(total.total, 0, total.numbers)
        return Counts(total.numbers)

    async def _follow_join(self, erp_id: UUID | None) -> int:
        async with self._run.transaction() as session:
            return await OrderHandOver(session, self._account_id).follow_join(erp_id, FOLLOWED)

    # 4

    async def _collect(self) -> Counts:
        erp_id = await self._erp()
        await keep_turn(self._run, self._account_id)
        async with self._run.transaction() as session:
            owed = await push_counts(session, self._account_id)
        to_tell = owed.get("waiting", 0)
        if erp_id is None:
            return Counts({"own": to_tell}, own(OWN_SHIPMENTS))
        asked = shipments = number = 0
        after: UUID | None = None
        while True:
            number += 1
            batch = await collect_batch(
                self._run, self._erps, self._account_id, erp_id, after=after, name=f"4 collect, batch {number}"
            )
            asked, shipments, after = asked + batch.asked, shipments + batch.shipments, batch.last
            if after is None:
                break
            await keep_turn(self._run, self._account_id)
            await self._book.report(asked, 0, {"asked": asked, "shipments": shipments})
        return Counts({"asked": asked, "shipments": shipments, "own": to_tell})

    # 5

    async def _tell(self) -> Counts:
        told = await tell_account(self._run, self._connections, self._account_id, patience=PATIENCE)
        async with self._run.transaction() as session:
            owed = await push_counts(session, self._account_id)
        numbers = {"looked_at": told.looked_at} | {name: owed.get(name, 0) for name in ("waiting", "sent", "failed")}
        note = own(ELSEWHERE) if told.elsewhere else Sentence(told.held)
        return Counts(numbers, note)


def _numbers(tally: Tally) -> dict[str, int]:
    return {name: getattr(tally, name) for name in tally.__struct_fields__}
