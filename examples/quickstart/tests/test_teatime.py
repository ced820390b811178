import pytest
from teatime import drawing_time


@pytest.mark.parametrize(("tea", "words"), [("green", "2 minutes"), ("black", "4 minutes"), ("herbal", "8 minutes")])
def test_the_drawing_time_in_words(tea: str, words: str) -> None:
    assert drawing_time(tea) == words
