"""What pages and programs read about the steps of runs."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.flows.domain import COUNT_LABELS, PROBLEMS, STEP_LABELS, Flow, StepState
from entrepot.kit.i18n import gettext
from entrepot.kit.sentence import shown
from entrepot.kit.sql import text


class FlowStep(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a run."""

    run_id: UUID
    number: int
    flow: Flow
    mode: str
    key: str
    state: StepState
    done: int
    total: int
    """0: not known."""
    numbers: dict[str, int]
    """What was counted, by the keys of :data:`entrepot.flows.domain.COUNT_LABELS`."""
    template: str
    facts: dict[str, str | int] | None
    started_at: datetime | None
    ended_at: datetime | None

    @property
    def name(self) -> str:
        """What the step is called, in English."""
        return STEP_LABELS.get(self.key, self.key)

    @property
    def note(self) -> str:
        """What there is to say, in the language of the request."""
        return shown(self.template, self.facts) if self.template else ""

    @property
    def counts(self) -> dict[str, int]:
        """What was counted, in the language of the request."""
        found: dict[str, int] = {}
        for key, number in self.numbers.items():
            label = gettext(COUNT_LABELS.get(key, key))
            found[label] = found.get(label, 0) + number
        return found

    @property
    def troubled(self) -> bool:
        """Somebody should look."""
        return self.state is StepState.FAILED or not PROBLEMS.isdisjoint(self.numbers)


_COLUMNS = (
    "run_id, number, flow, mode, name AS key, state, done, total, counts AS numbers, note AS template, facts,"
    " started_at, ended_at"
)


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
