"""The last mile: the counter, own drivers and their routes, proofs, cut-off times, pick-up points."""
