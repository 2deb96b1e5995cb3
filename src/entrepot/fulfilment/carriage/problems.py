"""Parcels that need a person: trouble on the way, silence, on their way back, without a label."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.fulfilment.account_services import AccountServices
from entrepot.fulfilment.carriage.errors import ProblemNotFoundError, ReasonNeededError
from entrepot.fulfilment.carriage.events import ParcelInTrouble, ProblemCleared
from entrepot.fulfilment.carriage.repository import ProblemRepository
from entrepot.fulfilment.carriage.views import problem_rows
from entrepot.fulfilment.contract import Milestone, TrackingEvent
from entrepot.fulfilment.refs import ShipmentRef
from entrepot.kit import outbox
from entrepot.kit.database import context_of
from entrepot.kit.ids import new_id
from entrepot.kit.text import N_

LONGEST_REASON = 300
REASON_NEEDED = N_("Say what was done about it.")


class ProblemKind(StrEnum):
    """What is wrong with a parcel."""

    EXCEPTION = "exception"
    FAILED_ATTEMPT = "failed_attempt"
    RETURNED = "returned"
    CANCELLED = "cancelled"
    NO_MOVEMENT = "no_movement"
    LABEL = "label"


KIND_LABELS: Final = {
    ProblemKind.EXCEPTION: N_("Trouble on the way"),
    ProblemKind.FAILED_ATTEMPT: N_("Delivery failed"),
    ProblemKind.RETURNED: N_("On its way back"),
    ProblemKind.CANCELLED: N_("Cancelled by the carrier"),
    ProblemKind.NO_MOVEMENT: N_("No movement"),
    ProblemKind.LABEL: N_("No label"),
}
ADVICE: Final = {
    ProblemKind.EXCEPTION: N_("Ask the carrier what happened; tell the buyer, and send again if it is lost."),
    ProblemKind.FAILED_ATTEMPT: N_("The carrier mostly tries again: check the address, and tell the buyer."),
    ProblemKind.RETURNED: N_("Expect it back: register a return, and agree with the buyer on sending again."),
    ProblemKind.CANCELLED: N_("The carrier does not carry it: make another label if the parcel is still here."),
    ProblemKind.NO_MOVEMENT: N_("Was it handed over? If so, have the carrier search for it."),
    ProblemKind.LABEL: N_("Read the reason, correct it, and try again."),
}
OF_MILESTONES: Final = {
    Milestone.EXCEPTION: ProblemKind.EXCEPTION,
    Milestone.FAILED_ATTEMPT: ProblemKind.FAILED_ATTEMPT,
    Milestone.RETURNED: ProblemKind.RETURNED,
    Milestone.CANCELLED: ProblemKind.CANCELLED,
}
GOOD: Final = {
    Milestone.ACCEPTED: frozenset({ProblemKind.NO_MOVEMENT}),
    Milestone.IN_TRANSIT: frozenset({ProblemKind.NO_MOVEMENT, ProblemKind.EXCEPTION}),
    Milestone.OUT_FOR_DELIVERY: frozenset({ProblemKind.NO_MOVEMENT, ProblemKind.EXCEPTION, ProblemKind.FAILED_ATTEMPT}),
    Milestone.AT_PICK_UP_POINT: frozenset({ProblemKind.NO_MOVEMENT, ProblemKind.EXCEPTION, ProblemKind.FAILED_ATTEMPT}),
    Milestone.DELIVERED: frozenset(ProblemKind),
}
"""What a later good event clears."""


class Problems:
    """Use cases of problems, within one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._problems = ProblemRepository(session)

    async def follow(self, shipment: ShipmentRef, events: Sequence[TrackingEvent]) -> None:
        """Open what the carrier reports as trouble, and clear what went well afterwards."""
        rows = [
            {
                "id": new_id(),
                "seller_id": shipment.seller_id,
                "shipment_id": shipment.id,
                "kind": str(OF_MILESTONES[event.milestone]),
                "since": event.at,
                "text": ": ".join(part for part in (event.place, event.text) if part)[:LONGEST_REASON],
            }
            for event in events
            if event.milestone in OF_MILESTONES
        ]
        await self._tell(await self._problems.open(list({(row["kind"], row["since"]): row for row in rows}.values())))
        for event in events:
            if event.milestone in GOOD:
                await self._problems.clear(shipment.id, [str(kind) for kind in GOOD[event.milestone]], event.at)

    async def find_quiet(self, account_id: UUID) -> int:
        """Open a problem for every parcel of an account without news for too long; returns how many."""
        days = await AccountServices(self._session).quiet_days(account_id)
        found = await self._problems.open_quiet(account_id, days)
        await self._tell(found)
        return len(found)

    async def label_failed(self, shipment: ShipmentRef, reason: str) -> None:
        """Open a problem for a parcel whose label was refused, or may not exist."""
        await self._problems.open_label(
            {
                "id": new_id(),
                "seller_id": shipment.seller_id,
                "shipment_id": shipment.id,
                "kind": str(ProblemKind.LABEL),
                "since": shipment.created_at,
                "text": reason[:LONGEST_REASON],
            }
        )

    async def label_made(self, parcel_id: UUID) -> None:
        """Clear the missing label of a parcel."""
        await self._problems.clear_labels(parcel_id)

    async def clear(self, problem_id: UUID, reason: str) -> None:
        """Clear a problem by hand.  Cleared already: nothing happens.

        Raises:
            ReasonNeededError: it says nothing.
            ProblemNotFoundError: there is none, or it is somebody else's.
        """
        if not reason.strip():
            raise ReasonNeededError({"reason": REASON_NEEDED})
        found = await problem_rows(self._session, problem_id=problem_id, cleared=None)
        if not found:
            raise ProblemNotFoundError(problem=str(problem_id))
        who = context_of(self._session).actor.name
        if await self._problems.clear_one(problem_id, who, reason.strip()[:LONGEST_REASON]):
            row = found[0]
            await outbox.record(
                self._session,
                ProblemCleared(
                    seller_id=row.seller_id,
                    subject_id=row.order_id,
                    number=row.order_number,
                    shipment_id=row.shipment_id,
                    parcel=row.parcel_number,
                    kind=row.kind,
                    reason=reason.strip()[:LONGEST_REASON],
                ),
            )

    async def _tell(self, ids: Sequence[UUID]) -> None:
        if not ids:
            return
        rows = await problem_rows(self._session, ids=ids, limit=len(ids))
        await outbox.record(
            self._session,
            *(
                ParcelInTrouble(
                    seller_id=row.seller_id,
                    subject_id=row.order_id,
                    number=row.order_number,
                    shipment_id=row.shipment_id,
                    parcel=row.parcel_number,
                    kind=row.kind,
                )
                for row in rows
            ),
        )
