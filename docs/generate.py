"""Writes the reference pages that say what the code already says: settings, hooks, command line, codes, JSON.

Run ``python docs/generate.py`` after a change of one of them; a test holds the pages equal to the code.
"""

from __future__ import annotations

import argparse
import inspect
import json
import re
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lockhouse import errors, hookspecs
from lockhouse.cli import records
from lockhouse.cli.arguments import parser
from lockhouse.cli.explanations import all_explanations
from lockhouse.config.settings import schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from lockhouse.cli.explanations import Explanation

REFERENCE = Path(__file__).parent / "reference"

_NOTE = "% Made by docs/generate.py: change the code, not this page."

_SETTINGS_HEAD = f"""\
{_NOTE}

# Settings

All that `pyproject.toml` may say. The same names, with underscores for hyphens, are the keywords of
[`lockhouse.nox.session`](nox.md); tox has [keys of its own](tox.md). An unknown key is an error that names the nearest
right one, and all problems of a file are named at once.

A [JSON Schema](settings.schema.json) of `[tool.lockhouse]` says the same to editors.
"""

_MARK = "% Below: made by docs/generate.py from lockhouse.cli.explanations.\n"

_TABLES = (
    (
        "LockhouseSettings",
        "[tool.lockhouse]",
        "What holds for all environments of the project; an environment may say otherwise where it has the same key.",
    ),
    (
        "EnvironmentSettings",
        "[tool.lockhouse.environments.NAME]",
        "One environment. A key that has no default here takes its value from `[tool.lockhouse]`, where that has it.",
    ),
    ("IndexSettings", "indexes", "Each entry of `indexes` is a table."),
)

_HOOKS_HEAD = f"""\
{_NOTE}

# Hooks

A plugin is a module or an object that an entry point of the group `lockhouse` names. Its functions carry
`lockhouse.hookimpl` and have the names below; each takes those of the arguments that it needs. See
[Write a plugin](../how-to/write-a-plugin.md).

`register_` adds something, a verb asks something, a past participle announces something. Arguments are frozen values:
look, do not change.

Implementations of a hook are called in the order of their plugins' names, which are those of the entry points; one that
is marked with `hookimpl(tryfirst=True)` comes before the others, with `trylast=True` behind them.

An error of [Lockhouse's own](api.md#errors) passes through a hook, a resolver or an installer as it is. Any other
exception is a defect of the plugin: the error [`hook-failed`](errors.md#hook-failed) names the plugin, its distribution
and the line, and says with which `LOCKHOUSE_DISABLE_PLUGINS` it is left out.
"""

_COMMANDS_HEAD = f"""\
{_NOTE}

# Command line

`python -m lockhouse` is the same as `lockhouse`. Answers go to standard output, everything else to standard error.
Colour and progress bars are shown on a terminal only; `NO_COLOR` and `FORCE_COLOR` are kept. With `--format json` one
object is printed, whose `version` is raised when its form changes: see [Output for programs](output.md).

tox has two commands of its own, `tox lock` and `tox lock-check`: see [tox](tox.md).
"""


def pages() -> dict[str, str]:
    """Give the text of every page that is made from code, by its name in ``docs/reference``."""
    return {
        "settings.md": settings_page(),
        "settings.schema.json": json.dumps(schema(), indent=2) + "\n",
        "hooks.md": hooks_page(),
        "command-line.md": commands_page(),
        **{f"{name}.schema.json": json.dumps(made, indent=2) + "\n" for name, made in _reports()},
        **{f"{name}.md": codes_page(name) for name in all_explanations()},
    }


def _reports() -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield "check", records.schema(records.CheckReport, "lockhouse check --format json")
    yield "verify", records.schema(records.VerifyReport, "lockhouse verify --format json")
    yield "build-info", records.schema(records.BuildInfoReport, "lockhouse build-info --format json")
    yield "list", records.schema(records.ListReport, "lockhouse list --format json")


# -- settings -----------------------------------------------------------------------------------------------------


