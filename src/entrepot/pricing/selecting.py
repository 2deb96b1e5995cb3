"""Which offers are meant: a saved query over offers and their products, as data and as SQL."""

from decimal import Decimal
from typing import Annotated

import msgspec
from msgspec import Meta

from entrepot.kit.errors import InvalidInputError
from entrepot.kit.i18n import gettext
from entrepot.kit.text import N_

MOST_NAMES = 2_000
"""SKUs or tags of one selection."""

type Names = Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=200)], ...], Meta(max_length=MOST_NAMES)]
type Units = Annotated[int, Meta(ge=0, le=1_000_000_000)]


class Selection(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Everything that is set must hold; of several names in one field, one must."""

    text: Annotated[str, Meta(max_length=200)] = ""
    """Part of SKU, title, GTIN or the channel's number."""
    skus: Names = ()
    tags: Names = ()
    accounts: Names = ()
    """Ids of channel accounts."""
    price_from: Decimal | None = None
    price_to: Decimal | None = None
    stock_from: Units | None = None
    stock_to: Units | None = None

    @property
    def criteria(self) -> int:
        """How many things it asks for: the more, the more specific."""
        return len(msgspec.to_builtins(self))


EVERYTHING = Selection()

JOINED = """offer o
    LEFT JOIN product p ON p.seller_id = o.seller_id AND p.id = o.product_id
    LEFT JOIN offer_price op ON op.offer_id = o.id"""
"""What a selection looks at."""


def matches(column: str) -> str:
    """Return SQL that says whether the offer ``o`` (see :data:`JOINED`) fits the selection stored in *column*."""
    return f"""(
        (NOT jsonb_exists({column}, 'text') OR position(lower({column}->>'text') IN
            o.search_text || ' ' || lower(coalesce(p.sku, '') || ' ' || coalesce(p.title, ''))) > 0)
        AND (NOT jsonb_exists({column}, 'skus')
            OR jsonb_exists({column}->'skus', coalesce(p.sku, o.sku)))
        AND (NOT jsonb_exists({column}, 'tags') OR EXISTS (
            SELECT FROM jsonb_array_elements_text({column}->'tags') t WHERE jsonb_exists(p.tags, t)))
        AND (NOT jsonb_exists({column}, 'accounts') OR jsonb_exists({column}->'accounts', o.account_id::text))
        AND (NOT jsonb_exists({column}, 'price_from') OR op.published_price >= ({column}->>'price_from')::numeric)
        AND (NOT jsonb_exists({column}, 'price_to') OR op.published_price <= ({column}->>'price_to')::numeric)
        AND (NOT jsonb_exists({column}, 'stock_from')
            OR coalesce(o.wanted_quantity, o.channel_quantity) >= ({column}->>'stock_from')::int)
        AND (NOT jsonb_exists({column}, 'stock_to')
            OR coalesce(o.wanted_quantity, o.channel_quantity) <= ({column}->>'stock_to')::int)
    )"""


def checked(selection: Selection) -> Selection:
    """Return *selection* without blanks.

    Raises:
        InvalidInputError: a range is empty.
    """
    problems: dict[str, str] = {}
    backwards = N_("This is less than where it begins.")
    if (
        selection.price_from is not None
        and selection.price_to is not None
        and selection.price_to < selection.price_from
    ):
        problems["price_to"] = gettext(backwards)
    if (
        selection.stock_from is not None
        and selection.stock_to is not None
        and selection.stock_to < selection.stock_from
    ):
        problems["stock_to"] = gettext(backwards)
    if problems:
        raise InvalidInputError(problems)
    return msgspec.structs.replace(
        selection,
        text=selection.text.strip(),
        skus=tuple(dict.fromkeys(name.strip() for name in selection.skus if name.strip())),
        tags=tuple(dict.fromkeys(name.strip() for name in selection.tags if name.strip())),
        accounts=tuple(dict.fromkeys(selection.accounts)),
    )
