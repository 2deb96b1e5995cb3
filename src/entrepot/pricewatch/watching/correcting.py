"""Correcting a store from the page that it reads wrongly."""

from collections.abc import Mapping

import msgspec

from entrepot.pricewatch.watching.stores import StoreDraft


def corrected(draft: StoreDraft, entered: Mapping[str, str]) -> StoreDraft:
    """Return *draft* with the selectors, locale and currency that were entered."""
    return msgspec.structs.replace(
        draft,
        selectors=tuple(line for line in entered.get("selectors", "").splitlines() if line.strip()),
        locale=entered.get("locale", draft.locale).strip(),
        currency=entered.get("currency", draft.currency).strip().upper(),
    )
