"""Jobs of interfaces of a crystal and a glass: pack the glass, join, see what annealing did."""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass

import numpy as np
from jobflow import Maker, job
from pymatgen.core import Structure

from physics.structures.census import census_of
from physics.structures.crystal import Crystal
from physics.structures.interface import GAP, crystal_slab, glass_slab, join
from physics.structures.plane import coprime
from stores.documents import DynamicsDocument, InterfaceDocument, merge_warnings
from stores.hashing import input_hash

THICKNESS = 25.0
"""Least thickness of each side in Jalem et al. 2023, Å."""

ATOMS = 10_000
"""Least number of atoms there."""

FRAMEWORK = ("P", "S")
"""What stays on its sites in a crystal."""

LOST = 1.0
"""Root mean square displacement of the framework that leaves no crystal, Å: a sixth of the distance
of neighboring PS4."""


@dataclass
class GlassSlabMaker(Maker):
    """
    Pack a glass into the in-plane cell of a crystal, for a melt-quench that changes its height.

    Parameters
    ----------
    name : str
        Name of the job.
    miller : sequence of int
        Plane of the interface.
    repeats : tuple of int
        In-plane cell in periods of the plane.
    formula : str
        Composition of the glass.
    density : float
        g/cm^3.
    thickness : float
        Å.
    seed : int
        Of the random numbers.
    """

    name: str = "pack glass slab"
    _: KW_ONLY
    miller: Sequence[int]
    repeats: tuple[int, int]
    formula: str
    density: float
    thickness: float = THICKNESS
    seed: int = 0

    @job
    def make(self, crystal: Structure) -> Structure:
        """
        Pack as a job.

        Parameters
        ----------
        crystal : Structure
            The crystal, Å.

        Returns
        -------
        Structure
            The packing, Å.

        Raises
        ------
        InputError
            As for `physics.structures.interface.glass_slab`.
        """
        grain = crystal_slab(Crystal(crystal), self.miller, self.thickness, self.repeats)
        rng = np.random.default_rng(self.seed)
        return glass_slab(grain, self.formula, self.density, self.thickness, rng)


@dataclass
class JoinMaker(Maker):
    """
    Join a crystal and a glass.

    Parameters
    ----------
    name : str
        Name of the job.
    label : str
        What the interface is called.
    miller : sequence of int
        Plane of the interface.
    repeats : tuple of int
        In-plane cell in periods of the plane.
    thickness : float
        Least thickness of the crystal, Å.
    gap : float
        Distance of the cuts at both interfaces, Å.
    """

    name: str = "join interface"
    _: KW_ONLY
    label: str
    miller: Sequence[int]
    repeats: tuple[int, int]
    thickness: float = THICKNESS
    gap: float = GAP

    @job(output_schema=InterfaceDocument)
    def make(
        self, crystal: Structure, glass: DynamicsDocument, parents: Sequence[str] = ()
    ) -> InterfaceDocument:
        """
        Join as a job.

        Parameters
        ----------
        crystal : Structure
            The crystal, Å.
        glass : DynamicsDocument
            The melt-quench of a glass in the crystal's in-plane cell.
        parents : sequence of str
            Jobs that made the glass.

        Returns
        -------
        InterfaceDocument
            The cell, with a warning for each side that is thinner than the published ones, for few
            atoms, atoms that are too close, and units that are not whole.

        Raises
        ------
        InputError
            If the glass has another in-plane cell, see `physics.structures.interface.join`.
        """
        bulk = Crystal(crystal)
        grain = crystal_slab(bulk, self.miller, self.thickness, self.repeats)
        made = join(bulk, grain, glass.structure, self.gap)
        found = census_of(made.structure)
        document = InterfaceDocument(
            input_hash=input_hash("JoinMaker", self, crystal=crystal, glass=glass.input_hash),
            parents=list(parents),
            versions=glass.versions,
            label=self.label,
            plane=coprime(self.miller),
            engine=glass.engine,
            functional=glass.functional,
            potential=glass.potential,
            seed=glass.protocol.seed,
            formula=made.structure.composition.reduced_formula,
            atoms=len(made.structure),
            units=found.counts,
            charge_mismatch=found.charge_mismatch,
            gap=self.gap,
            overlap=made.overlap,
            heights=made.heights,
            thickness=made.thickness,
            annealed=False,
            crystal_displacement=None,
            structure=made.structure,
        )
        document.warnings = merge_warnings(glass.warnings, _small(document), _unsound(document))
        return document


