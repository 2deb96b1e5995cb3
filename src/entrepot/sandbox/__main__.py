"""``python -m entrepot.sandbox``."""

import os
import sys

from entrepot.sandbox.serve import main

status = main(sys.argv[1:])
sys.stdout.flush()
sys.stderr.flush()
# All is written and closed.  Leaving the normal way aborts one time in three: threads of the embedded granian server
# outlive it and cannot bear the interpreter's clean-up.
os._exit(status)
