"""Parameters of a potential: their order, their checks."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from physics.errors import InputError
from physics.potentials.potential import MomentTensorPotential

Draw = Callable[..., MomentTensorPotential]


def test_number_of_parameters_of_level_14() -> None:
    """3 species, 8 polynomials: 9 * 4 * 8 radial, 3 offsets, 52 scalars."""
    potential = MomentTensorPotential.initialise(
        14, ["Li", "P", "S"], r_min=1.9, r_max=5.0, n_chebyshev=8, rng=np.random.default_rng(0)
    )
    assert potential.n_parameters == 343
    assert potential.parameters.shape == (343,)


def test_parameters_are_in_the_order_of_mlip(draw_potential: Draw) -> None:
    potential = draw_potential(8, n_species=3)
    theta = np.arange(potential.n_parameters, dtype=float)
    changed = potential.with_parameters(theta)
    assert np.array_equal(changed.parameters, theta)
    assert changed.radial[0, 0, 0].tolist() == [0, 1, 2, 3, 4, 5]
    assert changed.radial[0, 0, 1, 0] == 6
    assert changed.radial[0, 1, 0, 0] == 12
    assert changed.radial[1, 0, 0, 0] == 36
    assert changed.offsets.tolist() == [108, 109, 110]
    assert changed.xi.tolist() == list(range(111, 120))


def test_the_same_seed_draws_the_same_potential(draw_potential: Draw) -> None:
    same, other = draw_potential(8, seed=1), draw_potential(8, seed=2)
    assert np.array_equal(draw_potential(8, seed=1).parameters, same.parameters)
    assert not np.array_equal(other.parameters, same.parameters)


def test_types_are_places_in_the_species(draw_potential: Draw) -> None:
    assert draw_potential(4, n_species=3).types([16, 3, 15, 16]).tolist() == [2, 0, 1, 2]


def test_an_unknown_element_is_refused(draw_potential: Draw) -> None:
    with pytest.raises(InputError, match=r"atoms of O, Cl were given.*Li, P"):
        draw_potential(4).types([3, 17, 8])


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"species": ("Li", "Li")}, "each once"),
        ({"species": ("Li", "Xx")}, "chemical symbols"),
        ({"species": ()}, "chemical symbols"),
        ({"species": ("Li", "P", "S")}, r"expected \(3, 3, 2, 6\)"),
        ({"r_max": 1.0}, "r_min < r_max"),
        ({"r_min": float("nan")}, "r_min < r_max"),
        ({"xi": np.zeros(8)}, r"`xi` of shape \(8,\).*\(9,\)"),
        ({"offsets": np.zeros(3)}, "`offsets`"),
        ({"radial": np.zeros((2, 2, 2, 0))}, "`radial`"),
        ({"radial": np.zeros((2, 2, 3, 6))}, "`radial`"),
        ({"offsets": np.array([0.0, np.nan])}, "not finite"),
        ({"scaling": np.inf}, "not finite"),
    ],
    ids=lambda value: str(next(iter(value))) if isinstance(value, dict) else "",
)
def test_parameters_that_do_not_fit_are_refused(
    draw_potential: Draw, change: dict[str, Any], match: str
) -> None:
    with pytest.raises(InputError, match=match):
        replace(draw_potential(8), **change)


def test_a_wrong_number_of_parameters_is_refused(draw_potential: Draw) -> None:
    with pytest.raises(InputError, match=r"\(58,\) were given, expected \(59,\)"):
        draw_potential(8).with_parameters(np.zeros(58))
