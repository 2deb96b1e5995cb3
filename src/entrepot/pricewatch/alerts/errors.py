"""What can go wrong with alerts."""

from entrepot.kit.errors import ConflictError, NotFoundError, RefusedError
from entrepot.kit.text import N_


class AlertNotFoundError(NotFoundError):
    """No such alert, or not one of the caller's."""

    code = "pricewatch.alert_not_found"
    title = N_("Alert not found")
    message = N_("There is no alert {alert} of yours. It may have been removed with what it watched.")


class AlertChangedError(ConflictError):
    """Changed in another window."""

    code = "pricewatch.alert_changed"
    title = N_("Changed meanwhile")
    message = N_("This alert was changed meanwhile. Load the page again, then make your change.")


class TooManyAlertsError(RefusedError):
    """More alerts than anybody reads."""

    code = "pricewatch.too_many_alerts"
    title = N_("Too many alerts")
    message = N_("You have {count} alerts, and more are not possible. Use one for a group, or for everything.")
