"""The floor for programs."""

from entrepot.fulfilment.api import (
    boards,
    carriage,
    carts,
    delivery,
    fleet,
    floor,
    packing,
    packing_sites,
    routes,
    scanning,
    stations,
)

ROUTES = [
    *boards.ROUTES,
    *stations.ROUTES,
    *packing.ROUTES,
    *packing_sites.ROUTES,
    *floor.ROUTES,
    *carts.ROUTES,
    *carriage.ROUTES,
    *scanning.ROUTES,
    *delivery.ROUTES,
    *routes.ROUTES,
    *fleet.ROUTES,
]
