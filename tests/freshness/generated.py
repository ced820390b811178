"""Projects and package indexes made by chance, and chance edits of them; the same chance gives the same project."""

from __future__ import annotations

import json
import shutil
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lockhouse.model.closure import applies, parse_marker
from lockhouse.model.environments import judged_environments
from lockhouse.project import Project
from lockhouse.testing import build_wheel

from .lock_edits import LockEditor

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from random import Random

    from lockhouse.model.freshness import Freshness
    from lockhouse.model.lock import Lock, LockedPackage
    from lockhouse.model.spec import EnvironmentSpec
    from lockhouse.testing import PackageIndex

NAMES = tuple(f"{letter}-pack" for letter in "abcdefghij")
#: version → when it was uploaded; the last three come after the lock was made.
OLD = {"1.0": "2024-01-01T00:00:00Z", "1.5": "2024-02-01T00:00:00Z", "2.0rc1": "2024-03-01T00:00:00Z"}
NEW = {"1.6": "2024-07-01T00:00:00Z", "2.0": "2024-08-01T00:00:00Z", "3.0a1": "2024-09-01T00:00:00Z"}
SPECIFIERS = ("", ">=1", ">=1.5", "==1.5", "<2", "!=1.5", ">=2", "~=1.0", "<1.5", ">=2.0rc1", ">=1,<3", "==1.*", ">9")
MARKERS = (
    "",
    "",
    "",
    "sys_platform == 'win32'",
    "sys_platform != 'win32'",
    "python_version < '3.12'",
    "python_version >= '3.13'",
    "python_full_version >= '3.12.4'",
    "platform_machine == 'aarch64'",
    "platform_machine != 'x86_64'",
    "implementation_name == 'pypy'",
    "os_name == 'nt' and python_version < '3.13'",
    "platform_system == 'Darwin' or platform_machine == 'aarch64'",
    "python_version >= '3.15'",
    "python_version < '3.16'",
    "python_version not in '3.11 3.12 3.13 3.14'",
    "python_version < '4'",
    "sys_platform not in 'linux darwin win32'",
    "os_name != 'posix' and os_name != 'nt'",
    "platform_python_implementation not in 'CPython PyPy'",
)
BOUNDS = (
    ">=3.10",
    ">=3.11",
    ">=3.12",
    ">=3.11,<3.13",
    ">=3.11,<3.15",
    ">=3.11.4",
    ">=3.13",
    "==3.12.4",
    ">=3.12.3,<3.12.5",
)


# -- the index ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Releases:
    """What an index has: name → version → what that version requires, and which extras it has."""

    requires: Mapping[str, Mapping[str, list[str]]]

    @classmethod
    def by(cls, chance: Random) -> Releases:
        """Make packages that require only such as come after them in the alphabet: most inputs can then be locked."""
        made: dict[str, dict[str, list[str]]] = {}
        for position, name in enumerate(NAMES):
            made[name] = {}
            for version in (*OLD, *NEW):
                others = chance.sample(
                    NAMES[position + 1 :], k=min(len(NAMES) - position - 1, chance.choice((0, 1, 1, 2)))
                )
                lines = [
                    _line(other, chance.choice(("", ">=1", "<3", "!=1.6")), chance.choice(MARKERS)) for other in others
                ]
                if position < len(NAMES) - 1:
                    lines.append(f"{chance.choice(NAMES[position + 1 :])}; extra == 'more'")
                made[name][version] = lines
        return cls(made)

    def publish(self, index: PackageIndex, versions: Mapping[str, str]) -> None:
        """Put these versions of all packages into an index."""
        for name, by_version in self.requires.items():
            for version, time in versions.items():
                index.add(self.wheel(name, version), upload_time=time)
            assert set(versions) <= set(by_version)

    def wheel(self, name: str, version: str) -> Any:
        """Build the wheel of one version."""
        plain = [line for line in self.requires[name][version] if "extra ==" not in line]
        extra = [line.partition(";")[0] for line in self.requires[name][version] if "extra ==" in line]
        return build_wheel(name, version, requires=plain, extras={"more": extra})


def _line(name: str, specifier: str, marker: str) -> str:
    return f"{name}{specifier}{'; ' + marker if marker else ''}"


