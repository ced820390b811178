"""Which environments a user means by the names that were given."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lockhouse.errors import ConfigError, UnknownEnvironmentError
from lockhouse.model.spec import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from lockhouse.model.spec import EnvironmentSpec


def meant(names: Iterable[str], known: Sequence[EnvironmentSpec]) -> tuple[EnvironmentSpec, ...]:
    """Give the environments of these names; that of a parametrized session stands for all its environments.

    :param names: as the user said them
    :param known: all environments, at least one
    :raises UnknownEnvironmentError: there is none of a name; the nearest is named
    """
    chosen: dict[str, EnvironmentSpec] = {}
    for name in names:
        found = [spec for spec in known if spec.name == name] or [spec for spec in known if _base(spec) == name]
        if not found:
            raise _unknown(name, known)
        chosen |= {spec.name: spec for spec in found}
    return tuple(chosen.values())


def only(name: str, found: Sequence[EnvironmentSpec]) -> EnvironmentSpec:
    """Give the one environment of a name.

    :param name: as the user said it
    :param found: what is meant by it
    :raises UnknownEnvironmentError: it stands for several
    """
    if len(found) > 1:
        raise UnknownEnvironmentError(
            f'"{name}" stands for {len(found)} environments',
            why=f"they are {', '.join(spec.name for spec in found)}",
            fix=f"name one of them, such as {quoted(found[0].name)}",
        )
    return found[0]


def option_for(root: Path, here: str | None = None) -> str:
    """Give the option by which a command finds a project from a folder; empty where it is that folder.

    :param root: the project's folder
    :param here: the folder; the present one when not given
    """
    place, start = os.path.realpath(root), os.path.realpath(here or os.curdir)
    if place == start:
        return ""
    from pathlib import Path  # noqa: PLC0415 - for other folders only

    from lockhouse.config.requirement_lines import relative_path  # noqa: PLC0415 - likewise

    return f"-C {quoted(relative_path(Path(place), Path(start)))}"


def nothing_declared(root: Path, noxfiles: Sequence[str]) -> ConfigError:
    """Give the error for a project without environments; who is too deep in a project is told its folder.

    :param root: the folder that was taken for the project
    :param noxfiles: the names of its noxfiles
    """
    from pathlib import Path  # noqa: PLC0415 - errors only

    from lockhouse.config.project_above import project_above, tox_file  # noqa: PLC0415 - errors only
    from lockhouse.config.requirement_lines import relative_path  # noqa: PLC0415 - errors only

    tox, above = tox_file(root), project_above(root)
    fix = "add [tool.lockhouse.environments.NAME] to pyproject.toml, or "
    if noxfiles:
        fix += f"a locked session to {' or '.join(noxfiles)}; a noxfile of another name is listed in "
    else:
        fix += "list a noxfile that has a locked session in "
    fix += "[tool.lockhouse] noxfiles"
    if tox is not None and b"lockhouse" in tox[1] and b"runner" in tox[1]:
        fix = f"list the environments in env_list of {tox[0]}, or lock one that is not listed: tox lock -e NAME"
    elif above is None and tox is not None:
        fix += f"; or list an environment with runner = lockhouse in env_list of {tox[0]}"
    elif above is not None:
        fix = f"give the folder of the project: -C {quoted(relative_path(above, Path.cwd()))}"
    return ConfigError(
        f"no environment is declared in {root}",
        why=f"looked at {', '.join(('pyproject.toml', *noxfiles))} and the tox configuration"
        + ("" if noxfiles else "; [tool.lockhouse] noxfiles lists none"),
        fix=fix,
    )


def _base(spec: EnvironmentSpec) -> str:
    """Give the name without the parameters of nox, as in ``tests(django='5.1')``."""
    base, parameters, _ = spec.name.partition("(")
    return base if parameters and spec.name.endswith(")") else ""


def _unknown(name: str, known: Sequence[EnvironmentSpec]) -> UnknownEnvironmentError:
    from lockhouse.config.nearest import nearest  # noqa: PLC0415 - only for a wrong name

    names = dict.fromkeys((*(spec.name for spec in known), *filter(None, map(_base, known))))
    guess = nearest(name, names)
    return UnknownEnvironmentError(
        f'there is no environment "{name}"',
        why=f"known are {', '.join(sorted(spec.name for spec in known))}",
        fix=f'did you mean "{guess}"?' if guess else "lockhouse list",
    )
