"""Bad operands, shapes, dtypes and indices raise PyTorch's exception with PyTorch's text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.support.library import raises, torch

ones = torch.ones
Case = tuple[type[Exception], str, Callable[[], Any]]


def floats(*shape: int) -> Any:
    return torch.ones(shape, dtype=torch.float64)


def unpack_two(x: Any) -> None:
    _first, _second = x


CASES: dict[str, Case] = {
    # --- Python protocols
    "item of many": (
        RuntimeError,
        "a Tensor with 2 elements cannot be converted to Scalar",
        lambda: ones(2).item(),
    ),
    "item of none": (
        RuntimeError,
        "a Tensor with 0 elements cannot be converted to Scalar",
        lambda: ones(0).item(),
    ),
    "bool of many": (
        RuntimeError,
        "Boolean value of Tensor with more than one value is ambiguous",
        lambda: bool(ones(2)),
    ),
    "bool of none": (
        RuntimeError,
        "Boolean value of Tensor with no values is ambiguous",
        lambda: bool(ones(0)),
    ),
    "float of many": (
        ValueError,
        "only one element tensors can be converted to Python scalars",
        lambda: float(ones(2)),
    ),
    "formatting of many": (
        ValueError,
        "only one element tensors can be converted to Python scalars",
        lambda: "%.2f" % ones(2),  # noqa: UP031 - the old way asks for a float
    ),
    "int of many": (
        ValueError,
        "only one element tensors can be converted to Python scalars",
        lambda: int(ones(2)),
    ),
    "index of many": (
        TypeError,
        "only integer tensors of a single element can be converted to an index",
        lambda: range(3)[torch.tensor([1, 2])],
    ),
    "index of a float": (
        TypeError,
        "only integer tensors of a single element can be converted to an index",
        lambda: range(3)[torch.tensor(1.0)],
    ),
    "len of 0-d": (TypeError, "len() of a 0-d tensor", lambda: len(ones(()))),
    "iterate 0-d": (TypeError, "iteration over a 0-d tensor", lambda: list(ones(()))),
    "unpack too many": (ValueError, "too many values to unpack (expected 2)", lambda: unpack_two(ones(3))),
    # --- products
    "matmul shapes": (
        RuntimeError,
        "mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)",
        lambda: ones(2, 3) @ ones(2, 3),
    ),
    "mm shapes": (
        RuntimeError,
        "mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)",
        lambda: torch.mm(ones(2, 3), ones(4, 5)),
    ),
    "matmul dtypes": (
        RuntimeError,
        "expected m1 and m2 to have the same dtype, but got: float != double",
        lambda: ones(2, 3) @ floats(3, 2),
    ),
    "matmul of many by few": (
        RuntimeError,
        "mat1 and mat2 shapes cannot be multiplied (6x4 and 3x5)",
        lambda: ones(2, 3, 4) @ ones(3, 5),
    ),
    "matmul batches": (
        RuntimeError,
        "The size of tensor a (2) must match the size of tensor b (3) at non-singleton dimension 0",
        lambda: ones(2, 4, 5) @ ones(3, 5, 4),
    ),
    "matmul vector": (
        RuntimeError,
        "size mismatch, got input (2), mat (2x3), vec (4)",
        lambda: ones(2, 3) @ ones(4),
    ),
    "matmul 0-d": (
        RuntimeError,
        "both arguments to matmul need to be at least 1D, but they are 0D and 2D",
        lambda: ones(()) @ ones(2, 2),
    ),
    "dot shapes": (
        RuntimeError,
        "inconsistent tensor size, expected tensor [2] and src [3] to have the same number of elements, but "
        "got 2 and "
        "3 elements respectively",
        lambda: torch.dot(ones(2), ones(3)),
    ),
    "bmm shapes": (
        RuntimeError,
        "Expected size for first two dimensions of batch2 tensor to be: [2, 4] but got: [2, 5].",
        lambda: torch.bmm(ones(2, 3, 4), ones(2, 5, 6)),
    ),
    "einsum sizes": (
        RuntimeError,
        "einsum(): subscript j has size 2 for operand 1 which does not broadcast with previously seen size 3",
        lambda: torch.einsum("ij,jk->ik", ones(2, 3), ones(2, 3)),
    ),
    # --- broadcasting
    "broadcast": (
        RuntimeError,
        "The size of tensor a (3) must match the size of tensor b (4) at non-singleton dimension 0",
        lambda: ones(3) + ones(4),
    ),
    "broadcast inner": (
        RuntimeError,
        "The size of tensor a (2) must match the size of tensor b (5) at non-singleton dimension 1",
        lambda: ones(4, 2, 3) * ones(5, 3),
    ),
    "expand": (
        RuntimeError,
        "The expanded size of the tensor (3) must match the existing size (2) at non-singleton dimension 0.  "
        "Target "
        "sizes: [3].  Tensor sizes: [2]",
        lambda: ones(2).expand(3),
    ),
    "expand to fewer dimensions": (
        RuntimeError,
        "expand(torch.FloatTensor{[2, 2]}, size=[2]): the number of sizes provided (1) must be greater or "
        "equal to "
        "the number of dimensions in the tensor (2)",
        lambda: ones(2, 2).expand(2),
    ),
    # --- shapes
    "view of strided": (
        RuntimeError,
        "view size is not compatible with input tensor's size and stride (at least one dimension spans "
        "across two "
        "contiguous subspaces). Use .reshape(...) instead.",
        lambda: ones(2, 3).t().view(6),
    ),
    "view size": (RuntimeError, "shape '[5]' is invalid for input of size 6", lambda: ones(2, 3).view(5)),
    "reshape size": (
        RuntimeError,
        "shape '[4]' is invalid for input of size 6",
        lambda: ones(2, 3).reshape(4),
    ),
    "reshape unknown": (
        RuntimeError,
        "shape '[4, -1]' is invalid for input of size 6",
        lambda: ones(2, 3).reshape(4, -1),
    ),
    "reshape two unknown": (
        RuntimeError,
        "only one dimension can be inferred",
        lambda: ones(6).reshape(-1, -1),
    ),
    "cat shapes": (
        RuntimeError,
        "Sizes of tensors must match except in dimension 0. Expected size 3 but got size 4 for tensor number "
        "1 in the "
        "list.",
        lambda: torch.cat([ones(2, 3), ones(2, 4)]),
    ),
    "cat nothing": (ValueError, "torch.cat(): expected a non-empty list of Tensors", lambda: torch.cat([])),
    "stack shapes": (
        RuntimeError,
        "stack expects each tensor to be equal size, but got [2] at entry 0 and [3] at entry 1",
        lambda: torch.stack([ones(2), ones(3)]),
    ),
    "permute repeated": (
        RuntimeError,
        "permute(): duplicate dims are not allowed.",
        lambda: ones(2, 3).permute(0, 0),
    ),
    "permute too few": (
        RuntimeError,
        "permute(sparse_coo): number of dimensions in the tensor input does not match the length of the "
        "desired "
        "ordering of dimensions i.e. input.dim() = 2 is not equal to len(dims) = 1",
        lambda: ones(2, 3).permute(0),
    ),
    "t of 3-d": (
        RuntimeError,
        "t() expects a tensor with <= 2 dimensions, but self is 3D",
        lambda: ones(2, 3, 4).t(),
    ),
    "split sizes": (
        RuntimeError,
        "split_with_sizes expects split_sizes to sum exactly to 5 (input tensor's size at dimension 0), but "
        "got "
        "split_sizes=[2, 2]",
        lambda: ones(5).split([2, 2]),
    ),
    "dimension": (
        IndexError,
        "Dimension out of range (expected to be in range of [-1, 0], but got 3)",
        lambda: ones(3).sum(3),
    ),
    "dimension of unsqueeze": (
        IndexError,
        "Dimension out of range (expected to be in range of [-2, 1], but got 2)",
        lambda: ones(3).unsqueeze(2),
    ),
    # --- indices
    "index": (IndexError, "index 5 is out of bounds for dimension 0 with size 2", lambda: ones(2)[5]),
    "negative index": (
        IndexError,
        "index -3 is out of bounds for dimension 0 with size 2",
        lambda: ones(2)[-3],
    ),
    "tensor index": (
        IndexError,
        "index 5 is out of bounds for dimension 0 with size 2",
        lambda: ones(2)[torch.tensor([0, 5])],
    ),
    "too many indices": (IndexError, "too many indices for tensor of dimension 1", lambda: ones(2)[0, 0]),
    "float index": (
        IndexError,
        "tensors used as indices must be long, int, byte or bool tensors",
        lambda: ones(2)[torch.tensor([0.0])],
    ),
    "mask shape": (
        IndexError,
        "The shape of the mask [3] at index 0 does not match the shape of the indexed tensor [2] at index 0",
        lambda: ones(2)[torch.tensor([True, False, True])],
    ),
    "negative step": (ValueError, "step must be greater than zero", lambda: ones(4)[::-1]),
    "gather index": (
        RuntimeError,
        "index 3 is out of bounds for dimension 0 with size 2",
        lambda: torch.gather(ones(2), 0, torch.tensor([3])),
    ),
    "gather dtype": (
        RuntimeError,
        "gather(): Expected dtype int32/int64 for index",
        lambda: torch.gather(ones(2), 0, torch.tensor([0.0])),
    ),
    # --- dtypes and domains
    "pow of integers": (
        RuntimeError,
        "Integers to negative integer powers are not allowed.",
        lambda: torch.tensor([2]) ** -1,
    ),
    "mean of integers": (
        RuntimeError,
        "mean(): could not infer output dtype. Input dtype must be either a floating point or complex dtype. Got: Long",
        lambda: torch.tensor([1, 2]).mean(),
    ),
    "where dtype": (
        RuntimeError,
        "where expected condition to be a boolean tensor, but got a tensor with dtype Float",
        lambda: torch.where(ones(2), ones(2), ones(2)),
    ),
    "masked_fill mask": (
        RuntimeError,
        "masked_fill_ only supports boolean masks, but got mask with dtype float",
        lambda: ones(2).masked_fill(ones(2), 0.0),
    ),
    "masked_select mask": (
        RuntimeError,
        "masked_select: expected BoolTensor for mask",
        lambda: torch.masked_select(ones(2), ones(2)),
    ),
    "max of nothing": (
        RuntimeError,
        "max(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim "
        "with the "
        "'dim' argument.",
        lambda: ones(0).max(),
    ),
    "argmax of nothing": (
        IndexError,
        "argmax(): Expected reduction dim to be specified for input.numel() == 0.",
        lambda: ones(0).argmax(),
    ),
    "max along nothing": (
        IndexError,
        "max(): Expected reduction dim 0 to have non-zero size.",
        lambda: ones(0, 3).max(0),
    ),
    "minus of booleans": (
        RuntimeError,
        "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or "
        "`logical_xor()` "
        "operator instead.",
        lambda: torch.tensor([True]) - torch.tensor([False]),
    ),
    "negative boolean": (
        RuntimeError,
        "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a mask, "
        "use the "
        "`~` or `logical_not()` operator instead.",
        lambda: -torch.tensor([True]),
    ),
    "topk k": (RuntimeError, "selected index k out of range", lambda: torch.topk(ones(3), 4)),
    "numpy array as operand of a product": (
        TypeError,
        "matmul(): argument 'other' (position 1) must be Tensor, not numpy.ndarray",
        lambda: ones(2).matmul(np.ones(2)),
    ),
    "misspelt keyword": (
        TypeError,
        "sum() received an invalid combination of arguments - got (axiss=int, ), but expected one of:\n"
        " * (*, torch.dtype dtype = None)\n"
        " * (tuple of ints dim, bool keepdim = False, *, torch.dtype dtype = None)",
        lambda: ones(2).sum(axiss=0),
    ),
}


@pytest.mark.parametrize(("kind", "text", "mistake"), CASES.values(), ids=CASES)
def test_mistake_raises_what_pytorch_raises(kind: type[Exception], text: str, mistake: Callable[[], Any]) -> None:
    with raises(kind, text):
        mistake()


def test_format_of_many() -> None:
    with pytest.raises(TypeError, match=r"unsupported format string passed to Tensor\.__format__"):
        f"{ones(2):.2f}"
