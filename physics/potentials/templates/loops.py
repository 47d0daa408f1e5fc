"""Contractions of tables with very many products, as loops: a template, see `evaluation_source`."""


@compiled
def contract(moments, times, multiplicity):
    """Multiply basic moments into all others."""
    for k in range(len(times)):
        a, b, t = times[k, 0], times[k, 1], times[k, 2]
        store(moments, t, load(moments, t) + multiplicity[k] * load(moments, a) * load(moments, b))


@compiled
def carry_back(moments, adjoint, times, multiplicity):
    """Carry the derivative of the energy back from the scalars to the basic moments."""
    for k in range(len(times) - 1, -1, -1):
        a, b = times[k, 0], times[k, 1]
        by_product = multiplicity[k] * load(adjoint, times[k, 2])
        store(adjoint, a, load(adjoint, a) + by_product * load(moments, b))
        store(adjoint, b, load(adjoint, b) + by_product * load(moments, a))
