"""Potential files: the `.mtp` format of MLIP-2 and MLIP-3."""

import re
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Literal
from uuid import uuid4

import numpy as np
from ase.data import atomic_numbers, chemical_symbols
from numpy.typing import NDArray

from physics.errors import InputError
from physics.potentials.moments import MomentTable
from physics.potentials.potential import MomentTensorPotential

Dialect = Literal["MLIP-2", "MLIP-3"]

VERSION = "1.1.0"
RADIAL_BASIS = "RBChebyshev"
ACTIVE_SET = b"#MVS"
"""Begins the active set that MLIP-3 appends to a potential; it is not read."""

MIN_KEYS = ("min_dist", "min_val", "min")
MAX_KEYS = ("max_dist", "max_val", "max")
SIZE_KEYS = ("radial_basis_size", "basis_size", "size")
"""The same fields in MLIP-2, in MLIP-3 and in the section form of motep."""


def read_potential(path: Path, species: Sequence[str] | None = None) -> MomentTensorPotential:
    """
    Read a potential.

    The moment table is that of the file. The species are known if the file was written by this
    module, or by MLIP-3 with atomic numbers as types; MLIP-2 files number them without names.

    Parameters
    ----------
    path : Path
        A trained potential, `.mtp` or `.almtp`.
    species : sequence of str, optional
        Chemical symbols in the order of the types; needed where the file does not name them.

    Returns
    -------
    MomentTensorPotential
        The potential.

    Raises
    ------
    InputError
        If the file is missing, foreign, truncated, magnetic or untrained, its counts or its
        species contradict each other or the species given.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"no potential file {path}; give the path of an `.mtp` file")
    text = path.read_bytes().split(ACTIVE_SET)[0].decode("utf-8", errors="replace")
    return _Fields(path, text).potential(species)


class _Fields:
    """What a potential file says."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        lines = [line.strip() for line in text.splitlines()]
        if lines[:1] != ["MTP"]:
            raise self.error("it does not begin with the line `MTP`")
        self.values: dict[str, str] = {}
        self.scaling = 1.0
        self.loose: list[str] = []
        for line in lines[1:]:
            key, equals, value = (part.strip() for part in line.partition("="))
            if key == "scaling" and equals:
                self.scaling *= float(np.prod(self.floats(value)))
            elif equals:
                self.values[key] = value
            elif line:
                self.loose.append(line)
        if "magnetic_basis_type" in self.values:
            raise self.error("it is a magnetic potential, which is not supported")
        for key, expected in (("version", VERSION), ("radial_basis_type", RADIAL_BASIS)):
            if self.value(key) != expected:
                raise self.error(f"`{key}` is {self.value(key)}, expected {expected}")

    def error(self, problem: str) -> InputError:
        """Say what is wrong with the file."""
        return InputError(
            f"cannot use the potential {self.path}: {problem}; give a complete, trained `.mtp` file"
        )

    def value(self, *keys: str) -> str:
        """Text of the field that has one of the names."""
        for key in keys:
            if key in self.values:
                return self.values[key]
        raise self.error(f"`{keys[0]}` is missing, the file is truncated or untrained")

    def floats(self, text: str) -> list[float]:
        """Numbers of a list in braces, or one number without braces."""
        if text.startswith("{") != text.endswith("}"):
            raise self.error(f"the list `{text[:30]}...` does not end, the file is truncated")
        try:
            return [float(word) for word in re.split(r"[{},\s]+", text) if word]
        except ValueError:
            raise self.error(f"`{text[:30]}` holds something else than numbers") from None

    def integers(self, key: str) -> NDArray[np.int64]:
        """Whole numbers of a field."""
        numbers = np.array(self.floats(self.value(key)))
        if not np.isfinite(numbers).all() or (numbers != np.round(numbers)).any():
            raise self.error(f"`{key}` holds numbers that are not whole")
        return numbers.astype(np.int64)

    def number(self, *keys: str) -> float:
        """Read the one number of the field that has one of the names."""
        numbers = self.floats(self.value(*keys))
        if len(numbers) != 1:
            raise self.error(f"`{keys[0]}` is not one number")
        return numbers[0]

    def count(self, *keys: str) -> int:
        """Read the count of the field that has one of the names."""
        number = self.number(*keys)
        if not number.is_integer() or number < 0:
            raise self.error(f"`{keys[0]}` is not a count")
        return int(number)

    def listed(self, key: str, count: str, width: int = 1) -> NDArray[np.int64]:
        """Whole numbers of a list whose length is given in another field."""
        numbers = self.integers(key)
        if len(numbers) != width * self.count(count):
            raise self.error(
                f"`{key}` has {len(numbers)} numbers, but `{count}` is {self.count(count)}"
            )
        return numbers

    def table(self) -> MomentTable:
        """Moment table of the file."""
        basic = self.listed("alpha_index_basic", "alpha_index_basic_count", 4)
        times = self.listed("alpha_index_times", "alpha_index_times_count", 4)
        scalars = self.listed("alpha_moment_mapping", "alpha_scalar_moments")
        n_moments = self.count("alpha_moments_count")
        try:
            table = MomentTable(basic, times, scalars, n_moments)
        except InputError as error:
            raise self.error(str(error)) from error
        if table.n_radial != self.count("radial_funcs_count"):
            raise self.error(
                f"its moments use {table.n_radial} radial functions, but `radial_funcs_count` is "
                f"{self.count('radial_funcs_count')}"
            )
        return table

    def radial(self) -> tuple[list[int], NDArray[np.float64]]:
        """Types of the species and radial coefficients."""
        if self.loose[:1] != ["radial_coeffs"]:
            raise self.error("`radial_coeffs` are missing, the file is truncated or untrained")
        n, n_radial = self.count("species_count"), self.count("radial_funcs_count")
        size = self.count(*SIZE_KEYS)
        heads = [line for line in self.loose[1:] if re.fullmatch(r"\d+-\d+", line)]
        rows = [self.floats(line) for line in self.loose[1:] if line not in heads]
        if len(heads) != n**2 or [len(row) for row in rows] != [size] * (n**2 * n_radial):
            raise self.error(
                f"it has {len(heads)} pairs of species and {len(rows)} radial functions, expected "
                f"{n**2} and {n**2 * n_radial}, of {size} coefficients each"
            )
        found = [tuple(int(number) for number in head.split("-")) for head in heads]
        order = [second for _, second in found[:n]]
        if found != list(product(order, repeat=2)) or len(set(order)) < n:
            raise self.error(f"its pairs of species {', '.join(heads)} are not in one order")
        return order, np.array(rows).reshape(n, n, n_radial, size)

    def names(self, types: list[int]) -> tuple[str, ...] | None:
        """Chemical symbols of the species, where the file tells."""
        if types != list(range(len(types))):
            if not 0 < min(types) <= max(types) < len(chemical_symbols):
                raise self.error(f"its species {types} are no atomic numbers")
            return tuple(chemical_symbols[number] for number in types)
        tag = self.values.get("potential_tag", "").split()
        named = len(tag) == len(types) and all(symbol in atomic_numbers for symbol in tag)
        return tuple(tag) if named else None

    def potential(self, species: Sequence[str] | None) -> MomentTensorPotential:
        """Potential of the file."""
        types, radial = self.radial()
        names = self.names(types)
        if names is None and species is None:
            raise self.error(
                f"it numbers its {len(types)} species without naming them, give `species`"
            )
        if names is not None and species is not None and names != tuple(species):
            raise self.error(
                f"its species are {', '.join(names)} in this order, but {', '.join(species)} was "
                "asked for"
            )
        table = self.table()
        r_min, r_max = self.number(*MIN_KEYS), self.number(*MAX_KEYS)
        offsets, xi = (self.floats(self.value(key)) for key in ("species_coeffs", "moment_coeffs"))
        try:
            return MomentTensorPotential(
                table=table,
                species=names or tuple(species or ()),
                r_min=r_min,
                r_max=r_max,
                radial=radial,
                xi=np.array(xi),
                offsets=np.array(offsets),
                scaling=self.scaling,
            )
        except InputError as error:
            raise self.error(str(error)) from error


