"""The programs that are timed. Each takes the library, plugrad or torch, and returns a function to call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def _data(library: Any, *shape: int, seed: int = 0, requires_grad: bool = False) -> Any:
    """The same numbers in both libraries."""
    import numpy as np

    values = np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)
    tensor = library.tensor(values)
    return tensor.requires_grad_() if requires_grad else tensor


def small_expression(library: Any) -> Callable[[], object]:
    """Forward and backward of ((a*b+b).relu()@b).sum() on 4x4."""
    a = _data(library, 4, 4, requires_grad=True)
    b = _data(library, 4, 4, seed=1, requires_grad=True)

    def run() -> None:
        a.grad = b.grad = None
        ((a * b + b).relu() @ b).sum().backward()

    return run


def scalar_chain(library: Any) -> Callable[[], object]:
    """Forward and backward of a chain of 500 ops on one number."""
    x = library.tensor(0.5, requires_grad=True)

    def run() -> None:
        x.grad = None
        y = x
        for _ in range(100):
            y = y * 0.9
            y = y + 0.1
            y = y.sin()
            y = y * x
            y = y + x
        y.backward()

    return run


def mlp_step(library: Any, sizes: tuple[int, ...], batch: int) -> Callable[[], object]:
    """One training step of an MLP: zero_grad, forward, cross entropy, backward, SGD with momentum."""
    nn = library.nn
    layers: list[Any] = []
    for i, (n, m) in enumerate(zip(sizes, sizes[1:], strict=False)):
        layers += [nn.Linear(n, m)] + ([nn.ReLU()] if i < len(sizes) - 2 else [])
    model = nn.Sequential(*layers)
    loss_function = nn.CrossEntropyLoss()
    optimizer = library.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    x = _data(library, batch, sizes[0])
    target = library.tensor([i % sizes[-1] for i in range(batch)])

    def run() -> None:
        optimizer.zero_grad()
        loss = loss_function(model(x), target)
        loss.backward()
        optimizer.step()

    return run


def lenet_step(library: Any, batch: int, optimizer: str) -> Callable[[], object]:
    """One training step of LeNet-5 on 28 x 28 images, with SGD with momentum or Adam."""
    nn = library.nn
    model = nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )  # fmt: skip
    loss_function = nn.CrossEntropyLoss()
    options = {"lr": 0.01, "momentum": 0.9} if optimizer == "SGD" else {}
    steps = getattr(library.optim, optimizer)(model.parameters(), **options)
    x = _data(library, batch, 1, 28, 28)
    target = library.tensor([i % 10 for i in range(batch)])

    def run() -> None:
        steps.zero_grad()
        loss = loss_function(model(x), target)
        loss.backward()
        steps.step()

    return run


def elementwise(library: Any, name: str, rows: int, columns: int) -> Callable[[], object]:
    """Forward and backward of one function on a large matrix."""
    x = _data(library, rows, columns, requires_grad=True)
    functional = library.nn.functional
    function: dict[str, Callable[[], Any]] = {
        "softmax": lambda: functional.softmax(x, -1),
        "log_softmax": lambda: functional.log_softmax(x, -1),
        "gelu": lambda: functional.gelu(x),
        "sigmoid": lambda: x.sigmoid(),
        "tanh": lambda: x.tanh(),
        "layer_norm": lambda: functional.layer_norm(x, (columns,)),
        "relu": lambda: x.relu(),
    }
    seed = _data(library, rows, columns, seed=2)

    def run() -> None:
        x.grad = None
        function[name]().backward(seed)

    return run


def cross_entropy(library: Any, rows: int, columns: int) -> Callable[[], object]:
    """Forward and backward of cross entropy on many logits."""
    x = _data(library, rows, columns, requires_grad=True)
    target = library.tensor([i % columns for i in range(rows)])

    def run() -> None:
        x.grad = None
        library.nn.functional.cross_entropy(x, target).backward()

    return run


def hessian_vector_product(library: Any) -> Callable[[], object]:
    """A Hessian-vector product of the loss of a tanh net 32-32-32, batch 16, by two walks."""
    x, target = _data(library, 16, 32, seed=2), _data(library, 16, 32, seed=3)
    weights = [_data(library, 32, 32, seed=i, requires_grad=True) for i in (0, 1)]
    directions = [_data(library, 32, 32, seed=i) for i in (4, 5)]

    def run() -> None:
        loss = ((x @ weights[0]).tanh() @ weights[1] - target).pow(2).mean()
        first = library.autograd.grad(loss, weights, create_graph=True)
        product = (first[0] * directions[0]).sum() + (first[1] * directions[1]).sum()
        library.autograd.grad(product, weights)

    return run


def forward_over_reverse(library: Any) -> Callable[[], object]:
    """The same Hessian-vector product as a tangent of the gradient: ``jvp(grad(loss))``."""
    x, target = _data(library, 16, 32, seed=2), _data(library, 16, 32, seed=3)
    weights = tuple([_data(library, 32, 32, seed=i) for i in (0, 1)])
    directions = tuple([_data(library, 32, 32, seed=i) for i in (4, 5)])

    def loss(weights: Any) -> Any:
        return ((x @ weights[0]).tanh() @ weights[1] - target).pow(2).mean()

    gradient = library.func.grad(loss)
    return lambda: library.func.jvp(gradient, (weights,), (directions,))


def per_sample_gradients(library: Any, mapped: bool, samples: int = 256) -> Callable[[], object]:
    """Gradients of the loss of a tanh net 8-16-4 by sample: ``vmap(grad(loss))``, or ``grad(loss)`` in a loop."""
    x, target = _data(library, samples, 8, seed=2), _data(library, samples, 4, seed=3)
    weights = (_data(library, 8, 16), _data(library, 16, 4, seed=1))

    def loss(weights: Any, x: Any, target: Any) -> Any:
        return ((x @ weights[0]).tanh() @ weights[1] - target).pow(2).mean()

    gradient = library.func.grad(loss)
    if mapped:
        batch = library.func.vmap(gradient, in_dims=(None, 0, 0))
        return lambda: batch(weights, x, target)
    return lambda: [gradient(weights, x[i], target[i]) for i in range(samples)]
