"""What we offer where: published quantity, and why."""
