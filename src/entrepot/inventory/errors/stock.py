"""What the stock refuses, in sentences."""

from entrepot.kit.errors import ConflictError, NotFoundError, RefusedError
from entrepot.kit.text import N_


class QuantityError(RefusedError):
    """A quantity nobody can mean."""

    code = "inventory.bad_quantity"
    title = N_("Not a quantity")
    message = N_("{quantity} is not a quantity of {what}. Enter a whole number from 1 to {most}.")


class NothingToAdjustError(RefusedError):
    """An adjustment by zero, or beyond every bound."""

    code = "inventory.nothing_to_adjust"
    title = N_("Nothing to adjust")
    message = N_(
        "An adjustment of {quantity} changes nothing or too much. Enter how many units more or fewer there "
        "are, up to {most}."
    )


class ReasonMissingError(RefusedError):
    """Every adjustment is explained."""

    code = "inventory.reason_missing"
    title = N_("Reason missing")
    message = N_("Say why the stock of {sku} changes: the ledger keeps the reason.")


class UnknownProductError(NotFoundError):
    """No such product for this seller."""

    code = "inventory.unknown_product"
    title = N_("Unknown product")
    message = N_("No product has the SKU or barcode “{code}”. Scan again, or create the product first.")


class NotStockedError(RefusedError):
    """A bundle or a parent of variants has no stock of its own."""

    code = "inventory.not_stocked"
    title = N_("Has no stock of its own")
    message = N_("{sku} is made of other products and never lies on a shelf. Scan what is in it instead.")


class UnknownLocationError(NotFoundError):
    """No such location."""

    code = "inventory.unknown_location"
    title = N_("Unknown location")
    message = N_("No location has the code or barcode “{code}”. Scan the label of the location again.")


class AmbiguousLocationError(RefusedError):
    """The same barcode hangs in several buildings."""

    code = "inventory.ambiguous_location"
    title = N_("Which warehouse?")
    message = N_("“{code}” exists in several warehouses. Choose the warehouse first.")


class UnknownWarehouseError(NotFoundError):
    """No such warehouse."""

    code = "inventory.unknown_warehouse"
    title = N_("Unknown warehouse")
    message = N_("There is no warehouse “{code}”.")


class WrongWarehouseError(RefusedError):
    """Goods do not jump from building to building."""

    code = "inventory.wrong_warehouse"
    title = N_("Another warehouse")
    message = N_("{to} is in another warehouse than {origin}. Choose a location in the same building.")


class SameLocationError(RefusedError):
    """From somewhere to the same place."""

    code = "inventory.same_location"
    title = N_("Already there")
    message = N_("The goods already lie in {location}. Scan the location they go to.")


class NotEnoughHereError(RefusedError):
    """The location holds fewer units than are to leave it."""

    code = "inventory.not_enough_here"
    title = N_("Not enough there")
    message = N_(
        "{quantity} of {sku} cannot leave {location}: {on_hand} are there. Count the location if the shelf "
        "says otherwise."
    )


class ReservedHereError(RefusedError):
    """What is promised to orders stays where the pick list says it is."""

    code = "inventory.reserved_here"
    title = N_("Reserved for orders")
    message = N_(
        "{quantity} of {sku} cannot leave {location}: {reserved} of the {on_hand} there are reserved for "
        "orders. Take {free} at most, or choose that the reservations go along."
    )


class ReservedAdjustError(RefusedError):
    """An adjustment would take what is promised."""

    code = "inventory.reserved_adjust"
    title = N_("Reserved for orders")
    message = N_(
        "{sku} in {location} cannot go down by {quantity}: {reserved} of the {on_hand} there are reserved for "
        "orders. Release those orders, or count the location: a count names the orders that lose their goods."
    )


class TooMuchStockError(RefusedError):
    """The sum leaves every bound."""

    code = "inventory.too_much"
    title = N_("Too much")
    message = N_("With {quantity} more there would be over {most} of {sku}. Check the quantity.")


