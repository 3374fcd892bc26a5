"""Ops of a fixed number of arrays with options (where, linear, losses): the general form made faster.

An op may have residuals: outputs after the first that only its rules see.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plugrad.core import dispatch, faults, recorders
from plugrad.core.dtypes import bfloat16
from plugrad.core.levels import together
from plugrad.core.modes import mode
from plugrad.core.promote import common_device, wrong_type
from plugrad.core.recorders import recorder
from plugrad.core.value import Value

if TYPE_CHECKING:
    from plugrad.core.op import Op


def applies(op: Op) -> bool:
    """Whether an op has this form."""
    return op.variadic is None and not op.view and len(op.inputs) > 1 and not dispatch.is_elementwise(op)


def function(op: Op, whole: bool = False) -> Any:
    """The plain function of such an op; ``whole``: one that returns a tuple with the residuals."""
    name = op.name
    inputs = op.inputs
    count = len(inputs)
    promotes = op.promote != "none"
    # The inputs' bits in a mask; negative where they take no part in promotion.
    bits = tuple([1 << i if promotes and n not in op.exempt else -1 << i for i, n in enumerate(inputs)])
    choosy = op.promote == "float" or op.refuse is not None
    takes_dtype = op.takes_dtype
    residuals = op.residuals
    records: dict[int, Any] = {}
    widens = dispatch.widens_halves(op)

    def fixed(*args: Any, **options: Any) -> Any:
        if len(args) != count:
            args = dispatch.bound(op, args, options)
        device: Any = None
        dtype = None
        plain = True
        # The category that a number asks for: a float wants a floating dtype, an int an integer one at least.
        wanted = 0
        raws = []
        mask = 0
        for x, bit in zip(args, bits):  # noqa: B905 - they are equally many
            if isinstance(x, Value):
                if x.device is not device:
                    plain = plain and device is None
                    device = device or x.device
                if bit > 0 and x.dtype is not dtype:
                    plain = plain and dtype is None
                    dtype = dtype or x.dtype
                if x.tracked:
                    mask |= bit if bit > 0 else -bit
                raws.append(x.raw)
            else:
                if x is not None and bit > 0:
                    if x.__class__ is float:
                        wanted = 2
                    elif x.__class__ is int:
                        wanted = wanted or 1
                    else:
                        plain = False
                raws.append(x)
        if dtype is None:
            plain = plain and not wanted
        elif wanted > dtype.category:
            plain = False
        if not plain or device is None or (choosy and not (dtype is not None and dtype.is_floating_point)):
            args, raws, device = _prepared(op, args)
            given = [x.dtype for x in args if isinstance(x, Value)]
            # Of inputs that are not promoted, one of bfloat16 is enough for the op to compute in float32.
            dtype = bfloat16 if bfloat16 in given else given[-1] if given else None
        if dtype is bfloat16 and widens:
            return dispatch.widened(fixed, args, options)
        record = mask and mode() > 0 and not op.constant
        if record and op.composite:
            return op.definition(device.ops, *args, **options)
        try:
            if takes_dtype:
                y = getattr(device.xp, name)(*raws, **dispatch.raw_options(options, device))
            else:
                y = getattr(device.xp, name)(*raws, **options)
        except Warning as warning:
            y = dispatch.again(warning, op, device, tuple(raws), options)
        except Exception as error:
            faults.note(error, name, device)
            if promotes:
                raise dispatch.explained(error, tuple(raws)) from error
            raise
        ys: Any = y
        if y.__class__ is not tuple and y.__class__ is not list:
            ys = (y,)
        elif residuals:
            y = ys[0]
        else:
            return dispatch.wrap_several(op, args, raws, y, options, device, mask if record else 0)
        out = dispatch.Tensor(y, device, device.backend.dtype_of(y))
        if record and out.dtype.is_inexact:
            recorded = records.get(mask)
            if recorded is None:
                recorded = records[mask] = recorder(op, mask, recorders.MANY)
            recorded(args, raws, ys, out, options, device)
        return (out, *_residuals(out, ys, device)) if whole else out

    return fixed


def _residuals(out: Any, ys: Any, device: Any) -> list[Any]:
    """The outputs after the first as Tensors of the same node."""
    found = []
    for i in range(1, len(ys)):
        residual = dispatch.Tensor(ys[i], device, device.backend.dtype_of(ys[i]))
        if out.edge is not None and residual.dtype.is_inexact:
            residual.tracked = True
            residual.edge = (out.edge[0], i)
        found.append(residual)
    return found


def _prepared(op: Op, args: tuple[Any, ...]) -> tuple[tuple[Any, ...], list[Any], Any]:
    """The arguments on one device and promoted, and their raw arrays; or PyTorch's error."""
    values = [x for x in args if isinstance(x, Value)]
    if not values:
        raise wrong_type(op.called, op.inputs[0], 1, args[0])
    device = common_device(op.name, values)
    if device.depth:
        args = tuple(together(args))
        values = [x for x in args if isinstance(x, Value)]
    if op.promote != "none":
        args = dispatch.promoted_inputs(op, args)
    elif op.refuse is not None and not values[0].dtype.is_floating_point:
        op.refuse(values[0].dtype, args)
    return args, [x.raw if isinstance(x, Value) else x for x in args], device
