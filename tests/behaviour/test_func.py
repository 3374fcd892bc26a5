"""Function transforms, nested: ``func.grad``, ``vjp``, ``jvp``, ``jacrev``, ``jacfwd``, ``hessian``, ``vmap``."""

from __future__ import annotations

import contextlib
import gc
import weakref
from functools import partial
from importlib import import_module

import numpy as np
import pytest

from tests.support.library import torch, without_device

# PyTorch's own forward mode warns of what it uses inside.
pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated:DeprecationWarning")

func = import_module(f"{torch.__name__}.func")
grad, vjp, jvp, vmap = func.grad, func.vjp, func.jvp, func.vmap


def close(found, wanted, tolerance=1e-5):
    np.testing.assert_allclose(found.detach().cpu().numpy(), np.asarray(wanted), rtol=tolerance, atol=1e-6)


def tensor(*values):
    return torch.tensor(values if len(values) > 1 else values[0], dtype=torch.float64)


# -- nesting


@pytest.mark.parametrize(
    ("function", "derivatives"),
    [
        (lambda x: x.sin(), [np.sin, np.cos, lambda x: -np.sin(x), lambda x: -np.cos(x), np.sin]),
        (lambda x: x**4, [lambda x: x**4, lambda x: 4 * x**3, lambda x: 12 * x**2, lambda x: 24 * x, lambda x: 24.0]),
        (lambda x: (2 * x).exp(), [partial(lambda k, x: 2**k * np.exp(2 * x), k) for k in range(5)]),
        (
            lambda x: 1 / x,
            [lambda x: 1 / x, lambda x: -(x**-2), lambda x: 2 * x**-3, lambda x: -6 * x**-4, lambda x: 24 * x**-5],
        ),
    ],
)
def test_nested_grad_to_order_four(function, derivatives) -> None:
    x = tensor(0.7)
    for derivative in derivatives:
        close(function(x), derivative(0.7), 1e-9)
        function = grad(function)


@pytest.mark.parametrize("inner", ["grad", "jvp", "jacrev", "jacfwd"])
@pytest.mark.parametrize("outer", ["grad", "jvp", "jacrev", "jacfwd"])
def test_trap_40_no_perturbation_confusion(inner: str, outer: str) -> None:
    """d/dx (x * d/dy (x + y)) is 1, not 2: https://doi.org/10.1007/s10990-008-9037-1."""

    def derivative(kind, f):
        if kind == "jvp":
            return lambda x: jvp(f, (x,), (torch.ones_like(x),))[1]
        return getattr(func, kind)(f)

    close(derivative(outer, lambda x: x * derivative(inner, lambda y: x + y)(tensor(1.0)))(tensor(3.0)), 1.0)
    close(derivative(outer, lambda x: x * derivative(inner, lambda y: x * y)(x))(tensor(3.0)), 6.0)


def test_a_captured_tensor_keeps_its_own_graph() -> None:
    w = tensor(1.0, 2.0).requires_grad_()
    gradient = grad(lambda x: (w * x**2).sum())(tensor(3.0, 4.0))
    close(gradient, [6.0, 16.0])
    gradient.sum().backward()
    close(w.grad, [6.0, 8.0])


def test_grad_of_vmap_and_vmap_of_grad() -> None:
    x = tensor([1.0, 2.0, 3.0])
    close(vmap(grad(lambda x: x**3))(x), 3 * np.array([1.0, 4.0, 9.0]))
    close(grad(lambda x: vmap(lambda y: y**3)(x).sum())(x), 3 * np.array([1.0, 4.0, 9.0]))
    close(grad(lambda x: vmap(grad(lambda y: y**3))(x).sum())(x), 6 * np.array([1.0, 2.0, 3.0]))


def test_vmap_of_vmap() -> None:
    a, b = torch.arange(3.0), torch.arange(4.0)
    outer = vmap(vmap(lambda x, y: x * y + x, in_dims=(None, 0)), in_dims=(0, None))
    close(outer(a, b), np.outer(np.arange(3), np.arange(4)) + np.arange(3)[:, None])


def test_hessians_agree() -> None:
    def f(x):
        return (x.sin() * x.flip(0)).sum() + x.prod()

    x = tensor(0.3, 0.5, -0.2)
    ways = [
        func.hessian(f),
        func.jacrev(func.jacrev(f)),
        func.jacfwd(func.jacfwd(f)),
        func.jacrev(func.jacfwd(f)),
        func.jacrev(grad(f)),
        vmap(lambda t: jvp(grad(f), (x,), (t,))[1], in_dims=0),
    ]
    wanted = ways[0](x)
    for way in ways[1:-1]:
        close(way(x), wanted.cpu().numpy(), 1e-9)
    close(ways[-1](torch.eye(3, dtype=torch.float64)), wanted.cpu().numpy(), 1e-9)


