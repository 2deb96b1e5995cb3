"""From the packed parcel to its arrival: which carrier, the day's manifest, and what went wrong on the way."""
