"""The first run: one page that makes the owner, the first seller and their warehouse, while there is no user yet.

Whoever reaches a new hub first must not become its owner.  The page asks for the code that ``entrepot up`` prints;
somebody who sits at the machine of an embedded instance may go without.
"""

from typing import Any
from urllib.parse import urlsplit

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency, Provide
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.errors import AlreadySetUpError, NameTakenError, WrongSetupCodeError
from entrepot.access.forms import field, new_password_field
from entrepot.access.guards import open_to_all
from entrepot.access.http import (
    UNPROCESSABLE,
    client_address,
    is_loopback,
    keep_session,
    provide_wide,
    see_other,
    user_agent,
)
from entrepot.access.service import SignInService, check_setup_code, set_up, setup_needed
from entrepot.inventory.service import InventoryService
from entrepot.kit.database import Actor, context_of
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.i18n import gettext
from entrepot.kit.settings import Settings
from entrepot.kit.text import N_
from entrepot.web.rendering import language_of

NAMES = ("code", "name", "email", "seller", "currency", "country", "warehouse")
LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
FORWARDING = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


def at_the_machine(request: Request[Any, Any, Any]) -> bool:
    """Tell whether the visitor sits at the machine of an embedded instance.

    The name they called it by must be local too: a foreign page may point its own name at 127.0.0.1.
    """
    settings: Settings = request.app.state.settings
    if settings.database_url is not None or any(name in request.headers for name in FORWARDING):
        return False
    host = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
    return is_loopback(client_address(request)) and host in LOCAL_NAMES


class FirstRunController(Controller):
    """The page that a new hub shows to everyone."""

    path = "/first-run"
    include_in_schema = False
    opt = open_to_all()
    dependencies = {"wide": Provide(provide_wide)}  # noqa: RUF012 -- Litestar's API

    @get()
    async def show(self, request: Request[Any, Any, Any], wide: NamedDependency[AsyncSession]) -> Template | Redirect:
        """Ask for what a hub needs to begin."""
        if not await setup_needed(wide):
            return see_other("/sign-in")
        return _form(request, {"currency": "EUR", "country": "NL"})

    @post()
    async def set_up(
        self, request: Request[Any, Any, Any], wide: NamedDependency[AsyncSession]
    ) -> Response[Any] | Template:
        """Make owner, seller and warehouse, all or nothing, and sign the owner in."""
        form = await request.form()
        values = {name: str(form.get(name, "")).strip() for name in NAMES}
        if not await setup_needed(wide):
            raise AlreadySetUpError
        try:
            if not at_the_machine(request):
                check_setup_code(request.app.state.box, values["code"])
            if not values["warehouse"] or len(values["warehouse"]) > 80:  # noqa: PLR2004 -- as long as a label is wide
                raise InvalidInputError({"warehouse": N_("Give a name of at most 80 characters.")})  # noqa: TRY301
            user, seller = await set_up(
                wide,
                email=values["email"],
                name=values["name"],
                password=str(form.get("password", "")),
                seller=values["seller"],
                currency=values["currency"],
                country=values["country"],
                locale=language_of(request),
            )
        except WrongSetupCodeError as error:
            return _form(request, values, {"code": error.message})
        except InvalidInputError as error:
            return _form(request, values, error.problems)
        except NameTakenError as error:
            return _form(request, values, {"seller": gettext(error.message).format(**error.facts)})
        context_of(wide).actor = Actor("user", str(user.id), user.name)
        await InventoryService(wide).create_warehouse(seller.id, "MAIN", values["warehouse"])
        opened = await SignInService(wide).open(user, address=client_address(request), user_agent=user_agent(request))
        answer: Response[Any] = see_other("/")
        keep_session(answer, request, opened.token)
        return answer


def _form(request: Request[Any, Any, Any], values: dict[str, str], problems: dict[str, str] | None = None) -> Template:
    problems = dict(problems or {})
    seller_problem = problems.pop("seller", "")
    shown = {**problems, "seller": seller_problem}

    def ask(name: str, label: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 -- attributes of a field
        return field(name, label, value=values.get(name, ""), problems=shown, **more)

    code = ask(
        "code", N_("Set-up code"), autocomplete="off", autofocus=True,
        hint=N_("“entrepot up” printed it when it started. It proves that this hub is yours."),
    )  # fmt: skip
    context = {
        "code": [] if at_the_machine(request) else [code],
        "you": [
            ask("name", N_("Your name"), autocomplete="name", half=True),
            ask("email", N_("E-mail address"), kind="email", autocomplete="username", half=True),
            new_password_field(shown, N_("Password")),
        ],
        "shop": [
            ask("seller", N_("Name of your company or shop"), autocomplete="organization"),
            ask("currency", N_("Currency"), half=True, maxlength=3, hint=N_("Three letters, like EUR.")),
            ask("country", N_("Country"), half=True, maxlength=2, hint=N_("Two letters, like NL.")),
        ],
        "place": [ask("warehouse", N_("Name of your warehouse"), hint=N_("Where your goods are, like “Back room”."))],
    }
    return Template("first_run.html", context=context, status_code=UNPROCESSABLE if any(shown.values()) else 200)


ROUTES = [FirstRunController]
