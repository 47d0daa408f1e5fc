"""The parity plot: panels, numbers and axes that a reader trusts."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from physics.errors import InputError
from physics.potentials.errors import Comparison, Predictions
from workflows.report.plots.parity import parity_plot, write_parity_plot


def comparison(count: int, error: float) -> Comparison:
    """Labels that are all wrong by the same."""
    reference = np.linspace(-1.0, 3.0, count)
    return Comparison(reference, reference + error, np.arange(count))


def texts(svg: str) -> list[str]:
    root = ET.fromstring(str(svg).replace("<svg", '<svg xmlns:xlink="x"', 1))
    return [text.text or "" for text in root.iter("text")]


def test_panels_tell_errors_in_the_units_they_are_quoted_in() -> None:
    found = Predictions(comparison(5, 0.004), comparison(60, -0.05), comparison(30, 0.25))
    shown = texts(parity_plot(found, "a", title="some potential"))
    for text in (
        "Energy, n = 5", "MAE 4 meV/atom", "RMSE 4 meV/atom", "Forces, n = 60", "MAE 50 meV/Å",
        "Stress, n = 30", "RMSE 0.25 GPa", "some potential",
    ):  # fmt: skip
        assert text in shown, text


def test_labels_that_are_missing_have_no_panel() -> None:
    found = Predictions(comparison(5, 0.004), comparison(60, 0.05), comparison(0, 0.0))
    assert not [text for text in texts(parity_plot(found, "a")) if "GPa" in text]


def test_axes_are_equal() -> None:
    """The dots of equal errors lie on a line of slope one, and the panel is square."""
    found = Predictions(comparison(5, 1.0), comparison(0, 0.0), comparison(0, 0.0))
    svg = str(parity_plot(found, "a"))
    dots = re.findall(r'<use [^>]*x="([\d.]+)" y="([\d.]+)"[^>]*fill-opacity: 0.4', svg)
    assert len(dots) == 5
    x, y = np.array(dots, dtype=float).T
    assert np.diff(y) == pytest.approx(-np.diff(x), abs=1e-3)


def test_many_labels_stay_a_small_picture() -> None:
    rng = np.random.default_rng(0)
    reference = rng.normal(size=100_000)
    many = Comparison(reference, reference + 0.1, np.arange(100_000))
    few = comparison(2, 0.0)
    assert len(parity_plot(Predictions(few, many, few), "a")) < 500_000


def test_one_label_is_drawn() -> None:
    one = Comparison(np.array([-4.0]), np.array([-4.0]), np.array([0]))
    nothing = comparison(0, 0.0)
    assert "Energy, n = 1" in texts(parity_plot(Predictions(one, nothing, nothing), "a"))


def test_files_are_what_their_names_say(tmp_path: Path) -> None:
    found = Predictions(comparison(5, 0.004), comparison(60, 0.05), comparison(0, 0.0))
    write_parity_plot(tmp_path / "a.png", found)
    write_parity_plot(tmp_path / "a.svg", found)
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert "<svg" in (tmp_path / "a.svg").read_text()
    with pytest.raises(InputError, match=r"ends in \.png, \.svg, \.pdf"):
        write_parity_plot(tmp_path / "a.txt", found)
    with pytest.raises(InputError, match="existing folder"):
        write_parity_plot(tmp_path / "nowhere" / "a.png", found)
