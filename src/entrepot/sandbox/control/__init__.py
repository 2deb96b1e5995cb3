"""What people and tests do to the world: look at it, push it forward, make it misbehave."""