@job(output_schema=InterfaceDocument)
def collect_interface(
    joined: InterfaceDocument, run: DynamicsDocument, parents: list[str]
) -> InterfaceDocument:
    """
    Put the annealed atoms into an interface.

    Parameters
    ----------
    joined : InterfaceDocument
        The interface as it was joined.
    run : DynamicsDocument
        Its anneal.
    parents : list of str
        Jobs that made both.

    Returns
    -------
    InterfaceDocument
        The annealed interface; atoms keep their order and phase, heights scale with the cell. With
        a warning where the crystal did not stay one.
    """
    structure = Structure(
        run.structure.lattice,
        run.structure.species,
        run.structure.frac_coords,
        site_properties={"phase": joined.structure.site_properties["phase"]},
    )
    found = census_of(structure)
    stretch = structure.lattice.c / joined.structure.lattice.c
    annealed = joined.model_copy(
        update={
            "input_hash": input_hash(
                "collect_interface", {}, joined=joined.input_hash, run=run.input_hash
            ),
            "parents": parents,
            "versions": joined.versions | run.versions,
            "structure": structure,
            "units": found.counts,
            "charge_mismatch": found.charge_mismatch,
            "heights": tuple(stretch * height for height in joined.heights),
            "thickness": tuple(stretch * part for part in joined.thickness),
            "annealed": run.completed,
            "crystal_displacement": _displacement(joined.structure, structure),
        }
    )
    lasting = [warning for warning in joined.warnings if warning not in _unsound(joined)]
    annealed.warnings = merge_warnings(lasting, run.warnings, _unsound(annealed))
    return annealed


def _small(interface: InterfaceDocument) -> list[str]:
    """Say what is smaller than the published interfaces."""
    heard = [
        f"the {side} is {thickness:.1f} Å thick, expected at least {THICKNESS:g} Å"
        for side, thickness in zip(("crystal", "glass"), interface.thickness, strict=True)
        if thickness < THICKNESS
    ]
    if interface.atoms < ATOMS:
        heard.append(
            f"the interface has {interface.atoms} atoms, expected at least {ATOMS}: repeat it more "
            "often in its plane"
        )
    return heard


def _unsound(interface: InterfaceDocument) -> list[str]:
    """Say what is wrong with an interface."""
    heard = []
    if interface.overlap > 0:
        heard.append(
            f"joining left contacts that are too close, {interface.overlap:.2g} Å^2 of overlap: "
            "give a wider gap"
        )
    if interface.charge_mismatch:
        heard.append(
            f"the charges of units and lithium add up to {interface.charge_mismatch:+d} e: not all "
            "units are whole"
        )
    moved = interface.crystal_displacement
    if moved is not None and moved > LOST:
        heard.append(
            f"P and S of the crystal have moved by {moved:.2f} Å, expected at most {LOST:g} Å: it "
            "is no crystal any more; anneal at a lower temperature"
        )
    return heard


def _displacement(before: Structure, after: Structure) -> float:
    """Root mean square displacement of the crystal's framework, but for what it shares, Å."""
    framework = [
        number
        for number, site in enumerate(before)
        if site.properties["phase"] == 0 and site.specie.symbol in FRAMEWORK
    ]
    moved = after.frac_coords[framework] - before.frac_coords[framework]
    moved -= np.rint(moved)
    moved -= moved.mean(axis=0)
    return float(np.sqrt(np.mean(np.sum((moved @ after.lattice.matrix) ** 2, axis=1))))
