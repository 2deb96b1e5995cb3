"""What can go wrong with backtests."""

from entrepot.kit.errors import NotFoundError, RefusedError
from entrepot.kit.text import N_


class BacktestNotFoundError(NotFoundError):
    """No such backtest, or not one of the caller's."""

    code = "pricing.backtest_not_found"
    title = N_("Backtest not found")
    message = N_("There is no backtest {backtest}. It may have been removed; look in the list of backtests.")


class NothingToReplayError(RefusedError):
    """No offer of the group has a rule and a recorded market."""

    code = "pricing.nothing_to_replay"
    title = N_("Nothing to replay")
    message = N_(
        "Nothing is recorded about the market of the offers of {name} in that time. Competing offers are recorded from the"
        " moment a group is switched on, also as a dry run; try again when some days have passed."
    )
