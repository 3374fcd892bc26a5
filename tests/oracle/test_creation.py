"""Tensors made from nothing, from numbers and from arrays: dtype, shape and numbers are PyTorch's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.oracle.harness import assert_no_difference, sample

F32 = np.arange(6, dtype=np.float32).reshape(2, 3)
Make = Callable[[Any], Any]

CREATED: dict[str, dict[str, Make]] = {
    "tensor": {
        "number": lambda t: t.tensor(1.5),
        "integer": lambda t: t.tensor(3),
        "boolean": lambda t: t.tensor(True),
        "list": lambda t: t.tensor([[1, 2], [3, 4]]),
        "mixed numbers": lambda t: t.tensor([1, 2.5]),
        "booleans and integers": lambda t: t.tensor([True, 2]),
        "tuple": lambda t: t.tensor(((1.0,), (2.0,))),
        "nothing": lambda t: t.tensor([]),
        "nested nothing": lambda t: t.tensor([[], []]),
        "dtype": lambda t: t.tensor([1, 2], dtype=t.float64),
        "truncated": lambda t: t.tensor([1.7, -1.7], dtype=t.int64),
        "array": lambda t: t.tensor(np.arange(3.0)),
        "float32 array": lambda t: t.tensor(F32),
        "strided array": lambda t: t.tensor(F32.T),
        "reversed array": lambda t: t.tensor(F32[::-1].copy()),
        "array of booleans": lambda t: t.tensor(np.array([True, False])),
        "array of no dimension": lambda t: t.tensor(np.array(2, dtype=np.int32)),
        "NumPy scalar": lambda t: t.tensor(np.float32(2.5)),
        "NumPy integers": lambda t: t.tensor([np.int64(1), np.int64(2)]),
        "list of arrays": lambda t: t.tensor([[1.0, 2.0], [3.0, 4.0]]),
        "list of tensors": lambda t: t.tensor([t.tensor(1.0), t.tensor(2.0)]),
        "range": lambda t: t.tensor(range(4)),
        "special": lambda t: t.tensor([float("nan"), float("inf"), -float("inf"), -0.0]),
        "large integers": lambda t: t.tensor([2**62, -(2**63)]),
        "float16": lambda t: t.tensor([1.0, 65504.0], dtype=t.float16),
    },
    "as_tensor": {
        "list": lambda t: t.as_tensor([1, 2]),
        "array": lambda t: t.as_tensor(F32),
        "tensor": lambda t: t.as_tensor(t.ones(2)),
        "dtype": lambda t: t.as_tensor([1, 2], dtype=t.float32),
        "cast": lambda t: t.as_tensor(t.ones(2), dtype=t.int64),
        "number": lambda t: t.as_tensor(2.5),
    },
    "from_numpy": {
        dtype: lambda t, dtype=dtype: t.from_numpy(F32.astype(dtype))
        for dtype in ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"]
    }
    | {"strided": lambda t: t.from_numpy(F32.copy().T), "empty": lambda t: t.from_numpy(np.zeros((0, 3)))},
    "zeros": {
        "sizes": lambda t: t.zeros(2, 3),
        "shape": lambda t: t.zeros((2, 3)),
        "list": lambda t: t.zeros([2]),
        "size": lambda t: t.zeros(t.ones(2, 3).shape),
        "keyword": lambda t: t.zeros(size=(2,)),
        "nothing": lambda t: t.zeros(()),
        "none of some": lambda t: t.zeros(0, 3),
        "dtype": lambda t: t.zeros(2, dtype=t.int32),
        "boolean": lambda t: t.zeros(2, dtype=t.bool),
    },
    "ones": {
        "sizes": lambda t: t.ones(2, 3),
        "shape": lambda t: t.ones((2,)),
        "dtype": lambda t: t.ones(2, dtype=t.bool),
    },
    "full": {
        "float": lambda t: t.full((2, 3), 2.5),
        "integer": lambda t: t.full((2,), 3),
        "boolean": lambda t: t.full((2,), True),
        "dtype": lambda t: t.full((2,), 3, dtype=t.float64),
        "nothing": lambda t: t.full((), 1.0),
    },
    "empty": {
        "shape": lambda t: t.zeros_like(t.empty(2, 3)),
        "dtype": lambda t: t.zeros_like(t.empty((2,), dtype=t.int64)),
    },
    "arange": {
        "integers": lambda t: t.arange(5),
        "from": lambda t: t.arange(2, 5),
        "steps": lambda t: t.arange(1, 10, 3),
        "backwards": lambda t: t.arange(5, 0, -2),
        "floats": lambda t: t.arange(3.0),
        "mixed": lambda t: t.arange(0, 1, 0.25),
        "awkward step": lambda t: t.arange(0.0, 1.0, 0.1),
        "nothing": lambda t: t.arange(0),
        "dtype": lambda t: t.arange(4, dtype=t.float64),
        "keywords": lambda t: t.arange(start=1, end=4, step=2),
        "float to integer": lambda t: t.arange(0.5, 4.0, dtype=t.int64),
    },
    "linspace": {
        "five": lambda t: t.linspace(0, 1, 5),
        "one": lambda t: t.linspace(3, 9, 1),
        "none": lambda t: t.linspace(3, 9, 0),
        "down": lambda t: t.linspace(1, -1, 7),
        "float64": lambda t: t.linspace(0, 1, 11, dtype=t.float64),
        "keywords": lambda t: t.linspace(start=0, end=10, steps=3),
    },
    "logspace": {
        "five": lambda t: t.logspace(0, 2, 5),
        "base": lambda t: t.logspace(0, 4, 3, base=2.0, dtype=t.float64),
    },
    "bartlett_window": {
        "periodic": lambda t: t.bartlett_window(7),
        "symmetric": lambda t: t.bartlett_window(8, False),
        "float64": lambda t: t.bartlett_window(400, dtype=t.float64),
        "one": lambda t: t.bartlett_window(1),
        "nothing": lambda t: t.bartlett_window(0),
    },
    "blackman_window": {
        "periodic": lambda t: t.blackman_window(7),
        "symmetric": lambda t: t.blackman_window(8, False),
        "float64": lambda t: t.blackman_window(400, dtype=t.float64),
        "one": lambda t: t.blackman_window(1),
        "nothing": lambda t: t.blackman_window(0),
    },
    "hamming_window": {
        "periodic": lambda t: t.hamming_window(7),
        "symmetric": lambda t: t.hamming_window(8, False),
        "float64": lambda t: t.hamming_window(400, dtype=t.float64),
        "one": lambda t: t.hamming_window(1),
        "nothing": lambda t: t.hamming_window(0),
        "options": lambda t: t.hamming_window(6, True, 0.5, 0.4),
    },
    "hann_window": {
        "periodic": lambda t: t.hann_window(7),
        "symmetric": lambda t: t.hann_window(8, False),
        "float64": lambda t: t.hann_window(400, dtype=t.float64),
        "one": lambda t: t.hann_window(1),
        "nothing": lambda t: t.hann_window(0),
    },
    "kaiser_window": {
        "periodic": lambda t: t.kaiser_window(7),
        "symmetric": lambda t: t.kaiser_window(8, False),
        "float64": lambda t: t.kaiser_window(400, dtype=t.float64),
        "one": lambda t: t.kaiser_window(1),
        "nothing": lambda t: t.kaiser_window(0),
        "option": lambda t: t.kaiser_window(6, True, 3.5),
    },
    "scalar_tensor": {
        "number": lambda t: t.scalar_tensor(2.5),
        "dtype": lambda t: t.scalar_tensor(2, dtype=t.int64),
    },
    "tril_indices": {
        "square": lambda t: t.tril_indices(3, 3),
        "offset": lambda t: t.tril_indices(3, 4, 1),
    },
    "triu_indices": {
        "square": lambda t: t.triu_indices(3, 3),
        "offset": lambda t: t.triu_indices(4, 3, -1),
    },
    "asarray": {
        "list": lambda t: t.asarray([1, 2]),
        "array": lambda t: t.asarray(F32.copy()),
        "tensor": lambda t: t.asarray(t.ones(2), dtype=t.float64),
    },
    "from_dlpack": {
        "array": lambda t: t.from_dlpack(F32.copy()),
        "tensor": lambda t: t.from_dlpack(t.ones(2)),
    },
    "eye": {
        "square": lambda t: t.eye(3),
        "wide": lambda t: t.eye(2, 4),
        "tall": lambda t: t.eye(4, 2),
        "dtype": lambda t: t.eye(2, dtype=t.int64),
        "nothing": lambda t: t.eye(0),
    },
    "zeros_like": {
        "like": lambda t: t.zeros_like(t.ones(2, 3, dtype=t.float64)),
        "dtype": lambda t: t.zeros_like(t.ones(2), dtype=t.int64),
    },
    "ones_like": {
        "like": lambda t: t.ones_like(t.tensor([1, 2])),
        "dtype": lambda t: t.ones_like(t.ones(2), dtype=t.bool),
    },
    "full_like": {
        "like": lambda t: t.full_like(t.ones(2, 3), 7),
        "integer": lambda t: t.full_like(t.tensor([1, 2]), 7),
        "dtype": lambda t: t.full_like(t.ones(2), 7, dtype=t.int64),
    },
    "empty_like": {
        "like": lambda t: t.empty_like(t.ones(2, 3, dtype=t.int64)) * 0,
        "dtype": lambda t: t.empty_like(t.ones(2), dtype=t.int32) * 0,
    },
    "promote_types": {
        "pair": lambda t: t.zeros(1, dtype=t.promote_types(t.int64, t.float32)),
    },
    "result_type": {
        "tensors": lambda t: t.zeros(1, dtype=t.result_type(t.ones(1), t.tensor(1.0, dtype=t.float64))),
        "number": lambda t: t.zeros(1, dtype=t.result_type(t.tensor([1]), 1.5)),
    },
    "new methods": {
        "new_zeros": lambda t: t.ones(2, dtype=t.float64).new_zeros(3),
        "new_ones": lambda t: t.tensor([1]).new_ones((2, 2)),
        "new_full": lambda t: t.ones(2).new_full((2,), 3),
        "new_tensor": lambda t: t.ones(2, dtype=t.float64).new_tensor([1, 2]),
        "new_empty": lambda t: t.tensor([1]).new_empty((2,)) * 0,
    },
}

CASES = [pytest.param(make, id=f"{name}-{case}") for name, group in CREATED.items() for case, make in group.items()]


@pytest.mark.parametrize("make", CASES)
def test_created_tensor(make: Make) -> None:
    assert_no_difference(lambda lib: make(lib), iter([sample()]), "float32")


def test_default_dtype() -> None:
    def under_float64(lib: Any) -> Any:
        lib.set_default_dtype(lib.float64)
        try:
            assert lib.get_default_dtype() == lib.float64
            return lib.tensor(1.5), lib.zeros(2), lib.arange(3.0), lib.tensor([1]) / 2, lib.tensor(1)
        finally:
            lib.set_default_dtype(lib.float32)

    assert_no_difference(under_float64, iter([sample()]), "float64")


def test_memory_is_shared_or_not() -> None:
    def edited(lib: Any) -> Any:
        array = np.zeros(2, dtype=np.float32)
        shared, copied, taken = lib.from_numpy(array), lib.tensor(array), lib.as_tensor(array)
        array[0] = 5
        back = shared.numpy()
        back[1] = 7
        return shared, copied, taken, lib.tensor(array.tolist())

    assert_no_difference(edited, iter([sample()]), "float32")
