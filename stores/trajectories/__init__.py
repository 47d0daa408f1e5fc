"""Trajectories: one H5MD file for each run, readable at every moment of it."""
