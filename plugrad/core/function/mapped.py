"""Functions under ``vmap``: the user's vmap, or forward, backward and jvp run on batched tensors.

Below the level of vmap, the latter is the call of a Function of its own: one whose arguments are batches, and whose
backward and jvp run the user's under vmap again.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

from plugrad.core import engine, tree
from plugrad.core.errors import with_hint
from plugrad.core.function.context import OWN, FunctionCtx, mapped
from plugrad.core.function.function import Function
from plugrad.core.function.levels import CALLS, MORE, CtxWithSaved, lifted, raws, wrapped
from plugrad.core.levels import Level, lift, under
from plugrad.core.transforms.batched import Batched, common_level
from plugrad.core.transforms.vmap import batched
from plugrad.core.transforms.vmap_level import VmapBackend
from plugrad.core.value import Value


class VmapInfo(NamedTuple):
    """What a Function's ``vmap`` is told.

    Attributes:
        batch_size: How many elements are mapped over.
        randomness: What random functions do: ``"error"``, ``"different"`` or ``"same"``.
    """

    batch_size: int
    randomness: str


def _on_batches(function: Any, args: Any, kwargs: Any, target: Any, separate: bool) -> Any:
    if any([isinstance(x, Value) for x in tree.flatten(kwargs)[0]]):
        raise NotImplementedError(
            "Run vmap on autograd.Function with kwarg-only Tensor args. Please do not pass kwarg-only Tensors to "
            f"autograd.Function. Got: {kwargs}"
        )
    above = lifted(args, target)
    level = common_level([x.raw for x in tree.flatten(above)[0] if isinstance(x, Value)])
    lower = raws(above, lambda raw: raw.data)
    if level is None:
        with under(target):
            output = function.apply(*lower, **kwargs)
        return wrapped(output, lower, args, target, lambda y, i: Batched(y, None)), None
    in_dims = tree.mapped(lambda x: 0 if isinstance(x, Value) and x.raw.level is not None else None, above)
    info = VmapInfo(level.size, level.randomness)
    overridden = function.vmap is not Function.vmap
    if function.generate_vmap_rule:
        if overridden:
            raise RuntimeError(
                f"You tried to vmap over {function.__name__}, but it has both generate_vmap_rule=True and an "
                "overridden vmap staticmethod. Please set generate_vmap_rule=False or delete the overridden vmap "
                f"staticmethod to avoid ambiguity. {MORE}"
            )
        call = _Call(function, in_dims, info)
        with under(target):
            output = Mapped.apply(call, kwargs, *lower)
        dims = call.out_dims
    else:
        if not overridden:
            raise RuntimeError(
                f"You tried to vmap over {function.__name__}, but it does not have vmap support. Please override and "
                f"implement the vmap staticmethod or set generate_vmap_rule=True. {MORE}"
            )
        with under(target):
            output, dims = _two(function.vmap(info, in_dims, *lower, **kwargs))
    return wrapped(output, lower, args, target, lambda y, i: _hidden(y, dims[i], level)), None


CALLS[VmapBackend] = _on_batches


def _hidden(y: Any, dim: int | None, level: Any) -> Batched:
    """A batch with its batch dimension out of sight."""
    if dim is None:
        return Batched(y, None)
    return Batched(y.movedim(dim, 0) if dim else y, level)


def _two(result: Any) -> tuple[Any, list[Any]]:
    """The output of a user's vmap, and for each tensor in it the batch dimension."""
    text = (
        "Expected the vmap staticmethod to have two returns, an output and out_dims with pytree structure compatible "
        "with the output. "
    )
    if not isinstance(result, tuple):
        raise RuntimeError(f"{text}Got a {type(result)} instead")
    if len(result) != 2:
        raise RuntimeError(f"{text}Got {len(result)} returns instead")
    output, out_dims = result
    structure = tree.flatten(output)[1]
    dims = tree.spread(out_dims, structure)
    if dims is None:
        raise RuntimeError(
            "The autograd.Function's vmap staticmethod returned an incompatible (output, out_dims) tuple. Expected "
            f"out_dims={out_dims} to be compatible with the structure of `output`. out_dims has structure "
            f"{tree.shown(tree.flatten(out_dims)[1])} but output has structure {tree.shown(structure)}. {MORE}"
        )
    return output, dims


