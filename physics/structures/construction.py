"""How boundaries are built, and what comes of it."""

from dataclasses import dataclass
from math import ceil

from pymatgen.core import Structure

from physics.errors import InputError
from physics.structures.bicrystal import Grains
from physics.structures.candidates import Candidate, Joint, candidates, joined
from physics.structures.contacts import thresholds
from physics.structures.geometry import Geometry
from physics.structures.plane_distances import plane_distances


@dataclass(frozen=True)
class Construction:
    """
    How boundaries are built.

    Parameters
    ----------
    separation : float
        Smallest distance of the two boundaries in the cell, Å.
    layers : int or None
        Layers of each grain; None: as few as `separation` asks for.
    translations : int
        In-plane translations tried for each termination; 1 for none but the origin.
    terminations : int or None
        Terminations tried, those in the widest gaps between sheets first; None for all.
    gaps : tuple of float
        Distances of the grains tried, beyond the distance of the sheets at the cut, Å.
    keep : int
        Most candidates built.
    max_atoms : int
        Largest cell built.
    max_strain : float
        Largest principal strain of a grain.
    max_area : float
        Largest in-plane cell of a twist or general boundary, Å^2.

    Raises
    ------
    InputError
        If a count is below 1, the separation is not positive, or there is no gap or a negative one.
    """

    separation: float = 20.0
    layers: int | None = None
    translations: int = 64
    terminations: int | None = None
    gaps: tuple[float, ...] = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0)
    keep: int = 4
    max_atoms: int = 20_000
    max_strain: float = 0.02
    max_area: float = 1500.0

    def __post_init__(self) -> None:
        """Refuse settings that build nothing."""
        counts = {
            "layers": 1 if self.layers is None else self.layers,
            "translations": self.translations,
            "terminations": 1 if self.terminations is None else self.terminations,
            "keep": self.keep,
        }
        if low := {name: count for name, count in counts.items() if count < 1}:
            raise InputError(f"construction: given {low}, expected at least 1 of each")
        if not self.separation > 0 or not self.gaps or min(self.gaps) < 0:
            raise InputError(
                f"construction: given a separation of {self.separation} Å and gaps {self.gaps} Å, "
                "expected a positive separation and one or more gaps of at least 0"
            )

    def layers_of(self, geometry: Geometry) -> tuple[int, int]:
        """
        Count the layers of the grains.

        Parameters
        ----------
        geometry : Geometry
            The boundary.

        Returns
        -------
        tuple of int
            Layers of the lower and of the upper grain.
        """
        if self.layers is not None:
            return self.layers, self.layers
        lower, upper = (ceil(self.separation / d - 1e-9) for d in geometry.spacings)
        return lower, upper

    def atoms_of(self, geometry: Geometry) -> int:
        """
        Count the atoms of a boundary's cell.

        Parameters
        ----------
        geometry : Geometry
            The boundary.

        Returns
        -------
        int
            Number of atoms.
        """
        pairs = zip(self.layers_of(geometry), geometry.atoms_per_layer, strict=True)
        return sum(layers * atoms for layers, atoms in pairs)


@dataclass(frozen=True)
class GrainBoundary:
    """
    A periodic cell with two grain boundaries.

    Parameters
    ----------
    structure : Structure
        Axis c is normal to the boundaries; site property ``grain`` is 0 in the lower and 1 in the
        upper grain, ``boundary_distance`` the distance to the nearer boundary, Å.
    geometry : Geometry
        What was built.
    layers : tuple of int
        Layers of the grains.
    heights : tuple of float
        Heights of the boundaries along c, Å.
    cuts : tuple of float
        Terminations: heights of the cuts of both crystals in units of the layer spacings.
    shift : tuple of float
        Translation of the upper grain in units of the in-plane cell vectors, from the place where
        the lattice of the lower grain goes on.
    gap : float
        Distance of the grains beyond the distance of the sheets at the cut, Å.
    equivalent : bool
        Whether a symmetry makes both boundaries the same.
    overlap : float
        Sum of (r_th - r)^2 over the pairs that were too close when the grains were put together,
        Å^2.
    moved : float
        Largest displacement of a unit that gave all pairs room, Å.
    removed : int
        Formula units taken out at each boundary.
    bulks : tuple of Structure
        One layer of bulk at the strain of the lower and of the upper grain, Å; empty where there
        is no strain.
    """

    structure: Structure
    geometry: Geometry
    layers: tuple[int, int]
    heights: tuple[float, float]
    cuts: tuple[float, float]
    shift: tuple[float, float]
    gap: float
    equivalent: bool
    overlap: float
    moved: float
    removed: int
    bulks: tuple[Structure, ...]

    @property
    def joint(self) -> Joint:
        """How its grains are put together."""
        return Joint(self.cuts, self.shift, self.gap, self.removed)


def best_boundaries(
    stacks: list[Grains], geometry: Geometry, how: Construction, joint: Joint | None = None
) -> list[GrainBoundary]:
    """
    Build the best candidates of a boundary.

    Parameters
    ----------
    stacks : list of Grains
        The slabs of each termination.
    geometry : Geometry
        What is built.
    how : Construction
        How.
    joint : Joint, optional
        The only candidate to build; None: search.

    Returns
    -------
    list of GrainBoundary
        That with least overlap first.

    Raises
    ------
    InputError
        If the boundary stays overcrowded, or has no such candidate.
    """
    crystals = stacks[0].crystals
    shortest = thresholds(*((crystal.primitive, crystal.units) for crystal in crystals))
    if joint is not None:
        return [_finished(joined(stacks, shortest, joint), geometry, how)]
    found = candidates(
        stacks, shortest, translations=how.translations, gaps=how.gaps, keep=how.keep
    )
    return [_finished(candidate, geometry, how) for candidate in found]


def _finished(candidate: Candidate, geometry: Geometry, how: Construction) -> GrainBoundary:
    bicrystal, grains = candidate.bicrystal, candidate.grains
    structure = bicrystal.structure
    height = structure.lattice.c
    planes = [boundary / height for boundary in bicrystal.heights]
    distances = plane_distances(structure.frac_coords[:, 2], planes, height)
    structure.add_site_property("boundary_distance", distances.tolist())
    return GrainBoundary(
        structure=structure,
        geometry=geometry,
        layers=how.layers_of(geometry),
        heights=bicrystal.heights,
        cuts=grains.cuts,
        shift=candidate.shift,
        gap=candidate.gap,
        equivalent=grains.equivalent and not candidate.removed,
        overlap=candidate.overlap,
        moved=candidate.moved,
        removed=candidate.removed,
        bulks=grains.bulks,
    )


def require_atoms(geometry: Geometry, how: Construction) -> None:
    """
    Insist that the cell of a boundary is not too large.

    Parameters
    ----------
    geometry : Geometry
        The boundary.
    how : Construction
        How it would be built.

    Raises
    ------
    InputError
        If it has more than `max_atoms` atoms; the message holds the estimate.
    """
    atoms = how.atoms_of(geometry)
    if atoms > how.max_atoms:
        lower, upper = how.layers_of(geometry)
        raise InputError(
            f"the cell would have {atoms} atoms ({lower} and {upper} layers of "
            f"{geometry.atoms_per_layer[0]} and {geometry.atoms_per_layer[1]} atoms, area "
            f"{geometry.area:.0f} Å^2), at most {how.max_atoms} are allowed; reduce the separation "
            f"({how.separation:g} Å) or the layers, choose a plane of smaller area, or raise "
            "max_atoms"
        )