# -- the inputs ---------------------------------------------------------------------------------------------------


@dataclass
class Inputs:
    """The inputs of one environment, to be written as a ``pyproject.toml``."""

    requirements: list[str]
    dependencies: list[str]
    groups: dict[str, list[str]]
    extras: dict[str, list[str]]
    constraints: list[str]
    bounds: str
    settings: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def by(cls, chance: Random) -> Inputs:
        """Make inputs; each asks for few packages, none of them for what cannot be had."""
        return cls(
            requirements=[_requirement(chance, calm=True) for _ in range(chance.randint(1, 3))],
            dependencies=[_requirement(chance, calm=True) for _ in range(chance.randint(0, 2))],
            groups={"test": [_requirement(chance, calm=True) for _ in range(chance.randint(0, 2))]},
            extras={"cli": [_requirement(chance, calm=True) for _ in range(chance.randint(0, 2))]},
            constraints=[f"{chance.choice(NAMES)}{chance.choice(('<3', '>=1', '<2'))}"] * chance.randint(0, 1),
            bounds=chance.choice(BOUNDS),
        )

    def write(self, folder: Path, settings: Mapping[str, Any]) -> None:
        """Write the project."""
        import tomli_w  # noqa: PLC0415 - one use

        environment = {
            "requirements": self.requirements,
            "constraints": self.constraints,
            "groups": ["test"],
            "extras": ["cli"],
            "project": "dependencies",
            **self.settings,
        }
        document = {
            "project": {
                "name": "demo",
                "version": "1.0",
                "requires-python": self.bounds,
                "dependencies": self.dependencies,
                "optional-dependencies": self.extras,
            },
            "dependency-groups": self.groups,
            "tool": {"lockhouse": {**settings, "environments": {"tests": environment}}},
        }
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "pyproject.toml").write_text(tomli_w.dumps(document), encoding="utf-8")

    def lists(self) -> list[list[str]]:
        """Give every list of requirements."""
        return [self.requirements, self.dependencies, self.groups["test"], self.extras["cli"]]


def _requirement(chance: Random, *, calm: bool = False) -> str:
    extra = chance.choice(("", "", "", "[more]"))
    specifiers = ("", "", ">=1", "<3", ">=1.5") if calm else SPECIFIERS
    return _line(chance.choice(NAMES) + extra, chance.choice(specifiers), chance.choice(MARKERS))


# -- edits --------------------------------------------------------------------------------------------------------


def edit_inputs(inputs: Inputs, chance: Random) -> tuple[str, Inputs]:
    """Change one thing of the inputs by chance; give what was done in words, and the new inputs."""
    new = deepcopy(inputs)
    place = chance.choice(new.lists())
    what = chance.choice(
        ("add", "add", "remove", "change", "change", "change", "marker", "constraint", "bounds", "policy")
    )
    if what == "add" or (what in {"remove", "change", "marker"} and not place):
        place.append(_requirement(chance))
        return f"add {place[-1]}", new
    if what == "remove":
        return f"remove {place.pop(chance.randrange(len(place)))}", new
    if what in {"change", "marker"}:
        position = chance.randrange(len(place))
        old = place[position]
        name = old.partition(";")[0].rstrip("0123456789.rca*<>=!~,")
        place[position] = _line(name, chance.choice(SPECIFIERS), chance.choice(MARKERS))
        return f"change {old} to {place[position]}", new
    if what == "constraint":
        new.constraints = [_line(chance.choice(NAMES), chance.choice(SPECIFIERS[1:]), "")] * chance.randint(0, 2)
        return f"constraints {new.constraints}", new
    if what == "bounds":
        new.bounds = chance.choice(BOUNDS)
        return f"bounds {new.bounds}", new
    key, value = chance.choice(
        (
            ("prereleases", True),
            ("prereleases", False),
            ("exclude-newer", "2024-02-15"),
            ("exclude-newer", "2025-01-01"),
        )
    )
    new.settings[key] = value
    return f"{key} = {value}", new


