"""Trajectories of other programs, read frame by frame."""

from stores.trajectories.foreign.trajectory import ForeignTrajectory, open_trajectory

__all__ = ["ForeignTrajectory", "open_trajectory"]
