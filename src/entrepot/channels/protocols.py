"""Every capability of the contract with the protocol that a connector fulfils for it."""

from collections.abc import Mapping
from typing import Final

from entrepot.channels.contract import PROTOCOLS as SPINE
from entrepot.channels.contract import Capability
from entrepot.channels.contract_market import ReadsMarket
from entrepot.channels.contract_notices import ReceivesNotices
from entrepot.channels.contract_offers import ExportsOffers, ManagesOffers, ReadsHeldStock
from entrepot.channels.contract_returns import HandlesReturns, ReadsReturns

PROTOCOLS: Final[Mapping[Capability, type]] = {
    **SPINE,
    Capability.MANAGE_OFFERS: ManagesOffers,
    Capability.EXPORT_OFFERS: ExportsOffers,
    Capability.READ_HELD_STOCK: ReadsHeldStock,
    Capability.READ_RETURNS: ReadsReturns,
    Capability.HANDLE_RETURNS: HandlesReturns,
    Capability.READ_MARKET: ReadsMarket,
    Capability.RECEIVE_NOTICES: ReceivesNotices,
}
