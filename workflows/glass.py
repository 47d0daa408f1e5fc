"""The flow of glasses: pack, melt, quench, test, and the elastic tensor over several quenches."""

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from typing import Any

from jobflow import Flow, Job, Maker
from pymatgen.core import Structure

from makers.dynamics import DynamicsMaker
from makers.dynamics_run import Output
from makers.glass import CollectQuenchMaker, PackMaker, collect_tensors
from physics.analysis.glass import Acceptance
from physics.dynamics.grading import Grading
from physics.dynamics.melt_quench import AB_INITIO, MeltQuench
from physics.errors import InputError
from physics.structures.composition import composition_of
from stores.documents import StoredPotential
from stores.documents.dynamics import Driver
from workflows.dynamics import parents_of
from workflows.elastic import ElasticFlowMaker


@dataclass
class GlassFlowMaker(Maker):
    """
    Glasses of one composition, at several pressures and with several seeds.

    The defaults are those of Garcia-Mendez et al. 2020: 60 Li and 20 PS4 at 1.88 g/cm^3.

    Parameters
    ----------
    name : str
        What the glass is called.
    ions : mapping of str to int
        What is packed.
    density : float
        Density of the packing, g/cm^3.
    melt_quench : MeltQuench
        Rates, times and temperatures; its pressure is that of `pressures`.
    pressures : sequence of float
        GPa.
    seeds : sequence of int
        One quench for each, at each pressure: of packing, velocities and noise.
    engine, driver, output
        As `makers.dynamics.DynamicsMaker` has them.
    grading : Grading or None
        Extrapolation grades on the fly, for a potential with its active set.
    acceptance : Acceptance
        What is demanded of a glass.
    elastic : ElasticFlowMaker or None
        Finds the elastic tensor of each glass, which are averaged; it must use no symmetry, of
        which a glass has none. None: no elasticity.
    """

    name: str = "Li3PS4 glass"
    _: KW_ONLY
    engine: str
    driver: Driver = "ase"
    ions: Mapping[str, int] = field(default_factory=lambda: {"Li": 60, "PS4": 20})
    density: float = 1.88
    melt_quench: MeltQuench = AB_INITIO
    pressures: Sequence[float] = (AB_INITIO.pressure,)
    seeds: Sequence[int] = (0,)
    output: Output = field(default_factory=Output)
    grading: Grading | None = None
    acceptance: Acceptance = field(default_factory=lambda: Acceptance(same_units=True))
    elastic: ElasticFlowMaker | None = None

    def __post_init__(self) -> None:
        """Refuse symmetry, of which a glass has none."""
        if self.elastic is not None and self.elastic.symmetry:
            raise InputError(
                "an elastic flow with symmetry was given, of which a glass has none; give "
                "ElasticFlowMaker(symmetry=False) with relaxations without fix_symmetry"
            )

    def make(
        self, structure: Structure | None = None, potential: StoredPotential | None = None
    ) -> Flow:
        """
        Assemble the flow.

        Parameters
        ----------
        structure : Structure, optional
            What is melted, such as a supercell of the crystal, in place of a packing.
        potential : StoredPotential, optional
            The moment tensor potential, for engine ``mtp``.

        Returns
        -------
        Flow
            Its output is a list of the runs (`DynamicsDocument`), seeds within pressures.
        """
        flows: list[Flow | Job] = []
        runs = []
        for pressure in self.pressures:
            label = f"{self.name}, {1000 * pressure:g} MPa"
            quenches: list[Any] = []
            elastic: list[Flow] = []
            for seed in self.seeds:
                jobs = self._quench(label, structure, potential, pressure, seed)
                run = jobs[-2].output
                flows += jobs
                runs.append(run)
                quenches.append(jobs[-1].output)
                if self.elastic is not None:
                    glass: Any = run.structure
                    flow = self.elastic.make(glass)
                    self._mark([flow], label, seed, structure)
                    elastic.append(flow)
            if elastic:
                flows += [*elastic, self._collected(elastic, quenches, label)]
        return Flow(flows, runs, name=self.name)

    @property
    def atoms(self) -> int:
        """Number of atoms that are packed."""
        return int(composition_of(self.ions).num_atoms)

    def _quench(
        self,
        label: str,
        structure: Structure | None,
        potential: StoredPotential | None,
        pressure: float,
        seed: int,
    ) -> list[Job]:
        """Give the jobs of one glass: packing, if there is one, melt-quench, collection."""
        jobs: list[Job] = []
        start: Any = structure
        if structure is None:
            pack = PackMaker(ions=self.ions, density=self.density, seed=seed).make()
            pack.update_metadata({"step": "pack glass"})
            jobs.append(pack)
            start = pack.output
        run = DynamicsMaker(
            name="melt-quench",
            protocol=replace(self.melt_quench, pressure=pressure).protocol(seed),
            engine=self.engine,
            driver=self.driver,
            output=self.output,
            grading=self.grading,
        ).make(start, potential, [job.uuid for job in jobs] + parents_of(potential))
        run.update_metadata({"step": "melt-quench"})
        collect = CollectQuenchMaker(
            label=label, pressure=pressure, acceptance=self.acceptance
        ).make(start, run.output, [job.uuid for job in (*jobs, run)])
        collect.update_metadata({"step": "collect glass"})
        jobs += [run, collect]
        self._mark(jobs, label, seed, structure)
        return jobs

    def _mark(
        self, parts: Sequence[Flow | Job], label: str, seed: int, structure: Structure | None
    ) -> None:
        """Say in names and metadata which glass jobs are of."""
        name = f"{label}, seed {seed}"
        atoms = self.atoms if structure is None else len(structure)
        for part in parts:
            part.append_name(f": {name}")
            part.update_metadata({"system": name, "atoms": atoms})

    def _collected(self, elastic: list[Flow], quenches: list[Any], label: str) -> Job:
        stresses = [flow.output for flow in elastic]
        job = collect_tensors(stresses, quenches, parents_of(*stresses, *quenches))
        job.append_name(f": {label}")
        job.update_metadata({"step": "collect tensors", "system": label})
        return job
