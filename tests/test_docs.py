"""The documentation does what it says: its examples run, in order, as a reader would run them."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
STUDIES = ROOT / "workflows" / "studies"
BLOCK = re.compile(r"^```(python|sh|yaml)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = sorted((ROOT / "docs").glob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_examples_run(page: Path, workspace: Path) -> None:
    shutil.copy(STUDIES / "structures" / "copper.cif", workspace)
    study = (STUDIES / "copper.yaml").read_text().replace("structures/", "")
    (workspace / "copper.yaml").write_text(study)
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    }
    for kind, text in BLOCK.findall(page.read_text()):
        if kind == "yaml":
            if named := re.match(r"# (\S+\.yaml)\n", text):
                (workspace / named[1]).write_text(text)
            continue
        command = [sys.executable, "-c", text] if kind == "python" else ["sh", "-ec", text]
        subprocess.run(command, check=True, env=environment, cwd=workspace, timeout=120)


def test_there_are_examples() -> None:
    assert sum(len(BLOCK.findall(page.read_text())) for page in PAGES) >= 7


@pytest.mark.parametrize("page", [ROOT / "README.md", *PAGES], ids=lambda page: page.stem)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        assert target.startswith("https://") or (page.parent / target).exists(), target
