"""The conformance suite: what every connector must do, for this repository and for connectors of other distributions.

A test module takes all of it in one line and says which connectors it answers for::

    from entrepot.channels.conformance.suite import *
    from entrepot.channels.conformance.candidate import Candidate

    CANDIDATES = [Candidate(SPEC, recordings=HERE / "recordings", manual=HERE / "../docs/acme.md")]

The modules below need pytest, and nothing that runs in production imports them.
"""