def settings_page() -> str:
    """Give the page of the settings."""
    definitions = schema()["$defs"]
    parts = [_SETTINGS_HEAD]
    for name, title, words in _TABLES:
        parts.append(f"## `{title}`\n\n{words}\n")
        required = definitions[name]["required"]
        for key, described in definitions[name]["properties"].items():
            parts.append(_setting(key, described, definitions, required=key in required))
    return "\n".join(parts)


def _setting(key: str, described: Mapping[str, Any], definitions: Mapping[str, Any], *, required: bool) -> str:
    facts = [_type(described, definitions)]
    if required:
        facts.append("must be there")
    elif "default" in described:
        facts.append(f"default `{json.dumps(described['default'])}`")
    lines = [f"### `{key}`", "", f"*{', '.join(facts)}*", "", described["description"]]
    examples = described.get("examples", ())
    if examples:
        lines += ["", "```toml", *(f"{key} = {_toml(example)}" for example in examples), "```"]
    return "\n".join([*lines, ""])


def _toml(value: object) -> str:
    if not isinstance(value, dict):
        return json.dumps(value)
    pairs = (
        f"{key if re.fullmatch('[A-Za-z0-9_-]+', key) else json.dumps(key)} = {_toml(v)}" for key, v in value.items()
    )
    return f"{{ {', '.join(pairs)} }}"


