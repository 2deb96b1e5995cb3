"""What can go wrong with pricing."""

from entrepot.kit.errors import ConflictError, ForbiddenError, NotFoundError, RefusedError
from entrepot.kit.text import N_


class GroupNotFoundError(NotFoundError):
    """No such group, or not one of the caller's."""

    code = "pricing.group_not_found"
    title = N_("Price group not found")
    message = N_("There is no price group {group}. It may have been removed; look in the list of groups.")


class RuleNotFoundError(NotFoundError):
    """No such rule, or not one of the caller's."""

    code = "pricing.rule_not_found"
    title = N_("Rule not found")
    message = N_("There is no rule {rule}. It may have been removed; look on the page of its group.")


class VersionNotFoundError(NotFoundError):
    """The rule never had that version."""

    code = "pricing.version_not_found"
    title = N_("Version not found")
    message = N_("Rule {rule} has no version {version}. Choose one from its history.")


class PricedOfferNotFoundError(NotFoundError):
    """No such offer, or not one of the caller's."""

    code = "pricing.offer_not_found"
    title = N_("Offer not found")
    message = N_("There is no offer {offer}. It may have been removed.")


class ApprovalNotFoundError(NotFoundError):
    """No such approval, or not one of the caller's."""

    code = "pricing.approval_not_found"
    title = N_("Request not found")
    message = N_("There is no price change {approval} to approve. Look in the list of approvals.")


class FreezeNotFoundError(NotFoundError):
    """No such freeze, or not one of the caller's."""

    code = "pricing.freeze_not_found"
    title = N_("Freeze not found")
    message = N_("There is no freeze {freeze}. Look on the page of the governor.")


class CostNotFoundError(NotFoundError):
    """No such costs, or not the caller's."""

    code = "pricing.cost_not_found"
    title = N_("Costs not found")
    message = N_("There are no costs {cost}. They may have been removed; look in the list of costs.")


class GroupChangedError(ConflictError):
    """Somebody else changed the group meanwhile."""

    code = "pricing.group_changed_meanwhile"
    title = N_("Changed meanwhile")
    message = N_("Somebody else changed the price group {name}. Load the page again, then make your change.")


class RuleChangedError(ConflictError):
    """Somebody else changed the rule meanwhile."""

    code = "pricing.rule_changed_meanwhile"
    title = N_("Changed meanwhile")
    message = N_("Somebody else changed the rule {name}. Load the page again, then make your change.")


class NameTakenError(ConflictError):
    """Another one has this name."""

    code = "pricing.name_taken"
    title = N_("Name taken")
    message = N_("“{name}” exists already. Choose another name.")


class AnsweredAlreadyError(ConflictError):
    """The request is not open any more."""

    code = "pricing.answered_already"
    title = N_("Answered already")
    message = N_("This price change was answered, or overtaken by a newer one, meanwhile. Load the list again.")


class SamePersonError(ForbiddenError):
    """Four eyes see more than two: nobody approves what they asked for."""

    code = "pricing.same_person"
    title = N_("A second person is needed")
    message = N_(
        "You had a hand in this price change yourself ({name}): you asked for it, or changed the rule, the group or the"
        " costs it comes from. Somebody else with the right to approve must agree."
    )


class FrozenError(RefusedError):
    """The governor stopped everything."""

    code = "pricing.frozen"
    title = N_("Prices are frozen")
    message = N_(
        "Prices are frozen: nothing is sent until somebody resumes. Look on the page of the governor, then resume."
    )


class LimitsMovedError(RefusedError):
    """What was asked for is not possible any more."""

    code = "pricing.limits_moved"
    title = N_("No longer inside its limits")
    message = N_(
        "{currency} {price} is not between floor and ceiling any more, no rule is for the offer now, or somebody set its"
        " price by hand. Refuse the change; the next run asks for the price that fits."
    )


class WholeInstanceError(ForbiddenError):
    """A seller's own people cannot end what concerns all sellers."""

    code = "pricing.whole_instance"
    title = N_("Concerns the whole instance")
    message = N_("This concerns every seller of the hub. Somebody who works for all of them has to do it.")


class BadImportError(RefusedError):
    """The file is not one of ours."""

    code = "pricing.bad_import"
    title = N_("Cannot be read")
    message = N_("This file is not an export of price groups: {reason}. Choose a file made with “Export”.")


class BadCursorError(RefusedError):
    """A cursor that was not one of ours."""

    code = "pricing.bad_cursor"
    title = N_("Not a cursor")
    message = N_(
        "“{cursor}” is not a cursor. Leave it out for the first page, then use “next” of each answer as it is."
    )
