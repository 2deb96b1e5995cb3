"""From reserved orders to delivered parcels: pick lists, packing, labels, shipping, and the carrier contract."""
