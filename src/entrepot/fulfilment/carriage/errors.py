"""What can go wrong between the packed parcel and its carrier: choosing, booking, handing over, following."""

from entrepot.kit.errors import ConflictError, InvalidInputError, NotFoundError, RefusedError
from entrepot.kit.text import N_


class LabelInDoubtError(ConflictError):
    """The carrier may have made a label, and cannot be asked."""

    code = "fulfilment.label_in_doubt"
    title = N_("Perhaps booked already")
    message = N_(
        "{carrier} was asked for this label before, and its answer was lost. It cannot be asked again without perhaps"
        " booking a second parcel. Look in its portal for the reference {reference}: enter the shipment number found"
        " there, or say that there is none."
    )


class NotInDoubtError(ConflictError):
    """It is known whether the carrier made a label."""

    code = "fulfilment.label_not_in_doubt"
    title = N_("Nothing to decide")
    message = N_("The label of parcel {number} is {state}: there is nothing to look up any more. Reload the page.")


class PointOfOtherCarrierError(RefusedError):
    """The pick-up point belongs to one carrier."""

    code = "fulfilment.point_of_other_carrier"
    title = N_("Goes to a pick-up point")
    message = N_(
        "Order {number} goes to the pick-up point {point}, which this carrier does not serve. Choose its carrier, or"
        " take the pick-up point away on the order's page."
    )


class NoRuleError(RefusedError):
    """Rules choose the carrier, and none fits."""

    code = "fulfilment.no_rule"
    title = N_("No rule fits")
    message = N_(
        "None of the {count} rules fits parcel {number} ({country}, {weight} g). Choose the carrier yourself, or add a"
        " rule under Carriers → Rules."
    )


class RuleNotFoundError(NotFoundError):
    """No such rule, or not one of the caller's."""

    code = "fulfilment.rule_not_found"
    title = N_("Rule not found")
    message = N_("There is no rule {rule}. Somebody may have removed it: reload the page.")


class RuleFormError(InvalidInputError):
    """A rule cannot mean that."""

    code = "fulfilment.rule_form"


class ProblemNotFoundError(NotFoundError):
    """No such problem, or not one of the caller's."""

    code = "fulfilment.problem_not_found"
    title = N_("Problem not found")
    message = N_("There is no problem {problem}. Reload the page.")


class ReasonNeededError(InvalidInputError):
    """A problem is cleared with a reason only."""

    code = "fulfilment.reason_needed"


class ManifestNotFoundError(NotFoundError):
    """No such manifest, or not one of the caller's."""

    code = "fulfilment.manifest_not_found"
    title = N_("Manifest not found")
    message = N_("There is no manifest {manifest}. Reload the page.")


class NothingToCloseError(ConflictError):
    """No parcel waits for a manifest."""

    code = "fulfilment.nothing_to_close"
    title = N_("Nothing to hand over")
    message = N_("No parcel of {carrier} left since its last manifest.")


class ManifestRefusedError(RefusedError):
    """The carrier takes none of the parcels."""

    code = "fulfilment.manifest_refused"
    title = N_("Manifest refused")
    message = N_("{carrier} takes none of the {count} parcels onto its manifest: {reason}")
