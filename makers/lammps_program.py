"""Molecular dynamics with a user's own LAMMPS, that has the pair style of MLIP."""

import shlex
import shutil
import subprocess
from pathlib import Path

from ase import Atoms

from makers.dynamics_run import TRAJECTORY, Output
from makers.lammps_files import continue_run, write_run
from makers.lammps_results import read_run
from makers.lammps_run import INPUT, RUN, last_restart
from physics.dynamics.frame import Frame
from physics.dynamics.protocol import Protocol
from physics.errors import InputError
from physics.potentials.potential import MomentTensorPotential
from stores.settings import get_settings
from stores.trajectories.writer import TrajectoryWriter

LOG = "lmp.out"
LINES = 5
"""Last lines of the program that an error quotes."""


def run_program(
    folder: Path,
    atoms: Atoms,
    potential: MomentTensorPotential,
    protocol: Protocol,
    output: Output,
) -> Frame:
    """
    Run the program in a folder, or go on there, and read its frames into a trajectory.

    The command is the setting ``lmp``, the version of MLIP the setting ``mlip``.

    Parameters
    ----------
    folder : Path
        Where its files are.
    atoms : ase.Atoms
        The atoms, at the start.
    potential : MomentTensorPotential
        The potential.
    protocol : Protocol
        The stages.
    output : Output
        What is written.

    Returns
    -------
    Frame
        The last one.

    Raises
    ------
    InputError
        If there is no such program.
    RuntimeError
        If it failed; what it wrote stays, and the next attempt goes on.
    """
    settings = get_settings()
    command = shlex.split(settings.lmp)
    if not command or shutil.which(command[0]) is None:
        raise InputError(
            f"driver 'lmp' needs the command '{settings.lmp}', which is not on the PATH; build "
            "LAMMPS with the interface of MLIP and set THIOFLOW_LMP, or use driver 'lammps'"
        )
    if not (folder / RUN).exists():
        write_run(
            folder,
            atoms,
            potential,
            protocol,
            frame_interval=output.interval,
            velocities=output.velocities,
            interface=settings.mlip,
        )
    elif last_restart(folder) < protocol.steps:
        continue_run(folder)
    if last_restart(folder) < protocol.steps:
        _call([*command, "-in", INPUT], folder)
    return _converted(folder, atoms, protocol, output)


def _call(command: list[str], folder: Path) -> None:
    with (folder / LOG).open("a") as log:
        status = subprocess.run(  # noqa: S603 - the user's own program
            command, cwd=folder, stdout=log, stderr=subprocess.STDOUT, check=False
        ).returncode
    if status:
        said = "\n".join((folder / LOG).read_text(errors="replace").splitlines()[-LINES:])
        raise RuntimeError(
            f"'{shlex.join(command)}' ended with status {status} in {folder}; it said:\n{said}"
        )


def _converted(folder: Path, atoms: Atoms, protocol: Protocol, output: Output) -> Frame:
    """Write the frames of LAMMPS into a trajectory file, and give the last."""
    path = folder / TRAJECTORY
    path.unlink(missing_ok=True)
    frame: Frame | None = None
    with TrajectoryWriter.create(
        path, atoms.numbers, time_step=protocol.time_step, velocities=output.velocities
    ) as writer:
        for frame in read_run(folder):
            writer.append(frame)
    if frame is None:
        raise RuntimeError(f"LAMMPS wrote no frames in {folder}; look at {folder / LOG}")
    return frame
