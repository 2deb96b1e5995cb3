"""What a process of ``entrepot up`` hears of the supervisor that began it; nothing in one that was started by itself."""

import os
import signal
import threading

PARENT_PIPE = "ENTREPOT_PARENT_PIPE"
"""Number of a file descriptor that reaches its end when the supervisor is gone, however it went."""
READY_PIPE = "ENTREPOT_READY_PIPE"
"""Number of a file descriptor that reaches its end when the database is prepared."""


def wait_until_ready() -> None:
    """Wait for the supervisor to have prepared the database."""
    number = os.environ.get(READY_PIPE)
    if number is not None:
        os.read(int(number), 1)  # returns when the last write end is closed


def end_with_parent() -> None:
    """Make this process stop when the supervisor is gone, even if that was killed."""
    number = os.environ.get(PARENT_PIPE)
    if number is None:
        return

    def wait() -> None:
        os.read(int(number), 1)  # returns when the last write end is closed
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="parent", daemon=True).start()
