"""MLIP-2 and MLIP-3: the `mlp` program of a user, run on files.

Commands and options are those that the sources of both versions name. Neither program comes with
thioflow, and no test runs a real one.
"""

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Literal

import numpy as np
from ase import Atoms
from ase.calculators.singlepoint import SinglePointCalculator
from numpy.typing import NDArray

from physics.errors import InputError
from physics.potentials.files import read_potential, write_potential
from physics.potentials.loss import Weights
from physics.potentials.potential import MomentTensorPotential

PROGRAM = "mlp"
LOG = "mlip.log"
BUILT_IN = "or use the built-in engine (engine='thioflow')"
PLACE = "place"
"""Feature of a configuration by which it is found again in the files of MLIP."""

GradeMode = Literal["neighbourhood", "configuration"]


@dataclass(frozen=True)
class Mlip:
    """
    A program `mlp`, in a folder of its own for one job.

    Parameters
    ----------
    program : str
        Path of the program.
    version : {2, 3}
        Which MLIP it is of.
    folder : Path
        Where its files are.
    """

    program: str
    version: Literal[2, 3]
    folder: Path

    @classmethod
    def find(cls) -> "Mlip":
        """
        Find the program on the path, and ask it for its commands.

        Returns
        -------
        Mlip
            With a new folder in the current one.

        Raises
        ------
        InputError
            If there is none, it is of no known version, or motep is not installed.
        """
        program = shutil.which(PROGRAM)
        if program is None:
            raise InputError(
                f"engine 'mlip' needs the program `{PROGRAM}` on the PATH, where there is none; "
                f"build MLIP-2 or MLIP-3 (https://mlip.skoltech.ru), {BUILT_IN}"
            )
        if importlib.util.find_spec("motep") is None:
            raise InputError(
                "engine 'mlip' writes its files with motep, which is not installed; install it "
                f"with 'pip install thioflow[mlip]', {BUILT_IN}"
            )
        listed = subprocess.run(  # noqa: S603 - the program of the user, fixed argument
            [program, "list"], capture_output=True, text=True, check=False
        ).stdout
        commands = set(re.findall(r"[\w-]+", listed))
        versions: dict[Literal[2, 3], set[str]] = {
            2: {"train", "calc-grade", "select-add"},
            3: {"train", "calculate_grade", "select_add"},
        }
        for version, expected in versions.items():
            if expected <= commands:
                return cls(program, version, Path(mkdtemp(prefix="mlip-", dir=Path.cwd())))
        raise InputError(
            f"`{program} list` names neither the commands of MLIP-2 nor of MLIP-3; put one of "
            f"these on the PATH, {BUILT_IN}"
        )

    def train(
        self,
        potential: MomentTensorPotential,
        images: Sequence[Atoms],
        weights: Weights,
        max_steps: int,
    ) -> MomentTensorPotential:
        """
        Fit a potential by `mlp train`.

        Parameters
        ----------
        potential : MomentTensorPotential
            Where the search begins; MLIP takes its coefficients as trained.
        images : sequence of ase.Atoms
            Training set, with labels.
        weights : Weights
            Of energy, forces and stress; MLIP has no ridge.
        max_steps : int
            Largest number of BFGS steps.

        Returns
        -------
        MomentTensorPotential
            The fitted potential.

        Raises
        ------
        InputError
            If a ridge is asked for, or a structure is periodic in some directions only.
        RuntimeError
            If the program fails.
        """
        if weights.ridge:
            raise InputError(
                f"a ridge of {weights.ridge} was given, which MLIP has not; set it to 0, {BUILT_IN}"
            )
        begin = self._write(potential)
        training = self._configurations("training.cfg", images, potential)
        dash, save, limit = (
            ("-", "trained-pot-name", "max-iter")
            if self.version == 2
            else ("_", "save_to", "iteration_limit")
        )
        fitted = self.folder / "fitted.mtp"
        self._run(
            "train",
            begin,
            training,
            f"--{save}={fitted.name}",
            f"--energy{dash}weight={weights.energy}",
            f"--force{dash}weight={weights.forces}",
            f"--stress{dash}weight={weights.stress}",
            f"--{limit}={max_steps}",
        )
        return read_potential(fitted, potential.species)

    def grade(
        self,
        potential: MomentTensorPotential,
        training: Sequence[Atoms],
        candidates: Sequence[Atoms],
        mode: GradeMode,
    ) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
        """
        Grade configurations by `mlp calc-grade` or `mlp calculate_grade`.

        Parameters
        ----------
        potential : MomentTensorPotential
            A trained potential.
        training : sequence of ase.Atoms
            Its training set, of which MLIP selects the active set.
        candidates : sequence of ase.Atoms
            Configurations.
        mode : {"neighbourhood", "configuration"}
            What is graded.

        Returns
        -------
        grades : ndarray, shape (n_configurations,)
            Of the configurations.
        atoms : ndarray or None
            Of all their atoms; None in mode ``configuration``.

        Raises
        ------
        InputError
            If a structure is periodic in some directions only.
        RuntimeError
            If the program fails, or does not grade all of them.
        """
        files = [
            self._write(potential),
            self._configurations("training.cfg", training, potential),
            self._configurations("candidates.cfg", candidates, potential),
        ]
        if self.version == 2:
            self._run("calc-grade", *files, "graded.cfg", *self._weights(mode))
        else:
            state = self._selected(files[0], files[1], mode)
            # every configuration is written, and none ends the run
            limits = ("--threshold_save=0", "--threshold_break=0")
            self._run("calculate_grade", state, files[2], "graded.cfg", *limits)
        found = {place: (grade, atoms) for place, grade, atoms in self._read("graded.cfg")}
        if sorted(found) != list(range(len(candidates))):
            raise RuntimeError(
                f"{PROGRAM} graded {len(found)} of {len(candidates)} configurations; look at "
                f"{self.folder}"
            )
        order = [found[place] for place in range(len(candidates))]
        grades = np.array([grade for grade, _ in order])
        if mode == "configuration":
            return grades, None
        return grades, np.concatenate([atoms for _, atoms in order])

    def select(
        self,
        potential: MomentTensorPotential,
        training: Sequence[Atoms],
        candidates: Sequence[Atoms],
        mode: GradeMode,
        threshold: float,
    ) -> list[int]:
        """
        Select the configurations that widen a training set by `mlp select-add` or `select_add`.

        Parameters
        ----------
        potential, training, candidates, mode
            As `grade` takes them.
        threshold : float
            Grade beyond which a configuration is selected.

        Returns
        -------
        list of int
            Places of those selected, rising.

        Raises
        ------
        InputError
            If a structure is periodic in some directions only.
        RuntimeError
            If the program fails.
        """
        begin = self._write(potential)
        files = [
            self._configurations("training.cfg", training, potential),
            self._configurations("candidates.cfg", candidates, potential),
            "selected.cfg",
        ]
        if self.version == 2:
            options = (f"--select-threshold={threshold}", *self._weights(mode))
            self._run("select-add", begin, *files, *options)
        else:
            state = self._selected(begin, files[0], mode)
            self._run("select_add", state, *files, f"--threshold={threshold}")
        return sorted(place for place, _, _ in self._read("selected.cfg"))

    def _selected(self, potential: str, training: str, mode: GradeMode) -> str:
        """Let MLIP-3 add its active set to a potential, and give the name of that file."""
        state = "state.almtp"
        self._run("select", potential, training, f"--save_to={state}", *self._weights(mode))
        return state

    def _weights(self, mode: GradeMode) -> tuple[str, str]:
        """Options that say what a row of the active set belongs to."""
        energy, site = (0, 1) if mode == "neighbourhood" else (1, 0)
        if self.version == 2:
            return f"--energy-weight={energy}", f"--nbh-weight={site}"
        return f"--energy_weight={energy}", f"--site_en_weight={site}"

    def _run(self, *arguments: str) -> None:
        with (self.folder / LOG).open("a") as log:
            done = subprocess.run(  # noqa: S603 - the program of the user, our own arguments
                [self.program, *arguments],
                cwd=self.folder,
                stdout=log,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if done.returncode:
            last = (self.folder / LOG).read_text(errors="replace").strip().splitlines()[-1:]
            raise RuntimeError(
                f"`{PROGRAM} {arguments[0]}` ended with status {done.returncode}; last line of "
                f"{self.folder / LOG}: {''.join(last) or 'none'}"
            )

    def _write(self, potential: MomentTensorPotential) -> str:
        """Write a potential, and give the name of the file."""
        write_potential(self.folder / "potential.mtp", potential)
        return "potential.mtp"

    def _configurations(
        self, name: str, images: Sequence[Atoms], potential: MomentTensorPotential
    ) -> str:
        """Write configurations with their places, and give the name of the file."""
        from motep.io.mlip.cfg import write_cfg  # noqa: PLC0415 - only with the extra `mlip`

        copies = []
        for place, atoms in enumerate(images):
            if len(set(atoms.pbc)) > 1:
                raise InputError(
                    f"configuration {place} is periodic in some directions only, which MLIP does "
                    f"not know; add vacuum and make it periodic, {BUILT_IN}"
                )
            copy = Atoms(atoms.numbers, atoms.positions, cell=atoms.cell, pbc=atoms.pbc)
            copy.info[PLACE] = place
            known = {
                label: atoms.calc.results[label]
                for label in ("energy", "forces", "stress")
                if atoms.calc is not None and label in atoms.calc.results
            }
            if not copy.pbc.all():
                known.pop("stress", None)
            copy.calc = SinglePointCalculator(copy, **known)
            copies.append(copy)
        write_cfg(str(self.folder / name), copies, species=list(potential.species))
        return name

    def _read(self, name: str) -> list[tuple[int, float, NDArray[np.float64]]]:
        """
        Read place, grade and grades of atoms of each configuration.

        Not by motep, which takes no number with an exponent.
        """
        path = self.folder / name
        text = path.read_text() if path.is_file() else ""
        return [_graded(block) for block in text.split("BEGIN_CFG")[1:]]


def _graded(block: str) -> tuple[int, float, NDArray[np.float64]]:
    """Read one configuration; NaN and no atoms where it has no grade."""
    features = dict(re.findall(r"^\s*Feature\s+(\S+)\s+(\S+)", block, re.MULTILINE))
    lines = [line.split() for line in block.splitlines()]
    head = next(k for k, words in enumerate(lines) if words[:1] == ["AtomData:"])
    columns = lines[head][1:]
    atoms = np.array([])
    if "nbh_grades" in columns:
        size = int(lines[next(k for k, words in enumerate(lines) if words == ["Size"]) + 1][0])
        column = columns.index("nbh_grades")
        atoms = np.array([float(words[column]) for words in lines[head + 1 : head + 1 + size]])
    return int(features[PLACE]), float(features.get("MV_grade", "nan")), atoms
