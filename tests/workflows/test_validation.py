"""From boundaries and elastic data of an engine to the validation of a potential, job by job."""

from pathlib import Path

import numpy as np
import pytest
from jobflow import Flow, JobStore, run_locally
from maggma.stores import MemoryStore
from pymatgen.core import Structure

from makers.calculation import calculation
from makers.potential import keep_potential
from makers.validation import ValidateMaker
from physics.potentials.potential import MomentTensorPotential
from physics.structures.construction import Construction
from physics.structures.request import Request
from stores.builders import GrainBoundaryBuilder, ValidationBuilder
from stores.documents import StoredPotential
from workflows.boundary import BoundaryFlowMaker
from workflows.elastic import ElasticFlowMaker


def test_references_of_all_inputs_lead_to_the_property(workspace: Path, copper: Structure) -> None:
    engine = calculation("emt", "relax", cell="normal", fmax=0.05)
    boundaries = BoundaryFlowMaker(
        boundaries=[Request(plane="3 1 1"), Request(plane="2 1 0")],
        construction=Construction(separation=15, keep=1, translations=1),
        bulk=calculation("emt", "relax", fmax=0.01),
        relax=engine,
        strained=engine,
        rattled=0,
        allow_negative=True,
    ).make(copper)
    elastic = ElasticFlowMaker(
        relax=calculation("emt", "relax", fmax=0.01), strained=calculation("emt", "static")
    ).make(copper)
    untrained = MomentTensorPotential.initialise(
        2, ["Cu"], r_min=2.0, r_max=4.5, n_chebyshev=6, rng=np.random.default_rng(0)
    )
    potential = keep_potential(StoredPotential.of(untrained))
    validation = ValidateMaker(engine="emt", steps=1).make(
        potential.output,
        boundaries.output[0].crystal,
        boundaries.output,
        elastic.output,
        [potential.uuid, elastic.output.uuid],
    )
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    flow = Flow([boundaries, elastic, potential, validation])
    run_locally(flow, store=store, log=False, ensure_success=True)

    found, energies = MemoryStore(key="uuid"), MemoryStore(key="uuid")
    assert ValidationBuilder(store.docs_store, found).build() == (1, [])
    assert GrainBoundaryBuilder(store.docs_store, energies).build() == (2, [])
    (property_,) = found.query()
    assert property_["parents"] == [validation.uuid, potential.uuid, elastic.output.uuid]
    assert property_["reference_lattice"] == pytest.approx([3.59] * 3, abs=0.01)
    assert property_["reference_bulk_hill"] == pytest.approx(134.4, rel=0.02)
    by_label = {boundary["label"]: boundary for boundary in property_["boundaries"]}
    for energy in energies.query():
        boundary = by_label.pop(energy["label"])
        assert boundary["reference"] == pytest.approx(energy["candidates"][0]["energy"])
        assert boundary["atoms"] == energy["atoms"]
        assert boundary["unrelaxed"] is not None
    assert not by_label
