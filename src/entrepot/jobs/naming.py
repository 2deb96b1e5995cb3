"""Who did something, in the words of people."""

from entrepot.jobs.errors import JobUnknownError
from entrepot.jobs.registry import job_named
from entrepot.kit.i18n import gettext
from entrepot.kit.text import N_

BY_ITSELF = N_("By itself")


def author(kind: str, name: str) -> str:
    """Return how the author of an event is shown: a job by its label in the language of the request."""
    if kind == "system" and "." in name:  # a reaction to what happened before
        return gettext(BY_ITSELF)
    if kind != "job":
        return name
    try:
        return gettext(job_named(name).label)
    except JobUnknownError:  # an older release had it
        return name
