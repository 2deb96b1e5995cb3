"""What we offer where: published quantity and price, and why."""
