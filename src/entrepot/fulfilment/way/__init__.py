"""The way of an order on the floor: its stages, the moves there are, and everything that goes along it."""
