"""What the floor refuses, in sentences that name the thing."""

from entrepot.kit.errors import ConflictError, InvalidInputError, NotFoundError, RefusedError, UnavailableError
from entrepot.kit.text import N_


class NothingToReleaseError(RefusedError):
    """None of the chosen orders can be picked."""

    code = "fulfilment.nothing_to_release"
    title = N_("Nothing to release")
    message = N_("None of the {count} chosen orders can be picked now: {reason}")


class PickListNotFoundError(NotFoundError):
    """No such list, or not one of the caller's."""

    code = "fulfilment.list_not_found"
    title = N_("Pick list not found")
    message = N_("There is no pick list {number}. It may belong to another seller; look in the list of pick lists.")


class PickListClosedError(ConflictError):
    """The list is finished or cancelled."""

    code = "fulfilment.list_closed"
    title = N_("Pick list closed")
    message = N_("Pick list {number} is finished. Take the next one.")


class PickListTakenError(ConflictError):
    """Somebody else works on it."""

    code = "fulfilment.list_taken"
    title = N_("Somebody else has it")
    message = N_("{name} is picking list {number}. Take other work, or take it over on the list's page.")


class UnknownWorkError(NotFoundError):
    """The scanned code names nothing to pick."""

    code = "fulfilment.unknown_work"
    title = N_("Nothing to pick has this code")
    message = N_(
        "No order and no pick list is called “{scanned}”. Scan the barcode on the order's sheet or on the list."
    )


class PickLineNotFoundError(NotFoundError):
    """The list has no such line."""

    code = "fulfilment.line_not_found"
    title = N_("Pick line not found")
    message = N_("The list has no such line any more. Reload it.")


class AlreadyPickedError(ConflictError):
    """Somebody else was quicker, or it was skipped."""

    code = "fulfilment.already_picked"
    title = N_("Already done")
    message = N_("{sku} from {location} is dealt with already. Here is what comes next.")


class PickedTooMuchError(RefusedError):
    """More units than the line wants."""

    code = "fulfilment.picked_too_much"
    title = N_("Too many")
    message = N_("{quantity} of {sku} are too many: {left} are still to be picked from {location}. Put the rest back.")


class WrongProductError(RefusedError):
    """A known product, but another one."""

    code = "fulfilment.wrong_product"
    title = N_("Wrong product")
    message = N_("That is SKU {scanned} from {found}; you need {sku} from {location}.")


class StrayProductError(RefusedError):
    """A known product that should not be here at all."""

    code = "fulfilment.stray_product"
    title = N_("Wrong product")
    message = N_("That is SKU {scanned}, which has no place in the books; you need {sku} from {location}.")


class WrongLocationError(RefusedError):
    """A known location, but another one."""

    code = "fulfilment.wrong_location"
    title = N_("Wrong location")
    message = N_("That is location {scanned}; go to {location} for {sku}.")


class UnknownCodeError(RefusedError):
    """Nothing has this code."""

    code = "fulfilment.unknown_code"
    title = N_("Unknown code")
    message = N_("Nothing here has the code “{scanned}”. You need {sku} from {location}: scan its label again.")


class ToteMissingError(RefusedError):
    """The order has no tote yet, and the site wants one."""

    code = "fulfilment.tote_missing"
    title = N_("No tote yet")
    message = N_("Order {number} has no tote yet. Scan one for it first, on the page of the cart.")


class ToteFirstError(RefusedError):
    """The site wants totes scanned."""

    code = "fulfilment.tote_first"
    title = N_("Scan the tote")
    message = N_("Scan {sku}, then tote {tote} of order {number}: the button is not enough here.")


class StockGoneError(ConflictError):
    """The reservation is not there any more."""

    code = "fulfilment.stock_gone"
    title = N_("No longer reserved")
    message = N_("{sku} at {location} is no longer reserved for order {number}. Report it as short; the list goes on.")


class NothingPickedError(RefusedError):
    """There is nothing to undo."""

    code = "fulfilment.nothing_picked"
    title = N_("Nothing to undo")
    message = N_("{sku} was not picked from {location}, so there is nothing to undo.")


class TooLateToUndoError(ConflictError):
    """The goods are packed."""

    code = "fulfilment.too_late_to_undo"
    title = N_("Too late to undo")
    message = N_("Order {number} went on since: open its parcel first, or put the goods back by a stock move.")


class NothingToPackError(RefusedError):
    """All is packed, or nothing is picked."""

    code = "fulfilment.nothing_to_pack"
    title = N_("Nothing to pack")
    message = N_("Nothing of order {number} waits to be packed: not all of it is picked, or all of it is packed.")


class PackedTooMuchError(RefusedError):
    """More than the order still needs."""

    code = "fulfilment.packed_too_much"
    title = N_("Too many")
    message = N_("{quantity} of {sku} are too many for this parcel: order {number} still needs {left}.")


class UnknownStationCodeError(NotFoundError):
    """Neither order, list nor parcel has this number."""

    code = "fulfilment.unknown_station_code"
    title = N_("Nothing found")
    message = N_("No order, pick list or parcel is called “{code}”. Scan it again, or type its number.")


class ParcelNotFoundError(NotFoundError):
    """No such parcel, or not one of the caller's."""

    code = "fulfilment.parcel_not_found"
    title = N_("Parcel not found")
    message = N_("There is no parcel {parcel}. It may belong to another seller.")


