"""Templates: where they are, and what every one of them knows."""

import json
import re
from datetime import datetime
from functools import cached_property, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, PrefixLoader, StrictUndefined, Template
from litestar import Request
from litestar.utils.scope.state import ScopeState
from markupsafe import Markup

from entrepot.access.navigation import SECTIONS
from entrepot.access.principal import Principal
from entrepot.kit import i18n
from entrepot.printing.http import here
from entrepot.web.compiled import CompiledTemplates
from entrepot.web.paging import page_links
from entrepot.web.pieces import Pieces
from entrepot.web.slices import SLICES, navigation_items

PACKAGE = Path(str(files("entrepot")))
STATIC = PACKAGE / "web" / "static"
VERSION = "26.11.0"
_PERCENT = re.compile(r"%(?:%|\(\w+\)s)?")


class Assets:
    """Built front-end files, found by the name they had before the build put a hash into it."""

    @cached_property
    def _manifest(self) -> dict[str, str]:
        path = STATIC / "dist" / "manifest.json"
        return json.loads(path.read_bytes()) if path.exists() else {}

    def url(self, name: str) -> str:
        return f"/static/{self._manifest.get(name, name)}"


def _said(text: str) -> str:
    """Translate *text*, which Jinja formats afterwards: a percent sign that begins no placeholder is meant as it stands."""
    told = i18n.gettext(text)
    return _PERCENT.sub(lambda found: found[0] if len(found[0]) > 1 else "%%", told) if "%" in told else told


@lru_cache(maxsize=20_000)
def _told(language: str, text: str) -> Markup:  # noqa: ARG001 -- the key under which it is kept
    """Return *text*, which has no placeholder, translated: most of what a page says, and the same each time."""
    return Markup(_said(text)) % {}  # noqa: S704 -- our own sentence


def _tell(text: str, /, **values: object) -> Markup:
    """Translate *text* and fill in *values*, as Jinja's own does on a longer way."""
    return Markup(_said(text)) % values if values else _told(i18n.locale.get(), text)  # noqa: S704 -- as above


def template_environment() -> Environment:
    """Return the templates: those of slice *x* as ``x/...``, the shared ones without a prefix."""
    slices = PrefixLoader(
        {name: PackageLoader(f"entrepot.{name}") for name in SLICES if (PACKAGE / name / "templates").is_dir()}
    )
    environment = Environment(
        loader=ChoiceLoader([slices, PackageLoader("entrepot.web")]),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=CompiledTemplates.beside(PACKAGE / "web", Path(__file__)),
    )
    environment.template_class = Page
    environment.install_gettext_callables(  # type: ignore[attr-defined]  # added by the extension
        _said, i18n.ngettext, newstyle=True
    )
    asset = Assets().url
    names: dict[str, Any] = {
        "_": _tell,
        "asset": asset,
        "version": VERSION,
        "page_links": page_links,
        "locales": i18n.LOCALES,
        "show_money": i18n.show_money,
        "show_number": i18n.show_number,
        "show_moment": i18n.show_moment,
        "show_day": i18n.show_day,
        **Pieces(asset("icons.svg")).names(),
    }
    environment.globals.update(names)
    filters: dict[str, Any] = {
        "unix": datetime.timestamp,
        "number": i18n.show_number,
        "moment": i18n.show_moment,
        "day": i18n.show_day,
    }
    environment.filters.update(filters)
    return environment


class Page(Template):
    """A template that knows who is looking at it, in which language, and where they can go."""

    def render(self, *args: Any, **kwargs: Any) -> str:  # noqa: ANN401 -- Jinja's signature
        context: dict[str, Any] = dict(*args, **kwargs)
        request: Request[Any, Any, Any] | None = context.get("request")
        if request is None:
            return super().render(context)
        me: Principal | None = request.scope.get("user")
        language = language_of(request)
        i18n.locale.set(language)
        if me is not None:
            i18n.time_zone.set(me.time_zone)
        path = request.url.path
        common: dict[str, Any] = {
            "me": me,
            "can": me.can if me else _nothing,
            "locale": language,
            "theme": request.cookies.get("theme", "auto"),
            "csrf_token": csrf_token(request),
            "live_cursor": request.scope["state"].get("live_cursor") if me else None,  # nothing to hear at the door
            "nav": navigation(me, path),
            "path": path,
            "flash": None,
            "workstation": here(request) if me else None,
        }
        return super().render({**common, **context})


def csrf_token(request: Request[Any, Any, Any]) -> str:
    """Return the token that forms and HTMX send back."""
    token = ScopeState.from_scope(request.scope).csrf_token
    return token if isinstance(token, str) else request.cookies.get("csrftoken", "")


def language_of(request: Request[Any, Any, Any]) -> str:
    """Return the caller's language: their own choice, else what the browser asks for."""
    chosen = request.cookies.get("locale", "")
    if chosen in i18n.LOCALES:
        return chosen
    me: Principal | None = request.scope.get("user")
    return me.locale if me else i18n.preferred(request.headers.get("accept-language", ""))


def navigation(me: Principal | None, path: str) -> list[dict[str, Any]]:
    """Return the sections and entries that *me* may open."""
    if me is None:
        return []
    here = [item.url for item in navigation_items() if path == item.url or path.startswith(item.url + "/")]
    active = max(here, key=len, default="")  # of a list and one below it, the one below
    sections: list[dict[str, Any]] = []
    for key, heading in SECTIONS.items():
        items = [
            {
                "label": i18n.gettext(item.label),
                "url": item.url,
                "icon": item.icon,
                "shortcut": f"g {item.shortcut}" if item.shortcut else None,  # j and k alone walk the rows
                "active": item.url == active,
            }
            for item in sorted(navigation_items(), key=lambda item: item.order)
            if item.section == key and (item.right is None or me.can(item.right))
        ]
        if items:
            sections.append({"label": i18n.gettext(heading), "items": items})
    return sections


def _nothing(right: str) -> bool:  # noqa: ARG001 -- stands in for Principal.can
    return False
