"""Marks sentences for translation where they are written; they are translated where they are shown."""


def N_(message: str) -> str:  # noqa: N802 -- the customary name, known to every extraction tool
    """Return *message* unchanged.  The English sentence is the key of its translations."""
    return message
