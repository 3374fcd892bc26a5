"""What ops on shapes refuse, in PyTorch's words."""

from __future__ import annotations

import pytest

from tests.support.library import raises, torch

x = torch.arange(6.0).reshape(2, 3)
vector = torch.arange(10)
number = torch.tensor(2.0)
cube = torch.ones(2, 3, 4)
OUT_OF_RANGE = "Dimension out of range (expected to be in range of [-2, 1], but got 2)"

CASES = {
    "reshape to too few": (RuntimeError, "shape '[5]' is invalid for input of size 6", lambda: x.reshape(5)),
    "reshape to no multiple": (RuntimeError, "shape '[-1, 4]' is invalid for input of size 6", lambda: x.reshape(-1, 4)),
    "reshape with two -1": (RuntimeError, "only one dimension can be inferred", lambda: x.reshape(-1, -1)),
    "reshape with -2": (
        RuntimeError, "invalid shape dimension -2 at index 0 of shape [-2, 3]", lambda: x.reshape(-2, 3)
    ),
    "reshape of nothing, ambiguous": (
        RuntimeError,
        "cannot reshape tensor of 0 elements into shape [-1, 0] because the unspecified dimension size -1 can be any "
        "value and is ambiguous",
        lambda: torch.zeros(0, 3).reshape(-1, 0),
    ),
    "reshape to a string": (
        TypeError, "reshape(): argument 'shape' (position 1) must be tuple of ints, not str", lambda: x.reshape("a")
    ),
    "reshape to floats": (
        TypeError, "reshape() takes 1 positional argument but 2 were given", lambda: x.reshape(3.0, 2)
    ),
    "reshape to nothing": (
        TypeError, 'reshape() missing 1 required positional arguments: "shape"', lambda: x.reshape()
    ),
    "view to floats": (
        TypeError,
        "view() received an invalid combination of arguments - got (float, int), but expected one of:\n"
        " * (torch.dtype dtype)\n * (tuple of ints size)",
        lambda: x.view(3.0, 2),
    ),
    "view by the wrong name": (
        TypeError,
        "view() received an invalid combination of arguments - got (shape=tuple, ), but expected one of:\n"
        " * (torch.dtype dtype)\n      didn't match because some of the keywords were incorrect: shape\n"
        " * (tuple of ints size)\n      didn't match because some of the keywords were incorrect: shape",
        lambda: x.view(shape=(3, 2)),
    ),
    "view across": (
        RuntimeError,
        "view size is not compatible with input tensor's size and stride (at least one dimension spans across two "
        "contiguous subspaces). Use .reshape(...) instead.",
        lambda: x.t().view(6),
    ),
    "flatten backwards": (
        RuntimeError, "flatten() has invalid args: start_dim cannot come after end_dim", lambda: x.flatten(1, 0)
    ),
    "flatten out of range": (IndexError, OUT_OF_RANGE, lambda: x.flatten(0, 2)),
    "unflatten into the wrong sizes": (
        RuntimeError,
        "unflatten: Provided sizes [2, 2] don't multiply up to the size of dim 1 (3) in the input tensor",
        lambda: x.unflatten(1, (2, 2)),
    ),
    "unflatten into nothing": (RuntimeError, "unflatten: sizes must be non-empty", lambda: x.unflatten(1, ())),
    "unflatten into a number": (
        TypeError, "unflatten(): argument 'sizes' (position 2) must be tuple of ints, not int", lambda: x.unflatten(1, 3)
    ),
    "permute too few": (
        RuntimeError,
        "permute(sparse_coo): number of dimensions in the tensor input does not match the length of the desired "
        "ordering of dimensions i.e. input.dim() = 2 is not equal to len(dims) = 1",
        lambda: x.permute(0),
    ),
    "permute one twice": (RuntimeError, "permute(): duplicate dims are not allowed.", lambda: x.permute(0, -2)),
    "permute out of range": (IndexError, OUT_OF_RANGE, lambda: x.permute(0, 2)),
    "transpose out of range": (IndexError, OUT_OF_RANGE, lambda: x.transpose(0, 2)),
    "transpose by floats": (
        TypeError, "transpose(): argument 'dim0' (position 1) must be int, not float", lambda: x.transpose(0.0, 1)
    ),
    "t of a cube": (RuntimeError, "t() expects a tensor with <= 2 dimensions, but self is 3D", lambda: cube.t()),
    "mT of a vector": (
        RuntimeError,
        "tensor.mT is only supported on matrices or batches of matrices. Got 1-D tensor.",
        lambda: vector.mT,
    ),
    "movedim one twice": (
        RuntimeError, "movedim: repeated dim in `source` ([0, 0])", lambda: cube.movedim((0, 0), (1, 2))
    ),
    "movedim to one twice": (
        RuntimeError, "movedim: repeated dim in `destination` ([1, 1])", lambda: cube.moveaxis((0, 1), (1, 1))
    ),
    "movedim a tuple to a number": (
        TypeError,
        "movedim() received an invalid combination of arguments - got (tuple, int), but expected one of:\n"
        " * (int source, int destination)\n"
        "      didn't match because some of the arguments have invalid types: (!tuple of (int, int)!, int)\n"
        " * (tuple of ints source, tuple of ints destination)\n"
        "      didn't match because some of the arguments have invalid types: (!tuple of (int, int)!, !int!)",
        lambda: cube.movedim((0, 1), 0),
    ),
    "expand what is not 1": (
        RuntimeError,
        "The expanded size of the tensor (4) must match the existing size (3) at non-singleton dimension 1.  Target "
        "sizes: [2, 4].  Tensor sizes: [2, 3]",
        lambda: x.expand(2, 4),
    ),
    "expand to fewer": (
        RuntimeError,
        "expand(torch.FloatTensor{[2, 3]}, size=[3]): the number of sizes provided (1) must be greater or equal to "
        "the number of dimensions in the tensor (2)",
        lambda: x.expand(3),
    ),
    "expand a new one to -1": (
        RuntimeError,
        "The expanded size of the tensor (-1) isn't allowed in a leading, non-existing dimension 0",
        lambda: x.expand(-1, 2, 3),
    ),
    "broadcast_to": (
        RuntimeError,
        "The expanded size of the tensor (3) must match the existing size (2) at non-singleton dimension 0.  Target "
        "sizes: [3, 3].  Tensor sizes: [2, 3]",
        lambda: torch.broadcast_to(x, (3, 3)),
    ),
    "broadcast_tensors": (
        RuntimeError,
        "The size of tensor a (3) must match the size of tensor b (2) at non-singleton dimension 0",
        lambda: torch.broadcast_tensors(torch.ones(3), torch.ones(2)),
    ),
    "broadcast_shapes": (
        RuntimeError,
        "Attempting to broadcast a dimension of length 3 at -1! Mismatching argument at index 1 had (3,); but expected "
        "shape should be broadcastable to [2]",
        lambda: torch.broadcast_shapes((2,), (3,)),
    ),
    "squeeze out of range": (IndexError, OUT_OF_RANGE, lambda: x.squeeze(2)),
    "squeeze one twice": (
        RuntimeError, "dim 0 appears multiple times in the list of dims", lambda: x.squeeze((0, -2))
    ),
    "unsqueeze out of range": (
        IndexError, "Dimension out of range (expected to be in range of [-3, 2], but got 3)", lambda: x.unsqueeze(3)
    ),
    "unsqueeze at a tuple": (
        TypeError, "unsqueeze(): argument 'dim' (position 1) must be int, not tuple", lambda: x.unsqueeze((0, 1))
    ),
    "cat of nothing": (ValueError, "torch.cat(): expected a non-empty list of Tensors", lambda: torch.cat([])),
    "cat of a tensor": (
        TypeError, "cat(): argument 'tensors' (position 1) must be tuple of Tensors, not Tensor", lambda: torch.cat(x)
    ),
    "cat of numbers": (
        TypeError, "expected Tensor as element 1 in argument 0, but got int", lambda: torch.cat([x, 1])
    ),
    "cat of other sizes": (
        RuntimeError,
        "Sizes of tensors must match except in dimension 0. Expected size 3 but got size 4 for tensor number 1 in the "
        "list.",
        lambda: torch.cat([x, torch.ones(2, 4)]),
    ),
    "cat of other sizes in between": (
        RuntimeError,
        "Sizes of tensors must match except in dimension 1. Expected size 3 but got size 2 for tensor number 2 in the "
        "list.",
        lambda: torch.cat([torch.ones(2, 1, 3), torch.ones(2, 5, 3), torch.ones(2, 2, 2)], 1),
    ),
    "cat of other dimensions": (
        RuntimeError, "Tensors must have same number of dimensions: got 2 and 1", lambda: torch.cat([x, torch.ones(3)])
    ),
    "cat of 0-d": (
        RuntimeError,
        "zero-dimensional tensor (at position 1) cannot be concatenated",
        lambda: torch.cat([torch.ones(1), number]),
    ),
    "cat out of range": (IndexError, OUT_OF_RANGE, lambda: torch.cat([x, x], 2)),
    "stack of other shapes": (
        RuntimeError,
        "stack expects each tensor to be equal size, but got [2, 3] at entry 0 and [3] at entry 1",
        lambda: torch.stack([x, torch.ones(3)]),
    ),
    "stack of nothing": (RuntimeError, "stack expects a non-empty TensorList", lambda: torch.stack([])),
    "stack out of range": (
        IndexError,
        "Dimension out of range (expected to be in range of [-3, 2], but got 3)",
        lambda: torch.stack([x, x], 3),
    ),
    "vstack of nothing": (RuntimeError, "vstack expects a non-empty TensorList", lambda: torch.vstack([])),
    "split into zeros": (
        RuntimeError,
        "split_size can only be 0 if dimension size is 0, but got dimension size of 10",
        lambda: vector.split(0),
    ),
    "split into negatives": (
        RuntimeError, "split expects split_size be non-negative, but got split_size=-1", lambda: vector.split(-1)
    ),
    "split into too few": (
        RuntimeError,
        "split_with_sizes expects split_sizes to sum exactly to 10 (input tensor's size at dimension 0), but got "
        "split_sizes=[2, 3]",
        lambda: vector.split([2, 3]),
    ),
    "split into sizes below 0": (
        RuntimeError,
        "split_with_sizes expects split_sizes have only non-negative entries, but got split_sizes=[-1, 11]",
        lambda: vector.split([-1, 11]),
    ),
    "split of a number": (RuntimeError, "split expects at least a 1-dimensional tensor", lambda: number.split(1)),
    "chunk into none": (RuntimeError, "chunk expects `chunks` to be greater than 0, got: 0", lambda: vector.chunk(0)),
    "tensor_split into none": (
        RuntimeError, "number of sections must be larger than 0, got 0", lambda: vector.tensor_split(0)
    ),
    "tensor_split of a number": (
        RuntimeError,
        "tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims",
        lambda: number.tensor_split(2),
    ),
    "unbind of a number": (IndexError, "Dimension specified as 0 but tensor has no dimensions", lambda: number.unbind()),
    "flip one twice": (RuntimeError, "dim 0 appears multiple times in the list of dims", lambda: x.flip(0, 0)),
    "flip a float": (
        TypeError, "flip(): argument 'dims' (position 1) must be tuple of ints, not float", lambda: x.flip(1.5)
    ),
    "flip nothing": (TypeError, 'flip() missing 1 required positional arguments: "dims"', lambda: x.flip()),
    "fliplr of a vector": (RuntimeError, "Input must be >= 2-d.", lambda: vector.fliplr()),
    "roll by more shifts": (
        RuntimeError, "shifts and dimensions must align. shifts: 2, dims:1", lambda: x.roll((1, 2), 0)
    ),
    "roll by shifts without dimensions": (
        RuntimeError, "shifts and dimensions must align. shifts: 2, dims:0", lambda: x.roll((1, 2))
    ),
    "roll a number": (IndexError, "Dimension specified as 0 but tensor has no dimensions", lambda: number.roll(1, 0)),
    "repeat too few": (
        RuntimeError,
        "Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor",
        lambda: x.repeat(2),
    ),
    "repeat below 0": (
        RuntimeError, "Trying to create tensor with negative dimension -2: [-2, 3]", lambda: x.repeat(-1, 1)
    ),
    "repeat_interleave below 0": (RuntimeError, "Repeats must be non-negative", lambda: x.repeat_interleave(-1)),
    "repeat_interleave of other counts": (
        RuntimeError,
        "repeats must have the same size as input along dim, but got repeats.size(0) = 3 and input.size(0) = 2",
        lambda: x.repeat_interleave(torch.tensor([1, 2, 3]), 0),
    ),
    "repeat_interleave of a list": (
        TypeError,
        "repeat_interleave() received an invalid combination of arguments - got (list, int), but expected one of:\n"
        " * (Tensor repeats, int dim = None, *, int output_size = None)\n"
        " * (int repeats, int dim = None, *, int output_size = None)",
        lambda: x.repeat_interleave([1, 2], 0),
    ),
    "repeat_interleave by floats": (
        NotImplementedError,
        "\"repeat_interleave_cpu\" not implemented for 'Float'",
        lambda: x.repeat_interleave(torch.tensor([1.0, 2.0]), 0),
    ),
    "tril of a vector": (
        RuntimeError, "tril: input tensor must have at least 2 dimensions", lambda: vector.tril()
    ),
    "diagonal of one dimension": (
        RuntimeError, "diagonal dimensions cannot be identical 1, 1", lambda: cube.diagonal(0, 1, 1)
    ),
    "diag of a cube": (RuntimeError, "diag(): Supports 1D or 2D tensors. Got 3D", lambda: cube.diag()),
    "trace of a cube": (RuntimeError, "trace: expected a matrix, but got tensor with dim 3", lambda: cube.trace()),
    "trace of booleans": (
        NotImplementedError, "\"trace\" not implemented for 'Bool'", lambda: (x > 1).trace()
    ),
    "unfold too large": (
        RuntimeError, "maximum size for tensor at dimension 0 is 10 but size is 11", lambda: vector.unfold(0, 11, 1)
    ),
    "unfold without a step": (RuntimeError, "step is 0 but must be > 0", lambda: vector.unfold(0, 2, 0)),
    "meshgrid of matrices": (
        RuntimeError,
        "torch.meshgrid: indexing must be one of \"xy\" or \"ij\", but received: a",
        lambda: torch.meshgrid(vector, indexing="a"),
    ),
    "meshgrid of dtypes": (
        RuntimeError,
        "meshgrid expects all tensors to have the same dtype",
        lambda: torch.meshgrid(torch.ones(2), vector, indexing="ij"),
    ),
    "t_ of a cube": (
        RuntimeError, "t_() expects a tensor with <= 2 dimensions, but self is 3D", lambda: cube.clone().t_()
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_refused(name):
    kind, text, call = CASES[name]
    with raises(kind, text):
        call()
