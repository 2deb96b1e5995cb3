"""Every SQL statement that changes the steps of runs."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.flows.domain import Flow, StepState
from entrepot.kit.sentence import Sentence
from entrepot.kit.sql import text
from entrepot.kit.text import N_

LEFT_OUT = N_("Left out: the run ended before this step.")


class StepRepository:
    """Steps of runs within one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def plan(self, run_id: UUID, account_id: UUID, flow: Flow, mode: str, names: Sequence[str]) -> None:
        """Write down the steps a run will have; a resumed run has them already, one without a worker none."""
        await self._session.execute(
            text(
                """
                INSERT INTO flow_step (run_id, number, seller_id, account_id, flow, mode, name, state)
                SELECT r.id, s.number, r.seller_id, :account, :flow, :mode, s.name, 'waiting'
                FROM job_run r, unnest(CAST(:names AS text[])) WITH ORDINALITY AS s(name, number)
                WHERE r.id = :run AND r.seller_id IS NOT NULL
                ON CONFLICT (run_id, number) DO NOTHING
                """
            ),
            {"run": run_id, "account": account_id, "flow": str(flow), "mode": mode, "names": list(names)},
        )

    async def begin(self, run_id: UUID, number: int) -> None:
        """A step runs; one that a resumed run had finished stays finished."""
        await self._session.execute(
            text(
                "UPDATE flow_step SET state = 'running', started_at = coalesce(started_at, now()), ended_at = NULL,"
                " note = '', facts = NULL WHERE run_id = :run AND number = :number AND state <> 'succeeded'"
            ),
            {"run": run_id, "number": number},
        )

    async def progress(self, run_id: UUID, number: int, done: int, total: int, counts: Mapping[str, int]) -> None:
        """Note how far a step is."""
        await self._session.execute(
            text(
                "UPDATE flow_step SET done = :done, total = :total, counts = CAST(:counts AS jsonb)"
                " WHERE run_id = :run AND number = :number"
            ),
            {"run": run_id, "number": number, "done": done, "total": total, "counts": _json(counts)},
        )

    async def end(
        self, run_id: UUID, number: int, state: StepState, counts: Mapping[str, int] | None, note: Sentence
    ) -> None:
        """Note how a step ended; without *counts*, those of its progress stay."""
        await self._session.execute(
            text(
                """
                UPDATE flow_step SET state = :state, note = :note, facts = CAST(:facts AS jsonb),
                    counts = coalesce(CAST(:counts AS jsonb), counts), ended_at = now(),
                    total = CASE WHEN :state = 'succeeded' THEN done ELSE total END
                WHERE run_id = :run AND number = :number
                """
            ),
            {
                "run": run_id,
                "number": number,
                "state": str(state),
                "counts": None if counts is None else _json(counts),
                "note": note.text,
                "facts": None if note.facts is None else _json(note.facts),
            },
        )

    async def close(self, run_ids: Sequence[UUID]) -> None:
        """End the steps of runs that are over: what was at work broke off, what was to come is left out."""
        await self._session.execute(
            text(
                """
                UPDATE flow_step s SET ended_at = now(),
                    state = CASE WHEN s.state = 'running' THEN 'failed' ELSE 'skipped' END,
                    note = CASE WHEN s.state = 'running' THEN coalesce(r.error_text, '') ELSE :left_out END,
                    facts = CASE WHEN s.state = 'running' THEN r.error_facts ELSE CAST('{}' AS jsonb) END
                FROM job_run r
                WHERE r.id = s.run_id AND r.id = ANY(:runs) AND r.state IN ('failed', 'cancelled')
                    AND s.state IN ('running', 'waiting')
                """
            ),
            {"runs": list(run_ids), "left_out": LEFT_OUT},
        )


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
