"""What every connector must do.

Runs against every installed connector: a new one is tested by being registered, and cannot opt out.  The tests
themselves are in :mod:`entrepot.channels.conformance`, where the authors of other distributions use them too.
"""

from pathlib import Path

from entrepot.channels.conformance.candidate import Candidate
from entrepot.channels.conformance.suite import *  # noqa: F403 -- all of it
from entrepot.channels.registry import connectors

HERE = Path(__file__).parent
MANUAL = HERE.parents[1] / "docs" / "channels"
CANDIDATES = [
    Candidate(spec, recordings=HERE / key / "recordings", manual=MANUAL / f"{key}.md")
    for key, spec in connectors().items()
]
