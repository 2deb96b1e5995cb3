"""Addresses of product pages: two that lead to the same page are written alike."""

import re
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from selectolax.lexbor import LexborHTMLParser

from entrepot.pricewatch.watching.errors import AddressUnusableError

LONGEST = 2000
PORTS = {"http": 80, "https": 443}
TRACKING = re.compile(
    r"^(utm_.*|gclid|gclsrc|gbraid|wbraid|dclid|fbclid|msclkid|yclid|ttclid|twclid|igshid|mc_cid|mc_eid|_ga|_gl|ref_src|"
    r"pk_.*|mtm_.*|matomo_.*|piwik_.*|hsa_.*|_hs.*|hsctatracking|mkt_tok|vero_id|oly_.*|wickedid|cjevent|awc|irclickid|"
    r"clickid|click_id|affid|aff_id|affiliate|affiliate_id|sc_campaign|sc_channel|srsltid|epik|trk|tracking|bltgh|"
    r"emailid|campaignid|adgroupid|adid|spm|scm|pd_rd_.*|pf_rd_.*)$",
    re.IGNORECASE,
)
"""Parameters that say where a visitor came from, not which page they see."""
CANONICAL = 'link[rel="canonical"]'


def normalise(written: str) -> str:
    """Return *written* in the one form in which it is stored.

    The host is lower-case, a usual port and the fragment are dropped, and so are the parameters of advertisements.  What
    is left keeps its order: some shops care.

    Raises:
        AddressUnusableError: it is not the address of a web page.
    """
    given = written.strip()
    if "://" not in given and re.match(r"^[\w-]+(\.[\w-]+)+(/|$|\?)", given):
        given = f"https://{given}"
    try:
        parts = urlsplit(given)
        host, port = (parts.hostname or "").rstrip("."), parts.port
        host = host.encode("idna").decode() if not host.isascii() else host
    except (ValueError, UnicodeError):
        raise AddressUnusableError(url=written[:200]) from None
    scheme = parts.scheme.lower()
    unusable = scheme not in PORTS or not host or len(given) > LONGEST or re.search(r"[\s\x00-\x1f<>\"]", given)
    if unusable or parts.username is not None or parts.password is not None:
        raise AddressUnusableError(url=written[:200])
    host = f"[{host}]" if ":" in host else host
    where = host if port in {None, PORTS[scheme]} else f"{host}:{port}"
    kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if not TRACKING.match(name)]
    query = parts.query if len(kept) == len(parse_qsl(parts.query, keep_blank_values=True)) else urlencode(kept)
    return urlunsplit((scheme, where, parts.path or "/", query, ""))


def domain_of(url: str) -> str:
    """Return the store's host as people call it: without ``www.``, with a port that is not the usual one."""
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.")
    return host if parts.port in {None, PORTS.get(parts.scheme)} else f"{host}:{parts.port}"


def canonical(url: str, body: bytes) -> str:
    """Return the address that the page at *url* calls its own, if that is on the same host; else *url*.

    A canonical link that names another host, or the shop's front page, is a mistake of the shop's: it would make one
    listing of all its pages.
    """
    link = LexborHTMLParser(body).css_first(CANONICAL)
    named = (link.attributes.get("href") or "").strip() if link is not None else ""
    if not named:
        return url
    try:
        found = normalise(urljoin(url, named))
    except AddressUnusableError:
        return url
    front_page = urlsplit(found).path in {"", "/"} and not urlsplit(found).query
    return url if domain_of(found) != domain_of(url) or front_page else found
