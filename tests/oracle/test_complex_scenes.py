"""Complex gradients in larger scenes beside PyTorch's: wherever something stands between a rule and the user."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.oracle.harness import ours, real


def leaf(lib: Any) -> Any:
    return lib.tensor([1 + 2j, 3 - 1j], dtype=lib.complex128, requires_grad=True)


def seed(lib: Any) -> Any:
    return lib.tensor([1 - 1j, 2j], dtype=lib.complex128)


def checkpointed(lib: Any) -> list[Any]:
    checkpoint = importlib.import_module(lib.__name__ + ".utils.checkpoint").checkpoint
    found = []
    for reentrant in (True, False):
        x = leaf(lib)
        checkpoint(lambda z: z * z * z.abs(), x, use_reentrant=reentrant).backward(seed(lib))
        found.append(x.grad)
    return found


def module_hooks(lib: Any) -> list[Any]:
    seen: list[Any] = []

    class Square(lib.nn.Module):
        def forward(self, x: Any) -> Any:
            return x * x

    module = Square()
    module.register_full_backward_hook(lambda m, inward, outward: seen.extend([*inward, *outward]))
    module.register_full_backward_pre_hook(lambda m, outward: seen.extend(outward))
    x = leaf(lib)
    module(x).backward(seed(lib))
    return [x.grad, *seen]


def function(lib: Any) -> list[Any]:
    class Both(lib.autograd.Function):
        @staticmethod
        def forward(x: Any, y: Any) -> Any:
            return x * y, x.abs()

        @staticmethod
        def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
            ctx.save_for_backward(*inputs)
            ctx.save_for_forward(*inputs)

        @staticmethod
        def backward(ctx: Any, g: Any, h: Any) -> Any:
            x, y = ctx.saved_tensors
            return g * y.conj() + h * lib.sgn(x), g * x.conj()

        @staticmethod
        def jvp(ctx: Any, tx: Any, ty: Any) -> Any:
            x, y = ctx.saved_tensors
            return tx * y + x * ty, (lib.sgn(x).conj() * tx).real

    x = leaf(lib)
    a, b = Both.apply(x, x * 2)
    ((a * a).abs().sum() + b.sum()).backward()
    with lib.autograd.forward_ad.dual_level():
        dual = lib.autograd.forward_ad.make_dual(x.detach(), x.detach() * 1j + 1)
        tangent = lib.autograd.forward_ad.unpack_dual(Both.apply(dual, x.detach() * 2)[0]).tangent
    return [x.grad, tangent]


def batch_of_seeds(lib: Any) -> list[Any]:
    x = leaf(lib)
    seeds = lib.eye(2, dtype=lib.complex128) * (1 - 2j)
    return list(lib.autograd.grad(x * x.abs(), x, seeds, is_grads_batched=True))


def edge(lib: Any) -> list[Any]:
    z = leaf(lib) * 2
    return list(lib.autograd.grad(z * z.abs(), lib.autograd.graph.get_gradient_edge(z), seed(lib)))


def recorded_into_grad(lib: Any) -> list[Any]:
    x = leaf(lib)
    z = x * 2
    (z * z.abs()).backward(seed(lib), inputs=[z], create_graph=True)
    return [z.grad, *lib.autograd.grad(z.grad.abs().sum(), x)]


def products(lib: Any) -> list[Any]:
    x = leaf(lib)
    m = lib.tensor([[1 + 1j, 2], [3, 4j]], dtype=lib.complex128, requires_grad=True)
    y = lib.einsum("ij,j->i", m, x) + m @ x + m.mH @ x + lib.outer(x, x.conj()).sum(0) + lib.kron(x, x)[:2]
    y = y + lib.linalg.norm(m) * x + m.trace() + lib.cumsum(x, 0) + lib.nn.functional.linear(x, m)
    y.backward(seed(lib))
    return [y, x.grad, m.grad]


def convolution(lib: Any) -> list[Any]:
    x = lib.tensor([[[1 + 1j, 2, 3j, 1 - 1j]]], dtype=lib.complex128, requires_grad=True)
    w = lib.tensor([[[1j, 2]]], dtype=lib.complex128, requires_grad=True)
    y = lib.nn.functional.conv1d(x, w)
    y.backward(lib.ones_like(y) * (1 - 1j))
    return [y, x.grad, w.grad]


def optimized(lib: Any) -> list[Any]:
    found = []
    for name, options in (("SGD", {"momentum": 0.9}), ("Adam", {}), ("AdamW", {"amsgrad": True})):
        x = leaf(lib)
        optimizer = getattr(lib.optim, name)([x], lr=0.1, **options)
        for _ in range(3):
            optimizer.zero_grad()
            (x * x * (1 + 1j)).abs().sum().backward()
            optimizer.step()
        found.append(x)
    return found


SCENES: dict[str, Callable[[Any], list[Any]]] = {
    f.__name__: f
    for f in (
        checkpointed,
        module_hooks,
        function,
        batch_of_seeds,
        edge,
        recorded_into_grad,
        products,
        convolution,
        optimized,
    )
}


@pytest.mark.filterwarnings("ignore:Using backward.. with create_graph=True:UserWarning")
@pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated:DeprecationWarning")
@pytest.mark.parametrize("scene", SCENES)
def test_scene(scene: str) -> None:
    mine, theirs = [[np.array(x.detach().tolist()) for x in SCENES[scene](lib)] for lib in (ours, real)]
    assert len(mine) == len(theirs)
    for a, b in zip(mine, theirs, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


REFUSED: dict[str, Callable[[Any], Any]] = {
    "jacrev of complex": lambda lib: lib.func.jacrev(lambda x: x.abs())(leaf(lib).detach()),
    "jacrev to complex": lambda lib: lib.func.jacrev(lambda x: x * 1j)(lib.ones(2)),
    "jacfwd of complex": lambda lib: lib.func.jacfwd(lambda x: x.abs())(leaf(lib).detach()),
    "jacfwd to complex": lambda lib: lib.func.jacfwd(lambda x: x * 1j)(lib.ones(2)),
    "grad of complex": lambda lib: lib.func.grad(lambda x: (x * 1j).sum())(lib.ones(2)),
    "complex cotangent": lambda lib: lib.func.vjp(lambda x: x * 2, lib.ones(2))[1](lib.ones(2) * 1j),
}


@pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated:DeprecationWarning")
@pytest.mark.parametrize("name", REFUSED)
def test_what_function_transforms_refuse(name: str) -> None:
    texts = []
    for lib in (ours, real):
        with pytest.raises(RuntimeError) as caught:
            REFUSED[name](lib)
        texts.append(str(caught.value).partition("\n")[0].replace("plugrad.", "torch."))
    assert texts[0] == texts[1]
