"""Plots of the report, one a module; matplotlib is imported when a plot is drawn."""
