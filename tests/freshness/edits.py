"""The table: what is edited after the lock was made, the verdict, and the reasons."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from lockhouse.model.pythons import NEWEST_MINOR, minors_within

from .locked_project import MINOR

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .locked_project import Case, Kind

    Reasons: TypeAlias = frozenset[tuple[str, str | None]]

NEXT = f"3.{int(MINOR.partition('.')[2]) + 1}"
LAST = f"3.{int(MINOR.partition('.')[2]) - 1}"

#: The first minor version that nobody knows, and those before it that the project declares.
BEYOND = f"3.{NEWEST_MINOR + 1}"
EACH_KNOWN = " ".join(minors_within(f">={MINOR}"))
#: The patch level that runs, and the next one.
MICRO, NEXT_MICRO = (f"{MINOR}.{sys.version_info.micro + more}" for more in (0, 1))

FRESH, STALE, MISSING, INVALID = "fresh", "stale", "missing", "lock-invalid"


@dataclass(frozen=True, kw_only=True)
class Edit:
    """One edit and what a check has to say of it.

    :ivar change: makes the edit
    :ivar verdict: what a check says
    :ivar reasons: code and package of each reason
    :ivar only: resolvers or formats that it makes sense for; empty for all
    :ivar stops_tools: whether nox and tox stop where a check does not say "fresh"
    :ivar other: resolver or format → verdict and reasons that differ there
    """

    change: Callable[[Case], object]
    verdict: str
    reasons: Reasons = frozenset()
    only: tuple[str, ...] = ()
    other: Mapping[str, tuple[str, Reasons]] | None = None
    stops_tools: bool = True

    def serves(self, kind: Kind) -> bool:
        """Tell whether the edit makes sense for a kind of lock."""
        return not self.only or bool({kind.form, kind.resolver} & set(self.only))

    def expected(self, kind: Kind) -> tuple[str, Reasons]:
        """Give verdict and reasons for a kind of lock."""
        for key in (kind.form, kind.resolver):
            if self.other and key in self.other:
                return self.other[key]
        return self.verdict, self.reasons


def fresh(change: Callable[[Case], object], *only: str) -> Edit:
    return Edit(change=change, verdict=FRESH, only=only)


def stale(
    change: Callable[[Case], object],
    *reasons: tuple[str, str | None],
    only: tuple[str, ...] = (),
    other: Mapping[str, tuple[str, Reasons]] | None = None,
) -> Edit:
    return Edit(change=change, verdict=STALE, reasons=frozenset(reasons), only=only, other=other)


def invalid(change: Callable[[Case], object], *only: str) -> Edit:
    return Edit(change=change, verdict=INVALID, only=only)


def missing(change: Callable[[Case], object], *only: str) -> Edit:
    return Edit(change=change, verdict=MISSING, reasons=frozenset({("lock-missing", None)}), only=only)


def because(*reasons: tuple[str, str | None]) -> tuple[str, Reasons]:
    return STALE, frozenset(reasons)


def _crlf(case: Case) -> None:
    names = [
        "pyproject.toml",
        "runtime.in",
        *(f"requirements/{name}.txt" for name in ("one", "two", "three", "bounds")),
    ]
    paths = [*(case.project / name for name in names), *(case.project / "locks").iterdir()]
    for path in paths:
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))


def _digest_of_now(case: Case) -> None:
    """Say in the head that the lock was made from the inputs of now, and leave all else."""
    from lockhouse.project import Project  # noqa: PLC0415 - one use

    project = Project.open(case.project.path)
    (spec,) = project.declarations.named(["tests"])
    path = case.lock.record_path
    lines = path.read_bytes().decode().splitlines(keepends=True)
    marked = [
        f"# lockhouse inputs: sha256:{spec.inputs.digest}\n" if line.startswith("# lockhouse inputs:") else line
        for line in lines
    ]
    assert marked != lines
    path.write_bytes("".join(marked).encode())


def _both(*changes: Callable[[Case], object]) -> Callable[[Case], None]:
    def change(case: Case) -> None:
        for each in changes:
            each(case)

    return change


def _other_vendored(case: Case) -> None:
    from lockhouse.testing import build_wheel  # noqa: PLC0415 - one use

    build_wheel("vendored", "1.1").write_to(case.project / "vendor")
    case.edit("requirements/three.txt", "vendored-1.0", "vendored-1.1")


def _locked_for(python: str) -> Callable[[Case], None]:
    """Lock it again for other Pythons."""

    def change(case: Case) -> None:
        case.setting(f'python = "{python}"')
        case.project.run("lockhouse", "lock", "tests", check=True)

    return change


def asks_for(*requirements: str) -> Callable[[Case], None]:
    """Add requirements."""

    def change(case: Case) -> None:
        case.pyproject('"alpha", ', "".join(f'"{text}", ' for text in ("alpha", *requirements)))

    return change


_PLUGIN = {
    "METADATA": "Metadata-Version: 2.1\nName: careful\nVersion: 1.0\n",
    "entry_points.txt": "[lockhouse]\ncareful = careful\n",
}


def plugin(code: str) -> Callable[[Case], None]:
    """Put a plugin beside Lockhouse."""

    def change(case: Case) -> None:
        for name, text in _PLUGIN.items():
            case.project.write(f"plugins/careful-1.0.dist-info/{name}", text)
        case.project.write("plugins/careful.py", f"from lockhouse.hookspecs import hookimpl\n\n\n@hookimpl\n{code}\n")
        case.project.environ["PYTHONPATH"] = str(case.project / "plugins")

    return change


_FINDS = (
    "def lockhouse_check_lock(spec, lock):\n"
    "    from lockhouse.model.freshness import Finding\n"
    "    return [Finding(code='banned', message='alpha is banned', package='alpha')]\n"
)

_SAME_INPUTS = {
    "a comment": fresh(
        lambda c: c.pyproject('    "runner[fast]>=1",\n', '    # why\n    "runner[fast]>=1", # because\n')
    ),
    "a comment in the third file": fresh(
        lambda c: c.edit("requirements/three.txt", "deep>=1\n", "\n  # x\ndeep>=1   # y\n")
    ),
    "order": fresh(lambda c: c.pyproject('["Foo_Bar>=1", "alpha", ', '["alpha", "Foo_Bar>=1", ')),
    "order in a file": fresh(lambda c: c.edit("requirements/three.txt", "deep>=1\ndeeper\n", "deeper\ndeep>=1\n")),
    "spelling of a name": fresh(lambda c: c.pyproject("Foo_Bar>=1", "foo.BAR  >= 1")),
    "spelling of an extra": fresh(lambda c: c.pyproject("runner[fast]>=1", "Runner[ FAST ] >=1")),
    "spelling of a marker": fresh(lambda c: c.pyproject("; sys_platform == 'win32'", ';(sys_platform==\\"win32\\")')),
    "said twice": fresh(lambda c: c.pyproject('"alpha", ', '"alpha", "ALPHA", ')),
    "a continued line": fresh(lambda c: c.edit("requirements/three.txt", "deep>=1\n", "deep \\\n  >=1\n")),
    "line ends": fresh(_crlf),
    "an unused group": fresh(lambda c: c.pyproject("[dependency-groups]\n", '[dependency-groups]\nother = ["new"]\n')),
    "an unused extra": fresh(lambda c: c.pyproject('colour = ["', 'unused = ["new"]\ncolour = ["')),
    "moved to a group": fresh(lambda c: c.pyproject('    "runner[fast]>=1",\n', '    "runner[fast]>=1", "alpha",\n')),
    "the version of the project": fresh(lambda c: c.pyproject('version = "1.0"', 'version = "2.0"')),
    "an index named": fresh(lambda c: c.pyproject("indexes = [{ url", 'indexes = [{ name = "inner", url')),
    "a comment in the file of dynamic dependencies": fresh(
        lambda c: c.edit("runtime.in", "runtime>=1", "# all\nruntime >=1")
    ),
    "extras that include each other": fresh(lambda c: c.pyproject("Demo[colour,loop]", "demo[loop,everything,colour]")),
    "an empty line in the lock": fresh(lambda c: c.lock.text(lambda text: text + "\n")),
    "a comment in the lock": fresh(lambda c: c.lock.text(lambda text: text + "# a bot was here\n")),
    "order in the lock": fresh(lambda c: c.lock.reversed()),
}

_STILL_SATISFIED = {
    "loosened": fresh(lambda c: c.pyproject("Foo_Bar>=1", "Foo_Bar")),
    "tightened to the pin": fresh(lambda c: c.pyproject("Foo_Bar>=1", "Foo_Bar==1.0")),
    "a constraint removed": fresh(lambda c: c.pyproject('constraints = ["shared<2"]\n', "")),
    "a constraint that holds": fresh(lambda c: c.pyproject("shared<2", "shared<2,>=1")),
    "a constraint on what is not locked": fresh(lambda c: c.pyproject('"shared<2"', '"shared<2", "elsewhere<1"')),
    "needed by another anyway": fresh(lambda c: c.pyproject('"alpha", ', '"alpha", "shared", ')),
    "no longer asked for, still needed": fresh(lambda c: c.edit("runtime.in", "runtime>=1", "runtime>=1\nshared")),
    "only wheels allowed": fresh(lambda c: c.setting('only-binary = [":all:"]')),
    "the cut-off moved on": fresh(lambda c: c.pyproject("2024-06-01", "2024-08-01")),
    "the cut-off removed": fresh(lambda c: c.pyproject('exclude-newer = "2024-06-01"\n', "")),
    "pre-releases allowed": fresh(lambda c: c.setting("prereleases = true")),
    "a bot bumped a pin": fresh(lambda c: c.lock.move("alpha", "1.5"), "requirements"),
}

_REQUIREMENTS = {
    "tightened": stale(lambda c: c.pyproject("Foo_Bar>=1", "Foo_Bar>=2"), ("requirement-unmet", "foo-bar")),
    "excluded": stale(lambda c: c.pyproject("Foo_Bar>=1", "Foo_Bar!=1.0"), ("requirement-unmet", "foo-bar")),
    "tightened in a group": stale(
        lambda c: c.pyproject("runner[fast]>=1", "runner[fast]>1"), ("requirement-unmet", "runner")
    ),
    "tightened in an included group": stale(
        lambda c: c.pyproject("helper>=1", "helper<1"), ("requirement-unmet", "helper")
    ),
    "tightened in an extra": stale(
        lambda c: c.pyproject("coloured>=1", "coloured==2"), ("requirement-unmet", "coloured")
    ),
    "tightened in the third file": stale(
        lambda c: c.edit("requirements/three.txt", "deep>=1", "deep>=1.5"), ("requirement-unmet", "deep")
    ),
    "tightened in dynamic dependencies": stale(
        lambda c: c.edit("runtime.in", "runtime>=1", "runtime>=1.1"), ("requirement-unmet", "runtime")
    ),
    "tightened for another platform": stale(
        lambda c: c.pyproject("windowed>=1;", "windowed>=2;"),
        ("requirement-unmet", "windowed"),
        other={"pip": (FRESH, frozenset())},
    ),
    "for a platform that is not looked at": stale(
        lambda c: c.pyproject('"alpha", ', '"alpha", "new; platform_release == \'5.4\'", '),
        ("requirement-changed", "new"),
    ),
    "no longer for a platform that is not looked at": stale(
        lambda c: c.lock.record(lambda table: table["inputs"]["requirements"].append('new; platform_release == "5.4"')),
        ("requirement-changed", "new"),
    ),
    "added": stale(lambda c: c.pyproject('"alpha", ', '"alpha", "new", '), ("requirement-missing", "new")),
    "added in a group": stale(lambda c: c.pyproject("base = [", 'base = ["new", '), ("requirement-missing", "new")),
    "added in dynamic dependencies": stale(
        lambda c: c.edit("runtime.in", "runtime>=1", "runtime>=1\nnew"), ("requirement-missing", "new")
    ),
    "a group added": stale(
        _both(
            lambda c: c.pyproject("[dependency-groups]\n", '[dependency-groups]\nmore = ["new"]\n'),
            lambda c: c.pyproject('groups = ["test"]', 'groups = ["test", "more"]'),
        ),
        ("requirement-missing", "new"),
    ),
    "a marker dropped": stale(
        lambda c: c.pyproject("windowed>=1; sys_platform == 'win32'", "windowed>=1"),
        ("requirement-missing", "windowed"),
    ),
    "a marker changed": stale(
        lambda c: c.pyproject("sys_platform == 'win32'", "sys_platform == 'darwin'"),
        ("requirement-missing", "windowed"),
        ("pin-unreachable", "windowed"),
        other={"pip": (FRESH, frozenset())},
    ),
    "a marker widened to another machine": stale(
        lambda c: c.pyproject("sys_platform == 'win32'", "sys_platform == 'win32' or platform_machine == 'riscv64'"),
        ("requirement-missing", "windowed"),
        only=("uv",),
    ),
    "a marker widened to another implementation": stale(
        lambda c: c.pyproject("sys_platform == 'win32'", "sys_platform == 'win32' or implementation_name == 'pypy'"),
        ("requirement-missing", "windowed"),
        only=("uv",),
    ),
    "a marker widened to a patch level": stale(
        lambda c: c.pyproject(
            "sys_platform == 'win32'", f"sys_platform == 'win32' or python_full_version < '{MINOR}.2'"
        ),
        ("requirement-missing", "windowed"),
        only=("uv",),
    ),
    "for another machine only": stale(
        lambda c: c.pyproject('"alpha", ', '"alpha", "new; platform_machine == \'riscv64\'", '),
        ("requirement-missing", "new"),
        other={"pip": (FRESH, frozenset())},
    ),
    **{
        f"for {words} that no marker names": stale(
            asks_for(f"new; {marker}"),
            ("requirement-missing", "new"),
            other={"pip": (FRESH, frozenset())},
        )
        for words, marker in {
            "systems": "os_name not in 'posix nt'",
            "platforms": "sys_platform != 'linux' and sys_platform != 'darwin' and sys_platform != 'win32'",
            "implementations": "platform_python_implementation not in 'CPython PyPy'",
        }.items()
    },
    "an extra of a requirement": stale(
        lambda c: c.pyproject("runner[fast]", "runner[fast,slow]"), ("closure-incomplete", "absent")
    ),
    "an extra of a requirement dropped": stale(
        lambda c: c.pyproject("runner[fast]", "runner"), ("pin-unreachable", "quick")
    ),
    "removed": stale(lambda c: c.pyproject('"alpha", ', ""), ("pin-unreachable", "alpha")),
    "removed for another platform": stale(
        lambda c: c.pyproject(", \"windowed>=1; sys_platform == 'win32'\"", ""),
        ("pin-unreachable", "windowed"),
        other={"pip": (FRESH, frozenset())},
    ),
    "a group removed": stale(
        lambda c: c.pyproject('    { include-group = "base" },\n', ""), ("pin-unreachable", "helper")
    ),
    "an extra removed": stale(lambda c: c.pyproject('    "demo[everything]",\n', ""), ("pin-unreachable", "coloured")),
    "a file no longer included": stale(
        lambda c: c.edit("requirements/two.txt", "-r three.txt", "deep"),
        ("pin-unreachable", "deeper"),
        ("pin-unreachable", "vendored"),
    ),
    "the project's dependencies no longer": stale(
        _both(
            lambda c: c.pyproject('project = "dependencies"', 'project = "none"'),
            lambda c: c.pyproject('    "demo[everything]",\n', ""),
        ),
        ("pin-unreachable", "runtime"),
        ("pin-unreachable", "inhouse"),
        ("pin-unreachable", "coloured"),
    ),
    "only the headers are new": stale(
        _both(lambda c: c.pyproject("Foo_Bar>=1", "Foo_Bar>=2"), _digest_of_now), ("requirement-unmet", "foo-bar")
    ),
}

_REFERENCES = {
    "another vendored file": stale(_other_vendored, ("direct-reference-changed", "vendored")),
    "no longer vendored": stale(
        lambda c: c.edit("requirements/three.txt", "vendored @ file:vendor/vendored-1.0-py3-none-any.whl", "vendored"),
        ("direct-reference-changed", "vendored"),
    ),
    "vendored now": stale(
        lambda c: c.pyproject('"alpha", ', '"alpha @ https://index.example/alpha-1.0-py3-none-any.whl", '),
        ("direct-reference-changed", "alpha"),
    ),
}

_CONSTRAINTS = {
    "a constraint changed": stale(lambda c: c.pyproject("shared<2", "shared<1"), ("constraint-violated", "shared")),
    "a constraint added": stale(
        lambda c: c.pyproject('"shared<2"', '"shared<2", "quick!=1.0"'), ("constraint-violated", "quick")
    ),
    "a constraint in the third file": stale(
        lambda c: c.edit("requirements/bounds.txt", "deep<2", "deep<1"), ("constraint-violated", "deep")
    ),
    "a constraint for another platform": stale(
        lambda c: c.pyproject('"shared<2"', '"shared<2", "alpha<1; sys_platform == \'win32\'"'),
        ("constraint-violated", "alpha"),
        other={"pip": (FRESH, frozenset())},
    ),
}

_PYTHONS = {
    "Pythons widened": stale(
        lambda c: c.pyproject(f'requires-python = ">={MINOR}"', f'requires-python = ">={LAST}"'),
        ("python-uncovered", None),
        only=("uv",),
    ),
    "one more Python": Edit(
        change=lambda c: c.setting(f'pythons = ["{LAST}", "{MINOR}"]\npython = ">={LAST}"'),
        verdict=STALE,
        reasons=frozenset({("python-uncovered", None)}),
        only=("uv",),
    ),
    "one more Python, one lock each": replace(
        missing(lambda c: c.pyproject(f'pythons = ["{MINOR}"]', f'pythons = ["{MINOR}", "{NEXT}"]'), "pip"),
        stops_tools=False,  # the Python that they run has its lock
    ),
    "the bounds of the lock narrowed": stale(
        lambda c: c.lock.top(lambda document: document.update({"requires-python": f">={NEXT}"})),
        ("python-uncovered", None),
    ),
    "a patch level more": stale(
        _both(
            lambda c: c.setting(f'python = ">={MINOR}.2"'),
            lambda c: c.lock.top(lambda document: document.update({"requires-python": f">={MINOR}.5"})),
        ),
        ("python-uncovered", None),
        only=("uv",),
    ),
    "one patch level only": fresh(lambda c: c.setting(f'python = "=={MICRO}"')),
    "tightened where one patch level is declared": stale(
        _both(_locked_for(f"=={MICRO}"), lambda c: c.pyproject("Foo_Bar>=1", "Foo_Bar>=2")),
        ("requirement-unmet", "foo-bar"),
    ),
    "added where two patch levels are declared": stale(
        _both(
            _locked_for(f">={MICRO},<={NEXT_MICRO}"),
            lambda c: c.pyproject('"alpha", ', f'"alpha", "new; python_full_version == \'{MICRO}\'", '),
        ),
        ("requirement-missing", "new"),
        only=("uv",),
    ),
    "for a patch level that is not declared": fresh(
        _both(
            _locked_for(f"=={MICRO}"),
            lambda c: c.pyproject('"alpha", ', f'"alpha", "new; python_full_version < \'{MICRO}\'", '),
        ),
        "uv",
    ),
    "another patch level": stale(
        _both(_locked_for(f"=={MICRO}"), lambda c: c.pyproject(f'"=={MICRO}"', f'"=={NEXT_MICRO}"')),
        ("python-uncovered", None),
        only=("uv",),
    ),
    **{
        f"for {words}": stale(
            asks_for(f"new; {marker}"),
            ("requirement-missing", "new"),
            other={"pip": (FRESH, frozenset())},
        )
        for words, marker in {
            "a Python that is not yet there": f"python_version >= '{BEYOND}'",
            "Pythons beyond all that are named": f"python_version not in '{EACH_KNOWN}'",
            "another major version of Python": "python_version >= '4'",
        }.items()
    },
    "split at a Python that is not yet there": stale(
        lambda c: c.pyproject(
            '"Foo_Bar>=1"', f"\"Foo_Bar<2; python_version<'{BEYOND}'\", \"Foo_Bar>=2; python_version>='{BEYOND}'\""
        ),
        ("requirement-unmet", "foo-bar"),
        other={"pip": (FRESH, frozenset())},
    ),
    "for a Python beyond the bounds": fresh(
        _both(_locked_for(f">={MINOR},<{BEYOND}"), asks_for(f"new; python_version >= '{BEYOND}'")), "uv"
    ),
    "a pin moved to one for newer Pythons": stale(
        lambda c: c.lock.move("alpha", "1.5", requires_python=f">={NEXT}"),
        ("python-uncovered", "alpha"),
        only=("pylock",),
    ),
    "a lock for another target": stale(
        lambda c: c.lock.top(lambda document: document.update(environments=["sys_platform == 'sunos'"])),
        ("target-uncovered", None),
    ),
    "a lock for one platform of three": stale(
        lambda c: c.lock.top(lambda document: document.update(environments=["sys_platform == 'linux'"])),
        ("target-uncovered", None),
        only=("uv",),
    ),
}

_POLICIES = {
    "an index added": stale(
        lambda c: c.pyproject("indexes = [", 'indexes = [{ url = "https://index.example/simple" }, '),
        ("indexes-changed", None),
    ),
    "an index removed": stale(lambda c: c.pyproject("indexes = [", "find-links = [] # ["), ("indexes-changed", None)),
    "an index in a file": stale(
        lambda c: c.edit(
            "requirements/two.txt", "-r three.txt", "--extra-index-url https://index.example/simple\n-r three.txt"
        ),
        ("indexes-changed", None),
    ),
    "a folder of files": stale(lambda c: c.setting('find-links = ["vendor"]'), ("indexes-changed", None)),
    "no index": stale(lambda c: c.setting("no-index = true"), ("indexes-changed", None)),
    "an earlier cut-off": stale(lambda c: c.pyproject("2024-06-01", "2023-06-01"), ("policy-changed", None)),
    "a bot pinned what is newer than the cut-off": stale(
        _both(
            lambda c: c.lock.move("alpha", "1.5"),
            lambda c: c.lock.text(lambda text: text.replace("url = ", "upload-time = 2024-07-01T00:00:00Z\nurl = ", 1)),
        ),
        ("policy-changed", None),
        only=("pylock",),
    ),
    "pre-releases no longer": stale(
        _both(
            lambda c: c.lock.move("alpha", "1.5rc1"),
            lambda c: c.lock.record(lambda table: table["inputs"].update(prereleases=True)),
        ),
        ("policy-changed", None),
    ),
}

_LOCK = {
    "a bot moved a pin beyond": stale(_both(lambda c: c.lock.move("foo-bar", "0.5")), ("requirement-unmet", "foo-bar")),
    "a bot moved a pin beyond what another needs": stale(
        lambda c: c.lock.move("shared", "0.5"), ("closure-incomplete", "shared")
    ),
    "a bot moved a pin beyond a constraint": stale(
        lambda c: c.lock.move("shared", "2.5"), ("constraint-violated", "shared")
    ),
    "a declared pin deleted": stale(lambda c: c.lock.drop("alpha"), ("requirement-missing", "alpha")),
    "a needed pin deleted": stale(lambda c: c.lock.drop("shared"), ("closure-incomplete", "shared")),
    "a pin added": stale(lambda c: c.lock.add("stray", "1.0"), ("pin-unreachable", "stray")),
    "a pin doubled": stale(lambda c: c.lock.add("alpha", "1.0"), ("pin-ambiguous", "alpha")),
    "a pin of two versions": stale(
        lambda c: c.lock.add("shared", "1.1", marker=f"python_version >= '{MINOR}'"), ("pin-ambiguous", "shared")
    ),
    "a marker put on a pin": stale(
        lambda c: c.lock.mark("alpha", "python_version < '3'"), ("requirement-missing", "alpha")
    ),
    "a marker put on a needed pin": stale(
        lambda c: c.lock.mark("shared", "python_version < '3'"), ("closure-incomplete", "shared")
    ),
    "a pin for fewer machines": stale(
        lambda c: c.lock.mark("shared", "platform_machine != 'riscv64'"), ("closure-incomplete", "shared"), only=("uv",)
    ),
    "dependencies unknown": stale(
        lambda c: c.lock.record(lambda table: table["requires"].pop("runner==1.0")), ("closure-incomplete", "runner")
    ),
    "only md5": stale(lambda c: c.lock.weaken("alpha"), ("hash-missing", "alpha")),
    "no hash": Edit(
        change=lambda c: c.lock.unhash("alpha"),
        verdict=STALE,
        reasons=frozenset({("hash-missing", "alpha")}),
        other={"pylock": (INVALID, frozenset())},
    ),
    "two pins with md5": stale(
        _both(lambda c: c.lock.weaken("alpha"), lambda c: c.lock.weaken("shared")),
        ("hash-missing", "alpha"),
        ("hash-missing", "shared"),
    ),
    "nothing recorded": stale(
        lambda c: c.lock.forget_record(),
        ("record-missing", None),
        other={"requirements": (INVALID, frozenset())},  # the pins alone tell too little
    ),
    "the lock deleted": missing(lambda c: c.lock.path.unlink()),
    "the lock renamed": missing(lambda c: c.lock.path.rename(c.lock.path.with_name("pylock.x.toml"))),
    "conflict markers": invalid(
        lambda c: c.lock.text(lambda text: text + "<<<<<<< HEAD\nalpha==1.0\n=======\nalpha==2.0\n>>>>>>> other\n")
    ),
    "truncated": Edit(
        change=lambda c: c.lock.text(lambda text: text[: len(text) // 2 + 7]), verdict=INVALID, only=("pylock",)
    ),
    "a truncated record": invalid(
        lambda c: c.lock.record_path.write_bytes(c.lock.record_path.read_bytes()[:-30]), "requirements"
    ),
    "a newer format": invalid(
        lambda c: c.lock.top(lambda document: document.update({"lock-version": "2.0"})), "pylock"
    ),
    "a newer record": invalid(lambda c: c.lock.record(lambda table: table.update(version=99))),
    "not text": invalid(lambda c: c.lock.path.write_bytes(b"\xff\xfe\x00 nothing")),
    "another document": invalid(lambda c: c.lock.path.write_bytes(b"packages = 1\n"), "pylock"),
}

_PLUGINS = {
    "a plugin is new": stale(
        plugin("def lockhouse_fingerprint_inputs(spec):\n    return {'policy': 'strict'}\n"),
        ("fingerprint-changed", None),
    ),
    "a plugin says something else": stale(
        _both(
            plugin("def lockhouse_fingerprint_inputs(spec):\n    return {'policy': 'strict'}\n"),
            lambda c: c.lock.record(lambda table: table["inputs"].update(fingerprints={"careful": {"policy": "lax"}})),
        ),
        ("fingerprint-changed", None),
    ),
    "a plugin is gone": stale(
        lambda c: c.lock.record(lambda table: table["inputs"].update(fingerprints={"careful": {"policy": "lax"}})),
        ("plugin-absent", None),
    ),
    "a plugin gives nothing now": stale(
        _both(
            plugin("def lockhouse_fingerprint_inputs(spec):\n    return None\n"),
            lambda c: c.lock.record(lambda table: table["inputs"].update(fingerprints={"careful": {"policy": "lax"}})),
        ),
        ("plugin-absent", None),
    ),
    "a rule is broken": stale(plugin(_FINDS), ("rule-broken", None)),
    "a rule is broken beside another reason": stale(
        _both(plugin(_FINDS), lambda c: c.pyproject("Foo_Bar>=1", "Foo_Bar>=2")),
        ("rule-broken", None),
        ("requirement-unmet", "foo-bar"),
    ),
}

EDITS: Mapping[str, Edit] = {
    **_SAME_INPUTS,
    **_STILL_SATISFIED,
    **_REQUIREMENTS,
    **_REFERENCES,
    **_CONSTRAINTS,
    **_PYTHONS,
    **_POLICIES,
    **_LOCK,
    **_PLUGINS,
}
