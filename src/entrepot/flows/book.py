"""The steps of one run, as people watch them: planned, begun, counted, ended, each committed as it happens."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.flows.domain import COUNT_LABELS, STEP_LABELS, STEPS, Flow, StepState
from entrepot.flows.events import StepChanged
from entrepot.flows.repository import StepRepository
from entrepot.jobs.errors import CancelledRunError
from entrepot.jobs.run import Run
from entrepot.kit import outbox
from entrepot.kit.errors import EntrepotError, Fact
from entrepot.kit.sentence import Sentence, sentence
from entrepot.kit.text import N_

NOTHING = Sentence("")
DONE = N_("{step}: {summary}")
FAILED = N_("{step} failed: {reason}")
BROKE = N_("It broke off because of a mistake of ours. It is tried again; the log of the worker says more.")


@dataclass(slots=True)
class Counts:
    """What a step did: numbers by what they count, and a sentence where there is something to say."""

    numbers: dict[str, int] = field(default_factory=dict[str, int])
    note: Sentence = NOTHING
    skipped: bool = False

    @classmethod
    def skip(cls, text: str, **facts: Fact) -> "Counts":
        """Return what a step that was not needed did."""
        return cls(note=own(text, **facts), skipped=True)


def own(text: str, **facts: Fact) -> Sentence:
    """Return a sentence of ours: a template, also when it has no facts, so that it is translated."""
    return Sentence(text, sentence(text, facts).facts or {})


def summary(counts: Counts) -> str:
    """Return what a step did, in a few English words for the log."""
    parts = [f"{number} {COUNT_LABELS.get(name, name)}" for name, number in counts.numbers.items() if number]
    return ", ".join(parts) or counts.note.english or "-"


class StepBook:
    """Keeps the steps of one run.

    A failed step is noted and does not stop the ones behind it: :meth:`settle` raises its error at the end, so that the
    run is tried again from there.
    """

    def __init__(self, run: Run, flow: Flow, mode: str, account_id: UUID) -> None:
        self._run = run
        self._flow = flow
        self._mode = mode
        self._account_id = account_id
        self._failed: EntrepotError | None = None
        self.current = 0

    async def plan(self) -> None:
        """Write down which steps there are."""
        async with self._run.transaction() as session:
            await StepRepository(session).plan(
                self._run.id, self._account_id, self._flow, self._mode, STEPS[self._flow]
            )

    async def skip(self, text: str, **facts: Fact) -> None:
        """Pass over the next step."""
        self.current += 1
        await self._end(StepState.SKIPPED, {}, own(text, **facts))

    async def do(self, work: Callable[[], Awaitable[Counts]]) -> Counts | None:
        """Do the next step; return what it did, or None if it failed."""
        self.current += 1
        self._run.check_cancelled()
        async with self._run.transaction() as session:
            await StepRepository(session).begin(self._run.id, self.current)
        await self._run.progress(self.current - 1, len(STEPS[self._flow]), self.label)
        try:
            counts = await work()
        except CancelledRunError:
            raise
        except EntrepotError as error:
            self._run.check_cancelled()
            self._failed = error
            reason = sentence(error, {})
            await self._end(StepState.FAILED, None, reason)
            await self._run.log("error", FAILED, step=self.label, reason=reason.english)
            return None
        except Exception:
            await self._end(StepState.FAILED, None, Sentence(BROKE, {}))
            raise
        state = StepState.SKIPPED if counts.skipped else StepState.SUCCEEDED
        await self._end(state, {name: number for name, number in counts.numbers.items() if number}, counts.note)
        await self._run.log("info", DONE, step=self.label, summary=summary(counts))
        return counts

    async def report(self, done: int, total: int, counts: Mapping[str, int]) -> None:
        """Show how far the present step is."""
        numbers = {name: number for name, number in counts.items() if number}
        async with self._run.transaction() as session:
            await StepRepository(session).progress(self._run.id, self.current, done, total, numbers)
            await self._tell(session, StepState.RUNNING)
        await self._run.progress(self.current - 1, len(STEPS[self._flow]), self.label)

    async def settle(self) -> None:
        """End the run.

        Raises:
            EntrepotError: what the last step that failed said.
        """
        if self._failed is not None:
            raise self._failed
        number = len(STEPS[self._flow])
        await self._run.progress(number, number)

    @property
    def label(self) -> str:
        """What the present step is called."""
        return STEP_LABELS[STEPS[self._flow][self.current - 1]]

    async def _end(self, state: StepState, counts: Mapping[str, int] | None, note: Sentence) -> None:
        async with self._run.transaction() as session:
            await StepRepository(session).end(self._run.id, self.current, state, counts, note)
            await self._tell(session, state)

    async def _tell(self, session: AsyncSession, state: StepState) -> None:
        if self._run.seller_id is None:
            return
        await outbox.record(
            session,
            StepChanged(
                seller_id=self._run.seller_id,
                subject_id=self._run.id,
                account_id=self._account_id,
                number=self.current,
                state=str(state),
            ),
        )
