"""The commands: each turns options into calls of the project, and outcomes into lines."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lockhouse.errors import EXIT_NO, EXIT_OK, LockhouseError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from lockhouse.cli.console import Console
    from lockhouse.model.freshness import Freshness
    from lockhouse.model.spec import EnvironmentSpec
    from lockhouse.project import Project

#: The version of the JSON that commands print.
JSON_VERSION = 1


def lock(options: argparse.Namespace, console: Console) -> int:
    """Lock environments."""
    from packaging.utils import canonicalize_name  # noqa: PLC0415 - only here

    from lockhouse.operations.lock import LockFailure, LockStatus, require_known_names  # noqa: PLC0415

    project = _project(options, console)
    specs = _selected(project, options.environments)
    upgrade = {canonicalize_name(name) for name in options.upgrade_package}
    code = EXIT_OK
    records: list[dict[str, Any]] = []
    outcomes = []
    for outcome in project.lock(specs, upgrade_all=options.upgrade, upgrade=upgrade, dry_run=options.dry_run):
        outcomes.append(outcome)
        if isinstance(outcome, LockFailure):
            console.error(outcome.error)
            code = code or outcome.error.exit_code
            records.append({"environment": outcome.spec.name, "error": outcome.error.code})
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
        if not options.json and not options.quiet:
            first, *rest = outcome.lines()
            console.answer(first, "good" if outcome.status is not LockStatus.UNCHANGED else None)
            for line in rest:
                console.answer(line)
    if options.json:
        _print_json(console, {"locks": records})
    require_known_names(upgrade, outcomes)
    return code


def check(options: argparse.Namespace, console: Console) -> int:
    """Check the freshness of locks."""
    project = _project(options, console)
    specs = _selected(project, options.environments)
    answers = [(spec, _answer(project, spec)) for spec in specs]
    if options.json:
        _print_json(console, {"environments": [_verdict_record(spec, answer) for spec, answer in answers]})
    else:
        _print_verdicts(answers, console)
    _show_errors(answers, console)
    code = _first_error(answers)
    return code or (EXIT_OK if all(_is_fresh(answer) for _, answer in answers) else EXIT_NO)


def sync(options: argparse.Namespace, console: Console) -> int:
    """Make an environment."""
    project = _project(options, console)
    (spec,) = project.named([options.environment])
    base = project.choose_python(spec, options.into, options.python)
    project.require_fresh(spec, base)
    python = project.make_environment(options.into, base)
    outcome = project.sync(spec, python)
    if options.json:
        record = {
            "environment": spec.name,
            "python": str(python),
            "changed": outcome.changed,
            "installed": list(outcome.installed),
            "removed": list(outcome.removed),
            "reasons": list(outcome.reasons),
        }
        _print_json(console, record)
    elif not outcome.changed:
        console.info(f"{spec.name}: nothing to do")
    return EXIT_OK


def list_environments(options: argparse.Namespace, console: Console) -> int:
    """List environments."""
    project = _project(options, console)
    rows = [(spec, _answer(project, spec)) for spec in _selected(project, ())]
    _show_errors(rows, console)
    if options.json:
        _print_json(
            console,
            {
                "environments": [
                    {
                        **_verdict_record(spec, verdict),
                        "requires-python": spec.requires_python,
                        "pythons": list(spec.pythons),
                        "resolver": spec.resolver,
                        "declared": str(spec.origin),
                    }
                    for spec, verdict in rows
                ]
            },
        )
        return _first_error(rows)
    width = max((len(spec.name) for spec, _ in rows), default=0)
    for spec, verdict in rows:
        pythons = ", ".join(spec.pythons) or spec.requires_python
        console.answer(f"{spec.name:<{width}}  {_state(verdict):<7}  {_place(project, spec)}  Python {pythons}")
    return _first_error(rows)


def cache_path(options: argparse.Namespace, console: Console) -> int:  # noqa: ARG001 - all commands are alike
    """Print the folder of the store."""
    from lockhouse.storage.store import Store  # noqa: PLC0415 - only here

    console.answer(str(Store.at_default(os.environ).root))
    return EXIT_OK


# -- parts --------------------------------------------------------------------------------------------------------


def _project(options: argparse.Namespace, console: Console) -> Project:
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


def _selected(project: Project, names: Iterable[str]) -> tuple[EnvironmentSpec, ...]:
    from lockhouse.errors import ConfigError  # noqa: PLC0415

    specs = project.named(list(names))
    if not specs:
        raise ConfigError(
            f"no environment is declared in {project.root}",
            why="looked at pyproject.toml, noxfile.py and the tox configuration",
            fix="add [tool.lockhouse.environments.NAME] to pyproject.toml, or a locked session to the noxfile",
        )
    return specs


def _answer(project: Project, spec: EnvironmentSpec) -> Freshness | LockhouseError:
    """Check one lock; what is wrong with it keeps nobody from looking at the others."""
    try:
        return project.check(spec)
    except LockhouseError as error:
        return error


def _show_errors(answers: Iterable[tuple[EnvironmentSpec, Freshness | LockhouseError]], console: Console) -> None:
    for spec, answer in answers:
        if isinstance(answer, LockhouseError):
            named = f'"{spec.name}"' in answer.what
            console.error(answer if named else answer.within(f'environment "{spec.name}"'))


def _first_error(answers: Iterable[tuple[EnvironmentSpec, Freshness | LockhouseError]]) -> int:
    return next((answer.exit_code for _, answer in answers if isinstance(answer, LockhouseError)), EXIT_OK)


def _is_fresh(answer: Freshness | LockhouseError) -> bool:
    return _state(answer) == "fresh"


def _state(answer: Freshness | LockhouseError) -> str:
    return "error" if isinstance(answer, LockhouseError) else type(answer).__name__.lower()


def _place(project: Project, spec: EnvironmentSpec) -> str:
    try:
        return ", ".join(project.lock_places(spec))
    except LockhouseError:  # shown already: the check needs the same
        return f"{spec.lock_directory}/?"


def _verdict_record(spec: EnvironmentSpec, verdict: Freshness | LockhouseError) -> dict[str, Any]:
    if isinstance(verdict, LockhouseError):
        return {"environment": spec.name, "lock": spec.lock_name, "error": verdict.code}
    record: dict[str, Any] = {"environment": spec.name, "lock": spec.lock_name, "verdict": _state(verdict)}
    reasons = getattr(verdict, "reasons", ())
    if reasons:
        record["reasons"] = [
            {
                "code": reason.code.value,
                "message": reason.message,
                "package": reason.package,
                "file": None if reason.origin is None else reason.origin.file,
                "line": None if reason.origin is None else reason.origin.line,
            }
            for reason in reasons
        ]
    return record


def _print_verdicts(answers: Iterable[tuple[EnvironmentSpec, Freshness | LockhouseError]], console: Console) -> None:
    for spec, verdict in answers:
        if isinstance(verdict, LockhouseError):
            continue
        if _is_fresh(verdict):
            if not console.quiet:
                console.answer(f"{spec.name}: fresh", "good")
            for note in getattr(verdict, "notes", ()):
                console.detail(f"  {note}")
            continue
        console.answer(f"{spec.name}: {_state(verdict)}", "error")
        for reason in getattr(verdict, "reasons", ()):
            console.answer(f"  why[{reason.code}]: {reason}")
        if _state(verdict) == "missing":
            console.answer(f"  why: {getattr(verdict, 'path', '')} is not there")
        console.answer(f"  fix: {spec.lock_command}")


def _print_json(console: Console, record: dict[str, Any]) -> None:
    import json  # noqa: PLC0415 - only here

    console.answer(json.dumps({"version": JSON_VERSION, **record}, indent=2))
