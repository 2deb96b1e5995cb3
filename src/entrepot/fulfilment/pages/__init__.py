"""Pages of the floor: release, pick, pack, shipments, carriers."""

from entrepot.access.navigation import NavItem
from entrepot.access.rights import Right
from entrepot.fulfilment.pages import (
    boards,
    carriers,
    floor,
    manifests,
    mapping,
    on_orders,
    pack,
    pick,
    problems,
    release,
    rules,
    scanning,
    shipments,
)
from entrepot.kit.text import N_

on_orders.register()

ROUTES = [
    *boards.ROUTES,
    *floor.ROUTES,
    *release.ROUTES,
    *pick.ROUTES,
    *pack.ROUTES,
    *shipments.ROUTES,
    *carriers.ROUTES,
    *mapping.ROUTES,
    *rules.ROUTES,
    *problems.ROUTES,
    *manifests.ROUTES,
    *scanning.ROUTES,
]
NAV = [
    NavItem(
        section="floor",
        label=N_("Floor"),
        url="/fulfilment/floor",
        icon="list-check",
        right=Right.FULFILMENT_READ,
        order=5,
    ),
    NavItem(
        section="floor",
        label=N_("Boards"),
        url="/fulfilment/boards",
        icon="device-desktop",
        right=Right.FULFILMENT_READ,
        shortcut="b",
        order=7,
    ),
    NavItem(
        section="floor",
        label=N_("Pick"),
        url="/fulfilment/pick",
        icon="basket",
        right=Right.FULFILMENT_READ,
        shortcut="k",
        order=10,
    ),
    NavItem(
        section="floor",
        label=N_("Scan"),
        url="/fulfilment/scan",
        icon="scan",
        right=Right.FULFILMENT_PICK,
        order=12,
    ),
    NavItem(
        section="floor",
        label=N_("Pack"),
        url="/fulfilment/pack",
        icon="package",
        right=Right.FULFILMENT_READ,
        order=20,
    ),
    NavItem(
        section="floor",
        label=N_("Shipments"),
        url="/fulfilment/shipments",
        icon="truck",
        right=Right.FULFILMENT_READ,
        order=30,
    ),
    NavItem(
        section="run",
        label=N_("Carriers"),
        url="/carriers",
        icon="truck-delivery",
        right=Right.CARRIERS_MANAGE,
        order=60,
    ),
]
