"""einsum against NumPy's, its gradients, its forms and what it refuses, on the chosen backend."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import plugrad
from tests.support.compare import assert_close

EQUATIONS: dict[str, tuple[tuple[int, ...], ...]] = {
    "ij,jk->ik": ((2, 3), (3, 4)),
    "ij,jk": ((2, 3), (3, 4)),
    "ji,jk->ki": ((3, 2), (3, 4)),
    "ij,kj->ik": ((2, 3), (4, 3)),
    " i j , j k -> i k ": ((2, 3), (3, 4)),
    "i,i": ((3,), (3,)),
    "i,j->ji": ((2,), (3,)),
    "i,ij->ij": ((2,), (2, 3)),
    "bij,bjk->bik": ((5, 2, 3), (5, 3, 4)),
    "bij,bjk->kbi": ((5, 2, 3), (5, 3, 4)),
    "bhqd,bhkd->bhqk": ((2, 3, 4, 5), (2, 3, 6, 5)),
    "bqhd,bkhd->bhqk": ((2, 4, 3, 5), (2, 6, 3, 5)),
    "bhqk,bkhd->bqhd": ((2, 3, 4, 6), (2, 6, 3, 5)),
    "ijk,jil->kl": ((2, 3, 4), (3, 2, 5)),
    "abc,cd,bd->a": ((2, 3, 4), (4, 5), (3, 5)),
    "ij,jk,kl->il": ((2, 3), (3, 4), (4, 2)),
    "ij,ij->": ((2, 3), (2, 3)),
    "ij,kl->i": ((2, 3), (4, 5)),
    "ij,j->": ((2, 3), (3,)),
    "ij->ji": ((2, 3),),
    "ij->": ((2, 3),),
    "ij->j": ((2, 3),),
    "ba": ((2, 3),),
    "ii": ((3, 3),),
    "ii->i": ((3, 3),),
    "iij->j": ((3, 3, 2),),
    "iji->j": ((3, 2, 3),),
    "iii->i": ((2, 2, 2),),
    "iij,jk->ik": ((3, 3, 2), (2, 4)),
    "...ij,...jk->...ik": ((6, 1, 2, 3), (5, 3, 4)),
    "...i,...i->...": ((4, 3), (4, 3)),
    "i...,i...->...": ((3, 2), (3, 2)),
    "i...->...i": ((2, 3, 4),),
    "...->...": ((2, 3),),
    "...ii->...i": ((2, 3, 3),),
    "b...a": ((2, 4, 3),),
    "ij,->ij": ((2, 3), ()),
    ",": ((), ()),
    "->": ((),),
    "ij,ij->ij": ((2, 3), (2, 1)),
    "ij,jk->ik ": ((2, 1), (3, 4)),
    "i,i->i": ((1,), (3,)),
    "ij,kj->": ((2, 3), (1, 3)),
    "aB,Ac": ((1, 2), (3, 4)),
    "ij,jk->k": ((2, 0), (0, 4)),
}


def draw(*shape: int, seed: int = 0) -> np.ndarray:
    return np.asarray(np.random.default_rng([seed, *shape]).standard_normal(shape))


def leaf(values: np.ndarray, device: str) -> Any:
    return plugrad.tensor(values.tolist(), dtype=plugrad.float64, device=device).reshape(values.shape).requires_grad_()


def expected(equation: str, arrays: list[np.ndarray]) -> np.ndarray:
    """NumPy's, which sums what has no place in the output only where it says so."""
    text = equation.replace(" ", "")
    return np.asarray(np.einsum(text, *arrays))


@pytest.mark.parametrize("equation", EQUATIONS)
def test_values_and_gradients(equation: str, device: str) -> None:
    arrays = [draw(*shape, seed=i) for i, shape in enumerate(EQUATIONS[equation])]
    leaves = [leaf(a, device) for a in arrays]
    assert_close(plugrad.einsum(equation, *leaves), expected(equation, arrays), 1e-12)
    if all(a.size for a in arrays):
        assert plugrad.autograd.gradcheck(lambda *x: plugrad.einsum(equation, *x), leaves)
        assert plugrad.autograd.gradgradcheck(lambda *x: plugrad.einsum(equation, *x), leaves, fast_mode=True)


def test_ellipsis_that_the_output_leaves_out_is_summed(device: str) -> None:
    x, y = draw(4, 2), draw(4, 2, seed=1)
    assert_close(plugrad.einsum("...i,...i->", leaf(x, device), leaf(y, device)), (x * y).sum(), 1e-12)
    assert_close(plugrad.einsum("i...->i", leaf(x, device)), x.sum(1), 1e-12)


