"""What pages and programs read about the steps of runs."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.flows.domain import Flow, StepState
from entrepot.kit.sentence import shown


class FlowStep(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a run."""

    run_id: UUID
    number: int
    flow: Flow
    mode: str
    name: str
    """Key; its words are in :data:`entrepot.flows.domain.STEP_LABELS`."""
    state: StepState
    done: int
    total: int
    """0: not known."""
    counts: dict[str, int]
    note: str
    facts: dict[str, str | int] | None
    started_at: datetime | None
    ended_at: datetime | None

    @property
    def sentence(self) -> str:
        """The note in the language of the request."""
        return shown(self.note, self.facts) if self.note else ""

    @property
    def share(self) -> int:
        """How much of it is done, in percent; 0 if nobody knows."""
        if self.state in {StepState.SUCCEEDED, StepState.SKIPPED}:
            return 100
        return min(100, 100 * self.done // self.total) if self.total else 0


_COLUMNS = ", ".join(FlowStep.__struct_fields__)


async def steps(session: AsyncSession, run_ids: Sequence[UUID]) -> dict[UUID, list[FlowStep]]:
    """Return the steps of these runs in their order; runs without steps are left out."""
    rows = await session.execute(
        text(f"SELECT {_COLUMNS} FROM flow_step WHERE run_id = ANY(:ids) ORDER BY run_id, number"),  # noqa: S608
        {"ids": list(run_ids)},
    )
    found: dict[UUID, list[FlowStep]] = {}
    for row in rows.mappings():
        found.setdefault(row["run_id"], []).append(msgspec.convert(dict(row), FlowStep))
    return found


async def runs_of(
    session: AsyncSession, account_id: UUID, flow: Flow, *, before: UUID | None = None, limit: int = 20
) -> list[UUID]:
    """Return the runs of a channel account, newest first; those that wait for their turn have no steps yet."""
    rows = await session.execute(
        text(
            """
            SELECT run_id FROM flow_step
            WHERE account_id = :account AND flow = :flow AND number = 1
                AND (CAST(:before AS uuid) IS NULL OR run_id < CAST(:before AS uuid))
            ORDER BY run_id DESC LIMIT :limit
            """
        ),
        {"account": account_id, "flow": str(flow), "before": before, "limit": limit},
    )
    return list(rows.scalars())
