"""A simulated outside world: a marketplace, a carrier and a mail server, with faults on request.

It runs as a process of its own (``python -m entrepot.sandbox``) and depends on nothing else of the hub: what it
knows of the hub is what the hub sends over the wire.  Everything in it is decided by a seed and a clock, so that a
run can be repeated.
"""
