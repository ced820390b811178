"""The JSON that commands print which look at something; the JSON Schemas in the reference come from here."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from lockhouse.errors import LockhouseError
from lockhouse.project.answers import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from lockhouse.model.freshness import OrphanLock
    from lockhouse.model.project_info import ProjectInfo
    from lockhouse.model.spec import EnvironmentSpec
    from lockhouse.operations.project_info import Informed
    from lockhouse.project.answers import Answer

#: The version of the JSON that commands print; raised when its form changes.
JSON_VERSION: Final = 1

SCHEMA_ID = "https://json-schema.org/draft/2020-12/schema"

Version = Annotated[Literal[1], Meta(description="Version of this form.")]
Count = Annotated[int, Meta(ge=0)]
Text = Annotated[str, Meta(min_length=1)]


class _Record(msgspec.Struct, frozen=True, kw_only=True, rename="kebab", forbid_unknown_fields=True):
    """What all records have in common."""


class ReasonRecord(_Record, frozen=True, kw_only=True):
    """One reason."""

    code: Annotated[str, Meta(description="Stable code; each has a section in the reference.", min_length=1)]
    message: Annotated[str, Meta(description="The fact in one line.", min_length=1)]
    package: Annotated[str | None, Meta(description="Normalised name of the package that it is about.")]
    file: Annotated[str | None, Meta(description="File of the declaration, relative to the project.")]
    line: Annotated[int | None, Meta(description="Line in that file, from 1.")]


class InputRecord(_Record, frozen=True, kw_only=True):
    """One input that is declared otherwise than when the lock was made."""

    name: Annotated[str, Meta(description="The input, spelled as in the lock.", examples=["requirements"])]
    recorded: Annotated[tuple[str, ...], Meta(description="What the lock records and is declared no more.")]
    declared: Annotated[tuple[str, ...], Meta(description="What is declared and the lock does not record.")]


class ErrorRecord(_Record, frozen=True, kw_only=True):
    """What kept Lockhouse from an answer."""

    code: Annotated[str, Meta(description="Stable code; each has a section in the reference.", min_length=1)]
    what: Annotated[str, Meta(description="The fact and its place.", min_length=1)]
    why: Annotated[tuple[str, ...], Meta(description="Expected and found, a line each.")]
    fix: Annotated[str | None, Meta(description="One command or one edit that mends it.")]


class CheckedEnvironment(_Record, frozen=True, kw_only=True):
    """One environment and the verdict on its lock."""

    environment: Annotated[str, Meta(description="Name of the environment.")]
    lock: Annotated[str, Meta(description="Name of its lock.")]
    verdict: Annotated[
        Literal["fresh", "stale", "missing", "error"],
        Meta(description='Whether the lock satisfies what is declared; "error" where that cannot be told.'),
    ]
    reasons: Annotated[tuple[ReasonRecord, ...], Meta(description="Why it is stale or missing; empty else.")]
    inputs: Annotated[
        tuple[InputRecord, ...], Meta(description="Where the lock is stale: which inputs are not as it records them.")
    ]
    notes: Annotated[tuple[str, ...], Meta(description="What changed and does not matter.")]
    fix: Annotated[str | None, Meta(description="The command that mends it.")]
    error: ErrorRecord | None


class ListedEnvironment(CheckedEnvironment, frozen=True, kw_only=True):
    """One environment, its lock and what it runs on."""

    requires_python: Annotated[str, Meta(description="Python bounds of its lock.")]
    pythons: Annotated[tuple[str, ...], Meta(description="The Pythons that it runs on, where they are listed.")]
    resolver: Annotated[str, Meta(description="Name of its resolver.")]
    declared: Annotated[str, Meta(description="Where it is declared.")]


class ListReport(_Record, frozen=True, kw_only=True):
    """What ``lockhouse list --format json`` prints."""

    version: Version
    environments: Annotated[tuple[ListedEnvironment, ...], Meta(description="In the order of their declaration.")]


class OrphanRecord(_Record, frozen=True, kw_only=True):
    """One lock that no environment uses; looked for where all environments are checked."""

    code: Annotated[Literal["orphan-lock"], Meta(description="Stable code.")]
    files: Annotated[tuple[str, ...], Meta(description="Its files, relative to the project.")]
    message: Annotated[str, Meta(description="The fact in one line.", min_length=1)]
    fix: Annotated[str, Meta(description="What mends it.")]


class CheckReport(_Record, frozen=True, kw_only=True):
    """What ``lockhouse check --format json`` prints."""

    version: Version
    summary: Annotated[dict[str, Count], Meta(description="Verdict → number of environments.")]
    environments: Annotated[tuple[CheckedEnvironment, ...], Meta(description="In the order of their declaration.")]
    orphans: Annotated[tuple[OrphanRecord, ...], Meta(description="Locks that no environment uses.")]


class DriftRecord(_Record, frozen=True, kw_only=True):
    """One reason why an environment does not match."""

    code: Annotated[str, Meta(description="Stable code; each has a section in the reference.", min_length=1)]
    message: Annotated[str, Meta(description="The fact in one line.", min_length=1)]
    package: Annotated[str | None, Meta(description="Normalised name of the package that it is about.")]


class VerifiedEnvironment(_Record, frozen=True, kw_only=True):
    """One environment on disk and the verdict on it."""

    environment: Annotated[str, Meta(description="Name of the environment.")]
    lock: Annotated[str, Meta(description="Name of its lock.")]
    folder: Annotated[str, Meta(description="Where it is: relative to the project, or absolute outside of it.")]
    verdict: Annotated[
        Literal["matching", "drifted", "error"],
        Meta(description='Whether it holds what its lock says; "error" where that cannot be told.'),
    ]
    reasons: Annotated[tuple[DriftRecord, ...], Meta(description="Why it drifted; empty else.")]
    notes: Annotated[tuple[str, ...], Meta(description="What changed and does not matter.")]
    fix: Annotated[str | None, Meta(description="The command that mends it.")]
    error: ErrorRecord | None


class VerifyReport(_Record, frozen=True, kw_only=True):
    """What ``lockhouse verify --format json`` prints."""

    version: Version
    deep: Annotated[bool, Meta(description="Whether every file was read.")]
    summary: Annotated[dict[str, Count], Meta(description="Verdict → number of environments.")]
    environments: Annotated[tuple[VerifiedEnvironment, ...], Meta(description="In the order of their folders.")]


class BuildKeyRecord(_Record, frozen=True, kw_only=True):
    """What decides which wheel of a project is used."""

    source: Annotated[str, Meta(description="Digest of the project's files: names, modes and contents.")]
    files: Annotated[Count, Meta(description="How many they are.")]
    through_sdist: Annotated[bool, Meta(description="Whether the wheel is built from an sdist.")]
    build_lock: Annotated[str, Meta(description="Digest of what it is built with.")]
    interpreter: Annotated[
        str,
        Meta(
            description='"pure" where a wheel is kept that serves all interpreters, else the tag of the interpreter.',
            min_length=1,
        ),
    ]
    variables: Annotated[
        tuple[str, ...],
        Meta(description='The variables that the build sees; "(not set)" stands behind those that are not.'),
    ]
    scm: Annotated[str | None, Meta(description="Digest of the state of version control, where the build looks at it.")]


class BuildInfoProject(_Record, frozen=True, kw_only=True):
    """One project that an environment has from a folder, and the wheel of it that it would get."""

    project: Annotated[str, Meta(description="Normalised name of the project.")]
    path: Annotated[str, Meta(description='Its folder, relative to the project under test, which is ".".')]
    mode: Annotated[Literal["wheel", "editable"], Meta(description="How it is installed.")]
    state: Annotated[
        Literal["installed", "kept", "to-build"],
        Meta(description="What the next sync does: nothing; install the wheel that is kept; build it."),
    ]
    wheel: Annotated[str | None, Meta(description="File name of the wheel that is kept, where one is.")]
    key: Annotated[BuildKeyRecord | None, Meta(description="What decides the wheel; null for an editable project.")]
    changes: Annotated[tuple[str, ...], Meta(description="Why it is not as it was installed, a fact a line.")]


class BuildInfoEnvironment(_Record, frozen=True, kw_only=True):
    """One environment on disk, and the wheels of projects in folders that it would get."""

    environment: Annotated[str, Meta(description="Name of the environment.")]
    folder: Annotated[str, Meta(description="Where it is: relative to the project, or absolute outside of it.")]
    projects: Annotated[
        tuple[BuildInfoProject, ...],
        Meta(
            description="The project under test, unless somebody else installs it, then the others by name; "
            "empty where that cannot be told."
        ),
    ]
    error: Annotated[ErrorRecord | None, Meta(description="Why it cannot be told.")]


class BuildInfoReport(_Record, frozen=True, kw_only=True):
    """What ``lockhouse build-info --format json`` prints."""

    version: Version
    environments: Annotated[tuple[BuildInfoEnvironment, ...], Meta(description="In the order of their folders.")]


def build_info_report(rows: Iterable[tuple[str, Informed]]) -> BuildInfoReport:
    """Give the record of what is known of the project's builds.

    :param rows: the place of each environment, and what is known of it
    """
    return BuildInfoReport(version=JSON_VERSION, environments=tuple(_build_info(place, each) for place, each in rows))


def _build_info(place: str, informed: Informed) -> BuildInfoEnvironment:
    name, info = informed.made.spec.name, informed.info
    if isinstance(info, LockhouseError):
        return BuildInfoEnvironment(environment=name, folder=place, projects=(), error=error_record(info))
    projects = tuple(map(_build_info_project, info))
    return BuildInfoEnvironment(environment=name, folder=place, projects=projects, error=None)


def _build_info_project(info: ProjectInfo) -> BuildInfoProject:
    expected = info.expected
    key = None if expected is None else BuildKeyRecord(
        source=expected.source, files=expected.files, through_sdist=info.through_sdist, build_lock=expected.build_lock,
        interpreter=expected.interpreter, variables=info.variables, scm=expected.scm or None,
    )  # fmt: skip
    return BuildInfoProject(
        project=info.name,
        path=info.path,
        mode=info.mode.value,  # type: ignore[arg-type]  # a project that is not installed has no answer
        state=info.state.value,
        wheel=None if expected is None else expected.wheel,
        key=key,
        changes=info.changes,
    )


def verify_report(answers: Sequence[Answer], *, deep: bool) -> VerifyReport:
    """Give the record of a look for drift.

    :param answers: one an environment on disk
    :param deep: whether every file was read
    """
    environments = tuple(
        VerifiedEnvironment(
            environment=answer.name,
            lock=answer.lock,
            folder=answer.place or "",
            verdict=answer.state,  # type: ignore[arg-type]  # a look for drift has these states only
            reasons=tuple(DriftRecord(code=why.code, message=why.message, package=why.package) for why in answer.whys),
            notes=answer.notes,
            fix=answer.fix,
            error=None if answer.error is None else error_record(answer.error),
        )
        for answer in answers
    )
    return VerifyReport(version=JSON_VERSION, deep=deep, summary=counted(answers), environments=environments)


def check_report(answers: Sequence[Answer], orphans: Iterable[OrphanLock]) -> CheckReport:
    """Give the record of a check.

    :param answers: one an environment
    :param orphans: locks that no environment uses
    """
    return CheckReport(
        version=JSON_VERSION,
        summary=counted(answers),
        environments=tuple(CheckedEnvironment(**_checked(answer)) for answer in answers),
        orphans=tuple(
            OrphanRecord(code="orphan-lock", files=orphan.files, message=str(orphan), fix=orphan.fix)
            for orphan in orphans
        ),
    )


def list_report(rows: Iterable[tuple[EnvironmentSpec, Answer]]) -> ListReport:
    """Give the record of a list.

    :param rows: each environment and the answer about it
    """
    listed = tuple(
        ListedEnvironment(
            **_checked(answer),
            requires_python=spec.requires_python,
            pythons=spec.pythons,
            resolver=spec.resolver,
            declared=str(spec.origin),
        )
        for spec, answer in rows
    )
    return ListReport(version=JSON_VERSION, environments=listed)


def _checked(answer: Answer) -> dict[str, Any]:
    return {
        "environment": answer.name,
        "lock": answer.lock,
        "verdict": answer.state,
        "reasons": _reasons(answer),
        "inputs": tuple(
            InputRecord(name=change.name, recorded=change.recorded, declared=change.declared)
            for change in answer.changes
        ),
        "notes": answer.notes,
        "fix": answer.fix,
        "error": None if answer.error is None else error_record(answer.error),
    }


def _reasons(answer: Answer) -> tuple[ReasonRecord, ...]:
    return tuple(
        ReasonRecord(
            code=why.code,
            message=why.message,
            package=why.package,
            file=None if why.origin is None else why.origin.file,
            line=None if why.origin is None else why.origin.line,
        )
        for why in answer.whys
    )


def error_record(error: LockhouseError) -> ErrorRecord:
    """Give the record of an error.

    :param error: the error
    """
    return ErrorRecord(code=error.code, what=error.what, why=error.why, fix=error.fix)


def as_json(record: object, *, hide: Callable[[str], str]) -> str:
    """Give a record as text, indented for those who look at it.

    :param record: a record of this module, or a dictionary with records in it
    :param hide: hides secrets in a text; the form of the record stays, whatever they are
    """
    plain = _hidden(msgspec.to_builtins(record), hide)
    return json.dumps(plain, indent=2)  # in ASCII, which every stream can show


def _hidden(value: Any, hide: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return hide(value)
    if isinstance(value, dict):
        return {key: _hidden(each, hide) for key, each in value.items()}
    return [_hidden(each, hide) for each in value] if isinstance(value, list | tuple) else value


def schema(report: type[_Record], title: str) -> dict[str, Any]:
    """Give the JSON Schema of a report.

    :param report: its type
    :param title: the command that prints it
    """
    made: dict[str, Any] = msgspec.json.schema(report)
    return {"$schema": SCHEMA_ID, "title": title, **made}