class _Call:
    """One call of a Function on batches.

    Args:
        function: The Function.
        in_dims: For each argument, in its structure, 0 where a tensor is a batch and None where it is not.
        info: Size and randomness.
    """

    def __init__(self, function: Any, in_dims: Any, info: VmapInfo) -> None:
        self.function = function
        self.in_dims = in_dims
        self.info = info
        #: For each tensor of the output, whether it is a batch: 0 or None.
        self.out_dims: list[int | None] = []

    def level(self) -> Level:
        """A run of vmap."""
        return Level(VmapBackend, size=self.info.batch_size, randomness=self.info.randomness)


def _batched(values: Any, dims: Any, level: Level) -> Any:
    """Tensors as batches of a run of vmap, where their dimension is 0."""
    leaves, structure = tree.flatten(values)
    flat = dims if isinstance(dims, list) else tree.flatten(dims)[0]
    found = [batched(x, 0, level) if d == 0 and isinstance(x, Value) else x for x, d in zip(leaves, flat, strict=True)]
    return tree.unflatten(found, structure)


def _plain(values: Any, level: Level) -> tuple[Any, list[int | None]]:
    """Results as Tensors of the level below, and which of them are batches."""
    leaves, structure = tree.flatten(values)
    found: list[Any] = []
    dims: list[int | None] = []
    for x in leaves:
        mine = isinstance(x, Value) and x.device is level.on(x.device.root)
        found.append(x.raw.data if mine else x)
        dims.append(0 if mine and x.raw.level is not None else None)
    return tree.unflatten(found, structure), dims


def _taken_out(value: Any, level: Level) -> tuple[Any, list[int | None]]:
    """An attribute with Tensors of the level below for batched ones, and which of its parts are batches."""
    dims: list[int | None] = []

    def taken(x: Any) -> Any:
        mine = isinstance(x, Value) and x.device is level.on(x.device.root)
        dims.append(0 if mine and x.raw.level is not None else None)
        return x.raw.data if mine else x

    return mapped(value, taken), dims


def _again(dims: Iterator[int | None], level: Level, x: Any) -> Any:
    return batched(x, 0, level) if next(dims) == 0 else x


def _inside(ctx: Any, saved: tuple[Any, ...], level: Level) -> CtxWithSaved:
    """The context of the mapped Function, with its tensors batched again."""
    attributes = {}
    for name, value in ctx.kept.items():
        attributes[name] = mapped(value, partial(_again, iter(ctx.kept_dims[name]), level))
    return CtxWithSaved(ctx.inner, saved, attributes)


