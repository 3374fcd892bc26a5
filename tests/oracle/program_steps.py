"""What random programs are made of: ops, views and in-place changes, on whatever shapes they meet.

A step takes the library, three tensors and a few small numbers from 0 to 6, and returns new tensors, or None where it
changed the first. It finds arguments that fit by arithmetic on shapes, which are the same in both libraries; some do
not fit, on purpose: then both have to refuse.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from tests.oracle.program_functions import function


class Numbers(NamedTuple):
    """The small numbers of one step."""

    a: int
    b: int
    c: int

    @property
    def value(self) -> float:
        return (-1.5, 0.5, 2.0, -0.25, 1.25, 0.75, 3.0)[self.a]


Step = Callable[[Any, Any, Any, Any, Numbers], Any]


def dim(x: Any, n: int) -> int:
    """A dimension of x, counted from either end."""
    if not x.ndim:
        return 0 if n % 2 else -1
    return n % (2 * x.ndim) - x.ndim


def shaped(lib: Any, x: Any, *shape: int) -> Any:
    """Numbers of x's dtype, no two alike."""
    count = 1
    for n in shape:
        count *= n
    numbers = [0.3 * (i % 7) - 0.8 + 0.01 * i for i in range(count)]
    return lib.tensor(numbers, dtype=lib.float64).to(x.dtype).reshape(shape)


def fitting(lib: Any, x: Any, y: Any, z: Any) -> Any:
    """The first of y, z, a row that is like x that broadcasts to x."""
    for other in (y, z):
        if other.ndim <= x.ndim and all(
            n in (1, m) for n, m in zip(reversed(other.shape), reversed(x.shape), strict=False)
        ):
            return other
    return shaped(lib, x, *x.shape[-1:])


def _flat_size(x: Any) -> int:
    return x.numel()


