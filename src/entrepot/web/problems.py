"""Errors as responses: RFC 9457 problem details for programs, a toast for HTMX, a page for people."""

from typing import Any

import structlog
from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException, NotFoundException, ValidationException
from litestar.plugins.htmx import HTMXTemplate
from litestar.response import Redirect, Template

from entrepot.access.errors import PasswordNeededError, SignInNeededError, TooManyAttemptsError
from entrepot.kit import i18n
from entrepot.kit.errors import (
    ConflictError,
    EntrepotError,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    RefusedError,
    UnavailableError,
)
from entrepot.kit.ids import new_id
from entrepot.kit.text import N_
from entrepot.web.rendering import language_of
from entrepot.web.request import SECURITY_HEADERS

DOCS = "https://entrepot.dev/errors/"
STATUS: dict[type[EntrepotError], int] = {
    TooManyAttemptsError: 429,
    NotFoundError: 404,
    ConflictError: 409,
    RefusedError: 422,
    SignInNeededError: 401,
    ForbiddenError: 403,
    UnavailableError: 503,
}
log = structlog.get_logger()

SENTENCES = {
    400: (N_("Request not understood"), N_("The request cannot be read. Check its form and try again.")),
    401: (N_("Sign in"), N_("Sign in first, or send an API key.")),
    403: (N_("Not allowed"), N_("The page was open for too long or came from elsewhere. Reload it and try again.")),
    404: (N_("Not found"), N_("There is nothing at this address. It may have been removed; go back or search.")),
    405: (N_("Not possible"), N_("This address does not take that kind of request.")),
    413: (N_("Too large"), N_("What was sent is larger than this hub accepts. Send it in smaller parts.")),
    429: (N_("Too many requests"), N_("Too many requests in a short time. Wait a little and try again.")),
    500: (N_("Our mistake"), N_("Something went wrong in Entrepot. Nothing was saved; the error is in the log.")),
}


def status_of(error: EntrepotError) -> int:
    """Return the status of the error's kind.  A kind without one is a bug, hence 500."""
    return next((status for kind, status in STATUS.items() if isinstance(error, kind)), 500)


def show_problem(request: Request[Any, Any, Any], error: EntrepotError) -> Response[Any] | Template:
    """Answer *error* in the form the client asked for."""
    status = status_of(error)
    if isinstance(error, SignInNeededError) and wants_page(request):
        target = "/sign-in" if request.method != "GET" else f"/sign-in?next={request.url.path}"
        if request.headers.get("HX-Request"):
            return Response(None, status_code=401, headers={"HX-Redirect": "/sign-in"})
        return Redirect(target)
    if isinstance(error, PasswordNeededError) and request.method == "GET" and wants_page(request):
        return Redirect(f"/sign-in?next={request.url.path}")
    i18n.locale.set(language_of(request))
    detail = i18n.gettext(error.message).format(**error.facts)
    facts: dict[str, Any] = {name: fact if isinstance(fact, int) else str(fact) for name, fact in error.facts.items()}
    if isinstance(error, InvalidInputError):
        problems = {name: i18n.gettext(text) for name, text in error.problems.items()}
        facts["errors"] = [{"field": name, "detail": text} for name, text in problems.items()]
        detail = " ".join([detail, *problems.values()])
    return answer(request, status, error.code, i18n.gettext(error.title), detail, facts)


def show_http_problem(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any] | Template:
    """Answer what the framework refused."""
    status = error.status_code
    title, detail = SENTENCES.get(status, SENTENCES[400 if status < 500 else 500])  # noqa: PLR2004 -- HTTP's own border
    i18n.locale.set(language_of(request))
    facts: dict[str, Any] = {}
    if isinstance(error, ValidationException) and isinstance(error.extra, list):
        facts["errors"] = [
            {"field": str(entry.get("key", "")), "detail": str(entry.get("message", ""))}
            for entry in error.extra
            if isinstance(entry, dict)
        ]
    elif status == 400:  # noqa: PLR2004
        facts["reason"] = error.detail
    code = {404: "web.not_found", 400: "web.bad_request", 413: "web.too_large"}.get(status, f"web.http_{status}")
    return answer(request, status, code, i18n.gettext(title), i18n.gettext(detail), facts)


def show_bug(request: Request[Any, Any, Any], error: Exception) -> Response[Any] | Template:
    """Answer a bug: logged in full, shown without its insides.

    What closing the transaction raised (a deadlock, a lost connection) comes wrapped in a group, and is no bug.
    """
    known = error.subgroup(EntrepotError) if isinstance(error, ExceptionGroup) else None
    if known is not None and isinstance(known.exceptions[0], EntrepotError):
        return show_problem(request, known.exceptions[0])
    log.error("unhandled_error", path=request.url.path, exc_info=error)
    return show_http_problem(request, HTTPException(status_code=500))


def answer(
    request: Request[Any, Any, Any], status: int, code: str, title: str, detail: str, facts: dict[str, Any]
) -> Response[Any] | Template:
    """Return one problem as JSON, toast or page."""
    reference: str = request.scope["state"].get("request_id") or str(new_id())
    # An address without a route never reaches the middleware that adds these.
    headers = {**SECURITY_HEADERS, "x-request-id": reference, "cache-control": "no-store"}
    context = {"title": title, "detail": detail, "status": status, "code": code, "facts": facts}
    shown = {**context, "reference": reference}
    if request.headers.get("HX-Request"):
        toast = HTMXTemplate(
            template_name="_toast.html",
            context={**context, "error": shown, "tone": "danger"},
            re_target="#toasts",
            re_swap="beforeend",
            status_code=status,
        )
        toast.headers.update(headers)
        return toast
    if wants_page(request):
        return Template("problem.html", context={**context, "problem": shown}, status_code=status, headers=headers)
    problem = {
        **facts,
        "type": DOCS + code,
        "title": title,
        "status": status,
        "detail": detail,
        "instance": request.url.path,
        "request_id": reference,
    }
    if status == 401:  # noqa: PLR2004 -- HTTP's own number
        headers["WWW-Authenticate"] = 'Basic realm="entrepot", Bearer'
    return Response(problem, status_code=status, media_type="application/problem+json", headers=headers)


def wants_page(request: Request[Any, Any, Any]) -> bool:
    """Tell a person's browser from a program."""
    return not request.url.path.startswith("/api/") and MediaType.HTML in request.headers.get("accept", "")


HANDLERS: dict[int | type[Exception], Any] = {
    EntrepotError: show_problem,
    HTTPException: show_http_problem,
    NotFoundException: show_http_problem,
    Exception: show_bug,
}
