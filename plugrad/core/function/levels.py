"""Functions under function transforms: at each level, a call of the same Function at the level below.

The level of ``grad`` records the user's backward around that call, and the level of dual numbers adds the tangents of
the user's jvp; ``mapped`` has the level of ``vmap``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from plugrad.core import dispatch, tree
from plugrad.core.errors import with_hint
from plugrad.core.function.context import CARRIED, INTERMEDIATE, OWN, FunctionCtx, guarded, mapped, refusing
from plugrad.core.levels import innermost, lift, under
from plugrad.core.transforms.dual import Dual, DualBackend
from plugrad.core.transforms.nesting import GradBackend
from plugrad.core.value import Value

#: Where PyTorch's messages send the reader.
MORE = "For more details, please see https://pytorch.org/docs/main/notes/extending.func.html"

_SETUP = (
    "In order to use an autograd.Function with functorch transforms (vmap, grad, jvp, jacrev, ...), it must override "
    f"the setup_context staticmethod. {MORE}"
)


def target_of(arguments: tuple[Any, ...]) -> Any:
    """The highest level that one of the arguments is of, as a device; None if all are below all transforms."""
    found = None
    for x in tree.flatten(arguments)[0]:
        if isinstance(x, Value):
            where: Any = x.device
            if where.depth and (found is None or where.depth > found.depth):
                found = where
    return found


def check_separate(separate: bool, target: Any) -> None:
    """Function transforms need forward without a context."""
    if separate:
        return
    level = innermost()
    # Dual numbers of forward_ad, which make nothing, are no transform of a function.
    while level is not None and not level.makes:
        level = level.outer
    if level is not None or (target is not None and not isinstance(target.backend, DualBackend)):
        raise RuntimeError(
            with_hint(_SETUP, "forward(*args) computes, setup_context(ctx, inputs, output) saves what backward needs.")
        )


def counts(tensors: list[Any]) -> list[int | None]:
    """How often the memory at the bottom of each tensor was changed in place."""
    found = []
    for x in tensors:
        while x.device.depth:
            x = x.device.backend.value(x.raw)
        found.append(None if x.version is None else x.version[0])
    return found


def call(
    function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], target: Any, separate: bool
) -> tuple[Any, FunctionCtx | None]:
    """The output of a Function at a level, computed at the level below; and its context, if forward made it.

    Args:
        function: The Function.
        args: Its arguments.
        kwargs: More of them, by name.
        target: The level, as a device.
        separate: Whether it has a ``setup_context``.
    """
    found: tuple[Any, FunctionCtx | None] = CALLS[type(target.backend)](function, args, kwargs, target, separate)
    return found


def lifted(args: Any, target: Any) -> Any:
    return tree.mapped(lambda x: lift(x, target) if isinstance(x, Value) else x, args)


def raws(args: Any, take: Callable[[Any], Any]) -> Any:
    """What is below each tensor among lifted arguments."""
    return tree.mapped(lambda x: take(x.raw) if isinstance(x, Value) else x, args)


def wrapped(output: Any, lower: Any, args: Any, target: Any, wrap: Callable[[Any, int], Any]) -> Any:
    """Outputs from below as tensors of a level. An input that was returned itself, changed in place, stays itself."""
    outputs, structure = tree.flatten(output)
    below, above = tree.flatten(lower)[0], tree.flatten(args)[0]
    found = []
    for i, y in enumerate(outputs):
        if not isinstance(y, Value):
            found.append(y)
            continue
        raw = wrap(y, i)
        known = next((x for z, x in zip(below, above, strict=True) if z is y and x.device is target), None)
        if known is None:
            found.append(dispatch.Tensor(raw, target, y.dtype))
        else:
            known.raw = raw
            found.append(known)
    return tree.unflatten(found, structure)


def _on_gradients(function: Any, args: Any, kwargs: Any, target: Any, separate: bool) -> Any:
    lower = raws(lifted(args, target), lambda raw: raw)
    with under(target):
        output = function.apply(*lower, **kwargs)
    return wrapped(output, lower, args, target, lambda y, i: y), None


# -- forward mode ------------------------------------------------------------------------------------------------------


def _on_duals(function: Any, args: Any, kwargs: Any, target: Any, separate: bool) -> Any:
    duals = lifted(args, target)
    lower = raws(duals, lambda raw: raw.primal)
    flat = [x.raw for x in tree.flatten(duals)[0] if isinstance(x, Value)]
    level = next((d.level for d in flat if d.tangent is not None), None)
    with under(target):
        output, ctx, kept = function._called(lower, kwargs, keep=not separate)
        count = len(tree.flatten(output)[0])
        tangents: list[Any] = [None] * count
        if level is not None:
            if separate:
                ctx = FunctionCtx()
                ctx._function = function
                ctx.needs_input_grad = tuple([isinstance(x, Value) and x.raw.tangent is not None for x in duals])
                function.setup_context(ctx, lower, output)
            saved = ctx.saved_for_forward if ctx.saved_for_forward is not None else ctx.to_save
            if kept is not None:
                saved, ctx = _recorded(saved or (), ctx, [*tree.flatten(lower)[0], *kept.outputs])
            found = function.jvp(CtxWithSaved(ctx, saved or ()), *[_tangent(ctx, x) for x in duals])
            outputs = output if isinstance(output, tuple) else (output,)
            constant = ctx.non_differentiable if kept is None else kept.attributes.get("non_differentiable")
            tangents = _checked(found, outputs, constant or ())
    made = wrapped(
        output, lower, args, target, lambda y, i: Dual(y, tangents[i], None if tangents[i] is None else level)
    )
    return made, None if kept is None else _risen(kept, lower, args, made)


def _recorded(saved: tuple[Any, ...], ctx: FunctionCtx, known: list[Any]) -> tuple[tuple[Any, ...], FunctionCtx]:
    """What forward saved, as something that raises where it is differentiated, unless it is an input or an output."""
    node = ctx._node()
    if node is None or not any([edge is not None for edge in node.edges]):
        return saved, ctx
    message = INTERMEDIATE.format(name=node.name())
    found = []
    for x in saved:
        constant = x is None or x.tracked or not x.dtype.is_inexact or any([x is y for y in known])
        found.append(x if constant else refusing(x, message, node.edges))
    return tuple(found), guarded(ctx)


class Kept:
    """What a context has of tensors when forward is done, before the graph takes it over.

    Args:
        ctx: The context.
        outputs: What forward returned.
    """

    def __init__(self, ctx: FunctionCtx, outputs: list[Any]) -> None:
        self.outputs = outputs
        self.attributes = {name: value for name, value in ctx.__dict__.items() if name not in OWN or name in CARRIED}


def _risen(kept: Kept, lower: Any, args: Any, made: Any) -> FunctionCtx:
    """The context of a call below for this level: its inputs and outputs, where it has them, are this level's."""
    outputs = made if isinstance(made, tuple) else (made,)
    pairs = [*zip(tree.flatten(lower)[0], tree.flatten(args)[0], strict=True), *zip(kept.outputs, outputs, strict=True)]
    found = FunctionCtx()
    found._risen = True
    for name, value in kept.attributes.items():
        found.__dict__[name] = mapped(value, lambda x: next((above for below, above in pairs if below is x), x))
    return found


