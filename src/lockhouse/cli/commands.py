"""The commands: each turns options into calls of the project, and outcomes into lines."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lockhouse.errors import EXIT_NO, EXIT_OK, LockhouseError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from lockhouse.cli.console import Console
    from lockhouse.interfaces import Reporter
    from lockhouse.model.spec import EnvironmentSpec
    from lockhouse.project import Project
    from lockhouse.project.answers import Answer


def lock(options: argparse.Namespace, console: Console) -> int:
    """Lock environments."""
    from packaging.utils import canonicalize_name  # noqa: PLC0415 - only here

    from lockhouse.cli.records import error_record  # noqa: PLC0415 - not for every command
    from lockhouse.operations.lock_outcome import LockFailure, LockStatus, require_known_names  # noqa: PLC0415
    from lockhouse.silence import SilentReporter  # noqa: PLC0415 - likewise

    project = open_project(options, console)
    specs = selected(project, options.environments)
    upgrade = {canonicalize_name(name) for name in options.upgrade_package}
    code = EXIT_OK
    records: list[dict[str, Any]] = []
    outcomes = []
    for outcome in project.lock(specs, upgrade_all=options.upgrade, upgrade=upgrade, dry_run=options.dry_run):
        outcomes.append(outcome)
        if isinstance(outcome, LockFailure):
            console.error(outcome.error)
            code = code or outcome.error.exit_code
            records.append({"environment": outcome.spec.name, "error": error_record(outcome.error)})
            continue
        records.append(
            {
                "environment": outcome.spec.name,
                "lock": outcome.place,
                "status": outcome.status.value,
                "packages": outcome.packages,
                "changes": [
                    {"name": c.name, "before": list(c.before), "after": list(c.after), "detail": c.detail}
                    for c in outcome.changes
                ],
                "computed-hashes": list(outcome.computed_hashes),
            }
        )
        if options.format == "text" and not options.quiet:
            first, *rest = outcome.lines()
            console.answer(first, "good" if outcome.status is not LockStatus.UNCHANGED else None)
            for line in rest:
                console.answer(line)
    if options.format == "json":
        print_json(console, {"locks": records})
    if not options.dry_run:
        with suppress(LockhouseError):  # who checks the project says what is wrong with it
            open_project(options, SilentReporter()).remember_locks()
    require_known_names(upgrade, outcomes)
    return code


def check(options: argparse.Namespace, console: Console) -> int:
    """Check the freshness of locks."""
    if options.explain is not None:
        return _explain(options.explain, console)
    from lockhouse.project.answers import exit_code  # noqa: PLC0415 - not for every command

    project = open_project(options, console)
    specs = selected(project, options.environments)
    answers = [_answer(project, spec) for spec in specs]
    # while an environment cannot be judged, nobody knows what its lock is
    unclear = options.environments or any(answer.error is not None for answer in answers)
    orphans = () if unclear else project.orphan_locks(specs)
    if options.format == "json":
        from lockhouse.cli.records import check_report  # noqa: PLC0415 - only here

        console.record(check_report(answers, orphans))
    elif options.format == "github":
        from lockhouse.cli import github  # noqa: PLC0415 - only here

        github.show(answers, console, root=project.root, orphans=orphans)
    else:
        from lockhouse.cli import text  # noqa: PLC0415 - only here

        text.show(answers, console, orphans=orphans)
    return exit_code(answers) or (EXIT_NO if orphans and options.strict else EXIT_OK)


def _explain(code: str, console: Console) -> int:
    from lockhouse.cli.explanations import explanation_of  # noqa: PLC0415 - only here

    for line in explanation_of(code).lines():
        console.answer(line)
    return EXIT_OK


def sync(options: argparse.Namespace, console: Console) -> int:
    """Make an environment."""
    project = open_project(options, console)
    (spec,) = _locked_from_here(project, [project.declarations.one(options.environment)])
    base = project.choose_python(spec, options.into, options.python)
    project.require_fresh(spec, base)
    python = project.make_environment(options.into, base)
    wheelhouse = None if options.wheelhouse is None else options.wheelhouse.absolute()
    outcome = project.sync(spec, python, deep=options.deep, wheelhouse=wheelhouse)
    if options.format == "json":
        record = {
            "environment": spec.name,
            "python": str(python),
            "changed": outcome.changed,
            "installed": list(outcome.installed),
            "removed": list(outcome.removed),
            "reasons": list(outcome.reasons),
        }
        print_json(console, record)
    elif not outcome.changed:
        console.info(f"{spec.name}: nothing to do")
    return EXIT_OK


def verify(options: argparse.Namespace, console: Console) -> int:
    """Look for drift in the environments on disk."""
    from lockhouse.cli.verifying import (  # noqa: PLC0415 - only here
        answers_of,
        not_declared,
        not_found,
        require_all_found,
    )
    from lockhouse.project.answers import exit_code  # noqa: PLC0415 - not for every command

    project = open_project(options, console)
    specs = selected(project, options.environments)
    folders = [options.directory / folder for folder in options.folders]
    verified = project.verify(specs, folders=folders, deep=options.deep)
    undeclared = () if options.environments and not folders else project.undeclared_environments(folders)
    for line in not_declared(undeclared, root=project.root):
        console.warning(line)
    if not verified:
        require_all_found(options.environments, [], folders)
    answers = answers_of(verified, root=project.root, deep=options.deep)
    if options.format == "json":
        from lockhouse.cli.records import verify_report  # noqa: PLC0415 - only here

        console.record(verify_report(answers, deep=options.deep))
    elif options.format == "github":
        from lockhouse.cli import github  # noqa: PLC0415 - only here

        github.show(answers, console, root=project.root)
    else:
        from lockhouse.cli import text  # noqa: PLC0415 - only here

        text.show(answers, console)
    if (folders or options.environments) and (missing := not_found(specs, verified)):
        (console.answer if options.format == "text" and not console.quiet else console.info)(missing)
    require_all_found(options.environments, [each.made for each in verified], folders)
    return exit_code(answers)


def list_environments(options: argparse.Namespace, console: Console) -> int:
    """List environments."""
    from lockhouse.project.answers import first_error  # noqa: PLC0415 - not for every command

    project = open_project(options, console)
    rows = [(spec, _answer(project, spec)) for spec in selected(project, ())]
    answers = [answer for _, answer in rows]
    for answer in answers:
        if answer.error is not None:
            console.error(answer.error)
    if options.format == "json":
        from lockhouse.cli.records import list_report  # noqa: PLC0415 - only here

        console.record(list_report(rows))
        return first_error(answers)
    width = max((len(spec.name) for spec, _ in rows), default=0)
    for spec, answer in rows:
        pythons = ", ".join(spec.pythons) or spec.requires_python
        console.answer(f"{spec.name:<{width}}  {answer.state:<7}  {_place(project, spec)}  Python {pythons}")
    return first_error(answers)


# -- parts --------------------------------------------------------------------------------------------------------


def open_project(options: argparse.Namespace, console: Reporter) -> Project:
    """Open the project that the options name.

    :param options: the options
    :param console: where to say what happens
    :raises ConfigError: there is none
    """
    from lockhouse.errors import ConfigError  # noqa: PLC0415
    from lockhouse.project import Project  # noqa: PLC0415 - `--help` needs none

    root = Path(options.directory)
    if not root.is_dir():
        raise ConfigError(
            f"{root} is no folder",
            why="a file has this name" if root.exists() else "there is nothing of this name",
            fix="give the folder of the project to --directory",
        )
    return Project.open(root, reporter=console)


def selected(project: Project, names: Iterable[str]) -> tuple[EnvironmentSpec, ...]:
    """Give the environments that were named, or all.

    :param project: the project
    :param names: names of environments
    :raises ConfigError: there is none
    """
    specs = project.declarations.named(list(names))
    if not specs:
        raise project.declarations.nothing()
    return _locked_from_here(project, specs)


def _locked_from_here(project: Project, specs: Iterable[EnvironmentSpec]) -> tuple[EnvironmentSpec, ...]:
    """Have the commands that lock name the folder of the project, where that is not the present one."""
    from lockhouse.project.naming import option_for  # noqa: PLC0415 - not for every command

    option = option_for(project.root)
    return tuple(replace(spec, locked_by=f"{spec.locked_by} {option}") if option else spec for spec in specs)


def _answer(project: Project, spec: EnvironmentSpec) -> Answer:
    """Check one lock; what is wrong with it keeps nobody from looking at the others."""
    from lockhouse.model.fresh import Fresh  # noqa: PLC0415 - not for every command
    from lockhouse.project.answers import of_error, of_freshness  # noqa: PLC0415 - likewise

    try:
        verdict = project.check(spec)
        if not isinstance(verdict, Fresh) and (conflict := project.declarations.conflict(spec)) is not None:
            return of_error(spec, conflict, os.environ)
        return of_freshness(spec, verdict)
    except LockhouseError as error:
        return of_error(spec, error, os.environ)


def _place(project: Project, spec: EnvironmentSpec) -> str:
    try:
        return ", ".join(project.lock_places(spec))
    except LockhouseError:  # shown already: the check needs the same
        return f"{spec.lock_directory}/?"


def print_json(console: Console, record: dict[str, Any]) -> None:
    """Print a record, with the version of its form.

    :param console: where to
    :param record: the rest of it
    """
    from lockhouse.cli.records import JSON_VERSION  # noqa: PLC0415 - only here

    console.record({"version": JSON_VERSION, **record})
