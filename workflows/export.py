"""Exports: a study's structures and properties in the formats of other programs."""

import json
import re
from pathlib import Path
from typing import Literal

import ase.io
from ase import Atoms, units
from ase.calculators.singlepoint import SinglePointCalculator
from monty.json import jsanitize

from physics.errors import InputError
from stores.documents import CalculationDocument, DynamicsDocument
from stores.results import PROPERTIES, Results


def export_study(
    results: Results, study: str, form: Literal["extxyz", "cif", "json"], output: Path
) -> int:
    """
    Write what a study computed.

    Parameters
    ----------
    results : Results
        The store.
    study : str
        Name of the study.
    form : {"extxyz", "cif", "json"}
        extxyz: final structures of all calculations and runs with energy (eV), and of calculations
        forces (eV/Å) and stress (eV/Å^3, tension positive); cif: the same structures, one file
        each; json: all properties.
    output : Path
        File; for cif, a folder.

    Returns
    -------
    int
        Number of structures or properties written.

    Raises
    ------
    InputError
        If the study has nothing to export, or the output cannot be written.
    """
    if form == "json":
        properties = [
            jsanitize(document.model_dump(), strict=True)
            for kind in PROPERTIES.values()
            for document in results.find(kind, {"study": study})
        ]
        _require(properties, results, study)
        _write(output, json.dumps(properties, indent=1) + "\n")
        return len(properties)
    calculations = results.calculations(study)
    _require(calculations, results, study)
    if form == "extxyz":
        frames = [_atoms(job, document) for job, document in calculations]
        try:
            ase.io.write(output, frames, format="extxyz")
        except OSError as error:
            raise _unwritable(output, error) from None
        return len(frames)
    for number, (job, document) in enumerate(calculations, start=1):
        slug = re.sub(r"[^A-Za-z0-9.+-]+", "_", f"{job['metadata']['system']}_{job['name']}")
        _write(output / f"{number:03d}_{slug}.cif", document.structure.to(fmt="cif"))
    return len(calculations)


def _atoms(job: dict, document: CalculationDocument | DynamicsDocument) -> Atoms:
    atoms = document.structure.to_ase_atoms()
    forces = stress = None
    if isinstance(document, CalculationDocument):
        forces = document.forces
        if document.stress is not None:
            (xx, xy, xz), (_, yy, yz), (_, _, zz) = document.stress
            stress = [value * units.GPa for value in (xx, yy, zz, yz, xz, xy)]
    atoms.calc = SinglePointCalculator(atoms, energy=document.energy, forces=forces, stress=stress)
    atoms.info.update(
        {"uuid": job["uuid"], "name": job["name"], "engine": document.engine, **job["metadata"]}
    )
    return atoms


def _require(found: list, results: Results, study: str) -> None:
    if not found:
        raise InputError(
            f"study '{study}' has nothing to export in {results.path}; thioflow study status "
            f"lists the studies of a store"
        )


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise _unwritable(path, error) from None


def _unwritable(path: Path, error: OSError) -> InputError:
    return InputError(f"cannot write {path}: {error.strerror or error}; give another --output")
