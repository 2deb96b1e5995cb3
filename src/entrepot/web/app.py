"""Assembly of the web application."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from litestar import Litestar, Request
from litestar.config.compression import CompressionConfig
from litestar.config.csrf import CSRFConfig
from litestar.datastructures import CacheControlHeader
from litestar.di import Provide
from litestar.middleware import DefineMiddleware
from litestar.middleware.compression import CompressionMiddleware
from litestar.openapi import OpenAPIConfig
from litestar.plugins.htmx import HTMXPlugin
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.static_files import create_static_files_router
from litestar.template.config import TemplateConfig
from litestar.types import Middleware

from entrepot.access.guards import check_right, open_to_all
from entrepot.kit import i18n
from entrepot.kit.database import Database
from entrepot.kit.secretbox import SecretBox
from entrepot.kit.settings import Settings
from entrepot.web import api, erp_partners, first_run, live, pages
from entrepot.web.application import Application
from entrepot.web.authentication import authentication
from entrepot.web.idempotency import AlreadyAnsweredError, Idempotency, replay
from entrepot.web.problems import HANDLERS
from entrepot.web.rate_limits import RateLimits
from entrepot.web.rendering import STATIC, VERSION, language_of, template_environment
from entrepot.web.request import RequestContext, security_headers
from entrepot.web.slices import routes
from entrepot.web.transaction import provide_principal, provide_session

YEAR = 365 * 24 * 3600

type Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def serve_database(app: Litestar) -> AsyncGenerator[None]:
    """Open what requests need, and close it again."""
    database: Database = app.state.database
    async with database, live.serving(app, database):
        yield


async def speak(request: Request[Any, Any, Any]) -> None:
    """Set the language before the handler runs: what it reads and refuses depends on it, not only what it shows."""
    i18n.locale.set(language_of(request))


def create_app(
    box: SecretBox,
    settings: Settings,
    *,
    database: Database | None = None,
    lifespan: Sequence[Lifespan] | None = None,
    middleware: Sequence[Middleware] = (),
) -> Litestar:
    """Build the application.

    Args:
        box: opens credentials and signs sessions.
        settings: of this process.
        database: the application role's connections; None: whoever serves sets ``app.state.database`` before.
        lifespan: replaces the default one, which opens and closes the database.
        middleware: runs innermost, for tests.
    """
    erp_partners.introduce()
    app = Application(
        route_handlers=[
            *first_run.ROUTES,
            *pages.ROUTES,
            *api.ROUTES,
            *live.ROUTES,
            *routes(),
            create_static_files_router(
                path="/static/dist/assets",
                directories=[STATIC / "dist" / "assets"],
                opt=open_to_all(),
                include_in_schema=False,
                cache_control=CacheControlHeader(public=True, max_age=YEAR, immutable=True),  # names carry a hash
                name="built",
                # Files only: compressing pages that carry a secret token beside a stranger's words gives it away (BREACH).
                middleware=[DefineMiddleware(CompressionMiddleware, config=CompressionConfig(backend="gzip"))],
            ),
            create_static_files_router(
                path="/static", directories=[STATIC], opt=open_to_all(), include_in_schema=False, name="static"
            ),
        ],
        guards=[check_right],
        dependencies={
            "session": Provide(provide_session),
            "principal": Provide(provide_principal, sync_to_thread=False),
        },
        exception_handlers=HANDLERS | {AlreadyAnsweredError: replay},
        middleware=[RequestContext(), authentication(), RateLimits(), Idempotency(), *middleware],
        before_request=speak,
        after_request=security_headers,
        csrf_config=CSRFConfig(
            secret=box.derive("csrf"),
            cookie_secure=settings.secure_cookies,
            cookie_samesite="lax",
            exclude_from_csrf_key="exclude_from_csrf",
            exclude=["^/api/"],
        ),
        plugins=[HTMXPlugin()],
        template_config=TemplateConfig(instance=JinjaTemplateEngine.from_environment(template_environment())),
        openapi_config=OpenAPIConfig(
            title="Entrepot", version=VERSION, path="/api/schema", use_handler_docstrings=True
        ),
        request_max_body_size=settings.max_body_mb * 1024 * 1024,
        lifespan=list(lifespan) if lifespan is not None else [serve_database],
        debug=False,
    )
    app.state.database = database
    app.state.box = box
    app.state.settings = settings
    return app
