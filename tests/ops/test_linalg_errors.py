"""Factors that do not fit: PyTorch's exceptions and texts, on the chosen backend."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import plugrad
import plugrad.nn.functional as F
from plugrad import addmm, addmv, addr, baddbmm, bmm, dot, inner, mm, mv, outer, tensordot, vdot

Make = Callable[..., Any]

CASES: dict[str, tuple[type[Exception], str, Callable[[Make, Make], Any]]] = {
    # `o` makes ones of float32, `d` of float64.
    "mm": (RuntimeError, "mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)", lambda o, d: mm(o(2, 3), o(2, 3))),
    "mm rank": (RuntimeError, "self must be a matrix", lambda o, d: mm(o(2, 3, 4), o(4, 3))),
    "mm rank of the other": (RuntimeError, "mat2 must be a matrix", lambda o, d: mm(o(2, 3), o(4, 3, 2))),
    "mm dtype": (
        RuntimeError,
        "expected m1 and m2 to have the same dtype, but got: float != double",
        lambda o, d: mm(o(2, 3), d(3, 2)),
    ),
    "mm of a number": (
        TypeError,
        "mm(): argument 'mat2' (position 2) must be Tensor, not int",
        lambda o, d: mm(o(2, 2), 3),
    ),
    "bmm": (
        RuntimeError,
        "Expected size for first two dimensions of batch2 tensor to be: [2, 4] but got: [2, 3].",
        lambda o, d: bmm(o(2, 3, 4), o(2, 3, 4)),
    ),
    "bmm height": (
        RuntimeError,
        "Expected size for first two dimensions of batch2 tensor to be: [2, 4] but got: [3, 4].",
        lambda o, d: bmm(o(2, 3, 4), o(3, 4, 4)),
    ),
    "bmm rank": (RuntimeError, "batch1 must be a 3D tensor", lambda o, d: bmm(o(2, 3), o(3, 2))),
    "bmm rank of the other": (RuntimeError, "batch2 must be a 3D tensor", lambda o, d: bmm(o(2, 3, 4), o(3, 2))),
    "bmm dtype": (
        RuntimeError,
        "expected scalar type Float but found Double",
        lambda o, d: bmm(o(2, 3, 4), d(2, 4, 4)),
    ),
    "mv": (RuntimeError, "size mismatch, got input (2), mat (2x3), vec (2)", lambda o, d: mv(o(2, 3), o(2))),
    "mv rank": (RuntimeError, "vector + matrix @ vector expected, got 1, 1, 1", lambda o, d: mv(o(2), o(2))),
    "mv dtype": (
        RuntimeError,
        "addmv input tensors must have the same dtype, but got Double, Float, and Double",
        lambda o, d: mv(o(2, 3), d(3)),
    ),
    "dot": (
        RuntimeError,
        "inconsistent tensor size, expected tensor [2] and src [3] to have the same number of elements, but got 2 and "
        "3 elements respectively",
        lambda o, d: dot(o(2), o(3)),
    ),
    "dot rank": (RuntimeError, "1D tensors expected, but got 2D and 2D tensors", lambda o, d: dot(o(2, 2), o(2, 2))),
    "dot dtype": (
        RuntimeError,
        "dot : expected both vectors to have same dtype, but found Float and Double",
        lambda o, d: dot(o(2), d(2)),
    ),
    "dot of a number": (
        TypeError,
        "dot(): argument 'tensor' (position 2) must be Tensor, not int",
        lambda o, d: dot(o(2), 3),
    ),
    "vdot": (
        RuntimeError,
        "inconsistent tensor size, expected tensor [2] and src [3] to have the same number of elements, but got 2 and "
        "3 elements respectively",
        lambda o, d: vdot(o(2), o(3)),
    ),
    "matmul": (RuntimeError, "mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)", lambda o, d: o(2, 3) @ o(2, 3)),
    "matmul of a stack and a matrix": (
        RuntimeError,
        "mat1 and mat2 shapes cannot be multiplied (6x4 and 3x4)",
        lambda o, d: o(2, 3, 4) @ o(3, 4),
    ),
    "matmul of a matrix and a stack": (
        RuntimeError,
        "mat1 and mat2 shapes cannot be multiplied (8x3 and 2x2)",
        lambda o, d: o(2, 2) @ o(4, 3, 2),
    ),
    "matmul of a matrix and a vector": (
        RuntimeError,
        "size mismatch, got input (2), mat (2x3), vec (2)",
        lambda o, d: o(2, 3) @ o(2),
    ),
    "matmul of a vector and a matrix": (
        RuntimeError,
        "mat1 and mat2 shapes cannot be multiplied (1x2 and 3x2)",
        lambda o, d: o(2) @ o(3, 2),
    ),
    "matmul of a vector and a stack": (
        RuntimeError,
        "size mismatch, got input (8), mat (8x3), vec (2)",
        lambda o, d: o(2) @ o(4, 3, 2),
    ),
    "matmul of a stack and a vector": (
        RuntimeError,
        "size mismatch, got input (6), mat (6x4), vec (3)",
        lambda o, d: o(2, 3, 4) @ o(3),
    ),
    "matmul of vectors": (
        RuntimeError,
        "inconsistent tensor size, expected tensor [2] and src [3] to have the same number of elements, but got 2 and "
        "3 elements respectively",
        lambda o, d: o(2) @ o(3),
    ),
    "matmul of stacks": (
        RuntimeError,
        "Expected size for first two dimensions of batch2 tensor to be: [2, 4] but got: [2, 3].",
        lambda o, d: o(2, 3, 4) @ o(2, 3, 4),
    ),
    "matmul of stacks that do not broadcast": (
        RuntimeError,
        "The size of tensor a (2) must match the size of tensor b (3) at non-singleton dimension 1",
        lambda o, d: o(5, 2, 3, 4) @ o(3, 4, 2),
    ),
    "matmul of a number on the left": (
        RuntimeError,
        "both arguments to matmul need to be at least 1D, but they are 0D and 1D",
        lambda o, d: o() @ o(3),
    ),
    "matmul of a number on the right": (
        RuntimeError,
        "both arguments to matmul need to be at least 1D, but they are 2D and 0D",
        lambda o, d: o(2, 2) @ o(),
    ),
    "matmul of numbers": (
        RuntimeError,
        "both arguments to matmul need to be at least 1D, but they are 0D and 0D",
        lambda o, d: o() @ o(),
    ),
    "matmul dtype": (
        RuntimeError,
        "expected m1 and m2 to have the same dtype, but got: double != float",
        lambda o, d: d(2, 3) @ o(3, 3),
    ),
    "matmul dtype of stacks": (
        RuntimeError,
        "expected scalar type Float but found Double",
        lambda o, d: o(2, 3, 4) @ d(2, 4, 4),
    ),
    "matmul of nothing": (
        TypeError,
        "matmul(): argument 'other' (position 2) must be Tensor, not NoneType",
        lambda o, d: plugrad.matmul(o(2), None),
    ),
    "linear": (
        RuntimeError,
        "mat1 and mat2 shapes cannot be multiplied (2x5 and 3x4)",
        lambda o, d: F.linear(o(2, 5), o(4, 3), o(4)),
    ),
    "linear of a stack": (
        RuntimeError,
        "mat1 and mat2 shapes cannot be multiplied (4x5 and 3x4)",
        lambda o, d: F.linear(o(2, 2, 5), o(4, 3), o(4)),
    ),
    "linear of a vector": (
        RuntimeError,
        "mat1 and mat2 shapes cannot be multiplied (1x5 and 3x4)",
        lambda o, d: F.linear(o(5), o(4, 3)),
    ),
    "linear of a number": (
        RuntimeError,
        "both arguments to linear need to be at least 1D, but they are 0D and 2D",
        lambda o, d: F.linear(o(), o(4, 3)),
    ),
    "linear bias": (
        RuntimeError,
        "The expanded size of the tensor (4) must match the existing size (5) at non-singleton dimension 1.  Target "
        "sizes: [2, 4].  Tensor sizes: [5]",
        lambda o, d: F.linear(o(2, 3), o(4, 3), o(5)),
    ),
    "linear bias that is larger": (
        RuntimeError,
        "The expanded size of the tensor (1) must match the existing size (5) at non-singleton dimension 1.  Target "
        "sizes: [2, 1].  Tensor sizes: [5]",
        lambda o, d: F.linear(o(2, 3), o(1, 3), o(5)),
    ),
    "linear weight": (
        RuntimeError,
        "t() expects a tensor with <= 2 dimensions, but self is 3D",
        lambda o, d: F.linear(o(2, 3), o(4, 4, 3)),
    ),
    "linear weight of one output": (
        RuntimeError,
        "mat2 must be a matrix, got 1-D tensor",
        lambda o, d: F.linear(o(2, 3), o(3), o(1)),
    ),
    "linear dtype": (
        RuntimeError,
        "mat1 and mat2 must have the same dtype, but got Double and Float",
        lambda o, d: F.linear(d(2, 3), o(4, 3), o(4)),
    ),
    "linear dtype without a bias": (
        RuntimeError,
        "expected m1 and m2 to have the same dtype, but got: double != float",
        lambda o, d: F.linear(d(2, 3), o(4, 3)),
    ),
    "linear dtype of the bias": (
        RuntimeError,
        "self and mat2 must have the same dtype, but got Double and Float",
        lambda o, d: F.linear(o(2, 3), o(4, 3), d(4)),
    ),
    "linear of integers": (
        RuntimeError,
        "expected m1 and m2 to have the same dtype, but got: long int != float",
        lambda o, d: F.linear(o(2, 3).long(), o(4, 3)),
    ),
    "linear weight that is no tensor": (
        TypeError,
        "linear(): argument 'weight' (position 2) must be Tensor, not int",
        lambda o, d: F.linear(o(2, 2), 3),
    ),
    "linear bias that is no tensor": (
        TypeError,
        "linear(): argument 'bias' (position 3) must be Tensor, not int",
        lambda o, d: F.linear(o(2, 2), o(2, 2), 3),
    ),
    "outer": (RuntimeError, "outer: Expected 1-D argument self, but got 2-D", lambda o, d: outer(o(2, 2), o(3))),
    "outer of the other": (
        RuntimeError,
        "outer: Expected 1-D argument vec2, but got 2-D",
        lambda o, d: outer(o(2), o(3, 3)),
    ),
    "inner": (
        RuntimeError,
        "inner() the last dimension must match on both input tensors but got shapes [2, 3] and [4, 2]",
        lambda o, d: inner(o(2, 3), o(4, 2)),
    ),
    "tensordot": (
        RuntimeError,
        "contracted dimensions need to match, but first has size 4 in dim -1 and second has size 5 in dim 1",
        lambda o, d: tensordot(o(2, 3, 4), o(3, 5, 5)),
    ),
    "tensordot count": (
        RuntimeError,
        "tensordot expects dims < ndim_a or ndim_b, but got dims=4",
        lambda o, d: tensordot(o(2, 3, 4), o(4, 3, 5), dims=4),
    ),
    "tensordot negative": (
        RuntimeError,
        "tensordot expects dims >= 0, but got dims=-1",
        lambda o, d: tensordot(o(2, 3, 4), o(4, 3, 5), dims=-1),
    ),
    "tensordot lists": (
        RuntimeError,
        "both dimension lists should have same length",
        lambda o, d: tensordot(o(2, 3, 4), o(4, 3, 5), dims=([1, 2], [1])),
    ),
    "tensordot twice": (
        RuntimeError,
        "dim 0 appears multiple times in the list of dims",
        lambda o, d: tensordot(o(2, 2), o(2, 2), ([0, 0], [0, 1])),
    ),
    "tensordot dim": (
        IndexError,
        "Dimension out of range (expected to be in range of [-2, 1], but got 3)",
        lambda o, d: tensordot(o(2, 2), o(2, 2), ([3], [0])),
    ),
    "tensordot dtype": (RuntimeError, "both inputs should have same dtype", lambda o, d: tensordot(o(2, 2), d(2, 2))),
    "addmm": (
        RuntimeError,
        "mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)",
        lambda o, d: addmm(o(2, 2), o(2, 3), o(2, 3)),
    ),
    "addmm input": (
        RuntimeError,
        "The expanded size of the tensor (2) must match the existing size (3) at non-singleton dimension 0.  Target "
        "sizes: [2, 2].  Tensor sizes: [3, 2]",
        lambda o, d: addmm(o(3, 2), o(2, 3), o(3, 2)),
    ),
    "addmm rank": (
        RuntimeError,
        "mat2 must be a matrix, got 1-D tensor",
        lambda o, d: addmm(o(2, 2), o(2, 3), o(3)),
    ),
    "addmm dtype": (
        RuntimeError,
        "mat1 and mat2 must have the same dtype, but got Double and Float",
        lambda o, d: addmm(o(2, 2), d(2, 3), o(3, 2)),
    ),
    "addmm dtype of the input": (
        RuntimeError,
        "self and mat2 must have the same dtype, but got Double and Float",
        lambda o, d: addmm(d(2, 2), o(2, 3), o(3, 2)),
    ),
    "addmv": (
        RuntimeError,
        "size mismatch, got input (2), mat (2x3), vec (2)",
        lambda o, d: addmv(o(2), o(2, 3), o(2)),
    ),
    "addmv input": (
        RuntimeError,
        "size mismatch, got input (3), mat (2x3), vec (3)",
        lambda o, d: addmv(o(3), o(2, 3), o(3)),
    ),
    "addmv rank": (
        RuntimeError,
        "vector + matrix @ vector expected, got 2, 2, 1",
        lambda o, d: addmv(o(2, 2), o(2, 2), o(2)),
    ),
    "addmv dtype": (
        RuntimeError,
        "addmv input tensors must have the same dtype, but got Double, Float, and Float",
        lambda o, d: addmv(d(2), o(2, 2), o(2)),
    ),
    "addr": (RuntimeError, "addr: Expected 1-D argument vec1, but got 2-D", lambda o, d: addr(o(2, 2), o(2, 2), o(2))),
    "addr input": (
        RuntimeError,
        "The expanded size of the tensor (2) must match the existing size (3) at non-singleton dimension 1.  Target "
        "sizes: [2, 2].  Tensor sizes: [3, 3]",
        lambda o, d: addr(o(3, 3), o(2), o(2)),
    ),
    "baddbmm": (
        RuntimeError,
        "Expected size for first two dimensions of batch2 tensor to be: [4, 3] but got: [4, 2].",
        lambda o, d: baddbmm(o(4, 2, 2), o(4, 2, 3), o(4, 2, 2)),
    ),
    "baddbmm dtype": (
        RuntimeError,
        "Input dtypes must be the same, got: input double, batch1: float, batch2: float",
        lambda o, d: baddbmm(d(4, 2, 2), o(4, 2, 3), o(4, 3, 2)),
    ),
    "baddbmm input": (
        RuntimeError,
        "The expanded size of the tensor (2) must match the existing size (3) at non-singleton dimension 2.  Target "
        "sizes: [2, 2, 2].  Tensor sizes: [3]",
        lambda o, d: baddbmm(o(3), o(2, 2, 2), o(2, 2, 2)),
    ),
}


@pytest.mark.parametrize("tracked", [False, True], ids=["plain", "tracked"])
@pytest.mark.parametrize(("kind", "text", "mistake"), CASES.values(), ids=CASES)
def test_factors_that_do_not_fit(kind: type[Exception], text: str, mistake: Any, tracked: bool, device: str) -> None:
    def ones(*shape: int) -> Any:
        return plugrad.ones(shape, device=device).requires_grad_(tracked)

    def doubles(*shape: int) -> Any:
        return plugrad.ones(shape, device=device, dtype=plugrad.float64).requires_grad_(tracked)

    with pytest.raises(kind) as info:
        mistake(ones, doubles)
    message = str(info.value)
    assert message.split("\n")[0] == text


BOOLEANS = {
    "matrices": ("addmm_impl_cpu_", lambda o: o(2, 2) @ o(2, 2)),
    "vectors": ("dot", lambda o: o(2) @ o(2)),
    "matrix and vector": ("addmv_impl_cpu", lambda o: o(2, 2) @ o(2)),
    "stacks": ("bmm", lambda o: o(2, 2, 2) @ o(2, 2, 2)),
    "linear": ("addmm_impl_cpu_", lambda o: F.linear(o(2, 2), o(2, 2))),
    "addmm": ("addmm_impl_cpu_", lambda o: addmm(o(2, 2), o(2, 2), o(2, 2))),
    "addmv": ("addmv_impl_cpu", lambda o: addmv(o(2), o(2, 2), o(2))),
    "baddbmm": ("baddbmm", lambda o: baddbmm(o(2, 2, 2), o(2, 2, 2), o(2, 2, 2))),
}


@pytest.mark.parametrize(("kernel", "product"), BOOLEANS.values(), ids=BOOLEANS)
def test_booleans_are_not_multiplied(kernel: str, product: Any, device: str) -> None:
    with pytest.raises(NotImplementedError) as info:
        product(lambda *shape: plugrad.ones(shape, device=device, dtype=plugrad.bool))
    assert str(info.value).split("\n")[0] == f"\"{kernel}\" not implemented for 'Bool'"
