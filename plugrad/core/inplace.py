"""In-place ops: every check first, then the write, then the new history. Any op has an in-place form."""

from __future__ import annotations

import math
from typing import Any

from plugrad.core import dispatch, hooks, packing, views
from plugrad.core.dtypes import bfloat16
from plugrad.core.errors import INFERENCE_INPLACE, LEAF_INPLACE, with_hint
from plugrad.core.levels import for_writing
from plugrad.core.modes import mode
from plugrad.core.namespace import FUNCTIONS
from plugrad.core.promote import common_dtype, plain
from plugrad.core.record import ALWAYS_VIEWS
from plugrad.core.value import Value

_OVERLAPS_ITSELF = (
    "unsupported operation: more than one element of the written-to tensor refers to a single memory location. "
    "Please clone() the tensor before performing the operation."
)

_DETACHED_IN_TRANSFORM = (
    "a detached tensor is being changed in place inside of a function transform: the tensor that it was detached from "
    "would lose the derivatives of the transforms around"
)

_PARTIAL_OVERLAP = (
    "unsupported operation: some elements of the input tensor and the written-to tensor refer to a single memory "
    "location. Please clone() the tensor before performing the operation."
)


def in_place(function: Any) -> Any:
    """The in-place form of an op whose first array is what it changes: ``add_`` from ``add``."""
    op = function.op

    def changed(self: Any, *args: Any, **options: Any) -> Any:
        return update(op, self, args, options)

    changed.__name__ = changed.__qualname__ = op.called + "_"
    text = f"In-place form of ``{op.called}``: the result replaces this tensor's values."
    changed.__doc__ = text + "\n\n    Returns:\n        This tensor."
    return changed


def check_writable(x: Any, sources: tuple[Any, ...] = ()) -> None:
    """Raise PyTorch's error if ``x`` must not be changed in place now. ``sources`` are the other operands."""
    if x.version is None and mode() >= 0:
        raise RuntimeError(INFERENCE_INPLACE)
    if mode() > 0:
        base = x.base
        if base is not None:
            views.check_view(x, base, sources)
        elif x.tracked and x.edge is None:
            raise RuntimeError(
                with_hint(LEAF_INPLACE, "change it under `with plugrad.no_grad():`, or change a copy: x = x.clone().")
            )
        for v in (x, *sources):
            if isinstance(v, Value) and v.edge is not None:
                # An outdated view raises here, before anything is written.
                bool(v.edge)
    backend = x.device.backend
    if x.detached_from is not None and x.device.depth and backend.varies(x.detached_from.raw):
        raise RuntimeError(with_hint(_DETACHED_IN_TRANSFORM, "change a copy: x.detach().clone()."))
    if backend.overlaps_itself(x.raw) or (x.steps and _overlaps_itself(x)):
        raise RuntimeError(_OVERLAPS_ITSELF)
    if x.views or x.base is not None:
        _refuse_copies(x)
    for source in sources:
        here = isinstance(source, Value) and source is not x and source.device is x.device
        if here and backend.partial_overlap(x.raw, source.raw):
            raise RuntimeError(_PARTIAL_OVERLAP)


def may_overlap(name: str, options: dict[str, Any]) -> bool:
    """Whether a view op may name an element twice."""
    if name == "as_strided":
        return overlapping(options["size"], options["stride"])
    return name == "unfold" and bool(options["step"] < options["size"])


def overlapping(size: tuple[int, ...], stride: tuple[int, ...]) -> bool:
    """Whether strides may name a place twice: they don't where each is beyond the reach of the smaller ones."""
    reach = 0
    for step, n in sorted(zip(stride, size, strict=True)):
        if n == 0:
            return False
        if n > 1 and step <= reach:
            return True
        reach += step * (n - 1)
    return False


def _refuse_copies(x: Any) -> None:
    """Raise if a view of the same memory is a copy: some can't be made of the standard's functions."""
    base = x if x.base is None else x.base
    if not base.views or not x.device.backend.capabilities.views:
        return
    for reference in tuple(base.views):
        view = reference()
        for name, _, _ in () if view is None else view.steps:
            if name in ALWAYS_VIEWS and x.device.xp.origin(name) == "generic":
                raise RuntimeError(
                    with_hint(
                        f"{name}(): backend '{x.device.backend.name}' has no kernel of it, so that its result does not "
                        "share memory, and neither of the two can be changed in place",
                        "change a copy: x = x.clone().",
                    )
                )


def _overlaps_itself(view: Any) -> bool:
    """Whether elements of a view are one: it was expanded, on a library without views, or its windows overlap."""
    backend = view.device.backend
    shape = view.raw.shape
    base = view.detached_from if view.base is None else view.base
    if not backend.capabilities.views and math.prod(shape) > math.prod(base.raw.shape):
        return True
    if not any([may_overlap(name, options) for name, options, _ in view.steps]):
        return False
    strides = backend.strides(view.raw)
    if strides is None:
        return True
    # Each stride must be longer than all that lies within it.
    within = 0
    for stride, n in sorted([(abs(stride), n) for stride, n in zip(strides, shape, strict=True) if n > 1]):
        if stride <= within:
            return True
        within += stride * (n - 1)
    return False


