"""Deciding about what was scanned and could not be applied."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.correcting import Correcting
from entrepot.fulfilment.errors import PickLineNotFoundError, PickListNotFoundError
from entrepot.fulfilment.repository import ListRepository
from entrepot.fulfilment.scanning.applying import Applying
from entrepot.fulfilment.scanning.errors import (
    DecisionReasonMissingError,
    NothingToTakeBackError,
    ScanConflictDecidedError,
    ScanConflictNotFoundError,
)
from entrepot.fulfilment.scanning.events import ScanReviewed
from entrepot.fulfilment.scanning.refs import ActKind, Decision, StoredAct
from entrepot.fulfilment.scanning.repository import ScanRepository
from entrepot.kit import outbox
from entrepot.kit.text import N_

LONGEST_REASON = 300
REASON_MISSING = N_("Say why: whoever looks at this scan later should understand it.")


class Reviewing:
    """Use cases of the review lane, within one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._scans = ScanRepository(session)
        self._lists = ListRepository(session)

    async def resolve(self, scan_id: UUID, decision: Decision, reason: str) -> None:
        """Apply a scan after all, or discard it.  What still cannot be applied stays in review.

        Raises:
            DecisionReasonMissingError: it says nothing.
            ScanConflictNotFoundError: there is none, or it is somebody else's.
            ScanConflictDecidedError: somebody was quicker.
            EntrepotError: it still cannot be applied, and why.
        """
        why = reason.strip()[:LONGEST_REASON]
        if not why:
            raise DecisionReasonMissingError({"reason": REASON_MISSING})
        found, act = await self._scans.conflict(scan_id), await self._scans.act(scan_id)
        if found is None or act is None:
            raise ScanConflictNotFoundError(scan=str(scan_id))
        list_id, state, decided_by = found
        if state != "open":
            raise ScanConflictDecidedError(name=decided_by)
        work = await self._lists.find_list(list_id, lock=True)
        if work is None:
            raise PickListNotFoundError(number=str(list_id))
        if decision is Decision.APPLY and act.kind is ActKind.UNDO:
            await self._take_back(act)
        elif decision is Decision.APPLY:
            # Without what was scanned: the supervisor knows that the label was of another lot, or past its date.
            await Applying(self._session).carry_out(
                work,
                act.kind,
                act.pick_line_id,
                quantity=act.quantity,
                reason=act.reason,
                client_id=act.client_id,
                scanned=None,
            )
        await self._scans.decide(scan_id, "applied" if decision is Decision.APPLY else "discarded", why)
        await outbox.record(
            self._session,
            ScanReviewed(
                seller_id=act.seller_id,
                subject_id=work.id,
                pick_list=work.number,
                decision=decision,
                reason=why,
            ),
        )

    async def _take_back(self, act: StoredAct) -> None:
        known = await self._scans.known(act.seller_id, {act.undoes})
        target = known.get(act.undoes)
        if target is None:
            raise NothingToTakeBackError
        if target.pick_line_id is None:
            raise PickLineNotFoundError
        await Correcting(self._session).undo(target.pick_line_id, target.quantity)
