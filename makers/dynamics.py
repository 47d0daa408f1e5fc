"""Jobs of molecular dynamics, on any engine and with moment tensor potentials."""

import logging
import math
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path
from typing import Any

from ase import Atoms
from ase.calculators.calculator import Calculator
from jobflow import Maker, job
from pymatgen.core import Structure

from makers.dynamics_run import EXTRAPOLATING, TRAJECTORY, DynamicsRun, Output, Report
from makers.engines import get_engine
from makers.lammps import load_lammps
from makers.lammps_program import run_program
from makers.run_folder import claim, run_folder
from physics.dynamics.ase_integrator import AseIntegrator
from physics.dynamics.frame import Frame
from physics.dynamics.grading import Grader, Grading
from physics.dynamics.guards import Guards
from physics.dynamics.lammps_integrator import LammpsIntegrator
from physics.dynamics.protocol import Protocol
from physics.dynamics.summary import series, summarise
from physics.dynamics.vibration import check_time_step, fastest_period
from physics.errors import InputError
from physics.potentials.calculator import MTPCalculator
from stores.documents import (
    DynamicsDocument,
    PotentialDocument,
    StoredPotential,
    TrajectoryFile,
    merge_warnings,
)
from stores.documents.dynamics import Driver
from stores.hashing import input_hash
from stores.recordings import recorded
from stores.trajectories.reader import Trajectory
from stores.versions import versions

logger = logging.getLogger(__name__)

MTP = "mtp"
"""Name of the engine that is a moment tensor potential, given to the job."""

FUNCTIONAL = "moment tensor potential"

PACKAGES = {"ase": ("numba", "ase"), "lammps": ("numba", "lammps"), "lmp": ()}

STOPPED = "stopped early"
"""What the warning of a run begins with that did not come to its end."""

PERIOD = "period"
"""File with the period of the fastest vibration, fs."""

POINTS = 200
"""At most, of the series that plots show."""

REPORT_SECONDS = 30.0
"""Between lines of the log."""


