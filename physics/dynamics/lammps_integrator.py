"""Molecular dynamics of a moment tensor potential in LAMMPS."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from ase import Atoms

from physics.dynamics import lammps_script as script
from physics.dynamics.frame import FloatArray, Frame
from physics.dynamics.lammps_cell import check_couplings, standard_orientation, type_masses
from physics.dynamics.protocol import Protocol, Stage
from physics.dynamics.velocities import initial_velocities, temperature_of
from physics.errors import InputError
from physics.potentials.lammps import FIX, Coupling, couple
from physics.potentials.potential import MomentTensorPotential

GLOBAL, SCALAR, VECTOR = 0, 0, 1
"""Style and types of results in the library interface of LAMMPS."""

IMAGE_BITS, IMAGE_MASK, IMAGE_ZERO = np.array([0, 10, 20]), 0x3FF, 512
"""Where each of three image flags begins in one integer, its bits, and what stands for zero."""


class LammpsIntegrator:
    """
    Atoms in motion by LAMMPS; an `Integrator`.

    Forces come from the potential as in `physics.potentials.lammps`; atoms, cells of any size and
    form, thermostats and barostats are those of LAMMPS.

    Parameters
    ----------
    lmp : lammps.lammps
        An instance on one process. It is emptied; what it held before is lost.
    atoms : ase.Atoms
        Structure, periodic in three dimensions; positions may lie outside the cell.
    potential : MomentTensorPotential
        The potential.
    protocol : Protocol
        Time step, thermostat, damping times and seed; the temperature of the first stage is that
        of the velocities that are drawn.

    Raises
    ------
    InputError
        If there are fewer than two atoms, the structure is not periodic, the potential does not
        know an element, atoms of one element differ in mass, or a stage moves the cell along z
        alone and the first two lattice vectors are not in the xy plane.
    """

    def __init__(
        self,
        lmp: Any,
        atoms: Atoms,
        potential: MomentTensorPotential,
        protocol: Protocol,
    ) -> None:
        cell, self._rotation = standard_orientation(atoms)
        check_couplings(protocol, self._rotation)
        masses = type_masses(atoms, potential.species)
        self._lmp = lmp
        self._potential = potential
        self._protocol = protocol
        self._types = potential.types(atoms.numbers) + 1
        self._masses = np.array(masses)[self._types - 1]
        self._coupling: Coupling | None = None
        self._stage: Stage | None = None
        self._start = 0
        positions = atoms.positions @ self._rotation.T
        velocities = initial_velocities(self._masses, protocol.stages[0].temperature, protocol.seed)
        sides, (xy, xz, yz) = np.diag(cell), cell[[1, 2, 2], [0, 0, 1]]
        box = " ".join(f"0 {float(side)!r}" for side in sides)
        self._command(
            "clear",
            *script.BEFORE_BOX,
            f"region box prism {box} {float(xy)!r} {float(xz)!r} {float(yz)!r}",
            f"create_box {len(masses)} box",
            *(f"mass {number} {mass!r}" for number, mass in enumerate(masses, start=1)),
        )
        lmp.create_atoms(
            len(atoms),
            list(range(1, len(atoms) + 1)),
            self._types.tolist(),
            positions.ravel().tolist(),
            (velocities * script.PS @ self._rotation.T).ravel().tolist(),
        )
        crossed = np.rint(np.linalg.solve(cell.T, (positions - self._atoms("x")).T).T)
        flags = (crossed.astype(int) + IMAGE_ZERO) << IMAGE_BITS
        self._atoms("image")[:] = flags.sum(axis=1)
        self._couple()

    def begin(self, stage: Stage, done: int = 0) -> None:
        """
        Take up a stage.

        The variables of the thermostat and of the barostat stay where the stage before had the
        same ensemble; a new ensemble begins with its own at rest.

        Parameters
        ----------
        stage : Stage
            The stage.
        done : int
            Its steps that are already done.
        """
        if self._stage is not None:
            self.restore(self.state())
        step = self._step
        self._stage, self._start = stage, step - done
        self._command(*script.ensemble(stage, self._protocol, step), script.prepare(stage, step))

    def advance(self, steps: int) -> None:
        """
        Make time steps.

        Parameters
        ----------
        steps : int
            Number of them; not beyond the end of the stage.

        Raises
        ------
        InputError
            If the potential cannot be evaluated at the positions.
        RuntimeError
            If LAMMPS cannot go on.
        """
        if self._stage is None:
            raise RuntimeError("advance was called before begin")
        self._command(script.run(steps, self._stage, self._start))

    def frame(self, *, velocities: bool = False, forces: bool = False) -> Frame:
        """
        Give the present configuration, after `begin`.

        Parameters
        ----------
        velocities, forces : bool
            Whether these are wanted.

        Returns
        -------
        Frame
            Configuration, in the orientation of the structure that was given; a copy.
        """
        order = np.argsort(self._atoms("id"))
        cell, turn = self._cell(), self._rotation
        images = (self._atoms("image")[order, None] >> IMAGE_BITS & IMAGE_MASK) - IMAGE_ZERO
        positions = self._atoms("x")[order] + images @ cell
        speeds = self._atoms("v")[order] @ turn / script.PS
        pressure = self._lmp.numpy.extract_compute(script.STRESS, GLOBAL, VECTOR)
        return Frame(
            step=self._step,
            time=self._step * self._protocol.time_step,
            positions=positions @ turn,
            cell=cell @ turn,
            energy=float(self._lmp.extract_fix(FIX, GLOBAL, SCALAR)),
            temperature=temperature_of(speeds, self._masses),
            stress=turn.T @ script.stress_tensor(pressure) @ turn,
            velocities=speeds if velocities else None,
            forces=self._atoms("f")[order] @ turn if forces else None,
        )

    def state(self) -> bytes:
        """
        Give all that is needed to go on.

        Returns
        -------
        bytes
            Binary restart file of LAMMPS.
        """
        with TemporaryDirectory() as folder:
            path = Path(folder) / "restart"
            self._command(f'write_restart "{path}"')
            return path.read_bytes()

    def restore(self, state: bytes) -> None:
        """
        Go back to a state; `begin` must follow.

        Random forces of Langevin dynamics go on as others, drawn from the seed and the step.

        Parameters
        ----------
        state : bytes
            What `state` gave, of the same atoms.

        Raises
        ------
        InputError
            If it is not such a state; nothing but `restore` is possible after that.
        """
        self._stage = self._coupling = None
        with TemporaryDirectory() as folder:
            path = Path(folder) / "restart"
            path.write_bytes(state)
            try:
                self._command("clear", script.LARGE_TILT, f'read_restart "{path}"')
            except RuntimeError as error:
                raise InputError(
                    f"{len(state)} bytes were given that LAMMPS cannot read as a state ({error}); "
                    "give what state() gave, unchanged and by the same version of LAMMPS"
                ) from error
        ids = self._atoms("id")
        if not np.array_equal(self._atoms("type")[np.argsort(ids)], self._types):
            raise InputError(
                f"a state of {len(ids)} atoms was given that are not the {len(self._types)} of "
                "this run; give a state of the same structure"
            )
        self._couple()

    def close(self) -> None:
        """End LAMMPS and free its memory."""
        self._lmp.close()

    @property
    def _step(self) -> int:
        """Steps since the start of the run."""
        return int(self._lmp.extract_global("ntimestep"))

    def _couple(self) -> None:
        """Let the potential act, and set what is measured."""
        self._coupling = couple(self._lmp, self._potential, self._potential.species)
        self._command(*script.measuring(self._protocol))

    def _command(self, *commands: str) -> None:
        """Have commands carried out, and raise what went wrong in them."""
        try:
            for command in commands:
                self._lmp.command(command)
        except Exception as error:
            if self._coupling is not None:
                self._coupling.check()
            message = str(error).splitlines()[0]
            raise RuntimeError(
                f"LAMMPS stopped with '{message}'; if the atoms flew apart, try a "
                "shorter time step, a lower temperature or a potential trained on such "
                "configurations"
            ) from error
        if self._coupling is not None:
            self._coupling.check()

    def _atoms(self, name: str) -> Any:
        """Give a quantity of the atoms, in the order of LAMMPS and in its own memory."""
        return self._lmp.numpy.extract_atom(name)[: self._lmp.extract_setting("nlocal")]

    def _cell(self) -> FloatArray:
        """Lattice vectors in the orientation of LAMMPS, Å."""
        low, high, xy, yz, xz, _, _ = self._lmp.extract_box()
        cell = np.diag(np.subtract(high, low))
        cell[1, 0], cell[2, 0], cell[2, 1] = xy, xz, yz
        return cell
