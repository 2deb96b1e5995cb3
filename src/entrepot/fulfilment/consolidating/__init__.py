"""Several orders for one address, packed together on purpose."""
