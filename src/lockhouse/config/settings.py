"""The one settings model: what ``[tool.lockhouse]`` and a frontend's keywords may say.

The JSON Schema and the reference page come from it, so a field's description stands here and nowhere else.
"""

from __future__ import annotations

import inspect
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from lockhouse.model.build_policy import Rebuild
from lockhouse.model.spec import LockFormat, OnStale, ProjectMode

SCHEMA_ID = "https://json-schema.org/draft/2020-12/schema"

ResolverName = Annotated[str, Meta(description='Who resolves: "uv", "pip", or the resolver of a plugin.', min_length=1)]
InstallerName = Annotated[
    str, Meta(description='Who installs: "uv", "pip", or the installer of a plugin.', min_length=1)
]
Format = Annotated[
    LockFormat,
    Meta(description='Format of the lock file: "pylock" (PEP 751) or "requirements" (hashed, for update bots).'),
]
Prereleases = Annotated[bool, Meta(description="Whether pre-releases are allowed for every package.")]
ExcludeNewer = Annotated[
    str,
    Meta(
        description=(
            "Leave out every file that was uploaded at or after this moment: an RFC 3339 date-time with its offset, "
            "or a date, which means the end of that day in UTC."
        ),
        examples=["2026-01-31", "2026-01-31T12:00:00Z"],
    ),
]
FindLinks = Annotated[
    tuple[str, ...],
    Meta(description="Folders (relative to the project) or pages in which files are looked for as well."),
]
NoIndex = Annotated[bool, Meta(description="Ask no index at all; only `find-links` are looked at.")]
AllowUnhashed = Annotated[
    tuple[str, ...],
    Meta(
        description=(
            "Names of packages that may come from a directory or a VCS checkout, which no hash can cover. Folders that "
            "[tool.uv.sources] names are allowed by that, unless they lie outside of the repository."
        )
    ),
]
OnlyBinary = Annotated[
    tuple[str, ...],
    Meta(
        description=(
            'Names of packages that are never built: what has no wheel that fits is refused. `":all:"` stands for '
            "every package that `no-binary` does not name."
        ),
        examples=[["numpy"], [":all:"]],
    ),
]
NoBinary = Annotated[
    tuple[str, ...],
    Meta(
        description=(
            'Names of packages that are built from their sdist even where a wheel fits. `":all:"` stands for every '
            "package that `only-binary` does not name; build requirements are meant as well."
        ),
        examples=[["lxml"]],
    ),
]
AllowNetwork = Annotated[
    tuple[str, ...],
    Meta(
        description=(
            "Names of packages whose build may use the network. What it fetches there is covered by no hash; that it "
            "was allowed is recorded with the wheel."
        ),
    ),
]
ConfigSettings = Annotated[
    dict[str, dict[str, str | tuple[str, ...]]],
    Meta(
        description=(
            "What the build backend of a package is told (PEP 517), by the name of the package. What stands under "
            '`":all:"` is told to every backend, build requirements included. It is recorded with the wheel, and a '
            "wheel that was built with other settings is not used."
        ),
        examples=[{"numpy": {"setup-args": ["-Dallow-noblas=true"]}, ":all:": {"--verbose": ""}}],
    ),
]
BuildVariables = Annotated[
    dict[str, dict[str, str]],
    Meta(
        description=(
            'Environment variables of a build, by the name of the package; what stands under `":all:"` is set for '
            "every build. They are recorded with the wheel, in clear text: no secrets. Those that each build gets "
            "from Lockhouse, such as `HOME` and `SOURCE_DATE_EPOCH`, cannot be set."
        ),
        examples=[{"lxml": {"STATIC_DEPS": "true"}}],
    ),
]
RebuildPolicy = Annotated[
    Rebuild,
    Meta(
        description=(
            'When the project itself is built again: "changed" where something changed that can influence the build; '
            '"always" before each run, for a build that looks at what is not in the project\'s folder.'
        )
    ),
]
BuildFiles = Annotated[
    tuple[str, ...],
    Meta(
        description=(
            "Patterns of files, relative to the project that is built, that belong to it although version control "
            "ignores them: code that is generated before the build. `**` stands for any folders, and at "
            "the end for all files below. Wildcards do not stand for what tools leave behind, such as `.nox`, "
            "`node_modules` and `build`: spell that out."
        ),
        examples=[["src/demo/_generated.py", "src/**/*_pb2.py"]],
    ),
]
BuildEnv = Annotated[
    tuple[str, ...],
    Meta(
        description=(
            "Names of environment variables that the builds of projects see. They see no others; where the value of "
            "one changes, the projects are built again. Those that each build gets from Lockhouse, such as `PATH` and "
            "`SOURCE_DATE_EPOCH`, cannot be among them."
        ),
        examples=[["SETUPTOOLS_SCM_PRETEND_VERSION", "CFLAGS"]],
    ),
]
BuildScm = Annotated[
    bool,
    Meta(
        description=(
            "Whether the builds of projects look at version control: then git answers in them as it does in the work "
            "tree, and commit, branch and tags count. Not said means yes where `pyproject.toml`, `setup.py` or "
            "`setup.cfg` asks for setuptools-scm, hatch-vcs, versioneer or the like. Say `true` where a build runs git "
            "by itself, or where its backend alone asks for one of these."
        )
    ),
]
OnStalePolicy = Annotated[
    OnStale,
    Meta(
        description=(
            'What a run does where the lock is stale: "error" ends it before anything is installed; "warn" goes on '
            "with the lock as it is, and warns each time. Nothing is ever locked by a run, and `lockhouse check` says "
            "stale either way. Always an error are: a missing or unreadable lock, a broken rule of a plugin, and what "
            "only the files tell while they are installed, such as a directory that requires more than is locked."
        )
    ),
]
Targets = Annotated[
    tuple[str, ...],
    Meta(
        description=(
            "The targets that `lockhouse wheelhouse build` builds for: a CPython and the newest platform tag that it "
            "takes. Not said means the Pythons of the machine that builds."
        ),
        examples=[["cp312-manylinux_2_28_x86_64", "cp313-macosx_11_0_arm64", "cp313-win_amd64"]],
    ),
]
Wheelhouse = Annotated[
    str,
    Meta(
        description=(
            "Folder or archive, relative to the project, that files are installed from. Then nothing is looked for "
            "elsewhere. `LOCKHOUSE_WHEELHOUSE` wins over it."
        ),
        examples=["wheelhouse", "dist/wheelhouse.tar.gz"],
        min_length=1,
    ),
]
Noxfiles = Annotated[
    tuple[Annotated[str, Meta(pattern=r"^[^/\\]+\.py$")], ...],
    Meta(
        description=(
            "Names of the noxfiles whose sessions are environments of the project, in the folder of the project. One "
            "that is run with `nox -f` has to be among them to be locked."
        ),
        examples=[["noxfile.py", "ci_nox.py"]],
    ),
]
Python = Annotated[
    str,
    Meta(
        description="Python bounds of the lock: a specifier set, or one version, which means that minor version alone.",
        examples=[">=3.11", ">=3.11,<3.14", "3.12"],
        min_length=1,
    ),
]


