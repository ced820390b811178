"""``lockhouse.nox.session``: ``nox.session`` that checks and installs before the session runs."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, TypeAlias, overload

import nox

from lockhouse.nox.declaration import ATTRIBUTE, Declaration, variants

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Unpack

    from nox._decorators import Func

    from lockhouse.nox.keywords import SessionKeywords

    SessionFunction: TypeAlias = Callable[..., Any]


@overload
def session(func: SessionFunction | Func, /) -> Func: ...


@overload
def session(func: None = None, /, **keywords: Unpack[SessionKeywords]) -> Callable[[SessionFunction | Func], Func]: ...


def session(func: SessionFunction | Func | None = None, /, **keywords: Any) -> Any:
    """Declare a nox session whose environment holds exactly what its lock says.

    A drop-in for ``nox.session``, with and without parentheses: it takes all of nox's keywords, and those of an
    environment (``groups``, ``extras``, ``requirements``, ``project`` and the others of the settings). Strings of the
    inputs may hold ``{parameter}``, which ``nox.parametrize`` fills. Nothing is read before the session runs.

    :param func: the session's function, where the decorator has no parentheses
    :param keywords: ``environment`` names an environment of ``pyproject.toml`` and excludes other inputs; without any
        input the environment of the session's own name is taken. ``on_install`` says what an install inside of the
        session does: ``"refuse"`` (as it stands), ``"warn"`` or ``"allow"``
    """
    if func is None:
        return functools.partial(session, **keywords)
    function: SessionFunction = getattr(func, "func", func)  # of a Func, as nox does
    nox_names = _nox_names()
    ours = {key: value for key, value in keywords.items() if key not in nox_names}
    code = getattr(function, "__code__", None)
    declaration = Declaration(
        name=keywords.get("name") or function.__name__,
        file="noxfile.py" if code is None else code.co_filename,
        line=1 if code is None else code.co_firstlineno,
        keywords=ours,
        nox_names=nox_names,
        python=keywords.get("python", keywords.get("py")),
    )

    @functools.wraps(function)
    def locked(given: nox.Session, *args: Any, **parameters: Any) -> Any:
        prepared = _prepare(given, registered, declaration, parameters)
        return function(prepared, *args, **parameters)

    setattr(locked, ATTRIBUTE, declaration)
    registered = nox.session(locked, **{key: value for key, value in keywords.items() if key in nox_names})
    return registered


@functools.cache
def _nox_names() -> tuple[str, ...]:
    import inspect  # noqa: PLC0415 - nox has it loaded

    return tuple(name for name in inspect.signature(nox.session).parameters if name != "func")


def _prepare(given: nox.Session, function: Func, declaration: Declaration, parameters: dict[str, Any]) -> nox.Session:
    """Check the lock and bring the environment in line with it, or end the session with the error."""
    from lockhouse.nox import running  # noqa: PLC0415 - keeps `nox --list` fast

    variant = next((each for each in variants(function, declaration) if each.parameters == parameters), None)
    if variant is None:  # called by hand with other parameters
        variant = variants(function, declaration)[0]
    try:
        return running.prepare(given, declaration, variant)
    except Exception as error:
        import os  # noqa: PLC0415 - errors only

        from lockhouse.errors import LockhouseError  # noqa: PLC0415 - errors only

        if not isinstance(error, LockhouseError):
            raise
        from lockhouse.model.redaction import hide_environ  # noqa: PLC0415 - errors only

        # nox goes on in the same line, after what may be a command to paste
        given.error(f"{hide_environ(str(error), os.environ)}\n")
