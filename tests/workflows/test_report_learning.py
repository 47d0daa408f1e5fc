"""The section of a report about loops of active learning."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from learning_for_tests import BULK, TILT, TWIN, errors, loop, on_dataset, profile, run, sweep
from report_for_tests import Page, in_order, labels_of, page_of

from stores.documents import LearningRunDocument

EARLY = {"completed": False, "stopped": "grade 23.4 is beyond 10"}
FAILED = {"completed": False, "stopped": "two atoms met", "picoseconds": 0.5}


def two_sweeps(**changes: Any) -> LearningRunDocument:
    """A bulk and two boundaries; errors of the held-out set halve."""

    def held_out(factor: float) -> Any:
        groups = {
            f"{TILT}, 300 K": errors(0.002 * factor, 0.05 * factor, 0.1 * factor, 30),
            f"{TILT}, 2000 K": errors(0.005 * factor, 0.15 * factor, 0.3 * factor, 31),
            f"{TWIN}, 300 K": errors(0.0021 * factor, 0.06 * factor, 0.11 * factor, 32),
        }
        return on_dataset(errors(0.0033 * factor, 0.111 * factor, 0.222 * factor, 93), groups, 93)

    first = sweep(
        1,
        [
            run(BULK, 300, 1.25),
            run(TILT, 300, 23.4, cpu_seconds=12.0, picoseconds=0.75, **EARLY),
            run(TWIN, 300, 5.67, kept=4),
        ],
        test=held_out(2.0),
        candidates=17,
        selected=11,
    )
    second = sweep(
        2,
        [run(BULK, 300, 0.96), run(TILT, 300, 1.97), run(TWIN, 300, 1.45)],
        stop=2.0,
        test=held_out(1.0),
        labels=11,
    )
    profiles = [
        profile(TILT, 300.0, [0.6, 0.4, 0.3], [1.9, 1.2, 0.9]),
        profile(TILT, 900.0, [0.7, 0.5, 0.3], [1.97, 1.3, 0.8]),
        profile(TWIN, 300.0, [0.5, 0.4], [1.4, 1.1]),
    ]
    return loop([first, second], profiles=profiles, test_energy=3.3, test_forces=111.0, **changes)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    """Of one loop that converged."""
    return page_of(tmp_path_factory.mktemp("report"), two_sweeps())


def test_how_it_ended_and_what_it_gave(page: Page) -> None:
    assert "boundaries chgnet converged 2 51 80 3.30 111 1.97 8.7 min" in page.text
    ended = "a full sweep stayed below the last limit and asked for no more labels."
    assert f"Converged after 2 sweeps: {ended}" in page.text
    assert "ot converged" not in page.text
    assert "Warnings" not in page.text
    for source in ("Comput. Mater. Sci. 140, 171", "Energy Adv. 2, 2029", "Nat. Mach. Intell."):
        assert source in page.text


def test_each_sweep_has_its_line(page: Page) -> None:
    rows = [
        "1 10 40 40 2.10 6.60 81.2 222 23.4 1/3 17 11 2.0 min 1.0 min 1.2 min",
        "2 2 11 80 2.10 3.30 81.2 111 1.97 0/3 0 0 2.0 min 1.0 min 1.5 min",
    ]
    assert in_order(page.text, rows)


def test_errors_of_each_boundary_and_temperature_before_and_after(page: Page) -> None:
    rows = [
        "potential of sweep 1 and of sweep 2",
        f"{TILT} 300 K 30 4.00 2.00 100 50.0 0.200 0.100",
        "2000 K 31 10.0 5.00 300 150 0.600 0.300",
        f"{TWIN} 300 K 32 4.20 2.10 120 60.0 0.220 0.110",
        "all 93 6.60 3.30 222 111 0.444 0.222",
    ]
    assert in_order(page.text, rows)


def test_costs_are_shared_out(page: Page) -> None:
    rows = [
        "exploring 6 runs, 10.75 ps 2.7 min 31 %",
        "labelling 51 labels 4.0 min 46 %",
        "fitting 2 fits 2.0 min 23 %",
        "in all 8.7 min",
    ]
    assert in_order(page.text, rows)


def test_three_drawings_say_what_they_are(page: Page) -> None:
    curve = "Errors on the held-out and the training set, and labels added,"
    profiles = "Mean and largest extrapolation grade of atoms"
    assert labels_of(page) == [
        f"{curve} against the sweep of boundaries",
        "Largest extrapolation grade of each run of boundaries, 3 runs in 2 sweeps",
        f"{profiles} against the distance from the boundary: {TILT}; {TWIN}",
    ]


def test_one_that_did_not_converge_says_so_and_where(tmp_path: Path) -> None:
    still = [f"{TILT}, 300 K: grade 3.4", f"{BULK}, 300 K: nothing was given"]
    reason = "the largest number of labels was reached"
    ended = two_sweeps(
        converged=False, reason="labels", extrapolating=still, warnings=[f"beware: {reason}"]
    )
    page = page_of(tmp_path, ended)
    assert in_order(
        page.text,
        [
            f"beware: {reason} Concerns boundaries",
            "boundaries chgnet not converged",
            f"Not converged after 2 sweeps: {reason}. What still extrapolates: {' '.join(still)}",
        ],
    )
    assert "#learning-1" in page.values("href")


def test_what_went_wrong_is_a_warning_of_its_sweep(tmp_path: Path) -> None:
    lost = [f"{TILT}, 300 K, number 3", f"{BULK}, 300 K, number 1"]
    broken = sweep(
        1,
        [run(BULK, 300, 1.1), run(TILT, 900, None, **FAILED)],
        failed_labels=lost,
        notes=["the fit began anew"],
    )
    page = page_of(tmp_path, loop([broken]))
    assert in_order(
        page.text,
        [
            "the fit began anew Concerns boundaries, sweep 1 .",
            f"labels failed, and were left out Concerns boundaries, sweep 1: {'; '.join(lost)} .",
            "a run of active learning gave nothing Concerns boundaries, sweep 1:",
            f"{TILT}, 900 K (two atoms met) .",
            "81.2 – 1.10 1/2 0 0 2.0 min 1.0 min 1.0 min the fit began anew",
            "2 runs, 2.5 ps",
        ],
    )


def test_a_loop_of_one_sweep_without_held_out_set_and_boundaries(tmp_path: Path) -> None:
    page = page_of(tmp_path, loop([sweep(1, [run(BULK, 300, 1.1)])]))
    assert "boundaries chgnet converged 1 40 40 – – 1.10" in page.text
    assert "Converged after 1 sweep:" in page.text
    assert "1 10 40 40 2.10 – 81.2 – 1.10 0/1 0 0" in page.text
    assert in_order(page.text, ["1 run, 2 ps", "40 labels", "1 fit "])
    assert "Held-out set" not in page.text
    assert [label.split()[0] for label in labels_of(page)] == ["Errors", "Largest"]
    assert "held-out set" not in labels_of(page)[0]


def test_one_sweep_is_not_compared_with_itself(tmp_path: Path) -> None:
    tested = on_dataset(errors(0.003, 0.1), {"all of it": errors(0.003, 0.1)}, 10)
    page = page_of(tmp_path, loop([sweep(1, [run(BULK, 300, 1.1)], test=tested)]))
    table = "errors of the potential of sweep 1 Boundary"
    assert in_order(page.text, [table, "all of it 10 3.00 100 –", "all 10 3.00 100 –"])


def test_energies_alone_are_enough(tmp_path: Path) -> None:
    bare = on_dataset(errors(0.003, np.nan), {}, 10)
    page = page_of(tmp_path, loop([sweep(1, [run(BULK, 300, 1.1)], training=bare, test=bare)]))
    assert "1 10 40 10 3.00 3.00 – – 1.10" in page.text
    assert " nan " not in page.text


def test_a_sweep_without_any_run_has_no_map(tmp_path: Path) -> None:
    page = page_of(tmp_path, loop([sweep(1, [])], converged=False, reason="runs failed"))
    assert "no run of a sweep gave anything" in page.text
    assert "81.2 – – 0/0" in page.text
    assert len(labels_of(page)) == 1


def test_a_loop_that_ended_before_its_first_sweep_has_costs_only(tmp_path: Path) -> None:
    begun = loop([sweep(1, [])], converged=False, reason="runs failed")
    page = page_of(tmp_path, begun.model_copy(update={"sweeps": [], "n_sweeps": 0}))
    assert "Not converged after 0 sweeps: no run of a sweep gave anything." in page.text
    assert labels_of(page) == []
    assert "fitting 0 fits" in page.text


def test_a_sweep_that_selected_nothing_keeps_its_potential(tmp_path: Path) -> None:
    first = sweep(1, [run(BULK, 300, 1.1)])
    second = sweep(2, [run(BULK, 300, 1.2)], stop=5.0, potential=first.potential, fit_seconds=0.0)
    assert "fitting 1 fit 1.0 min" in page_of(tmp_path, loop([first, second])).text


def test_loops_of_one_name_are_told_apart(tmp_path: Path) -> None:
    page = page_of(tmp_path, two_sweeps(), two_sweeps(engine="gpaw"))
    assert in_order(page.text, ["boundaries, no. 1 chgnet", "boundaries, no. 2 gpaw"])
