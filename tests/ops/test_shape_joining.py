"""Joining, taking apart, repeating, reversing, diagonals: values and gradients."""

from __future__ import annotations

import numpy as np
import pytest

import plugrad
from tests.support.compare import assert_close, assert_equal, values


def tensor(array, device, **options):
    array = np.asarray(array)
    x = plugrad.tensor(array.ravel().tolist(), dtype=plugrad.float64, device=device).reshape(array.shape)
    return x.clone().requires_grad_() if options else x


A, B, C = np.arange(6.0).reshape(2, 3), -np.arange(6.0).reshape(2, 3), np.full((2, 3), 0.5)

JOINED = {
    "cat": (lambda *x: plugrad.cat(x), lambda *v: np.concatenate(v)),
    "cat along -1": (lambda *x: plugrad.cat(x, -1), lambda *v: np.concatenate(v, -1)),
    "concat by axis": (lambda *x: plugrad.concat(list(x), axis=1), lambda *v: np.concatenate(v, 1)),
    "stack": (lambda *x: plugrad.stack(x), np.stack),
    "stack along 1": (lambda *x: plugrad.stack(x, 1), lambda *v: np.stack(v, 1)),
    "stack along -1": (lambda *x: plugrad.stack(x, dim=-1), lambda *v: np.stack(v, -1)),
    "hstack": (lambda *x: plugrad.hstack(x), lambda *v: np.hstack(v)),
    "vstack": (lambda *x: plugrad.vstack(x), lambda *v: np.vstack(v)),
    "dstack": (lambda *x: plugrad.dstack(x), lambda *v: np.dstack(v)),
    "column_stack": (lambda *x: plugrad.column_stack(x), lambda *v: np.column_stack(v)),
}


@pytest.mark.parametrize("name", JOINED)
def test_joined(name, device):
    ours, numpys = JOINED[name]
    arrays = (A, B, C)
    x = [tensor(v, device, requires_grad=True) for v in arrays]
    y = ours(*x)
    expected = numpys(*arrays) if name != "stack" else np.stack(arrays)
    assert_equal(y, expected)
    weights = np.sin(np.arange(expected.size)).reshape(expected.shape)
    (y * tensor(weights, device)).sum().backward()
    total = sum(float((v * values(leaf.grad)).sum()) for v, leaf in zip(arrays, x, strict=True))
    assert abs(total - (weights * expected).sum()) < 1e-12
    for k, leaf in enumerate(x):
        marks = [np.zeros((2, 3)) for _ in arrays]
        marks[k] = np.arange(1.0, 7.0).reshape(2, 3)
        joined = numpys(*marks) if name != "stack" else np.stack(marks)
        gradient = [weights[joined == n].item() for n in range(1, 7)]
        assert_close(leaf.grad, np.reshape(gradient, (2, 3)), 1e-12)


def test_only_what_needs_a_gradient_gets_one(device):
    a, b = tensor(A, device, requires_grad=True), tensor(B, device)
    plugrad.cat([b, a, b]).sum().backward()
    plugrad.stack([b, a]).sum().backward()
    assert_equal(a.grad, 2 * np.ones((2, 3)))
    assert b.grad is None


def test_numbers_and_vectors_are_stacked(device):
    numbers = [tensor(1.0, device), tensor(2.0, device)]
    vectors = [tensor([1.0, 2.0], device), tensor([3.0, 4.0], device)]
    assert_equal(plugrad.hstack(numbers), [1, 2])
    assert_equal(plugrad.vstack(numbers), [[1], [2]])
    assert_equal(plugrad.dstack(numbers), [[[1, 2]]])
    assert_equal(plugrad.column_stack(numbers), [[1, 2]])
    assert_equal(plugrad.hstack(vectors), [1, 2, 3, 4])
    assert_equal(plugrad.vstack(vectors), [[1, 2], [3, 4]])
    assert_equal(plugrad.dstack(vectors), [[[1, 3], [2, 4]]])
    assert_equal(plugrad.column_stack(vectors), [[1, 3], [2, 4]])


def test_joining_promotes(device):
    i = plugrad.tensor([1, 2], device=device)
    f = plugrad.tensor([0.5], dtype=plugrad.float32, device=device)
    y = plugrad.cat([i, f])
    assert y.dtype is plugrad.float32
    assert_equal(y, [1, 2, 0.5])
    assert plugrad.stack([i[0], f[0]]).dtype is plugrad.float32


