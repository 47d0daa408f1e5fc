"""
Runs one job of molecular dynamics in process after process, for tests that kill them.

Called with the file of the job, it reads lines of standard input: the folder to run in, and the
seconds that each frame takes at least, so that a kill comes before the end on any machine. Each
process is forked after all is imported and compiled. Printed are its number, a line when it has its
first frame, and its exit status when it ended.
"""

import json
import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from monty.json import MontyDecoder, MontyEncoder
from numba.np.ufunc import parallel

from makers import dynamics, dynamics_run
from physics.dynamics.frame import Frame
from physics.dynamics.protocol import Stage
from stores.documents import StoredPotential

DOCUMENT = "document.json"
FIRST_FRAME = "first frame"

maker, structure, given = MontyDecoder().process_decoded(json.loads(Path(sys.argv[1]).read_text()))
potential = StoredPotential(**given) if given else None


def compile_all() -> None:
    """Make a few steps with the driver that can be forked."""
    protocol = replace(maker.protocol, stages=(Stage("compile", 20, 10.0),))
    with TemporaryDirectory() as folder:
        short = replace(maker, protocol=protocol, driver="ase")
        short.run(structure, potential, folder=Path(folder))


def run(seconds: float) -> None:
    """Run the job in the current folder, if slowly with many checkpoints; write its document."""
    told: list[Frame] = []

    def report(frame: Frame) -> None:
        if not told:
            print(FIRST_FRAME, flush=True)
        told.append(frame)
        time.sleep(seconds)

    if seconds:
        dynamics_run.CHECKPOINT_SECONDS = 0.05
    dynamics._Log = lambda _: report
    document = maker.make.original(maker, structure, potential)
    Path(DOCUMENT).write_text(json.dumps(document, cls=MontyEncoder))


compile_all()
for line in sys.stdin:
    folder, pace = line.split()
    if (number := os.fork()) == 0:
        # forked processes share this lock: one that is killed while it holds it stops all others
        parallel._backend_init_process_lock = None
        os.chdir(folder)
        run(float(pace))
        os._exit(0)
    print(number, flush=True)
    print(os.waitpid(number, 0)[1], flush=True)
