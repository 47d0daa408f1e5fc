"""``thioflow study``: plan, run, status, resume."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from workflows.cli.options import Store, StudyFile, Workers

if TYPE_CHECKING:
    from workflows.study_run import Listener, Outcome

INTERRUPTED = 130

app = typer.Typer(help="Plan, run and resume studies.", no_args_is_help=True)


@app.command()
def plan(study_file: StudyFile) -> None:
    """Show the jobs of a study, their engines and what they cost; runs nothing."""
    from workflows.cli.tables import print_plan
    from workflows.study_run import plan_study

    print_plan(plan_study(study_file))


@app.command()
def run(study_file: StudyFile, store: Store = None, workers: Workers = None) -> None:
    """Run a study, or continue it where it was stopped; then build properties and the report."""
    from workflows.study_run import run_study

    _show(lambda listener: run_study(study_file, listener, store=store, workers=workers))


@app.command()
def resume(
    name: Annotated[str, typer.Argument(help="Name of the study.", show_default=False)],
    store: Store = None,
    workers: Workers = None,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Run failed jobs again.")
    ] = False,
) -> None:
    """Continue a study that was stopped or killed; jobs that are done are not repeated."""
    from workflows.study_run import resume_study

    _show(
        lambda listener: resume_study(
            name, listener, store=store, workers=workers, retry_failed=retry_failed
        )
    )


@app.command()
def status(
    name: Annotated[str | None, typer.Argument(help="Only this study.")] = None,
    store: Store = None,
) -> None:
    """Show how far the studies of a store are, and what failed."""
    from workflows.cli.tables import print_status
    from workflows.study_run import statuses

    print_status(statuses(name, store=store))


def _show(work: "Callable[[Listener], Outcome]") -> None:
    from workflows.cli.progress import shown
    from workflows.cli.tables import print_outcome

    try:
        with shown() as listener:
            outcome = work(listener)
    except KeyboardInterrupt as stop:
        typer.echo(f"{stop}\nContinue with: thioflow study resume", err=True)
        raise typer.Exit(INTERRUPTED) from None
    print_outcome(outcome)
    if not outcome.complete:
        raise typer.Exit(1)
