"""The errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse import errors
from lockhouse.cli.explanations.model import FAMILY, Explanation

if TYPE_CHECKING:
    from collections.abc import Mapping

ERRORS: Mapping[str, Explanation] = {
    errors.ConfigError.code: Explanation(
        means="What was declared cannot be used as it stands: a `pyproject.toml`, noxfile or tox configuration that "
        "cannot be read, no Python bounds anywhere, an index address whose variable is not set.",
        matters="Whatever would be installed might not be what you mean.",
        mend="Mend the place that the message names.",
    ),
    errors.InvalidSettingError.code: Explanation(
        means="A key or keyword is unknown, a value has the wrong type or is out of range.",
        matters="A setting that is passed over in silence is one that you rely on in vain.",
        mend="The nearest right name is part of the message; [the settings](settings.md) have all of them.",
    ),
    errors.InvalidRequirementError.code: Explanation(
        means="A requirement, constraint, dependency group, extra or requirement file cannot be read: bad syntax, a "
        "group that includes itself, an extra that the project does not have, an option of a requirement file that has "
        "no meaning for a lock.",
        matters="A requirement that is left out is a package that is not installed.",
        mend="The message names the file and the line.",
    ),
    errors.UnknownEnvironmentError.code: Explanation(
        means="You named an environment that is declared nowhere.",
        matters="To go on without it would look like success.",
        mend="`lockhouse list` shows all of them.",
    ),
    errors.EnvironmentConflictError.code: Explanation(
        means="One environment, or one lock, is declared in two places and the inputs differ, or two names would give "
        "one lock file.",
        matters="One of the two would be locked from the inputs of the other.",
        mend="Give both the same inputs, or one of them a `lock` of its own.",
    ),
    errors.UnlockedInstallError.code: Explanation(
        means="Something was to be installed into a locked environment that its lock does not name: "
        "`session.install(...)` inside of a locked nox session, for instance; or a locked session calls one with "
        "another lock as a function.",
        matters="It would be installed unpinned and unverified, or the session would go on with what another one has "
        "locked.",
        mend='Declare it and lock again. nox sessions may allow it with `on_install="allow"`: see [nox](nox.md).',
    ),
    errors.LockError.code: FAMILY,
    errors.LockMissingError.code: Explanation(
        means="The environment has no lock.",
        matters="Nothing says what is to be installed.",
        mend="Run the command of the message, and commit the file.",
    ),
    errors.LockInvalidError.code: Explanation(
        means="The lock file cannot be read: no TOML, the marks of an unresolved merge, a truncated file, a record "
        "of a newer Lockhouse, a broken rule of its format.",
        matters="What is read wrongly is installed wrongly.",
        mend="Take the file back from version control, or let `lockhouse lock --upgrade` make it anew. A file of a "
        "newer Lockhouse needs a newer Lockhouse.",
    ),
    errors.LockStaleError.code: Explanation(
        means="The lock does not satisfy what is declared. Each `why` is one [reason](freshness.md).",
        matters="The tests would run with other packages than you declare.",
        mend="Lock again, look at what changed, and commit it.",
    ),
    errors.LockRefusedError.code: Explanation(
        means="The lock was resolved, but is not written: a plugin's rule forbids it, a package would come from "
        "another index than before, a version that is locked would have other bytes, or the answer of the resolver "
        "does not satisfy the inputs.",
        matters="Nobody asked for such a change, and it may be an attack.",
        mend="The present lock stays as it is. The message says how to have the change if you want it.",
    ),
    errors.SelectionError.code: Explanation(
        means="Two entries of one package apply to this interpreter at once.",
        matters="Nobody can say which one is meant.",
        mend="Lock again.",
    ),
    errors.NoCompatibleArtifactError.code: Explanation(
        means="A package has no wheel that this interpreter can install, and may not be built from its sdist: "
        "`only-binary` forbids it, or the lock does not say what it is built with. Build requirements are locked for "
        "packages that have no wheel at all, and for those that `no-binary` names.",
        matters="Another file than one of the lock is never taken, and nothing is built with what was not locked.",
        mend="Take another version or another Python; or name the package in `no-binary`, and lock again.",
    ),
    errors.UnsupportedTargetError.code: Explanation(
        means="The lock is not for this interpreter or platform: its Python bounds or its list of environments exclude "
        "it.",
        matters="What would be installed was never resolved for it.",
        mend="Declare the Python, and lock again.",
    ),
    errors.UnverifiableArtifactError.code: Explanation(
        means="An entry of the lock cannot carry a strong hash: a directory, a VCS checkout, or a file with md5 only.",
        matters="Nothing vouches for its bytes.",
        mend="Name the package in `allow-unhashed` if you want it for all that; everything else stays verified.",
    ),
    errors.StoreError.code: Explanation(
        means="A file of the project or the store cannot be read or written: no permission, a full disk.",
        matters="What is written half is worse than nothing; so nothing is.",
        mend="Mend what the message names, then run again.",
    ),
    errors.HashMismatchError.code: Explanation(
        means="The bytes of a file are not those that the lock names. The message gives package, file, expected and "
        "found hash, and what the bytes look like: a file of that name with other content, a truncated download, a "
        "proxy's page.",
        matters="It may be an attack. Nothing of the file was unpacked.",
        mend="Do not lock again before you know why. A file that was damaged in the store is removed; the next run "
        "fetches it anew.",
    ),
    errors.ArtifactUnavailableError.code: Explanation(
        means="A file cannot be had from where the lock says it is: no network, the server refused, the file is gone.",
        matters="Another file is never taken in its place.",
        mend="Credentials are a frequent cause: see [private indexes](../how-to/private-indexes.md).",
    ),
    errors.StoreBusyError.code: Explanation(
        means="Another process holds what this one needs for too long.",
        matters="Two at once would spoil each other's work.",
        mend="See what that process does, then run again.",
    ),
    errors.WheelhouseInvalidError.code: Explanation(
        means="A wheelhouse cannot be read, its manifest is damaged, or an archive holds what no wheelhouse holds: a "
        "path, a link, a device, two files of one name, far more than its own size.",
        matters="It was damaged on its way, or somebody wants to write where they may not. Nothing of it was unpacked "
        "or installed.",
        mend="Take it again from where it was built. Where the same comes again, ask who built it.",
    ),
    errors.WheelhouseMismatchError.code: Explanation(
        means="The wheelhouse was built from another lock, or for other environments, Pythons or platforms. Both are "
        "named.",
        matters="With a wheelhouse nothing is looked for elsewhere, so what it lacks cannot be installed.",
        mend="Build it anew from the present lock, with `--target` for the interpreter in question.",
    ),
    errors.BackendError.code: FAMILY,
    errors.BackendNotFoundError.code: Explanation(
        means="uv or pip is not there; no resolver or installer has the name that the settings say; or the project has "
        "locked sessions or environments, and nox or tox is not installed beside Lockhouse.",
        matters="To leave out what they would have done would look like success.",
        mend="Install what the message names, beside Lockhouse.",
    ),
    errors.BackendTooOldError.code: Explanation(
        means="uv or pip lacks what is asked of it.",
        matters="An older one passes over what it does not know.",
        mend="Upgrade it.",
    ),
    errors.BackendFailedError.code: Explanation(
        means="uv or pip ran and failed, for a reason that has no code of its own. Its words are the `why`.",
        matters="What it should have done is not done.",
        mend="Do what its words ask for; run again.",
    ),
    errors.ResolutionError.code: Explanation(
        means="No set of versions satisfies the inputs. The resolver's explanation is the `why`.",
        matters="There is nothing that could be locked; the present lock stays.",
        mend="Loosen one of the requirements that it names, or give the environments that are at odds "
        "[a lock each](../how-to/conflicting-environments.md).",
    ),
    errors.InterpreterError.code: Explanation(
        means="An interpreter is missing, or gives no usable answer. Or an environment is none any more: its "
        "`pyvenv.cfg` is gone, or its `python3` is another interpreter than its `python`.",
        matters="What a lock gives depends on the interpreter.",
        mend="Install it, or name another one. Remove the folder of a broken environment, so that it is made anew.",
    ),
    errors.BuildError.code: FAMILY,
    errors.BuildFailedError.code: Explanation(
        means="An sdist, a project of the repository, or a checkout that you allowed by name, could not be built. What "
        "the build backend said is the `why`.",
        matters="What is not built cannot be installed; nothing of a failed build is kept.",
        mend="Mend what the build backend says; for an sdist, choose a version that builds here or has a wheel.",
    ),
    errors.BuildBackendMissingError.code: Explanation(
        means="A build imports a module that none of its build requirements brings: mostly the build backend itself, "
        "which has to stand in `requires` of `[build-system]`, too.",
        matters="Nothing is present in a build but what is locked for it.",
        mend="Add the package to `requires` in `[build-system]`, and run `lockhouse lock`. Of an sdist, choose another "
        "version, or one that has a wheel.",
    ),
    errors.NetworkDeniedError.code: Explanation(
        means="The build of an sdist tried to reach another machine. What it tried, with the address where that is "
        "known, is the `why`.",
        matters="What a build fetches by itself is covered by no hash, and may be another thing tomorrow.",
        mend="Choose a version that builds without it. If you trust it for all that, name the package in "
        "[`allow-network`](settings.md).",
    ),
    errors.BuildVariesError.code: Explanation(
        means="`--verify-reproducible` built an sdist a second time, and the two wheels differ. The `why` names the "
        "files that do.",
        matters="Nobody can tell such a wheel from one that was tampered with by building it again.",
        mend="Tell the authors of the package: a random number, a time other than `SOURCE_DATE_EPOCH`, or the folder "
        "that it is built in gets into its files. Without `--verify-reproducible`, the first wheel is taken.",
    ),
    errors.PluginError.code: FAMILY,
    errors.PluginLoadError.code: Explanation(
        means="A plugin cannot be imported; or it has no hook, or one that is not in the [list](hooks.md), or with "
        "wrong arguments, or without `hookimpl`; or what it registers is no class of a resolver or of an installer.",
        matters="A rule that is not asked would look like one that is kept.",
        mend="Mend or remove the plugin. `LOCKHOUSE_DISABLE_PLUGINS=NAME` leaves it out.",
    ),
    errors.PluginConflictError.code: Explanation(
        means="Two plugins register a resolver or an installer of one name, or have one name themselves. Both "
        "distributions are named.",
        matters="Which of them works would depend on chance.",
        mend="Remove one, or leave it out with `LOCKHOUSE_DISABLE_PLUGINS=NAME`.",
    ),
    errors.HookFailedError.code: Explanation(
        means="A plugin's hook, resolver or installer raised an exception, or gave something else than it has to. The "
        "plugin and its distribution, the exception and the line of the plugin are named.",
        matters="What the plugin was to say is not known.",
        mend="Mend the plugin, or leave it out with `LOCKHOUSE_DISABLE_PLUGINS=NAME`.",
    ),
    errors.LockhouseError.code: Explanation(
        means="The base of all errors; a message of this code itself is not expected."
    ),
    errors.EnvironmentDriftedError.code: Explanation(
        means="The environment does not match its lock, and installing was forbidden (`nox -R`, `nox --no-install`, "
        "`tox --skip-env-install`). Each `why` is one [reason](drift.md).",
        matters="The tests would be green or red for an environment that no lock describes.",
        mend="Run it once with installing allowed.",
    ),
}
