"""
Stand-in for `mlp`, called with the version of MLIP and then as `mlp` is: no real MLIP.

It takes the commands that thioflow gives to that version and refuses others, records its
arguments in ``arguments.jsonl``, and writes files of the form of MLIP's. A fit doubles the
coefficients of the scalars; the configuration of place k has the grade k / 2, that of its first
atom.
"""

import json
import re
import sys
from pathlib import Path

DASH = "-" if sys.argv[1] == "2" else "_"
COMMANDS = {
    "2": {"train": 2, "calc-grade": 4, "select-add": 4},
    "3": {"train": 2, "select": 2, "calculate_grade": 3, "select_add": 4},
}[sys.argv[1]]


def main(command: str, words: list[str]) -> None:
    """Do as told."""
    if command == "list":
        print("List of available commands:", "help", *COMMANDS, sep="\n")
        return
    with Path("arguments.jsonl").open("a") as log:
        print(json.dumps([command, *words]), file=log)
    options = dict(word[2:].split("=") for word in words if word.startswith("--"))
    files = [Path(word) for word in words if not word.startswith("--")]
    if len(files) != COMMANDS[command]:
        sys.exit(f"Error: {COMMANDS[command]} arguments required")
    potential = files[0].read_text()
    if command == "train":
        train(potential, Path(options["trained-pot-name" if DASH == "-" else "save_to"]))
    elif command == "select":
        Path(options["save_to"]).write_text(f"{potential}#MVS_v1.1 {options['site_en_weight']}\n")
    else:
        by_atom = options.get("nbh-weight") == "1" or potential.endswith("#MVS_v1.1 1\n")
        if DASH == "_" and "#MVS" not in potential:
            sys.exit("Error: no selection state")
        blocks = files[-2].read_text().split("BEGIN_CFG")[1:]
        graded = [(place(block) / 2, "BEGIN_CFG" + block) for block in reversed(blocks)]
        limit = options.get(f"select{DASH}threshold" if DASH == "-" else "threshold", "-1")
        text = [
            marked(block, grade, by_atom=by_atom) if "grade" in command else block
            for grade, block in graded
            if grade > float(limit)
        ]
        files[-1].write_text("".join(text))


def train(potential: str, path: Path) -> None:
    """Write a potential with other coefficients, and without the names of the species."""
    lines = []
    for line in potential.splitlines():
        key, _, value = line.partition(" = ")
        if key == "moment_coeffs":
            doubled = [repr(2 * float(word)) for word in value.strip("{}").split(", ")]
            lines.append(f"{key} = {{{', '.join(doubled)}}}")
        elif key != "potential_tag":
            lines.append(line)
    path.write_text("\n".join(lines) + "\n")


def place(block: str) -> int:
    """Feature of a configuration."""
    found = re.search(r"Feature\s+place\s+(\d+)", block)
    return int(found[1]) if found else sys.exit("Error: a feature was lost")


def marked(block: str, grade: float, *, by_atom: bool) -> str:
    """Add grades to a configuration."""
    lines = block.splitlines()
    if by_atom:
        head = next(k for k, line in enumerate(lines) if "AtomData:" in line)
        lines[head] += "  nbh_grades"
        for k in range(int(lines[lines.index(" Size") + 1])):
            lines[head + 1 + k] += f"  {grade if k == 0 else 0:.5e}"
    lines.insert(lines.index("END_CFG"), f" Feature   MV_grade\t{grade:f}")
    return "\n".join(lines) + "\n\n"


if __name__ == "__main__":
    main(sys.argv[2], sys.argv[3:])
