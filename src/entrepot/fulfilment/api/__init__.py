"""The floor for programs."""

from entrepot.fulfilment.api import boards, carriage, carts, floor, scanning, stations

ROUTES = [*boards.ROUTES, *stations.ROUTES, *floor.ROUTES, *carts.ROUTES, *carriage.ROUTES, *scanning.ROUTES]
