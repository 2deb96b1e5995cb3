"""Reading what a form or an address of these pages says, and what they share."""

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from litestar import Request

from entrepot.kit.errors import InvalidInputError
from entrepot.kit.i18n import gettext
from entrepot.kit.text import N_
from entrepot.pricing.governor_repository import FreezeRow
from entrepot.pricing.refs import RuleRef, Strategy
from entrepot.pricing.selecting import Selection
from entrepot.pricing.wording import CAUSES, MODES, OUTCOMES, STRATEGIES, TRIGGERS, cause_said

ROWS = 50
TABS = (
    ("overview", N_("Overview"), "/pricing"),
    ("proposals", N_("Proposals"), "/pricing/proposals"),
    ("approvals", N_("Approvals"), "/pricing/approvals"),
    ("decisions", N_("Decisions"), "/pricing/decisions"),
    ("costs", N_("Costs"), "/pricing/costs"),
    ("governor", N_("Governor"), "/pricing/governor"),
    ("backtests", N_("Backtests"), "/pricing/backtests"),
    ("analytics", N_("Analytics"), "/pricing/analytics"),
)
NUMBER = N_("Enter a number, or nothing.")
TIME_ZONES = ("Europe/Amsterdam", "Europe/Brussels", "Europe/Berlin", "Europe/Paris", "Europe/Warsaw", "UTC")


def tabs(active: str) -> list[dict[str, Any]]:
    """Return the tabs that the pages of this slice share."""
    return [{"label": gettext(label), "url": url, "active": key == active} for key, label, url in TABS]


def uuid_of(given: object) -> UUID | None:
    """Return an id, or None."""
    try:
        return UUID(str(given))
    except ValueError:
        return None


def decimal_of(given: str) -> Decimal | None:
    """Return a number with a comma or a point, None for nothing.

    Raises:
        InvalidOperation: it is none.
    """
    written = given.strip().replace(" ", "").replace(",", ".")
    if not written:
        return None
    number = Decimal(written)
    if not number.is_finite() or abs(number) > 10**12:
        raise InvalidOperation
    return number


def whole_of(given: str) -> int | None:
    """Return a whole number, None for nothing or nonsense."""
    written = given.strip()
    return int(written) if written.isdecimal() and len(written) < 10 else None  # noqa: PLR2004 -- fits every column


class Form:
    """The fields of a posted form; collects what is wrong with them."""

    def __init__(self, values: dict[str, str]) -> None:
        self.values = values
        self.problems: dict[str, str] = {}

    @classmethod
    async def of(cls, request: Request[Any, Any, Any]) -> "Form":
        """Read a request's form; of a field that comes several times, the values stand on lines of their own."""
        form = await request.form()
        values: dict[str, str] = {}
        for name, value in form.multi_items():
            text = str(value).replace("\0", "")
            values[name] = f"{values[name]}\n{text}" if name in values else text
        return cls(values)

    def check(self) -> None:
        """Refuse what could not be read.

        Raises:
            InvalidInputError: something could not.
        """
        if self.problems:
            raise InvalidInputError(self.problems)

    def text(self, name: str) -> str:
        return self.values.get(name, "").strip()

    def flag(self, name: str) -> bool:
        return self.text(name) in {"true", "on", "1"}

    def number(self, name: str) -> Decimal | None:
        try:
            return decimal_of(self.text(name))
        except InvalidOperation:
            self.problems[name] = gettext(NUMBER)
            return None

    def whole(self, name: str) -> int | None:
        found = whole_of(self.text(name))
        if found is None and self.text(name):
            self.problems[name] = gettext(NUMBER)
        return found

    def names(self, name: str) -> tuple[str, ...]:
        """Return names separated by commas or lines."""
        return tuple(part.strip() for part in self.text(name).replace(",", "\n").splitlines() if part.strip())

    def ids(self, name: str = "ids") -> list[UUID]:
        """Return the ids that were picked."""
        return [found for part in self.text(name).splitlines() if (found := uuid_of(part)) is not None]

    def selection(self) -> Selection:
        """Return the filter that the fields of :func:`selection_fields` describe."""
        return Selection(
            text=self.text("text")[:200],
            skus=self.names("skus")[:2000],
            tags=self.names("tags")[:2000],
            accounts=tuple(str(one) for one in self.ids("accounts")),
            price_from=self.number("price_from"),
            price_to=self.number("price_to"),
            stock_from=self.whole("stock_from"),
            stock_to=self.whole("stock_to"),
        )


