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


def _lattices(shortest: float, longest: float) -> st.SearchStrategy[Lattice]:
    lengths, angles = st.floats(shortest, longest), st.floats(75, 105)
    return st.builds(Lattice.from_parameters, lengths, lengths, lengths, angles, angles, angles)


@st.composite
def salts(draw: st.DrawFn) -> Crystal:
    """Triclinic NaCl with one or two formula units anywhere on a rough grid."""
    corners = np.array(np.meshgrid(*[[0.0, 0.5]] * 3, indexing="ij")).reshape(3, -1).T
    ions = draw(st.sampled_from([["Na", "Cl"], ["Na", "Na", "Cl", "Cl"]]))
    taken = draw(st.permutations(range(8)))[: len(ions)]
    off = draw(st.lists(st.floats(-0.06, 0.06), min_size=3 * len(ions), max_size=3 * len(ions)))
    places = corners[taken] + np.reshape(off, (-1, 3))
    return Crystal(Structure(draw(_lattices(5, 7)), ions, places))


@st.composite
def thiophosphates(draw: st.DrawFn) -> Crystal:
    """Triclinic Li3PS4 with one tetrahedron in whatever orientation, here as cut by the cell."""
    lattice = draw(_lattices(8, 9))
    turn = Rotation.from_euler("zxz", draw(st.tuples(*[st.floats(0, 180)] * 3)), degrees=True)
    corner = np.array(draw(st.tuples(*[st.floats(0, 1)] * 3)))
    sulfur = lattice.get_fractional_coords(turn.apply(TETRAHEDRON))
    lithium = np.array([[0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]])
    places = np.concatenate([lithium, np.zeros((1, 3)), sulfur]) + corner
    return Crystal(Structure(lattice, ["Li"] * 3 + ["P"] + ["S"] * 4, places, to_unit_cell=True))


planes = st.tuples(*[st.integers(-3, 3)] * 3).filter(any)
