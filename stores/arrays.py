"""Arrays as text, for the blobs of a job store."""

import base64
import hashlib
import io
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from physics.errors import InputError

BLOB = "packed"
"""Field of a document that a job keeps in the additional store: ``@job(data=BLOB)``."""

Packed = str | dict[str, Any]
"""Packed arrays, or the place of them where a document was read without its blobs."""


def pack(arrays: Mapping[str, NDArray[Any]]) -> str:
    """
    Pack arrays to the last bit.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        The arrays, of numbers.

    Returns
    -------
    str
        A compressed `.npz` file in base64.
    """
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **dict(arrays))
    return base64.b64encode(buffer.getvalue()).decode()


def unpack(packed: Packed) -> dict[str, NDArray[Any]]:
    """
    Unpack arrays.

    Parameters
    ----------
    packed : str
        What `pack` gave.

    Returns
    -------
    dict of str to ndarray
        The arrays.

    Raises
    ------
    InputError
        If the document was read without its blobs, or the text is no such file.
    """
    if isinstance(packed, dict):
        raise InputError(
            "the arrays of this document are in the store of large objects; read it with "
            "JobStore.get_output(uuid, load=True)"
        )
    try:
        with np.load(io.BytesIO(base64.b64decode(packed)), allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"the arrays of this document cannot be read ({error})") from error


def checksum(arrays: Mapping[str, NDArray[Any]]) -> str:
    """
    Hash the content of arrays.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        The arrays, in any order.

    Returns
    -------
    str
        SHA-256 of names, shapes, types and values; the same on every machine.
    """
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        array = array.astype(array.dtype.newbyteorder("<"))
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()
