"""Files of active sets."""

import hashlib
import zipfile
from pathlib import Path
from uuid import uuid4

import numpy as np

from physics.errors import InputError
from physics.potentials.active_set import ActiveSet
from physics.potentials.potential import MomentTensorPotential

FORMAT = "thioflow active set 1"
SELECT_ANEW = "select the active set anew from the training set"


def write_active_set(path: Path, active: ActiveSet) -> None:
    """
    Write an active set to a file of numpy.

    The file names the potential by a digest of all that its energies depend on.

    Parameters
    ----------
    path : Path
        A file, conventionally `.npz`; replaced as a whole.
    active : ActiveSet
        The active set.
    """
    path = Path(path)
    unfinished = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        with unfinished.open("wb") as file:
            np.savez(
                file,
                format=FORMAT,
                mode=active.mode,
                species=active.potential.species,
                fingerprint=_fingerprint(active.potential),
                rows=active.rows,
                origins=active.origins,
                scales=active.scales,
                n_configurations=active.n_configurations,
            )
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def read_active_set(path: Path, potential: MomentTensorPotential) -> ActiveSet:
    """
    Read an active set.

    Parameters
    ----------
    path : Path
        A file of `write_active_set`.
    potential : MomentTensorPotential
        The potential it was selected for.

    Returns
    -------
    ActiveSet
        The active set.

    Raises
    ------
    InputError
        If the file is missing, truncated or foreign, or the potential is another one: trained
        since, or with its species in another order.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"no active set {path}; give the path of an `.npz` file")
    try:
        with np.load(path, allow_pickle=False) as file:
            kept = {name: file[name] for name in file.files}
    except (OSError, ValueError, EOFError, TypeError, zipfile.BadZipFile) as error:
        raise InputError(f"{path} is no active set, or truncated; {SELECT_ANEW}") from error
    if str(kept.get("format")) != FORMAT:
        raise InputError(f"{path} is no active set of this version; {SELECT_ANEW}")
    species = tuple(kept["species"].tolist())
    if species != potential.species:
        raise InputError(
            f"{path} was selected for the species {', '.join(species)} in this order, the "
            f"potential has {', '.join(potential.species)}; {SELECT_ANEW}"
        )
    if str(kept["fingerprint"]) != _fingerprint(potential):
        raise InputError(
            f"{path} was selected for other parameters than those of the potential, which may have "
            f"been trained since; {SELECT_ANEW}"
        )
    return ActiveSet(
        potential,
        kept["mode"].item(),
        kept["rows"],
        kept["origins"],
        kept["scales"],
        int(kept["n_configurations"]),
    )


def _fingerprint(potential: MomentTensorPotential) -> str:
    """Digest all that energies depend on."""
    digest = hashlib.sha256(repr(potential.species).encode())
    table = potential.table
    for array in (
        table.basic, table.times, table.scalars, np.array(potential.radial.shape),
        np.array([potential.r_min, potential.r_max, potential.scaling]), potential.parameters,
    ):  # fmt: skip
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