def test_vectors_of_nothing_fit_everything(device):
    nothing = plugrad.zeros(0, device=device)
    a = plugrad.ones(2, 3, dtype=plugrad.int64, device=device)
    y = plugrad.cat([nothing, a], 1)
    assert y.dtype is plugrad.float32
    assert_equal(y, np.ones((2, 3)))
    assert plugrad.cat([nothing, nothing], 7).shape == (0,)
    assert plugrad.cat([a, a[:0]]).shape == (2, 3)


@pytest.mark.parametrize(
    ("call", "sizes"),
    [
        (lambda x: x.split(3), [3, 3, 3, 1]),
        (lambda x: x.split(20), [10]),
        (lambda x: plugrad.split(x, [0, 4, 6]), [0, 4, 6]),
        (lambda x: x.split_with_sizes((9, 1)), [9, 1]),
        (lambda x: x.chunk(3), [4, 4, 2]),
        (lambda x: x.chunk(4), [3, 3, 3, 1]),
        (lambda x: x.chunk(20), [1] * 10),
        (lambda x: x.tensor_split(3), [4, 3, 3]),
        (lambda x: x.tensor_split((2, 5)), [2, 3, 5]),
        (lambda x: x.tensor_split(indices=[-3]), [7, 3]),
        (lambda x: x.tensor_split(sections=12), [1] * 10 + [0, 0]),
        (lambda x: x.tensor_split(plugrad.tensor([4, 20])), [4, 6, 0]),
    ],
)
def test_parts(call, sizes, device):
    x = tensor(np.arange(10.0), device, requires_grad=True)
    parts = call(x)
    assert isinstance(parts, tuple)
    assert [len(part) for part in parts] == sizes
    assert_equal(plugrad.cat(parts), np.arange(10.0))
    plugrad.stack([(k + 1) * part.sum() for k, part in enumerate(parts)]).sum().backward()
    assert_equal(x.grad, np.repeat(np.arange(1.0, len(sizes) + 1), sizes))


def test_parts_that_overlap_add_their_gradients(device):
    x = tensor(np.arange(5.0), device, requires_grad=True)
    parts = x.tensor_split((4, 2))
    assert [len(p) for p in parts] == [4, 0, 3]
    (parts[0].sum() + parts[2].sum()).backward()
    assert_equal(x.grad, [1, 1, 2, 2, 1])


def test_parts_of_nothing(device):
    x = plugrad.zeros(0, 2, device=device)
    assert [tuple(p.shape) for p in x.split(2)] == [(0, 2)]
    assert len(x.chunk(3)) == 3
    assert x.unbind() == ()


def test_some_outputs_unused(device):
    x = tensor(A, device, requires_grad=True)
    (3 * x.unbind(1)[1] + 0 * x.split(1)[0][0, 1]).sum().backward()
    assert_equal(x.grad, [[0, 3, 0], [0, 3, 0]])