class _Table(msgspec.Struct, frozen=True, kw_only=True, rename="kebab", forbid_unknown_fields=True):
    """What all tables of the settings have in common."""


class IndexSettings(_Table, frozen=True, kw_only=True):
    """One package index, an entry of ``indexes``."""

    url: Annotated[
        str,
        Meta(
            description=(
                "Address of an index that speaks the simple repository API. `${NAME}` is replaced by that environment "
                "variable, whose value is kept secret."
            ),
            min_length=1,
            examples=["https://${TOKEN}@index.example/simple"],
        ),
    ]
    name: (
        Annotated[
            str,
            Meta(
                description="A name, by which `UV_INDEX_<NAME>_USERNAME` and `UV_INDEX_<NAME>_PASSWORD` find it.",
                pattern=r"^[A-Za-z0-9._-]+$",
            ),
        ]
        | None
    ) = None
    default: Annotated[
        bool, Meta(description="Whether it takes the place of PyPI. One index at most; it is asked last.")
    ] = False


Indexes = Annotated[
    tuple[IndexSettings, ...], Meta(description="The package indexes, in the order in which they are asked.")
]


class EnvironmentSettings(_Table, frozen=True, kw_only=True):
    """One environment: ``[tool.lockhouse.environments.NAME]``, or the keywords of a frontend.

    ``None`` means "not said"; the value of ``[tool.lockhouse]`` counts then.
    """

    requirements: Annotated[
        tuple[str, ...],
        Meta(description="Requirements (PEP 508), or paths of local projects and archives that start with a dot."),
    ] = ()
    requirement_files: Annotated[
        tuple[str, ...],
        Meta(
            description="Requirement files in pip's format, relative to the project. Where one declares hashes "
            "(--hash), a lock holds no file of that package that has none of them; where the line has a marker, one of "
            "the files must have one of them. Only hashes of an algorithm that the lock knows, too, are compared."
        ),
    ] = ()
    constraints: Annotated[tuple[str, ...], Meta(description="Constraints: bounds on what else comes in.")] = ()
    constraint_files: Annotated[
        tuple[str, ...], Meta(description="Constraint files in pip's format, relative to the project.")
    ] = ()
    groups: Annotated[tuple[str, ...], Meta(description="Dependency groups of the project (PEP 735).")] = ()
    extras: Annotated[tuple[str, ...], Meta(description="Extras of the project.")] = ()
    project: (
        Annotated[
            ProjectMode,
            Meta(
                description=(
                    'How the project itself gets in: built as a "wheel", "editable", its "dependencies" only, or '
                    '"none". Not said means "wheel" where the inputs name the project or its extras, else "none".'
                )
            ),
        ]
        | None
    ) = None
    python: Python | None = None
    pythons: Annotated[
        tuple[str, ...],
        Meta(
            description=(
                'The Pythons that the environment runs on. The resolver "pip", which makes a lock for each, needs them '
                "here: those of sessions and tox environments that refer to the environment are not added."
            ),
            examples=[["3.11", "3.12", "3.13"]],
        ),
    ] = ()
    lock: (
        Annotated[
            str,
            Meta(
                description=(
                    "Name of the lock; the environment's own name where it is not said. Environments with the same "
                    "inputs can share one lock by its name."
                ),
                min_length=1,
            ),
        ]
        | None
    ) = None
    resolver: ResolverName | None = None
    installer: InstallerName | None = None
    format: Format | None = None
    prereleases: Prereleases | None = None
    exclude_newer: ExcludeNewer | None = None
    indexes: Indexes | None = None
    find_links: FindLinks | None = None
    no_index: NoIndex | None = None
    allow_unhashed: AllowUnhashed | None = None
    only_binary: OnlyBinary | None = None
    no_binary: NoBinary | None = None
    allow_network: AllowNetwork | None = None
    config_settings: ConfigSettings | None = None
    build_variables: BuildVariables | None = None
    rebuild: RebuildPolicy | None = None
    build_files: BuildFiles | None = None
    build_env: BuildEnv | None = None
    build_scm: BuildScm | None = None
    on_stale: OnStalePolicy | None = None
    targets: Targets | None = None
    wheelhouse: Wheelhouse | None = None


