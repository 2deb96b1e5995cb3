"""What the packing stations know: boxes, weights, the rules of a site."""
