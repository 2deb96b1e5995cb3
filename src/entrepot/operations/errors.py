"""What operations refuses."""

from entrepot.kit.errors import NotFoundError
from entrepot.kit.text import N_


class CallNotFoundError(NotFoundError):
    """No such recorded call in the caller's scope."""

    code = "operations.call_not_found"
    title = N_("Call not found")
    message = N_(
        "There is no recorded call {call_id}. Calls are removed after their time; go back to the list of calls."
    )


class ConnectorNotFoundError(NotFoundError):
    """No such connector is installed."""

    code = "operations.connector_not_found"
    title = N_("Connector not found")
    message = N_("No connector called “{key}” is installed. Choose one from the list of connectors.")