COPIES = {
    "flip": (lambda x: x.flip(0), lambda v: v[::-1]),
    "flip both": (lambda x: plugrad.flip(x, [0, -1]), lambda v: v[::-1, ::-1]),
    "flip none": (lambda x: x.flip(()), lambda v: v),
    "fliplr": (lambda x: x.fliplr(), lambda v: v[:, ::-1]),
    "flipud": (lambda x: plugrad.flipud(x), lambda v: v[::-1]),
    "roll": (lambda x: x.roll(2), lambda v: np.roll(v, 2)),
    "roll along": (lambda x: x.roll(-4, 1), lambda v: np.roll(v, -4, 1)),
    "roll both": (lambda x: plugrad.roll(x, (1, 2), (0, 1)), lambda v: np.roll(v, (1, 2), (0, 1))),
    "roll twice along one": (lambda x: x.roll(shifts=(1, 1), dims=(1, 1)), lambda v: np.roll(v, 2, 1)),
    "repeat": (lambda x: x.repeat(2, 1, 2), lambda v: np.tile(v, (2, 1, 2))),
    "repeat by name": (lambda x: x.repeat(repeats=(1, 3)), lambda v: np.tile(v, (1, 3))),
    "repeat no times": (lambda x: x.repeat(0, 2), lambda v: np.tile(v, (0, 2))),
    "tile": (lambda x: plugrad.tile(x, (2,)), lambda v: np.tile(v, 2)),
    "tile more": (lambda x: x.tile(2, 1, 2), lambda v: np.tile(v, (2, 1, 2))),
    "repeat_interleave": (lambda x: x.repeat_interleave(2), lambda v: np.repeat(v, 2)),
    "repeat_interleave along": (lambda x: x.repeat_interleave(3, dim=1), lambda v: np.repeat(v, 3, 1)),
    "repeat_interleave counts": (
        lambda x: plugrad.repeat_interleave(x, plugrad.tensor([2, 0, 1], device=x.device), 1),
        lambda v: np.repeat(v, [2, 0, 1], 1),
    ),
    "tril": (lambda x: x.tril(), np.tril),
    "triu 1": (lambda x: x.triu(diagonal=1), lambda v: np.triu(v, 1)),
    "diag": (lambda x: x.diag(1), lambda v: np.diag(v, 1)),
    "diag of a vector": (lambda x: x[0].diag(-1), lambda v: np.diag(v[0], -1)),
    "diagflat": (lambda x: plugrad.diagflat(x, 1), lambda v: np.diagflat(v, 1)),
    "diag_embed": (lambda x: x.diag_embed(), lambda v: np.stack([np.diag(row) for row in v])),
    "diag_embed elsewhere": (
        lambda x: x.diag_embed(1, 0, 2),
        lambda v: np.stack([np.diag(row, 1) for row in v], 1),
    ),
    "trace": (lambda x: x.trace(), np.trace),
    "clone": (lambda x: plugrad.clone(x), lambda v: v),
}


@pytest.mark.parametrize("name", COPIES)
def test_copied(name, device):
    ours, numpys = COPIES[name]
    x = tensor(A + 1, device, requires_grad=True)
    y = ours(x)
    expected = numpys(A + 1)
    assert_equal(y, expected)
    weights = np.cos(np.arange(expected.size)).reshape(expected.shape)
    (y * tensor(weights, device)).sum().backward()
    gradient = np.zeros((2, 3))
    for i in np.ndindex(2, 3):
        one = np.zeros((2, 3))
        one[i] = 1
        gradient[i] = (numpys(one) * weights).sum()
    assert_close(x.grad, gradient, 1e-12)


def test_counts_name_indices(device):
    counts = plugrad.tensor([1, 0, 2], device=device)
    assert_equal(plugrad.repeat_interleave(counts), [0, 2, 2])
    assert_equal(plugrad.tensor(3.0, device=device).repeat_interleave(2), [3, 3])
    assert_equal(tensor(A, device).repeat_interleave(plugrad.tensor([2], device=device), 0), np.repeat(A, 2, 0))


def test_grids(device):
    a, b = tensor([1.0, 2.0], device, requires_grad=True), tensor([3.0, 4.0, 5.0], device)
    for indexing in ("ij", "xy"):
        ours = plugrad.meshgrid(a, b, indexing=indexing)
        for x, v in zip(ours, np.meshgrid([1.0, 2.0], [3.0, 4.0, 5.0], indexing=indexing), strict=True):
            assert_equal(x, v)
    ours[0].sum().backward()
    assert_equal(a.grad, [3, 3])
    with pytest.warns(UserWarning, match="it will be required to pass the indexing argument"):
        assert plugrad.meshgrid([a, b])[0].shape == (2, 3)


def test_shapes_that_broadcast():
    assert plugrad.broadcast_shapes((2, 1), (3,), 1, ()) == (2, 3)
    assert isinstance(plugrad.broadcast_shapes((2,)), plugrad.Size)
    assert plugrad.broadcast_shapes() == ()
    a, b = plugrad.broadcast_tensors(plugrad.zeros(2, 1), plugrad.zeros(3))
    assert a.shape == b.shape == (2, 3)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: plugrad.cat([x, x]),
        lambda x: plugrad.cat([x, x], 1),
        lambda x: x.cumsum(0),
        lambda x: x.tril(),
        lambda x: x.triu(),
        lambda x: plugrad.stack([x, x], 1),
    ],
)
def test_results_of_transposed_tensors_lie_in_order(function, device):
    """What follows may ask for a view of another shape."""
    x = tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], device).t()
    y = function(x)
    assert y.view(-1).tolist() == y.reshape(-1).tolist()