# -- the functions


def test_grad_of_nested_arguments_and_aux() -> None:
    def f(parameters, x):
        y = (parameters["w"] * x + parameters["b"][0]).sum()
        return y, {"value": y}

    parameters = {"w": tensor(1.0, 2.0), "b": [tensor(3.0)]}
    gradient, aux = grad(f, has_aux=True)(parameters, tensor(5.0, 7.0))
    close(gradient["w"], [5.0, 7.0])
    close(gradient["b"][0], 2.0)
    close(aux["value"], 25.0)
    first, second = grad(lambda x, y: (x * y).sum(), argnums=(0, 1))(tensor(1.0, 2.0), tensor(3.0, 4.0))
    close(first, [3.0, 4.0])
    close(second, [1.0, 2.0])


def test_grad_and_value() -> None:
    gradient, value = func.grad_and_value(lambda x: (x**2).sum())(tensor(1.0, 2.0))
    close(gradient, [2.0, 4.0])
    close(value, 5.0)


def test_unused_arguments_have_zeros() -> None:
    close(grad(lambda x: torch.ones(()).double())(tensor(1.0, 2.0)), [0.0, 0.0])
    close(func.jacrev(lambda x, y: y * 2, argnums=0)(tensor(1.0, 2.0), tensor(1.0, 1.0)), np.zeros((2, 2)))


def test_vjp_can_be_called_many_times() -> None:
    (y, z), pull = vjp(lambda x: (x.exp(), x.sum()), tensor(0.0, 1.0))
    close(y, np.exp([0.0, 1.0]))
    close(z, 1.0)
    for scale in (1.0, 2.0):
        (g,) = pull((scale * torch.ones(2).double(), tensor(1.0)))
        close(g, scale * np.exp([0.0, 1.0]) + 1)


def test_jvp_of_several() -> None:
    output, tangent = jvp(lambda x, y: (x * y, x - y), (tensor(2.0), tensor(3.0)), (tensor(1.0), tensor(10.0)))
    close(output[0], 6.0)
    close(tangent[0], 23.0)
    close(tangent[1], -9.0)


@pytest.mark.parametrize("way", ["jacrev", "jacfwd"])
def test_jacobians_of_structures(way: str) -> None:
    jacobian = getattr(func, way)(lambda x, y: {"a": x * y.sum(), "b": y**2}, argnums=(0, 1))(
        tensor(1.0, 2.0), tensor(3.0, 4.0, 5.0)
    )
    close(jacobian["a"][0], 12 * np.eye(2))
    close(jacobian["a"][1], [[1.0] * 3, [2.0] * 3])
    close(jacobian["b"][0], np.zeros((3, 2)))
    close(jacobian["b"][1], np.diag([6.0, 8.0, 10.0]))


def test_jacrev_in_chunks() -> None:
    x = tensor(1.0, 2.0, 3.0)
    close(func.jacrev(lambda x: x**2, chunk_size=2)(x), np.diag([2.0, 4.0, 6.0]))


@pytest.mark.filterwarnings("ignore:Attempted to insert a get_attr Node:UserWarning")
def test_linearize() -> None:
    output, push = func.linearize(lambda x: x**2, tensor(3.0))
    close(output, 9.0)
    close(push(tensor(2.0)), 12.0)


# -- vmap


def test_in_dims_and_out_dims() -> None:
    x, y = torch.arange(6.0).reshape(2, 3), torch.arange(3.0)
    found = vmap(lambda x, y: x + y, in_dims=(1, 0), out_dims=1)(x, y)
    close(found, x.cpu().numpy() + y.cpu().numpy())
    nested = vmap(lambda p: p["a"] * p["b"], in_dims=({"a": 0, "b": None},))({"a": x, "b": y})
    close(nested, x.cpu().numpy() * y.cpu().numpy())
    first, second = vmap(lambda x: (x, x.sum()), out_dims=(1, 0))(x)
    assert first.shape == (3, 2)
    close(second, [3.0, 12.0])


def test_what_does_not_vary_is_repeated() -> None:
    close(vmap(lambda x: torch.ones(2))(torch.zeros(3)), np.ones((3, 2)))


def test_chunks() -> None:
    x = torch.arange(10.0).reshape(5, 2)
    close(vmap(lambda x: x.cumsum(0), chunk_size=2)(x), np.cumsum(x.cpu().numpy(), 1))


def test_control_flow_on_what_does_not_vary() -> None:
    scale = torch.tensor(2.0)
    close(vmap(lambda x: x * scale if scale > 1 else x)(torch.ones(3)), [2.0] * 3)


