"""An engine: what computes energies, forces and stresses, and what it can do."""

import importlib
import importlib.util
from dataclasses import dataclass, field
from pkgutil import resolve_name
from typing import Any, Literal

from ase.calculators.calculator import Calculator
from jobflow import Maker
from pymatgen.core import Structure

from physics.errors import InputError

RELAX_LOG = "relax.log"
"""Every step of the relaxation of a boundary, in the folder of the job, to look at meanwhile."""

KBAR_VASP_SIGN_TO_GPA = -0.1
REFERENCE_ATOMS = 32
NORMAL_FILTER = "makers.calculators:NormalCellFilter"


@dataclass(frozen=True)
class EngineResult:
    """
    What an engine returned, in the units of the documents.

    Parameters
    ----------
    structure : Structure
        Final structure, Å.
    energy : float
        Potential energy, eV.
    forces : list of 3-tuples
        Forces, eV/Å.
    stress : 3x3 tuple or None
        Cauchy stress, GPa, tension positive.
    converged : bool
        Whether the optimiser met its criterion, on the forces and on the cell where it relaxes.
    steps : int
        Configurations evaluated, the first included.
    """

    structure: Structure
    energy: float
    forces: list[tuple[float, float, float]]
    stress: Any
    converged: bool
    steps: int


