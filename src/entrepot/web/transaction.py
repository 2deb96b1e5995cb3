"""Where the transaction of a request begins and ends."""

from collections.abc import AsyncGenerator
from typing import Any

from litestar import Request
from litestar.di import NamedDependency
from sqlalchemy.ext.asyncio import AsyncSession

from entrepot.access.principal import Principal
from entrepot.kit.database import SYSTEM, Database
from entrepot.kit.scope import Scope
from entrepot.web.idempotency import claim_key


async def provide_session(
    request: Request[Any, Any, Any], principal: NamedDependency[Principal | None]
) -> AsyncGenerator[AsyncSession]:
    """Give one request one transaction: committed before the response is sent, rolled back on any error.

    It sees what the caller may see, and nothing if nobody is signed in.  The only generator dependency in the product:
    Litestar closes several of them concurrently and wraps what they raise in an ``ExceptionGroup``, which no exception
    handler would recognise.  It asks for the principal as a dependency although the request has it: what does not depend
    on each other, Litestar resolves in tasks of their own, which costs more than the whole of both.
    """
    database: Database = request.app.state.database
    scope = principal.scope if principal else Scope.nobody()
    actor = principal.actor if principal else SYSTEM
    request_id: str = request.scope["state"].get("request_id", "")
    async with database.transaction(scope, actor=actor, request_id=request_id) as session:
        await claim_key(request, session)
        yield session


def provide_principal(request: Request[Any, Any, Any]) -> Principal | None:
    """Give a handler the caller: one whose route needs somebody to be signed in may rely on it."""
    principal: Principal | None = request.scope.get("user")
    return principal
