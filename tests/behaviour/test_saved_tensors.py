"""What nodes save: shown as ``_saved_*``, handed to hooks, moved to the CPU."""

from __future__ import annotations

import gc
import threading
import weakref
from typing import Any

import pytest

from tests.support.library import differs_from_torch, raises, torch

grad = torch.autograd.grad
graph = torch.autograd.graph
hooks = graph.saved_tensors_hooks

FREED = (
    "Trying to backward through the graph a second time (or directly access saved tensors after they have already been "
    "freed). Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). Specify "
    "retain_graph=True if you need to backward through the graph a second time or if you need to access saved tensors "
    "after calling backward."
)


def leaf(*numbers: float) -> Any:
    return torch.tensor(numbers or (1.0, 2.0), requires_grad=True)


def identity(t: Any) -> Any:
    return t


def copied(t: Any) -> Any:
    return t.detach().clone()


# --- what a node shows


def test_saved_result_has_its_place_in_the_graph() -> None:
    y = leaf().exp()
    saved = y.grad_fn._saved_result
    assert saved is not y
    assert saved.grad_fn is y.grad_fn
    assert saved.tolist() == y.tolist()


def test_saved_inputs() -> None:
    x, w = leaf(), leaf(3.0, 4.0)
    y = x * w
    assert y.grad_fn._saved_self is x
    assert y.grad_fn._saved_other is w
    z = y * w
    assert z.grad_fn._saved_self.grad_fn is y.grad_fn


def test_only_what_is_needed_is_saved() -> None:
    x = leaf()
    assert (x * torch.ones(2)).grad_fn._saved_self is None
    assert not hasattr((x + x).grad_fn, "_saved_self")
    with pytest.raises(AttributeError, match="'MulBackward0' object has no attribute '_saved_something'"):
        _ = (x * x).grad_fn._saved_something


def test_names_of_what_is_saved() -> None:
    x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    assert (x @ x).grad_fn._saved_mat2 is x
    assert (x**x).grad_fn._saved_exponent is x
    assert x.sum().grad_fn._saved_self_sym_sizes == (2, 2)
    assert x.topk(1)[0].grad_fn._saved_indices.tolist() == [[1], [1]]
    assert x.cumsum(1).grad_fn._saved_dim == 1
    assert x.relu().grad_fn._saved_result.tolist() == x.tolist()


def test_freed_values_are_refused() -> None:
    x, w = leaf(), leaf()
    y = x * w
    raw = y.grad_fn._raw_saved_self
    y.sum().backward()
    with raises(RuntimeError, FREED):
        _ = y.grad_fn._saved_self
    with raises(
        RuntimeError,
        "Calling register_hooks on a saved tensor after it has been freed. Saved intermediate values of the graph are "
        "freed when you call .backward() or autograd.grad(). Specify retain_graph=True if you need to backward through "
        "the graph a second time or if you need to access saved variables after calling backward.",
    ):
        raw.register_hooks(identity, identity)


def test_changed_values_are_refused() -> None:
    x, w = leaf(), leaf()
    y = x * w
    with torch.no_grad():
        x.add_(1)
    with pytest.raises(RuntimeError, match=r"modified by an inplace operation.*is at version 1; expected version 0"):
        _ = y.grad_fn._saved_self
    assert y.grad_fn._saved_other is w


# --- hooks on one saved tensor


def test_hooks_of_one_saved_tensor() -> None:
    x, w = leaf(), leaf(3.0, 4.0)
    y = x * w
    y.grad_fn._raw_saved_self.register_hooks(lambda t: t * 2, lambda t: t + 1)
    assert y.grad_fn._saved_self.tolist() == [3.0, 5.0]
    assert y.grad_fn._saved_other is w
    y.sum().backward()
    assert x.grad.tolist() == [3.0, 4.0]
    assert w.grad.tolist() == [3.0, 5.0]


def test_hooks_of_one_saved_tensor_are_refused() -> None:
    x = leaf()
    raw = (x * x).grad_fn._raw_saved_self
    raw.register_hooks(copied, identity)
    with raises(
        RuntimeError,
        "Calling register_hooks on a saved tensor whose hooks have already been set. Hint: only one pair of hooks is "
        "allowed at a time.",
    ):
        raw.register_hooks(copied, identity)
    with raises(RuntimeError, "Calling register_hooks on a saved tensor with value None is forbidden"):
        (x * torch.ones(2)).grad_fn._raw_saved_self.register_hooks(copied, identity)
    with pytest.raises(TypeError, match="register_hooks"):
        (x * x).grad_fn._raw_saved_self.register_hooks(3, identity)


# --- hooks on all of them