def _type(described: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    if "$ref" in described:
        target = definitions[described["$ref"].rpartition("/")[2]]
        return "one of " + ", ".join(f"`{json.dumps(value)}`" for value in target["enum"])
    kind = described["type"]
    if kind == "array":
        return "list of " + ("strings" if described["items"].get("type") == "string" else "tables")
    if kind == "object":
        return "table of tables"
    return {"string": "string", "boolean": "true or false"}[kind]


# -- hooks --------------------------------------------------------------------------------------------------------


def hooks() -> Iterator[tuple[str, Callable[..., object], Mapping[str, Any]]]:
    """List the hook specifications: name, function, options of its marker."""
    for name, function in vars(hookspecs).items():
        options = getattr(function, f"{hookspecs.NAME}_spec", None)
        if options is not None:
            yield name, function, options


def hooks_page() -> str:
    """Give the page of the hooks."""
    return "\n".join([_HOOKS_HEAD, *(_hook(*hook) for hook in hooks())])


def _hook(name: str, function: Callable[..., object], options: Mapping[str, Any]) -> str:
    mode = (
        "is the first result that is not `None`" if options["firstresult"] else "are the results of all implementations"
    )
    text, _, fields = inspect.cleandoc(function.__doc__ or "").partition("\n\n:")
    lines = [f"## `{name}`", "", "```python", f"def {name}{_signature(function)}", "```", ""]
    lines += [_markdown(text), "", f"Taken {mode}.", "", *_fields(f":{fields}" if fields else "")]
    return "\n".join(lines)


def _signature(function: Callable[..., object]) -> str:
    return str(inspect.signature(function)).replace("'", "")  # the annotations are strings


def _fields(text: str) -> Iterator[str]:
    text, _, since = text.partition(".. versionadded::")
    for field in re.split(r"\n(?=:)", text.strip()):
        name, _, words = field.removeprefix(":").partition(":")
        kind, _, argument = name.partition(" ")
        label = {"param": f"`{argument}`", "return": "returns", "raises": f"raises `{argument}`"}
        if kind in label:
            yield from (label[kind], f": {_markdown(' '.join(words.split()))}", "")
    if since:
        yield from (f"Since version {since.strip()}.", "")


def _markdown(text: str) -> str:
    text = re.sub(r":[a-z]+:`~?([^`]+)`", r"`\1`", text)
    return re.sub(r"``([^`]+)``", r"`\1`", text)


# -- codes --------------------------------------------------------------------------------------------------------

_FAMILIES = {
    errors.ConfigError: "Configuration",
    errors.LockError: "Locks",
    errors.SelectionError: "Selection",
    errors.StoreError: "Store and files",
    errors.BackendError: "Tools underneath",
    errors.BuildError: "Builds",
    errors.PluginError: "Plugins",
    errors.LockhouseError: "The answer is no",
}


def codes_page(name: str) -> str:
    """Give a page of codes: what a person wrote in front of the mark, and a section a code below it.

    :param name: name of the page without its ending
    """
    head, mark, _ = (REFERENCE / f"{name}.md").read_text(encoding="utf-8").partition(_MARK)
    sections = _error_sections() if name == "errors" else _sections(all_explanations()[name])
    return "\n".join([head + (mark or _MARK), *sections])


def _sections(explanations: Mapping[str, Explanation], names: Mapping[str, str] | None = None) -> Iterator[str]:
    for code, explanation in explanations.items():
        first, *rest = explanation.parts()
        kind = f"`{names[code]}`. " if names else ""
        yield from (f"### `{code}`", "", f"{kind}{first[1]}", "")
        for label, text in rest:
            yield from (f"*{label.capitalize()}*: {text}", "")


def _error_sections() -> Iterator[str]:
    known = all_explanations()["errors"]
    for family, title in _FAMILIES.items():
        members = {kind.code: kind.__name__ for kind in _members(family)}
        yield from (f"## {title}: exit code {family.exit_code}", "")
        yield from _sections({code: known[code] for code in members}, members)


def _members(family: type[errors.LockhouseError]) -> Iterator[type[errors.LockhouseError]]:
    yield family
    for below in family.__subclasses__():
        if below.__module__ == errors.__name__ and below not in _FAMILIES:
            yield from _members(below)


# -- command line -------------------------------------------------------------------------------------------------


def commands() -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """List all commands that can be called, with their parsers."""
    yield from _below("lockhouse", parser())


def _below(name: str, made: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    nested = [action for action in made._actions if isinstance(action, argparse._SubParsersAction)]  # noqa: SLF001
    if not nested or name == "lockhouse":
        yield name, made
    for action in nested:
        for word, child in action.choices.items():
            yield from _below(f"{name} {word}", child)


def commands_page() -> str:
    """Give the page of the command line."""
    parts = [_COMMANDS_HEAD, *(_command(name, made) for name, made in commands())]
    return "\n".join([*parts, "See [Exit codes](exit-codes.md) for what a command returns.", ""])


def _command(name: str, made: argparse.ArgumentParser) -> str:
    lines = [f"## `{name}`", "", made.description or "", "", "```text", _usage(name, made), "```", ""]
    for action in made._actions:  # noqa: SLF001 - argparse has no other way to list them
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            continue
        lines += [_argument(action), f": {(action.help or '').strip()}", ""]
    return "\n".join(lines)


def _usage(name: str, made: argparse.ArgumentParser) -> str:
    """Give the usage without argparse's own line breaks, which change from one Python to the next."""
    words = [_usage_word(action) for action in made._actions]  # noqa: SLF001
    return textwrap.fill(" ".join([name, *words]), width=100, subsequent_indent="    ", break_on_hyphens=False)


def _usage_word(action: argparse.Action) -> str:
    if action.option_strings:
        word = action.option_strings[0] + (f" {action.metavar}" if action.nargs is None else "")
        return word if action.required else f"[{word}]"
    shapes = {"*": f"[{action.metavar} ...]", argparse.PARSER: f"{action.metavar} ..."}
    return shapes.get(str(action.nargs), str(action.metavar))


def _argument(action: argparse.Action) -> str:
    if not action.option_strings:
        return f"`{action.metavar}`"
    value = f" {action.metavar}" if action.nargs is None else ""
    return ", ".join(f"`{option}{value}`" for option in action.option_strings)


def main() -> None:
    """Write the pages."""
    for name, text in pages().items():
        (REFERENCE / name).write_text(text, encoding="utf-8", newline="\n")
        sys.stdout.write(f"{name}\n")


if __name__ == "__main__":
    main()
