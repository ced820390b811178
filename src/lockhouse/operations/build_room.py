"""A room to build one source in: its source, an environment of verified files, and nothing of the user's own."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import warnings
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from lockhouse.confinement import Network, attempts, confined, strongest, watch
from lockhouse.errors import BuildError, BuildFailedError, NetworkDeniedError
from lockhouse.interfaces import Command, InstallRequest
from lockhouse.operations.build_advice import advice, backend_missing, missing_module
from lockhouse.operations.build_source import first_moment
from lockhouse.operations.environment import make_environment
from lockhouse.storage.sdists import read_build_system

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pyproject_hooks import BuildBackendHookCaller

    from lockhouse.interfaces import CommandRunner, Installer, Reporter, StoredFile
    from lockhouse.model.build_policy import BuildOptions, BuildPolicy
    from lockhouse.model.build_system import BuildSystem
    from lockhouse.model.lock import LockedPackage
    from lockhouse.model.target import Target

#: Where nobody listens: the end of every proxy that a build could be told.
_NOWHERE = "http://127.0.0.1:9"

_PASSED_ON = (
    "COMSPEC", "NUMBER_OF_PROCESSORS", "PATH", "PATHEXT", "PROCESSOR_ARCHITECTURE", "PROGRAMDATA", "PROGRAMFILES",
    "PROGRAMFILES(X86)", "SYSTEMDRIVE", "SYSTEMROOT", "WINDIR",
)  # fmt: skip
_PROXIES = ("http_proxy", "https_proxy", "ftp_proxy", "all_proxy")
_ONLINE = (*_PROXIES, "no_proxy", "ssl_cert_file", "ssl_cert_dir", "requests_ca_bundle")

#: What programs say that were kept from the network.
_CUT_OFF = re.compile(
    r": No module named pip\b|[Nn]etwork is unreachable|Temporary failure in name resolution"
    r"|[Cc]ould not resolve|[Nn]ame or service not known|getaddrinfo failed"
)
_ADDRESS = re.compile(r"(?:https?|ftp|git|ssh)://(?:[^\s/@'\"]*@)?([^\s'\"<>)]+)")
_SHOWN_LINES = 40

#: What a backend can be asked to build.
Product: TypeAlias = Literal["wheel", "editable", "sdist"]


@dataclass(frozen=True, kw_only=True)
class BuildTools:
    """What building works with.

    :ivar installer: puts the build requirements into the environment
    :ivar describe: asks an interpreter what it accepts, and remembers nothing
    :ivar run: starts processes
    :ivar reporter: where to say what happens
    :ivar root: the project's folder
    :ivar cache: a folder that the installer may keep between runs
    :ivar environ: the user's environment variables
    :ivar give_up: ends what runs in other threads: the user gave up
    :ivar given_up: tells whether the user gave up where no signal arrives
    """

    installer: Installer
    describe: Callable[[Path], Target]
    run: CommandRunner
    reporter: Reporter
    root: Path
    cache: Path
    environ: Mapping[str, str] = field(default_factory=dict)
    give_up: Callable[[], None] = lambda: None
    given_up: Callable[[], bool] = lambda: False

    def heard_by(self, reporter: Reporter) -> BuildTools:
        """Give the same with another reporter.

        :param reporter: where to say what happens
        """
        tools = replace(self, reporter=reporter)
        tools.__dict__["denial"] = self.denial  # it takes a process to know it
        return tools

    @cached_property
    def denial(self) -> Network:
        """Say by what means the network is denied here."""
        return strongest(self.run, self.environ)


@contextmanager
def build_room(
    package: LockedPackage,
    fill: Callable[[Path], Path],
    *,
    moment: Callable[[Path], str] = first_moment,
    python: Path,
    tools: BuildTools,
    policy: BuildPolicy,
    variables: Mapping[str, str] | None = None,
) -> Iterator[BuildRoom]:
    """Open a room of its own for a build, which is gone afterwards.

    :param package: what is to be built
    :param fill: puts its source into an empty folder, and gives the project's folder
    :param moment: gives the moment that the build takes for now; is given the project's folder
    :param python: the interpreter to build for
    :param tools: what to work with
    :param policy: what the backend is told, and whether the build may use the network
    :param variables: environment variables of the user that the build sees
    :raises BuildFailedError: the source cannot be used
    """
    with tempfile.TemporaryDirectory(prefix="lockhouse-build-", ignore_cleanup_errors=True) as scratch:
        place = Path(scratch)
        for name in ("source", "home", "tmp", "out"):
            (place / name).mkdir()
        source = fill(place / "source")
        network = Network.ALLOWED if package.name in policy.allow_network else tools.denial
        yield BuildRoom(label=package.label, name=package.name, source=source, place=place, python=python,
                        moment=moment(source), tools=tools, network=network, options=policy.options_of(package.name),
                        variables=variables or {}, own=package.version is None)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class BuildRoom:
    """One source and, once it was furnished, the environment that its backend runs in.

    :ivar label: name and version of the package, for messages
    :ivar name: its name
    :ivar source: the project's folder
    :ivar place: the room's folder
    :ivar python: the interpreter to build for
    :ivar moment: what it takes for now, in seconds since the epoch
    :ivar tools: what to work with
    :ivar network: how the build is kept from the network
    :ivar options: what the backend is told
    :ivar variables: environment variables of the user that the build sees
    :ivar own: whether it is the project itself, whose build requirements the user can edit
    """

    label: str
    name: str
    source: Path
    place: Path
    python: Path
    moment: str
    tools: BuildTools
    network: Network
    options: BuildOptions
    variables: Mapping[str, str] = field(default_factory=dict)
    own: bool = False

    @cached_property
    def system(self) -> BuildSystem:
        """Give how the project wants to be built.

        :raises BuildFailedError: its ``pyproject.toml`` breaks the rules
        """
        return read_build_system(self.source, label=self.label)

    def furnish(self, files: Sequence[StoredFile]) -> None:
        """Make the environment, anew if there is one, and install verified files into it; no index is asked.

        :param files: the build requirements
        :raises BackendError: an environment cannot be made, or the installer failed
        """
        folder, tools = self.place / "env", self.tools
        if folder.exists():
            shutil.rmtree(folder)
        python = make_environment(folder, self.python, run=tools.run, environ=tools.environ)
        target = tools.describe(python)
        if files:
            with tempfile.TemporaryDirectory(dir=self.place) as scratch:
                request = InstallRequest(
                    target=target,
                    root=tools.root,
                    scratch=Path(scratch),
                    cache=tools.cache,
                    files=tuple(files),
                    environ=tools.environ,
                )
                tools.installer.install(request, tools.run)
        if self.network is not Network.ALLOWED:
            watch(Path(target.purelib), self._log, self.network)

    def asked_for(self, product: Product = "wheel") -> tuple[str, ...]:
        """Give what the backend asks for besides.

        :param product: what is to be built
        :raises BuildError: the backend failed, or tried to reach the network
        """
        hook = f"get_requires_for_build_{product}"
        return tuple(self._hooked(hook, lambda hooks: getattr(hooks, hook)(self._settings)))

    def metadata(self) -> str:
        """Give the core metadata of the wheel to be, as the backend tells it.

        :raises BuildError: the backend failed, or tried to reach the network
        """
        folder = self.place / "out" / "metadata"
        folder.mkdir()
        name = self._hooked(
            "prepare_metadata_for_build_wheel",
            lambda hooks: hooks.prepare_metadata_for_build_wheel(str(folder), self._settings),
        )
        try:
            return (folder / str(name) / "METADATA").read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            raise BuildFailedError(f"{self.label}: its backend wrote no metadata", why=str(error)) from error

    def build(self, product: Product = "wheel") -> Path:
        """Build.

        :param product: what; an editable one is a wheel, too
        :return: the file, in the room
        :raises BuildError: the backend failed, or tried to reach the network
        """
        out, hook = self.place / "out", f"build_{product}"
        name = self._hooked(hook, lambda hooks: getattr(hooks, hook)(str(out), self._settings))
        built = out / Path(str(name)).name
        if not built.is_file():
            raise BuildFailedError(f"{self.label}: its backend built no {product}", why=f"it says that it built {name}")
        return built

    # -- hooks of the backend -------------------------------------------------------------------------------------

    @property
    def _settings(self) -> dict[str, str | list[str]] | None:
        """Give the config settings as backends expect them: a key that was given once has a string."""
        given = {key: values[0] if len(values) == 1 else list(values) for key, values in self.options.settings}
        return given or None

    @property
    def _log(self) -> Path:
        return self.place / "tmp" / "attempts.jsonl"

    def _hooked(self, hook: str, call: Callable[[BuildBackendHookCaller], object]) -> list[str] | str:
        from pyproject_hooks import (  # noqa: PLC0415 - only where something is built
            BackendUnavailable,
            BuildBackendHookCaller,
            HookMissing,
        )

        system, runner = self.system, _HookRunner(self, hook)
        bin_name = "Scripts" if os.name == "nt" else "bin"
        python = self.place / "env" / bin_name / ("python.exe" if os.name == "nt" else "python")
        try:
            caller = BuildBackendHookCaller(
                str(self.source),
                system.backend,
                list(system.backend_path) or None,
                runner=runner,
                python_executable=str(python),
            )
            # newer versions of pyproject-hooks repeat here what the backend warned of
            with warnings.catch_warnings(record=True) as warned:
                warnings.simplefilter("always")
                answer = call(caller)
        except BackendUnavailable as error:
            module = missing_module(error.traceback)
            if module is not None and not _CUT_OFF.search(error.traceback):
                raise backend_missing(module, system, label=self.label, own=self.own) from error
            lines = [f"{system.backend} cannot be imported: {error}", error.traceback]
            raise self._failed(hook, lines, runner) from error
        except (HookMissing, ValueError, OSError) as error:
            raise self._failed(hook, [f"{type(error).__name__}: {error}"], runner) from error
        for warning in warned:
            self.tools.reporter.detail(f"{self.label}: {warning.message}")
        if certain := [attempt.what for attempt in attempts(self._log) if attempt.certain]:
            raise self._denied(certain)
        return answer  # type: ignore[return-value]  # the two kinds of answers that hooks give

    def _failed(self, hook: str, why: list[str], runner: _HookRunner) -> BuildError:
        return self.failure(hook, "\n".join([*why, runner.said]))

    def failure(self, hook: str, said: str) -> BuildError:
        """Make the error for a hook that failed: what it tried to reach, where it did, else what it said.

        :param hook: which one
        :param said: what the backend printed
        """
        lines = [line.rstrip() for line in said.splitlines() if line.strip()]
        if self.network is not Network.ALLOWED:
            tried = [attempt.what for attempt in attempts(self._log)]
            if not tried and _CUT_OFF.search(said):
                found = [f"it wants {address[1]}" for address in _ADDRESS.finditer(said)]
                tried = [*dict.fromkeys(found), *(line for line in lines if _CUT_OFF.search(line))]
            if tried:
                return self._denied(tried)
        words = "cannot tell its build requirements" if hook.startswith("get_") else "cannot be built"
        left_out = [] if len(lines) <= _SHOWN_LINES else [f"... {len(lines) - _SHOWN_LINES} lines before"]
        why = [f"{hook} failed", *left_out, *lines[-_SHOWN_LINES:]]
        return BuildFailedError(f"{self.label} {words}", why=why, fix=advice(said, self.source, own=self.own))

    def _denied(self, tried: list[str]) -> NetworkDeniedError:
        return NetworkDeniedError(
            f"the build of {self.label} tried to reach the network",
            why=[*tried, f"the network was {self.network}"],
            fix=f'choose a version that builds without it, or allow it by name: allow-network = ["{self.name}"]',
        )


class _HookRunner:
    """Runs a hook of the backend as pyproject-hooks asks for it, confined and with a clean environment."""

    def __init__(self, room: BuildRoom, hook: str) -> None:
        self._room = room
        self._hook = hook
        self.said = ""

    def __call__(
        self, cmd: Sequence[str], cwd: str | None = None, extra_environ: Mapping[str, str] | None = None
    ) -> None:
        room = self._room
        command = Command(
            argv=tuple(cmd),
            env={**clean_build_environ(room), **(extra_environ or {})},
            cwd=None if cwd is None else Path(cwd),
        )
        result = room.tools.run(confined(command, room.network))
        self.said = f"{result.stdout}\n{result.stderr}"
        for line in filter(None, self.said.splitlines()):
            room.tools.reporter.detail(f"{room.label}: {line}")
        if result.returncode != 0:
            raise room.failure(self._hook, self.said)


def clean_build_environ(room: BuildRoom) -> dict[str, str]:
    """Give the environment variables of a build: nothing of the user's own but what programs are found by.

    :param room: where it is built
    """
    given = room.tools.environ
    env = {name: value for name in _PASSED_ON if (value := given.get(name)) is not None}
    env |= dict(room.options.variables)  # none of ours is among them: see FIXED_VARIABLES
    scripts = room.place / "env" / ("Scripts" if os.name == "nt" else "bin")
    home, temporary = str(room.place / "home"), str(room.place / "tmp")
    env |= {
        "PATH": os.pathsep.join([str(scripts), env.get("PATH", os.defpath)]),
        "VIRTUAL_ENV": str(room.place / "env"),
        "HOME": home,
        "USERPROFILE": home,
        "TMPDIR": temporary,
        "TEMP": temporary,
        "TMP": temporary,
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "NO_COLOR": "1",
        "SOURCE_DATE_EPOCH": room.moment,
        "PYTHONHASHSEED": "0",
        "PYTHONNOUSERSITE": "1",
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INPUT": "1",
        **room.variables,  # nor here
    }
    if room.network is Network.ALLOWED:
        return env | {name: value for name, value in given.items() if name.lower() in _ONLINE}
    env |= {"PIP_NO_INDEX": "1", "UV_OFFLINE": "1"}
    return env | {name: _NOWHERE for proxy in _PROXIES for name in (proxy, proxy.upper())}
