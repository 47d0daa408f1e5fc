"""The flow of interfaces of a crystal and a glass: pack, melt and quench, join, anneal."""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from math import prod

import numpy as np
from jobflow import Flow, Maker
from pymatgen.core import Structure

from makers.dynamics import DynamicsMaker
from makers.dynamics_run import Output
from makers.interface import ATOMS, THICKNESS, GlassSlabMaker, JoinMaker, collect_interface
from physics.dynamics.grading import Grading
from physics.dynamics.melt_quench import AB_INITIO, MeltQuench
from physics.dynamics.protocol import Protocol, Stage
from physics.errors import InputError
from physics.structures.census import census_of
from physics.structures.crystal import Crystal
from physics.structures.interface import GAP, crystal_slab
from physics.structures.plane import spaced
from physics.structures.slab import Slab
from stores.documents import StoredPotential
from stores.documents.dynamics import Driver
from workflows.dynamics import parents_of

ANNEAL = Protocol(
    stages=(
        Stage("heat", 5_000, 300.0, 500.0, "npt", coupling="z"),
        Stage("anneal", 25_000, 500.0, None, "npt", coupling="z"),
        Stage("cool", 5_000, 500.0, 300.0, "npt", coupling="z"),
    )
)
"""70 ps, up to 500 K: below what breaks units."""


@dataclass
class InterfaceFlowMaker(Maker):
    """
    A cell of a crystal and a glass with two interfaces.

    The glass is packed into the crystal's in-plane cell, melted and quenched by itself while its
    height alone follows the pressure, joined with the crystal, and annealed with it.

    Parameters
    ----------
    name : str
        What the interface is called, beside its plane.
    engine, driver, output
        As `makers.dynamics.DynamicsMaker` has them.
    miller : sequence of int
        Plane of the interface in the axes of the crystal; Jalem et al. 2023 have (001), (100) and
        (120).
    atoms : int
        Least number of atoms, to which the cell is repeated in its plane.
    thickness : float
        Of the crystal, at least, and of the packed glass, Å.
    formula : str
        Composition of the glass.
    density : float
        Density of the packing, g/cm^3.
    melt_quench : MeltQuench
        Of the glass; its coupling is "z".
    gap : float
        Distance of the cuts at both interfaces, Å.
    anneal : Protocol
        Of both sides, the coupling of its stages "z"; its seed is `seed`.
    grading : Grading or None
        Extrapolation grades on the fly, for a potential with its active set.
    seed : int
        Of packing, velocities and noise.
    """

    name: str = "Li3PS4 glass"
    _: KW_ONLY
    engine: str
    driver: Driver = "ase"
    output: Output = field(default_factory=Output)
    miller: Sequence[int]
    atoms: int = ATOMS
    thickness: float = THICKNESS
    formula: str = "Li3PS4"
    density: float = 1.88
    melt_quench: MeltQuench = AB_INITIO
    gap: float = GAP
    anneal: Protocol = ANNEAL
    grading: Grading | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse an anneal that changes the in-plane cell."""
        if any(s.ensemble == "npt" and s.coupling != "z" for s in self.anneal.stages):
            raise InputError(
                "an anneal was given whose stages change the in-plane cell, expected coupling 'z': "
                "the crystal's periods are those of the interface"
            )

    def make(self, structure: Structure, potential: StoredPotential | None = None) -> Flow:
        """
        Assemble the flow.

        Parameters
        ----------
        structure : Structure
            The crystal, of Li, P and S, Å.
        potential : StoredPotential, optional
            The moment tensor potential, for engine ``mtp``.

        Returns
        -------
        Flow
            Its output is an `InterfaceDocument`.

        Raises
        ------
        InputError
            If there is no such plane, or the crystal has other elements.
        """
        label = f"{self.name}/({spaced(self.miller)})"
        census_of(structure)
        grain = crystal_slab(Crystal(structure), self.miller, self.thickness)
        weight = self.density * self.thickness / (float(structure.density) * grain.thickness)
        repeats = self._repeats(grain, (1 + weight) * len(grain.site))
        crystalline = prod(repeats) * len(grain.site)
        of_glass = round(weight * crystalline)
        of_cell = crystalline + of_glass

        pack = GlassSlabMaker(
            miller=self.miller,
            repeats=repeats,
            formula=self.formula,
            density=self.density,
            thickness=self.thickness,
            seed=self.seed,
        ).make(structure)
        pack.update_metadata({"step": "pack glass", "atoms": of_glass})
        quench = self._run(
            "melt-quench", replace(self.melt_quench, coupling="z").protocol(self.seed)
        ).make(pack.output, potential, [pack.uuid, *parents_of(potential)])
        quench.update_metadata({"step": "melt-quench", "atoms": of_glass})
        joined = JoinMaker(
            label=label,
            miller=self.miller,
            repeats=repeats,
            thickness=self.thickness,
            gap=self.gap,
        ).make(structure, quench.output, [pack.uuid, quench.uuid])
        joined.update_metadata({"step": "join interface", "atoms": of_cell})
        anneal = self._run("anneal", replace(self.anneal, seed=self.seed)).make(
            joined.output.structure, potential, [joined.uuid, *parents_of(potential)]
        )
        anneal.update_metadata({"step": "anneal interface", "atoms": of_cell})
        collect = collect_interface(joined.output, anneal.output, [joined.uuid, anneal.uuid])
        collect.update_metadata({"step": "collect interface", "atoms": of_cell})
        jobs = [pack, quench, joined, anneal, collect]
        for job in jobs:
            job.append_name(f": {label}")
            job.update_metadata({"system": label})
        return Flow([*jobs], collect.output, name=label)

    def _repeats(self, grain: Slab, atoms: float) -> tuple[int, int]:
        """Repeat a cell of so many atoms in its plane, along its shorter side first."""
        lengths = np.linalg.norm(grain.cell, axis=1)
        repeats = [1, 1]
        while prod(repeats) * atoms < self.atoms:
            repeats[int(np.argmin(lengths * repeats))] += 1
        return repeats[0], repeats[1]

    def _run(self, name: str, protocol: Protocol) -> DynamicsMaker:
        return DynamicsMaker(
            name=name,
            protocol=protocol,
            engine=self.engine,
            driver=self.driver,
            output=self.output,
            grading=self.grading,
        )