def test_operands_in_a_list(device: str) -> None:
    a, b = draw(2, 3), draw(3, 4)
    for form in (list, tuple):
        y = plugrad.einsum("ij,jk->ik", form([leaf(a, device), leaf(b, device)]))
        assert_close(y, a @ b, 1e-12)


def test_subscripts_in_lists(device: str) -> None:
    a, b, v = draw(2, 3), draw(3, 4), draw(3)
    x, y, z = leaf(a, device), leaf(b, device), leaf(v, device)
    assert_close(plugrad.einsum(x, [0, 1], y, [1, 2], [0, 2]), a @ b, 1e-12)
    assert_close(plugrad.einsum(x, [0, 1], y, [1, 2]), a @ b, 1e-12)
    assert_close(plugrad.einsum(x, [0, 51], y, [51, 2], [2, 0]), (a @ b).T, 1e-12)
    assert_close(plugrad.einsum(x, [0, Ellipsis], z, [Ellipsis], [0]), a @ v, 1e-12)


def test_dtypes(device: str) -> None:
    whole = plugrad.ones(2, 3, dtype=plugrad.int64, device=device)
    double = plugrad.ones(2, 3, dtype=plugrad.float64, device=device)
    # Where nothing is summed it is a plain product, which promotes.
    assert plugrad.einsum("ij,ij->ij", whole, double).dtype is plugrad.float64
    assert plugrad.einsum("ij,kj->ik", whole, whole).dtype is plugrad.int64
    assert plugrad.einsum("ij->i", plugrad.ones(2, 3, dtype=plugrad.bool, device=device)).dtype is plugrad.int64


def test_what_is_not_needed_is_not_saved(device: str) -> None:
    a, b = leaf(draw(2, 3), device), leaf(draw(3, 4), device)
    y = plugrad.einsum("ij,jk->ik", a.detach(), b)
    with plugrad.no_grad():
        b.zero_()
    y.sum().backward()
    assert_close(b.grad, np.broadcast_to(draw(2, 3).sum(0)[:, None], (3, 4)), 1e-12)


REFUSED: dict[str, tuple[type[Exception], str, tuple[Any, ...]]] = {
    "fewer": (RuntimeError, "einsum(): fewer operands were provided than specified in the equation", ("ij,jk", (2, 3))),
    "more": (
        RuntimeError,
        "einsum(): more operands were provided than specified in the equation",
        ("ij", (2, 3), (2,)),
    ),
    "dot": (RuntimeError, "einsum(): found '.' for operand 0 that is not part of any ellipsis", ("i.j", (2, 3))),
    "two dots": (RuntimeError, "einsum(): found '.' for operand 0 that is not part of any ellipsis", ("i..j", (2, 3))),
    "two ellipses": (
        RuntimeError,
        "einsum(): found '.' for operand 0 for which an ellipsis was already found",
        ("...i...", (2, 3)),
    ),
    "unknown output": (
        RuntimeError,
        "einsum(): output subscript k does not appear in the equation for any input operand",
        ("ij->ik", (2, 3)),
    ),
    "output twice": (
        RuntimeError,
        "einsum(): output subscript i appears more than once in the output",
        ("ij->ii", (2, 3)),
    ),
    "digit": (
        RuntimeError,
        "einsum(): invalid subscript given at index 1 in the equation string, subscripts must be in [a-zA-Z]",
        ("i1", (2, 3)),
    ),
    "digit in the second operand": (
        RuntimeError,
        "einsum(): invalid subscript given at index 4 in the equation string, subscripts must be in [a-zA-Z]",
        ("ij,j1", (2, 3), (3, 2)),
    ),
    "digit in the output": (
        RuntimeError,
        "einsum(): invalid subscript given at index 5 in the equation string, subscripts must be in [a-zA-Z]",
        ("ij->i1", (2, 3)),
    ),
    "half an arrow": (
        RuntimeError,
        "einsum(): invalid subscript given at index 2 in the equation string, subscripts must be in [a-zA-Z]",
        ("ij-k", (2, 3)),
    ),
    "diagonal": (
        RuntimeError,
        "einsum(): subscript i is repeated for operand 0 but the sizes don't match, 3 != 2",
        ("ii", (2, 3)),
    ),
    "diagonal of one": (
        RuntimeError,
        "einsum(): subscript i is repeated for operand 0 but the sizes don't match, 1 != 2",
        ("ii", (2, 1)),
    ),
    "too few dimensions": (
        RuntimeError,
        "einsum(): the number of subscripts in the equation (3) does not match the number of dimensions (2) for operand "
        "0 and no ellipsis was given",
        ("ijk", (2, 3)),
    ),
    "too few dimensions with an ellipsis": (
        RuntimeError,
        "einsum(): the number of subscripts in the equation (3) is more than the number of dimensions (2) for operand 0",
        ("...ijk", (2, 3)),
    ),
    "too many dimensions": (
        RuntimeError,
        "einsum(): the number of subscripts in the equation (1) does not match the number of dimensions (2) for operand "
        "0 and no ellipsis was given",
        ("i", (2, 3)),
    ),
    "sizes": (
        RuntimeError,
        "einsum(): subscript j has size 2 for operand 1 which does not broadcast with previously seen size 3",
        ("ij,jk->ik", (2, 3), (2, 3)),
    ),
    "output dots": (
        RuntimeError,
        "einsum(): found '.' for output that is not part of any ellipsis (...)",
        ("ij-> .. i", (2, 3)),
    ),
    "output with two ellipses": (
        RuntimeError,
        "einsum(): found '.' for output but an ellipsis (...) was already found",
        ("ij->......i", (2, 3)),
    ),
    "nothing": (
        ValueError,
        "einsum(): must specify the equation string and at least one operand, or at least one operand and its "
        "subscripts list",
        ("i",),
    ),
    "no equation": (TypeError, "einsum(): argument 'equation' (position 1) must be str, not int", (5, (2,))),
}


