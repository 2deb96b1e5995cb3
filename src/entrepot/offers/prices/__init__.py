"""Published prices: what each offer should cost, who said so, and what its channel was told."""
