"""What a page says about its store as a whole."""

import re

from babel import Locale, UnknownLocaleError
from selectolax.lexbor import LexborHTMLParser

TAG = re.compile(r"^[a-z]{2}([-_][A-Za-z]{2})?$")


def locale_of(body: bytes) -> str:
    """Return the locale that a page names for itself (``de_DE``), or nothing."""
    tree = LexborHTMLParser(body)
    html = tree.css_first("html[lang]")
    social = tree.css_first('meta[property="og:locale"]')
    for node, name in ((social, "content"), (html, "lang")):
        written = (node.attributes.get(name) or "").strip() if node is not None else ""
        if TAG.match(written) and _exists(found := written.replace("-", "_")):
            language, _, country = found.partition("_")
            return f"{language}_{country.upper()}" if country else language
    return ""


def _exists(written: str) -> bool:
    try:
        Locale.parse(written)
    except (ValueError, UnknownLocaleError):
        return False
    return True
