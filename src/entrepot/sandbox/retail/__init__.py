"""The shop whose real order lines the sandbox replays: its products, its orders and its buyers."""
