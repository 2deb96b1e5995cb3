"""What jobs refuse."""

from collections.abc import Mapping
from typing import override

from entrepot.kit.errors import ConflictError, EntrepotError, Fact, NotFoundError, RefusedError, UnavailableError
from entrepot.kit.sentence import sentence
from entrepot.kit.text import N_


class JobUnknownError(RefusedError):
    """No job of this name."""

    code = "jobs.job_unknown"
    title = N_("Unknown job")
    message = N_("There is no job “{job}” in this release. Choose one from the list of jobs.")


class RunNotFoundError(NotFoundError):
    """No such run in the caller's scope."""

    code = "jobs.run_not_found"
    title = N_("Run not found")
    message = N_("There is no run {run_id}. It may have been removed after its time; look at the list of runs.")


class RunFinishedError(ConflictError):
    """A finished run cannot be cancelled."""

    code = "jobs.run_finished"
    title = N_("Already finished")
    message = N_("This run has already ended. Reload the page to see how.")


class RunActiveError(ConflictError):
    """Only a run that failed or was cancelled is tried again."""

    code = "jobs.run_active"
    title = N_("Nothing to try again")
    message = N_("Only a run that failed or was cancelled can be tried again. Reload the page to see how this one is.")


class ArgumentsWrongError(RefusedError):
    """The arguments do not fit the job."""

    code = "jobs.arguments_wrong"
    title = N_("Arguments do not fit")
    message = N_("The job “{job}” does not take these arguments: {reason}.")


class ScheduleNotFoundError(NotFoundError):
    """No such schedule in the caller's scope."""

    code = "jobs.schedule_not_found"
    title = N_("Schedule not found")
    message = N_("There is no schedule “{schedule}”. It may have been removed; go back to the list of schedules.")


class FailureNotFoundError(NotFoundError):
    """No such parked event."""

    code = "jobs.failure_not_found"
    title = N_("Not found")
    message = N_("This event is no longer set aside. Reload the page.")


class CancelledRunError(RefusedError):
    """Raised inside a run that somebody cancelled; ends it."""

    code = "jobs.cancelled"
    title = N_("Cancelled")
    message = N_("Somebody cancelled this run.")


class RunTimeoutError(RefusedError):
    """The run lasted longer than its job allows."""

    code = "jobs.timeout"
    title = N_("Took too long")
    message = N_("The run took longer than {seconds} seconds and was stopped. Try again, or split the work.")


class WorkerLostError(UnavailableError):
    """The run took its worker down with it, again and again."""

    code = "jobs.worker_lost"
    title = N_("Worker lost")
    message = N_(
        "The worker died {times} times during this run, so it is not started again by itself. "
        "Look at the worker's log, then try again."
    )


class RateLimitedError(UnavailableError):
    """Something outside told us to wait; *seconds* says how long.  Connectors may raise their own with that fact."""

    code = "jobs.rate_limited"
    title = N_("Asked to wait")
    message = N_("We were asked to wait {seconds} seconds before the next try.")


class ReplayedError(EntrepotError):
    """A failed step met again when its run was resumed; carries the first one's code and sentence."""

    code = "jobs.replayed"
    title = N_("Step failed")
    message = "{sentence}"
    stored: dict[str, str | int] | None = None
    """The facts that belong into the sentence, where it is a template."""

    @property
    @override
    def told(self) -> tuple[str, Mapping[str, Fact]]:
        """The first one's sentence and facts."""
        return super().told if self.stored is None else (str(self.facts["sentence"]), self.stored)

    @property
    @override
    def detail(self) -> str:
        """The first one's sentence in English."""
        return sentence(self, {}).english


class SlotTakenError(ConflictError):
    """Another worker has this name."""

    code = "jobs.slot_taken"
    title = N_("Worker name taken")
    message = N_(
        "Another worker is already called “{slot}”. "
        "Give this one another name in ENTREPOT_WORKER_SLOT, or leave that empty."
    )


class CursorMovedError(ConflictError):
    """Another worker feeds this reaction now."""

    code = "jobs.cursor_moved"
    title = N_("Reaction taken over")
    message = N_("Another worker feeds the reaction “{reaction}” now. Nothing needs to be done.")
