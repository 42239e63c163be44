from __future__ import annotations

import numpy as np
import pytest

from usd_ai.stage.canvas_repeats import told_once


@pytest.mark.parametrize("width", [1, 2, 3])
@pytest.mark.parametrize("kind", [np.float32, np.float16, np.float64])
def test_when_rows_repeat_then_each_is_told_once_in_the_order_of_numpy(width: int, kind: type) -> None:
    rng = np.random.default_rng(3)
    rows = rng.integers(-40, 40, (5000, width)).astype(kind)
    rows[::7] *= -0.0  # another zero has other bits
    rows[5] = np.nan
    rows = rows[rng.integers(0, 300, 5000)]
    found = told_once(rows, 2000)
    assert found is not None
    first, which = found
    assert rows[first][which].tobytes() == rows.tobytes()
    names = np.ascontiguousarray(rows, kind if kind is not np.float16 else np.float32)
    bits = names.view(np.dtype((np.void, names.itemsize * width))).ravel()
    _, wanted, spread = np.unique(bits, return_index=True, return_inverse=True)
    assert first.tolist() == wanted.tolist()
    assert which.tolist() == spread.tolist()


def test_when_rows_hardly_repeat_then_they_stay_as_they_are() -> None:
    rows = np.arange(3000, dtype=np.float32).reshape(-1, 3)
    assert told_once(rows, 333) is None
    assert told_once(rows, 1000) is not None
