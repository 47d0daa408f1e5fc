"""Files of molecular dynamics by a user's own `lmp` with the pair style of MLIP.

The pair style takes a settings file in MLIP-2, and settings as words in MLIP-3; their names are
those that the sources of both versions read. No test runs a real one.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

from ase import Atoms
from ase.io.lammpsdata import write_lammps_data
from ase.units import fs

from makers.lammps_run import INPUT, RUN, STRUCTURE, LammpsRun, frames_file, last_restart, parts
from physics.dynamics.lammps_cell import check_couplings, standard_orientation, type_masses
from physics.dynamics.protocol import Protocol
from physics.dynamics.velocities import initial_velocities
from physics.errors import InputError
from physics.potentials.files import Dialect, write_potential
from physics.potentials.potential import MomentTensorPotential

EXTRAPOLATIVE = "preselected.cfg"

MLIP_SETTINGS = "mtp-filename potential.mtp\ncalculate-efs TRUE\nselect FALSE\n"
"""File mlip.ini of MLIP-2."""


@dataclass(frozen=True)
class ExtrapolationControl:
    """
    What MLIP-3 does while atoms move where its potential extrapolates.

    Parameters
    ----------
    state : Path
        Potential with its active set, as `mlp select` or `mlp train` of MLIP-3 writes it (.almtp);
        it is what acts on the atoms.
    save : float
        Grade beyond which a configuration is written to `preselected.cfg` (with the number of the
        process behind it).
    stop : float
        Grade beyond which the run ends.
    """

    state: Path
    save: float = 2.1
    stop: float = 10.0


def write_run(
    folder: Path,
    atoms: Atoms,
    potential: MomentTensorPotential,
    protocol: Protocol,
    *,
    frame_interval: int,
    checkpoint_interval: int = 50_000,
    velocities: bool = False,
    interface: Dialect = "MLIP-3",
    control: ExtrapolationControl | None = None,
) -> None:
    """
    Write all that a run by `lmp -in in.lammps` in that folder needs.

    Parameters
    ----------
    folder : Path
        Where to; made if it is not there.
    atoms : ase.Atoms
        Structure, periodic in three dimensions.
    potential : MomentTensorPotential
        The potential.
    protocol : Protocol
        What is run.
    frame_interval : int
        Steps between frames: those that it divides are written.
    checkpoint_interval : int
        Steps between restart files, which all stay.
    velocities : bool
        Whether frames have velocities.
    interface : {"MLIP-2", "MLIP-3"}
        Whose pair style `lmp` has.
    control : ExtrapolationControl, optional
        What is done where the potential extrapolates, with MLIP-3.

    Raises
    ------
    InputError
        If an interval is less than 1, the folder has a run already, control is asked for with
        MLIP-2, its file does not exist, or the structure is one that LAMMPS cannot take.
    """
    if min(frame_interval, checkpoint_interval) < 1:
        raise InputError(
            f"frames every {frame_interval} and restart files every {checkpoint_interval} steps "
            "were asked for, expected 1 or more"
        )
    folder = Path(folder)
    if (folder / RUN).exists():
        raise InputError(f"{folder} has a run already; give another folder, or continue that one")
    cell, rotation = standard_orientation(atoms)
    check_couplings(protocol, rotation)
    interaction = _interaction(interface, control)
    turned = Atoms(
        atoms.symbols, atoms.positions @ rotation.T, cell=cell, pbc=True, masses=atoms.get_masses()
    )
    masses = type_masses(atoms, potential.species)
    potential.types(atoms.numbers)
    speeds = initial_velocities(atoms.get_masses(), protocol.stages[0].temperature, protocol.seed)
    turned.set_velocities(speeds @ rotation.T / fs)
    run = LammpsRun(
        protocol,
        tuple(potential.species),
        interaction,
        len(atoms),
        tuple(map(tuple, rotation.tolist())),
        frame_interval,
        checkpoint_interval,
        velocities,
    )
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / STRUCTURE).open("w") as file:
        write_lammps_data(
            file, turned, specorder=list(potential.species), force_skew=True, velocities=True
        )
        file.write("\nMasses\n\n")
        file.writelines(f"{number} {mass!r}\n" for number, mass in enumerate(masses, start=1))
    write_potential(folder / "potential.mtp", potential)
    if interface == "MLIP-2":
        (folder / "mlip.ini").write_text(MLIP_SETTINGS)
    if control is not None:
        shutil.copyfile(control.state, folder / "potential.almtp")
    (folder / INPUT).write_text(run.text(0))
    run.save(folder)


def _interaction(interface: Dialect, control: ExtrapolationControl | None) -> tuple[str, str]:
    """Give the commands that set the pair style."""
    if control is None:
        settings = "mlip.ini" if interface == "MLIP-2" else "load_from=potential.mtp"
        return f"pair_style mlip {settings}", "pair_coeff * *"
    if interface == "MLIP-2" or not control.state.is_file():
        raise InputError(
            f"extrapolation control with {interface} and the file {control.state} was asked for, "
            "expected MLIP-3 and a potential with its active set, as `mlp select` writes it"
        )
    prefix = "extrapolation_control"
    settings = (
        f"load_from=potential.almtp {prefix}=true {prefix}:threshold_save={control.save:g} "
        f"{prefix}:threshold_break={control.stop:g} "
        f"{prefix}:save_extrapolative_to={EXTRAPOLATIVE}"
    )
    return f"pair_style mlip {settings}", "pair_coeff * *"


def continue_run(folder: Path) -> int:
    """
    Write the input anew, from the last restart file that is whole.

    Parameters
    ----------
    folder : Path
        Folder of a run that ended early.

    Returns
    -------
    int
        Step from which it goes on when `lmp -in in.lammps` is called again.

    Raises
    ------
    InputError
        If the folder has no run, or the run has ended.
    """
    folder = Path(folder)
    run = LammpsRun.load(folder)
    step = last_restart(folder)
    if step >= run.protocol.steps:
        raise InputError(f"the run in {folder} is at its end, step {step}; nothing is left to do")
    for first in parts(folder):
        if first >= step:
            frames_file(folder, first).unlink()
    (folder / INPUT).write_text(run.text(step))
    return step