class LockhouseSettings(_Table, frozen=True, kw_only=True):
    """The table ``[tool.lockhouse]`` of ``pyproject.toml``."""

    resolver: ResolverName = "uv"
    installer: InstallerName = "uv"
    format: Format = LockFormat.PYLOCK
    lock_directory: Annotated[str, Meta(description="Folder of the lock files, inside of the project.")] = "locks"
    noxfiles: Noxfiles = ("noxfile.py",)
    python: Python | None = None
    prereleases: Prereleases = False
    exclude_newer: ExcludeNewer | None = None
    indexes: Indexes = ()
    find_links: FindLinks = ()
    no_index: NoIndex = False
    allow_unhashed: AllowUnhashed = ()
    only_binary: OnlyBinary = ()
    no_binary: NoBinary = ()
    allow_network: AllowNetwork = ()
    config_settings: ConfigSettings = msgspec.field(default_factory=dict)
    build_variables: BuildVariables = msgspec.field(default_factory=dict)
    rebuild: RebuildPolicy = Rebuild.CHANGED
    build_files: BuildFiles = ()
    build_env: BuildEnv = ()
    build_scm: BuildScm | None = None
    on_stale: OnStalePolicy = OnStale.ERROR
    targets: Targets = ()
    wheelhouse: Wheelhouse | None = None
    environments: Annotated[dict[str, EnvironmentSettings], Meta(description="The environments, by their names.")] = (
        msgspec.field(default_factory=dict)
    )


def schema() -> dict[str, Any]:
    """Give the JSON Schema of ``[tool.lockhouse]``.

    :return: a schema without references to anything outside of it; TOML has no null, so none is in it
    """
    definition = msgspec.json.schema(LockhouseSettings)
    described: dict[str, Any] = _in_one_form(definition)
    return {"$schema": SCHEMA_ID, "title": "[tool.lockhouse]", **described}


def _in_one_form(node: Any) -> Any:
    """Drop the null that stands for "not said", which TOML cannot spell, and the indentation of docstrings."""
    if isinstance(node, list):
        return [_in_one_form(item) for item in node]
    if isinstance(node, str):
        return inspect.cleandoc(node)  # which Python does by itself from 3.13 on
    if not isinstance(node, dict):
        return node
    choices = node.get("anyOf")
    if isinstance(choices, list) and {"type": "null"} in choices:
        rest = [choice for choice in choices if choice != {"type": "null"}]
        if len(rest) == 1:
            others = {key: value for key, value in node.items() if key not in {"anyOf", "default"}}
            return _in_one_form({**rest[0], **others})
    return {key: _in_one_form(value) for key, value in node.items() if not (key == "default" and value is None)}
