"""Crystals to build boundaries of: known compounds, and random triclinic ones."""

from functools import cache
from pathlib import Path

import numpy as np
from hypothesis import strategies as st
from pymatgen.core import Lattice, Structure
from scipy.spatial.transform import Rotation

from physics.structures.crystal import Crystal

BETA = Path(__file__).parents[3] / "workflows" / "studies" / "structures" / "beta-Li3PS4.cif"
TETRAHEDRON = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]) * 2.05 / np.sqrt(3)

# Awaka et al., J. Solid State Chem. 182, 2046 (2009), here in the first setting of the group
GARNET_SITES = {
    "La": [(0, 0, 0.25), (0.127, -0.25, 0.375)],
    "Zr": [(0, -0.25, 0.125)],
    "Li": [(0, 0, 0.5), (0.1813, 0.1813, 0.25), (0.0796, -0.1637, 0.9349)],
    "O": [(-0.0335, -0.1954, 0.2779), (0.0535, 0.6021, 0.6595), (0.1498, -0.223, 0.5716)],
}
STRUCTURES = {
    "Cu": ("Fm-3m", Lattice.cubic(3.61), {"Cu": [(0, 0, 0)]}),
    "Fe": ("Im-3m", Lattice.cubic(2.866), {"Fe": [(0, 0, 0)]}),
    "Mg": ("P6_3/mmc", Lattice.hexagonal(3.209, 5.211), {"Mg": [(1 / 3, 2 / 3, 0.25)]}),
    "NaCl": ("Fm-3m", Lattice.cubic(5.64), {"Na": [(0.5, 0.5, 0.5)], "Cl": [(0, 0, 0)]}),
    "Li2S": ("Fm-3m", Lattice.cubic(5.71), {"Li": [(0.25, 0.25, 0.25)], "S": [(0, 0, 0)]}),
    "Li3OCl": (
        "Pm-3m",
        Lattice.cubic(3.91),
        {"Li": [(0, 0.5, 0.5)], "O": [(0.5, 0.5, 0.5)], "Cl": [(0, 0, 0)]},
    ),
    "Li6PS5Cl": (
        "F-43m",
        Lattice.cubic(9.859),
        {
            "Li": [(0.0185, 0.25, 0.25)],
            "P": [(0.5, 0.5, 0.5)],
            "S": [(0.6192, 0.6192, 0.6192), (0.25, 0.25, 0.25)],
            "Cl": [(0, 0, 0)],
        },
    ),
    "Li7La3Zr2O12": ("I4_1/acd", Lattice.tetragonal(13.134, 12.663), GARNET_SITES),
}


@cache
def crystal(name: str) -> Crystal:
    """Build a known crystal in its conventional cell."""
    if name == "Li3PS4":
        return Crystal(Structure.from_file(BETA))
    group, lattice, sites = STRUCTURES[name]
    species = [symbol for symbol, places in sites.items() for _ in places]
    places = [place for each in sites.values() for place in each]
    return Crystal(Structure.from_spacegroup(group, lattice, species, places))


@st.composite
def _numbers(draw: st.DrawFn, low: float, high: float, count: int) -> np.ndarray:
    """Numbers without a pattern, now and then such as Hypothesis likes: equal or round."""
    if draw(st.integers(0, 3)):
        rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
        return rng.uniform(low, high, count)
    return np.array(draw(st.lists(st.floats(low, high), min_size=count, max_size=count)))


@st.composite
def _lattices(draw: st.DrawFn, shortest: float, longest: float) -> Lattice:
    lengths, angles = draw(_numbers(shortest, longest, 3)), draw(_numbers(75, 105, 3))
    return Lattice.from_parameters(*lengths, *angles)


@st.composite
def salts(draw: st.DrawFn) -> Crystal:
    """Triclinic NaF with one or two formula units anywhere on a rough grid."""
    corners = np.array(np.meshgrid(*[[0.0, 0.5]] * 3, indexing="ij")).reshape(3, -1).T
    ions = draw(st.sampled_from([["Na", "Na", "F", "F"], ["Na", "F"]]))
    taken = draw(st.permutations(range(8)))[: len(ions)]
    places = corners[taken] + draw(_numbers(-0.06, 0.06, 3 * len(ions))).reshape(-1, 3)
    return Crystal(Structure(draw(_lattices(5, 7)), ions, places))


@st.composite
def thiophosphates(draw: st.DrawFn) -> Crystal:
    """Triclinic Li3PS4 with one tetrahedron in whatever orientation, anywhere across the cell."""
    lattice = draw(_lattices(8, 9))
    turn = Rotation.from_euler("zxz", draw(_numbers(0, 180, 3)), degrees=True)
    sulfur = lattice.get_fractional_coords(turn.apply(TETRAHEDRON))
    lithium = np.array([[0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]])
    places = np.concatenate([lithium, np.zeros((1, 3)), sulfur]) + draw(_numbers(0, 1, 3))
    return Crystal(Structure(lattice, ["Li"] * 3 + ["P"] + ["S"] * 4, places, to_unit_cell=True))


def _planes(highest: int) -> st.SearchStrategy[tuple[int, int, int]]:
    indices = st.integers(-highest, highest)
    return st.tuples(indices, indices, indices).map(lambda h: h if any(h) else (0, 0, 1))


planes, low_planes = _planes(3), _planes(2)
