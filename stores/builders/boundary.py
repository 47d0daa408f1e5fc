"""Grain-boundary energies from relaxed candidates."""

from typing import Any

from physics.analysis.boundary_energy import boundary_energy, excess_volume
from physics.structures.audit import Audit, audit
from physics.structures.crystal import Crystal
from physics.structures.units import bond_lengths
from stores.builders.base import PropertyBuilder
from stores.documents import (
    CandidateResult,
    GrainBoundaryDocument,
    RelaxedBoundaryDocument,
    RelaxedCandidate,
    merge_warnings,
)
from stores.versions import versions

ROUNDING = 1e-3
"""A boundary energy this little below zero is zero, J/m^2."""


class GrainBoundaryBuilder(PropertyBuilder):
    """Derive a `GrainBoundaryDocument` from each `RelaxedBoundaryDocument`."""

    source = RelaxedBoundaryDocument
    target = GrainBoundaryDocument

    def analyse(
        self, output: RelaxedBoundaryDocument, common: dict[str, Any]
    ) -> GrainBoundaryDocument:
        """
        Rank the candidates by energy and refuse those that fail a check.

        A candidate counts if its relaxation converged, its relaxed cell passes the audit (formula,
        charge, whole units, room, grain interiors like bulk, boundaries 15 Å apart), and its
        energy is not negative, which would mean that the bulk is not the ground state.

        Parameters
        ----------
        output : RelaxedBoundaryDocument
            Relaxed candidates and bulk.
        common : dict
            Values of the fields that every property has.

        Returns
        -------
        GrainBoundaryDocument
            The lowest candidate that counts; if none does, the lowest of all without an energy.
        """
        crystal = Crystal(output.crystal, bond_lengths(output.bonds), output.charges)
        audits = [
            audit(candidate.built.structure, crystal, boundaries=candidate.built.heights)
            for candidate in output.candidates
        ]
        ranked = sorted(
            (
                (_judged(candidate, findings, output), candidate, findings)
                for candidate, findings in zip(output.candidates, audits, strict=True)
            ),
            key=lambda entry: (bool(entry[0].refused), entry[0].energy),
        )
        result, best, findings = ranked[0]
        geometry, built = output.geometry, best.built
        warnings = []
        if result.refused:
            warnings.append(f"no energy of {output.label}: {'; '.join(result.refused)}")
        elif not built.equivalent:
            warnings.append(
                f"the two boundaries of {output.label} are not the same by symmetry: the energy is "
                "their mean"
            )
        return GrainBoundaryDocument(
            **common,
            input_hash=output.input_hash,
            versions=output.versions | versions(),
            warnings=merge_warnings(output.warnings, warnings),
            formula=built.structure.composition.reduced_formula,
            engine=output.engine,
            functional=output.functional,
            label=output.label,
            axes=output.axes,
            kind=geometry.kind,
            plane=_indices(geometry.planes[0], "()"),
            misorientation=geometry.misorientation,
            rotation_axis=_indices(geometry.axis, "[]") if geometry.axis else "",
            area=geometry.area,
            strain=geometry.strain,
            atoms=len(built.structure),
            energy=None if result.refused else result.energy,
            excess_volume=None if result.refused else result.excess_volume,
            equivalent=built.equivalent,
            geometry=geometry,
            layers=output.layers,
            structure=built.structure,
            heights=built.heights,
            shortest=findings.shortest,
            candidates=[judged for judged, _, _ in ranked],
        )


def _judged(
    candidate: RelaxedCandidate, findings: Audit, output: RelaxedBoundaryDocument
) -> CandidateResult:
    built = candidate.built
    grain = built.structure.site_properties["grain"]
    atoms = [grain.count(0), grain.count(1)]
    area = output.geometry.area
    energy = boundary_energy(candidate.energy, area, atoms, output.bulk_energies)
    refused = list(findings.faults)
    if not candidate.converged:
        refused.append(f"not converged after {candidate.steps} steps")
    if energy < -ROUNDING and not output.allow_negative:
        refused.append(
            f"energy {energy:.3f} J/m^2 below zero: the bulk is not the ground state of this "
            "engine (boundary: allow_negative: true accepts that)"
        )
    return CandidateResult(
        uuid=candidate.uuid,
        energy=energy,
        excess_volume=excess_volume(built.structure.volume, area, atoms, output.bulk_volumes),
        refused=refused,
        steps=candidate.steps,
        **built.model_dump(include={"cuts", "shift", "gap", "overlap", "moved", "removed"}),
    )


def _indices(indices: tuple[int, ...], brackets: str) -> str:
    return f"{brackets[0]}{' '.join(map(str, indices))}{brackets[1]}"
