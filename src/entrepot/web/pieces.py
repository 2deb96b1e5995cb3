"""The pieces that stand in every cell of a list, written in Python: a macro of Jinja takes ten times as long.

Templates call them through ``components/ui.html``, which tells how.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from markupsafe import Markup, escape

from entrepot.kit import i18n
from entrepot.kit.text import N_

STATUSES = {
    "new": (N_("New"), "info"),
    "open": (N_("Open"), "info"),
    "draft": (N_("Draft"), "neutral"),
    "received": (N_("Received"), "info"),
    "imported": (N_("Imported"), "info"),
    "waiting": (N_("Waiting"), "neutral"),
    "pending": (N_("Pending"), "neutral"),
    "queued": (N_("Queued"), "neutral"),
    "enqueued": (N_("Queued"), "neutral"),
    "scheduled": (N_("Scheduled"), "neutral"),
    "delayed": (N_("Delayed"), "neutral"),
    "needs_attention": (N_("Needs attention"), "danger"),
    "attention": (N_("Needs attention"), "danger"),
    "on_hold": (N_("On hold"), "warning"),
    "held": (N_("On hold"), "warning"),
    "backordered": (N_("Backordered"), "warning"),
    "partly_reserved": (N_("Partly reserved"), "warning"),
    "short": (N_("Short"), "warning"),
    "reserved": (N_("Reserved"), "accent"),
    "released": (N_("Released"), "accent"),
    "handed_over": (N_("Handed over"), "accent"),
    "picking": (N_("Picking"), "info"),
    "picked": (N_("Picked"), "accent"),
    "packing": (N_("Packing"), "info"),
    "packed": (N_("Packed"), "accent"),
    "shipped": (N_("Shipped"), "success"),
    "delivered": (N_("Delivered"), "success"),
    "completed": (N_("Completed"), "success"),
    "done": (N_("Done"), "success"),
    "success": (N_("Succeeded"), "success"),
    "succeeded": (N_("Succeeded"), "success"),
    "closed": (N_("Closed"), "neutral"),
    "cancelled": (N_("Cancelled"), "neutral"),
    "cancel_requested": (N_("Cancellation requested"), "warning"),
    "running": (N_("Running"), "info"),
    "retrying": (N_("Retrying"), "warning"),
    "paused": (N_("Paused"), "warning"),
    "failed": (N_("Failed"), "danger"),
    "error": (N_("Failed"), "danger"),
    "refused": (N_("Refused"), "danger"),
    "active": (N_("Active"), "success"),
    "enabled": (N_("On"), "success"),
    "on": (N_("On"), "success"),
    "inactive": (N_("Inactive"), "neutral"),
    "disabled": (N_("Off"), "neutral"),
    "off": (N_("Off"), "neutral"),
    "import_only": (N_("Import only"), "info"),
    "healthy": (N_("Healthy"), "success"),
    "degraded": (N_("Degraded"), "warning"),
    "archived": (N_("Archived"), "neutral"),
    "expired": (N_("Expired"), "warning"),
    "revoked": (N_("Revoked"), "danger"),
}
"""What a known status is called, and its tone."""
SYMBOLS = {"EUR": "€", "GBP": "£", "USD": "$", "JPY": "¥"}
WHOLE = {"JPY", "KRW", "VND", "CLP", "HUF"}
"""Currencies of which people use no hundredths."""
FORMS = {"date": "%Y-%m-%d", "time": "%H:%M"}
COMMA_LOCALES = {"nl", "de"}
"""Where a comma stands before the fraction, and a point between thousands."""


class Pieces:
    """The pieces, for one set of templates."""

    def __init__(self, icons: str) -> None:
        self._icons = escape(icons)

    def names(self) -> dict[str, Any]:
        """Return what templates may call, by name."""
        return {
            "show_icon": self.icon,
            "show_badge": self.badge,
            "show_status": show_status,
            "show_count": show_count,
            "show_amount": show_amount,
            "show_time": show_time,
        }

    def icon(self, name: str, shape: str = "", label: str | None = None) -> Markup:
        """Return an icon: decorative, or with a *label* that is spoken."""
        spoken = f' role="img" aria-label="{escape(label)}"' if label else ' aria-hidden="true"'
        return Markup(  # noqa: S704 -- every part is escaped
            f'<svg class="icon {escape(shape)}"{spoken}><use href="{self._icons}#i-{escape(name)}"></use></svg>'
        )

    def badge(self, text: object, tone: str = "neutral", icon: str | None = None) -> Markup:
        """Return a word on a coloured ground."""
        drawn = self.icon(icon) if icon else ""
        return Markup(f'<span class="tag tag-{escape(tone)}">{drawn}{escape(text)}</span>')  # noqa: S704 -- as above


def show_status(value: object, label: str | None = None, tone: str | None = None) -> Markup:
    """Return a status as a badge; what is not among :data:`STATUSES` is shown as it is spelt."""
    key = str(value).lower().replace("-", "_")
    known = STATUSES.get(key)
    word = i18n.gettext(known[0]) if known else key.replace("_", " ").capitalize()
    tone = tone or (known[1] if known else "neutral")
    return Markup(f'<span class="tag tag-{escape(tone)} tag-status">{escape(label or word)}</span>')  # noqa: S704 -- as above


def show_count(value: Decimal | float, decimals: int | None = None) -> Markup:
    """Return a number with the separators of the reader's language."""
    return Markup(_separated(f"{value:,}" if decimals is None else f"{value:,.{decimals}f}"))  # noqa: S704 -- digits


def show_amount(amount: Decimal, currency: str) -> Markup:
    """Return an amount of money where the reader's language puts its symbol."""
    language = i18n.locale.get()
    symbol = SYMBOLS.get(currency, currency)
    digits = _separated(f"{abs(amount):,.{0 if currency in WHOLE else 2}f}")
    minus = "\N{MINUS SIGN}" if amount < 0 else ""
    if language == "de":
        shown = f"{minus}{digits}&nbsp;{escape(symbol)}"
    elif language == "nl" or len(symbol) > 1:
        shown = f"{escape(symbol)}&nbsp;{minus}{digits}"
    else:
        shown = f"{minus}{escape(symbol)}{digits}"
    return Markup(f'<span class="money">{shown}</span>')  # noqa: S704 -- as above


def show_time(value: datetime | date | None, style: str = "relative") -> Markup:
    """Return a moment, which the browser shows in the reader's zone: relative, datetime, date or time."""
    if value is None:
        return Markup('<span class="text-secondary">–</span>')
    plain = value.strftime(FORMS.get(style, "%Y-%m-%d %H:%M"))
    return Markup(f'<time datetime="{value.isoformat()}" data-time="{escape(style)}">{plain}</time>')  # noqa: S704 -- as above


def _separated(digits: str) -> str:
    """Return *digits* with the separators of the reader's language: the three differ in nothing else."""
    if i18n.locale.get() in COMMA_LOCALES:
        return digits.replace(",", "\0").replace(".", ",").replace("\0", ".")
    return digits
