"""From the configuration of a tox environment to a declared environment: tox's own keys are the inputs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from lockhouse.config.declared import DeclaredEnvironment
from lockhouse.config.nearest import nearest
from lockhouse.config.validation import parse_environment
from lockhouse.errors import ConfigError, InvalidRequirementError, InvalidSettingError, LockhouseError
from lockhouse.model.spec import Origin, ProjectMode
from lockhouse.tox.keys import OWN_KEYS, PREFIX, base_pythons_of, lock_base, tox_packages

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tox.config.sets import CoreConfigSet, EnvConfigSet

    from lockhouse.model.spec import EnvironmentSpec
    from lockhouse.project import Project

#: tox's ways to install the project → ours.
_MODES = {
    "skip": ProjectMode.NONE,
    "deps-only": ProjectMode.DEPENDENCIES,
    "editable": ProjectMode.EDITABLE,
    "editable-legacy": ProjectMode.EDITABLE,
}


def declared_environment(
    conf: EnvConfigSet, core: CoreConfigSet, project: Project, base_pythons: Iterable[str]
) -> DeclaredEnvironment:
    """Read the declaration of an environment.

    :param conf: the configuration of the environment
    :param core: the configuration of tox
    :param project: knows the environments of ``pyproject.toml``
    :param base_pythons: the interpreters of all environments that share its lock
    :raises ConfigError: the configuration cannot be used
    """
    name = str(conf["env_name"])
    origin = _origin(name, core)
    if "pylock" in conf and conf["pylock"]:  # noqa: RUF019 - it is no dictionary; older releases of tox lack the key
        raise ConfigError(
            f"{origin}: the key pylock stands beside runner = lockhouse",
            why="pylock has tox install a lock file by itself; this runner makes its own lock from the other keys",
            fix="remove the key pylock, or take another runner",
        )
    _refuse_unknown_keys(conf, origin)
    own = {key: str(conf[PREFIX + key]) or None for key in OWN_KEYS}
    deps = tuple(_lines(conf["deps"], "deps", origin))
    constraints = tuple(_lines(conf["constraints"], "constraints", origin))
    groups = sorted(conf["dependency_groups"])
    referred = own.pop("environment")
    if referred is not None:
        _refuse_inputs(referred, origin, deps=deps, constraints=constraints, dependency_groups=groups)
        policy = parse_environment({key: own[key] for key in ("on_stale", "wheelhouse")}, origin)
        return project.declarations.referred(referred, pythons=base_pythons_of(conf), by=origin).with_policy(policy)
    mode = package_mode(conf)
    given: dict[str, Any] = {
        **own,
        "groups": groups,
        # like tox, which looks at them only when it installs the package
        "extras": [] if mode is ProjectMode.NONE else sorted(conf["extras"]),
        "constraint_files": [line.removeprefix("-c").strip() for line in constraints],
        "project": str(mode),
        "prereleases": True if conf["pip_pre"] else None,
    }
    return DeclaredEnvironment(
        name=name,
        base=lock_base(name),
        settings=parse_environment(given, origin),
        origin=origin,
        pythons=tuple(sorted(set(base_pythons))),
        requirements_text=(("\n".join(deps), origin),) if deps else (),
    )


def package_mode(conf: EnvConfigSet) -> ProjectMode:
    """Say how the project gets in, as tox has it.

    :param conf: the configuration of the environment
    """
    return _MODES.get(str(conf["package"]), ProjectMode.WHEEL)


def package_said(name: str, project: Project) -> str | None:
    """Give what tox's ``package`` is where it is not set and an environment of ``pyproject.toml`` is used.

    :param name: its name; empty for none
    :param project: knows it
    :return: None where it does not say; what is wrong with it is said when the environment is checked
    """
    if not name:
        return None
    try:
        declared = project.declarations.declared(name)
        mode = declared.settings.project or project.declarations.spec(declared).project
    except LockhouseError:
        return None
    return str(mode) if mode in {ProjectMode.EDITABLE, ProjectMode.WHEEL} else "skip"


def refuse_other_package(
    conf: EnvConfigSet, core: CoreConfigSet, spec: EnvironmentSpec, *, asked_for_editable: bool
) -> None:
    """Refuse that tox installs the project in another way than the environment of ``pyproject.toml`` says.

    :param conf: the configuration of the environment
    :param core: the configuration of tox
    :param spec: what is locked
    :param asked_for_editable: ``--develop`` was given; like ``--installpkg`` it is for one run, and changes no lock
    :raises ConfigError: tox packages the project in one way, and the spec has another
    """
    if not tox_packages(conf):
        return  # then it is up to the spec, and to our own sync
    chosen = package_mode(conf)
    for_one_run = asked_for_editable or str(conf["package"]) == "external"
    if chosen is spec.project or (for_one_run and spec.installs_project):
        return
    why = f'{spec.origin} has project = "{spec.project}", the tox environment package = {conf["package"]}'
    if not spec.installs_project:
        why += ", which installs the project without its dependencies: the lock has to have those"
    raise ConfigError(
        f"{_origin(str(conf['env_name']), core)}: two places say differently how the project gets in",
        why=why,
        fix=f'remove package (and use_develop) from the tox environment, or set project = "{chosen}" in '
        f"[tool.lockhouse.environments.{spec.name}]",
    )


def _refuse_unknown_keys(conf: EnvConfigSet, origin: Origin) -> None:
    """Refuse keys that begin as ours do; tox itself passes over what it does not know.

    :raises InvalidSettingError: there are some; the nearest of ours are named
    """
    known = [PREFIX + key for key in OWN_KEYS]
    unknown = {key: nearest(key, known) for key in conf.unused() if key.replace("-", "_").startswith(PREFIX)}
    if unknown:
        raise InvalidSettingError(
            f"{origin}: unknown key {', '.join(map(repr, unknown))}",
            why=[
                f"{key!r} is not known" + (f"; did you mean {near!r}?" if near else f"; known are {', '.join(known)}")
                for key, near in unknown.items()
            ],
            fix="; ".join(
                f"write {near} instead of {key}" if near else f"remove {key}" for key, near in unknown.items()
            ),
        )


def _refuse_inputs(name: str, origin: Origin, **inputs: tuple[str, ...] | list[str]) -> None:
    present = [key for key, value in inputs.items() if value]
    if present:
        raise ConfigError(
            f"{origin}: lockhouse_environment stands beside {', '.join(present)}",
            why="an environment of pyproject.toml is taken as it is declared there",
            fix=f"move them to [tool.lockhouse.environments.{name}], or remove lockhouse_environment",
        )


def _origin(name: str, core: CoreConfigSet) -> Origin:
    # Paths in deps are relative to tox's root, so the file is named only where it stands there.
    root, file = Path(core["tox_root"]), Path(core["config_file_path"])
    return Origin(source=f'tox environment "{name}"', file=file.name if file.parent == root else None)


def _lines(value: Any, key: str, origin: Origin) -> Iterator[str]:
    try:
        yield from value.lines()
    except (ValueError, OSError) as error:
        raise InvalidRequirementError(f"{origin}: {key} cannot be read", why=str(error)) from error
