"""``python -m entrepot.sandbox``."""

import sys

from entrepot.sandbox.serve import main

sys.exit(main(sys.argv[1:]))
