"""How the marketplace says no."""


class Refused(Exception):  # noqa: N818 - an outcome, not a fault
    """The marketplace does not do what the seller wished; the text says why."""
