"""Collective diffusivity: how far the charge goes that all ions carry together."""

from math import exp, hypot, log, sqrt

from physics.analysis.transport.diffusivity import Diffusivity, diffusivity
from physics.analysis.transport.displacements import displacements_of
from physics.analysis.transport.estimate import Estimate
from physics.analysis.transport.paths import Paths
from physics.analysis.transport.window import PREFERRED
from physics.errors import InputError

SHORT = 0.02
"""Part of the run that its window ends at where possible: one walker needs more time [choice]."""


def collective_diffusivity(paths: Paths) -> Diffusivity | None:
    """
    Find the diffusivity of the sum of all displacements, |sum_i dr_i|^2 / N.

    The sum is a single walker: the error is that of the mean over five parts of the run, and the
    window ends at 2 % of the run if motion is diffusive before that, or else at 10 %.

    Parameters
    ----------
    paths : Paths
        Paths of N ions.

    Returns
    -------
    Diffusivity or None
        In cm^2/s, with the hops of all ions; with Nernst and Einstein's equation it gives the
        conductivity without the Haven ratio. None for a run that is too short for it, of fewer
        than some 50 frames.
    """
    together = sum(block.sum(axis=1, keepdims=True) for block in paths.positions())
    walker = displacements_of([together / sqrt(paths.ions)], paths.interval, paths.frames)
    for part in (SHORT, PREFERRED):
        try:
            found = diffusivity(walker, longest=part * paths.span, carriers=paths.ions)
        except InputError:
            continue
        if found.window.diffusive or part == PREFERRED:
            return found
    return None


def haven_ratio(tracer: Diffusivity, collective: Diffusivity | None) -> Estimate | None:
    """
    Give the Haven ratio, tracer over collective diffusivity.

    Parameters
    ----------
    tracer, collective : Diffusivity
        Of the same ions; the latter may be unknown.

    Returns
    -------
    Estimate or None
        The errors of both, taken as independent, add up in the logarithm; None where one of them
        is only a limit.
    """
    if collective is None or tracer.estimate is None or collective.estimate is None:
        return None
    own, joint = tracer.estimate, collective.estimate
    ratio = own.value / joint.value
    below = hypot(log(own.value / own.low), log(joint.high / joint.value))
    above = hypot(log(own.high / own.value), log(joint.value / joint.low))
    return Estimate(ratio, ratio * exp(-below), ratio * exp(above))