class ParcelStateError(ConflictError):
    """The parcel is not where somebody thinks it is."""

    code = "fulfilment.parcel_state"
    title = N_("Not possible now")
    message = N_("Parcel {number} is not packed, or it left already. Reload the page.")


class ParcelLabelledError(ParcelStateError):
    """A box with a label stays closed."""

    code = "fulfilment.parcel_labelled"
    message = N_("Parcel {number} has a label: cancel the label first.")


class ParcelOrderCancelledError(ParcelStateError):
    """Nobody waits for the parcel."""

    code = "fulfilment.parcel_order_cancelled"
    message = N_("The order of parcel {number} was cancelled: put its goods back.")


class ParcelOrderHeldError(ParcelStateError):
    """The parcel has to wait."""

    code = "fulfilment.parcel_order_held"
    message = N_("The order of parcel {number} is on hold: let it go first.")


class WeightError(RefusedError):
    """No weight, or one that no carrier takes."""

    code = "fulfilment.weight"
    title = N_("Check the weight")
    message = N_("{weight} g cannot be the weight of a parcel: give 1 to {most} g.")


class ShipmentNotFoundError(NotFoundError):
    """No such shipment, or not one of the caller's."""

    code = "fulfilment.shipment_not_found"
    title = N_("Shipment not found")
    message = N_("There is no shipment {shipment}. It may belong to another seller.")


class NoLabelError(RefusedError):
    """A parcel leaves only with a label."""

    code = "fulfilment.no_label"
    title = N_("No label")
    message = N_("Parcel {number} has no label yet. Make one first.")


class CannotCancelLabelError(ConflictError):
    """The carrier has it, or there is nothing to cancel."""

    code = "fulfilment.cannot_cancel_label"
    title = N_("Label cannot be cancelled")
    message = N_("The label of parcel {number} cannot be cancelled: the parcel left, or it has no label.")


class NotBookedHereError(RefusedError):
    """Somebody else's parcel."""

    code = "fulfilment.not_booked_here"
    title = N_("Sent by the ERP")
    message = N_("Parcel {tracking} with {carrier} was sent by the ERP: its label cannot be changed here.")


class NoSenderError(RefusedError):
    """Labels need a sender."""

    code = "fulfilment.no_sender"
    title = N_("No sender address")
    message = N_("There is no sender address yet. Enter it under Carriers, then try again.")


class NoCarrierError(RefusedError):
    """Labels need a carrier."""

    code = "fulfilment.no_carrier"
    title = N_("No carrier")
    message = N_("No carrier is connected. Connect one under Carriers, then try again.")


class OtherChannelLabelError(RefusedError):
    """A channel's own labels are for its own orders."""

    code = "fulfilment.other_channel_label"
    title = N_("Not for this order")
    message = N_("{carrier} only makes labels for orders of its own channel. Choose another carrier for this parcel.")


class OneOrderPerLabelError(RefusedError):
    """A channel's own labels name the lines of one order."""

    code = "fulfilment.one_order_per_label"
    title = N_("One order per label")
    message = N_(
        "{carrier} makes a label for each order, and several are in the box of parcel {number}. Open it and pack them apart, or choose another carrier."
    )


class LabelNotReadyError(UnavailableError):
    """The carrier is still making the label."""

    code = "fulfilment.label_not_ready"
    title = N_("Label not ready")
    message = N_("{carrier} is still making the label. Try again in a moment: no second one is bought.")


class UnknownCarrierError(NotFoundError):
    """No connector of that name is installed."""

    code = "fulfilment.unknown_carrier"
    title = N_("Unknown carrier")
    message = N_("There is no carrier connector “{carrier}” here. Install it, or choose another carrier.")


class CarrierAccountNotFoundError(NotFoundError):
    """No such account, or not one of the caller's."""

    code = "fulfilment.carrier_not_found"
    title = N_("Carrier account not found")
    message = N_("There is no carrier account {account}. It may have been removed.")


class CarrierNameTakenError(ConflictError):
    """Two accounts of one seller would have the same name."""

    code = "fulfilment.carrier_name_taken"
    title = N_("Name taken")
    message = N_("There already is a carrier account “{name}”. Choose another name.")


class UnknownServiceError(RefusedError):
    """The carrier has no such service."""

    code = "fulfilment.unknown_service"
    title = N_("Unknown service")
    message = N_("{carrier} has no service “{service}”. Choose one of its list.")


class CarrierCannotError(RefusedError):
    """The connector has no such capability."""

    code = "fulfilment.no_capability"
    title = N_("Not supported")
    message = N_("{carrier} cannot do this ({capability}).")


class PushNotFoundError(NotFoundError):
    """No such channel push."""

    code = "fulfilment.push_not_found"
    title = N_("Nothing to tell")
    message = N_("Shipment {shipment} has no message to a channel.")


class PushStateError(ConflictError):
    """The push is not waiting for a person."""

    code = "fulfilment.push_state"
    title = N_("Not possible now")
    message = N_("The channel was told already, or is being told. Reload the page.")


class UnknownChannelCarrierError(RefusedError):
    """The channel accepts no such carrier."""

    code = "fulfilment.unknown_channel_carrier"
    title = N_("Unknown carrier of the channel")
    message = N_("{channel} has no carrier “{carrier}”. Choose one of its list; read the list again if it is new.")


class CarrierFormError(InvalidInputError):
    """The form of a carrier account is not filled in rightly."""

    code = "fulfilment.carrier_invalid"
