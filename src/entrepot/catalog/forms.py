"""The form of a product: its fields as the page shows them, and what comes back as the service takes it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from entrepot.catalog.domain import Kind
from entrepot.catalog.fields import READERS, VAT_CLASSES
from entrepot.catalog.imports import read_components
from entrepot.catalog.views import ProductDetail
from entrepot.kit.i18n import gettext, locale
from entrepot.kit.tabular import CellError, DecimalMark
from entrepot.kit.text import N_

KINDS: dict[str, str] = {Kind.SIMPLE: N_("Simple"), Kind.BUNDLE: N_("Bundle"), Kind.PARENT: N_("Parent of variants")}


@dataclass(slots=True)
class FieldView:
    """A field as the template draws it."""

    name: str
    label: str
    type: str = "text"
    help: str = ""
    value: object = None
    error: str = ""
    required: bool = False
    options: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    half: bool = False
    suffix: str | None = None
    inputmode: str | None = None
    autofocus: bool = False
    rows: int = 3


@dataclass(frozen=True, slots=True)
class Entered:
    """What a form brought back."""

    fields: dict[str, object]
    components: dict[str, int] | None
    parent_sku: str
    version: int | None
    problems: dict[str, str]


def decimal_mark() -> DecimalMark:
    """Return what people of the request's language write before the cents."""
    return "," if locale.get() in {"nl", "de"} else "."


def product_fields(values: Mapping[str, Any], problems: Mapping[str, str], *, new: bool) -> list[FieldView]:
    """Return the fields with what was entered and what is wrong."""

    def text(name: str, label: str, **more: Any) -> FieldView:  # noqa: ANN401 -- options of the dataclass
        return FieldView(name, gettext(label), value=_shown(values.get(name)), error=problems.get(name, ""), **more)

    kinds = [{"value": str(kind), "label": gettext(label)} for kind, label in KINDS.items()]
    classes = [{"value": name, "label": gettext(label)} for name, label in VAT_CLASSES.items()]
    kind = values.get("kind") or Kind.SIMPLE
    shown = [
        text(
            "sku",
            N_("SKU"),
            required=True,
            half=True,
            autofocus=new,
            help=gettext(N_("Your own number of the product.")),
        ),
        text("gtin", N_("GTIN"), half=True, inputmode="numeric", help=gettext(N_("The number under the barcode."))),
        text("title", N_("Title"), required=True),
    ]
    if new:
        shown.append(text("kind", N_("Kind"), type="select", options=kinds, required=True, half=True))
    if new or kind == Kind.BUNDLE:
        shown.append(
            text(
                "components",
                N_("Components"),
                type="textarea",
                help=gettext(N_("Of a bundle: one component per line, SKU and quantity, like MUG-BLUE:2.")),
            )
        )
    if kind == Kind.SIMPLE:
        shown += [
            text(
                "parent_sku",
                N_("Parent SKU"),
                half=True,
                help=gettext(N_("If this is a variant: the SKU of its parent.")),
            ),
            text(
                "options",
                N_("Options"),
                half=True,
                help=gettext(N_("What tells the variant apart, like Colour: red; Size: L.")),
            ),
        ]
    return [
        *shown,
        text("sales_price", N_("Sales price"), half=True, inputmode="decimal"),
        text("sales_currency", N_("Currency"), half=True),
        text("purchase_price", N_("Purchase price"), half=True, inputmode="decimal"),
        text("purchase_currency", N_("Currency"), half=True),
        text("vat_class", N_("VAT class"), type="select", options=classes, required=True, half=True),
        text(
            "buffer",
            N_("Buffer"),
            half=True,
            inputmode="numeric",
            help=gettext(N_("Units withheld from channels, so that a late count does not oversell.")),
        ),
        text("weight_g", N_("Weight"), half=True, suffix="g", inputmode="numeric"),
        text("length_mm", N_("Length"), half=True, suffix="mm", inputmode="numeric"),
        text("width_mm", N_("Width"), half=True, suffix="mm", inputmode="numeric"),
        text("height_mm", N_("Height"), half=True, suffix="mm", inputmode="numeric"),
        text("tags", N_("Tags"), help=gettext(N_("Separated by commas."))),
        text("image_url", N_("Image address"), help=gettext(N_("Pictures can also be attached as documents."))),
        FieldView(
            "active",
            gettext(N_("Active: may be sold")),
            "checkbox",
            value=bool(values.get("active")),
            error=problems.get("active", ""),
        ),
        FieldView("version", "", "hidden", value=values.get("version", "")),
    ]


def values_of(detail: ProductDetail) -> dict[str, Any]:
    """Return what the form of a stored product shows."""
    product = detail.product
    values: dict[str, Any] = {name: getattr(product, name) for name in READERS}
    values["components"] = "\n".join(f"{part.sku}:{part.quantity}" for part in detail.components)
    values["parent_sku"] = detail.parent.sku if detail.parent else ""
    values["version"] = product.version
    return values


def read_form(form: Mapping[str, Any], *, new: bool) -> Entered:
    """Return what was entered; fields that the form did not have are left out."""
    fields: dict[str, object] = {name: str(form[name]) for name in READERS if name in form and name != "active"}
    fields["active"] = form.get("active") == "true"
    if not new:
        fields.pop("kind", None)
    problems: dict[str, str] = {}
    components: dict[str, int] | None = None
    if str(form.get("components", "")).strip() or (not new and "components" in form):
        try:
            components = read_components(str(form["components"]))
        except CellError as error:
            problems["components"] = error.sentence
    version = str(form.get("version", ""))
    return Entered(
        fields,
        components,
        str(form.get("parent_sku", "")).strip(),
        int(version) if version.isdecimal() else None,
        problems,
    )


def _shown(value: object) -> str:
    match value:
        case None:
            return ""
        case Decimal():
            return f"{value.normalize():f}".replace(".", decimal_mark())
        case list():
            return ", ".join(map(str, value))
        case dict():
            return "; ".join(f"{name}: {content}" for name, content in value.items())
        case _:
            return str(value)
