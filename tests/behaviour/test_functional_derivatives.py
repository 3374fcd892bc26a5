"""autograd.functional: what comes out, in which structure, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.compare import assert_close
from tests.support.library import raises, torch

F = torch.autograd.functional

X = [1.0, 2.0]


def point(*numbers: float) -> Any:
    return torch.tensor(numbers or (1.0, 2.0))


def products(x: Any) -> Any:
    return x * x.flip(0)


def cubes(x: Any) -> Any:
    return (x**3).sum()


def mixed(a: Any, b: Any) -> Any:
    return a * b[:2], b.sum()


# -- values and structure ----------------------------------------------------------------------------------------------


def test_products_with_the_jacobian() -> None:
    y, product = F.vjp(products, point(), point(1.0, 10.0))
    assert (y.tolist(), product.tolist()) == ([2.0, 2.0], [22.0, 11.0])
    y, product = F.jvp(products, point(), point(1.0, 10.0))
    assert (y.tolist(), product.tolist()) == ([2.0, 2.0], [12.0, 12.0])


def test_products_with_the_hessian() -> None:
    for function in (F.vhp, F.hvp):
        y, product = function(cubes, point(), point(1.0, 10.0))
        assert (y.item(), product.tolist()) == (9.0, [6.0, 120.0])


def test_jacobian() -> None:
    assert F.jacobian(products, point()).tolist() == [[2.0, 1.0], [2.0, 1.0]]
    assert tuple(F.jacobian(lambda x: x[:, None] * x, torch.ones(3)).shape) == (3, 3, 3)


def test_hessian() -> None:
    assert F.hessian(cubes, point()).tolist() == [[6.0, 0.0], [0.0, 12.0]]
    assert tuple(F.hessian(cubes, torch.ones(2, 3)).shape) == (2, 3, 2, 3)
    assert F.hessian(lambda x: x**4, torch.tensor(2.0)).item() == 48.0
    assert tuple(F.hessian(lambda x: (x**4).reshape(1, 1), torch.tensor([2.0])).shape) == (1, 1)


def test_tuples_in_and_out() -> None:
    a, b = point(), point(3.0, 4.0, 5.0)
    found = F.jacobian(mixed, (a, b))
    assert isinstance(found, tuple)
    assert [type(row) for row in found] == [tuple, tuple]
    assert found[0][0].tolist() == [[3.0, 0.0], [0.0, 4.0]]
    assert found[0][1].tolist() == [[1.0, 0.0, 0.0], [0.0, 2.0, 0.0]]
    assert found[1][0].tolist() == [0.0, 0.0]
    assert found[1][1].tolist() == [1.0, 1.0, 1.0]

    row = F.jacobian(lambda x: mixed(x, b), a)
    assert isinstance(row, tuple)
    assert [tuple(x.shape) for x in row] == [(2, 2), (2,)]
    column = F.jacobian(lambda a, b: a * b[:2], (a, b))
    assert isinstance(column, tuple)
    assert [tuple(x.shape) for x in column] == [(2, 2), (2, 3)]
    assert isinstance(F.jacobian(products, (a,)), tuple)

    y, product = F.vjp(mixed, (a, b), (a, torch.tensor(1.0)))
    assert isinstance(y, tuple)
    assert [tuple(x.shape) for x in product] == [(2,), (3,)]
    y, product = F.jvp(mixed, (a, b), (a, b))
    assert isinstance(y, tuple)
    assert [tuple(x.shape) for x in product] == [(2,), ()]

    found = F.hessian(lambda a, b: (a * b[:2]).sum(), (a, b))
    assert [[tuple(x.shape) for x in row] for row in found] == [[(2, 2), (2, 3)], [(3, 2), (3, 3)]]
    for function in (F.vhp, F.hvp):
        y, product = function(lambda a, b: (a * b[:2]).sum(), (a, b), (a, b))
        assert y.item() == 11.0
        assert [x.tolist() for x in product] == [[3.0, 4.0], [1.0, 2.0, 0.0]]


def test_vector_may_be_left_out_for_one_number() -> None:
    x = torch.tensor(2.0)
    assert F.vjp(lambda x: x**3, x)[1].item() == 12.0
    assert F.jvp(lambda x: x**3, x)[1].item() == 12.0
    assert F.vhp(lambda x: x**3, x)[1].item() == 12.0
    assert F.hvp(lambda x: x**3, x)[1].item() == 12.0


def test_nothing_is_left_behind() -> None:
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    for found in (F.jacobian(products, x), F.hessian(cubes, x), F.vjp(products, x, point())[1]):
        assert not found.requires_grad
    assert x.grad is None
    with torch.no_grad():
        assert F.jacobian(products, x).tolist() == [[2.0, 1.0], [2.0, 1.0]]
        assert F.hvp(cubes, x, point())[1].tolist() == [6.0, 24.0]


def test_captured_tensors_are_not_the_inputs() -> None:
    """The same tensor, used as an input and from outside, is differentiated as an input only."""
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    assert F.jacobian(lambda y: (x * y).sum(), x).tolist() == [1.0, 2.0]


@pytest.mark.parametrize("name", ["vjp", "jvp", "vhp", "hvp", "jacobian", "hessian"])
def test_create_graph(name: str) -> None:
    """The derivative of a result by the point, once more."""
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    v = (point(),) if name in ("vjp", "jvp", "vhp", "hvp") else ()
    function = (lambda x: x**3) if name in ("vjp", "jvp", "jacobian") else (lambda x: (x**4).sum())
    found = getattr(F, name)(function, x, *v, create_graph=True)
    found = found[1] if v else found
    assert found.requires_grad
    expected = {
        "vjp": [6.0, 24.0], "jvp": [6.0, 24.0], "jacobian": [6.0, 12.0],
        "vhp": [24.0, 96.0], "hvp": [24.0, 96.0], "hessian": [24.0, 48.0],
    }  # fmt: skip
    (again,) = torch.autograd.grad(found.sum(), x)
    assert_close(again, expected[name])


def test_create_graph_by_the_vector() -> None:
    v = torch.tensor([1.0, 10.0], requires_grad=True)
    _, product = F.vjp(products, point(), v, create_graph=True)
    assert torch.autograd.grad(product.sum(), v)[0].tolist() == [3.0, 3.0]


def test_output_may_be_independent() -> None:
    constant = torch.ones(2)
    assert F.jacobian(lambda x: constant, point()).tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert F.vjp(lambda x: constant, point(), point())[1].tolist() == [0.0, 0.0]
    assert F.jvp(lambda x: constant, point(), point())[1].tolist() == [0.0, 0.0]
    assert F.hessian(lambda x: x.sum(), point()).tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert F.hvp(lambda x: x.sum(), point(), point())[1].tolist() == [0.0, 0.0]
    assert F.vhp(lambda x: x.sum(), point(), point())[1].tolist() == [0.0, 0.0]


# -- strict ------------------------------------------------------------------------------------------------------------

CONSTANT = (
    "Output 0 of the user-provided function does not require gradients. The outputs must be computed in a "
    "differentiable manner from the input when running in strict mode."
)
LINEAR = (
    "While computing the hessian, found that the jacobian of the user-provided function with respect to input 0 is "
    "independent of the input. This is not allowed in strict mode. You should ensure that your function is twice "
    "differentiable and that the jacobian depends on the inputs (this would be violated by a linear function for "
    "example)."
)


@pytest.mark.parametrize("name", ["vjp", "jvp", "vhp", "hvp", "jacobian", "hessian"])
def test_strict_and_a_constant(name: str) -> None:
    v = (torch.tensor(1.0),) if name in ("vjp", "jvp", "vhp", "hvp") else ()
    with raises(RuntimeError, CONSTANT):
        getattr(F, name)(lambda x: torch.tensor(1.0), torch.tensor(1.0), *v, strict=True)


@pytest.mark.parametrize("name", ["vhp", "hvp", "hessian"])
def test_strict_and_a_linear_function(name: str) -> None:
    v = (point(),) if name != "hessian" else ()
    with raises(RuntimeError, LINEAR):
        getattr(F, name)(lambda x: x.sum(), point(), *v, strict=True)


def test_strict_and_an_input_that_is_not_used() -> None:
    both = (point(), point())
    with raises(
        RuntimeError,
        "The output of the user-provided function is independent of input 1. This is not allowed in strict mode.",
    ):
        F.vjp(lambda a, b: a.sum(), both, torch.tensor(1.0), strict=True)
    with raises(
        RuntimeError,
        "The output of the user-provided function is independent of input 1. This is not allowed in strict mode.",
    ):
        F.jvp(lambda a, b: a.sum(), both, both, strict=True)
    with raises(
        RuntimeError,
        "Output 0 of the user-provided function is independent of input 1. This is not allowed in strict mode.",
    ):
        F.jacobian(lambda a, b: a.sum(), both, strict=True)


def test_strict_with_create_graph_and_a_linear_function() -> None:
    text = (
        "The jacobian of the user-provided function is independent of input 0. This is not allowed in strict mode when "
        "create_graph=True."
    )
    with raises(RuntimeError, text):
        F.vjp(lambda x: 2 * x.sum(), point(), create_graph=True, strict=True)
    with raises(RuntimeError, text):
        F.jacobian(lambda x: 2 * x, point(), create_graph=True, strict=True)


# -- what is refused ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["vjp", "jvp", "vhp", "hvp", "jacobian", "hessian"])
def test_inputs_that_are_no_tensors(name: str) -> None:
    function = getattr(F, name)
    with raises(
        TypeError,
        f"The inputs given to {name} must be either a Tensor or a tuple of Tensors but the given inputs has type "
        "<class 'float'>.",
    ):
        function(cubes, 1.0)
    with raises(
        TypeError,
        f"The inputs given to {name} must be either a Tensor or a tuple of Tensors but the value at index 1 has type "
        "<class 'float'>.",
    ):
        function(cubes, (point(), 1.0))


@pytest.mark.parametrize("name", ["vjp", "jvp", "vhp", "hvp", "jacobian", "hessian"])
def test_outputs_that_are_no_tensors(name: str) -> None:
    with raises(
        TypeError,
        f"The outputs of the user-provided function given to {name} must be either a Tensor or a tuple of Tensors but "
        "the given outputs of the user-provided function has type <class 'list'>.",
    ):
        getattr(F, name)(lambda x: [x], torch.tensor(1.0))


def test_vectors_of_other_shapes() -> None:
    for name in ("jvp", "vhp", "hvp"):
        function = getattr(F, name)
        with raises(
            RuntimeError, f"v has invalid size: should be {torch.ones(2).shape} but got {torch.ones(3).shape}."
        ):
            function(cubes, point(), torch.ones(3))
        with raises(
            RuntimeError,
            f"Entry 1 in v has invalid size: should be {torch.ones(2).shape} but got {torch.ones(3).shape}.",
        ):
            function(lambda a, b: (a * b).sum(), (point(), point()), (point(), torch.ones(3)))
        with raises(RuntimeError, "v is a tuple of invalid length: should be 2 but got 1."):
            function(lambda a, b: (a * b).sum(), (point(), point()), point())
        with raises(RuntimeError, "The given v should contain a single Tensor."):
            function(cubes, point(), (point(), point()))
    with raises(RuntimeError, f"v has invalid size: should be {torch.ones(2).shape} but got {torch.ones(3).shape}."):
        F.vjp(products, point(), torch.ones(3))


def test_missing_vectors() -> None:
    with raises(
        RuntimeError,
        "The vector v can only be None if the user-provided function returns a single Tensor with a single element.",
    ):
        F.vjp(products, point())
    for name in ("jvp", "vhp", "hvp"):
        with raises(
            RuntimeError,
            "The vector v can only be None if the input to the user-provided function is a single Tensor with a single "
            "element.",
        ):
            getattr(F, name)(cubes, point())


@pytest.mark.parametrize("name", ["vhp", "hvp", "hessian"])
def test_functions_without_a_hessian(name: str) -> None:
    v = (point(),) if name != "hessian" else ()
    with raises(RuntimeError, f"The function given to {name} should return a single Tensor"):
        getattr(F, name)(lambda x: (x.sum(), x.sum()), point(), *v)
    with raises(RuntimeError, f"The Tensor returned by the function given to {name} should contain a single element"):
        getattr(F, name)(lambda x: x, point(), *v)


def test_strategies() -> None:
    with raises(
        AssertionError,
        'Expected strategy to be either "forward-mode" or "reverse-mode". Hint: If your function has more outputs than '
        'inputs, "forward-mode" tends to be more performant. Otherwise, prefer to use "reverse-mode".',
    ):
        F.jacobian(products, point(), strategy="sideways")
    with raises(AssertionError, 'Expected strategy to be either "forward-mode" or "reverse-mode".'):
        F.hessian(cubes, point(), outer_jacobian_strategy="sideways")
    with raises(
        NotImplementedError,
        'torch.autograd.functional.jacobian: `create_graph=True` and `strategy="forward-mode"` are not supported '
        'together (yet). Please either set `create_graph=False` or `strategy="reverse-mode"`.',
    ):
        F.jacobian(products, point(), create_graph=True, strategy="forward-mode")
    with raises(
        RuntimeError,
        'torch.autograd.functional.jacobian: `strict=True` and `strategy="forward-mode"` are not supported together '
        '(yet). Please either set `strict=False` or `strategy="reverse-mode"`.',
    ):
        F.jacobian(products, point(), strict=True, strategy="forward-mode")
    with raises(
        NotImplementedError,
        "Computing Jacobian using forward-AD or forward-over-reverse Hessian isonly implemented for `vectorize=True`.",
    ):
        F.jacobian(products, point(), strategy="forward-mode")
    with raises(
        RuntimeError,
        "torch.autograd.functional.jacobian: `strict=True` and `vectorized=True` are not supported together. Please "
        "either set `strict=False` or `vectorize=False`.",
    ):
        F.jacobian(products, point(), strict=True, vectorize=True)


@pytest.mark.parametrize("name", ["vjp", "jvp", "vhp", "hvp", "jacobian", "hessian"])
def test_inside_of_a_function_transform(name: str) -> None:
    """Its derivatives would be lost."""
    v = (point(),) if name in ("vjp", "jvp", "vhp", "hvp") else ()
    function = getattr(F, name)
    with pytest.raises(RuntimeError, match="You are attempting to call"):
        torch.func.grad(lambda x: function((lambda x: (x**2).sum()), x, *v))(point())


# -- all at once -------------------------------------------------------------------------------------------------------


def same(a: Any, b: Any) -> None:
    if isinstance(a, (tuple, list)):
        assert len(a) == len(b)
        for x, y in zip(a, b, strict=True):
            same(x, y)
    else:
        assert_close(a, b.detach())


def constant(x: Any) -> Any:
    return torch.ones(3) + 0 * x.detach().sum()


@pytest.mark.parametrize("strategy", ["reverse-mode", "forward-mode"])
def test_vectorized_jacobians(strategy: str) -> None:
    a, b = point(), torch.tensor([[3.0, 4.0], [5.0, 6.0]])
    functions = [
        (lambda a, b: (a * b.exp(), b.sum(), a.sin()), (a, b)),
        (lambda a, b: a * b.exp(), (a, b)),
        (lambda a: (a.exp(), a.sum()), a),
        (lambda a: a[:, None] * a, a),
        (lambda a: a.sum(), a),
        (lambda a, b: a.sum(), (a, b)),
        (constant, a),
        (lambda b: b.cumsum(0).t() @ b, b),
    ]
    for function, inputs in functions:
        same(F.jacobian(function, inputs, vectorize=True, strategy=strategy), F.jacobian(function, inputs))


@pytest.mark.parametrize("strategy", ["reverse-mode", "forward-mode"])
def test_vectorized_hessians(strategy: str) -> None:
    a, b = point(), torch.tensor([[3.0, 4.0], [5.0, 6.0]])
    functions = [
        (lambda a, b: (a * b.exp()).sum() + (a**3).sum(), (a, b)),
        (lambda a: (a**3).sum(), a),
        (lambda b: (b @ b).sum(), b),
        (lambda a, b: (a**2).sum(), (a, b)),
    ]
    for function, inputs in functions:
        found = F.hessian(function, inputs, vectorize=True, outer_jacobian_strategy=strategy)
        same(found, F.hessian(function, inputs))


def test_vectorized_jacobian_with_create_graph() -> None:
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    for found, expected in (
        (F.jacobian(lambda x: x**3, x, vectorize=True, create_graph=True), [6.0, 12.0]),
        (F.hessian(lambda x: (x**4).sum(), x, vectorize=True, create_graph=True), [24.0, 48.0]),
    ):
        assert torch.autograd.grad(found.sum(), x)[0].tolist() == expected
    assert not F.jacobian(lambda x: x**3, x, vectorize=True).requires_grad
