"""Arrays as text."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from physics.errors import InputError
from stores.arrays import checksum, pack, unpack

ARRAYS = hnp.arrays(
    st.sampled_from([np.float64, np.int16, np.int64, np.bool_]), hnp.array_shapes(min_side=0)
)


@given(st.dictionaries(st.sampled_from(["positions", "energies", "pbc"]), ARRAYS))
def test_arrays_come_back_to_the_last_bit(arrays: dict[str, np.ndarray]) -> None:
    back = unpack(pack(arrays))
    assert back.keys() == arrays.keys()
    for name, array in arrays.items():
        assert back[name].dtype == array.dtype
        assert back[name].shape == array.shape
        assert back[name].tobytes() == array.tobytes()


def test_the_checksum_is_of_the_content() -> None:
    arrays = {"a": np.array([1.0, np.nan]), "b": np.arange(3)}
    same = checksum(arrays)
    assert checksum(dict(reversed(arrays.items()))) == same
    assert checksum(arrays | {"a": arrays["a"].astype(">f8")}) == same
    others = [
        arrays | {"a": np.nextafter(arrays["a"], 2)},
        arrays | {"b": np.arange(3.0)},
        arrays | {"b": np.arange(3)[:, None]},
        {"a": arrays["a"], "c": arrays["b"]},
    ]
    assert len({same, *map(checksum, others)}) == 5


def test_what_is_no_packed_array_is_refused() -> None:
    with pytest.raises(InputError, match="load=True"):
        unpack({"blob_uuid": "u", "store": "data"})
    for text in ("", "AAAA", "not base64", pack({"a": np.arange(9)})[:-40]):
        with pytest.raises(InputError, match="cannot be read"):
            unpack(text)