def test_hooks_have_what_ops_save() -> None:
    x, w, seen = leaf(), leaf(3.0, 4.0), []

    def pack(t: Any) -> Any:
        seen.append((t.tolist(), t.requires_grad, torch.is_grad_enabled()))
        return t.tolist()

    def unpack(values: Any) -> Any:
        seen.append(("back", values, torch.is_grad_enabled()))
        return torch.tensor(values)

    with hooks(pack, unpack):
        y = x * w
    z = y.exp()
    assert sorted(seen) == [([1.0, 2.0], True, False), ([3.0, 4.0], True, False)]
    seen.clear()
    z.sum().backward()
    assert sorted(seen) == [("back", [1.0, 2.0], False), ("back", [3.0, 4.0], False)]
    e = z.detach()
    assert torch.allclose(x.grad, e * w.detach())
    assert torch.allclose(w.grad, e * x.detach())


def test_packed_results_have_their_place_in_the_graph() -> None:
    seen: list[Any] = []
    with hooks(lambda t: (seen.append(t.grad_fn), copied(t))[1], identity):
        y = leaf().exp()
    assert seen == [y.grad_fn]
    assert y.grad_fn._saved_result.grad_fn is y.grad_fn


def test_unpacked_values_are_what_the_derivative_uses() -> None:
    x = leaf(3.0)
    with hooks(copied, lambda t: t * 2):
        y = x * x
    y.sum().backward()
    assert x.grad.item() == 12.0


@pytest.mark.parametrize("order", [2, 3])
def test_derivatives_of_derivatives_through_packed_values(order: int) -> None:
    x, ws = leaf(0.5, 0.8), []

    def pack(t: Any) -> Any:
        return t.tolist()

    for manager in (hooks(pack, torch.tensor), None):
        total: Any
        if manager is None:
            total = ((x * x).exp().sin() * x.tanh()).sum()
        else:
            with manager:
                total = ((x * x).exp().sin() * x.tanh()).sum()
        for _ in range(order):
            (total,) = grad(total.sum(), x, create_graph=True)
        ws.append(total.detach())
    assert torch.allclose(ws[0], ws[1])


def test_second_derivative_is_unpacked_with_recording() -> None:
    x, seen = leaf(2.0), []
    with hooks(copied, lambda t: (seen.append(torch.is_grad_enabled()), t)[1]):
        y = x**3
    (first,) = grad(y.sum(), x, create_graph=True)
    assert seen == [True]
    assert grad(first.sum(), x)[0].item() == 12.0


def test_retained_graph_is_unpacked_again() -> None:
    x, seen = leaf(2.0), []
    with hooks(copied, lambda t: (seen.append(1), t)[1]):
        y = x**3
    y.sum().backward(retain_graph=True)
    y.sum().backward()
    assert len(seen) == 2
    assert x.grad.item() == 24.0
    with raises(RuntimeError, FREED):
        y.sum().backward()


def test_innermost_hooks_count() -> None:
    x, seen = leaf(), []

    def noting(name: str) -> Any:
        return hooks(lambda t: (seen.append(name), copied(t))[1], identity)

    with noting("outer"):
        _ = x.exp()
        with noting("inner"):
            _ = x.exp()
        _ = x.exp()
    _ = x.exp()
    assert seen == ["outer", "inner", "outer"]


def test_many_ops_under_hooks() -> None:
    functional = torch.nn.functional
    torch.manual_seed(0)
    x = torch.randn(4, 6)
    w = torch.randn(6, 6, requires_grad=True)

    def network() -> Any:
        h = functional.layer_norm(functional.gelu(x @ w), (6,))
        h = torch.cat([h.softmax(-1), h.max(1, keepdim=True)[0], torch.stack([h.mean(1), h.var(1)], 1)], 1)
        h = h.index_select(1, torch.tensor([0, 3, 3, 8])) + h[:, 1:5].sort(1)[0]
        return functional.cross_entropy(h.cumsum(1), torch.tensor([0, 1, 2, 3])) + torch.where(h > 0, h, h.exp()).sum()

    network().backward()
    plain, w.grad = w.grad, None
    count = [0, 0]

    def pack(t: Any) -> Any:
        count[0] += 1
        return t.detach().clone()

    def unpack(t: Any) -> Any:
        count[1] += 1
        return t

    with hooks(pack, unpack):
        loss = network()
    loss.backward()
    assert torch.equal(plain, w.grad)
    assert count[0] >= count[1] > 10


def test_function_saves_through_hooks() -> None:
    class Cube(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x, None)
            return x**3

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            x, nothing = ctx.saved_tensors
            assert nothing is None
            return 3 * x**2 * g

    x = leaf(2.0)
    with hooks(lambda t: t.tolist(), torch.tensor):
        y = Cube.apply(x)
    (first,) = grad(y.sum(), x, create_graph=True)
    assert first.item() == 12.0
    assert grad(first.sum(), x)[0].item() == 12.0
    z = Cube.apply(x)
    z.grad_fn._raw_saved_tensors[0].register_hooks(lambda t: t * 2, identity)
    z.sum().backward()
    assert x.grad.item() == 48.0


def test_in_place_ops_under_hooks() -> None:
    x = leaf()
    with hooks(copied, identity):
        y = x * 1
        y.exp_()
        y.mul_(y)
    y.sum().backward()
    assert torch.allclose(x.grad, 2 * (2 * x.detach()).exp())


