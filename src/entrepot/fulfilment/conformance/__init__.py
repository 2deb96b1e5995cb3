"""The conformance suite of carriers: what every carrier connector must do, against a carrier that is played.

A test module takes all of it in one line and says which carriers it answers for::

    from entrepot.fulfilment.conformance.suite import *

    CANDIDATES = [CarrierCandidate(SPEC, open=open_acme)]

The modules below need pytest, and nothing that runs in production imports them.
"""
