"""The elastic flow from a crystal to the property, on real engines, against independent answers."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase import units
from ase.build import bulk
from ase.calculators.emt import EMT
from jobflow import run_locally
from maggma.stores import MemoryStore
from monty.json import MontyDecoder
from pymatgen.core import Structure

from makers.calculation import calculation
from physics.errors import InputError
from stores.builders import ElasticBuilder
from stores.documents import ElasticDocument, StressStrainDocument
from workflows.elastic import ElasticFlowMaker
from workflows.study import ElasticSettings, RelaxSettings, Study, System


def emt_maker(**fields: Any) -> ElasticFlowMaker:
    return ElasticFlowMaker(
        relax=calculation("emt", "relax", fmax=1e-6, fix_symmetry=True),
        strained=calculation("emt", "relax", cell=False, fmax=1e-5),
        **fields,
    )


def compute(maker: ElasticFlowMaker, structure: Structure) -> ElasticDocument:
    """Run the flow with jobflow's own manager and analyse its output."""
    flow = maker.make(structure)
    responses = run_locally(flow, log=False, ensure_success=True)
    output = responses[flow.output.uuid][1].output
    assert isinstance(output, StressStrainDocument)
    builder = ElasticBuilder(MemoryStore(), MemoryStore())
    job = {
        "uuid": flow.output.uuid,
        "name": "collect",
        "completed_at": "2026-01-01T00:00:00",
        "output": output,
        "metadata": {"study": "s", "system": "c"},
    }
    return ElasticDocument.from_stored(MontyDecoder().process_decoded(builder.process_item(job)))


def copper_from_energies() -> tuple[float, float, float]:
    """C11, C12, C44 of EMT copper from the curvature of its energy, GPa: no stress is used."""
    atoms = bulk("Cu", cubic=True)
    lengths = np.linspace(3.55, 3.65, 11)
    energies = []
    for length in lengths:
        atoms.set_cell(3 * [length], scale_atoms=True)
        atoms.calc = EMT()
        energies.append(atoms.get_potential_energy())
    slope = np.polynomial.Polynomial.fit(lengths, energies, 6).deriv()
    a0 = next(r.real for r in slope.roots() if abs(r.imag) < 1e-9 and 3.55 < r.real < 3.65)

    def curvature(strain: np.ndarray) -> float:
        values = []
        for step in (-0.004, 0.0, 0.004):
            atoms = bulk("Cu", a=a0, cubic=True)
            E = step * strain
            squares, axes = np.linalg.eigh(np.eye(3) + 2 * E)
            atoms.set_cell(atoms.cell[:] @ (axes * np.sqrt(squares)) @ axes.T, scale_atoms=True)
            atoms.calc = EMT()
            values.append(atoms.get_potential_energy())
        return (values[0] - 2 * values[1] + values[2]) / 0.004**2 / a0**3 / units.GPa

    c11 = curvature(np.diag([1.0, 0, 0]))
    c12 = (curvature(np.diag([1.0, 1.0, 0])) - 2 * c11) / 2
    c44 = curvature(np.array([[0, 0.5, 0], [0.5, 0, 0], [0, 0, 0]]))
    return c11, c12, c44


def test_copper_agrees_with_the_curvature_of_the_energy(workspace: Path, copper: Structure) -> None:
    document = compute(emt_maker(strain=0.004), copper)
    C = np.array(document.stiffness)
    np.testing.assert_allclose((C[0, 0], C[0, 1], C[3, 3]), copper_from_energies(), rtol=0.01)
    assert document.stable
    assert document.asymmetry < 0.01
    assert document.nonlinearity is not None
    assert document.nonlinearity < 0.05
    assert np.abs(document.prestress).max() < 1e-3
    assert document.density == pytest.approx(copper.density, rel=0.02)


def test_symmetry_saves_jobs_and_changes_nothing(workspace: Path, copper: Structure) -> None:
    reduced, full = emt_maker(linearity=False), emt_maker(linearity=False, symmetry=False)
    assert len(reduced.make(copper).jobs) == 3 + 3
    assert len(full.make(copper).jobs) == 3 + 12
    np.testing.assert_allclose(
        compute(reduced, copper).stiffness, compute(full, copper).stiffness, atol=0.05
    )


def test_a_rotated_crystal_has_the_same_moduli(workspace: Path, copper: Structure) -> None:
    turned = copper.copy()
    angle = 0.4
    R = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    turned.lattice = turned.lattice.__class__(turned.lattice.matrix @ R.T)
    one, other = (compute(emt_maker(linearity=False), s) for s in (copper, turned))
    assert one.bulk_hill == pytest.approx(other.bulk_hill, rel=2e-3)
    assert one.shear_voigt == pytest.approx(other.shear_voigt, rel=2e-3)


def test_prestress_is_warned_of(workspace: Path, copper: Structure) -> None:
    copper.apply_strain(0.01)
    maker = ElasticFlowMaker(
        relax=calculation("emt", "static"),
        strained=calculation("emt", "static"),
        linearity=False,
    )
    document = compute(maker, copper)
    assert not document.relax_ions
    assert any("GPa of stress" in warning for warning in document.warnings)


def test_beta_li3ps4_needs_nine_strains(li3ps4: Structure) -> None:
    assert len(ElasticFlowMaker(linearity=False).make(li3ps4).jobs) == 3 + 9
    assert len(ElasticFlowMaker().make(li3ps4).jobs) == 3 + 18


def test_the_symmetry_that_is_searched_is_the_one_that_is_kept(copper: Structure) -> None:
    study = Study(
        name="s",
        engine="emt",
        systems={"c": System(structure=Path("unused"))},
        relax=RelaxSettings(),
        elastic=ElasticSettings(symprec=0.1),
    )
    relaxation, _ = next(study.flow({"c": copper}).iterflow())
    assert relaxation.maker.maker.fix_symmetry
    assert relaxation.maker.maker.symprec == 0.1


@pytest.mark.parametrize("strain", [0.0, 1e-4, 0.06, float("nan")])
def test_a_strain_out_of_range_is_refused(copper: Structure, strain: float) -> None:
    with pytest.raises(InputError, match="strain"):
        emt_maker(strain=strain, linearity=False).make(copper)
