"""Moment tensor potentials in LAMMPS, by its ``fix external``."""

import ctypes
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from physics.errors import InputError
from physics.potentials.distances import DistanceCheck
from physics.potentials.kernel import FloatArray, evaluate_with_shortest
from physics.potentials.neighbours import SKIN, NeighbourList
from physics.potentials.potential import MomentTensorPotential

FIX = "mtp"
"""Name of the fix in LAMMPS."""

UNITS = "metal"
"""Units of LAMMPS that are those of the potential: eV, Å."""

ORDER = [0, 1, 2, 5, 4, 3]
"""Where the virial of LAMMPS (xx, yy, zz, xy, xz, yz) finds its components in the kernel's."""

WARNING = 0
"""Type of a message that does not end the process, in the library interface of LAMMPS."""


class Coupling:
    """
    A potential at work in a LAMMPS instance, which keeps it alive; made by `couple`.

    Parameters
    ----------
    lmp : lammps.lammps
        The instance.
    potential : MomentTensorPotential
        The potential.
    codes : ndarray of int
        Species of the potential that each atom type is, the first type first.
    skin : float
        Distance beyond the cutoff within which pairs are listed, Å.
    """

    def __init__(
        self,
        lmp: Any,
        potential: MomentTensorPotential,
        codes: NDArray[np.int64],
        skin: float,
    ) -> None:
        self._lmp = lmp
        self._potential = potential
        self._codes = codes
        self._neighbours = NeighbourList(potential.r_max, skin)
        self._distances = DistanceCheck(potential.r_min)
        self._error: BaseException | None = None

    def check(self) -> None:
        """
        Raise what went wrong while LAMMPS ran, if anything did.

        LAMMPS cannot raise it: it warns in its log, ends the run after the step at which it
        happened, and makes no further step.

        Raises
        ------
        InputError
            If the potential cannot be evaluated at the positions. Whatever else was raised, such
            as KeyboardInterrupt, comes as it was.
        """
        if self._error is not None:
            raise self._error

    def contribute(
        self, _caller: None, _step: int, count: int, _ids: Any, x: FloatArray, forces: FloatArray
    ) -> None:
        """
        Give forces, energies and virials to LAMMPS; called by it.

        Parameters
        ----------
        _caller, _step, _ids
            Not needed.
        count : int
            Number N of atoms.
        x : ndarray, shape (N, 3)
            Positions, Å.
        forces : ndarray, shape (N, 3)
            Where the forces go, eV/Å.
        """
        forces[:] = 0.0
        if self._error is not None:
            return
        try:
            forces[:] = self._evaluate(count, x)
        except BaseException as error:  # noqa: BLE001 - C would swallow it, KeyboardInterrupt too
            self._error = error
            self._lmp.error(WARNING, f"stopped by the moment tensor potential: {error!r}")
            self._lmp.force_timeout()

    def _evaluate(self, count: int, x: FloatArray) -> FloatArray:
        """Hand energies and virials over, and return forces."""
        low, high, xy, yz, xz, periodic, _ = self._lmp.extract_box()
        cell = np.diag(np.subtract(high, low))
        cell[1, 0], cell[2, 0], cell[2, 1] = xy, xz, yz
        pairs = self._neighbours.update(x, cell, periodic)
        types = self._codes[self._lmp.numpy.extract_atom("type")[:count] - 1]
        energies, forces, virials, shortest = evaluate_with_shortest(self._potential, types, pairs)
        self._distances.check(shortest)
        by_atom = np.ascontiguousarray(-virials[:, ORDER])
        self._lmp.fix_external_set_energy_global(FIX, energies.sum())
        self._lmp.fix_external_set_virial_global(FIX, by_atom.sum(axis=0))
        library, name = self._lmp.lib, FIX.encode()
        library.lammps_fix_external_set_energy_peratom(self._lmp.lmp, name, _pointer(energies))
        library.lammps_fix_external_set_virial_peratom(self._lmp.lmp, name, _rows(by_atom))
        return forces


def couple(
    lmp: Any, potential: MomentTensorPotential, species: Sequence[str], *, skin: float = SKIN
) -> Coupling:
    """
    Let a potential act on all atoms of a LAMMPS instance.

    It adds to the energy, the pressure and the quantities by atom what a pair style would, and
    takes the place of one; no pair style is needed beside it. The virial of an atom is the
    derivative of its own energy by strain.

    Parameters
    ----------
    lmp : lammps.lammps
        An instance on one process, in units ``metal``, that has its box. The instance keeps what
        it needs alive.
    potential : MomentTensorPotential
        The potential; it replaces one that was coupled before.
    species : sequence of str
        Chemical symbol of each atom type, the first type first.
    skin : float
        Distance beyond the cutoff within which pairs are listed, Å.

    Returns
    -------
    Coupling
        To be asked for errors after each run.

    Raises
    ------
    InputError
        If LAMMPS is on several processes, in other units or without a box; if the symbols are not
        as many as the atom types, or the potential does not know one; if the skin is negative.
    """
    _check(lmp, potential, species)
    codes = np.array([potential.species.index(symbol) for symbol in species])
    coupling = Coupling(lmp, potential, codes, skin)
    lmp.command(f"fix {FIX} all external pf/callback 1 1")
    lmp.set_fix_external_callback(FIX, coupling.contribute)
    return coupling


def _check(lmp: Any, potential: MomentTensorPotential, species: Sequence[str]) -> None:
    """Refuse what would give wrong numbers."""
    processes, units = lmp.extract_setting("world_size"), lmp.extract_global("units")
    if processes != 1:
        raise InputError(
            f"LAMMPS on {processes} processes was given, expected one; the potential works on the "
            "cores of one process, set NUMBA_NUM_THREADS"
        )
    if units != UNITS:
        raise InputError(
            f"LAMMPS in units {units} was given, expected {UNITS}; begin with 'units {UNITS}'"
        )
    if not lmp.extract_setting("box_exist"):
        raise InputError(
            "LAMMPS without a box was given; create the box and the atoms before coupling"
        )
    types = lmp.extract_setting("ntypes")
    if len(species) != types:
        raise InputError(
            f"species {list(species)} were given for {types} atom types of LAMMPS; name one for "
            "each type"
        )
    unknown = [symbol for symbol in species if symbol not in potential.species]
    if unknown:
        raise InputError(
            f"species {unknown} were given, which the potential does not know; it knows "
            f"{list(potential.species)}"
        )


def _pointer(array: FloatArray) -> Any:
    """Give an array of doubles to C."""
    return array.ctypes.data_as(ctypes.POINTER(ctypes.c_double))


def _rows(array: FloatArray) -> Any:
    """Give an array of doubles to C as pointers to its rows."""
    addresses = array.ctypes.data + np.arange(len(array), dtype=np.uintp) * array.strides[0]
    pointers = (ctypes.POINTER(ctypes.c_double) * len(array))()
    ctypes.memmove(pointers, addresses.ctypes.data, addresses.nbytes)
    return pointers
