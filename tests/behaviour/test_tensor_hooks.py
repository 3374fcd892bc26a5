"""Hooks on tensors, retained gradients, and the graph that a user can walk."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.library import torch


def leaf(*numbers: float) -> Any:
    return torch.tensor(numbers or (1.0, 2.0, 3.0), requires_grad=True)


def test_hook_sees_the_gradient() -> None:
    x, seen = leaf(), []
    x.register_hook(lambda g: seen.append(g.tolist()))
    (x * 2).sum().backward()
    assert seen == [[2.0, 2.0, 2.0]]
    assert x.grad.tolist() == [2.0, 2.0, 2.0]


def test_hook_replaces_the_gradient() -> None:
    x = leaf()
    y = x * 2
    y.register_hook(lambda g: g * 10)
    y.sum().backward()
    assert x.grad.tolist() == [20.0, 20.0, 20.0]


def test_hooks_run_in_the_order_of_registration_each_on_the_last_result() -> None:
    x, seen = leaf(1.0), []
    for factor in (2.0, 3.0):

        def hook(g: Any, factor: float = factor) -> Any:
            seen.append(g.item())
            return g * factor

        x.register_hook(hook)
    x.sum().backward()
    assert seen == [1.0, 2.0]
    assert x.grad.item() == 6.0


def test_removed_hook_does_not_run() -> None:
    x, seen = leaf(), []
    handle = x.register_hook(lambda g: seen.append("removed"))
    x.register_hook(lambda g: seen.append("kept"))
    handle.remove()
    handle.remove()  # twice is once
    x.sum().backward()
    assert seen == ["kept"]


def test_handle_is_a_context_manager() -> None:
    x, seen = leaf(), []
    with x.register_hook(lambda g: seen.append(1)):
        x.sum().backward()
    x.sum().backward()
    assert seen == [1]


def test_hook_runs_once_on_the_whole_gradient() -> None:
    x, seen = leaf(2.0), []
    x.register_hook(lambda g: seen.append(g.item()))
    (x * 3 + x * 4 + x).sum().backward()
    assert seen == [8.0]


def test_hook_of_a_leaf_runs_before_accumulation() -> None:
    x, seen = leaf(1.0), []
    x.register_hook(lambda g: seen.append(g.item()))
    (x * 3).sum().backward()
    (x * 4).sum().backward()
    assert seen == [3.0, 4.0]
    assert x.grad.item() == 7.0


def test_hook_under_create_graph_is_differentiated() -> None:
    x = leaf(3.0)
    y = x * 1
    y.register_hook(lambda g: g * x)
    (first,) = torch.autograd.grad((y * y).sum(), x, create_graph=True)
    assert first.item() == 18.0  # 2 y x
    # 2 y by the hook's x, and 2 x through y, where the hook runs once more
    assert torch.autograd.grad(first.sum(), x)[0].item() == 6.0 + 6.0 * 3.0


def test_hooks_do_not_record_without_create_graph() -> None:
    x, seen = leaf(3.0), []
    y = x * 1
    y.register_hook(lambda g: seen.append((g.requires_grad, torch.is_grad_enabled())))
    y.sum().backward()
    assert seen == [(False, False)]


def test_hook_that_raises_stops_the_walk() -> None:
    x = leaf()
    y = x * 2

    def refuse(g: Any) -> None:
        raise KeyError("refused")

    y.register_hook(refuse)
    with pytest.raises(KeyError, match="refused"):
        y.sum().backward()
    assert x.grad is None


def test_post_accumulate_grad_hook() -> None:
    x, seen = leaf(), []
    x.register_post_accumulate_grad_hook(lambda t: seen.append((t is x, t.grad.tolist())))
    (x * 2).sum().backward()
    assert seen == [(True, [2.0, 2.0, 2.0])]


# --- retain_grad


def test_retained_grad() -> None:
    x = leaf()
    y = x * 2
    assert not y.retains_grad
    y.retain_grad()
    assert y.retains_grad
    (y * y).sum().backward()
    assert y.grad.tolist() == [4.0, 8.0, 12.0]
    assert x.grad.tolist() == [8.0, 16.0, 24.0]


def test_retained_grad_accumulates() -> None:
    x = leaf()
    y = x + 2
    y.retain_grad()
    y.retain_grad()  # twice is once
    y.sum().backward()
    y.sum().backward()
    assert y.grad.tolist() == [2.0, 2.0, 2.0]


def test_retained_grad_does_not_grow_in_place() -> None:
    y = leaf() * 2
    y.retain_grad()
    y.sum().backward(retain_graph=True)
    first = y.grad
    y.sum().backward()
    assert first.tolist() == [1.0, 1.0, 1.0]
    assert y.grad.tolist() == [2.0, 2.0, 2.0]


def test_retained_grad_with_inputs() -> None:
    x = leaf()
    y = x * 2
    y.retain_grad()
    y.sum().backward(inputs=[x])
    assert y.grad.tolist() == [1.0, 1.0, 1.0]


def test_view_of_a_changed_base_keeps_its_retained_grad_and_not_its_hooks() -> None:
    x, seen = leaf(), []
    y = x * 2
    v = y[:2]
    v.retain_grad()
    v.register_hook(lambda g: seen.append(g))
    y.mul_(3)
    (v * v).sum().backward()
    assert v.grad.tolist() == [12.0, 24.0]
    assert x.grad.tolist() == [72.0, 144.0, 0.0]
    assert seen == []


def test_retain_grad_of_a_leaf_changes_nothing() -> None:
    x = leaf()
    x.retain_grad()
    assert not x.retains_grad
    x.sum().backward()
    assert x.grad.tolist() == [1.0, 1.0, 1.0]


def test_retained_grad_comes_after_the_hooks() -> None:
    x = leaf()
    y = x * 2
    y.retain_grad()
    y.register_hook(lambda g: g * 5)
    y.sum().backward()
    assert y.grad.tolist() == [5.0, 5.0, 5.0]


# --- the graph


def test_names_of_nodes() -> None:
    x = leaf()
    assert (x + 1).grad_fn.name() == "AddBackward0"
    assert type(x * 2).__name__ == "Tensor"
    assert type((x * 2).grad_fn).__name__ == "MulBackward0"
    assert repr((x * 2).grad_fn).startswith("<MulBackward0 object at 0x")


def test_next_functions_lead_to_the_leaf() -> None:
    x = leaf()
    y = (x * 2).exp()
    ((multiply, zero),) = y.grad_fn.next_functions
    assert type(multiply).__name__ == "MulBackward0"
    assert zero == 0
    (accumulate, _), nothing = multiply.next_functions
    assert type(accumulate).__name__ == "AccumulateGrad"
    assert accumulate.variable is x
    assert nothing == (None, 0)
    assert accumulate.next_functions == ()


def test_leaf_has_one_accumulator() -> None:
    x = leaf()
    y, z = x * 2, x.exp()
    assert y.grad_fn.next_functions[0][0] is z.grad_fn.next_functions[0][0]


def test_node_is_the_same_object_each_time() -> None:
    y = leaf() * 2
    assert y.grad_fn is y.grad_fn


def test_output_number() -> None:
    x = torch.ones(4, 2, requires_grad=True)
    parts = x.unbind(1)
    assert [part.output_nr for part in parts] == [0, 1]
    assert parts[0].grad_fn is parts[1].grad_fn
    assert x.output_nr == 0


def test_outputs_of_one_node_that_are_not_used_count_as_zero() -> None:
    x = torch.ones(4, 2, requires_grad=True)
    (x.unbind(1)[1] * 3).sum().backward()
    assert x.grad.tolist() == [[0.0, 3.0]] * 4


NODES = {
    "AddBackward0": lambda x: x + x,
    "SubBackward0": lambda x: x - 1,
    "RsubBackward1": lambda x: 1 - x,
    "MulBackward0": lambda x: x * x,
    "DivBackward0": lambda x: x / 2,
    "NegBackward0": lambda x: -x,
    "PowBackward0": lambda x: x**2,
    "PowBackward1": lambda x: x**x,
    "ExpBackward0": lambda x: x.exp(),
    "LogBackward0": lambda x: x.log(),
    "SqrtBackward0": lambda x: x.sqrt(),
    "AbsBackward0": lambda x: x.abs(),
    "SumBackward0": lambda x: x.sum(),
    "SumBackward1": lambda x: x.sum(0),
    "MeanBackward0": lambda x: x.mean(),
    "MeanBackward1": lambda x: x.mean(0),
    "MaxBackward0": lambda x: x.max(0)[0],
    "MaxBackward1": lambda x: x.max(),
    "ReluBackward0": lambda x: x.relu(),
    "SigmoidBackward0": lambda x: x.sigmoid(),
    "TanhBackward0": lambda x: x.tanh(),
    "ViewBackward0": lambda x: x.view(-1),
    "TBackward0": lambda x: x.t(),
    "TransposeBackward0": lambda x: x.transpose(0, 1),
    "PermuteBackward0": lambda x: x.permute(1, 0),
    "ExpandBackward0": lambda x: x.expand(2, 2, 2),
    "UnsqueezeBackward0": lambda x: x.unsqueeze(0),
    "SelectBackward0": lambda x: x[0],
    "SliceBackward0": lambda x: x[:1],
    "IndexBackward0": lambda x: x[torch.tensor([0])],
    "CatBackward0": lambda x: torch.cat([x, x]),
    "StackBackward0": lambda x: torch.stack([x, x]),
    "CloneBackward0": lambda x: x.clone(),
    "MmBackward0": lambda x: x @ x,
    "AddmmBackward0": lambda x: torch.addmm(x, x, x),
    "MvBackward0": lambda x: x @ x[0].detach(),
    "DotBackward0": lambda x: torch.dot(x[0], x[1]),
    "SoftmaxBackward0": lambda x: x.softmax(0),
    "LogSoftmaxBackward0": lambda x: x.log_softmax(0),
    "MseLossBackward0": lambda x: torch.nn.functional.mse_loss(x, torch.zeros(2, 2)),
    "NllLossBackward0": lambda x: torch.nn.functional.cross_entropy(x, torch.tensor([0, 1])),
    "WhereBackward0": lambda x: torch.where(x > 0, x, 0.0),
    "MaskedFillBackward0": lambda x: x.masked_fill(x > 0, 0.0),
    "GatherBackward0": lambda x: x.gather(0, torch.tensor([[0, 1]])),
    "ToCopyBackward0": lambda x: x.double(),
    "ClampBackward1": lambda x: x.clamp(0, 1),
    "MaximumBackward0": lambda x: torch.maximum(x, x),
    "GeluBackward0": lambda x: torch.nn.functional.gelu(x),
    "NativeLayerNormBackward0": lambda x: torch.nn.functional.layer_norm(x, [2]),
    "LogsumexpBackward0": lambda x: x.logsumexp(0),
    "VarBackward0": lambda x: x.var(),
    "StdBackward0": lambda x: x.std(),
    "ProdBackward0": lambda x: x.prod(),
    "CumsumBackward0": lambda x: x.cumsum(0),
    "SqueezeBackward0": lambda x: x.squeeze(),
}


@pytest.mark.parametrize("name", NODES)
def test_node_is_named_as_pytorchs(name: str) -> None:
    x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    assert type(NODES[name](x).grad_fn).__name__ == name