def test_hooks_are_of_the_thread_that_entered_them() -> None:
    x, seen = leaf(), []
    with hooks(lambda t: (seen.append(1), copied(t))[1], identity):
        thread = threading.Thread(target=x.exp)
        thread.start()
        thread.join()
    assert seen == []


def test_hooks_end_with_their_block_also_after_an_error() -> None:
    x, seen = leaf(), []
    with pytest.raises(KeyError):
        with hooks(lambda t: (seen.append(1), copied(t))[1], identity):
            raise KeyError
    _ = x.exp()
    assert seen == []


def test_errors_of_hooks() -> None:
    x = leaf()
    with raises(
        RuntimeError,
        "A saved tensor pack hook is modifying its input in place. Tensors provided as input to pack hook cannot be "
        "modified by in-place operations as this can lead to unexpected side-effects. Please open an issue if you need "
        "to perform in-place operations on the input to a pack hook.",
    ):
        with hooks(lambda t: t.mul_(2), identity):
            _ = (x * 1).exp()
    with hooks(identity, lambda t: 3):
        y = x * x
    with raises(TypeError, "Output of saved tensor unpack_hook expected to be a Tensor but got result of type int"):
        y.sum().backward()
    with hooks(identity, lambda t: torch.ones(3)):
        y = x * x
    with pytest.raises(RuntimeError):
        y.sum().backward()
    with pytest.raises(ZeroDivisionError):
        with hooks(lambda t: 1 / 0, identity):
            _ = x.exp()
    with pytest.raises(TypeError, match=r"callable|Callable"):
        with hooks(3, identity):
            pass
    assert torch.is_grad_enabled()


@differs_from_torch("PyTorch computes with the changed values")
def test_change_of_memory_that_hooks_kept_is_refused() -> None:
    x, w = leaf(), leaf()
    with hooks(lambda t: t.detach(), identity):
        a = x * 1
        y = a * w
    with torch.no_grad():
        a.mul_(10)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()
    assert w.grad is None


def test_change_of_what_hooks_copied_is_not_seen() -> None:
    x, w = leaf(), leaf()
    with hooks(copied, identity):
        a = x * 1
        y = a * w
    with torch.no_grad():
        a.mul_(10)
    y.sum().backward()
    assert w.grad.tolist() == [1.0, 2.0]


@differs_from_torch("PyTorch lets the dtype of what was unpacked spread")
def test_unpacked_values_are_brought_back_to_their_dtype() -> None:
    x = leaf()
    with hooks(lambda t: t.detach().double(), identity):
        y = x.exp()
    y.sum().backward()
    assert x.grad.dtype is torch.float32
    assert torch.allclose(x.grad, y.detach(), rtol=1e-3)


def test_hooks_can_be_refused() -> None:
    with raises(RuntimeError, "not here"):
        with graph.disable_saved_tensors_hooks("not here"), hooks(identity, identity):
            pass
    with raises(RuntimeError, "not here"):
        with hooks(identity, identity), graph.disable_saved_tensors_hooks("not here"):
            pass
    with graph.disable_saved_tensors_hooks("one"):
        with graph.disable_saved_tensors_hooks("two"):
            pass
        with raises(RuntimeError, "one"), hooks(identity, identity):
            pass
    with hooks(identity, identity):
        pass


def test_save_on_cpu() -> None:
    x, w = leaf(), leaf(3.0, 4.0)
    with graph.save_on_cpu():
        y = (x * w).exp()
    assert y.grad_fn._saved_result.device == y.device
    (dx,) = grad(y.sum(), x, create_graph=True)
    assert torch.allclose(dx, y * w)
    dx.sum().backward()
    assert torch.allclose(x.grad, (y * w * w).detach())
    with graph.save_on_cpu(pin_memory=False):
        _ = x.exp()


# --- memory


def test_packed_values_go_when_backward_has_passed() -> None:
    class Box:
        def __init__(self, tensor: Any) -> None:
            self.tensor = tensor.detach().clone()

    kept: list[weakref.ref[Box]] = []

    def pack(t: Any) -> Box:
        box = Box(t)
        kept.append(weakref.ref(box))
        return box

    x = leaf()
    with hooks(pack, lambda box: box.tensor):
        y = x.exp().sin().sum()
    assert len(kept) == 2
    assert all(r() is not None for r in kept)
    y.backward()
    assert [r() for r in kept] == [None, None]


def test_packing_makes_no_cycles() -> None:
    gc.collect()
    gc.disable()
    try:
        x = leaf()
        with hooks(lambda t: t.detach().clone(), lambda t: t):
            y = (x * x).exp()
            z = y.sum()
        (first,) = grad(z, x, create_graph=True)
        kept = [weakref.ref(v) for v in (x, y, z, first)]
        del x, y, z, first
        assert [r() for r in kept] == [None] * 4
    finally:
        gc.enable()
