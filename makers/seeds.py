"""The job that keeps the structures that active learning explores from."""

from jobflow import job
from pymatgen.core import Structure

from physics.errors import InputError
from stores.documents import (
    Seed,
    SeedsDocument,
)
from stores.hashing import input_hash


@job(output_schema=SeedsDocument)
def keep_seeds(
    names: list[str],
    structures: list[Structure],
    planes: list[tuple[float, float] | None],
    parents: list[str] | None = None,
) -> SeedsDocument:
    """
    Keep the structures that exploring starts from, for all sweeps.

    Parameters
    ----------
    names : list of str
        What they are called.
    structures : list of Structure
        The structures, Å.
    planes : list of tuple of float or None
        Heights of their boundaries in parts of c; None without boundaries.
    parents : list of str, optional
        Jobs that made them.

    Returns
    -------
    SeedsDocument
        The same.

    Raises
    ------
    InputError
        If there are none, or two have one name.
    """
    if not names or len(set(names)) < len(names):
        raise InputError(f"seeds {names} were given, expected one or more, each with its own name")
    return SeedsDocument(
        input_hash=input_hash("keep_seeds", {"names": names}, structures=structures, planes=planes),
        parents=parents or [],
        seeds=[
            Seed(
                name=name,
                structure=Structure(structure.lattice, structure.species, structure.frac_coords),
                planes=heights,
            )
            for name, structure, heights in zip(names, structures, planes, strict=True)
        ],
    )
