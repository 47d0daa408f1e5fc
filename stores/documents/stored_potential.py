"""Moment tensor potentials and active sets as documents hold them."""

import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from physics.errors import InputError
from physics.potentials.active_set import ActiveSet
from physics.potentials.active_set_file import read_active_set, write_active_set
from physics.potentials.energy_gradients import Mode
from physics.potentials.files import read_potential, write_potential
from physics.potentials.potential import MomentTensorPotential
from stores.arrays import Packed, checksum, pack, unpack


class ActiveSetRecord(BaseModel):
    """The active set of a potential."""

    model_config = ConfigDict(extra="forbid")

    mode: Mode = Field(description="what a row belongs to, see physics.potentials.active_set")
    rank: int = Field(description="rows that are of the training set")
    rows: int = Field(description="rows in all, the others are padding")
    checksum: str = Field(description="SHA-256 of the rows and their origins")
    packed: Packed = Field(description="arrays: content (the bytes of an active-set file)")

    @classmethod
    def of(cls, active: ActiveSet) -> "ActiveSetRecord":
        """
        Record an active set.

        Parameters
        ----------
        active : ActiveSet
            The active set.

        Returns
        -------
        ActiveSetRecord
            The record.
        """
        with TemporaryDirectory() as folder:
            path = Path(folder) / "active.npz"
            write_active_set(path, active)
            content = np.frombuffer(path.read_bytes(), dtype=np.uint8)
        return cls(
            mode=active.mode,
            rank=active.rank,
            rows=len(active.rows),
            checksum=checksum({"rows": active.rows, "origins": active.origins}),
            packed=pack({"content": content}),
        )

    def active_set(self, potential: MomentTensorPotential) -> ActiveSet:
        """
        Restore the active set.

        Parameters
        ----------
        potential : MomentTensorPotential
            The potential that it was selected for.

        Returns
        -------
        ActiveSet
            The active set.

        Raises
        ------
        InputError
            If the potential is another one, or the document was read without its blobs.
        """
        with TemporaryDirectory() as folder:
            path = Path(folder) / "active.npz"
            path.write_bytes(unpack(self.packed)["content"].tobytes())
            return read_active_set(path, potential)


class StoredPotential(BaseModel):
    """A moment tensor potential, and its active set if there is one."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(description="the potential as an .mtp file")
    checksum: str = Field(description="SHA-256 of that text")
    active_set: ActiveSetRecord | None = Field(
        default=None, description="active set of the training set, once it was selected"
    )

    @classmethod
    def of(
        cls, potential: MomentTensorPotential, active: ActiveSet | None = None
    ) -> "StoredPotential":
        """
        Keep a potential, such as one read from a file.

        Parameters
        ----------
        potential : MomentTensorPotential
            The potential.
        active : ActiveSet, optional
            Its active set.

        Returns
        -------
        StoredPotential
            Both.
        """
        text, checksum = potential_text(potential)
        record = ActiveSetRecord.of(active) if active is not None else None
        return StoredPotential(text=text, checksum=checksum, active_set=record)

    def potential(self) -> MomentTensorPotential:
        """
        Restore the potential.

        Returns
        -------
        MomentTensorPotential
            The potential, to the last bit.
        """
        with TemporaryDirectory() as folder:
            path = Path(folder) / "potential.mtp"
            path.write_text(self.text)
            return read_potential(path)

    def restored_active_set(self) -> ActiveSet | None:
        """
        Restore the active set.

        Returns
        -------
        ActiveSet or None
            The active set; None if none was selected.

        Raises
        ------
        InputError
            If the document was read without its blobs.
        """
        return self.active_set.active_set(self.potential()) if self.active_set else None

    def require_active_set(self) -> ActiveSet:
        """
        Restore the active set, without which nothing can be graded.

        Returns
        -------
        ActiveSet
            The active set.

        Raises
        ------
        InputError
            If none was selected, or the document was read without its blobs.
        """
        active = self.restored_active_set()
        if active is None:
            raise InputError(
                "a potential without an active set was given, and with no active set nothing can "
                "be graded; select one of its training set (ActiveSetMaker)"
            )
        return active


def potential_text(potential: MomentTensorPotential) -> tuple[str, str]:
    """
    Write a potential as text.

    Parameters
    ----------
    potential : MomentTensorPotential
        The potential.

    Returns
    -------
    text : str
        As an `.mtp` file.
    checksum : str
        SHA-256 of it.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / "potential.mtp"
        write_potential(path, potential)
        text = path.read_text()
    return text, hashlib.sha256(text.encode()).hexdigest()
