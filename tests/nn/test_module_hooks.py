"""Hooks around forward and around the backward pass."""

from __future__ import annotations

import gc
import importlib
import weakref

import pytest

from tests.support.library import AGAINST_TORCH, NAME, differs_from_torch, raises, torch, warns

nn = torch.nn
module_file = importlib.import_module("torch.nn.modules.module" if AGAINST_TORCH else NAME + ".nn.module")


class Scale(nn.Module):
    def forward(self, x, *, by=2.0):
        return x * by


class Both(nn.Module):
    """Takes a tensor, a number and a tensor; returns two tensors and a number."""

    def forward(self, x, factor, y):
        return x * factor, "text", y * x


def leaf(*values):
    return torch.tensor(values, requires_grad=True)


# --- forward


def test_forward_pre_hook_changes_arguments():
    module = Scale()
    seen = []
    handle = module.register_forward_pre_hook(lambda m, args: seen.append((m, args)))
    module.register_forward_pre_hook(lambda m, args: args[0] + 1)
    module.register_forward_pre_hook(lambda m, args: (args[0] * 10,))
    assert module(1.0) == 40
    assert seen == [(module, (1.0,))]
    handle.remove()
    handle.remove()
    assert module(1.0) == 40
    assert len(seen) == 1


def test_forward_pre_hook_with_kwargs():
    module = Scale()
    module.register_forward_pre_hook(
        lambda m, args, kwargs: ((args[0] + 1,), {"by": kwargs["by"] + 1}), with_kwargs=True
    )
    module.register_forward_pre_hook(lambda m, args, kwargs: None, with_kwargs=True)
    assert module(1.0, by=2.0) == 6
    module.register_forward_pre_hook(lambda m, args, kwargs: args, with_kwargs=True)
    with raises(
        RuntimeError,
        "forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got (2.0,).",
    ):
        module(1.0, by=2.0)


def test_forward_hook_changes_the_output():
    module = Scale()
    seen = []
    module.register_forward_hook(lambda m, args, output: seen.append((m, args, output)))
    module.register_forward_hook(lambda m, args, output: output + 1)
    module.register_forward_hook(lambda m, args, kwargs, output: output + kwargs["by"], with_kwargs=True)
    assert module(1.0, by=3.0) == 7
    assert seen == [(module, (1.0,), 3.0)]


def test_prepend():
    module = Scale()
    order = []
    for name in "abc":
        module.register_forward_hook(lambda *_, n=name: order.append(n), prepend=name == "c")
        module.register_forward_pre_hook(lambda *_, n=name: order.append(n.upper()), prepend=True)
    module(1.0)
    assert "".join(order) == "CBAcab"


def test_a_handle_is_a_context_manager():
    module = Scale()
    with module.register_forward_hook(lambda *_: 0):
        assert module(1.0) == 0
    assert module(1.0) == 2


def test_always_called_hooks_run_after_an_error():
    class Fails(nn.Module):
        def forward(self, x):
            raise ValueError("forward")

    module = Fails()
    calls = []
    module.register_forward_hook(lambda m, args, out: calls.append("skipped"))
    module.register_forward_hook(lambda m, args, out: calls.append(out), always_call=True)
    module.register_forward_hook(lambda m, args, kwargs, out: calls.append(kwargs), always_call=True, with_kwargs=True)
    with pytest.raises(ValueError, match="forward"):
        module(x=1)
    assert calls == [None, {"x": 1}]


def test_always_called_hooks_do_not_run_twice():
    module = Scale()
    calls = []
    module.register_forward_hook(lambda *_: calls.append("always"), always_call=True)

    def fail(*_):
        raise ValueError("hook")

    module.register_forward_hook(fail)
    with pytest.raises(ValueError, match="hook"):
        module(1.0)
    assert calls == ["always"]