class UnknownReservationError(NotFoundError):
    """The reservation is gone."""

    code = "inventory.unknown_reservation"
    title = N_("No longer reserved")
    message = N_("This pick is no longer reserved: the order was changed, released or shipped. Refresh the pick list.")


class PickTooMuchError(RefusedError):
    """More picked than promised."""

    code = "inventory.pick_too_much"
    title = N_("More than ordered")
    message = N_("{quantity} of {sku} cannot be picked from {location}: the order takes {reserved} from there.")


class AlreadyPickedError(ConflictError):
    """It stands in staging already."""

    code = "inventory.already_picked"
    title = N_("Already picked")
    message = N_("{sku} for this order is already in {location}.")


class NotPickedError(RefusedError):
    """Only what was picked leaves the building."""

    code = "inventory.not_picked"
    title = N_("Not picked yet")
    message = N_("{quantity} of {sku} still lie in {location}. Pick them before the order is shipped.")


class CodeTakenError(ConflictError):
    """Codes are unique within a warehouse, and warehouses' codes within a seller."""

    code = "inventory.code_taken"
    title = N_("Code in use")
    message = N_("The code “{code}” is already in use. Choose another one.")


class BadCodeError(RefusedError):
    """A code that no label should carry."""

    code = "inventory.bad_code"
    title = N_("Not a code")
    message = N_("“{code}” cannot be a code: use 1 to 40 letters, digits, dots, dashes or underscores.")


class BadCapacityError(RefusedError):
    """Slots only in boxes, and not thousands."""

    code = "inventory.bad_capacity"
    title = N_("Not a capacity")
    message = N_("A box has 1 to {most} numbered slots, and only boxes have them; {capacity} is not possible.")


class BadTimeZoneError(RefusedError):
    """A time zone that does not exist."""

    code = "inventory.bad_time_zone"
    title = N_("Unknown time zone")
    message = N_("“{zone}” is not a time zone. Choose one such as Europe/Amsterdam.")


class SharedWarehouseError(RefusedError):
    """The fulfiller's own building is arranged by the fulfiller."""

    code = "inventory.shared_warehouse"
    title = N_("Shared warehouse")
    message = N_(
        "The warehouse {code} is shared by all sellers. Only someone who works for the whole hub can change it."
    )


class UnknownCountError(NotFoundError):
    """No such count."""

    code = "inventory.unknown_count"
    title = N_("Unknown count")
    message = N_("There is no such count. It may have been removed with its seller.")


class CountClosedError(ConflictError):
    """Approved or cancelled already."""

    code = "inventory.count_closed"
    title = N_("Count closed")
    message = N_("The count “{title}” is closed. Open a new one to count again.")


class CountUnfinishedError(RefusedError):
    """Some lines were not counted."""

    code = "inventory.count_unfinished"
    title = N_("Not everything counted")
    message = N_("{open} of {lines} lines of “{title}” are not counted yet. Count them, or enter 0 where nothing lies.")


class NothingToCountError(RefusedError):
    """The chosen part of the warehouse is empty."""

    code = "inventory.nothing_to_count"
    title = N_("Nothing to count")
    message = N_("No product is recorded in {location}. Receive or move goods there first, or choose another part.")


class OutsideCountError(RefusedError):
    """A place that was not asked for."""

    code = "inventory.outside_count"
    title = N_("Not part of this count")
    message = N_("{location} is not part of the count “{title}”. Count it on a count of its own.")


class BadMomentError(RefusedError):
    """A moment that cannot be read, or has not come."""

    code = "inventory.bad_moment"
    title = N_("Not a moment")
    message = N_("“{moment}” is not a moment in the past. Write it like 2026-11-20T17:00.")


class BadCursorError(RefusedError):
    """A cursor that was not one of ours."""

    code = "inventory.bad_cursor"
    title = N_("Not a cursor")
    message = N_(
        "“{cursor}” is not a cursor. Leave it out for the first page, then use “next” of each answer as it is."
    )
