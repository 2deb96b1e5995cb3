"""What reports refuse."""

from entrepot.kit.errors import NotFoundError, RefusedError
from entrepot.kit.text import N_


class ReportNotFoundError(NotFoundError):
    """No such report, or not one of the caller's."""

    code = "insights.report_not_found"
    title = N_("Report not found")
    message = N_("There is no such report. It may belong to another seller; look in the list of daily reports.")


class NotAPersonError(RefusedError):
    """Only people get mail."""

    code = "insights.not_a_person"
    title = N_("Only people subscribe")
    message = N_("An API key has no mailbox. Sign in as a person to have reports sent to you.")


class DayToComeError(RefusedError):
    """The day has not begun at the site."""

    code = "insights.day_to_come"
    title = N_("That day has not begun")
    message = N_("{day} has not begun in {site} yet. Choose today or an earlier day.")


class BadCursorError(RefusedError):
    """A cursor of a list was not made by it."""

    code = "insights.bad_cursor"
    title = N_("Bad cursor")
    message = N_("“{cursor}” is no cursor of this list. Begin without one, and take the next from each answer.")
