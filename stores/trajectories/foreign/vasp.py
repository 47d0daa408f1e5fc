"""XDATCAR and vasprun.xml of VASP."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
from ase.units import kB

from physics.dynamics.frame import degrees_of_freedom
from physics.errors import InputError
from stores.trajectories.foreign.configuration import (
    Configuration,
    FloatArray,
    elements,
    open_text,
)

MOLECULAR_DYNAMICS = 0
"""IBRION of molecular dynamics."""


def read_xdatcar(path: Path) -> Iterator[Configuration]:
    """
    Read an XDATCAR, with a cell that is constant or stands before each frame.

    An incomplete last frame, as a killed run leaves it, is left out.

    Parameters
    ----------
    path : Path
        The file, of VASP 5 or later.

    Yields
    ------
    Configuration
        Wrapped, without time.

    Raises
    ------
    InputError
        If the file names no elements.
    """
    symbols: list[str] = []
    cell = np.zeros((3, 3))
    with open_text(path) as file:
        for line in file:
            if not line.startswith("Direct"):
                header = list(islice(file, 6))
                if len(header) < 6:
                    return
                cell = _scaled(header[:4])
                symbols = _symbols(*header[4:])
                continue
            rows = list(islice(file, len(symbols)))
            if len(rows) < len(symbols) or not rows[-1].endswith("\n"):
                return
            fractional = np.loadtxt(rows, usecols=(0, 1, 2), ndmin=2)
            yield Configuration(symbols, fractional @ cell, cell, wrapped=True)


def _scaled(lines: list[str]) -> FloatArray:
    """Scale lattice vectors by the factor before them; a negative one is the volume."""
    scale = float(lines[0])
    vectors = np.array([line.split()[:3] for line in lines[1:]], dtype=float)
    if scale < 0:
        scale = (-scale / abs(np.linalg.det(vectors))) ** (1 / 3)
    return vectors * scale


def _symbols(names: str, counts: str) -> list[str]:
    """Repeat the element of each potential, such as Li_sv/c5ad, as often as it occurs."""
    if not names.strip() or names.strip()[0].isdigit():
        raise InputError(
            "the file names no elements, as VASP 4 wrote it; add a line with them before that of "
            "the numbers of atoms"
        )
    single = elements((name.split("/")[0].split("_")[0] for name in names.split()), {})
    return [
        symbol
        for symbol, count in zip(single, counts.split(), strict=True)
        for _ in range(int(count))
    ]


def read_vasprun(path: Path) -> Iterator[Configuration]:
    """
    Read molecular dynamics from a vasprun.xml; one step is in memory at a time.

    An incomplete last step, as a killed run leaves it, is left out.

    Parameters
    ----------
    path : Path
        The file.

    Yields
    ------
    Configuration
        Wrapped; with the time, unless ML_OUTBLOCK thinned out the steps; with the temperature of
        the kinetic energy over 3 N - 3 degrees of freedom or, without that, of the thermostat.

    Raises
    ------
    InputError
        If the run is no molecular dynamics.
    """
    parameters: dict[str, str] = {}
    symbols: list[str] = []
    step = 0
    with open_text(path) as file:
        try:
            for _, element in ET.iterparse(file):  # noqa: S314 - the user's own file
                if element.tag in ("incar", "parameters"):
                    parameters |= {
                        item.get("name", ""): item.text or "" for item in element.iter("i")
                    }
                elif element.tag == "atominfo":
                    rows = element.findall("array[@name='atoms']/set/rc")
                    symbols = elements([(row[0].text or "").strip() for row in rows], {})
                elif element.tag == "calculation":
                    yield _calculation(element, symbols, parameters, step)
                    element.clear()
                    step += 1
        except ET.ParseError:
            if not step:
                raise InputError(f"{path} is no whole vasprun.xml and has no whole step") from None


def _calculation(
    element: ET.Element, symbols: list[str], parameters: dict[str, str], step: int
) -> Configuration:
    if int(parameters["IBRION"]) != MOLECULAR_DYNAMICS:
        raise InputError(
            f"the run has IBRION = {parameters['IBRION'].strip()}, expected molecular dynamics, "
            f"IBRION = {MOLECULAR_DYNAMICS}"
        )
    cell = _rows(element, "structure/crystal/varray[@name='basis']/v")
    fractional = _rows(element, "structure/varray[@name='positions']/v")
    kinetic = element.findtext("energy/i[@name='kinetic']")
    if kinetic is not None:
        temperature = 2 * float(kinetic) / (degrees_of_freedom(len(symbols)) * kB)
    else:
        begin, end = float(parameters["TEBEG"]), float(parameters["TEEND"])
        temperature = begin + (end - begin) * step / int(parameters["NSW"])
    thinned = int(parameters.get("ML_OUTBLOCK", "1")) > 1
    return Configuration(
        symbols,
        fractional @ cell,
        cell,
        wrapped=True,
        time=None if thinned else step * float(parameters["POTIM"]),
        temperature=temperature,
    )


def _rows(element: ET.Element, place: str) -> FloatArray:
    return np.array([(row.text or "").split() for row in element.iterfind(place)], dtype=float)