def edit_lock(editor: LockEditor, lock: Lock, releases: Releases, chance: Random) -> str:
    """Change one pin by chance, as somebody does who does not use Lockhouse; give what was done in words."""
    names = sorted({package.name for package in lock.packages})
    if not names:
        return "nothing to edit"
    name = chance.choice(names)
    if sum(package.name == name for package in lock.packages) > 1:
        return "nothing to edit"
    what = chance.choice(("move", "move", "move", "drop", "add", "mark"))
    if what == "move":
        version = chance.choice((*OLD, *NEW))
        made = releases.wheel(name, version)
        editor.move_to(name, version, filename=made.filename, digest=made.sha256)
        return f"move {name} to {version}"
    if what == "drop":
        editor.drop(name)
        return f"drop {name}"
    if what == "add":
        other = chance.choice(NAMES)
        if other not in names:
            made = releases.wheel(other, "1.5")
            editor.add(other, "1.5")
            editor.move_to(other, "1.5", filename=made.filename, digest=made.sha256)
            return f"add {other}"
    marker = chance.choice(MARKERS[3:])
    editor.mark(name, marker)
    return f"mark {name} {marker}"


# -- a project on disk --------------------------------------------------------------------------------------------


@dataclass
class Generated:
    """A generated project on disk.

    :ivar folder: where it is
    :ivar inputs: what it asks for
    :ivar settings: the table ``[tool.lockhouse]``
    """

    folder: Path
    inputs: Inputs
    settings: Mapping[str, Any]

    def write(self, inputs: Inputs | None = None) -> None:
        """Write the inputs, new ones where they are given."""
        self.inputs = inputs or self.inputs
        self.inputs.write(self.folder, self.settings)

    def copy(self, folder: Path) -> Generated:
        """Copy it with its lock."""
        shutil.copytree(self.folder, folder)
        return Generated(folder, deepcopy(self.inputs), self.settings)

    def opened(self) -> tuple[Project, EnvironmentSpec]:
        """Read it anew."""
        project = Project.open(self.folder)
        (spec,) = project.declarations.named(["tests"])
        return project, spec

    def verdict(self) -> Freshness:
        """Check it."""
        project, spec = self.opened()
        return project.check(spec)

    def lock(self) -> str | None:
        """Lock it; give why that failed, or None."""
        project, spec = self.opened()
        failures = [outcome.error for outcome in project.lock([spec]) if hasattr(outcome, "error")]
        return None if not failures else str(failures[0])

    def files(self) -> dict[str, bytes]:
        """Give the bytes of its lock files."""
        return {path.name: path.read_bytes() for path in sorted((self.folder / "locks").glob("*"))}

    @property
    def editor(self) -> LockEditor:
        """Give what edits its one lock."""
        (path,) = [
            path
            for path in (self.folder / "locks").iterdir()
            if path.name.endswith((".toml", "requirements.txt")) and not path.name.endswith("record.toml")
        ]
        return LockEditor(path)

    def content(self) -> Lock:
        """Read its one lock."""
        project, spec = self.opened()
        target = None
        if spec.resolver == "pip":
            target = (
                self.editor.path.name.partition("tests-")[2].removesuffix(".toml").removesuffix("-requirements.txt")
            )
        return project.lock_files(spec, target).read()

    def pins(self) -> set[str]:
        """Give all that can be installed, see :func:`pins_of`."""
        return pins_of(self.content())

    def same_selection(self, one: Lock, other: Lock) -> bool:
        """Tell whether each environment that is declared now gets the same from two locks."""
        _, spec = self.opened()
        markers = [package.marker or "" for package in (*one.packages, *other.packages)]
        return all(
            _selected(one, environment) == _selected(other, environment)
            for environment in judged_environments(spec.requires_python, spec.pythons, markers)
        )


def _selected(lock: Lock, environment: Mapping[str, str]) -> set[str]:
    return {
        _pin(package)
        for package in lock.packages
        if package.marker is None or applies(parse_marker(package.marker), environment)
    }


def pins_of(lock: Lock) -> set[str]:
    """Give all that can be installed from a lock: name, version and hashes of every pin, with its marker."""
    return {f"{_pin(package)} ; {package.marker}" for package in lock.packages}


def _pin(package: LockedPackage) -> str:
    return json.dumps([package.name, package.version, sorted(str(a.strong_hash) for a in package.artifacts)])
