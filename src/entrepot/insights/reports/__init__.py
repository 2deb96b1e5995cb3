"""Reports of the floor: figures of days, kept as documents and mailed to who wants them."""
