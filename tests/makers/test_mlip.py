"""
The engine MLIP, with a program of these tests in the place of `mlp` (see `mlp_for_tests.py`).

That the real programs understand the commands rests on their published sources; no real one is run.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase.build import fcc111
from motep.io.mlip.cfg import read_cfg

from makers.grades import GradeMaker
from makers.mlip import Mlip
from makers.potential import FitMaker
from physics.errors import InputError
from physics.potentials.loss import Loss, Weights
from stores.documents import DatasetDocument, PotentialDocument

SCRIPT = Path(__file__).parent / "mlp_for_tests.py"


def run(maker: Any, *given: Any) -> Any:
    """Run a job here and now."""
    return maker.make.original(maker, *given)


def fit(dataset: DatasetDocument, **fields: Any) -> PotentialDocument:
    return run(FitMaker(level=2, r_max=4.0, n_chebyshev=4, engine="mlip", **fields), dataset)


def install(folder: Path, patch: pytest.MonkeyPatch, text: str) -> None:
    """Put a program called `mlp` on the path."""
    program = folder / "mlp"
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(0o755)
    patch.setenv("PATH", str(folder), prepend=":")


@pytest.fixture(params=[2, 3])
def version(
    request: pytest.FixtureRequest,
    workspace: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> int:
    """Version of the MLIP that is on the path."""
    text = f'exec "{sys.executable}" "{SCRIPT}" {request.param} "$@"'
    install(tmp_path_factory.mktemp("bin"), monkeypatch, text)
    return int(request.param)


def calls() -> list[list[str]]:
    """Arguments of all calls but `mlp list`."""
    return [
        json.loads(line)
        for path in sorted(Path.cwd().glob("mlip-*/arguments.jsonl"))
        for line in path.read_text().splitlines()
    ]


def test_a_fit_is_what_the_program_wrote(version: int, alloy: DatasetDocument) -> None:
    fitted = fit(alloy, weights=Weights(2.0, 0.5, 0.25), max_steps=77)
    ((command, begin, training, *options),) = calls()
    assert (command, begin, training) == ("train", "potential.mtp", "training.cfg")
    assert set(options) == {
        2: {"--trained-pot-name=fitted.mtp", "--energy-weight=2.0", "--force-weight=0.5",
            "--stress-weight=0.25", "--max-iter=77"},
        3: {"--save_to=fitted.mtp", "--energy_weight=2.0", "--force_weight=0.5",
            "--stress_weight=0.25", "--iteration_limit=77"},
    }[version]  # fmt: skip
    assert fitted.engine == "mlip"
    assert fitted.species == ["Cu", "Au"]
    assert fitted.converged is None
    images = alloy.to_images()
    first = FitMaker(level=2, r_max=4.0, n_chebyshev=4)._untrained(images, 0)
    assert fitted.potential().xi == pytest.approx(2 * first.xi, rel=1e-15)
    loss = Loss(first, images, Weights(2.0, 0.5, 0.25))
    assert fitted.losses == [loss.value(first), loss.value(fitted.potential())]


def test_the_program_gets_the_labels(version: int, alloy: DatasetDocument) -> None:
    fit(alloy)
    (folder,) = Path.cwd().glob("mlip-*")
    written = read_cfg(str(folder / "training.cfg"), index=":", species=["Cu", "Au"])
    for atoms, image in zip(written, alloy.to_images(), strict=True):
        assert (atoms.numbers == image.numbers).all()
        assert atoms.positions == pytest.approx(image.positions, abs=1e-6)
        assert atoms.cell.array == pytest.approx(image.cell.array, abs=1e-6)
        assert atoms.get_potential_energy() == pytest.approx(image.get_potential_energy())
        assert atoms.get_forces() == pytest.approx(image.get_forces(), abs=1e-6)
        assert atoms.get_stress() == pytest.approx(image.get_stress(), abs=1e-5)


@pytest.mark.parametrize("mode", ["neighbourhood", "configuration"])
def test_grades_are_those_that_the_program_wrote(
    mode: str, version: int, alloy: DatasetDocument
) -> None:
    """They are found by the places of the configurations, in whatever order."""
    fitted = fit(alloy)
    candidates = alloy.taken(range(9), "candidates")
    graded = run(GradeMaker(engine="mlip", mode=mode, threshold=3.1), fitted, candidates, alloy)
    assert graded.grades == [k / 2 for k in range(9)]
    assert graded.selected == [7, 8]
    atoms = graded.atom_grades()
    if mode == "configuration":
        assert atoms is None
    else:
        assert atoms.reshape(9, 4).tolist() == [[k / 2, 0.0, 0.0, 0.0] for k in range(9)]
    commands = [call[0] for call in calls() if call[0] != "train"]
    assert (
        commands
        == {
            2: ["calc-grade", "select-add"],
            3: ["select", "calculate_grade", "select", "select_add"],
        }[version]
    )


def test_without_the_program_the_message_says_what_to_do(
    alloy: DatasetDocument, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(workspace))
    with pytest.raises(InputError, match=r"build MLIP-2 or MLIP-3 .* or use the built-in engine"):
        fit(alloy)


def test_another_program_of_that_name_is_refused(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(workspace, monkeypatch, "echo usage: mlp train DATA")
    with pytest.raises(InputError, match="neither the commands of MLIP-2 nor of MLIP-3"):
        Mlip.find()


def test_a_program_that_fails_is_quoted(
    alloy: DatasetDocument, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listing = "if [ $1 = list ]; then echo train calc-grade select-add; exit; fi"
    install(workspace, monkeypatch, f"{listing}\necho out of luck; exit 3")
    with pytest.raises(RuntimeError, match=r"`mlp train` ended with status 3; .*: out of luck"):
        fit(alloy)
    install(workspace, monkeypatch, listing)
    with pytest.raises(InputError, match="no potential file"):
        fit(alloy)


def test_what_mlip_does_not_know_is_refused(version: int, alloy: DatasetDocument) -> None:
    with pytest.raises(InputError, match=r"a ridge of 0\.1"):
        fit(alloy, weights=Weights(ridge=0.1))
    fitted = fit(alloy)
    slab = DatasetDocument.from_images([fcc111("Cu", (2, 2, 2), vacuum=5)], source="test")
    with pytest.raises(InputError, match="some directions only"):
        run(GradeMaker(engine="mlip"), fitted, slab, alloy)
    with pytest.raises(InputError, match="give the training set as well"):
        run(GradeMaker(engine="mlip"), fitted, slab)
    assert np.isfinite(fitted.training.overall.energy.mae)