def selection_fields(
    selection: Selection, accounts: list[Any], problems: dict[str, str], *, of_rule: bool = False
) -> list[dict[str, Any]]:
    """Return the fields of a filter over offers."""
    help_text = N_("Empty: every offer of the group.") if of_rule else N_("Empty: every offer.")
    fields: list[dict[str, Any]] = [
        {
            "name": "text",
            "label": gettext(N_("SKU, title or GTIN contains")),
            "value": selection.text,
            "help": gettext(help_text),
        },
        {"name": "tags", "label": gettext(N_("Tags (one of)")), "value": ", ".join(selection.tags), "half": True},
        {"name": "skus", "label": gettext(N_("SKUs (one of)")), "value": ", ".join(selection.skus), "half": True},
        {
            "name": "price_from",
            "label": gettext(N_("Price from")),
            "value": plain(selection.price_from),
            "half": True,
            "inputmode": "decimal",
        },
        {
            "name": "price_to",
            "label": gettext(N_("Price up to")),
            "value": plain(selection.price_to),
            "half": True,
            "inputmode": "decimal",
        },
        {
            "name": "stock_from",
            "label": gettext(N_("Stock from")),
            "value": plain(selection.stock_from),
            "half": True,
            "inputmode": "numeric",
        },
        {
            "name": "stock_to",
            "label": gettext(N_("Stock up to")),
            "value": plain(selection.stock_to),
            "half": True,
            "inputmode": "numeric",
        },
    ]
    if accounts:
        options = [{"value": "", "label": gettext(N_("All accounts"))}]
        options += [{"value": str(one.id), "label": one.name} for one in accounts]
        chosen = selection.accounts[0] if selection.accounts else ""
        fields.append(
            {
                "name": "accounts",
                "label": gettext(N_("Channel account")),
                "type": "select",
                "value": chosen,
                "options": options,
            }
        )
    return completed(fields, problems)


def completed(fields: list[dict[str, Any]], problems: dict[str, str]) -> list[dict[str, Any]]:
    """Return fields with everything that the form's macros look at."""
    empty = {"help": "", "type": "text", "value": "", "required": False, "options": []}
    return [{**empty, **field, "error": problems.get(field["name"], "")} for field in fields]


def plain(number: Decimal | int | None) -> str:
    """Return a number as a form shows it."""
    if number is None:
        return ""
    return f"{number.normalize():f}" if isinstance(number, Decimal) else str(number)


def said(context: dict[str, Any]) -> dict[str, Any]:
    """Return *context* with the words that every page of this slice needs."""
    return {
        **context,
        "modes": MODES,
        "outcomes": OUTCOMES,
        "triggers": TRIGGERS,
        "causes": CAUSES,
        "why_frozen": why_frozen,
        "tr": gettext,  # for texts that may hold a percent sign, which the templates' own would take for a placeholder
    }


def why_frozen(freeze: FreezeRow) -> str:
    """Return why prices were frozen, as a sentence."""
    return cause_said(freeze.cause, freeze.facts).shown


def moment_cursor(moment: datetime, row_id: UUID) -> str:
    """Return where a page of a log ends."""
    return f"{moment.isoformat()}~{row_id}"


def moment_place(cursor: str) -> tuple[datetime, UUID] | None:
    """Return what :func:`moment_cursor` made, or None."""
    moment, _, row_id = cursor.partition("~")
    found = uuid_of(row_id)
    try:
        at = datetime.fromisoformat(moment.replace(" ", "+"))
    except ValueError:
        return None
    return None if found is None or at.tzinfo is None else (at, found)


def strategy_of(rule: RuleRef) -> str:
    """Return what a rule's strategy is called, translatable."""
    return STRATEGIES[Strategy(str(rule.body.get("strategy", Strategy.UNDERCUT)))][0]
