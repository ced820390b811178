"""The reasons why an environment does not match its lock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.cli.explanations.model import Explanation
from lockhouse.model.drift import DriftCode

if TYPE_CHECKING:
    from collections.abc import Mapping

_NEXT = "The next run repairs it, and says so."

DRIFT: Mapping[str, Explanation] = {
    DriftCode.NEVER_SYNCED: Explanation(
        means="There is no receipt, or none that can be read: nothing was installed by Lockhouse, the receipt is of "
        "another version of it, or a sync was killed half-way.",
        matters="Nobody can say what the environment holds.",
        mend="Run the session or environment once with installing allowed: everything is installed anew.",
    ),
    DriftCode.LOCK_CHANGED: Explanation(
        means="The lock changed since the environment was synced.",
        matters="The tests would run with the former versions.",
        mend="The next run installs what differs, and nothing else.",
    ),
    DriftCode.INTERPRETER_CHANGED: Explanation(
        means="The interpreter is another file than before, or another version of it, or the environment's "
        "`pyvenv.cfg` was switched to or from the packages of the base interpreter (`include-system-site-packages`). A "
        "restored cache is a frequent cause.",
        matters="Compiled packages may not fit the new interpreter.",
        mend="The next run installs everything anew. Where the interpreter is gone, remove the environment's folder.",
    ),
    DriftCode.PACKAGE_MISSING: Explanation(
        means="A package of the receipt is not there.",
        matters="What needs it fails, or falls back to something else unnoticed.",
        mend=_NEXT,
    ),
    DriftCode.PACKAGE_EXTRA: Explanation(
        means="A package is there that is not locked. `pip` may stay, because environments are seeded with it.",
        matters="The tests would see a package that your users do not get.",
        mend="The next run removes it. If you need it, declare it and lock again.",
    ),
    DriftCode.PACKAGE_CHANGED: Explanation(
        means="A package is there in another version, or its `RECORD` changed: it was reinstalled by hand.",
        matters="It is not the artifact that was verified against the lock.",
        mend=_NEXT,
    ),
    DriftCode.FILE_CHANGED: Explanation(
        means="A file of an installed package was edited or removed since it was installed. Before each run the sizes "
        "and times are looked at, and what looks other is read; `lockhouse verify --deep` reads every file and "
        "holds it against its hash: that of the package's `RECORD`, or, where this has none, the one that "
        "Lockhouse took when it installed the package. Metadata that programs read at run time counts: "
        "`METADATA`, and `entry_points.txt`, also one that was put where there was none. Other times alone, as a "
        "restored cache has them, are no drift. Byte code in `__pycache__` is not looked at, not even by "
        "`--deep`: whoever can write there can have Python run other code than the `.py` beside it says. Where "
        "that matters, make the environment anew.",
        matters="The tests would run code that is in no artifact of the lock.",
        mend="The next run installs that package anew, and says so. What only `--deep` finds, because size and time "
        "are as they were, is repaired by `lockhouse sync ENV --into DIR --deep`, or by making the environment anew.",
    ),
    DriftCode.FILE_EXTRA: Explanation(
        means="A module, a folder of modules, a `.pth` file, an egg or a link to a folder lies among the packages and "
        "belongs to none of them. Before each run it is looked for at the top of `site-packages`: so it is found "
        "where it has a name that no package brought there. `lockhouse verify --deep` looks in the folders of "
        "the packages, too, and tells of programs in `bin` (`Scripts` on Windows) that no package owns and that "
        "were not there at the first sync. What cannot be imported passes: data, byte code in `__pycache__`, and "
        "what pip renamed (`~name`) and did not delete. What the environment was seeded with (`_virtualenv.py`) "
        "is told by `--deep` when it is not what it was at the first sync; in environments of conda, and in a "
        "whole Python that is no virtual environment, nothing of the kind is told or deleted.",
        matters="Python imports it, also in place of a module of the same name, and your users do not have it.",
        mend="The next run deletes it, and says so; what only `--deep` finds is deleted by `lockhouse sync ENV --into "
        "DIR --deep`, or by making the environment anew. What a session itself puts there is deleted before its "
        "next run.",
    ),
    DriftCode.SOURCE_CHANGED: Explanation(
        means="The project, or another one that is installed from a folder, changed since it was installed. A project "
        "that is installed editable changes only with the files that decide its metadata. One that is to be "
        "installed in another way now (editable, as a wheel, through its sdist), or that was moved, changed, "
        "too: it is said from what to what.",
        matters="The tests would see the former code.",
        mend="The next run builds and installs it again.",
    ),
    DriftCode.SOURCE_REFUSED: Explanation(
        means="A package was installed from a directory, or built from a checkout, while `allow-unhashed` named it, "
        "and is not named any more.",
        matters="It has no hash, so nothing vouches for it.",
        mend="The next run stops and says so. Name it in `allow-unhashed` again, or take the requirement out and lock.",
    ),
    DriftCode.BUILD_REFUSED: Explanation(
        means="A package was built from its sdist while `allow-network` named it, and is not named any more.",
        matters="What its build fetched is covered by no hash.",
        mend="Nothing: the next run builds it with the network denied, and stops where that does not do.",
    ),
    DriftCode.BUILD_CHANGED: Explanation(
        means="A package, or a build requirement of it that had to be built itself, was built with other "
        "`config-settings`, `build-variables`, `allow-network` or `no-binary` than are declared now.",
        matters="The environment would hold what nobody asks for any more.",
        mend="Nothing: the next run builds it with the present ones.",
    ),
}