@dataclass(frozen=True)
class Engine:
    """
    An engine that atomate2 drives through an ASE calculator.

    Parameters
    ----------
    name : str
        Name in studies and documents.
    functional : str
        Level of theory.
    relax_maker, md_maker : str
        atomate2 Makers as ``module:class``; resolved when a Maker is asked for.
    modules : tuple of str
        Modules that must be importable.
    packages : tuple of str
        Distributions whose versions go into documents.
    install : str
        Command that makes the engine available.
    seconds : float
        CPU seconds for energy, forces and stress of 32 atoms on one core.
    scaling : float
        Exponent of the cost in the number of atoms.
    stress : bool
        Whether it has a stress tensor.
    settings : dict
        Fields of the atomate2 Makers that select this engine.
    elements : frozenset of str
        Elements it knows; empty: all.
    caveat : str
        What a reader of its numbers must know; becomes a warning of every document.
    """

    name: str
    functional: str
    relax_maker: str
    md_maker: str
    modules: tuple[str, ...]
    packages: tuple[str, ...]
    install: str
    seconds: float
    scaling: float = 1.0
    stress: bool = True
    settings: dict[str, Any] = field(default_factory=dict)
    elements: frozenset[str] = frozenset()
    caveat: str = ""

    def why_unavailable(self) -> str | None:
        """
        Say why the engine cannot run here.

        Returns
        -------
        str or None
            The reason with the command that would help, or None if the engine is available.
        """
        missing = [module for module in self.modules if importlib.util.find_spec(module) is None]
        if missing:
            return f"no module {', '.join(missing)}; install it with: {self.install}"
        return None

    def require(self) -> None:
        """
        Insist that the engine runs here.

        Raises
        ------
        InputError
            If it does not; the message holds the remedy.
        """
        if (reason := self.why_unavailable()) is not None:
            raise InputError(f"engine '{self.name}' is not available: {reason}")

    def require_elements(self, structure: Structure) -> None:
        """
        Insist that the engine knows the elements of a structure.

        Parameters
        ----------
        structure : Structure
            Structure to be computed.

        Raises
        ------
        InputError
            If it does not.
        """
        unknown = {element.symbol for element in structure.elements} - self.elements
        if self.elements and unknown:
            raise InputError(
                f"engine '{self.name}' does not know {', '.join(sorted(unknown))}, given in "
                f"{structure.formula}; it knows {', '.join(sorted(self.elements))}: choose "
                f"another engine (thioflow engines)"
            )

    def static(self) -> Maker:
        """
        Give the Maker of a single point.

        Returns
        -------
        Maker
            Energy, forces and stress of a structure as it is.
        """
        return self._maker(self.relax_maker, relax_cell=False, steps=1, ionic_step_data=None)

    def relax(
        self,
        *,
        cell: bool | Literal["normal"] = True,
        fmax: float = 1e-4,
        steps: int = 500,
        fix_symmetry: bool = False,
        symprec: float = 0.01,
    ) -> Maker:
        """
        Give the Maker of a relaxation.

        Parameters
        ----------
        cell : bool or "normal"
            Whether the cell relaxes with the ions; "normal": only its height along z, with the
            vectors a and b in the xy plane as they are, for a boundary in that plane.
        fmax : float
            Largest force allowed at the end, eV/Å, on atoms and on the variables of the cell;
            see `makers.calculators.NormalCellFilter` for the stress that goes with it.
        steps : int
            Most ionic steps.
        fix_symmetry : bool
            Whether the space group of the initial structure is kept.
        symprec : float
            Tolerance with which that space group is found, Å.

        Returns
        -------
        Maker
            The relaxation, by BFGS; by L-BFGS for "normal", whose cells hold hundreds of atoms:
            it takes the same steps without the dense Hessian, whose cost grows as their cube.

        Raises
        ------
        InputError
            If `cell` is none of these, or "normal" with the symmetry fixed.
        """
        if cell not in (True, False, "normal"):
            raise InputError(
                f"cell={cell!r} was given, expected True, False or 'normal'; 'normal' relaxes the "
                f"height of the cell along z only"
            )
        normal = cell == "normal"
        if normal and fix_symmetry:
            raise InputError(
                "cell='normal' was given with fix_symmetry=True, which would spread the strain "
                "along z over the equivalent axes; choose one of the two"
            )
        cell_kwargs = (
            {"cell_filter": resolve_name(NORMAL_FILTER), "logfile": RELAX_LOG} if normal else {}
        )
        return self._maker(
            self.relax_maker,
            relax_cell=bool(cell),
            steps=steps,
            fix_symmetry=fix_symmetry,
            symprec=symprec,
            relax_kwargs={"fmax": fmax, "final_atoms_object_file": None, **cell_kwargs},
            optimizer_kwargs={"optimizer": "LBFGS" if normal else "BFGS"},
            ionic_step_data=None,
        )

    def md(self) -> Maker:
        """
        Give atomate2's Maker of molecular dynamics.

        Returns
        -------
        Maker
            It holds the calculator and its settings. The time steps are made by
            `makers.dynamics.DynamicsMaker`: atomate2 keeps all frames in memory until the end, and
            cannot go on with a run that was killed.
        """
        return self._maker(self.md_maker)

    def calculator(self) -> Calculator:
        """
        Give the calculator of molecular dynamics.

        Returns
        -------
        ase.calculators.calculator.Calculator
            The calculator that atomate2's Maker would use.

        Raises
        ------
        InputError
            If the engine is not available here.
        """
        self.require()
        for module in self.modules:
            importlib.import_module(module)  # atomate2 would go on with another package
        return self.md().calculator  # type: ignore[attr-defined]

    def run(self, maker: Maker, structure: Structure, prev_dir: str | None) -> EngineResult:
        """
        Run an atomate2 Maker of this engine here and now.

        Parameters
        ----------
        maker : Maker
            A Maker from this engine.
        structure : Structure
            Initial structure.
        prev_dir : str or None
            Folder of an earlier calculation.

        Returns
        -------
        EngineResult
            The final state. atomate2 reports stress in kbar with VASP's sign; this is GPa,
            tension positive.
        """
        for module in self.modules:
            importlib.import_module(module)  # atomate2 would go on with another package
        make = maker.make.original  # type: ignore[attr-defined]
        task = make(maker, structure, prev_dir=prev_dir)
        output = task.output
        stress = None
        if output.stress is not None and self.stress:
            stress = tuple(
                tuple(KBAR_VASP_SIGN_TO_GPA * float(s) for s in row) for row in output.stress
            )
        final = task.structure
        return EngineResult(
            structure=Structure(final.lattice, final.species, final.frac_coords),
            energy=float(output.energy),
            forces=[(float(x), float(y), float(z)) for x, y, z in output.forces],
            stress=stress,
            converged=task.state != "failed",
            steps=int(output.n_steps or 1),
        )

    def estimate(self, atoms: int, evaluations: int) -> float:
        """
        Estimate the cost of a job.

        Parameters
        ----------
        atoms : int
            Number of atoms.
        evaluations : int
            Number of energy, force and stress evaluations.

        Returns
        -------
        float
            CPU seconds on one core.
        """
        return evaluations * self.seconds * (atoms / REFERENCE_ATOMS) ** self.scaling

    def _maker(self, path: str, **fields: Any) -> Maker:
        return resolve_name(path)(**fields, **self.settings)
