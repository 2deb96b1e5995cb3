"""What others ask for our products on the channels themselves, over time."""
