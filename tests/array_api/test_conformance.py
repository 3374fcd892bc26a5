"""Every function of the standard, on arguments that Hypothesis draws, beside array-api-strict: dtype, shape, values.

On the chosen backend.
"""

from __future__ import annotations

import array_api_strict as strict
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import plugrad
import plugrad.array_api as xp
from tests.array_api.calls import BY_HAND, CALLS
from tests.array_api.draws import Dtype

STANDARD = sorted(
    name
    for name in strict.__all__
    if callable(getattr(strict, name))
    and name not in {"broadcast_shapes", "isin"}  # of the version after
    and not name.endswith(("_flags", "Flags", "Device"))
    and not isinstance(getattr(strict, name), type(strict.float32))
)

UNDEFINED_VALUES = {"empty", "empty_like"}


def test_every_function_is_called():
    assert set(STANDARD) == set(CALLS) | BY_HAND


def ours(value, device):
    if isinstance(value, np.ndarray):
        return plugrad.tensor(np.array(value), device=device)
    if isinstance(value, Dtype):
        return getattr(xp, value.name)
    if isinstance(value, list) or (isinstance(value, tuple) and value and isinstance(value[0], np.ndarray)):
        return type(value)(ours(v, device) for v in value)
    return value


def theirs(value):
    if isinstance(value, np.ndarray):
        return strict.asarray(value)
    if isinstance(value, Dtype):
        return getattr(strict, value.name)
    if isinstance(value, list) or (isinstance(value, tuple) and value and isinstance(value[0], np.ndarray)):
        return type(value)(theirs(v) for v in value)
    return value


def host(value):
    return np.asarray(value.numpy(force=True) if isinstance(value, plugrad.Tensor) else value)


def compare(name, found, expected, args=()):
    if isinstance(expected, (tuple, list)):
        assert isinstance(found, (tuple, list))
        if hasattr(expected, "_fields"):
            assert found._fields == expected._fields
        for a, b in zip(found, expected, strict=True):
            compare(name, a, b)
        return
    assert isinstance(found, plugrad.Tensor)
    a, b = host(found), host(expected)
    assert a.dtype == b.dtype
    assert a.shape == b.shape
    if name in UNDEFINED_VALUES:
        return
    if name == "floor_divide" and not all(np.isfinite(x).all() for x in args):
        # array-api-strict's are NumPy's, rounded as in Python; the standard's values are in test_special_cases.py.
        return
    if a.dtype.kind in "fc":
        precision = 2e-5 if a.dtype.name in ("float32", "complex64") else 1e-11
        scale = np.max(np.abs(b), initial=0, where=np.isfinite(b))
        np.testing.assert_allclose(a, b, rtol=precision, atol=precision * float(scale))
        if a.dtype.kind == "f" and not name.startswith("unique"):
            assert np.array_equal(np.signbit(a)[a == 0], np.signbit(b)[a == 0]), "the signs of zeros differ"
    else:
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("name", sorted(CALLS))
@given(data=st.data())
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_as_array_api_strict(name, device, data):
    call = data.draw(CALLS[name])
    with np.errstate(all="ignore"):
        expected = getattr(strict, name)(*map(theirs, call.args), **{k: theirs(v) for k, v in call.options.items()})
    with plugrad.device(device):
        args = [ours(value, device) for value in call.args]
        found = getattr(xp, name)(*args, **{k: ours(v, device) for k, v in call.options.items()})
    compare(name, found, expected, call.args)
