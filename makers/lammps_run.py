"""A run of molecular dynamics by a user's own `lmp`: its input, and the files it leaves."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from physics.dynamics import lammps_script as script
from physics.dynamics.protocol import Protocol, Stage
from physics.errors import InputError

INPUT = "in.lammps"
STRUCTURE = "structure.data"
RUN = "run.json"

RESTART_END = b"LammpS RestartT\0"
"""How a restart file ends that was written to its end."""


@dataclass(frozen=True)
class LammpsRun:
    """
    What a folder is a run of; kept in it as `run.json`.

    Parameters
    ----------
    protocol : Protocol
        What is run.
    species : tuple of str
        Chemical symbol of each atom type.
    interaction : tuple of str
        Commands that set the pair style.
    atoms : int
        Number of atoms.
    rotation : tuple of tuple of float
        What turns the cell of LAMMPS to the one that was given (`standard_orientation`).
    frame_interval, checkpoint_interval : int
        Steps between frames and between restart files.
    velocities : bool
        Whether frames have velocities.
    """

    protocol: Protocol
    species: tuple[str, ...]
    interaction: tuple[str, ...]
    atoms: int
    rotation: tuple[tuple[float, ...], ...]
    frame_interval: int
    checkpoint_interval: int
    velocities: bool

    def save(self, folder: Path) -> None:
        """
        Write `run.json`.

        Parameters
        ----------
        folder : Path
            Folder of the run.
        """
        (folder / RUN).write_text(json.dumps(asdict(self), indent=1))

    @classmethod
    def load(cls, folder: Path) -> "LammpsRun":
        """
        Read `run.json`.

        Parameters
        ----------
        folder : Path
            Folder of the run.

        Returns
        -------
        LammpsRun
            The run.

        Raises
        ------
        InputError
            If there is none, or it is something else.
        """
        path = Path(folder) / RUN
        if not path.is_file():
            raise InputError(f"no file {path}; give a folder that write_run wrote")
        try:
            kept = json.loads(path.read_text())
            stages = tuple(Stage(**stage) for stage in kept["protocol"].pop("stages"))
            kept["protocol"] = Protocol(stages, **kept["protocol"])
            return cls(**kept)
        except (ValueError, TypeError, KeyError) as error:
            raise InputError(
                f"{path} is not of a run ({error!r}); give a folder that write_run wrote, unchanged"
            ) from error

    def text(self, step: int) -> str:
        """
        Write the input of LAMMPS from a step on.

        Each stage begins with a restart file, so that thermostat and barostat go on from there,
        and has files of its own for its frames.

        Parameters
        ----------
        step : int
            0, or the step of a restart file.

        Returns
        -------
        str
            Commands, one a line.
        """
        lines: list[str] = []
        for stage, start in zip(self.protocol.stages, self.protocol.starts, strict=True):
            end, first = start + stage.steps, max(start, step)
            if end <= step:
                continue
            lines += [f"# steps {first} to {end}", *(["clear"] if lines else [])]
            if first == 0:
                lines += [*script.BEFORE_BOX, f"read_data {STRUCTURE}"]
            else:
                lines += [script.LARGE_TILT, f"read_restart restart.{first}"]
            lines += [
                *self.interaction,
                "neigh_modify every 1 delay 0 check yes",
                *script.measuring(self.protocol),
                *self._output(first),
                *script.ensemble(stage, self.protocol, first),
                script.prepare(stage, first),
                script.run(end - first, stage, start),
                f"write_restart restart.{end}",
                "",
            ]
        return "\n".join(lines)

    def _output(self, first: int) -> list[str]:
        """Commands that write frames, a table of what was measured, and restart files."""
        every = self.frame_interval
        measured = ["pe", "ke", *(f"c_{script.STRESS}[{k}]" for k in range(1, 7))]
        row = " ".join(f"$({name}:%.15g)" for name in measured)
        columns = "id type element xu yu zu" + " vx vy vz" * self.velocities
        return [
            f"thermo {every}",
            f'fix table all print {every} "$(step) {row}" file table.{first}.txt screen no',
            f"dump frames all custom {every} frames.{first}.dump {columns}",
            f"dump_modify frames element {' '.join(self.species)} sort id format float %.12g",
            f"restart {self.checkpoint_interval} restart.*",
        ]


def last_restart(folder: Path) -> int:
    """
    Find the last restart file that was written to its end.

    Parameters
    ----------
    folder : Path
        Folder of a run.

    Returns
    -------
    int
        Its step; 0 if there is none.
    """
    whole = (
        int(path.suffix[1:])
        for path in folder.glob("restart.*")
        if path.suffix[1:].isdigit() and path.read_bytes().endswith(RESTART_END)
    )
    return max(whole, default=0)


def parts(folder: Path) -> list[int]:
    """
    Find the parts that frames of a run are in.

    Parameters
    ----------
    folder : Path
        Folder of a run.

    Returns
    -------
    list of int
        First step of each, rising.
    """
    numbers = (path.name.split(".")[1] for path in folder.glob("frames.*.dump"))
    return sorted(int(number) for number in numbers if number.isdigit())


def frames_file(folder: Path, first: int) -> Path:
    """
    Give the file of frames that begins at a step.

    Parameters
    ----------
    folder : Path
        Folder of a run.
    first : int
        The step.

    Returns
    -------
    Path
        The file.
    """
    return folder / f"frames.{first}.dump"


def table_file(folder: Path, first: int) -> Path:
    """
    Give the table of what was measured from a step on.

    Parameters
    ----------
    folder : Path
        Folder of a run.
    first : int
        The step.

    Returns
    -------
    Path
        The file.
    """
    return folder / f"table.{first}.txt"
