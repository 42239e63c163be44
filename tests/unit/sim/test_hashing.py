from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri

from usd_ai.sim import hashing

SIGNED = st.integers(-(2**63), 2**63 - 1)
MANY = np.arange(200_000, dtype=np.int64)


@settings(deadline=None)  # the first call compiles
@given(seed=SIGNED, element=SIGNED, salt=SIGNED)
def test_when_numpy_and_numba_hash_the_same_thing_then_every_bit_agrees(seed: int, element: int, salt: int) -> None:
    ids = np.array([element], dtype=np.int64)
    assert int(hashing.hash64(seed, ids, salt)[0]) == int(hashing.hash64_scalar(seed, element, salt))
    assert hashing.uniform(seed, ids, salt)[0] == hashing.uniform_scalar(seed, element, salt)
    assert hashing.normal(seed, ids, salt)[0] == hashing.normal_scalar(seed, element, salt)


def test_when_the_hash_is_pinned_then_no_release_or_machine_may_change_it() -> None:
    words = hashing.hash64(7, np.array([0, 1, -1, 2**62]), 5)
    assert [f"{int(word):016x}" for word in words] == PINNED_WORDS
    assert hashing.normal(7, np.arange(3), 5).tolist() == [float.fromhex(value) for value in PINNED_NORMALS]


def test_when_ids_come_in_another_order_or_alone_then_each_keeps_its_value() -> None:
    whole = hashing.uniform(3, MANY, 1)
    assert np.array_equal(hashing.uniform(3, MANY[::-1], 1), whole[::-1])
    assert hashing.uniform(3, np.array(4711), 1) == whole[4711]


def test_when_many_uniforms_are_drawn_then_they_fill_the_unit_interval_evenly() -> None:
    values = hashing.uniform(11, MANY, 9)
    counts, _ = np.histogram(values, bins=256, range=(0.0, 1.0))
    chi_square = float(((counts - MANY.size / 256) ** 2).sum() / (MANY.size / 256))
    assert 170 < chi_square < 350  # 255 degrees of freedom, about five standard deviations
    assert values.min() >= 0.0
    assert values.max() < 1.0


@pytest.mark.parametrize(("other_seed", "other_salt"), [(12, 9), (11, 10), (10, 10)])
def test_when_seed_or_salt_differ_then_the_streams_are_unrelated(other_seed: int, other_salt: int) -> None:
    one, other = hashing.uniform(11, MANY, 9), hashing.uniform(other_seed, MANY, other_salt)
    assert abs(float(np.corrcoef(one, other)[0, 1])) < 0.012


def test_when_neighbouring_ids_are_compared_then_they_are_unrelated() -> None:
    values = hashing.uniform(11, MANY, 9)
    for lag in (1, 2, 8, 256, 65_536):
        assert abs(float(np.corrcoef(values[:-lag], values[lag:])[0, 1])) < 0.015


def test_when_normals_are_drawn_then_they_are_the_quantiles_of_the_uniforms() -> None:
    expected = ndtri(hashing.uniform(5, MANY, 2) + 2.0**-54)
    assert np.abs(hashing.normal(5, MANY, 2) - expected).max() < 1e-13
    for share in (1e-15, 1e-10, 0.07, 0.0751, 0.5, 0.93, 1.0 - 1e-12):
        assert hashing.normal_quantile_scalar(share) == pytest.approx(ndtri(share), rel=1e-9, abs=1e-15)


def test_when_three_uniforms_are_drawn_then_the_axes_are_independent() -> None:
    points = hashing.uniform3(5, MANY, 2)
    assert points.shape == (MANY.size, 3)
    assert np.abs(np.corrcoef(points.T) - np.eye(3)).max() < 0.012


@given(value=st.integers(-(2**70), 2**70))
def test_when_a_large_seed_is_folded_then_its_64_bits_stay(value: int) -> None:
    folded = hashing.signed64(value)
    assert -(2**63) <= folded < 2**63
    assert np.array_equal(hashing.hash64(folded, MANY[:4], 1), hashing.hash64(value, MANY[:4], 1))


def test_when_another_process_with_another_hash_seed_draws_then_it_gets_the_same_bits() -> None:
    program = (
        "import numpy as np; from usd_ai.sim import hashing as h;"
        "print(h.normal(9, np.arange(50), h.salt('a')).tobytes().hex())"
    )
    answers = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for hash_seed in ("0", "1")
    }
    assert answers == {hashing.normal(9, np.arange(50), hashing.salt("a")).tobytes().hex()}


PINNED_WORDS = ["2da0d711bd35d7b6", "ae7fbbd5e2cdb1f0", "c6f14e3fec7a0271", "417cc1b533cbbc5e"]
PINNED_NORMALS = ["-0x1.d81edd6a3522fp-1", "0x1.e39d64b234c2bp-2", "0x1.3b54695775d6ap-4"]
