"""The job that keeps the structures that active learning explores from."""

import pytest
from pymatgen.core import Structure

from makers.seeds import keep_seeds
from physics.errors import InputError


def test_seeds_are_kept_without_what_is_attached_to_their_sites(copper: Structure) -> None:
    decorated = copper.copy(site_properties={"magmom": [1.0] * 4})
    names, planes = ["bulk", "twin"], [None, (0.0, 0.5)]
    document = keep_seeds.original(names, [copper, decorated], planes, ["a"])
    assert [(seed.name, seed.planes) for seed in document.seeds] == [
        ("bulk", None),
        ("twin", (0.0, 0.5)),
    ]
    assert all(seed.structure == copper for seed in document.seeds)
    assert all(seed.structure.site_properties == {} for seed in document.seeds)
    assert document.parents == ["a"]


@pytest.mark.parametrize("names", [["bulk", "bulk"], []])
def test_each_seed_has_its_own_name(names: list[str], copper: Structure) -> None:
    with pytest.raises(InputError, match="each with its own name"):
        keep_seeds.original(names, [copper] * len(names), [None] * len(names))