def _tangent(ctx: FunctionCtx, x: Any) -> Any:
    """An argument's tangent as ``jvp`` gets it."""
    if not isinstance(x, Value):
        return None
    raw: Any = x.raw
    if raw.tangent is None and ctx.materialize_grads:
        return raw.primal.device.ops.zeros_like(raw.primal)
    return raw.tangent


class CtxWithSaved:
    """A context with other saved tensors.

    Args:
        ctx: The context that has all else.
        saved: What ``saved_tensors`` is.
        attributes: More that it has in another form.
    """

    def __init__(self, ctx: Any, saved: tuple[Any, ...], attributes: dict[str, Any] | None = None) -> None:
        self.__dict__.update(attributes or {})
        self.__dict__["_ctx"] = ctx
        self.__dict__["saved_tensors"] = saved

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["_ctx"], name)

    def __setattr__(self, name: str, value: Any) -> None:
        self.__dict__.pop(name, None)
        setattr(self.__dict__["_ctx"], name, value)


def _checked(found: Any, outputs: tuple[Any, ...], constant: tuple[Any, ...]) -> list[Any]:
    """The tangents that ``jvp`` returned, one for each output."""
    tangents = list(found) if isinstance(found, tuple) else [found]
    if len(tangents) != len(outputs):
        raise RuntimeError(
            f"Function's jvp returned an invalid number of forward gradients (expected {len(outputs)} but got "
            f"{len(tangents)})"
        )
    for i, (y, t) in enumerate(zip(outputs, tangents, strict=True)):
        if not isinstance(y, Value) or not y.dtype.is_inexact or any([y is c for c in constant]):
            tangents[i] = None
            continue
        if t is None:
            continue
        if not isinstance(t, Value):
            raise RuntimeError(f"expected Variable or None (got {type(t).__name__})")
        if tuple(t.raw.shape) != tuple(y.raw.shape):
            raise RuntimeError(
                with_hint(
                    "Trying to set a forward gradient that has a different size than that of the original Tensor, this "
                    f"is not supported. Tensor is of size {list(y.raw.shape)} while the given forward gradient is of "
                    f"size {list(t.raw.shape)}.",
                    f"jvp returned it for output {i}.",
                )
            )
        tangents[i] = lift(dispatch.cast(t, y.dtype), y.device) if t.device is not y.device else t
        if t.dtype is not y.dtype:
            tangents[i] = dispatch.cast(tangents[i], y.dtype)
    return tangents


# -- once_differentiable -----------------------------------------------------------------------------------------------


def sealed(x: Any, message: str) -> Any:
    """A constant of its level that raises where a lower level differentiates it."""
    if not isinstance(x, Value):
        return x
    found: Any = x
    if x.device.depth:
        raw: Any = x.raw
        backend: Any = x.device.backend
        if isinstance(raw, Dual) and raw.tangent is not None:
            raise RuntimeError(message)
        found = dispatch.Tensor(backend.apply(lambda y: _refused(y, message), raw), x.device, x.dtype)
    return found


def _refused(x: Any, message: str) -> Any:
    found = sealed(x, message)
    return refusing(found, message, (x.edge or (x, None),)) if x.tracked else found


#: The kind of a level -> how Functions are called there. The module for vmap, which lies above, adds its own.
CALLS: dict[Any, Callable[..., Any]] = {GradBackend: _on_gradients, DualBackend: _on_duals}
