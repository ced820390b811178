"""From a table or from keywords to the settings model; every problem is found before one error names them all."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, get_args

import msgspec

from lockhouse.config.nearest import nearest
from lockhouse.config.settings import EnvironmentSettings, IndexSettings, LockhouseSettings
from lockhouse.errors import InvalidSettingError
from lockhouse.model.build_policy import ALL, is_fixed
from lockhouse.model.pythons import canonical_bounds, version_of_python
from lockhouse.model.spec import Origin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from msgspec.structs import FieldInfo

#: Gives the line on which a key stands, from the path of keys that leads to it, or None where it is not known.
LineOf: TypeAlias = "Callable[[tuple[str, ...]], int | None]"

_Model = TypeVar("_Model", bound=msgspec.Struct)

_TABLE_OF_ENVIRONMENTS = "[tool.lockhouse.environments]"
_ENVIRONMENTS_TABLE = "[tool.lockhouse.environments.{}]"
_NO_FILE = 'names no file; write a path such as "src/demo/_version.py"'
_OUTSIDE = (
    "is not inside of the project, and a build gets a copy of the project alone; name files in its folder, or set "
    'rebuild = "always" where a build reads others'
)
_WITHIN_NAME = (
    'has "**" within a name, and it stands for whole folders; write it between slashes, as in "src/**/*_pb2.py"'
)
_EXPECTED = re.compile(r"Expected `([^`]+)`(?: of length (.+?))?(?:, got `([^`]+)`)?(?: - at `\$(.*)`)?$")
_ENUM = re.compile(r"Invalid enum value (.+?)(?: - at `\$(.*)`)?$")
_NAME_FIX = "use letters, digits, dots, _ and - in the name, and begin with a letter or digit"
_WORDS = {
    "str": "a string",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
    "null": "nothing",
    "tuple": "a list",
    "dict": "a table",
}


def parse_environment(
    mapping: Mapping[str, object], place: Origin, *, line_of: LineOf | None = None
) -> EnvironmentSettings:
    """Read the settings of one environment.

    :param mapping: a table of ``pyproject.toml``, or the keywords of a frontend; a key may be spelled with
        underscores, and a value of None means that it is not said
    :param place: where it stands, for messages
    :param line_of: gives the line of a key of the mapping
    :raises InvalidSettingError: something in it is unknown or of the wrong type; all problems are named
    """
    reading = _Reading()
    settings = reading.table(EnvironmentSettings, mapping, place, line_of or _no_line)
    return reading.result(settings, place)


def parse_settings(mapping: Mapping[str, object], place: Origin, *, line_of: LineOf | None = None) -> LockhouseSettings:
    """Read ``[tool.lockhouse]``.

    :param mapping: the table
    :param place: where it stands, for messages
    :param line_of: gives the line of a key of the mapping
    :raises InvalidSettingError: something in it is unknown or of the wrong type; all problems are named
    """
    reading = _Reading()
    settings = reading.table(LockhouseSettings, mapping, place, line_of or _no_line)
    return reading.result(settings, place)


def _no_line(path: tuple[str, ...]) -> int | None:  # noqa: ARG001 - the place has no lines of its own
    return None


class _Reading:
    """One pass over a table, with the problems found so far."""

    def __init__(self) -> None:
        self.problems: list[tuple[str, str | None]] = []
        self._known: dict[str, None] = {}

    def result(self, settings: _Model | None, place: Origin) -> _Model:
        """Give what was read, or raise for all the problems."""
        if not self.problems and settings is not None:
            return settings
        messages = [message for message, _ in self.problems]
        fixes = list(dict.fromkeys(fix for _, fix in self.problems if fix))
        many = len(messages) > 1
        raise InvalidSettingError(
            f"{place.file or place.source}: {len(messages)} settings are wrong" if many else messages[0],
            why=[*(messages if many else ()), *self._known],
            fix="; ".join(fixes) or None,
        )

    def table(
        self, model: type[_Model], mapping: Mapping[str, object], place: Origin, line_of: LineOf
    ) -> _Model | None:
        """Read a table into the model; None where it had problems."""
        fields = _fields_of(model)
        before = len(self.problems)
        values: dict[str, Any] = {}
        for spelled, value in mapping.items():
            key = spelled.replace("_", "-")
            at = replace(place, line=line_of((spelled,)) or place.line)
            if key not in fields:
                self._unknown(spelled, fields, at, underscores="_" in spelled)
            elif value is not None:
                values[fields[key].name] = self._value(fields[key], spelled, value, at, line_of)
        missing = [f for key, f in fields.items() if f.required and f.name not in values]
        for field in missing:
            self.problems.append((f"{place}: {field.encode_name!r} is missing", None))
        return model(**values) if len(self.problems) == before else None

    def _unknown(self, spelled: str, fields: Mapping[str, FieldInfo], at: Origin, *, underscores: bool) -> None:
        names = [key.replace("-", "_") if underscores else key for key in fields]
        guess = nearest(spelled, names)
        self._known[f"known keys are {', '.join(sorted(names))}"] = None
        self.problems.append(
            (
                f"{at}: unknown key {spelled!r}" + (f", did you mean {guess!r}?" if guess else ""),
                f"write {guess!r} instead of {spelled!r}" if guess else f"remove {spelled!r}",
            )
        )

    def _value(self, field: FieldInfo, spelled: str, value: object, at: Origin, line_of: LineOf) -> Any:
        if field.name == "environments" and isinstance(value, dict):
            return self._environments(spelled, value, at, line_of)
        if field.name == "indexes" and isinstance(value, list | tuple):
            return self._indexes(spelled, value, at, line_of)
        if isinstance(value, date):  # TOML has dates of its own
            value = value.isoformat()
        try:
            converted = msgspec.convert(value, field.type)
            check = _CHECKS.get(field.name)
            return converted if check is None else check(converted)
        except msgspec.ValidationError as error:
            self.problems.append(
                (f"{at}: {_explain(spelled, str(error), value, field.type)}", f"correct {spelled!r} at {at}")
            )
        except ValueError as error:
            self.problems.append((f"{at}: {spelled}: {error}", f"correct {spelled!r} at {at}"))
        return None

    def _environments(self, spelled: str, tables: Mapping[str, object], at: Origin, line_of: LineOf) -> Any:
        found = {}
        for name, table in tables.items():
            here = Origin(
                source=_ENVIRONMENTS_TABLE.format(name), file=at.file, line=line_of((spelled, name)) or at.line
            )
            if (problem := _problem_of_name(name)) is not None:
                self.problems.append((f"{replace(here, source=_TABLE_OF_ENVIRONMENTS)}: {problem}", _NAME_FIX))
            elif isinstance(table, dict):
                prefix = (spelled, name)
                found[name] = self.table(EnvironmentSettings, table, here, lambda path, p=prefix: line_of((*p, *path)))  # type: ignore[misc]
            else:
                self.problems.append((f"{here}: expected a table, found {_found(table)}", None))
        return found

    def _indexes(self, spelled: str, tables: list[object] | tuple[object, ...], at: Origin, line_of: LineOf) -> Any:
        found: list[IndexSettings | None] = []
        for number, table in enumerate(tables):
            if isinstance(table, IndexSettings):
                found.append(table)
            elif isinstance(table, dict):
                found.append(
                    self.table(
                        IndexSettings,
                        table,
                        replace(at, source=f"{at.source}, {spelled}[{number}]"),
                        lambda path: line_of((spelled, *path)),
                    )
                )
            else:
                self.problems.append(
                    (
                        f'{at}: {spelled}[{number}]: expected a table such as {{ url = "…" }}, found {_found(table)}',
                        None,
                    )
                )
        if sum(1 for index in found if index is not None and index.default) > 1:
            self.problems.append((f"{at}: {spelled}: more than one index is the default", None))
        return tuple(found)


def _problem_of_name(name: str) -> str | None:
    """Say why a name cannot be one of a file and a word of a command; None where it can.

    Sessions of nox may have stranger names: their parameters are in them.
    """
    if not name.isprintable() or name.startswith("-") or {"/", "\\"} & set(name):
        return f"{name!r} cannot be the name of an environment"
    return None


@cache
def _fields_of(model: type[msgspec.Struct]) -> Mapping[str, FieldInfo]:
    """Look at a model once: every run reads tables, and looking is what takes the time."""
    return {field.encode_name: field for field in msgspec.structs.fields(model)}


def _found(value: object) -> str:
    kind = type(value).__name__
    return _WORDS.get(kind, _WORDS["array"] if isinstance(value, list) else f"a {kind}")


def _explain(key: str, message: str, value: object, expected_type: object) -> str:
    """Say in our words what msgspec found; the value itself may be secret and is not shown."""
    match = _EXPECTED.match(message)
    if match is not None and match[3] is not None:
        expected = " or ".join(
            _WORDS.get(word.strip(), word.strip()) for word in match[1].split("|") if word.strip() != "null"
        )
        hint = " (put it into brackets)" if "array" in match[1] and isinstance(value, str) else ""
        return f"{key}{match[4] or ''}: expected {expected}, found {_WORDS.get(match[3], match[3])}{hint}"
    match = _ENUM.match(message)
    if match is not None:
        return f"{key}: {_explain_choice(match[1], expected_type)}"
    words = re.sub(r" - at `\$(.*)`$", "", message)
    return f"{key}: {words[:1].lower()}{re.sub('`([a-z]+)`', lambda m: _WORDS.get(m[1], m[0]), words[1:])}"


def _explain_choice(found: str, expected_type: object) -> str:
    choices = list(_choices(expected_type))
    guess = nearest(found.strip("'"), choices)
    return f"expected one of {', '.join(choices)}, found {found}" + (f"; did you mean {guess!r}?" if guess else "")


def _choices(expected_type: object) -> Iterator[str]:
    """List the members of the enumerations that a type of a field is made of."""
    if isinstance(expected_type, type) and issubclass(expected_type, StrEnum):
        yield from map(str, expected_type)
    for part in get_args(expected_type):
        yield from _choices(part)


def utc_moment(text: str) -> str:
    """Spell a cut-off moment as a full RFC 3339 timestamp in UTC.

    :param text: an RFC 3339 date-time, or a date, which means the end of that day in UTC
    :return: such as ``2026-02-01T00:00:00Z``
    :raises ValueError: it is neither, or the date-time has no offset
    """
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            moment = datetime.combine(date.fromisoformat(text) + timedelta(days=1), time(), UTC)
        else:
            moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        msg = f'{text!r} is no date and no date-time; write "2026-01-31" or "2026-01-31T12:00:00Z"'
        raise ValueError(msg) from None
    if moment.tzinfo is None:
        msg = f'{text!r} has no offset from UTC; write "{text}Z"'
        raise ValueError(msg)
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _check_bounds(text: str) -> str:
    try:
        return canonical_bounds(text, place="python")
    except InvalidSettingError as error:
        msg = f"{text!r} is not a bound on Python versions; {error.why[0]}"
        raise ValueError(msg) from None


def _check_pythons(pythons: tuple[str, ...]) -> tuple[str, ...]:
    wrong = [text for text in pythons if version_of_python(text) is None]
    if wrong:
        msg = f'{", ".join(map(repr, wrong))} names no Python version; write such as "3.12"'
        raise ValueError(msg)
    return pythons


def _check_folder(text: str) -> str:
    path = PurePosixPath(text.replace("\\", "/"))
    if path.is_absolute() or PureWindowsPath(text).drive or ".." in path.parts:
        msg = f"{text!r} is not inside of the project"
        raise ValueError(msg)
    if not text.isprintable():
        msg = f"{text!r} is no name of a folder"
        raise ValueError(msg)
    return str(path)


def _check_patterns(patterns: tuple[str, ...]) -> tuple[str, ...]:
    for text in patterns:
        path = PurePosixPath(text)
        slashes = text.replace("\\", "/")
        outside = path.is_absolute() or PureWindowsPath(text).drive or ".." in PurePosixPath(slashes).parts
        partly = any("**" in part and part != "**" for part in path.parts)
        wrong = {
            _NO_FILE: not path.parts,
            _OUTSIDE: outside,
            f'has a backslash, which parts folders on Windows only; write "{slashes}"': slashes != text,
            _WITHIN_NAME: partly,
            f'names a folder; write "{text}**" for all files in it': text.endswith("/"),
            "cannot be the name of a file; remove what cannot be printed": not text.isprintable(),
        }
        first = next((words for words, is_so in wrong.items() if is_so), None)
        if first is not None:
            msg = f"{text!r} {first}"
            raise ValueError(msg)
    return patterns


def _check_names(names: tuple[str, ...]) -> tuple[str, ...]:
    if not names:
        return names
    from packaging.utils import InvalidName, canonicalize_name  # noqa: PLC0415 - much to import

    for name in names:
        try:
            canonicalize_name(name, validate=True)
        except InvalidName:
            msg = f"{name!r} is not the name of a package"
            raise ValueError(msg) from None
    return names


def _check_names_or_all(names: tuple[str, ...]) -> tuple[str, ...]:
    _check_names(tuple(name for name in names if name != ALL))
    return names


def _check_tables(tables: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Mapping[str, Any]]:
    _check_names_or_all(tuple(tables))
    return tables


def _check_variables(tables: Mapping[str, Mapping[str, str]]) -> Mapping[str, Mapping[str, str]]:
    _check_tables(tables)
    _check_passed_on(tuple(name for table in tables.values() for name in table))
    return tables


def _check_passed_on(names: tuple[str, ...]) -> tuple[str, ...]:
    if fixed := sorted(set(filter(is_fixed, names))):
        msg = f"{', '.join(fixed)} cannot be set: every build gets that from Lockhouse"
        raise ValueError(msg)
    return names


def _check_targets(labels: tuple[str, ...]) -> tuple[str, ...]:
    from lockhouse.model.target_labels import imagined_target  # noqa: PLC0415 - only where there are some

    for label in labels:
        try:
            imagined_target(label)
        except InvalidSettingError as error:
            msg = f"{error.what}; {error.fix}"
            raise ValueError(msg) from None
    return labels


_CHECKS: Mapping[str, Callable[[Any], Any]] = {
    "exclude_newer": utc_moment,
    "python": _check_bounds,
    "pythons": _check_pythons,
    "lock_directory": _check_folder,
    "build_files": _check_patterns,
    "allow_unhashed": _check_names,
    "only_binary": _check_names_or_all,
    "no_binary": _check_names_or_all,
    "allow_network": _check_names,
    "config_settings": _check_tables,
    "build_variables": _check_variables,
    "build_env": _check_passed_on,
    "targets": _check_targets,
}
