"""Every right there is.  A role is a set of them; a route or a remote call names the one it needs."""

from enum import StrEnum

from entrepot.kit.text import N_


class Right(StrEnum):
    """``slice.verb``.  Reading and changing are apart; what concerns the whole instance is in :data:`INSTANCE`."""

    CATALOG_READ = "catalog.read"
    CATALOG_WRITE = "catalog.write"
    INVENTORY_READ = "inventory.read"
    INVENTORY_WRITE = "inventory.write"
    INVENTORY_COUNT = "inventory.count"
    WAREHOUSES_MANAGE = "warehouses.manage"
    CHANNELS_READ = "channels.read"
    CHANNELS_MANAGE = "channels.manage"
    ERP_READ = "erp.read"
    ERP_MANAGE = "erp.manage"
    OFFERS_READ = "offers.read"
    OFFERS_MANAGE = "offers.manage"
    PRICEWATCH_READ = "pricewatch.read"
    PRICEWATCH_MANAGE = "pricewatch.manage"
    PRICING_READ = "pricing.read"
    PRICING_MANAGE = "pricing.manage"
    PRICING_APPROVE = "pricing.approve"
    ORDERS_READ = "orders.read"
    ORDERS_WRITE = "orders.write"
    ORDERS_CANCEL = "orders.cancel"
    INVOICES_IMPORT = "invoices.import"
    INVOICES_MANAGE = "invoices.manage"
    FULFILMENT_READ = "fulfilment.read"
    FULFILMENT_RELEASE = "fulfilment.release"
    FULFILMENT_PICK = "fulfilment.pick"
    FULFILMENT_PACK = "fulfilment.pack"
    FULFILMENT_SHIP = "fulfilment.ship"
    FULFILMENT_SUPERVISE = "fulfilment.supervise"
    FULFILMENT_FORCE = "fulfilment.force"
    ROUTES_PLAN = "routes.plan"
    ROUTES_DRIVE = "routes.drive"
    CARRIERS_MANAGE = "carriers.manage"
    RETURNS_READ = "returns.read"
    RETURNS_HANDLE = "returns.handle"
    PRINTING_READ = "printing.read"
    PRINTING_PRINT = "printing.print"
    PRINTING_MANAGE = "printing.manage"
    PRINTING_AGENT = "printing.agent"
    JOBS_READ = "jobs.read"
    JOBS_MANAGE = "jobs.manage"
    BADGES_MANAGE = "badges.manage"
    API_KEYS_MANAGE = "api_keys.manage"
    USERS_MANAGE = "users.manage"
    SELLERS_MANAGE = "sellers.manage"
    AUDIT_READ = "audit.read"
    OPERATIONS_READ = "operations.read"


INSTANCE = frozenset({Right.SELLERS_MANAGE, Right.OPERATIONS_READ})
"""Rights over the whole instance: only a role that reaches every seller gives them."""

FLOOR = frozenset({
    Right.CATALOG_READ,
    Right.INVENTORY_READ,
    Right.INVENTORY_WRITE,
    Right.INVENTORY_COUNT,
    Right.ORDERS_READ,
    Right.FULFILMENT_READ,
    Right.FULFILMENT_RELEASE,
    Right.FULFILMENT_PICK,
    Right.FULFILMENT_PACK,
    Right.FULFILMENT_SHIP,
    Right.FULFILMENT_SUPERVISE,
    Right.RETURNS_READ,
    Right.RETURNS_HANDLE,
    Right.ROUTES_DRIVE,
    Right.PRINTING_READ,
    Right.PRINTING_PRINT,
})  # fmt: skip
"""All that a badge ever opens, of what its holder may do; the rest asks for the password."""

LABELS: dict[Right, str] = {
    Right.CATALOG_READ: N_("See products"),
    Right.CATALOG_WRITE: N_("Change products"),
    Right.INVENTORY_READ: N_("See stock"),
    Right.INVENTORY_WRITE: N_("Receive, move and adjust stock"),
    Right.INVENTORY_COUNT: N_("Count stock"),
    Right.WAREHOUSES_MANAGE: N_("Set up warehouses and locations"),
    Right.CHANNELS_READ: N_("See channel accounts"),
    Right.CHANNELS_MANAGE: N_("Connect and change channel accounts"),
    Right.ERP_READ: N_("See ERP accounts"),
    Right.ERP_MANAGE: N_("Connect and change ERP accounts"),
    Right.OFFERS_READ: N_("See offers"),
    Right.OFFERS_MANAGE: N_("Change offers"),
    Right.PRICEWATCH_READ: N_("See watched prices"),
    Right.PRICEWATCH_MANAGE: N_("Watch prices and set up stores"),
    Right.PRICING_READ: N_("See pricing rules and why a price is what it is"),
    Right.PRICING_MANAGE: N_("Change pricing rules and apply prices"),
    Right.PRICING_APPROVE: N_("Approve large price changes and resume after a freeze"),
    Right.ORDERS_READ: N_("See orders"),
    Right.ORDERS_WRITE: N_("Change orders"),
    Right.ORDERS_CANCEL: N_("Cancel orders"),
    Right.INVOICES_IMPORT: N_("Bring in invoices, and settle what is wrong with them"),
    Right.INVOICES_MANAGE: N_("Set up the programs that send invoices"),
    Right.FULFILMENT_READ: N_("See the warehouse floor"),
    Right.FULFILMENT_RELEASE: N_("Release orders to picking"),
    Right.FULFILMENT_PICK: N_("Pick"),
    Right.FULFILMENT_PACK: N_("Pack"),
    Right.FULFILMENT_SHIP: N_("Ship"),
    Right.FULFILMENT_SUPERVISE: N_("Run the floor: express, priorities, many lists at once, stations"),
    Right.FULFILMENT_FORCE: N_("Force an order to another stage"),
    Right.ROUTES_PLAN: N_("Plan routes, vehicles, areas and cut-off times"),
    Right.ROUTES_DRIVE: N_("Drive routes: load, deliver, failed attempts"),
    Right.CARRIERS_MANAGE: N_("Connect and change carriers"),
    Right.RETURNS_READ: N_("See returns"),
    Right.RETURNS_HANDLE: N_("Handle returns"),
    Right.PRINTING_READ: N_("See the print queue"),
    Right.PRINTING_PRINT: N_("Print, print again and cancel print jobs"),
    Right.PRINTING_MANAGE: N_("Set up workstations and printers"),
    Right.PRINTING_AGENT: N_("Fetch print jobs (for the print agent)"),
    Right.JOBS_READ: N_("See jobs"),
    Right.JOBS_MANAGE: N_("Run, cancel and schedule jobs"),
    Right.BADGES_MANAGE: N_("Give out badges and enrol shared devices"),
    Right.API_KEYS_MANAGE: N_("Make and revoke API keys"),
    Right.USERS_MANAGE: N_("Manage users and roles"),
    Right.SELLERS_MANAGE: N_("Manage sellers"),
    Right.AUDIT_READ: N_("See the audit log"),
    Right.OPERATIONS_READ: N_("See the instance's operation"),
}
