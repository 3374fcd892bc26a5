"""Dual numbers: a Tensor with a tangent. Ops on them compute both, which is forward-mode differentiation.

The tangent of an op comes from what its block says: an elementwise op's rule serves both ways, and a linear op is
applied to the tangent. Otherwise it is the derivative of the rule, which is linear in the incoming gradient, by that
gradient: the double-backward identity.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from plugrad.core import dispatch, engine, ops
from plugrad.core.levels import Level, below, level_device
from plugrad.core.modes import GRAD, mode, set_mode
from plugrad.core.namespace import CREATORS, FUNCTIONS, WHOLE
from plugrad.core.op import OPS, Op
from plugrad.core.transforms.nesting import GradBackend, LevelBackend
from plugrad.core.value import Value


class Dual:
    """A value and its tangent.

    Args:
        primal: A Tensor of the level below.
        tangent: Another of the same shape and dtype; None for zeros.
        level: The run that the tangent belongs to: when it has ended, there is none.
    """

    __slots__ = ("_tangent", "level", "primal")

    def __init__(self, primal: Any, tangent: Any = None, level: Level | None = None) -> None:
        self.primal = primal
        self._tangent = tangent
        self.level = level

    @property
    def tangent(self) -> Any:
        """The tangent, while its run lasts."""
        return None if self._tangent is None or not (self.level and self.level.open) else self._tangent

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.primal.raw.shape)

    @property
    def ndim(self) -> int:
        return len(self.primal.raw.shape)

    @property
    def dtype(self) -> Any:
        return self.primal.dtype

    def __getitem__(self, key: Any) -> Any:
        return Dual(self.primal[key], None if self.tangent is None else self.tangent[key], self.level)

    def __bool__(self) -> bool:
        return bool(self.primal)

    def __repr__(self) -> str:
        return f"Dual({self.primal!r}, {self.tangent!r})"


def _operator(name: str, reflected: bool = False) -> Any:
    if reflected:
        return lambda self, other: derived(OPS[name], (other, self), {})
    return lambda self, other: derived(OPS[name], (self, other), {})


for _name, _op in {
    "add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide", "floordiv": "floor_divide",
    "mod": "remainder", "pow": "pow", "and": "bitwise_and", "or": "bitwise_or", "xor": "bitwise_xor",
}.items():  # fmt: skip
    setattr(Dual, f"__{_name}__", _operator(_op))
    setattr(Dual, f"__r{_name}__", _operator(_op, reflected=True))
for _name, _op in {
    "lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal", "eq": "equal", "ne": "not_equal",
}.items():  # fmt: skip
    setattr(Dual, f"__{_name}__", _operator(_op))
for _name, _op in {"neg": "negative", "pos": "positive", "abs": "abs", "invert": "bitwise_invert"}.items():
    setattr(Dual, f"__{_name}__", (lambda op: lambda self: derived(OPS[op], (self,), {}))(_op))
Dual.__hash__ = object.__hash__  # type: ignore[method-assign]  # __eq__ compares elements


def derived(op: Op, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """An op on dual numbers; of an op with residuals, all outputs."""
    flat = _flat(op, args)
    level = next((x.level for x in flat if isinstance(x, Dual) and x.tangent is not None), None)
    primals = tuple([x.primal if isinstance(x, Dual) else x for x in flat])
    y = (WHOLE if op.residuals else FUNCTIONS)[op.name](*dispatch.nested(op, primals), **options)
    several = y.__class__ is tuple or y.__class__ is list
    ys = tuple(y) if several else (y,)
    if level is None or op.constant or not any([z.dtype.is_inexact for z in ys]):
        found = tuple([Dual(z) for z in ys])
    else:
        tangents = [x.tangent if isinstance(x, Dual) else None for x in flat]
        duals = _tangents(op, primals, tangents, ys, options)
        found = tuple([Dual(z, t, None if t is None else level) for z, t in zip(ys, duals, strict=True)])
    return found if several else found[0]


def _flat(op: Op, args: tuple[Any, ...]) -> tuple[Any, ...]:
    i = op.variadic
    if i is None:
        return args
    return (*args[:i], *args[i], *args[i + 1 :])


def _tangents(
    op: Op, primals: tuple[Any, ...], tangents: list[Any], ys: tuple[Any, ...], options: dict[str, Any]
) -> list[Any]:
    """The tangents of all outputs, None where an output has none."""
    real = not any([z.dtype.is_complex for z in (*ys, *primals) if hasattr(z, "dtype")])
    holomorphic = real or (op.facts.get("holomorphic", True) and all([z.dtype.is_complex for z in ys]))
    if op.elementwise and op.joint is None and len(ys) == 1 and holomorphic and None not in _rules(op, tangents):
        return [_elementwise(op, primals, tangents, ys, options)]
    if op.linear == "all":
        return _applied(op, primals, tangents, options)
    if op.linear == "each":
        return _one_by_one(op, primals, tangents, options)
    return _twice_backward(op, primals, tangents, ys, options)


def _rules(op: Op, tangents: list[Any]) -> list[Any]:
    """The rules of the inputs that have a tangent."""
    return [rule for rule, t in zip(op.rules, tangents, strict=True) if t is not None]


def _elementwise(op: Op, primals: Any, tangents: list[Any], ys: Any, options: dict[str, Any]) -> Any:
    y = ys[0]
    saved = _saved(op, primals, ys, options)
    xp = y.device.ops
    total = None
    for rule, t in zip(op.rules, tangents, strict=True):
        if t is None or rule is None:
            continue
        if tuple(t.raw.shape) != tuple(y.raw.shape):
            t = ops.broadcast_to(t, shape=tuple(y.raw.shape))
        part = rule(xp, t, saved)
        total = part if total is None else total + part
    return total


def _applied(op: Op, primals: Any, tangents: list[Any], options: dict[str, Any]) -> list[Any]:
    """An op that is linear in all inputs together: of the tangents, with zeros where there are none."""
    groups = dispatch.nested(op, tuple(range(len(primals))))
    args = []
    for i, group in enumerate(groups):
        for k in group if i == op.variadic else (group,):
            x = primals[k]
            if op.rules[i] is None and op.joint is None:
                args.append(x)
            else:
                args.append(_filled(x, tangents[k]) if isinstance(x, Value) else None if x is None else 0.0)
    y = FUNCTIONS[op.name](*dispatch.nested(op, tuple(args)), **options)
    return list(y) if y.__class__ in (tuple, list) else [y]


def _filled(primal: Any, tangent: Any) -> Any:
    return ops.zeros_like(primal) if tangent is None else tangent


def _one_by_one(op: Op, primals: Any, tangents: list[Any], options: dict[str, Any]) -> list[Any]:
    """An op that is linear in each input: the sum over inputs of the op with the tangent in its place."""
    total = None
    for i, t in enumerate(tangents):
        if t is not None:
            part = FUNCTIONS[op.name](*primals[:i], t, *primals[i + 1 :], **options)
            total = part if total is None else total + part
    return [total]


def _saved(op: Op, primals: tuple[Any, ...], ys: tuple[Any, ...], options: dict[str, Any]) -> tuple[Any, ...]:
    """What the rules name, as Tensors."""
    groups = dispatch.nested(op, primals)
    found: list[Any] = []
    for what in op.saves:
        if what in op.places:
            found.append(groups[op.places[what]])
        elif what[0] == "y" and (what == "y" or what[1:].isdigit()):
            found.append(ys if what == "y" and len(ys) > 1 and not op.residuals else ys[int(what[1:] or 0)])
        elif what == "needs":
            found.append(tuple([isinstance(x, Value) and x.dtype.is_inexact for x in primals]))
        elif what.endswith("_shape"):
            group = groups[op.places[what[:-6]]]
            variadic = op.places[what[:-6]] == op.variadic
            found.append([tuple(x.raw.shape) for x in group] if variadic else tuple(group.raw.shape))
        elif what.endswith("_dtype"):
            found.append(groups[op.places[what[:-6]]].dtype)
        else:
            found.append(options[what] if what in options else (op.definition.__kwdefaults__ or {})[what])
    return tuple(found)


def _twice_backward(
    op: Op, primals: tuple[Any, ...], tangents: list[Any], ys: tuple[Any, ...], options: dict[str, Any]
) -> list[Any]:
    """J t for a rule that computes J^T g: the gradient of <J^T g, t> by g, which does not depend on g.

    https://j-towns.github.io/2017/06/12/A-new-trick.html
    """
    outside = mode()
    where = level_device(GradBackend, ys[0].device, outside)
    seeds = []
    for z in ys:
        g = dispatch.Tensor(ops.zeros_like(z), where, z.dtype)
        g.tracked = z.dtype.is_inexact
        seeds.append(g if g.tracked else None)
    count = len(ys) if not op.residuals else 1
    g = seeds[0] if len(ys) == 1 else tuple([s if i < count else None for i, s in enumerate(seeds)])
    saved = _saved(op, primals, ys, options)
    edges = tuple([None if t is None else (t, None) for t in tangents])
    set_mode(GRAD)
    try:
        cotangents = op.node_class.pull(edges, where.ops, g, saved)
    finally:
        set_mode(outside)
    roots, gradients = [], []
    for ct, t in zip(cotangents, tangents, strict=True):
        if t is None or ct is None or ct.device is not where or not ct.tracked:
            continue
        if tuple(ct.raw.shape) != tuple(t.raw.shape):
            t = ops.broadcast_to(t, shape=tuple(ct.raw.shape))
        roots.append(ct.edge or (ct, None))
        gradients.append(t)
    wanted = [s for s in seeds[:count] if s is not None]
    if not roots:
        return [None] * len(ys)
    found = iter(engine.run(roots, gradients, False, False, [(s, None) for s in wanted], accumulate=False))
    return [next(found) if i < count and s is not None else None for i, s in enumerate(seeds)]


class DualBackend(LevelBackend):
    """The level of dual numbers, of ``func.jvp`` and ``autograd.forward_ad``."""

    shown = "DualTensor"

    def completed(self, name: str) -> Any:
        op = OPS.get(name)
        if op is not None and (op.constant or not op.composite):
            return partial(_call, op)
        # A composite op, or a function that is none: on Tensors of this level, whose parts are the ops above.
        where = self._device
        if name in CREATORS:
            return partial(_made, getattr(self.parent.ops, name))
        if name.endswith("_like"):
            return partial(_made_like, FUNCTIONS[name])
        if op is not None:
            return partial(_on_tensors, where, partial(op.definition, where.ops))
        found = getattr(where.ops, name) if not name.endswith("_") else below(name, where)
        return partial(_on_tensors, where, found) if callable(found) and not isinstance(found, type) else found

    def constant(self, x: Any) -> Any:
        return Dual(x)

    def apply(self, function: Callable[..., Any], raw: Any) -> Any:
        return Dual(function(raw.primal), None if raw.tangent is None else function(raw.tangent), raw.level)

    def varies(self, raw: Any) -> bool:
        return raw.tangent is not None or super().varies(raw)

    def detached(self, raw: Any) -> Any:
        return Dual(raw.primal.detach())

    def value(self, raw: Any) -> Any:
        return raw.primal

    def captured(self, name: str, bound: bool) -> str | None:
        # In PyTorch too, a tensor gets a tangent when one is written to it; func.jvp's end with the function.
        return super().captured(name, bound) if bound or self._device.outside is not None else None

    def described(self, x: Any, depth: int) -> str:
        text = repr(x.raw.primal)
        return text if x.raw.tangent is None else f"{text[:-1]}, tangent={x.raw.tangent!r})"


def _call(op: Op, *args: Any, **options: Any) -> Any:
    return derived(op, args if len(args) == len(op.inputs) else dispatch.bound(op, args, options), options)


def _made(function: Callable[..., Any], *args: Any, **options: Any) -> Any:
    return Dual(function(*args, **options))


def _made_like(function: Callable[..., Any], x: Any, *args: Any, **options: Any) -> Any:
    return Dual(function(x.primal, *args, **options))


def _on_tensors(where: Any, function: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """A function of Tensors of this level, on its raw arrays."""

    def given(x: Any) -> Any:
        if isinstance(x, Dual):
            return dispatch.Tensor(x, where, x.dtype)
        return tuple([given(y) for y in x]) if x.__class__ in (tuple, list) else x

    def taken(y: Any) -> Any:
        if isinstance(y, Value):
            return y.raw
        return tuple([taken(z) for z in y]) if y.__class__ in (tuple, list) else y

    return taken(function(*[given(x) for x in args], **options))