def update(op: Any, x: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """Compute ``op(x, *args)`` and put it into ``x``. Nothing is written unless all is well."""
    if not isinstance(x, Value):
        raise dispatch.wrong_type(op.called + "_", "input", 1, x)
    args = tuple([arg if arg is None or isinstance(arg, Value) else _number(op, arg, i) for i, arg in enumerate(args)])
    args = for_writing(x, args, op.called + "_")
    flat = (x, *args)
    check_writable(x, args)
    values = [v for v in flat if isinstance(v, Value)]
    dispatch.common_device(op.name, values)
    record = mode() > 0 and not op.constant and any([v.tracked for v in values])
    if x.dtype is bfloat16 and dispatch.widens_halves(op):
        return assign(x, FUNCTIONS[op.name](_snapshot(x), *args, **options))
    if record and op.composite:
        # Its parts are recorded; the result is copied in, and x takes the result's place in the graph.
        result = op.definition(x.device.ops, _snapshot(x), *args, **options)
        return assign(x, result)
    if record:
        dispatch.check_savable(op, flat)
    computed = flat
    if op.promote != "none":
        computed = dispatch.promoted_inputs(op, flat)
        taking_part = [a for a in computed if isinstance(a, Value) and a.dtype is not x.dtype]
        if taking_part and op.result == "same":
            check_castable(common_dtype([a for a in computed if a is not None], False), x.dtype)
    raws = tuple([v.raw if isinstance(v, Value) else v for v in computed])
    device = x.device
    old = x.edge
    kernel_options = dispatch.raw_options(options, device) if op.takes_dtype else options
    try:
        y = getattr(device.xp, op.name)(*raws, **kernel_options)
    except Warning as warning:
        y = dispatch.again(warning, op, device, raws, options)
    except Exception as error:
        y = dispatch.rescued(error, op, device, raws, computed[0].dtype)
    check_shape(x, tuple(y.shape))
    if record:
        if packing.current() is not None:
            # Hooks on saved tensors are called after the write, and have to get the operands as they were.
            raws = tuple([_before_write(r, v, x) for r, v in zip(raws, computed, strict=True)])
        if computed[0] is not x or raws[0] is x.raw:
            # A rule may need the old values, which are about to be overwritten.
            raws = (device.backend.copy(raws[0]) if op.saves_input(0) else raws[0], *raws[1:])
        data = device.backend.write(x.raw, y)
        dispatch.record_node(op, computed, computed, raws, (data,), (x,), options, device, in_place=True)
    else:
        data = device.backend.write(x.raw, y)
    x.raw = data
    bump(x, record)
    if record:
        history_changed(x, old)
    return x


def _before_write(raw: Any, value: Any, x: Any) -> Any:
    """An operand's array, in memory of its own where it shares that of ``x``."""
    return x.device.backend.copy(raw) if isinstance(value, Value) and value.version is x.version else raw


def _number(op: Any, arg: Any, i: int) -> Any:
    number = plain(arg)
    if number is None:
        raise dispatch.wrong_type(op.called + "_", "other", i + 2, arg)
    return number


def assign(x: Any, value: Any) -> Any:
    """Put a computed Tensor's values into ``x`` (same shape after broadcasting) and let ``x`` take its history."""
    check_shape(x, dispatch.broadcast_shapes(tuple(x.raw.shape), tuple(value.raw.shape)))
    (value,) = for_writing(x, (value,), "copy_")
    check_castable(value.dtype, x.dtype)
    if value.dtype is not x.dtype:
        value = dispatch.cast(value, x.dtype)
    if value.raw.shape != x.raw.shape:
        value = x.device.ops.broadcast_to(value, shape=tuple(x.raw.shape))
    x.raw = x.device.backend.write(x.raw, value.raw)
    record = mode() > 0 and (x.tracked or value.tracked)
    bump(x, record)
    if record:
        old = x.edge
        x.edge = value.edge or ((value, None) if value.tracked else None)
        x.tracked = value.tracked
        history_changed(x, old)
    return x


def history_changed(x: Any, old: Any) -> None:
    """What hangs on the history of ``x`` follows: its views, its name in errors, its ``retain_grad``."""
    if x.edge is not None and x.version is not None:
        x.version[1:2] = [x.edge[0].name()]
    if x.retains_grad:
        hooks.move_retained(x, old)
    views.changed(x)


def _snapshot(x: Any) -> Any:
    """A Tensor with the same values and history that the coming write does not reach."""
    copy = dispatch.Tensor(x.device.backend.copy(x.raw), x.device, x.dtype)
    copy.tracked = x.tracked
    copy.edge = x.edge
    return copy


def bump(x: Any, recorded: bool = False) -> None:
    """Count one in-place change; the new array is in place already."""
    version = x.version
    if version is not None:
        version[0] += 1
        if len(version) > 2:
            views.outdate(version, (x if x.base is None else x.base) if recorded else None)
    shared = x.views or x.base is not None or x.detached_from is not None
    if shared and not x.device.backend.capabilities.views:
        views.synchronize(x)


def check_shape(x: Any, shape: tuple[int, ...]) -> None:
    """The result of an in-place op must have the tensor's shape."""
    if tuple(x.raw.shape) != shape:
        raise RuntimeError(
            f"output with shape {list(x.raw.shape)} doesn't match the broadcast shape {list(shape)}\n"
            f"Hint: an in-place op can't grow its tensor; use the out-of-place op."
        )


def check_castable(result: Any, dtype: Any) -> None:
    """A result may be put into a tensor of its own kind of dtype, or of a higher one."""
    if result.category > dtype.category:
        raise RuntimeError(
            f"result type {result.legacy_name} can't be cast to the desired output type {dtype.legacy_name}\n"
            f"Hint: use the out-of-place op, or x = x.to({result})."
        )
