"""What was fetched: the evidence of every fetch, the pages that are kept, and the cases that selectors must pass."""
