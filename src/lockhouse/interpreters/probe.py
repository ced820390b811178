"""Runs under the interpreter of a target, and prints what it is as JSON.

It must run on Python 3.8, and imports nothing but the standard library. Its one argument is the folder of an installed
``packaging``, which computes the tags; that package does not import on 3.8, so there the facts are printed from which
Lockhouse computes them itself (:mod:`lockhouse.interpreters.old_tags`).
"""

import glob
import importlib.util
import json
import os
import platform
import re
import struct
import subprocess  # noqa: TID251 - it runs under the target, where there is no Lockhouse
import sys
import sysconfig
from typing import Dict, List, Optional, Union  # noqa: UP035 - for 3.8

OLDEST = (3, 8)


def markers() -> Dict[str, str]:  # noqa: UP006 - for 3.8
    """Give the marker environment, as the specification of dependency specifiers defines it."""
    info = sys.implementation.version
    version = f"{info.major}.{info.minor}.{info.micro}"
    if info.releaselevel != "final":
        version += info.releaselevel[0] + str(info.serial)
    return {
        "implementation_name": sys.implementation.name,
        "implementation_version": version,
        "os_name": os.name,
        "platform_machine": platform.machine(),
        "platform_python_implementation": platform.python_implementation(),
        "platform_release": platform.release(),
        "platform_system": platform.system(),
        "platform_version": platform.version(),
        "python_full_version": platform.python_version(),
        "python_version": ".".join(platform.python_version_tuple()[:2]),
        "sys_platform": sys.platform,
    }


def tags(folder: str) -> List[str]:  # noqa: UP006 - for 3.8
    """Give the wheel tags, best first, as ``packaging`` computes them here.

    :param folder: the folder of the package; it is loaded by itself, so that nothing beside it can be imported
    """
    spec = importlib.util.spec_from_file_location(
        "packaging",
        os.path.join(folder, "__init__.py"),  # noqa: PTH118 - plain text will do
        submodule_search_locations=[folder],
    )
    assert spec is not None  # noqa: S101 - for the type checker
    assert spec.loader is not None  # noqa: S101 - for the type checker
    package = importlib.util.module_from_spec(spec)
    sys.modules["packaging"] = package
    spec.loader.exec_module(package)
    from packaging.tags import sys_tags  # noqa: PLC0415 - found by the lines above

    return [str(tag) for tag in sys_tags()]


def facts() -> Dict[str, Union[str, bool, None]]:  # noqa: UP006, UP007 - for 3.8
    """Give what the tags of an old interpreter are computed from."""
    debug = sysconfig.get_config_var("Py_DEBUG")
    return {
        "implementation": sys.implementation.name,
        "debug": bool(debug or (debug is None and hasattr(sys, "gettotalrefcount"))),
        "extension_suffix": sysconfig.get_config_var("EXT_SUFFIX"),
        "platform": sysconfig.get_platform(),
        "bits32": struct.calcsize("P") == 4,  # noqa: PLR2004 - bytes of a pointer
        "mac_version": platform.mac_ver()[0],
        "mac_machine": platform.mac_ver()[2],
        "glibc": glibc(),
        "musl": musl() if sys.platform == "linux" and glibc() is None else None,
    }


def glibc() -> Optional[str]:  # noqa: UP045 - for 3.8
    """Give the version of the GNU C library, or None where there is another."""
    try:
        text = os.confstr("CS_GNU_LIBC_VERSION")
    except (AttributeError, OSError, ValueError):
        return None
    return text.split()[-1] if text and text.startswith("glibc") else None


def musl() -> Optional[str]:  # noqa: UP045 - for 3.8
    """Give the version of the musl C library: its loader prints it."""
    for loader in sorted(glob.glob("/lib/ld-musl-*.so.1")):  # noqa: PTH207 - plain text will do
        said = subprocess.run([loader], stderr=subprocess.PIPE, check=False).stderr.decode("utf-8", "replace")
        found = re.search(r"^Version (\d+\.\d+)", said, re.MULTILINE)
        if found:
            return found.group(1)
    return None


def main(folder: str) -> None:
    """Print all of it."""
    new_enough = sys.version_info[:2] > OLDEST
    answer = {
        "markers": markers(),
        "tags": tags(folder) if new_enough else None,
        "facts": None if new_enough else facts(),
        "prefix": sys.prefix,
        "purelib": sysconfig.get_path("purelib"),
        "platlib": sysconfig.get_path("platlib"),
        "scripts": sysconfig.get_path("scripts"),
    }
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
