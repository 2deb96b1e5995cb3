"""What a price should be, and why: pure functions over facts, so that the same inputs always give the same price."""
