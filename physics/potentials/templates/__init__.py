"""Loops over atoms that are the same for every moment table: `source` builds modules from them."""
