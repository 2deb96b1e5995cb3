"""Passports of the installed connectors."""

from litestar import Controller, get
from litestar.response import Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.rights import Right
from entrepot.channels.pages.accounts import CAPABILITIES
from entrepot.channels.service import ChannelService
from entrepot.operations.passport import KINDS, last_live_checks, passport, passports


class PassportPages(Controller):
    """What each connector can do, and how well that is proven."""

    path = "/connectors"
    include_in_schema = False
    opt = needs(Right.CHANNELS_READ)

    @get()
    async def index(self) -> Template:
        """List the installed connectors."""
        return Template("operations/connectors.html", context={"passports": passports(), "kinds": KINDS})

    @get("/{kind:str}/{key:str}")
    async def show(self, session: AsyncSession, kind: str, key: str) -> Template:
        """Show one passport."""
        found = passport(kind, key)
        accounts = await ChannelService(session).accounts() if kind == "channel" else []
        return Template(
            "operations/connector.html",
            context={
                "passport": found,
                "kinds": KINDS,
                "words": {str(capability): label for capability, label in CAPABILITIES.items()},
                "checks": last_live_checks(list(accounts), key),
            },
        )


ROUTES = [PassportPages]
