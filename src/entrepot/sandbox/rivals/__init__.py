"""The other sellers of the simulated marketplace: who they are, how they set prices, and who has the buy box."""