def _factored(x: Any, n: Numbers) -> tuple[int, ...]:
    """A shape for the same number of elements."""
    count = x.numel()
    if n.c == 0:
        return (-1,)
    for part in (2, 3, 4, 5):
        if count % part == 0 and (n.a + part) % 2:
            return (part, count // part) if n.b % 2 else (count // part, part)
    return (1, count) if n.a % 2 else (count, 1)


def _index(x: Any, n: Numbers) -> Any:
    """A key of slices, integers, None and an ellipsis."""
    if not x.ndim:
        return ((), ..., None)[n.a % 3]
    size = x.shape[0]
    choices: list[Any] = [
        slice(1, None),
        slice(None, None, 2),
        slice(n.b % (size + 1), None),
        n.b % max(size, 1) if size else slice(None),
        (..., slice(None, -1)),
        (None, slice(0, 2)),
        (slice(None), n.c % x.shape[1]) if x.ndim > 1 and x.shape[1] else (slice(None), None),
    ]
    return choices[n.a]


VIEWS: dict[str, Step] = {
    "index": lambda lib, x, y, z, n: x[_index(x, n)],
    "slice": lambda lib, x, y, z, n: x[n.a % 2 :],
    "select": lambda lib, x, y, z, n: x.select(dim(x, n.a), n.b % max(x.shape[dim(x, n.a)] if x.ndim else 1, 1)),
    "narrow": lambda lib, x, y, z, n: x.narrow(
        dim(x, n.a), n.b % 2, max((x.shape[dim(x, n.a)] if x.ndim else 1) - 1, 0)
    ),
    "view": lambda lib, x, y, z, n: x.view(_factored(x, n)),
    "view flat": lambda lib, x, y, z, n: x.view(-1),
    "view_as": lambda lib, x, y, z, n: x.view_as(y if y.numel() == x.numel() else x),
    "reshape": lambda lib, x, y, z, n: x.reshape(_factored(x, n)),
    "flatten": lambda lib, x, y, z, n: x.flatten(),
    "ravel": lambda lib, x, y, z, n: x.ravel(),
    "unflatten": lambda lib, x, y, z, n: x.unflatten(dim(x, n.a), (1, -1)),
    "permute": lambda lib, x, y, z, n: x.permute(tuple((i + n.a) % x.ndim for i in range(x.ndim))),
    "transpose": lambda lib, x, y, z, n: x.transpose(dim(x, n.a), dim(x, n.b)),
    "swapaxes": lambda lib, x, y, z, n: x.swapaxes(dim(x, n.a), dim(x, n.b)),
    "movedim": lambda lib, x, y, z, n: x.movedim(dim(x, n.a), dim(x, n.b)),
    "t": lambda lib, x, y, z, n: x.t(),
    "T": lambda lib, x, y, z, n: x.T if x.ndim == 2 else x.mT,
    "mT": lambda lib, x, y, z, n: x.mT,
    "H": lambda lib, x, y, z, n: x.H,
    "adjoint": lambda lib, x, y, z, n: x.adjoint(),
    "hsplit": lambda lib, x, y, z, n: x.hsplit(1 + n.b % 3),
    "moveaxis": lambda lib, x, y, z, n: x.moveaxis(0, -1),
    "real": lambda lib, x, y, z, n: x.real,
    "expand": lambda lib, x, y, z, n: x.expand(2, *x.shape),
    "expand ones": lambda lib, x, y, z, n: x.expand(*[3 if m == 1 else -1 for m in x.shape]),
    "expand_as": lambda lib, x, y, z, n: x.expand_as(y),
    "broadcast_to": lambda lib, x, y, z, n: lib.broadcast_to(x, (1, *x.shape)),
    "squeeze": lambda lib, x, y, z, n: x.squeeze(),
    "squeeze dim": lambda lib, x, y, z, n: x.squeeze(dim(x, n.a)),
    "unsqueeze": lambda lib, x, y, z, n: x.unsqueeze(dim(x, n.a)),
    "diagonal": lambda lib, x, y, z, n: x.diagonal(n.a % 3 - 1),
    "unfold": lambda lib, x, y, z, n: x.unfold(dim(x, n.a), 1 + n.b % 2, 1 + n.c % 2),
    "unbind": lambda lib, x, y, z, n: x.unbind(dim(x, n.a)),
    "split": lambda lib, x, y, z, n: x.split(1 + n.b % 3, dim(x, n.a)),
    "split sizes": lambda lib, x, y, z, n: x.split([1, max((x.shape[0] if x.ndim else 1) - 1, 0)]),
    "chunk": lambda lib, x, y, z, n: x.chunk(1 + n.b % 3, dim(x, n.a)),
    "tensor_split": lambda lib, x, y, z, n: x.tensor_split(1 + n.b % 3, dim(x, n.a)),
    "detach": lambda lib, x, y, z, n: x.detach(),
    "alias": lambda lib, x, y, z, n: x[...],
    "contiguous": lambda lib, x, y, z, n: x.contiguous(),
    "to": lambda lib, x, y, z, n: x.to(x.dtype),
    "double": lambda lib, x, y, z, n: x.double(),
    "unpack": lambda lib, x, y, z, n: tuple(x) if x.ndim else (x,),
    "function Same": lambda lib, x, y, z, n: function(lib, "Same")(x),
    "function Flat": lambda lib, x, y, z, n: function(lib, "Flat")(x),
    "function Parts": lambda lib, x, y, z, n: function(lib, "Parts")(x),
}

OPS: dict[str, Step] = {
    "sin": lambda lib, x, y, z, n: x.sin(),
    "exp": lambda lib, x, y, z, n: (x * 0.1).exp(),
    "tanh": lambda lib, x, y, z, n: x.tanh(),
    "sigmoid": lambda lib, x, y, z, n: x.sigmoid(),
    "relu": lambda lib, x, y, z, n: x.relu(),
    "square": lambda lib, x, y, z, n: (0.5 * x.tanh()).square(),
    "clone": lambda lib, x, y, z, n: x.clone(),
    "negative": lambda lib, x, y, z, n: -x,
    "add": lambda lib, x, y, z, n: x + fitting(lib, x, y, z),
    "sub": lambda lib, x, y, z, n: x - y,
    "mul": lambda lib, x, y, z, n: x * fitting(lib, x, y, z).tanh(),
    "div": lambda lib, x, y, z, n: x / (2 + fitting(lib, x, y, z).sin()),
    "mul number": lambda lib, x, y, z, n: x * n.value,
    "maximum": lambda lib, x, y, z, n: lib.maximum(x, fitting(lib, x, y, z)),
    "where": lambda lib, x, y, z, n: lib.where(x > 0, x, fitting(lib, x, y, z)),
    "sum": lambda lib, x, y, z, n: x.sum(),
    "sum dim": lambda lib, x, y, z, n: x.sum(dim(x, n.a), keepdim=bool(n.b % 2)),
    "mean": lambda lib, x, y, z, n: x.mean(),
    "max dim": lambda lib, x, y, z, n: x.max(dim(x, n.a))[0],
    "cumsum": lambda lib, x, y, z, n: x.cumsum(dim(x, n.a)),
    "softmax": lambda lib, x, y, z, n: x.softmax(dim(x, n.a)),
    "matmul": lambda lib, x, y, z, n: x @ x.mT if x.ndim > 1 else x @ x,
    "cat": lambda lib, x, y, z, n: lib.cat([x, x.sin()], dim(x, n.a)),
    "stack": lambda lib, x, y, z, n: lib.stack([x, x], dim(x, n.a)),
    "take rows": lambda lib, x, y, z, n: x[[0, -1, 0]],
    "take mask": lambda lib, x, y, z, n: x[x > 0],
    "index_select": lambda lib, x, y, z, n: x.index_select(0, lib.tensor([0, 0])),
    "flip": lambda lib, x, y, z, n: x.flip(0),
    "repeat": lambda lib, x, y, z, n: x.repeat(*[1] * x.ndim, 2),
    "prod": lambda lib, x, y, z, n: x.tanh().prod(),
    "greater": lambda lib, x, y, z, n: (x > 0).to(x.dtype),
    "long": lambda lib, x, y, z, n: (3 * x.detach().tanh()).long(),
    "float": lambda lib, x, y, z, n: x.float(),
    "grad": lambda lib, x, y, z, n: lib.autograd.grad(x.sum(), [x], create_graph=True)[0] * x,
    "function Cube": lambda lib, x, y, z, n: function(lib, "Cube")(x),
    "function Sine": lambda lib, x, y, z, n: function(lib, "Sine")(x),
    "function Product": lambda lib, x, y, z, n: function(lib, "Product")(x, fitting(lib, x, y, z), n.value),
    "function Pair": lambda lib, x, y, z, n: function(lib, "Pair")(x),
}


def _change(name: str) -> Step:
    def step(lib: Any, x: Any, y: Any, z: Any, n: Numbers) -> None:
        assert getattr(x, name)() is x

    return step


def _set(key: Callable[[Any, Any, Numbers], Any], value: Callable[[Any, Any, Any, Any, Numbers], Any]) -> Step:
    def step(lib: Any, x: Any, y: Any, z: Any, n: Numbers) -> None:
        x[key(lib, x, n)] = value(lib, x, y, z, n)

    return step


def _operator(symbol: str) -> Step:
    def step(lib: Any, x: Any, y: Any, z: Any, n: Numbers) -> None:
        other = fitting(lib, x, y, z) if n.a % 2 else n.value
        before = x
        if symbol == "+=":
            x += other
        elif symbol == "-=":
            x -= other
        elif symbol == "*=":
            x *= other
        else:
            x /= 2 + other * other
        assert x is before

    return step


def _discard(call: Callable[..., Any]) -> Step:
    def step(lib: Any, x: Any, y: Any, z: Any, n: Numbers) -> None:
        call(lib, x, y, z, n)

    return step


IN_PLACE: dict[str, Step] = {
    name + "_": _change(name + "_")
    for name in ("sin", "tanh", "sigmoid", "neg", "abs", "relu", "square", "zero", "cos", "erf", "detach", "squeeze", "t")
} | {
    name: _discard(call)
    for name, call in {
        "fill_": lambda lib, x, y, z, n: x.fill_(n.value),
        "fill_ tensor": lambda lib, x, y, z, n: x.fill_(y.sum()),
        "add_": lambda lib, x, y, z, n: x.add_(fitting(lib, x, y, z), alpha=2),
        "add_ number": lambda lib, x, y, z, n: x.add_(n.value),
        "sub_": lambda lib, x, y, z, n: x.sub_(y),
        "mul_": lambda lib, x, y, z, n: x.mul_(fitting(lib, x, y, z)).mul_(0.5),
        "mul_ number": lambda lib, x, y, z, n: x.mul_(n.value),
        "mul_ itself": lambda lib, x, y, z, n: x.mul_(x),
        "div_": lambda lib, x, y, z, n: x.div_(n.value),
        "copy_": lambda lib, x, y, z, n: x.copy_(fitting(lib, x, y, z)),
        "copy_ any": lambda lib, x, y, z, n: x.copy_(y),
        "clamp_": lambda lib, x, y, z, n: x.clamp_(-0.7, 0.9),
        "masked_fill_": lambda lib, x, y, z, n: x.masked_fill_(x > 0.1, n.value),
        "masked_fill_ tensor": lambda lib, x, y, z, n: x.masked_fill_(x > 0.1, y.sum()),
        "masked_scatter_": lambda lib, x, y, z, n: x.masked_scatter_(x > 0.1, shaped(lib, x, x.numel())),
        "index_fill_": lambda lib, x, y, z, n: x.index_fill_(dim(x, n.a), lib.tensor([0]), n.value),
        "index_add_": lambda lib, x, y, z, n: x.index_add_(0, lib.tensor([0, 0]), x[[0, 0]].sin()),
        "index_copy_": lambda lib, x, y, z, n: x.index_copy_(0, lib.tensor([0]), x[[0]].sin()),
        "scatter_": lambda lib, x, y, z, n: x.scatter_(0, lib.zeros_like(x[:1], dtype=lib.int64), x[:1].sin()),
        "scatter_add_": lambda lib, x, y, z, n: x.scatter_add_(0, lib.zeros_like(x, dtype=lib.int64), x.tanh()),
        "lerp_": lambda lib, x, y, z, n: x.lerp_(x.sin(), 0.3),
        "addcmul_": lambda lib, x, y, z, n: x.addcmul_(x.sin(), x.cos(), value=0.5),
        "cumsum_": lambda lib, x, y, z, n: x.cumsum_(dim(x, n.a)),
        "tril_": lambda lib, x, y, z, n: x.tril_(n.a % 3 - 1),
        "transpose_": lambda lib, x, y, z, n: x.transpose_(dim(x, n.a), dim(x, n.b)),
        "unsqueeze_": lambda lib, x, y, z, n: x.unsqueeze_(dim(x, n.a)),
        "fill_diagonal_": lambda lib, x, y, z, n: x.fill_diagonal_(n.value),
        "mul out": lambda lib, x, y, z, n: lib.mul(y if y.shape == x.shape else x, n.value, out=x),
        "sin out of itself": lambda lib, x, y, z, n: lib.sin(x, out=x),
        "cumsum out": lambda lib, x, y, z, n: lib.cumsum(
            fitting(lib, x, y, z).clone().expand(x.shape), dim(x, n.a), out=x
        ),
        "requires_grad_": lambda lib, x, y, z, n: x.requires_grad_(),
        "requires_grad_ False": lambda lib, x, y, z, n: x.requires_grad_(False),
        "retain_grad": lambda lib, x, y, z, n: x.retain_grad() if not x.is_leaf else None,
        "function Doubled": lambda lib, x, y, z, n: function(lib, "Doubled")(x),
        "function Moved": lambda lib, x, y, z, n: function(lib, "Moved")(x, fitting(lib, x, y, z)),
        "chain": lambda lib, x, y, z, n: x.mul_(0.5).add_(1).sin_(),
        "view chain": lambda lib, x, y, z, n: x[:1].mul_(fitting(lib, x[:1], y, z)),
        "diagonal chain": lambda lib, x, y, z, n: x.diagonal().add_(n.value),
    }.items()
} | {
    "+=": _operator("+="),
    "-=": _operator("-="),
    "*=": _operator("*="),
    "/=": _operator("/="),
    "set number": _set(lambda lib, x, n: _index(x, n), lambda lib, x, y, z, n: n.value),
    "set sum": _set(lambda lib, x, n: _index(x, n), lambda lib, x, y, z, n: y.sum()),
    "set tensor": _set(lambda lib, x, n: _index(x, n), lambda lib, x, y, z, n: fitting(lib, x[_index(x, n)], y, z)),
    "set any": _set(lambda lib, x, n: _index(x, n), lambda lib, x, y, z, n: y),
    "set all": _set(lambda lib, x, n: ..., lambda lib, x, y, z, n: fitting(lib, x, y, z)),
    "set rows": _set(lambda lib, x, n: lib.tensor([0, -1]), lambda lib, x, y, z, n: n.value),
    "set rows tensor": _set(lambda lib, x, n: lib.tensor([0]), lambda lib, x, y, z, n: x[[0]].sin()),
    "set mask": _set(lambda lib, x, n: x > 0.2, lambda lib, x, y, z, n: n.value),
    "set mask sum": _set(lambda lib, x, n: x > 0.2, lambda lib, x, y, z, n: y.sum().to(x.dtype)),
    "set column rows": _set(lambda lib, x, n: (slice(None, 1), lib.tensor([0])), lambda lib, x, y, z, n: n.value),
}  # fmt: skip

STEPS: dict[str, Step] = (
    {f"view: {k}": v for k, v in VIEWS.items()}
    | {f"op: {k}": v for k, v in OPS.items()}
    | {f"in place: {k}": v for k, v in IN_PLACE.items()}
)
NAMES = tuple(STEPS)
#: How often each kind is drawn: in-place changes and views are what is asked about.
KINDS = tuple(
    tuple(i for i, name in enumerate(NAMES) if name.startswith(kind))
    for kind in ("view", "in place", "view", "in place", "op")
)