def test_indexing_in_vmap() -> None:
    x, i = torch.arange(12.0).reshape(3, 4), torch.tensor([1, 0, 3])
    close(vmap(lambda x: x[1:3])(x), x.cpu().numpy()[:, 1:3])
    close(vmap(lambda x, i: x.gather(0, i.reshape(1)))(x, i), x.cpu().numpy()[np.arange(3), [1, 0, 3]][:, None])
    close(vmap(lambda x: x[torch.tensor([0, 0, 2])])(x), x.cpu().numpy()[:, [0, 0, 2]])
    close(vmap(lambda i: x[0][i.reshape(1)])(i), x.cpu().numpy()[0, [1, 0, 3]][:, None])


def test_buffers_made_inside() -> None:
    def f(x):
        out = torch.zeros_like(x)
        out[1:] = x[:-1] * 2
        out.add_(x)
        return out

    x = torch.arange(6.0).reshape(2, 3)
    wanted = x.cpu().numpy() + np.pad(2 * x.cpu().numpy()[:, :-1], ((0, 0), (1, 0)))
    close(vmap(f)(x), wanted)
    close(grad(lambda x: (f(x) * torch.tensor([1.0, 10.0, 100.0])).sum())(x[0]), [21.0, 210.0, 100.0])


@pytest.mark.parametrize("randomness", ["same", "different"])
def test_randomness(randomness: str) -> None:
    rows = vmap(lambda x: x + torch.rand(20), randomness=randomness)(torch.zeros(3))
    assert bool((rows[0] == rows[1]).all()) is (randomness == "same")
    mask = vmap(torch.nn.functional.dropout, randomness=randomness)(torch.ones(3, 50))
    assert bool((mask[0] == mask[2]).all()) is (randomness == "same")
    close(mask.unique(), [0.0, 2.0])


def test_refusals_of_vmap() -> None:
    x = torch.ones(2, 3)
    with pytest.raises(RuntimeError, match="called random operation while in randomness error mode"):
        vmap(lambda x: x + torch.rand(3))(x)
    with pytest.raises(RuntimeError, match=r"calling .item\(\) on a Tensor"):
        vmap(lambda x: x.sum().item())(x)
    with pytest.raises(RuntimeError, match="data-dependent control flow"):
        vmap(lambda x: x if x.sum() > 0 else -x)(x)
    with pytest.raises(RuntimeError, match=r"can output dynamic shape\. Attempted to vmap over aten::nonzero"):
        vmap(lambda x: x.nonzero())(x)
    with pytest.raises(ValueError, match="must only return Tensors, got type <class 'float'>"):
        vmap(lambda x: 3.0)(x)
    with pytest.raises(ValueError, match="Expected all tensors to have the same size in the mapped dimension"):
        vmap(lambda x, y: x)(x, torch.ones(3))
    with pytest.raises(ValueError, match="Expected at least one Tensor to vmap over"):
        vmap(lambda x: x, in_dims=(None,))(x)
    with pytest.raises(
        ValueError, match=r"Got in_dim=2 for some input, but that input is a Tensor of dimensionality 2"
    ):
        vmap(lambda x: x, in_dims=2)(x)
    with pytest.raises(ValueError, match="We cannot vmap over non-Tensor arguments"):
        vmap(lambda x: x)(1.0)
    with pytest.raises(ValueError, match="in_dims is not compatible with the structure of `inputs`"):
        vmap(lambda x: x, in_dims=(0, 0))(x)
    with pytest.raises(RuntimeError, match="Only allowed values for randomness"):
        vmap(lambda x: x, randomness="some")


def test_refusals_of_derivatives() -> None:
    x, captured = torch.ones(3), torch.zeros(3)
    with pytest.raises(RuntimeError, match="to return a scalar Tensor, got tensor with 1 dims"):
        grad(lambda x: x)(x)
    with pytest.raises(RuntimeError, match="to return a Tensor, got <class 'float'>"):
        grad(lambda x: 1.0)(x)
    with pytest.raises(RuntimeError, match="would mutate a captured Tensor"):
        grad(lambda x: captured.add_(x).sum())(x)
    assert captured.sum() == 0
    with pytest.raises(RuntimeError, match=r"attempting to call Tensor.requires_grad_\(\)"):
        grad(lambda x: x.requires_grad_().sum())(x)
    with pytest.raises(RuntimeError, match="Got argnum=1, but only 1 positional inputs"):
        grad(lambda x: x.sum(), argnums=1)(x)
    with pytest.raises(RuntimeError, match="Expected primals to be a tuple"):
        jvp(torch.sin, x, x)
    with pytest.raises(RuntimeError, match="to have the same python structure"):
        jvp(torch.sin, (x,), (x, x))
    with pytest.raises(RuntimeError, match="Expected pytree structure of cotangents to be the same"):
        vjp(torch.sin, x)[1]((x, x))