@pytest.mark.parametrize(("kind", "text", "call"), REFUSED.values(), ids=REFUSED)
def test_refused(kind: type[Exception], text: str, call: tuple[Any, ...], device: str) -> None:
    with pytest.raises(kind) as info:
        plugrad.einsum(call[0], *[plugrad.ones(shape, device=device) for shape in call[1:]])
    assert str(info.value).split("\n")[0] == text


def test_refused_subscript_in_a_list(device: str) -> None:
    x = plugrad.ones(2, 3, device=device)
    with pytest.raises(ValueError, match=r"subscript in subscript list is not within the valid range \[0, 52\)"):
        plugrad.einsum(x, [0, 60])
    with pytest.raises(RuntimeError, match="output subscript D does not appear in the equation"):
        plugrad.einsum(x, [0, 1], [0, 3])


def test_refused_operand(device: str) -> None:
    x = plugrad.ones(2, 3, device=device)
    with pytest.raises(TypeError, match="expected Tensor as element 1 in argument 1, but got int"):
        plugrad.einsum("ij,jk->ik", x, 3)
    with pytest.raises(RuntimeError, match="expected scalar type Float but found Double"):
        plugrad.einsum("ij,jk->ik", x, x.double().t())


DIMS = {
    "default": (((2, 3, 4), (3, 4, 5)), 2),
    "none": (((2, 3), (4,)), 0),
    "lists": (((2, 3, 4), (4, 3, 5)), ([1, 2], [1, 0])),
    "negative": (((2, 3, 4), (4, 3, 5)), ([-1, 1], [0, -2])),
    "numbers": (((2, 3), (4, 2)), (0, 1)),
}


@pytest.mark.parametrize(("shapes", "dims"), DIMS.values(), ids=DIMS)
def test_tensordot(shapes: Any, dims: Any, device: str) -> None:
    a, b = draw(*shapes[0]), draw(*shapes[1], seed=1)
    x, y = leaf(a, device), leaf(b, device)
    assert_close(plugrad.tensordot(x, y, dims), np.tensordot(a, b, dims), 1e-12)
    assert plugrad.autograd.gradcheck(lambda s, t: plugrad.tensordot(s, t, dims), (x, y))


def test_tensordot_repeats_a_size_of_one(device: str) -> None:
    a, b = draw(2, 1), draw(3, 4, seed=1)
    y = plugrad.tensordot(leaf(a, device), leaf(b, device), ([1], [0]))
    assert_close(y, a @ b.sum(0, keepdims=True), 1e-12)


def test_standard_names_are_differentiable(device: str) -> None:
    x, y = leaf(draw(2, 3), device), leaf(draw(2, 3, seed=1), device)
    xp = x.__array_namespace__()
    assert_close(xp.vecdot(x, y), (draw(2, 3) * draw(2, 3, seed=1)).sum(-1), 1e-12)
    assert_close(xp.tensordot(x, y, axes=((0, 1), (0, 1))), (draw(2, 3) * draw(2, 3, seed=1)).sum(), 1e-12)
    assert_close(xp.matmul(x, y.mT), draw(2, 3) @ draw(2, 3, seed=1).T, 1e-12)
