"""One package per outside system.  A connector translates; it decides nothing, stores nothing and retries nothing."""
