"""What the check station refuses."""

from entrepot.kit.errors import ConflictError, NotFoundError, RefusedError
from entrepot.kit.text import N_


class NothingToCheckError(RefusedError):
    """Its goods are not off the shelf, or are packed."""

    code = "fulfilment.nothing_to_check"
    title = N_("Nothing to check")
    message = N_("Order {number} cannot be checked: not all of it is picked, or it is packed already.")


class NoCheckStationError(RefusedError):
    """The site has none."""

    code = "fulfilment.no_check_station"
    title = N_("No check station")
    message = N_("Order {number} was picked without a check station: pack it. Stations are switched on under Floor.")


class NoCheckError(NotFoundError):
    """Nobody is checking it."""

    code = "fulfilment.no_check"
    title = N_("Not being checked")
    message = N_("Order {number} is not being checked now. Scan it at the check station first.")


class UnknownThingError(RefusedError):
    """No product has the scanned code."""

    code = "fulfilment.unknown_thing"
    title = N_("Unknown code")
    message = N_("No product has the code “{scanned}”. Scan its label again; put it aside if it has none.")


class DiffersError(RefusedError):
    """Not everything is there, or too much."""

    code = "fulfilment.check_differs"
    title = N_("It differs")
    message = N_("Order {number} differs: {differences}. Count again, send it back, or have it accepted.")


class NothingDiffersError(ConflictError):
    """There is nothing to accept or to send back."""

    code = "fulfilment.nothing_differs"
    title = N_("Nothing differs")
    message = N_("Everything of order {number} is there, and nothing else: finish the check.")


class SurplusError(RefusedError):
    """Only what is missing can be accepted."""

    code = "fulfilment.surplus"
    title = N_("Take it out first")
    message = N_("Take out what does not belong to order {number} before it goes without the rest: {differences}.")


class SetIncompleteError(RefusedError):
    """A set is sent whole or not at all."""

    code = "fulfilment.set_incomplete"
    title = N_("Part of a set")
    message = N_("{sku} is a part of a set in order {number}: a set does not go without it. Send it back to picking.")


class NothingLeftError(RefusedError):
    """Nothing of the order would be sent."""

    code = "fulfilment.nothing_left"
    title = N_("Nothing would be left")
    message = N_("Nothing of order {number} would be left to send. Send it back to picking, or cancel the order.")


class CountError(RefusedError):
    """No such number of things."""

    code = "fulfilment.count"
    title = N_("Check the number")
    message = N_("{counted} cannot be the number of pieces: enter 0 to {most}.")
