"""``backward``, ``autograd.backward`` and ``autograd.grad`` with all their arguments."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.compare import assert_close
from tests.support.library import raises, torch, warns

grad = torch.autograd.grad


def leaf(*numbers: float) -> Any:
    return torch.tensor(numbers or (1.0, 2.0, 3.0), requires_grad=True)


# --- backward


def test_backward_of_a_scalar() -> None:
    x = leaf()
    assert (x * x).sum().backward() is None
    assert x.grad.tolist() == [2.0, 4.0, 6.0]
    assert not x.grad.requires_grad
    assert x.grad.is_leaf


def test_backward_of_one_element_needs_no_gradient() -> None:
    x = leaf(3.0)
    (x * x).reshape(1, 1).backward()
    assert x.grad.tolist() == [6.0]


def test_backward_with_a_gradient() -> None:
    x = leaf()
    (x * x).backward(torch.tensor([1.0, 10.0, 100.0]))
    assert x.grad.tolist() == [2.0, 40.0, 600.0]


def test_backward_with_a_named_gradient() -> None:
    x = leaf()
    (x * 2).backward(gradient=torch.ones(3))
    assert x.grad.tolist() == [2.0, 2.0, 2.0]


def test_gradients_accumulate() -> None:
    x = leaf()
    for _ in range(3):
        x.sum().backward()
    assert x.grad.tolist() == [3.0, 3.0, 3.0]


def test_gradient_set_by_hand_is_added_to() -> None:
    x = leaf()
    x.grad = torch.ones(3)
    given = x.grad
    x.sum().backward()
    assert x.grad is given
    assert given.tolist() == [2.0, 2.0, 2.0]


def test_gradient_may_be_deleted() -> None:
    x = leaf()
    x.sum().backward()
    x.grad = None
    (x * 5).sum().backward()
    assert x.grad.tolist() == [5.0, 5.0, 5.0]


def test_retain_graph() -> None:
    x = leaf()
    y = x.exp().sum()
    y.backward(retain_graph=True)
    once = x.grad.tolist()
    y.backward()
    assert x.grad.tolist() == [2 * g for g in once]
    with pytest.raises(RuntimeError, match="backward through the graph a second time"):
        y.backward()


def test_graph_without_saved_values_runs_twice() -> None:
    x = leaf()
    y = (x + 1).sum()
    y.backward()
    y.backward()
    assert x.grad.tolist() == [2.0, 2.0, 2.0]


def test_create_graph_makes_the_grad_differentiable() -> None:
    x = leaf()
    y = (x**3).sum()
    with warns(UserWarning, "Using backward() with create_graph=True will create a reference cycle"):
        y.backward(create_graph=True)
    assert x.grad.requires_grad
    (second,) = grad(x.grad.sum(), x)
    assert second.tolist() == [6.0, 12.0, 18.0]


def test_inputs_limit_what_is_accumulated() -> None:
    x, w = leaf(), leaf(4.0, 5.0, 6.0)
    (x * w).sum().backward(inputs=[x])
    assert x.grad.tolist() == [4.0, 5.0, 6.0]
    assert w.grad is None


def test_one_input_needs_no_list() -> None:
    x, w = leaf(), leaf(4.0, 5.0, 6.0)
    (x * w).sum().backward(inputs=w)
    assert x.grad is None
    assert w.grad.tolist() == [1.0, 2.0, 3.0]


def test_input_that_is_no_leaf_gets_its_grad() -> None:
    x = leaf()
    y = x * 2
    y.retain_grad()
    (y * y).sum().backward(inputs=[y])
    assert y.grad.tolist() == [4.0, 8.0, 12.0]
    assert x.grad is None


def test_no_inputs_are_a_mistake() -> None:
    with raises(RuntimeError, "`inputs` argument to `backward()` cannot be empty."):
        leaf().sum().backward(inputs=[])


def test_many_roots() -> None:
    x = leaf()
    torch.autograd.backward([(x * 2).sum(), (x * x).sum()])
    assert x.grad.tolist() == [4.0, 6.0, 8.0]


def test_many_roots_with_gradients() -> None:
    x = leaf()
    torch.autograd.backward([x * 2, (x * x).sum()], [torch.tensor([1.0, 0.0, 1.0]), None])
    assert x.grad.tolist() == [4.0, 4.0, 8.0]


def test_root_that_is_a_leaf() -> None:
    x = leaf(2.0)
    x.backward()
    assert x.grad.tolist() == [1.0]


def test_diamond_is_walked_once() -> None:
    x = leaf(2.0)
    a = x * 3
    b, c = a * 5, a * 7
    calls = []
    a.register_hook(lambda g: calls.append(g.item()))
    (b * c).sum().backward()
    assert calls == [2 * 35 * 6.0]
    assert x.grad.item() == 2 * 35 * 9 * 2.0


def test_grad_of_a_leaf_has_the_dtype_and_shape_of_the_leaf() -> None:
    x = torch.ones(2, 1, dtype=torch.float64, requires_grad=True)
    (x * torch.ones(3)).float().sum().backward()
    assert x.grad.dtype == torch.float64
    assert x.grad.shape == x.shape


def test_backward_is_possible_under_no_grad() -> None:
    x = leaf()
    y = (x * x).sum()
    with torch.no_grad():
        y.backward()
    assert x.grad.tolist() == [2.0, 4.0, 6.0]


def test_part_of_the_graph_behind_a_detach_gets_nothing() -> None:
    x, w = leaf(), leaf()
    (x.detach() * w).sum().backward()
    assert x.grad is None
    assert w.grad.tolist() == [1.0, 2.0, 3.0]


# --- grad


def test_grad_returns_a_tuple_and_leaves_grad_alone() -> None:
    x, w = leaf(), leaf(4.0, 5.0, 6.0)
    result = grad((x * w).sum(), (x, w))
    assert isinstance(result, tuple)
    assert [g.tolist() for g in result] == [[4.0, 5.0, 6.0], [1.0, 2.0, 3.0]]
    assert x.grad is None
    assert w.grad is None


def test_grad_of_one_input() -> None:
    x = leaf()
    (g,) = grad((x * x).sum(), x)
    assert g.tolist() == [2.0, 4.0, 6.0]


def test_grad_by_a_computed_tensor() -> None:
    x = leaf()
    y = x * 2
    gy, gx = grad((y * y).sum(), [y, x])
    assert gy.tolist() == [4.0, 8.0, 12.0]
    assert gx.tolist() == [8.0, 16.0, 24.0]


def test_grad_by_the_output_itself() -> None:
    x = leaf()
    y = (x * x).sum()
    gy, gx = grad(y, [y, x])
    assert gy.item() == 1.0
    assert gx.tolist() == [2.0, 4.0, 6.0]


def test_grad_outputs() -> None:
    x = leaf()
    (g,) = grad(x * x, x, grad_outputs=torch.tensor([1.0, 0.0, -1.0]))
    assert g.tolist() == [2.0, 0.0, -6.0]


def test_grad_outputs_of_many_outputs() -> None:
    x = leaf()
    (g,) = grad([x * 2, x.sum()], x, grad_outputs=[torch.tensor([1.0, 0.0, 0.0]), None])
    assert g.tolist() == [3.0, 1.0, 1.0]


def test_grad_outputs_of_another_number() -> None:
    x = leaf()
    with raises(RuntimeError, "got 2 tensors and 1 gradients"):
        grad([x.sum(), x.sum()], x, grad_outputs=[torch.ones(())])


def test_allow_unused() -> None:
    x, unused = leaf(), leaf()
    gx, gu = grad(x.sum(), [x, unused], allow_unused=True)
    assert gx.tolist() == [1.0, 1.0, 1.0]
    assert gu is None


def test_materialize_grads() -> None:
    x, unused = leaf(), torch.ones(2, 2, dtype=torch.float64, requires_grad=True)
    _, gu = grad(x.sum(), [x, unused], materialize_grads=True)
    assert gu.tolist() == [[0.0, 0.0], [0.0, 0.0]]
    assert gu.dtype == torch.float64


def test_materialize_grads_and_refuse_unused_contradict() -> None:
    x, unused = leaf(), leaf()
    with raises(
        ValueError,
        "Expected allow_unused to be True or not passed when materialize_grads=True, but got: allow_unused=False.",
    ):
        grad(x.sum(), [x, unused], allow_unused=False, materialize_grads=True)


def test_grad_retain_graph() -> None:
    x = leaf()
    y = (x**2).sum()
    first = grad(y, x, retain_graph=True)[0].tolist()
    assert grad(y, x)[0].tolist() == first
    with pytest.raises(RuntimeError, match="backward through the graph a second time"):
        grad(y, x)


def test_grad_create_graph_keeps_the_graph() -> None:
    x = leaf()
    y = (x**3).sum()
    (g,) = grad(y, x, create_graph=True)
    assert g.requires_grad
    assert grad(y, x)[0].tolist() == g.tolist()


def test_grad_without_create_graph_is_not_recorded() -> None:
    x = leaf()
    (g,) = grad((x**3).sum(), x)
    assert not g.requires_grad
    assert g.grad_fn is None


def test_derivatives_of_any_order() -> None:
    x = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    y = x**5
    expected = [80.0, 160.0, 240.0, 240.0, 120.0, 0.0]
    for value in expected[:-1]:
        (y,) = grad(y, x, create_graph=True)
        assert y.item() == value
    (y,) = grad(y, x, allow_unused=True, materialize_grads=True)
    assert y.item() == 0.0


def test_derivative_by_a_grad_output() -> None:
    """Differentiating a vector-Jacobian product by its vector gives the Jacobian-vector product."""
    x = leaf()
    v = torch.zeros(3, requires_grad=True)
    (vjp,) = grad(x**2, x, grad_outputs=v, create_graph=True)
    (jvp,) = grad(vjp, v, grad_outputs=torch.tensor([1.0, 1.0, 2.0]))
    assert jvp.tolist() == [2.0, 4.0, 12.0]


def test_hessian_vector_product() -> None:
    x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    y = x[0] ** 2 * x[1] + x[1].exp()
    (g,) = grad(y, x, create_graph=True)
    (hv,) = grad(g, x, torch.tensor([1.0, 1.0], dtype=torch.float64))
    assert_close(hv, [2 * 2 + 2 * 1, 2 * 1 + 7.38905609893065], 1e-12)


def test_create_graph_with_mixed_inputs() -> None:
    x, w = leaf(2.0), leaf(3.0)
    (gx,) = grad((x**2 * w).sum(), x, create_graph=True)
    loss = (gx**2).sum()
    gx2, gw = grad(loss, [x, w])
    assert gx2.item() == 2 * 12 * 6.0
    assert gw.item() == 2 * 12 * 4.0


def test_grad_with_a_hook_on_the_way() -> None:
    x = leaf()
    y = x * 2
    y.register_hook(lambda g: g * 10)
    assert grad(y.sum(), x)[0].tolist() == [20.0, 20.0, 20.0]


def test_sequence_of_a_single_output_in_a_list() -> None:
    x = leaf()
    (g,) = grad([x.sum()], [x])
    assert g.tolist() == [1.0, 1.0, 1.0]


def test_outputs_that_need_no_grad_beside_those_that_do() -> None:
    x = leaf()
    with pytest.raises(RuntimeError, match="element 1 of tensors does not require grad"):
        grad([x.sum(), torch.ones(())], x)


def test_gradients_that_are_not_batched() -> None:
    x = leaf()
    (g,) = grad(x * x, x, torch.ones(3), is_grads_batched=False)
    assert g.tolist() == [2.0, 4.0, 6.0]