def write_potential(
    path: Path, potential: MomentTensorPotential, dialect: Dialect = "MLIP-2"
) -> None:
    """
    Write a potential; the file appears complete or not at all.

    Parameters
    ----------
    path : Path
        The file, in an existing folder.
    potential : MomentTensorPotential
        What to write, to the last bit.
    dialect : {"MLIP-2", "MLIP-3"}
        How species are called: by number from 0, which both versions read (their symbols are
        kept in `potential_tag`), or by atomic number.

    Raises
    ------
    InputError
        If the folder does not exist.
    """
    path = Path(path)
    if not path.parent.is_dir():
        raise InputError(f"no folder {path.parent} for the potential; create it first")
    temporary = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        temporary.write_text(_text(potential, dialect), encoding="utf-8")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _text(potential: MomentTensorPotential, dialect: Dialect) -> str:
    table, symbols = potential.table, potential.species
    types = (
        [atomic_numbers[symbol] for symbol in symbols]
        if dialect == "MLIP-3"
        else list(range(len(symbols)))
    )
    radial = [
        line
        for (i, z), (j, w) in product(enumerate(types), repeat=2)
        for line in (f"\t\t{z}-{w}", *(f"\t\t\t{_braces(row)}" for row in potential.radial[i, j]))
    ]
    lines = [
        "MTP",
        f"version = {VERSION}",
        "potential_name = MTP1m",
        f"scaling = {potential.scaling:.16e}",
        f"species_count = {len(symbols)}",
        f"potential_tag = {' '.join(symbols)}",
        f"radial_basis_type = {RADIAL_BASIS}",
        f"\tmin_dist = {potential.r_min:.16e}",
        f"\tmax_dist = {potential.r_max:.16e}",
        f"\tradial_basis_size = {potential.n_chebyshev}",
        f"\tradial_funcs_count = {table.n_radial}",
        "\tradial_coeffs",
        *radial,
        f"alpha_moments_count = {table.n_moments}",
        f"alpha_index_basic_count = {len(table.basic)}",
        f"alpha_index_basic = {_rows(table.basic)}",
        f"alpha_index_times_count = {len(table.times)}",
        f"alpha_index_times = {_rows(table.times)}",
        f"alpha_scalar_moments = {len(table.scalars)}",
        f"alpha_moment_mapping = {{{', '.join(map(str, table.scalars))}}}",
        f"species_coeffs = {_braces(potential.offsets)}",
        f"moment_coeffs = {_braces(potential.xi)}",
    ]
    return "\n".join(lines) + "\n"


def _braces(numbers: NDArray[np.float64]) -> str:
    return f"{{{', '.join(f'{number:.16e}' for number in numbers)}}}"


def _rows(rows: NDArray[np.int64]) -> str:
    return "{" + ", ".join("{" + ", ".join(map(str, row)) + "}" for row in rows.tolist()) + "}"
