import gc

import pytest

from docplatform.ocr.collecting import uncollected


def _fail():
    with uncollected():
        with uncollected():
            assert not gc.isenabled()
        assert not gc.isenabled()
        raise ValueError("a bad page")


def test_garbage_is_searched_for_again_afterwards_whatever_happens():
    assert gc.isenabled()
    with pytest.raises(ValueError, match="a bad page"):
        _fail()
    assert gc.isenabled()
