"""What consolidating refuses."""

from entrepot.kit.errors import ConflictError, NotFoundError, RefusedError
from entrepot.kit.text import N_


class TooFewError(RefusedError):
    """One order is no group."""

    code = "fulfilment.group_too_few"
    title = N_("Choose more orders")
    message = N_("Choose at least two orders that go to one address: {count} is no group.")


class OtherSellerError(RefusedError):
    """Never across sellers."""

    code = "fulfilment.group_seller"
    title = N_("Two sellers")
    message = N_("Orders {number} and {other} belong to two sellers: they are never packed together.")


class OtherAddressError(RefusedError):
    """One parcel has one address."""

    code = "fulfilment.group_address"
    title = N_("Two addresses")
    message = N_("Order {number} goes to {address}, and order {other} to {other_address}: one parcel has one address.")


class TooLateToGroupError(RefusedError):
    """It is packed, or over."""

    code = "fulfilment.group_too_late"
    title = N_("Too late")
    message = N_("Order {number} cannot be packed with others any more: it is packed, it left, or it is cancelled.")


class GroupedAlreadyError(ConflictError):
    """It waits in another group."""

    code = "fulfilment.grouped_already"
    title = N_("In a group already")
    message = N_("Order {number} is in group {group} already. Take it out there first.")


class GroupNotFoundError(NotFoundError):
    """No such group, or not one of the caller's."""

    code = "fulfilment.group_not_found"
    title = N_("Group not found")
    message = N_("There is no group {group}, or it is over. It may belong to another seller.")


class GroupWaitsError(RefusedError):
    """The others are not there yet."""

    code = "fulfilment.group_waits"
    title = N_("Waits for others")
    message = N_(
        "Order {number} waits for {others} of group {group}, until {until} UTC. Put it on its place, or let the group go on."
    )
