"""Loops over atoms that are the same for every moment table: templates of the two kernels."""
