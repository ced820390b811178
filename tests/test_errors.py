"""What holds for every error, however it is told or carried."""

from __future__ import annotations

import copy
import pickle
from typing import TYPE_CHECKING

import pytest

from lockhouse.errors import ArtifactUnavailableError, ConfigError
from lockhouse.project.answers import of_error
from tests.model.making import spec

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockhouse.errors import LockhouseError


class OwnArgumentsError(ConfigError):
    """An error of a plugin, which is made from other arguments than ours."""

    def __init__(self, package: str, *, licence: str) -> None:
        super().__init__(f"{package} is under {licence}", why="no such licence is allowed", fix=f"drop {package}")
        self.licence = licence


ERRORS: list[LockhouseError] = [
    ArtifactUnavailableError(
        "a.whl cannot be fetched", why=["it is down"], fix="wait", host_fault="host cannot be reached"
    ),
    OwnArgumentsError("demo", licence="none"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.code)
@pytest.mark.parametrize("carry", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))], ids=["copy", "pickle"])  # noqa: S301
def test_an_error_keeps_all_that_it_knows_where_it_is_carried(
    error: LockhouseError, carry: Callable[[LockhouseError], LockhouseError]
) -> None:
    carried = carry(error)
    assert carried is not error
    assert type(carried) is type(error)
    assert vars(carried) == vars(error)
    assert (str(carried), carried.args) == (str(error), error.args)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.code)
def test_an_error_keeps_all_that_it_knows_where_it_is_told_with_its_place(error: LockhouseError) -> None:
    before = dict(vars(error))
    told = error.within("here")
    assert type(told) is type(error)
    assert vars(told) == before | {"what": f"here: {error.what}"}
    assert told.args == (told.what,)
    assert vars(error) == before


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.code)
def test_an_error_keeps_all_that_it_knows_in_an_answer(error: LockhouseError) -> None:
    answered = of_error(spec(), error, {}).error
    assert answered is not None
    assert type(answered) is type(error)
    assert vars(answered) == vars(error) | {"what": f'environment "tests": {error.what}'}


def test_an_answer_hides_what_is_secret_in_the_variables_that_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_INDEX_MINE_PASSWORD", "hunter22")
    error = ConfigError("hunter22 and s3cret99", why=["s3cret99 is wrong"], fix="forget s3cret99")
    answered = of_error(spec(), error, {"PIP_INDEX_URL": "https://me:s3cret99@index.example/simple"}).error
    assert "s3cret99" not in str(answered)
    assert "hunter22" in str(answered), "the variables of a project need not be those of this process"
