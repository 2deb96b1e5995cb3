"""Entering an order by hand."""

from typing import Any

from litestar import Controller, Request, get, post
from litestar.response import Redirect, Template
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.guards import needs
from entrepot.access.principal import Principal
from entrepot.access.rights import Right
from entrepot.channels.http import form_values, see_other
from entrepot.kit.errors import InvalidInputError
from entrepot.kit.i18n import gettext
from entrepot.orders.errors import ReferenceTakenError
from entrepot.orders.forms import address_fields, line_fields, new_order_fields, read_new_order
from entrepot.orders.service import OrderService

UNPROCESSABLE = 422


class EntryController(Controller):
    """A new order."""

    path = "/orders"
    include_in_schema = False
    opt = needs(Right.ORDERS_WRITE)

    @get("/new")
    async def ask(self) -> Template:
        """Ask for the order."""
        return _page({"country": "NL"}, {})

    @post("/new")
    async def enter(
        self, request: Request[Any, Any, Any], principal: Principal, session: AsyncSession
    ) -> Template | Redirect:
        """Store it, and show it."""
        values = await form_values(request)
        try:
            order_id = await OrderService(session).create(principal.seller_id(), read_new_order(values))
        except InvalidInputError as error:
            return _page(values, error.problems, UNPROCESSABLE)
        except ReferenceTakenError as error:
            return _page(values, {"number": gettext(error.message).format(**error.facts)}, UNPROCESSABLE)
        return see_other(f"/orders/{order_id}")


def _page(values: dict[str, str], problems: dict[str, str], status: int = 200) -> Template:
    context = {
        "head": new_order_fields(values, problems),
        "address": address_fields(values, problems),
        "lines": line_fields(values, problems),
    }
    return Template("orders/new.html", context=context, status_code=status)
