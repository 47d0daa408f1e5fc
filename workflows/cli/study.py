"""``thioflow study``: plan, run, status, resume."""

from typing import TYPE_CHECKING, Annotated

import typer

from workflows.cli.options import Store, StudyFile, Workers

if TYPE_CHECKING:
    from workflows.study_run import Outcome

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
    from workflows.cli.progress import shown
    from workflows.study_run import run_study

    with shown() as on_event:
        outcome = run_study(study_file, on_event, store=store, workers=workers)
    _end(outcome)


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
    from workflows.cli.progress import shown
    from workflows.study_run import resume_study

    with shown() as on_event:
        outcome = resume_study(
            name, on_event, store=store, workers=workers, retry_failed=retry_failed
        )
    _end(outcome)


@app.command()
def status(
    name: Annotated[str | None, typer.Argument(help="Only this study.")] = None,
    store: Store = None,
) -> None:
    """Show how far the studies of a store are, and what failed."""
    from workflows.cli.tables import print_status
    from workflows.study_run import statuses

    print_status(statuses(name, store=store))


def _end(outcome: "Outcome") -> None:
    from workflows.cli.tables import print_outcome

    print_outcome(outcome)
    if not outcome.summary.succeeded:
        raise typer.Exit(1)
