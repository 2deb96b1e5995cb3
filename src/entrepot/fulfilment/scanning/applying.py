"""Applying what was scanned on a device, in the device's order and once; what cannot be applied is kept for review."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec.structs import replace
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.correcting import Correcting
from entrepot.fulfilment.domain import LineState, ShortReason
from entrepot.fulfilment.errors import PickLineNotFoundError, PickListNotFoundError
from entrepot.fulfilment.picking import LinePick, Picking
from entrepot.fulfilment.refs import PickLineRef, PickListRef, PickOutcome
from entrepot.fulfilment.repository import ListRepository
from entrepot.fulfilment.scanning.errors import (
    BooksRefuseError,
    CountedTwiceError,
    ListTakenOverError,
    NothingToTakeBackError,
    OrderGoneMeanwhileError,
    PickedMeanwhileError,
    ScanSessionNotFoundError,
    ScansOfAnotherError,
)
from entrepot.fulfilment.scanning.events import ScanNeedsReview
from entrepot.fulfilment.scanning.refs import Act, ActKind, ActOutcome, Answer, SessionRef, StoredAct
from entrepot.fulfilment.scanning.repository import ScanRepository
from entrepot.fulfilment.scanning.sessions import skew_ms, taken_by
from entrepot.kit import outbox
from entrepot.kit.clock import now
from entrepot.kit.database import context_of
from entrepot.kit.errors import EntrepotError
from entrepot.kit.ids import new_id
from entrepot.kit.text import N_

STILL_OPEN = N_("{count} lines of list {number} are open: look at them once more.")
FINISHED = N_("List {number} is finished.")
UNDONE_ON_DEVICE = N_("Undone on the device.")


class Applying:
    """Takes in what devices did.  Locks: the list, as whoever opens a session does, then the session, then as in picking."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._scans = ScanRepository(session)
        self._lists = ListRepository(session)
        self._picking = Picking(session)
        self._correcting = Correcting(session)

    async def receive(self, session_id: UUID, acts: Sequence[Act], sent_at: datetime) -> list[Answer]:
        """Apply acts in the order of their sequence; one that cannot be applied does not stop the others.

        Args:
            session_id: of the device.
            acts: what was done since; those that arrived before change nothing and get their first answer again.
            sent_at: what the device's clock says now.

        Returns:
            One answer each, in the order they were given.

        Raises:
            ScanSessionNotFoundError: there is no such session.
            ScansOfAnotherError: it is another person's; nothing was looked at.
        """
        found = await self._scans.find_session(session_id)
        if found is None:
            raise ScanSessionNotFoundError(session=str(session_id))
        work = await self._lists.find_list(found.pick_list_id, lock=True)
        if work is None:
            raise PickListNotFoundError(number=str(found.pick_list_id))
        found = await self._scans.find_session(session_id, lock=True) or found
        if found.actor_id != context_of(self._session).actor.id:
            raise ScansOfAnotherError(number=work.number, name=found.actor_name)
        known = await self._scans.known(
            found.seller_id, {name for act in acts for name in (act.client_id, act.undoes) if name}
        )
        repeated = {act.client_id for act in acts if act.client_id in known}
        skew = skew_ms(sent_at)
        # What was taken back before it came here never counts: counting it could finish an order, and nothing goes back then.
        undone = {act.undoes for act in acts if act.kind is ActKind.UNDO and act.client_id not in known}
        fresh: list[StoredAct] = []
        rows: list[dict[str, Any]] = []
        used = await self._scans.sequences(found.id, {act.sequence for act in acts if act.client_id not in known})
        for act in sorted(acts, key=lambda one: one.sequence):
            if act.client_id in known:
                continue
            stored = await self._try(found, work, act, known, undone, twice=act.sequence in used)
            used.add(act.sequence)
            known[act.client_id] = stored
            fresh.append(stored)
            rows.append(_row(stored, act, skew, found.actor_id))
        await self._keep(found, work, fresh, rows)
        await self._scans.heard(
            found.id,
            sequence=max((act.sequence for act in acts), default=0),
            skew_ms=skew,
            closed=any(act.kind is ActKind.FINISH and act.outcome is ActOutcome.APPLIED for act in fresh) or None,
        )
        return [_answer(known[act.client_id], repeated=act.client_id in repeated) for act in acts]

    async def _keep(
        self, found: SessionRef, work: PickListRef, fresh: Sequence[StoredAct], rows: Sequence[dict[str, Any]]
    ) -> None:
        wrong = [act for act in fresh if act.outcome is ActOutcome.CONFLICT]
        undone = {act.undoes for act in fresh if act.kind is ActKind.UNDO and act.outcome is ActOutcome.APPLIED}
        await self._scans.add_acts(
            rows,
            [{"scan_id": act.id, "seller_id": act.seller_id, "pick_list_id": found.pick_list_id} for act in wrong],
        )
        for act in wrong:
            if act.client_id in undone:
                await self._scans.decide(act.id, "discarded", UNDONE_ON_DEVICE)
        await outbox.record(
            self._session,
            *(
                ScanNeedsReview(
                    seller_id=act.seller_id,
                    subject_id=found.pick_list_id,
                    pick_list=work.number,
                    what=act.kind,
                    code=act.code,
                    name=found.actor_name,
                )
                for act in wrong
                if act.client_id not in undone
            ),
        )

    async def _try(
        self,
        found: SessionRef,
        work: PickListRef,
        act: Act,
        known: dict[str, StoredAct],
        undone: set[str],
        *,
        twice: bool,
    ) -> StoredAct:
        """Apply one act, or say why not; a failed one leaves nothing behind.  *twice*: another one has its number."""
        outcome, message, facts = ActOutcome.APPLIED, "", dict[str, Any]()
        try:
            if twice and act.kind in {ActKind.PICK, ActKind.SHORT} and act.client_id not in undone:
                raise CountedTwiceError(sequence=act.sequence)
            async with self._session.begin_nested():
                done = (
                    (ActOutcome.NOTED, UNDONE_ON_DEVICE, {})
                    if act.client_id in undone and act.kind is ActKind.PICK
                    else await self._apply(found, work, act, known)
                )
            outcome, message, facts = done
        except EntrepotError as error:
            outcome = ActOutcome.CONFLICT
            message, facts = error.message, dict(error.facts)
        except IntegrityError as error:
            refused = BooksRefuseError(rule=str(error.orig).splitlines()[0][:200])
            outcome = ActOutcome.CONFLICT
            message, facts = refused.message, dict(refused.facts)
        return StoredAct(
            id=new_id(),
            seller_id=found.seller_id,
            session_id=found.id,
            client_id=act.client_id,
            sequence=act.sequence,
            kind=act.kind,
            pick_line_id=act.line_id,
            code=act.code,
            location=act.location,
            lot=act.lot,
            tote=act.tote,
            quantity=act.quantity,
            reason=act.reason,
            undoes=act.undoes,
            outcome=outcome,
            message=message,
            facts={name: fact if isinstance(fact, int) else str(fact) for name, fact in facts.items()},
            actor_name=found.actor_name,
        )

    async def _apply(
        self, found: SessionRef, work: PickListRef, act: Act, known: dict[str, StoredAct]
    ) -> tuple[ActOutcome, str, dict[str, Any]]:
        if act.kind is ActKind.WRONG:
            return ActOutcome.NOTED, "", {}
        if act.kind is ActKind.UNDO:
            return await self._take_back(found, act, known)
        if act.kind is ActKind.FINISH:
            left = [line for line in await self._lists.lines(work.id) if line.state is LineState.OPEN]
            if left:
                return ActOutcome.NOTED, STILL_OPEN, {"count": len(left), "number": work.number}
            return ActOutcome.APPLIED, FINISHED, {"number": work.number}
        if act.kind is ActKind.PLACE:
            line = None if act.line_id is None else await self._line(work, act.line_id)
            if line is not None and line.state is LineState.OPEN:
                await self._lists.update_line(line.id, located_at=now())
            return ActOutcome.NOTED, "", {}
        await self._still_theirs(found)
        outcome = await self.carry_out(
            work,
            act.kind,
            act.line_id,
            quantity=act.quantity,
            reason=act.reason,
            client_id=act.client_id,
            scanned=act,
        )
        return ActOutcome.APPLIED, outcome.message, dict(outcome.facts)

    async def carry_out(
        self,
        work: PickListRef,
        kind: ActKind,
        line_id: UUID | None,
        *,
        quantity: int,
        reason: str,
        client_id: str,
        scanned: Act | None,
    ) -> PickOutcome:
        """Pick or report short through the use cases of picking.

        Args:
            work: the list.
            kind: ``PICK`` or ``SHORT``.
            line_id: of the list.
            quantity: units picked.
            reason: of a short pick.
            client_id: of the act.
            scanned: holds what was scanned for it; None: a supervisor does not ask what was.

        Raises:
            PickLineNotFoundError, OrderGoneMeanwhileError, PickedMeanwhileError: as they say.
            EntrepotError: what picking itself refuses.
        """
        line = await self._line(work, line_id)
        if line.state is LineState.CANCELLED:
            raise OrderGoneMeanwhileError(number=line.order_number, sku=line.sku, location=line.location_code)
        if line.state is not LineState.OPEN:
            raise PickedMeanwhileError(sku=line.sku, location=line.location_code, name=line.scanned_by or "?")
        if kind is ActKind.SHORT:
            why = ShortReason(reason) if reason in set(ShortReason) else ShortReason.NOT_THERE
            outcome = await self._correcting.short(line.id, why)
        else:
            one = LinePick(line_id=line.id, quantity=quantity, client_id=client_id)
            if scanned is not None:
                one = replace(one, code=scanned.code, location=scanned.location, lot=scanned.lot, tote=scanned.tote)
            outcome = (await self._picking.pick_many(work.id, [one], unscanned=scanned is None))[0]
        if outcome.hit == "cancelled":
            raise OrderGoneMeanwhileError(number=line.order_number, sku=line.sku, location=line.location_code)
        return outcome

    async def _take_back(
        self, found: SessionRef, act: Act, known: dict[str, StoredAct]
    ) -> tuple[ActOutcome, str, dict[str, Any]]:
        target = known.get(act.undoes)
        if target is None or target.session_id != found.id:
            raise NothingToTakeBackError
        again = any(other.undoes == act.undoes and other.kind is ActKind.UNDO for other in known.values())
        if again or await self._scans.undone(found.seller_id, act.undoes):
            return ActOutcome.NOTED, "", {}
        if target.outcome is ActOutcome.CONFLICT:  # it never counted: now nobody needs to decide about it either
            await self._scans.decide(target.id, "discarded", UNDONE_ON_DEVICE)
            return ActOutcome.APPLIED, UNDONE_ON_DEVICE, {}
        if target.outcome is ActOutcome.NOTED and target.kind is ActKind.PICK:
            return ActOutcome.APPLIED, UNDONE_ON_DEVICE, {}
        if target.kind is not ActKind.PICK or target.pick_line_id is None:
            return ActOutcome.NOTED, "", {}
        await self._still_theirs(found)
        outcome = await self._correcting.undo(target.pick_line_id, target.quantity)
        return ActOutcome.APPLIED, outcome.message, dict(outcome.facts)

    async def _line(self, work: PickListRef, line_id: UUID | None) -> PickLineRef:
        """Lock the list and return one of its lines."""
        await self._lists.find_list(work.id, lock=True)
        line = None if line_id is None else await self._lists.line(line_id)
        if line is None or line.pick_list_id != work.id:
            raise PickLineNotFoundError
        return line

    async def _still_theirs(self, found: SessionRef) -> None:
        work = await self._lists.find_list(found.pick_list_id, lock=True)
        if work is None:
            raise PickListNotFoundError(number=str(found.pick_list_id))
        if name := await taken_by(self._scans, found, work):
            raise ListTakenOverError(name=name, number=work.number)


def _row(stored: StoredAct, act: Act, skew: int, actor_id: str) -> dict[str, Any]:
    values = {name: getattr(stored, name) for name in StoredAct.__struct_fields__}
    return values | {"device_at": act.at, "skew_ms": skew, "actor_id": actor_id}


def _answer(stored: StoredAct, *, repeated: bool) -> Answer:
    return Answer(
        client_id=stored.client_id,
        outcome=stored.outcome,
        repeated=repeated,
        message=stored.message,
        facts=stored.facts,
    )
