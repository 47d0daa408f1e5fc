"""The section of a report about lithium transport."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from report_for_tests import Page, in_order, labels_of, page_of
from transport_for_tests import TILT, TWIN, boundary, crystal, fit, known, law, limited, run

from physics.analysis.transport.estimate import Estimate
from stores.documents import GrainBoundaryDocument
from workflows.notation import interval, scientific
from workflows.report.conductor import conductors
from workflows.report.polycrystal import Polycrystal, polycrystals
from workflows.report.transport import section

HOT = (600, 700, 850, 1000)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    """Of a crystal and two boundaries, 11 runs; not large."""
    documents = [*boundary(TILT, 8), *boundary(TWIN, 3), *crystal()]
    folder = tmp_path_factory.mktemp("report")
    page = page_of(folder, *documents)
    assert (folder / "report.html").stat().st_size < 6e5
    return page


def text_of(folder: Path, *documents: Any) -> str:
    return page_of(folder, *documents).text.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (6.61e-10, "6.6·10⁻¹⁰"),
        (9.96e-6, "1.0·10⁻⁵"),
        (0.0123, "1.2·10⁻²"),
        (0.5, "0.50"),
        (0, "0.0"),
    ],
)
def test_powers_of_ten(value: float, written: str) -> None:
    assert scientific(value) == written


@pytest.mark.parametrize(
    ("estimate", "written"),
    [
        (Estimate(6.6e-10, 5.1e-10, 8.4e-10), "6.6 (5.1–8.4)·10⁻¹⁰"),
        (Estimate(1.2e-5, 2.3e-7, 4.5e-3), "1.2·10⁻⁵ (2.3·10⁻⁷ to 4.5·10⁻³)"),
        (Estimate(0.5, 0.0, 0.9), "0.50 (0.0 to 0.90)"),
        (Estimate(1e-5, 1e-9, float("inf")), "1.0·10⁻⁵ (1.0·10⁻⁹ to ∞)"),
    ],
)
def test_intervals(estimate: Estimate, written: str) -> None:
    assert interval(estimate) == written


def test_predictions_stand_beside_published_values(page: Page) -> None:
    """Published: Jalem et al. 2023, table 2; the law of the tilt has 0.3 eV, at it 0.27 eV."""
    rows = [
        "Conductivity at 300 K",
        "beta-Li3PS4, bulk here , all ions 0.300",
        "moment tensor potential, MD 0.29 7.4·10⁻⁵ Jalem 2023 , Table 2",
        "(measured) 0.24 1.0·10⁻⁴ Jalem 2023",
        f"{TILT} here , all ions 0.300 (",
        "here , boundary 0.270 (",
        "4 of 4, 400–1000 K here , boundary, along 0.270",
        "here , boundary, across 0.270",
        "moment tensor potential, MD 0.41 3.1·10⁻⁴ Jalem 2023 , Table 2",
    ]
    text = page.text.replace("\u00a0", " ")
    assert in_order(text, rows[:4])
    assert in_order(text, [rows[0], *rows[4:]])


def test_other_published_materials_are_listed_once(page: Page) -> None:
    text = page.text.replace("\u00a0", " ")
    _, _, others = text.partition("Published for other materials of the composition")
    table = others[: others.index("Polycrystal of")]
    assert in_order(table, ["Li3PS4 glass", "Σ5 [001] (130)", "0.42 1.1·10⁻⁴"])
    assert "pellet" in table
    assert TILT not in table


def test_predictions_say_how_far_they_go(tmp_path: Path) -> None:
    near = fit("near", [(t, known(law(t), 1.05)) for t in (350, 500, 700, 1000)])
    far = fit("far", [(t, known(law(t), 1.05)) for t in HOT])
    within = fit("within", [(t, known(law(t), 1.05)) for t in (280, 400, 700, 1000)])
    wide = fit("wide", [(t, known(law(t), 2.0)) for t in HOT])
    text = text_of(tmp_path, near, far, within, wide)
    told = {
        name: text[text.index(f"beta-Li3PS4, {name} here") :].partition(" moment tensor")[0]
        for name in ("near", "far", "within", "wide")
    }
    assert told["near"].endswith("350–1000 K extrapolated from 350 to 1000 K")
    assert told["far"].endswith("a prediction by extrapolation far outside of 600 to 1000 K")
    assert told["within"].endswith("4 of 4, 280–1000 K")
    assert "not resolved: the interval is wider than a decade" in told["wide"]
    assert not any("not resolved" in told[name] for name in ("near", "far", "within"))


def test_runs_without_an_estimate_are_limits_with_their_reason(tmp_path: Path) -> None:
    points = [(500, limited(2e-6)), (1000, known(law(1000)))]
    text = text_of(tmp_path, *(run("bulk", t, found) for t, found in points), fit("bulk", points))
    assert "no prediction: 1 of 2 runs resolved, expected two temperatures or more" in text
    assert in_order(
        text,
        [
            "500 104 100 < 2.0·10⁻⁶ 12 2.0–10 0.60 –",
            "500 K, a limit only: 12 hops were seen, expected 50 or more",
            "1000 104 100 3.1 (2.4–4.0)·10⁻⁵ 400 2.0–10 1.02 0.50 (0.30 to 0.90)",
        ],
    )


def test_boundaries_stand_together_and_apart(page: Page) -> None:
    rows = [
        "At boundaries",
        "400 both 17 3.2 (2.4–4.1)·10⁻⁶ 1.6 (1.2–2.1)·10⁻⁶ 3.2 (2.4–4.1)·10⁻⁶",
        "0.50 (0.40 to 0.65) 12 %",
        "along the boundaries, their diffusivities differ",
        "at 0.25 c 17",
        "0.45 (0.36 to 0.59)",
        "at 0.75 c 17",
        "600 both",
    ]
    assert in_order(page.text, rows)


def test_a_boundary_that_is_only_limited_says_why(tmp_path: Path) -> None:
    found = run(TILT, 400, known(law(400)), boundary=1e-7)
    both, *single = found.transport.boundaries
    doubted = replace(both.along, warnings=("halves differ",))
    both = replace(both, across=limited(3e-8), along=doubted)
    transport = replace(found.transport, boundaries=(both, *single))
    text = text_of(tmp_path, found.model_copy(update={"transport": transport}))
    assert in_order(
        text,
        [
            "both 17",
            "< 3.0·10⁻⁸",
            "across, a limit only: 12 hops",
            "along: halves differ",
            "at 0.25 c",
        ],
    )


def test_drawings(page: Page) -> None:
    """Profiles and maps of the coldest and the hottest run at boundaries only."""
    found = labels_of(page)
    assert found[0].endswith(f"beta-Li3PS4, bulk; {TWIN}; {TILT}")
    assert found[1:3] == [
        "Conductivity of polycrystals against the size of their grains",
        "Anisotropy of diffusion at boundaries against the diffusivity there",
    ]
    tilt = found[-3:]
    assert "at 400, 600, 800, 1000 K" in tilt[0]
    assert tilt[1].startswith("Concentration of Li along the normal of the boundaries")
    assert tilt[2].endswith("seen along y, at 400, 1000 K")
    assert len(found) == 3 + 1 + 3 + 3


def test_warnings_name_run_or_fit(tmp_path: Path) -> None:
    runs = [run("bulk", 600, known(law(600)), warnings=["halves differ"])]
    fits = [fit("bulk", [(t, known(law(t))) for t in HOT], warnings=["halves differ", "a kink"])]
    text = text_of(tmp_path, *runs, *fits)
    assert "halves differ Concerns beta-Li3PS4, bulk, 600 K ." in text
    assert "a kink Concerns beta-Li3PS4, bulk, fit of all ions" in text


def test_runs_without_fits_and_fits_without_runs(tmp_path: Path) -> None:
    alone = text_of(tmp_path, run("bulk", 600, known(law(600))))
    assert "Conductivity at" not in alone
    assert "600 104 100" in alone
    fits = text_of(tmp_path, fit("bulk", [(t, known(law(t))) for t in HOT]))
    assert "here , all ions 0.300" in fits
    assert "Runs System" not in fits


def test_energies_alone_are_no_transport() -> None:
    assert section([energy(TILT, 0.3)]) is None


def test_names_tell_systems_apart() -> None:
    tilts = [run(label, 600, known(1e-6), boundary=1e-6) for label in (TILT, TWIN)]
    assert [each.name for each in conductors(tilts)] == [TWIN, TILT]
    two = [run(TILT, 600, known(1e-6), boundary=1e-6, system=name) for name in ("a", "b")]
    assert [each.name for each in conductors(two)] == [f"a, {TILT}", f"b, {TILT}"]
    same = [run("bulk", 600, known(1e-6), potential=each) for each in ("p", "q")]
    assert [each.name for each in conductors(same)] == [
        "beta-Li3PS4, bulk, no. 1",
        "beta-Li3PS4, bulk, no. 2",
    ]


def energy(label: str, value: float) -> GrainBoundaryDocument:
    return GrainBoundaryDocument.model_construct(system="beta-Li3PS4", label=label, energy=value)


def polycrystal(factor: float, *energies: GrainBoundaryDocument) -> list[Polycrystal]:
    """Of a crystal whose points have intervals of a factor, with two boundaries."""
    bulk = fit("bulk", [(t, known(law(t), factor)) for t in (400, 600, 800, 1000)])
    return polycrystals(conductors([bulk, *boundary(TILT, 8), *boundary(TWIN, 3)]), energies)


def test_polycrystals_are_weighted_by_energies_that_are_known() -> None:
    (found,) = polycrystal(1.2, energy(TILT, 0.3))
    assert (found.boundaries, found.resolved, found.weighted) == ([TWIN, TILT], True, False)
    (found,) = polycrystal(1.2, energy(TILT, 0.3), energy(TWIN, 0.2))
    assert found.weighted


def test_polycrystals_of_wide_intervals_are_of_central_values() -> None:
    (resolved,), (wide,) = polycrystal(1.2), polycrystal(9.0)
    assert "with the 95 % intervals" in resolved.picture
    assert not wide.resolved
    assert "with the 95 % intervals" not in wide.picture


def test_polycrystals_need_bulk_and_boundary_of_one_potential() -> None:
    bulk = fit("bulk", [(t, known(law(t))) for t in HOT])
    other = fit("bulk", [(t, known(law(t))) for t in HOT], potential="another")
    limits = fit("bulk", [(t, limited(1e-6)) for t in HOT])
    tilt = boundary(TILT, 8)
    assert len(polycrystals(conductors([bulk, *tilt]), [])) == 1
    for lacking in ([bulk], tilt, [other, *tilt], [limits, *tilt]):
        assert polycrystals(conductors(lacking), []) == []
