"""The commands about wheelhouses."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from lockhouse.cli.commands import open_project, print_json, selected
from lockhouse.errors import EXIT_NO, EXIT_OK

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from lockhouse.cli.console import Console
    from lockhouse.model.wheelhouse import Contents, Manifest


def build(options: argparse.Namespace, console: Console) -> int:
    """Build a wheelhouse."""
    from lockhouse.project.words import lines_of_wheelhouse  # noqa: PLC0415 - only here

    project = open_project(options, console)
    specs = selected(project, options.environments)
    path = options.archive or options.output
    manifest = project.build_wheelhouse(
        specs,
        path,
        archive=options.archive is not None,
        targets=options.target,
        twice=options.verify_reproducible,
        named=options.environments,
    )
    if options.format == "json":
        print_json(console, {"wheelhouse": str(path), **_record(manifest)})
        return EXIT_OK
    first, *rest = lines_of_wheelhouse(manifest)
    console.info(f"{path}: {first}")
    for line in rest:
        console.info(line)
    return EXIT_OK


def verify(options: argparse.Namespace, console: Console) -> int:
    """Verify a wheelhouse."""
    from lockhouse.storage.wheelhouse import contents_of, open_wheelhouse  # noqa: PLC0415 - only here

    wheelhouse = open_wheelhouse(options.path)
    with console.progress("Verifying") as progress:
        contents = contents_of(wheelhouse, progress)
    if options.format == "json":
        _print_contents(options, contents, console)
    else:
        _show_contents(options, contents, console)
    return EXIT_OK if contents.good else EXIT_NO


def unpack(options: argparse.Namespace, console: Console) -> int:
    """Unpack an archive."""
    from lockhouse.errors import ConfigError  # noqa: PLC0415 - only here
    from lockhouse.project.words import summary_of_wheelhouse  # noqa: PLC0415 - likewise
    from lockhouse.storage.wheelhouse import open_wheelhouse, unpack  # noqa: PLC0415 - likewise

    wheelhouse = open_wheelhouse(options.archive)
    if wheelhouse.is_folder:
        raise ConfigError(
            f"{options.archive} is a folder",
            why="only an archive can be unpacked",
            fix="use the folder as it is, or name an archive",
        )
    with console.progress("Unpacking") as progress:
        unpack(wheelhouse, options.into, progress)
    console.info(f"{options.into}: {summary_of_wheelhouse(wheelhouse.manifest)}")
    return EXIT_OK


def _record(manifest: Manifest) -> dict[str, object]:
    return {
        "digest": f"sha256:{manifest.check}",
        "files": len(manifest.files),
        "environments": [
            {"environment": each.name, "lock": each.lock, "targets": [target.name for target in each.targets]}
            for each in manifest.environments
        ],
        "built": [asdict(record) for record in manifest.built],
    }


def _show_contents(options: argparse.Namespace, contents: Contents, console: Console) -> None:
    incomplete = {(each.environment, each.target): each.files for each in contents.incomplete}
    _show_targets(contents, incomplete, console)
    if not console.quiet:
        for record in contents.manifest.built:
            console.answer(f"  {record.words}")
    needed = {name for files in incomplete.values() for name in files}
    for word, names in (("missing", contents.missing), ("damaged", contents.damaged), ("not listed", contents.extra)):
        for name in (name for name in names if name not in needed):
            console.answer(f"{word}: {name}", "error")
    if not contents.good:
        console.answer(f"{options.path} is not what its manifest says", "error")


def _show_targets(contents: Contents, incomplete: Mapping[tuple[str, str], tuple[str, ...]], console: Console) -> None:
    from lockhouse.project.words import quantity  # noqa: PLC0415 - only here

    for environment in contents.manifest.environments:
        for target in environment.targets:
            lacking = incomplete.get((environment.name, target.name), ())
            if not lacking and not console.quiet:
                wheels = quantity(len(target.files), "wheel")
                console.answer(f"{environment.name} on {target.name}: complete, {wheels}", "good")
            elif lacking:
                console.answer(f"{environment.name} on {target.name}: incomplete", "error")
                for name in lacking:
                    console.answer(f"  {'missing' if name in contents.missing else 'damaged'} {name}")


def _print_contents(options: argparse.Namespace, contents: Contents, console: Console) -> None:
    record = {
        "wheelhouse": str(options.path),
        "good": contents.good,
        "missing": list(contents.missing),
        "damaged": list(contents.damaged),
        "extra": list(contents.extra),
        "incomplete": [
            {"environment": each.environment, "target": each.target, "files": list(each.files)}
            for each in contents.incomplete
        ],
        **_record(contents.manifest),
    }
    print_json(console, record)