@dataclass
class DynamicsMaker(Maker):
    """
    Run molecular dynamics.

    Frames go to a file while the run goes on, and its state to a checkpoint. The same job started
    again, after a kill or the end of its time, goes on from there.

    Parameters
    ----------
    name : str
        Name of the job.
    protocol : Protocol
        Stages of temperature and pressure, time step, thermostat, seed.
    engine : str
        Name in the registry, or ``mtp`` for the moment tensor potential that the job is given.
    driver : {"ase", "lammps", "lmp"}
        What moves the atoms: ASE with any engine; with a moment tensor potential LAMMPS in this
        process, or the user's own program, see `makers.lammps_program`.
    output : Output
        What is written, and how often.
    grading : Grading or None
        Extrapolation grades on the fly, for a potential with its active set.
    broken_units : float or None
        Largest part of the phosphorus whose coordination by sulfur may change before the run is
        stopped; None where units may break, as in a melt.
    """

    name: str = "molecular dynamics"
    _: KW_ONLY
    protocol: Protocol
    engine: str = MTP
    driver: Driver = "lammps"
    output: Output = field(default_factory=Output)
    grading: Grading | None = None
    broken_units: float | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot go together."""
        if self.driver not in ("ase", "lammps", "lmp"):
            raise InputError(f"driver '{self.driver}' given, expected ase, lammps or lmp")
        if self.driver == "lmp" and (self.grading or self.output.forces or self.broken_units):
            raise InputError(
                "driver 'lmp' was given with grading, forces or broken_units, which the program "
                "does not give; use driver 'lammps', or write_run and its ExtrapolationControl"
            )
        if self.engine != MTP:
            get_engine(self.engine)
            if self.driver != "ase" or self.grading is not None:
                raise InputError(
                    f"engine '{self.engine}' was given with driver '{self.driver}' and grading "
                    f"{self.grading}; LAMMPS and grades are for engine '{MTP}': use driver 'ase' "
                    "without grading"
                )

    @job(output_schema=DynamicsDocument)
    def make(
        self,
        structure: Structure,
        potential: StoredPotential | None = None,
        parents: Sequence[str] = (),
        heights: tuple[float, float] | None = None,
    ) -> DynamicsDocument:
        """
        Run as a job.

        Parameters
        ----------
        structure : Structure
            Initial structure, Å; with coupling "z" a boundary in the xy plane.
        potential : StoredPotential, optional
            The moment tensor potential, for engine ``mtp``; with its active set for grades.
        parents : sequence of str
            Jobs that made these.
        heights : tuple of float, optional
            Heights of the boundaries of the cell along c, Å, for what is analysed at them.

        Returns
        -------
        DynamicsDocument
            What each stage gave, why the run stopped early if it did, and where the frames are.

        Raises
        ------
        InputError
            If the engine or LAMMPS is not here, an element is unknown to it, or the potential or
            its active set is missing.
        """
        key = self.key(structure, potential)

        def compute() -> DynamicsDocument:
            with run_folder(f"dynamics-{key}") as folder:
                return self.run(structure, potential, folder=folder, parents=parents)

        document = recorded(compute, key, self.name, DynamicsDocument)
        planes = tuple(height / structure.lattice.c for height in heights) if heights else None
        taught = potential.warnings if isinstance(potential, PotentialDocument) else []
        return document.model_copy(
            update={
                "label": self.name,
                "parents": list(parents),
                "planes": planes,
                "warnings": merge_warnings(taught, document.warnings),
            }
        )

    def key(self, structure: Structure, potential: StoredPotential | None) -> str:
        """
        Hash what determines a run.

        Parameters
        ----------
        structure : Structure
            Initial structure.
        potential : StoredPotential or None
            The moment tensor potential, for engine ``mtp``.

        Returns
        -------
        str
            The hash.

        Raises
        ------
        InputError
            If the engine does not know an element, or the potential is missing.
        """
        self._check(structure, potential)
        if potential is None:
            inputs: dict[str, Any] = {"engine": get_engine(self.engine).md()}
        else:
            active = potential.active_set
            inputs = {
                "potential": potential.checksum,
                "active": active.checksum if active and self.grading else None,
            }
        return input_hash("DynamicsMaker", self, structure=structure, **inputs)

    def run(
        self,
        structure: Structure,
        potential: StoredPotential | None = None,
        *,
        folder: Path,
        parents: Sequence[str] = (),
        report: Report | None = None,
    ) -> DynamicsDocument:
        """
        Run here and now, or go on with what was run in a folder.

        Parameters
        ----------
        structure : Structure
            Initial structure, Å.
        potential : StoredPotential, optional
            The moment tensor potential, for engine ``mtp``.
        folder : Path
            Where trajectory and checkpoint are; it exists.
        parents : sequence of str
            Jobs that made structure and potential.
        report : callable, optional
            Is told of each frame that is written; None: lines of the log.

        Returns
        -------
        DynamicsDocument
            As `make` gives it.

        Raises
        ------
        InputError
            As `make` does, or if the folder has another run.
        """
        start = time.perf_counter()
        key = self.key(structure, potential)
        atoms = Atoms(
            [site.specie.symbol for site in structure],
            positions=structure.cart_coords,
            cell=structure.lattice.matrix,
            pbc=True,
        )
        claim(folder, key)
        calculator = self._calculator(potential)
        too_long = check_time_step(self.protocol.time_step, _period(folder, atoms, calculator))
        if too_long is not None:
            logger.warning(too_long)
        if self.driver == "lmp" and potential is not None:
            last, stopped = (
                run_program(folder, atoms, potential.potential(), self.protocol, self.output),
                None,
            )
        else:
            last, stopped = self._moved(atoms, calculator, potential, folder, report)
        with Trajectory(folder / TRAJECTORY) as trajectory:
            stages = summarise(
                trajectory, self.protocol, atoms, last.step, self._kept_grades(folder)
            )
            stride = math.ceil(len(trajectory) / POINTS)
            points = series(trajectory.frames(step=stride), atoms)
        engine = get_engine(self.engine) if potential is None else None
        heard = [engine.caveat if engine else "", too_long]
        if stopped is not None:
            heard.append(f"{STOPPED}: {stopped}")
        return DynamicsDocument(
            input_hash=key,
            parents=list(parents),
            versions=versions(*(engine.packages if engine else PACKAGES[self.driver])),
            warnings=[warning for warning in heard if warning],
            label=self.name,
            engine=self.engine,
            functional=engine.functional if engine else FUNCTIONAL,
            driver=self.driver,
            potential=potential.checksum if potential else None,
            protocol=self.protocol,
            steps=last.step,
            completed=stopped is None,
            stopped=stopped,
            structure=Structure(
                last.cell,
                structure.species,
                last.positions,
                coords_are_cartesian=True,
                to_unit_cell=True,
            ),
            energy=last.energy,
            stages=stages,
            series=points,
            trajectory=TrajectoryFile.of(folder / TRAJECTORY),
            extrapolating=TrajectoryFile.of(folder / EXTRAPOLATING) if self.grading else None,
            seconds=time.perf_counter() - start,
            directory=str(folder),
        )

    def _check(self, structure: Structure, potential: StoredPotential | None) -> None:
        if (self.engine == MTP) != (potential is not None):
            raise InputError(
                f"engine '{self.engine}' was given {'no' if potential is None else 'a'} moment "
                f"tensor potential; give one with engine '{MTP}', and none with any other"
            )
        if potential is None:
            get_engine(self.engine).require_elements(structure)
            return
        known = potential.potential().species
        unknown = {element.symbol for element in structure.elements} - set(known)
        if unknown:
            raise InputError(
                f"a potential of {', '.join(known)} was given for {structure.formula}; it does not "
                f"know {', '.join(sorted(unknown))}: fit one that does"
            )

    def _moved(
        self,
        atoms: Atoms,
        calculator: Calculator,
        potential: StoredPotential | None,
        folder: Path,
        report: Report | None,
    ) -> tuple[Frame, str | None]:
        """Run in this process; give the last good frame, and why the run stopped early."""
        first = Frame(0, 0.0, atoms.positions, atoms.cell.array, energy=0.0, temperature=0.0)
        guards = Guards(atoms.get_chemical_symbols(), first, self.broken_units)
        grader = self._grader(potential, atoms)
        with closing(self._integrator(atoms, calculator, potential)) as integrator:
            run = DynamicsRun(
                integrator,
                self.protocol,
                atoms,
                folder,
                output=self.output,
                guards=guards,
                grader=grader,
                report=report or _Log(self.protocol),
            )
            stopped = run.go()
        return run.last, stopped

    def _kept_grades(self, folder: Path) -> list[tuple[int, float]]:
        """Give step and grade of the configurations that were kept."""
        if self.grading is None:
            return []
        with Trajectory(folder / EXTRAPOLATING) as kept:
            return list(zip(kept.steps.tolist(), kept.grades.tolist(), strict=True))

    def _calculator(self, potential: StoredPotential | None) -> Calculator:
        if potential is None:
            return get_engine(self.engine).calculator()
        return MTPCalculator(potential.potential())

    def _integrator(
        self, atoms: Atoms, calculator: Calculator, potential: StoredPotential | None
    ) -> AseIntegrator | LammpsIntegrator:
        if self.driver == "ase" or potential is None:
            return AseIntegrator(atoms, calculator, self.protocol)
        lmp = load_lammps().lammps(cmdargs=["-log", "none", "-screen", "none"])
        return LammpsIntegrator(lmp, atoms, potential.potential(), self.protocol)

    def _grader(self, potential: StoredPotential | None, atoms: Atoms) -> Grader | None:
        if self.grading is None or potential is None:
            return None
        return Grader(self.grading, potential.require_active_set(), atoms)


def _period(folder: Path, atoms: Atoms, calculator: Calculator) -> float:
    """Give the period of the fastest vibration, found once for all attempts at a run."""
    known = folder / PERIOD
    if not known.exists():
        unfinished = known.with_suffix(".part")
        unfinished.write_text(repr(fastest_period(atoms, calculator)))
        unfinished.replace(known)
    return float(known.read_text())


class _Log:
    """Lines of the log, now and then."""

    def __init__(self, protocol: Protocol) -> None:
        self._protocol = protocol
        self._told = time.monotonic()

    def __call__(self, frame: Frame) -> None:
        if time.monotonic() - self._told > REPORT_SECONDS:
            self._told = time.monotonic()
            logger.info(
                "step %d of %d: %.0f K, %.6g eV",
                frame.step, self._protocol.steps, frame.temperature, frame.energy,
            )  # fmt: skip