def test_an_error_in_an_always_called_hook_is_a_warning():
    class Fails(nn.Module):
        def forward(self, x):
            raise ValueError("forward")

    def fail(*_):
        raise KeyError("hook")

    module = Fails()
    module.register_forward_hook(fail, always_call=True)
    with (
        warns(UserWarning, "module forward hook with ``always_call=True`` raised an exception that was silenced"),
        pytest.raises(ValueError, match="forward"),
    ):
        module(1)


def test_global_forward_hooks_run_first():
    order = []
    module = Scale()
    module.register_forward_pre_hook(lambda *_: order.append("own pre"))
    module.register_forward_hook(lambda *_: order.append("own"))
    handles = [
        module_file.register_module_forward_pre_hook(lambda *_: order.append("global pre")),
        module_file.register_module_forward_hook(lambda *_: order.append("global")),
        module_file.register_module_forward_hook(lambda m, args, kwargs, out: order.append(kwargs), with_kwargs=True),
    ]
    module(1.0, by=3.0)
    for handle in handles:
        handle.remove()
    module(1.0)
    assert order == ["global pre", "own pre", "global", {"by": 3.0}, "own", "own pre", "own"]


def test_global_always_called_hook():
    class Fails(nn.Module):
        def forward(self):
            raise ValueError("forward")

    calls = []
    with (
        module_file.register_module_forward_hook(lambda *_: calls.append(1), always_call=True),
        pytest.raises(ValueError, match="forward"),
    ):
        Fails()()
    assert calls == [1]


def test_registration_hooks():
    seen = []
    new = nn.Parameter(torch.zeros(3))
    handles = [
        module_file.register_module_parameter_registration_hook(lambda m, name, p: new if name == "w" else None),
        module_file.register_module_module_registration_hook(lambda m, name, child: seen.append((name, child))),
        module_file.register_module_buffer_registration_hook(lambda m, name, buffer: seen.append(name)),
    ]
    try:
        module = nn.Module()
        module.w = nn.Parameter(torch.ones(1))
        module.register_buffer("b", torch.ones(1))
        module.child = child = Scale()
    finally:
        for handle in handles:
            handle.remove()
    assert module.w is new
    assert seen == ["b", ("child", child)]


# --- backward


def test_full_backward_hook_sees_and_changes_gradients():
    module = Scale()
    seen = []

    def hook(m, grad_input, grad_output):
        seen.append((m, grad_input[0].tolist(), grad_output[0].tolist()))
        return (grad_input[0] * 100,)

    module.register_full_backward_hook(hook)
    x = leaf(1.0, 2.0)
    (module(x) * 3).sum().backward()
    assert seen == [(module, [6, 6], [3, 3])]
    assert x.grad.tolist() == [600, 600]


def test_full_backward_pre_hook_changes_what_comes_in():
    module = Scale()
    seen = []
    module.register_full_backward_pre_hook(lambda m, grad_output: (grad_output[0] * 10,))
    module.register_full_backward_pre_hook(lambda m, grad_output: seen.append(grad_output[0].tolist()))
    module.register_full_backward_hook(lambda m, gx, gy: seen.append((gx[0].tolist(), gy[0].tolist())))
    x = leaf(1.0)
    module(x).sum().backward()
    assert seen == [[10], ([20], [10])]
    assert x.grad.tolist() == [20]


def test_backward_hooks_with_several_inputs_and_outputs():
    module = Both()
    seen = []
    module.register_full_backward_hook(lambda m, gx, gy: seen.append((gx, gy)))
    x, y = leaf(2.0), leaf(5.0)
    a, text, b = module(x, 3.0, y)
    assert text == "text"
    (a + b * 10).sum().backward()
    ((gx, none, gy), (ga, nothing, gb)) = seen[0]
    assert (gx.tolist(), none, gy.tolist()) == ([53], None, [20])
    assert (ga.tolist(), nothing, gb.tolist()) == ([1], None, [10])
    assert x.grad.tolist() == [53]
    assert y.grad.tolist() == [20]