def test_no_grad_inside_and_around() -> None:
    def f(x):
        with torch.no_grad():
            constant = x**2
        return x**2 - constant

    close(grad(f)(tensor(3.0)), 6.0)
    with torch.no_grad():
        close(grad(lambda x: x**2)(tensor(3.0)), 6.0)
        assert torch.is_grad_enabled() is False


def test_printing() -> None:
    shown = []
    vmap(grad(lambda x: (shown.append(without_device(repr(x))), x.sum())[1]))(torch.ones(2, 3))
    assert shown == [
        "GradTrackingTensor(lvl=2, value=\n    BatchedTensor(lvl=1, bdim=0, value=\n        tensor([[1., 1., 1.],\n"
        "                [1., 1., 1.]])\n    )\n)"
    ]


def test_no_cycles() -> None:
    references = []

    def f(x):
        y = (x * x).tanh()
        references.append(weakref.ref(y))
        return y.sum()

    gc.collect()
    gc.disable()
    try:
        x = torch.ones(3)
        func.hessian(f)(x)
        vmap(grad(f))(torch.ones(2, 3))
        jvp(f, (x,), (x,))
        assert [r() for r in references] == [None] * len(references)
    finally:
        gc.enable()


def test_a_module_per_sample() -> None:
    nn = torch.nn
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    parameters = {k: v.detach() for k, v in net.named_parameters()}
    x, target = torch.randn(5, 3), torch.tensor([0, 1, 1, 0, 1])

    def loss(parameters, x, target):
        output = func.functional_call(net, parameters, (x.unsqueeze(0),))
        return nn.functional.cross_entropy(output, target.unsqueeze(0))

    found = vmap(grad(loss), in_dims=(None, 0, 0))(parameters, x, target)
    for i in range(5):
        net.zero_grad()
        nn.functional.cross_entropy(net(x[i : i + 1]), target[i : i + 1]).backward()
        for name, p in net.named_parameters():
            close(found[name][i], p.grad.cpu().numpy(), 1e-4)


def test_an_ensemble() -> None:
    nn = torch.nn
    nets = [nn.Linear(3, 2) for _ in range(4)]
    parameters, buffers = func.stack_module_state(nets)
    x = torch.randn(5, 3)
    found = vmap(lambda p, b, x: func.functional_call(nets[0], (p, b), (x,)), in_dims=(0, 0, None))(
        parameters, buffers, x
    )
    close(found, np.stack([net(x).detach().cpu().numpy() for net in nets]))


def test_functional_call_puts_everything_back() -> None:
    net = torch.nn.Linear(3, 2)
    weight = net.weight
    new = torch.zeros(2, 3, requires_grad=True)
    output = func.functional_call(net, {"weight": new}, torch.ones(1, 3))
    assert net.weight is weight
    output.sum().backward()
    close(new.grad, np.ones((2, 3)))
    assert weight.grad is None
    with pytest.raises(RuntimeError, match=r"Missing key.s.: 'bias'"):
        func.functional_call(net, {"weight": new}, torch.ones(1, 3), strict=True)


def test_detach_holds_for_all_levels() -> None:
    x, one = torch.tensor(3.0), torch.tensor(1.0)

    def f(x):
        return x.detach() * x * x

    grad, jvp = torch.func.grad, torch.func.jvp
    assert grad(f)(x).item() == 18.0
    assert grad(grad(f))(x).item() == 6.0
    assert jvp(f, (x,), (one,))[1].item() == 18.0
    assert jvp(grad(f), (x,), (one,))[1].item() == 6.0
    assert grad(lambda x: jvp(f, (x,), (one,))[1])(x).item() == 6.0
    assert torch.func.vmap(grad(grad(f)))(torch.tensor([1.0, 2.0])).tolist() == [2.0, 4.0]
    leaf = torch.tensor(3.0, requires_grad=True)
    assert torch.autograd.grad(grad(f)(leaf), leaf)[0].item() == 6.0
    assert torch.func.jacfwd(lambda v: v * v.detach())(torch.tensor([1.0, 2.0])).diagonal().tolist() == [1.0, 2.0]


def test_detached_tensor_that_is_changed_inside() -> None:
    """Its twin takes the values, but not where it would lose the derivatives of a transform around."""
    x = torch.tensor([1.0, 2.0])

    def f(x):
        y = x * 3
        y.detach().mul_(2)
        return (y * y).sum()

    assert torch.func.grad(f)(x).tolist() == [36.0, 72.0]
    with contextlib.suppress(RuntimeError):
        assert torch.func.hessian(f)(x).diagonal().tolist() == [18.0, 18.0]
