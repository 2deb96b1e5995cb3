"""Products, variants, SKUs, GTINs and bundles: what a seller sells, stores and buys."""
