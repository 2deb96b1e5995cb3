"""Bears workers: what they import is imported once, and each is a fork of that.

``python -m tests.chaos.nursery FOLDER`` reads the name of a worker per line and answers with its process id.  A worker is
a whole process, with words of its own in ``FOLDER/NAME.log``; only the seconds in which Python reads its modules are saved.
"""

import os
import signal
import sys
import threading
import traceback
from pathlib import Path

from entrepot.cli.processes import run_worker
from entrepot.jobs import worker as loaded
from entrepot.jobs.discovery import discover


def main() -> None:
    """Bear until nobody asks any more."""
    folder = Path(sys.argv[1])
    discover()
    assert loaded.run_worker.__module__ == loaded.__name__, "read before the first fork"
    assert threading.active_count() == 1, "a thread would be missing in every fork"
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system buries the dead
    for line in sys.stdin:
        born = os.fork()
        if not born:
            _live(folder / f"{line.strip()}.log")
        sys.stdout.write(f"{born}\n")
        sys.stdout.flush()


def _live(log: Path) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    words = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for target, source in ((0, nothing), (1, words), (2, words)):
        os.dup2(source, target)
    status = 1
    try:
        run_worker()
        status = 0
    except BaseException:  # noqa: BLE001 -- told by whoever looks at the log; this process ends here in any case
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    main()
