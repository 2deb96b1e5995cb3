"""What delivery refuses, in sentences that name the route, the parcel, the order."""

from entrepot.kit.errors import ConflictError, InvalidInputError, NotFoundError, RefusedError
from entrepot.kit.text import N_


class RouteNotFoundError(NotFoundError):
    """No such route, or not one of the caller's."""

    code = "fulfilment.route_not_found"
    title = N_("Route not found")
    message = N_("There is no route {route}. It may belong to another seller or driver; look in the list of routes.")


class StopNotFoundError(NotFoundError):
    """No such stop on the route."""

    code = "fulfilment.stop_not_found"
    title = N_("Stop not found")
    message = N_("Route {route} has no such stop any more. Reload the page.")


class RouteStateError(ConflictError):
    """It is not where somebody thinks it is."""

    code = "fulfilment.route_state"
    title = N_("Not possible now")
    message = N_("Route {route} is “{status}”: this cannot be done now. Reload the page.")


class NotYourRouteError(RefusedError):
    """Somebody else drives it."""

    code = "fulfilment.not_your_route"
    title = N_("Somebody else's route")
    message = N_("Route {route} is driven by {name}. Ask whoever plans the routes to give it to you.")


class EmptyRouteError(RefusedError):
    """Nothing to drive."""

    code = "fulfilment.route_empty"
    title = N_("Nothing on the route")
    message = N_("Route {route} has no stops. Put orders on it first, or cancel it.")


class NotLoadedError(RefusedError):
    """Something still stands in the building."""

    code = "fulfilment.route_not_loaded"
    title = N_("Not everything is loaded")
    message = N_(
        "{count} of {total} parcels of route {route} are not loaded: {missing}. Scan them in, or start without them."
    )


class NothingLoadedError(RefusedError):
    """Nothing would be driven anywhere."""

    code = "fulfilment.route_nothing_loaded"
    title = N_("Nothing loaded")
    message = N_("No order of route {route} is wholly loaded. Scan its parcels in first.")


class ForeignParcelError(RefusedError):
    """It belongs elsewhere."""

    code = "fulfilment.parcel_not_on_route"
    title = N_("Not on this route")
    message = N_("Parcel {parcel} of order {number} is not on route {route}. Take it out of the vehicle: {where}")


class UnknownParcelError(NotFoundError):
    """Nothing has this code."""

    code = "fulfilment.unknown_parcel_code"
    title = N_("Unknown parcel")
    message = N_("No parcel is called “{code}”. Scan the barcode on the parcel's label again.")


class NotDrivableError(RefusedError):
    """The order cannot go on a route."""

    code = "fulfilment.not_drivable"
    title = N_("Not for a route")
    message = N_("Order {number} cannot go on a route: {reason}")


class OnAnotherRouteError(ConflictError):
    """It is on one already."""

    code = "fulfilment.on_another_route"
    title = N_("On a route already")
    message = N_("Order {number} is on route {route} already. Take it off there first.")


class StopSettledError(ConflictError):
    """It was dealt with."""

    code = "fulfilment.stop_settled"
    title = N_("Dealt with already")
    message = N_("Order {number} is “{status}” on this route already. Reload the page.")


class FailReasonError(RefusedError):
    """Nobody said why."""

    code = "fulfilment.fail_reason"
    title = N_("Reason missing")
    message = N_("Choose why order {number} was not delivered; for “Something else” write a few words.")


class NotUndeliveredError(RefusedError):
    """It is not waiting for a decision."""

    code = "fulfilment.not_undelivered"
    title = N_("Nothing to take back")
    message = N_("Order {number} is not in the building: only what a driver brought back can be returned to stock.")


class VehicleNotFoundError(NotFoundError):
    """No such vehicle."""

    code = "fulfilment.vehicle_not_found"
    title = N_("Vehicle not found")
    message = N_("There is no such vehicle. Reload the page.")


class AreaNotFoundError(NotFoundError):
    """No such area."""

    code = "fulfilment.area_not_found"
    title = N_("Area not found")
    message = N_("There is no such delivery area. Reload the page.")


class UnknownDriverError(RefusedError):
    """Not somebody who drives."""

    code = "fulfilment.unknown_driver"
    title = N_("Not a driver")
    message = N_("Choose a driver of the list: someone whose role has the right to drive routes.")


class DeliveryFormError(InvalidInputError):
    """A form of delivery is not filled in rightly."""

    code = "fulfilment.delivery_invalid"


class ProofKindError(RefusedError):
    """Neither a picture nor a PDF."""

    code = "fulfilment.proof_kind"
    title = N_("Not a proof")
    message = N_("The file {name} is no JPEG, PNG or WebP picture and no PDF. Take a photo, or scan the slip as PDF.")


class ProofSizeError(RefusedError):
    """Too big."""

    code = "fulfilment.proof_size"
    title = N_("File too large")
    message = N_("The file {name} is larger than {most} MB. Take the photo with less resolution, or scan it smaller.")


class ProofDamagedError(RefusedError):
    """It cannot be read."""

    code = "fulfilment.proof_damaged"
    title = N_("Damaged picture")
    message = N_("The picture {name} is damaged or cut off. Take it again.")


class SameCarrierError(RefusedError):
    """It goes that way already."""

    code = "fulfilment.same_carrier"
    title = N_("Nothing to change")
    message = N_("Parcel {number} goes with {carrier} already. Choose another carrier or service.")


class ChangeReasonError(RefusedError):
    """Nobody said why."""

    code = "fulfilment.change_reason"
    title = N_("Reason missing")
    message = N_("Say why parcel {number} goes with another carrier: the reason is kept. Write a few words.")


class PointGoneError(RefusedError):
    """The carrier does not list it."""

    code = "fulfilment.point_gone"
    title = N_("Pick-up point not found")
    message = N_("{carrier} has no pick-up point {point} near {postcode} any more. Search again and choose another.")


class TooLateToChooseError(ConflictError):
    """It is labelled, or it left."""

    code = "fulfilment.too_late_to_choose"
    title = N_("Too late")
    message = N_("Order {number} has a label or left already. Cancel its label first, or change the carrier.")
