"""``out=``: results are put into tensors that are there; what must not be written is refused before it is."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.library import raises, torch, unchanged, warns

NO_GRADIENTS = (
    "{}(): functions with out=... arguments don't support automatic differentiation, but one of the arguments requires "
    "grad."
)
RESIZED = (
    "An output with one or more elements was resized since it had shape {}, which does not match the required output "
    "shape {}. This behavior is deprecated, and in a future PyTorch release outputs will not be resized unless they "
    "have zero elements. You can explicitly reuse an out tensor t by resizing it, inplace, to zero elements with "
    "t.resize_(0)."
)


def numbers(*values: float, **options: Any) -> Any:
    return torch.tensor(values, **options)


def test_result_is_the_output() -> None:
    x, out = numbers(1.0, 4.0), numbers(0.0, 0.0)
    assert torch.sqrt(x, out=out) is out
    assert out.tolist() == [1.0, 2.0]
    assert out._version == 1
    assert torch.sqrt(x, out=None).tolist() == [1.0, 2.0]


def test_several_outputs() -> None:
    values, indices = torch.zeros(2), torch.zeros(2, dtype=torch.int64)
    found = torch.sort(numbers(3.0, 1.0), out=(values, indices))
    assert found[0] is values
    assert found.indices is indices
    assert (values.tolist(), indices.tolist()) == ([1.0, 3.0], [1, 0])


def test_an_operand_may_be_the_output() -> None:
    x = numbers(1.0, 4.0)
    torch.sqrt(x, out=x)
    torch.add(x, x, out=x)
    assert x.tolist() == [2.0, 4.0]


def test_output_that_is_a_view_writes_to_its_base() -> None:
    x = torch.zeros(4)
    torch.mul(numbers(1.0, 2.0), 3, out=x[1:3])
    assert x.tolist() == [0.0, 3.0, 6.0, 0.0]
    torch.cumsum(numbers(1.0, 2.0), 0, out=x[::2])
    assert x.tolist() == [1.0, 3.0, 3.0, 0.0]


def test_result_is_converted_upwards() -> None:
    out = torch.zeros(2, dtype=torch.float64)
    assert torch.add(numbers(1.0, 2.0), 1, out=out).dtype is torch.float64
    assert torch.eq(numbers(1.0, 2.0), 1, out=out).tolist() == [1.0, 0.0]
    assert torch.zeros(2, out=out).tolist() == [0.0, 0.0]
    assert torch.arange(2, out=out).tolist() == [0.0, 1.0]


def test_empty_output_takes_the_shape() -> None:
    out = torch.empty(0)
    torch.matmul(torch.ones(2, 3), torch.ones(3, 2), out=out)
    assert out.tolist() == [[3.0, 3.0], [3.0, 3.0]]


def test_other_output_takes_the_shape_with_a_warning() -> None:
    out = torch.ones(2)
    with warns(UserWarning, RESIZED.format([2], [3])):
        torch.exp(torch.zeros(3), out=out)
    assert out.tolist() == [1.0, 1.0, 1.0]


def test_outputs_that_are_refused() -> None:
    x = numbers(1.0, 2.0)
    integers, doubles = torch.zeros(2, dtype=torch.int64), torch.zeros(2, 2, dtype=torch.float64)
    with unchanged(integers), raises(RuntimeError, "result type Float can't be cast to the desired output type Long"):
        torch.add(x, x, out=integers)
    with unchanged(doubles), raises(RuntimeError, "Expected out tensor to have dtype float, but got double instead"):
        torch.mm(torch.ones(2, 2), torch.ones(2, 2), out=doubles)
    with raises(RuntimeError, "Found dtype Double but expected Float"):
        torch.neg(x, out=doubles[0])
    with raises(TypeError, "torch.cat(): input types can't be cast to the desired output type Long"):
        torch.cat([x, x], out=integers)
    with raises(TypeError, "exp(): argument 'out' must be Tensor, not list"):
        torch.exp(x, out=[x])
    expanded = torch.zeros(1).expand(2)
    with pytest.raises(RuntimeError, match="more than one element of the written-to tensor"):
        torch.add(x, 1, out=expanded)
    with torch.inference_mode():
        inference = torch.zeros(2)
    with pytest.raises(RuntimeError, match="Inplace update to inference tensor outside InferenceMode"):
        torch.add(x, 1, out=inference)


@pytest.mark.parametrize("where", ["operand", "operand in a list", "output"])
def test_nothing_is_recorded(where: str) -> None:
    leaf, plain = numbers(1.0, 2.0, requires_grad=True), numbers(3.0, 4.0)
    out = numbers(0.0, 0.0, requires_grad=where == "output")

    def call() -> Any:
        if where == "operand in a list":
            return torch.cat([leaf[:1], plain[1:]], out=out)
        return torch.mul(leaf if where == "operand" else plain, plain, out=out)

    name = "cat" if where == "operand in a list" else "mul"
    with unchanged(out), raises(RuntimeError, NO_GRADIENTS.format(name)):
        call()
    with torch.no_grad():
        call()
    assert out.tolist() == ([1.0, 4.0] if name == "cat" else [3.0, 8.0] if where == "operand" else [9.0, 16.0])
    assert out.requires_grad == (where == "output")


@pytest.mark.filterwarnings("ignore:An output with one or more elements was resized:UserWarning")
def test_computed_tensor_that_is_resized_has_no_gradient_of_another_shape() -> None:
    x = torch.ones(2, 3, requires_grad=True)
    y = x * 2
    with torch.no_grad():
        torch.exp(torch.zeros(4), out=y)
    assert y.tolist() == [1.0] * 4
    with pytest.raises(RuntimeError, match="shape"):
        y.sum().backward()
    assert x.grad is None


def test_a_saved_value_that_an_output_overwrites_is_noticed() -> None:
    x = numbers(1.0, 2.0, requires_grad=True)
    y = x.exp()
    with torch.no_grad():
        torch.neg(y, out=y)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


def test_methods_take_no_output() -> None:
    with pytest.raises(TypeError):
        numbers(1.0).exp(out=numbers(0.0))


def test_out_of_linear_algebra_and_transforms() -> None:
    x = torch.tensor([[2.0, 0.0], [0.0, 4.0]])
    out = torch.zeros(2, 2)
    assert torch.linalg.inv(x, out=out) is out
    assert out.tolist() == [[0.5, 0.0], [0.0, 0.25]]
    values, vectors = torch.zeros(2), torch.zeros(2, 2)
    found = torch.linalg.eigh(x, out=(values, vectors))
    assert found.eigenvalues is values
    assert values.tolist() == [2.0, 4.0]
    assert torch.inverse(x, out=out) is out
    spectrum = torch.zeros(2, dtype=torch.complex128)
    assert torch.fft.fft(torch.tensor([1.0, 2.0]), out=spectrum) is spectrum
    assert spectrum.tolist() == [3, -1]
    with raises(RuntimeError, "Expected out tensor to have dtype float, but got double instead"):
        torch.linalg.solve(x, x, out=torch.zeros(2, 2, dtype=torch.float64))
    with raises(RuntimeError, NO_GRADIENTS.format("linalg_vector_norm")):
        torch.linalg.vector_norm(x.requires_grad_(), out=torch.zeros(()))