class Mapped(Function):
    """A Function of batches: its arguments are a _Call, keyword arguments, and those of that Function."""

    generate_vmap_rule = True

    @staticmethod
    def forward(call: _Call, kwargs: dict[str, Any], *args: Any) -> Any:
        """Run forward on batched tensors."""
        with call.level() as level:
            output = call.function.forward(*_batched(args, call.in_dims, level), **kwargs)
            found, call.out_dims = _plain(output, level)
        return found

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        """Run setup_context on batched tensors, and take the batches out of what it notes."""
        call, _, *args = inputs
        inner = FunctionCtx()
        inner._function = call.function
        inner.needs_input_grad = ctx.needs_input_grad[2:]
        with call.level() as level:
            xs = _batched(tuple(args), call.in_dims, level)
            ys = _batched(output, call.out_dims, level)
            call.function.setup_context(inner, xs, ys)
            ctx.dims, ctx.forward_dims = [], []
            if inner.to_save is not None:
                saved, ctx.dims = _plain(inner.to_save, level)
                ctx.save_for_backward(*saved)
            if inner.saved_for_forward is not None:
                saved, ctx.forward_dims = _plain(inner.saved_for_forward, level)
                ctx.save_for_forward(*saved)
            for mark in ("non_differentiable", "dirty_tensors"):
                marked = getattr(inner, mark)
                if marked is not None:
                    setattr(ctx, mark, _plain(marked, level)[0])
            ctx.kept, ctx.kept_dims = {}, {}
            for name in [name for name in inner.__dict__ if name not in OWN]:
                ctx.kept[name], ctx.kept_dims[name] = _taken_out(inner.__dict__.pop(name), level)
        inner.to_save = inner.saved_for_forward = inner.non_differentiable = inner.dirty_tensors = None
        ctx.materialize_grads = inner.materialize_grads
        ctx.call, ctx.inner = call, inner
        ctx.shapes = [tuple(x.raw.shape) if isinstance(x, Value) else None for x in xs]

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        """Run backward on batched tensors, and sum what belongs to arguments that are no batches."""
        call = ctx.call
        function = call.function
        with call.level() as level:
            inner = _inside(ctx, _batched(ctx.saved_tensors, ctx.dims, level), level)
            given = [_batched(g, [d], level) for g, d in zip(grads, call.out_dims, strict=True)]
            result = function._run_backward(inner, given)
            found = list(result) if isinstance(result, tuple) else [result]
            if len(found) > len(ctx.shapes) and all([g is None for g in found[len(ctx.shapes) :]]):
                found = found[: len(ctx.shapes)]
            if len(found) != len(ctx.shapes):
                raise RuntimeError(
                    f"function {function.__name__}Backward returned an incorrect number of gradients (expected "
                    f"{len(ctx.shapes)}, got {len(found)})"
                )
            size = call.info.batch_size
            found = [
                _reduced(g, shape, dim, size, level)
                for g, shape, dim in zip(found, ctx.shapes, call.in_dims, strict=True)
            ]
        return (None, None, *found)

    @staticmethod
    def jvp(ctx: Any, *tangents: Any) -> Any:
        """Run jvp on batched tensors."""
        call = ctx.call
        dims = ctx.forward_dims or ctx.dims
        with call.level() as level:
            inner = _inside(ctx, _batched(tuple(ctx.saved_tensors), dims, level), level)
            given = [
                t if t is None else _batched(t, [d], level) for t, d in zip(tangents[2:], call.in_dims, strict=True)
            ]
            found = call.function.jvp(inner, *given)
            several = isinstance(found, tuple)
            flat = list(found) if several else [found]
            if len(flat) == len(call.out_dims):
                size = call.info.batch_size
                flat = [_spread(t, d, size, level) for t, d in zip(flat, call.out_dims, strict=True)]
        return tuple(flat) if several else flat[0]


def _reduced(grad: Any, shape: Any, dim: int | None, size: int, level: Level) -> Any:
    """The gradient of an argument: of a batch, or summed over the batch."""
    if not isinstance(grad, Value) or shape is None:
        return grad
    where = level.on(grad.device.root)
    grad = lift(grad, where)
    if tuple(grad.raw.shape) != shape:
        grad = engine.sum_to_shape(where.ops, grad, shape)
    raw: Any = grad.raw
    if dim is None:
        return raw.data if raw.level is None else raw.data.sum(0)
    return raw.data if raw.level is not None else raw.data.expand((size, *shape))


def _spread(tangent: Any, dim: int | None, size: int, level: Level) -> Any:
    """The tangent of an output that is, or is not, a batch."""
    if not isinstance(tangent, Value):
        return tangent
    raw: Any = lift(tangent, level.on(tangent.device.root)).raw
    if dim is None:
        if raw.level is not None:
            raise RuntimeError(
                with_hint(
                    "jvp returned a batched tangent for an output that is not batched",
                    "compute the output from the batched input too.",
                )
            )
        return raw.data
    return raw.data if raw.level is not None else raw.data.expand((size, *raw.data.shape))