def test_backward_hook_at_an_output_that_is_not_used():
    module = Both()
    seen = []
    module.register_full_backward_hook(lambda m, gx, gy: seen.append(gy))
    x, y = leaf(2.0), leaf(5.0)
    module(x, 3.0, y)[0].sum().backward()
    (ga, _, gb) = seen[0]
    assert ga.tolist() == [1]
    assert gb is None or gb.tolist() == [0]
    assert x.grad.tolist() == [3]


def test_backward_hooks_prepend_and_remove():
    module = Scale()
    order = []
    first = module.register_full_backward_hook(lambda *_: order.append("a"))
    module.register_full_backward_hook(lambda *_: order.append("b"), prepend=True)
    module(leaf(1.0)).backward()
    first.remove()
    module(leaf(1.0)).backward()
    assert order == ["b", "a", "b"]


def test_backward_hooks_do_nothing_without_gradients():
    module = Scale()
    module.register_full_backward_hook(lambda *_: pytest.fail("called"))
    with torch.no_grad():
        assert module(leaf(1.0)).tolist() == [2]
    assert module(torch.ones(1)).grad_fn is None


def test_backward_hook_when_no_input_requires_a_gradient():
    module = nn.Linear(1, 1, bias=False)
    seen = []
    module.register_full_backward_hook(lambda m, gx, gy: seen.append((gx, gy[0].tolist())))
    loss = module(torch.ones(1)).sum()
    with warns(UserWarning, "Full backward hook is firing when gradients are computed with respect to module outputs"):
        loss.backward()
    assert seen == [((None,), [1])]
    assert module.weight.grad.tolist() == [[1]]


@pytest.mark.parametrize(
    ("register", "result", "text"),
    [
        (
            "register_full_backward_hook",
            (None, None),
            "Backward hook returned an invalid number of grad_input, got 2, but expected 1",
        ),
        (
            "register_full_backward_pre_hook",
            (None, None),
            "Backward pre hook returned an invalid number of grad_output, got 2, but expected 1",
        ),
    ],
)
def test_backward_hooks_that_return_too_much(register, result, text):
    module = Scale()
    getattr(module, register)(lambda *_: result)
    with raises(RuntimeError, text):
        module(leaf(1.0)).sum().backward()


def test_an_output_without_tensors_is_warned_of():
    class Text(nn.Module):
        def forward(self, x):
            return {"y": x}

    module = Text()
    module.register_full_backward_hook(lambda *_: None)
    with warns(UserWarning, "For backward hooks to be called, module output should be a Tensor or a tuple of Tensors"):
        module(leaf(1.0))


def test_global_backward_hooks():
    order = []
    module = Scale()
    module.register_full_backward_hook(lambda *_: order.append("own"))
    with (
        module_file.register_module_full_backward_hook(lambda *_: order.append("global")),
        module_file.register_module_full_backward_pre_hook(lambda *_: order.append("pre")),
    ):
        module(leaf(1.0)).backward()
    assert order == ["pre", "global", "own"]


def test_double_backward_through_hooks():
    module = Scale()
    module.register_full_backward_hook(lambda m, gx, gy: (gx[0] * 3,))
    x = leaf(2.0)
    (grad,) = torch.autograd.grad((module(x) ** 2).sum(), x, create_graph=True)
    assert grad.tolist() == [48]
    (second,) = torch.autograd.grad(grad.sum(), x)
    assert second.tolist() == [72]


def test_hooks_leave_no_cycle():
    gc.disable()
    try:
        module = Scale()
        module.register_full_backward_hook(lambda *_: None)
        x = leaf(1.0)
        module(x).sum().backward()
        gone = weakref.ref(module)
        del module
        assert gone() is None
    finally:
        gc.enable()


@differs_from_torch("the old hook sees the last op's gradients, not the module's")
def test_the_old_backward_hook_is_refused():
    with pytest.raises(NotImplementedError, match="register_full_backward_hook"):
        Scale().register_backward_hook(lambda *_: None)
