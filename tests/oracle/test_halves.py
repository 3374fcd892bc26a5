"""bfloat16 and float16 beside PyTorch's: values, gradients, dtypes of results, views and in-place changes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest

from tests.oracle.harness import ours, real

pytest.importorskip("ml_dtypes")

Make = Callable[..., Any]


def _gradient(lib: Any, half: Make) -> Any:
    x = half([1.0, 2.0, 3.0], requires_grad=True)
    (x * x.exp() / 2 + x[0]).sum().backward()
    return x.grad


def _second(lib: Any, half: Make) -> Any:
    x = half([1.0, 2.0, 3.0], requires_grad=True)
    (a,) = lib.autograd.grad((x**3).sum(), x, create_graph=True)
    a.sum().backward()
    return x.grad


def _broadcast(lib: Any, half: Make) -> Any:
    """The sum over what was broadcast is taken in float32, not in steps of 1/256."""
    w = half(1.0, requires_grad=True)
    (half([0.1] * 3000) * w).sum().backward()
    return w.grad


def _expanded(lib: Any, half: Make) -> Any:
    w = half([1.0], requires_grad=True)
    w.expand(3000).sum().backward()
    return w.grad


def _in_place(lib: Any, half: Make) -> Any:
    x = half([1.0, 2.0, 3.0])
    x[0] = 7
    x.add_(1)
    x.mul_(half([2.0]))
    x.view(3, 1)[1] = 0.3
    return x


def _in_place_gradient(lib: Any, half: Make) -> Any:
    x = half([1.0, 2.0, 3.0], requires_grad=True)
    y = x * 2
    y.mul_(1.5)
    y[0].mul_(3)
    y.sum().backward()
    return x.grad


def _trained(lib: Any, half: Make) -> Any:
    layer = lib.nn.Linear(2, 2)
    with lib.no_grad():
        layer.weight.copy_(lib.tensor([[0.5, -0.25], [1.0, 2.0]]))
        layer.bias.zero_()
    layer.to(half([1.0]).dtype)
    optimizer = lib.optim.SGD(layer.parameters(), lr=0.1)
    layer(half([[1.0, 2.0]])).sum().backward()
    optimizer.step()
    return layer.weight


def _classified(lib: Any, half: Make) -> Any:
    x = half([[1.0, 2.0, 4.0], [0.5, 0.0, 1.0]], requires_grad=True)
    loss = lib.nn.functional.cross_entropy(x, lib.tensor([2, 0]), half([1.0, 2.0, 4.0]), label_smoothing=0.25)
    loss.backward()
    # PyTorch rounds between its steps.
    return loss.dtype, loss.detach().float().round(decimals=1), x.grad.dtype, x.grad.float().round(decimals=1)


SCENES: dict[str, Callable[[Any, Make], Any]] = {
    "printed": lambda lib, half: half([1.0, 2.5, 3.14159]),
    "list": lambda lib, half: half([1.0, 2.5, 3.14159]).tolist(),
    "item": lambda lib, half: half(3.14159).item(),
    "number": lambda lib, half: half([1.0, 2.0]) * 2.5 + 1,
    "with integers": lambda lib, half: half([1.0, 2.0]) + lib.tensor([1, 2]),
    "with float32": lambda lib, half: half([1.0, 2.0]) + lib.tensor([1.0, 2.0]),
    "with a number tensor": lambda lib, half: half([1.0, 2.0]) * lib.tensor(2.5, dtype=lib.float64),
    "sum": lambda lib, half: half([0.1] * 1000).sum(),
    "mean": lambda lib, half: half([0.1] * 1000).mean(),
    "std": lambda lib, half: half([1.0, 2.0, 4.0]).std(),
    "cumsum": lambda lib, half: half([0.1] * 20).cumsum(0)[-1],
    "matmul": lambda lib, half: half([[1.0, 2.0], [3.0, 4.0]]) @ half([[1.5, 2.0], [3.0, 4.0]]),
    "exp": lambda lib, half: half([1.0, 2.0]).exp(),
    "softmax": lambda lib, half: half([1.0, 2.0]).softmax(0),
    "softplus": lambda lib, half: lib.nn.functional.softplus(half([12.0, 19.0, 21.0, -30.0])),
    "compared": lambda lib, half: half([1.0, 2.0]) > 1,
    "largest": lambda lib, half: tuple(half([1.0, 3.0, 2.0]).max(0)),
    "sorted": lambda lib, half: tuple(half([3.0, 1.0, 2.0]).sort()),
    "joined": lambda lib, half: lib.cat([half([3.0]), half([2.0])]),
    "chosen": lambda lib, half: lib.where(lib.tensor([True, False]), half([1.0, 2.0]), 0.0),
    "linear": lambda lib, half: lib.nn.functional.linear(half([[1.0, 2.0]]), half([[1.0, 2.0]]), half([1.0])),
    "layer norm": lambda lib, half: lib.nn.functional.layer_norm(half([[1.0, 2.0]]), (2,)),
    "cross entropy": _classified,
    "cross entropy of one": lambda lib, half: lib.nn.functional.cross_entropy(half([1.0, 2.0, 4.0]), lib.tensor(1)),
    "embedding": lambda lib, half: lib.nn.functional.embedding(lib.tensor([1]), half([[1.0], [2.0]])),
    "zeros": lambda lib, half: lib.zeros(2, dtype=half(1.0).dtype),
    "full": lambda lib, half: lib.full((2,), 0.3, dtype=half(1.0).dtype),
    "arange": lambda lib, half: lib.arange(3, dtype=half(1.0).dtype),
    "eye": lambda lib, half: lib.eye(2, dtype=half(1.0).dtype),
    "back": lambda lib, half: half([0.1, 0.2]).float(),
    "gradient": _gradient,
    "second gradient": _second,
    "sum over what was broadcast": _broadcast,
    "sum over what was expanded": _expanded,
    "in place": _in_place,
    "gradient of what was changed": _in_place_gradient,
    "a step of training": _trained,
}


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
@pytest.mark.parametrize("scene", SCENES)
def test_scene(scene: str, dtype: str) -> None:
    found = []
    for lib in (ours, real):

        def half(values: Any, lib: Any = lib, **options: Any) -> Any:
            return lib.tensor(values, dtype=getattr(lib, dtype), **options)

        result = SCENES[scene](lib, half)
        parts = result if isinstance(result, tuple) else (result,)
        found.append([str(part).replace("torch.", "").replace("plugrad.", "") for part in parts])
    assert found[0] == found[1]


def test_without_ml_dtypes_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = ours.ones(1).device.backend
    monkeypatch.delitem(backend.dtypes, ours.bfloat16, raising=False)
    monkeypatch.setitem(sys.modules, "ml_dtypes", None)
    with pytest.raises(ours.BackendError, match=r'(?s)ml_dtypes.*pip install "plugrad\[bfloat16\]"'):
        ours.ones(2, dtype=ours.bfloat16)


def test_without_scipy_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy.special", None)
    with pytest.raises(ours.KernelNotFoundError, match=r'(?s)SciPy.*pip install "plugrad\[scipy\]"'):
        ours.special.bessel_j0(ours.ones(2))
