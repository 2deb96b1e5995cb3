"""Sales orders: how they come in, change, wait for stock, and which way they may go."""
