"""JTL-Wawi: orders are handed over as XML, stock and tracking are read from its SQL Server database."""

from entrepot.connectors.jtl.connector import JtlConnector
from entrepot.connectors.jtl.credentials import JtlCredentials
from entrepot.erp.contract import ErpCapability
from entrepot.erp.spec import ErpSpec

SPEC = ErpSpec(
    key="jtl",
    name="JTL-Wawi",
    website="https://www.jtl-software.de",
    help_url="https://guide.jtl-software.com/jtl-wawi/orders/importing-sales-orders/",
    capabilities=frozenset({ErpCapability.HAND_OVER_ORDERS, ErpCapability.READ_STOCK, ErpCapability.READ_TRACKING}),
    credentials=JtlCredentials,
    connect=JtlConnector,
)
