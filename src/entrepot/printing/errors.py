"""What printing refuses."""

from entrepot.kit.errors import ConflictError, NotFoundError, RefusedError
from entrepot.kit.text import N_


class UnknownWorkstationError(NotFoundError):
    """No such workstation, or not for the caller."""

    code = "printing.unknown_workstation"
    title = N_("Unknown workstation")
    message = N_(
        "There is no workstation “{workstation}”. It may have been removed; choose another one under Printing."
    )


class UnknownPrinterError(NotFoundError):
    """No such printer."""

    code = "printing.unknown_printer"
    title = N_("Unknown printer")
    message = N_("There is no such printer. It may have been removed; look under Printing, Workstations.")


class UnknownJobError(NotFoundError):
    """No such print job."""

    code = "printing.unknown_job"
    title = N_("Unknown print job")
    message = N_("There is no such print job. Jobs are removed some weeks after they were printed.")


class NoWorkstationError(RefusedError):
    """The device does not know where it stands."""

    code = "printing.no_workstation"
    title = N_("Choose a workstation")
    message = N_(
        "This device does not know at which workstation it stands. Choose one under Printing, then print again."
    )


class NoPrinterError(RefusedError):
    """The workstation has no printer for this."""

    code = "printing.no_printer"
    title = N_("No printer for this")
    message = N_("At {workstation} no printer is set for “{purpose}”. Set one on the page of the workstation.")


class WrongFormatError(RefusedError):
    """The printer does not speak the document's language."""

    code = "printing.wrong_format"
    title = N_("The printer cannot print this")
    message = N_(
        "{printer} takes {wanted} and “{document}” is there as {given} only. Send it to a printer for {given}, "
        "or get it as {wanted}."
    )


class TooLargeForMediaError(RefusedError):
    """The label is larger than what lies in the printer."""

    code = "printing.too_large"
    title = N_("The label does not fit")
    message = N_(
        "“{document}” is {size} mm, and in {printer} lie labels of {media} mm. Choose a smaller label, or another printer."
    )


class UnreadableDocumentError(RefusedError):
    """Neither PDF nor ZPL."""

    code = "printing.unreadable"
    title = N_("Nothing a printer understands")
    message = N_("“{document}” is neither PDF nor ZPL, or it is larger than 20 MB. Printers here take PDF and ZPL.")


class CopiesError(RefusedError):
    """An absurd number of copies."""

    code = "printing.copies"
    title = N_("How many copies?")
    message = N_("Print between 1 and {most} copies at once.")


class JobStateError(ConflictError):
    """The job is past that."""

    code = "printing.job_state"
    title = N_("Too late for that")
    message = N_("“{document}” is “{state}” already. Reload the queue to see where it is.")


class NotYourJobError(ConflictError):
    """The lease ended and somebody else has the job, or it was cancelled."""

    code = "printing.not_your_job"
    title = N_("No longer this agent's job")
    message = N_("This print job was given to another agent, or it was cancelled. Take the next one.")


class BadCursorError(RefusedError):
    """A cursor that this API did not give."""

    code = "printing.bad_cursor"
    title = N_("Unknown cursor")
    message = N_("This cursor is not from this list. Ask for the first page without a cursor.")
