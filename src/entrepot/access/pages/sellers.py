"""Sellers: whose goods and orders they are."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency, Provide
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access import views
from entrepot.access.errors import NameTakenError, UnknownSellerError
from entrepot.access.forms import seller_fields
from entrepot.access.guards import needs
from entrepot.access.http import UNPROCESSABLE, provide_wide, see_other
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.access.service import SellerService
from entrepot.access.service.roles import require_instance
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.i18n import gettext

NAMES = ("name", "currency", "country")


class SellerController(Controller):
    """Sellers, to those who run the hub."""

    path = "/sellers"
    include_in_schema = False
    opt = needs(Right.SELLERS_MANAGE)
    dependencies = {"wide": Provide(provide_wide)}  # noqa: RUF012 -- Litestar's API

    @get()
    async def show_list(self, principal: NamedDependency[Principal], wide: NamedDependency[AsyncSession]) -> Template:
        """List sellers."""
        require_instance(principal, Right.SELLERS_MANAGE)
        return Template("access/sellers.html", context={"rows": await views.sellers(wide)})

    @get("/new")
    async def show_new(self, principal: NamedDependency[Principal]) -> Template:
        """Ask for a seller's name."""
        require_instance(principal, Right.SELLERS_MANAGE)
        return _form(None, {})

    @post()
    async def create(
        self,
        request: Request[Any, Any, Any],
        principal: NamedDependency[Principal],
        wide: NamedDependency[AsyncSession],
    ) -> Template | Redirect:
        """Add a seller."""
        require_instance(principal, Right.SELLERS_MANAGE)
        form = await request.form()
        values = {name: str(form.get(name, "")) for name in NAMES}
        try:
            await SellerService(wide).create(**values)
        except InvalidInputError as error:
            return _form(None, values, error.problems)
        except NameTakenError as error:
            return _form(None, values, {"name": gettext(error.message).format(**error.facts)})
        return see_other("/sellers")

    @get("/{seller_id:uuid}")
    async def show(
        self, principal: NamedDependency[Principal], wide: NamedDependency[AsyncSession], seller_id: UUID
    ) -> Template:
        """Show a seller to edit."""
        require_instance(principal, Right.SELLERS_MANAGE)
        found = next((seller for seller in await views.sellers(wide) if seller.id == seller_id), None)
        if found is None:
            raise UnknownSellerError
        return _form(found, {"name": found.name, "currency": found.currency, "country": found.country})

    @post("/{seller_id:uuid}")
    async def change(
        self,
        request: Request[Any, Any, Any],
        principal: NamedDependency[Principal],
        wide: NamedDependency[AsyncSession],
        seller_id: UUID,
    ) -> Template | Redirect:
        """Change a seller."""
        require_instance(principal, Right.SELLERS_MANAGE)
        form = await request.form()
        values = {name: str(form.get(name, "")) for name in NAMES}
        try:
            await SellerService(wide).change(seller_id, **values)
        except InvalidInputError as error:
            found = next((seller for seller in await views.sellers(wide) if seller.id == seller_id), None)
            return _form(found, values, error.problems)
        return see_other("/sellers")


def _form(seller: views.SellerView | None, values: dict[str, str], problems: dict[str, str] | None = None) -> Template:
    context = {"seller": seller, "fields": seller_fields(values, problems)}
    return Template("access/seller.html", context=context, status_code=UNPROCESSABLE if problems else 200)


ROUTES = [SellerController]
