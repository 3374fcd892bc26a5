"""Errors of gathering, scattering, filling, masks and assignment: PyTorch's type and text, before any
write.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import plugrad


def host(x: Any) -> np.ndarray:
    return np.array(x.tolist(), dtype=np.float64).reshape(tuple(x.shape))


def message(info: pytest.ExceptionInfo[BaseException]) -> str:
    return str(info.value).partition("\nHint")[0]


def errors() -> dict[str, tuple[type[Exception], str, Any]]:
    a = plugrad.tensor(np.arange(6.0, dtype=np.float32).reshape(2, 3))
    t, mask = plugrad.tensor, a > 2
    past, below, four = t([[0, 5, 1]]), t([[0, -1, 1]]), t([[0, 1, 1, 1]])
    bounds = "index 5 is out of bounds for dimension 0 with size 2"
    return {
        "gather dtype": (
            RuntimeError,
            "gather(): Expected dtype int32/int64 for index",
            lambda: a.gather(0, t([[0.0]])),
        ),
        "gather beyond": (RuntimeError, bounds, lambda: a.gather(0, past)),
        "gather below": (RuntimeError, bounds.replace("5", "-1"), lambda: a.gather(0, below)),
        "gather rank": (
            RuntimeError,
            "Index tensor must have the same number of dimensions as input tensor",
            lambda: a.gather(0, t([0])),
        ),
        "gather size": (
            RuntimeError,
            "Size does not match at dimension 1 expected index [1, 4] to be no larger than self [2, 3] "
            "apart from dimension 0",
            lambda: a.gather(0, four),
        ),
        "gather dim": (
            IndexError,
            "Dimension out of range (expected to be in range of [-2, 1], but got 2)",
            lambda: a.gather(2, four),
        ),
        "scatter beyond": (RuntimeError, bounds, lambda: a.scatter(0, past, a)),
        "scatter below": (RuntimeError, bounds.replace("5", "-1"), lambda: a.scatter(0, below, 1.0)),
        "scatter dtype": (
            RuntimeError,
            "scatter(): Expected self.dtype to be equal to src.dtype",
            lambda: a.scatter(0, past, a.double()),
        ),
        "scatter size": (
            RuntimeError,
            "Expected index [1, 4] to be no larger than self [2, 3] apart from dimension 0 and to be no "
            "larger size than src [2, 3]",
            lambda: a.scatter(0, four, a),
        ),
        "scatter overflow": (
            RuntimeError,
            "value cannot be converted to type float without overflow",
            lambda: a.scatter(0, four[:, :3], 1e300),
        ),
        "scatter reduce": (
            RuntimeError,
            "reduce argument must be either add or multiply.",
            lambda: a.scatter(0, four[:, :3], a, reduce="mean"),
        ),
        "scatter_add beyond": (RuntimeError, bounds, lambda: a.scatter_add(0, past, a)),
        "index_select beyond": (IndexError, "index out of range in self", lambda: a.index_select(0, t([5]))),
        "index_select below": (IndexError, "index out of range in self", lambda: a.index_select(0, t([-1]))),
        "index_select rank": (
            IndexError,
            "index_select(): Index is supposed to be a vector",
            lambda: a.index_select(0, t([[0]])),
        ),
        "index_select dtype": (
            RuntimeError,
            "index_select(): Expected dtype int32 or int64 for index",
            lambda: a.index_select(0, t([0.0])),
        ),
        "index_add beyond": (RuntimeError, bounds, lambda: a.index_add(0, t([0, 5]), a)),
        "index_add beyond, 1-d": (
            IndexError,
            "index out of range in self",
            lambda: a[0].index_add(0, t([0, 5]), a[0, :2]),
        ),
        "index_add count": (
            RuntimeError,
            "index_add_(): Number of indices (1) should be equal to source.size(dim): (2), for dim: 0",
            lambda: a.index_add(0, t([0]), a),
        ),
        "index_add slices": (
            RuntimeError,
            "source tensor shape must match self tensor shape, excluding the specified dimension. Got "
            "self.shape = [2, 3] source.shape = [2, 2]",
            lambda: a.index_add(0, t([0, 1]), a[:, :2]),
        ),
        "index_add dtypes": (
            RuntimeError,
            "index_add_(): self (Float) and source (Double) must have the same scalar type",
            lambda: a.index_add(0, t([0, 1]), a.double()),
        ),
        "index_copy beyond": (IndexError, "index_copy_(): " + bounds, lambda: a.index_copy(0, t([0, 5]), a)),
        "index_copy dtype": (
            RuntimeError,
            "index_copy_(): Expected a long tensor for index, but got Float",
            lambda: a.index_copy(0, t([0.0, 1]), a),
        ),
        "index_copy slices": (
            RuntimeError,
            "index_copy_(): Source/destination tensor must have same slice shapes. Destination slice "
            "shape: 3 at dimension 0 and source slice shape: 2 at dimension 0.",
            lambda: a.index_copy(0, t([0, 1]), a[:, :2]),
        ),
        "index_fill beyond": (IndexError, bounds, lambda: a.index_fill(0, t([5]), 0)),
        "index_fill value": (
            RuntimeError,
            "index_fill_ only supports a 0-dimensional value tensor, but got tensor with 1 dimension(s).",
            lambda: a.index_fill(0, t([0]), t([1.0])),
        ),
        "take beyond": (
            IndexError,
            "out of range: tried to access index 6 on a tensor of 6 elements.",
            lambda: a.take(t([6])),
        ),
        "take_along_dim beyond": (
            RuntimeError,
            "index 9 is out of bounds for dimension 0 with size 6",
            lambda: plugrad.take_along_dim(a, t([0, 9])),
        ),
        "take_along_dim shapes": (
            RuntimeError,
            "The size of tensor a (3) must match the size of tensor b (2) at non-singleton dimension 1",
            lambda: plugrad.take_along_dim(a, t([[0, 1]]), 0),
        ),
        "masked_fill mask": (
            RuntimeError,
            "masked_fill_ only supports boolean masks, but got mask with dtype float",
            lambda: a.masked_fill(a, 0),
        ),
        "masked_fill value": (
            RuntimeError,
            "masked_fill_ only supports a 0-dimensional value tensor, but got tensor with 1 dimension(s).",
            lambda: a.masked_fill(mask, t([1.0])),
        ),
        "masked_fill shapes": (
            RuntimeError,
            "The size of tensor a (2) must match the size of tensor b (3) at non-singleton dimension 1",
            lambda: a.masked_fill(t([True, False]), 0),
        ),
        "masked_select mask": (
            RuntimeError,
            "masked_select: expected BoolTensor for mask",
            lambda: a.masked_select(a),
        ),
        "index_put dtypes": (
            RuntimeError,
            "Index put requires the source and destination dtypes match, got Float for the destination and "
            "Long for the source.",
            lambda: a.index_put((t([0]),), t(1)),
        ),
        "index_put shapes": (
            RuntimeError,
            "shape mismatch: value tensor of shape [2] cannot be broadcast to indexing result of shape [1, 3]",
            lambda: a.index_put((t([0]),), t([1.0, 2.0])),
        ),
        "narrow": (
            RuntimeError,
            "start (1) + length (5) exceeds dimension size (2).",
            lambda: a.narrow(0, 1, 5),
        ),
        "select": (
            IndexError,
            "select(): index 5 out of range for tensor of size [2, 3] at dimension 0",
            lambda: a.select(0, 5),
        ),
    }


@pytest.mark.parametrize("name", errors())
def test_errors(name: str) -> None:
    kind, text, mistake = errors()[name]
    with pytest.raises(kind) as info:
        mistake()
    assert type(info.value) is kind
    assert message(info) == text


def test_assignment_errors(device: str) -> None:
    x = plugrad.tensor(np.zeros((2, 3), dtype=np.float32), device=device)
    y = plugrad.tensor(np.ones((2, 3), dtype=np.float32), device=device)
    cases = [
        (0, "a", TypeError, "can't assign a str to a plugrad.FloatTensor"),
        (0, [1.0, 2.0, 3.0], TypeError, "can't assign a list to a plugrad.FloatTensor"),
        ((0, 0), 5j, RuntimeError, "value cannot be converted to type float without overflow"),
        ((0, 0), 1e300, RuntimeError, "value cannot be converted to type float without overflow"),
        (
            0,
            y[0, :2],
            RuntimeError,
            "The expanded size of the tensor (3) must match the existing size (2) at non-singleton "
            "dimension 0.  Target sizes: [3].  Tensor sizes: [2]",
        ),
        (
            0,
            y,
            RuntimeError,
            "expand(plugrad.FloatTensor{[2, 3]}, size=[3]): the number of sizes provided (1) must be "
            "greater or equal to the number of dimensions in the tensor (2)",
        ),
        (
            [0, 1],
            y[0, :2],
            RuntimeError,
            "shape mismatch: value tensor of shape [2] cannot be broadcast to indexing result of shape [2, 3]",
        ),
        (
            [0, 1],
            y.double(),
            RuntimeError,
            "Index put requires the source and destination dtypes match, got Float for the destination and "
            "Double for the source.",
        ),
    ]
    for key, value, kind, text in cases:
        with pytest.raises(kind) as info:
            x[key] = value
        assert message(info) == text
    assert not host(x).any()
    assert x._version == 0
