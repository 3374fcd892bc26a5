"""The hot path: from a call on Tensors to the backend's kernel and, where gradients are wanted, a recorded node.

``function(op)`` makes the plain function that users and methods call, one of four shapes: unary and binary
elementwise ops (no star arguments, no loops), ops of one array with options, and the general form. Each does the
same: promote, call the kernel, wrap, record.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from plugrad.core import dtypes, faults, record, recorders
from plugrad.core.broadcast import broadcast_shapes as broadcast_shapes
from plugrad.core.broadcast import explained as explained
from plugrad.core.broadcast import normalized_dim as normalized_dim
from plugrad.core.dtypes import bfloat16
from plugrad.core.errors import INFERENCE_SAVED, missing_dtype
from plugrad.core.halves import widened as widened
from plugrad.core.halves import widens_halves as widens_halves
from plugrad.core.levels import together
from plugrad.core.modes import mode
from plugrad.core.namespace import FUNCTIONS as FUNCTIONS
from plugrad.core.promote import cast as cast
from plugrad.core.promote import common_device as common_device
from plugrad.core.promote import fits, of_kind, plain, promoted, wrapped
from plugrad.core.promote import promoted_inputs as promoted_inputs
from plugrad.core.promote import wrong_type as wrong_type
from plugrad.core.record import check_savable as check_savable
from plugrad.core.record import nested as nested
from plugrad.core.record import record_node as record_node
from plugrad.core.record import relate as relate
from plugrad.core.recorders import recorder
from plugrad.core.value import Value

if TYPE_CHECKING:
    from plugrad.core.op import Op

#: The class of results. tensor.py, which lies above, hands its Tensor down.
Tensor: Any = Value


def bind(cls: type[Value]) -> None:
    """Let results be of this class."""
    global Tensor
    Tensor = cls
    record.bind(cls)


#: dtypes of the results of elementwise ops, by what the op's block says; None: the one that it computes in.
_RESULTS: Any = {
    "same": None,
    "bool": lambda dtype: dtypes.bool_,
    "real": dtypes.dtype.to_real,
    "complex": dtypes.dtype.to_complex,
}


def function(op: Op) -> Any:
    """The plain function of an op, in the form its signature allows."""
    if is_elementwise(op):
        return _unary(op) if len(op.inputs) == 1 else _binary(op, foreign=False)
    return _single(op) if len(op.inputs) == 1 and op.variadic is None else _general(op)


def is_elementwise(op: Op) -> bool:
    """Whether an op is one of one or two arrays that promote, without options, of their (broadcast) shape."""
    special = op.options or op.exempt or op.view or op.variadic is not None or op.promote == "none"
    return not special and len(op.inputs) <= 2


def operator(function: Any) -> Any:
    """A binary op for use as an operator: NotImplemented, not TypeError, for operands that are foreign."""
    return _binary(function.op, foreign=True)


def reflected(function: Any) -> Any:
    """A binary op for use as a reflected operator (``2 - x``)."""
    binary = _binary(function.op, foreign=True)
    return lambda x2, x1: binary(x1, x2)


def _unary(op: Op) -> Any:
    name = op.name
    to_float = op.promote == "float"
    refuse = op.refuse
    widens = widens_halves(op)
    other_dtype = _RESULTS[op.result]

    def unary(input: Any) -> Any:
        if not isinstance(input, Value):
            raise wrong_type(op.called, "input", 1, input)
        dtype = input.dtype
        if not dtype.usual:
            if dtype is bfloat16 and widens:
                return widened(unary, (input,), {})
            if refuse is not None:
                refuse(dtype, (input,))
            if to_float and not dtype.is_complex:
                return unary(cast(input, dtypes.get_default_dtype()))
        device = input.device
        if op.composite and input.tracked and mode() > 0:
            return op.definition(device.ops, input)
        a = input.raw
        try:
            y = getattr(device.xp, name)(a)
        except Warning as warning:
            y = again(warning, op, device, (a,), {})
        except Exception as error:
            y = rescued(error, op, device, (a,), dtype)
        if y is a:
            # Some libraries' floor of integers is its argument; two tensors must not share memory unasked.
            y = device.backend.copy(a)
        out = Tensor(y, device, dtype if other_dtype is None else other_dtype(dtype))
        if input.tracked and mode() > 0 and not op.constant:
            keep_x, keep_y = op.keeps[1]
            versions: tuple[Any, ...] = ()
            if keep_x:
                version = input.version
                if version is None:
                    raise RuntimeError(INFERENCE_SAVED)
                versions = (version, version[0], 0)
            if keep_y:
                versions += (out.version, 0, 1)
            saved = (a if keep_x else None, y if keep_y else None)
            out.tracked = True
            out.edge = (op.node_class((input.edge or (input, None),), saved, versions, None, device), 0)
        return out

    return unary


def _binary(op: Op, foreign: bool) -> Any:
    name = op.name
    to_float = op.promote == "float"
    refuse = op.refuse
    widens = widens_halves(op)
    other_dtype = _RESULTS[op.result]

    def binary(input: Any, other: Any) -> Any:
        requires1 = requires2 = False
        if isinstance(input, Value):
            dtype = input.dtype
            device = input.device
            a = input.raw
            requires1 = input.tracked
            if isinstance(other, Value):
                if other.dtype is not dtype or other.device is not device:
                    return binary(*promoted(op, input, other))
                b = other.raw
                requires2 = other.tracked
            else:
                kind = other.__class__
                if not ((kind is float and dtype.is_inexact) or (kind is int and dtype.category)):
                    number = plain(other)
                    if number is None:
                        if foreign:
                            return NotImplemented
                        raise wrong_type(op.called, "other", 2, other)
                    if not fits(dtype, number):
                        return binary(*promoted(op, input, number))
                    if refuse is not None:
                        refuse(dtype, (input, number))
                    other = of_kind(dtype, number)
                b = other
        elif isinstance(other, Value):
            dtype = other.dtype
            kind = input.__class__
            if not ((kind is float and dtype.is_inexact) or (kind is int and dtype.category)):
                number = plain(input)
                if number is None:
                    if foreign:
                        return NotImplemented
                    raise wrong_type(op.called, "input", 1, input)
                if not fits(dtype, number):
                    return binary(*promoted(op, number, other))
                if refuse is not None:
                    refuse(dtype, (number, other))
                input = of_kind(dtype, number)
            device = other.device
            a = input
            b = other.raw
            requires2 = other.tracked
        else:
            raise wrong_type(op.called, "input", 1, input)
        if not dtype.usual:
            if dtype is bfloat16 and widens:
                return widened(binary, (input, other), {})
            if refuse is not None:
                refuse(dtype, (input, other))
            if to_float and not dtype.is_complex:
                return binary(*promoted(op, input, other))
        if op.composite and (requires1 or requires2) and mode() > 0:
            return op.definition(device.ops, input, other)
        try:
            y = getattr(device.xp, name)(a, b)
        except Warning as warning:
            y = again(warning, op, device, (a, b), {})
        except Exception as error:
            y = rescued(error, op, device, (a, b), dtype)
        out = Tensor(y, device, dtype if other_dtype is None else other_dtype(dtype))
        if (requires1 or requires2) and mode() > 0 and not op.constant:
            # A set of inputs that need gradients decides what is kept: no rule runs for the others.
            keep1, keep2, keep_y = op.keeps[requires1 + 2 * requires2]
            versions: tuple[Any, ...] = ()
            if keep1 and a is not input:
                version = input.version
                if version is None:
                    raise RuntimeError(INFERENCE_SAVED)
                versions = (version, version[0], 0)
            if keep2 and b is not other:
                version = other.version
                if version is None:
                    raise RuntimeError(INFERENCE_SAVED)
                versions += (version, version[0], 1)
            if keep_y:
                versions += (out.version, 0, 2)
            shapes = None
            if a is input:
                node_class = op.number_first
            elif b is other:
                node_class = op.number_second
            else:
                node_class = op.node_class
                shape1 = a.shape
                shape2 = b.shape
                if shape1 != shape2:
                    shapes = (shape1, shape2)
            out.tracked = True
            out.edge = (
                node_class(
                    (
                        (input.edge or (input, None)) if requires1 else None,
                        (other.edge or (other, None)) if requires2 else None,
                    ),
                    (a if keep1 else None, b if keep2 else None, y if keep_y else None),
                    versions,
                    shapes,
                    device,
                ),
                0,
            )
        return out

    return binary


def rescued(error: Exception, op: Op, device: Any, raws: tuple[Any, ...], dtype: dtypes.dtype) -> Any:
    """The result after a kernel failed on what PyTorch computes; otherwise PyTorch's error, or the kernel's own.

    The standard has no arithmetic of booleans: they are computed as uint8. An integer beyond the dtype wraps
    around; a comparison with it is one of int64. What else a library refuses of integers, the op's own ``rescue``
    computes.
    """
    reason = explained(error, raws)
    if reason is not error:
        raise reason from error
    if op.refuse is not None:
        op.refuse(dtype, raws)
    xp = device.xp
    if op.rescue is not None and dtype.category == 1:
        return op.rescue(xp, *raws)
    if isinstance(error, TypeError) and dtype is dtypes.bool_ and dtypes.uint8 in device.backend.dtypes:
        number = device.backend.dtypes[dtypes.uint8]
        bits = [xp.astype(x, number) if hasattr(x, "dtype") else int(x) for x in raws]
        if op.rescue is not None and op.result == "bool":
            return op.rescue(xp, *bits)
        y = getattr(xp, op.name)(*bits)
        return y if op.result == "bool" else xp.astype(y, device.backend.dtypes[dtype])
    if isinstance(error, OverflowError) and dtype.category == 1:
        if op.result == "bool":
            wide = device.backend.dtypes[dtypes.int64]
            return getattr(xp, op.name)(*[xp.astype(x, wide) if hasattr(x, "dtype") else x for x in raws])
        return getattr(xp, op.name)(*[wrapped(x, dtype) if isinstance(x, int) else x for x in raws])
    faults.note(error, op.name, device)
    raise error


def _single(op: Op) -> Any:
    """Ops of one array with options: reductions, shapes. A special case of the general form, for speed."""
    name = op.name
    widens = widens_halves(op)
    constant = op.constant
    view = op.view
    takes_dtype = op.takes_dtype
    write_node: Any = None

    def single(x: Any, **options: Any) -> Any:
        nonlocal write_node
        if not isinstance(x, Value):
            raise wrong_type(op.called, "input", 1, x)
        if not x.dtype.usual:
            if x.dtype is bfloat16 and widens:
                return widened(single, (x,), options)
            if op.refuse is not None:
                op.refuse(x.dtype, (x,))
            if op.promote == "float" and not x.dtype.is_complex:
                x = cast(x, dtypes.get_default_dtype())
        recorded = x.tracked and mode() > 0 and not constant
        device = x.device
        if recorded and op.composite:
            return op.definition(device.ops, x, **options)
        a = x.raw
        if view and not a.shape:
            a = x.raw = device.backend.aliasable(a)
        try:
            if takes_dtype:
                y = getattr(device.xp, name)(a, **raw_options(options, device))
            else:
                y = getattr(device.xp, name)(a, **options)
        except Warning as warning:
            y = again(warning, op, device, (a,), options)
        except Exception as error:
            faults.note(error, name, device)
            raise
        if y.__class__ is tuple or y.__class__ is list:
            return wrap_several(op, (x,), (a,), y, options, device, recorded)
        out = Tensor(y, device, device.backend.dtype_of(y))
        if view:
            relate(x, out, op.name, options)
        if recorded and out.dtype.is_inexact:
            if write_node is None:
                write_node = recorder(op, 1, recorders.ONE)
            write_node(x, a, y, out, options, device)
        return out

    return single


def again(warning: Warning, op: Op, device: Any, raws: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """Run a kernel a second time, silently: a library warned of an infinity or a nan where warnings are errors."""
    if not isinstance(warning, RuntimeWarning):
        raise warning
    token = device.backend.silence()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            return getattr(device.xp, op.name)(*raws, **(raw_options(options, device) if op.takes_dtype else options))
    finally:
        device.backend.unsilence(token)


def raw_options(options: dict[str, Any], device: Any) -> dict[str, Any]:
    """Options as the kernel wants them: the library's dtypes instead of plugrad's."""
    if isinstance(options.get("dtype"), dtypes.dtype):
        return {**options, "dtype": raw_dtype(options["dtype"], device)}
    return options


def raw_dtype(dtype: dtypes.dtype, device: Any) -> Any:
    """The backend's own dtype for plugrad's, or an error that says which are missing."""
    try:
        return device.backend.dtypes[dtype]
    except KeyError:
        raise missing_dtype(device.backend.name, dtype, device.backend.dtypes) from None


def _general(op: Op) -> Any:
    """Any number of arrays (one may be a sequence of arrays, any may be None), any options."""
    name = op.name
    inputs = op.inputs
    variadic = op.variadic
    sequence_only = variadic == 0 and len(inputs) == 1
    promotes = op.promote != "none"
    widens = widens_halves(op)

    def general(*args: Any, **options: Any) -> Any:
        if len(args) < len(inputs):
            args = bound(op, args, options)
        # One level of nesting at most: flat for the work, then nested again.
        flat = args if variadic is None else (*args[:variadic], *args[variadic], *args[variadic + 1 :])
        device = dtype = None
        one_device = one_dtype = True
        tracked = False
        raws: Any = []
        for x in flat:
            if isinstance(x, Value):
                if x.device is not device:
                    one_device = one_device and device is None
                    device = device or x.device
                if x.dtype is not dtype:
                    one_dtype = one_dtype and dtype is None
                    dtype = dtype or x.dtype
                tracked = tracked or x.tracked
                raws.append(x.raw)
            else:
                one_dtype = False
                raws.append(x)
        if device is None or dtype is None:
            raise wrong_type(op.called, inputs[0], 1, flat[0] if flat else None)
        if not one_device or (promotes and not (one_dtype and dtype.is_floating_point)):
            flat, device, dtype = _aligned(op, flat, one_device)
            args = nested(op, flat)
            raws = [x.raw if isinstance(x, Value) else x for x in flat]
        if dtype is bfloat16 and widens:
            return widened(general, args, options)
        mask = 0
        if tracked and mode() > 0 and not op.constant:
            mask = 1 if sequence_only else needing(op, args)
        if mask and op.composite:
            return op.definition(device.ops, *args, **options)
        raws = (tuple(raws),) if sequence_only else nested(op, tuple(raws))
        try:
            y = getattr(device.xp, name)(*raws, **(raw_options(options, device) if op.takes_dtype else options))
        except Warning as warning:
            y = again(warning, op, device, raws, options)
        except Exception as error:
            faults.note(error, name, device)
            if promotes and variadic is None:
                raise explained(error, raws) from error
            raise
        if y.__class__ is tuple or y.__class__ is list:
            return wrap_several(op, args, raws, y, options, device, mask)
        out = Tensor(y, device, device.backend.dtype_of(y))
        if mask and out.dtype.is_inexact:
            recorder(op, mask, recorders.MANY)(args, raws, (y,), out, options, device)
        return out

    return general


def _aligned(op: Op, flat: tuple[Any, ...], one_device: bool) -> tuple[tuple[Any, ...], Any, dtypes.dtype]:
    """Flat arguments on one device and promoted, that device and a dtype; or PyTorch's error."""
    if not one_device:
        common_device(op.name, [x for x in flat if isinstance(x, Value)])
        flat = tuple(together(flat))
    if op.promote != "none":
        flat = promoted_inputs(op, flat, nested(op, flat))
    last = [x for x in flat if isinstance(x, Value)][-1]
    return flat, last.device, last.dtype


def bound(op: Op, args: tuple[Any, ...], options: dict[str, Any]) -> tuple[Any, ...]:
    """All array arguments in order: those given by name, and defaults, filled in."""
    defaults = op.definition.__defaults__ or ()
    filled = list(args)
    for i in range(len(args), len(op.inputs)):
        name = op.inputs[i]
        if name in options:
            filled.append(options.pop(name))
        elif i >= op.required:
            filled.append(defaults[i - op.required])
        else:
            raise TypeError(f"{op.name}() missing 1 required positional argument: '{name}'")
    return tuple(filled)


def needing(op: Op, args: tuple[Any, ...]) -> int:
    """The inputs that need a gradient, as a bit mask."""
    mask = 0
    for i, x in enumerate(args):
        if i == op.variadic:
            for part in x:
                if isinstance(part, Value) and part.tracked:
                    mask |= 1 << i
                    break
        elif isinstance(x, Value) and x.tracked:
            mask |= 1 << i
    return mask


def wrap_several(
    op: Op, args: tuple[Any, ...], raws: Any, ys: Any, options: dict[str, Any], device: Any, mask: int
) -> tuple[Any, ...]:
    """The results of an op with several outputs, recorded if one of the inputs in ``mask`` needs a gradient."""
    dtype_of = device.backend.dtype_of
    outs = tuple([Tensor(y, device, dtype_of(y)) for y in ys])
    if op.view:
        for i, out in enumerate(outs):
            relate(args[0], out, op.name, options, i)
    if mask:
        recorder(op, mask, recorders.SEVERAL)(args, raws, tuple(ys), outs, options, device)
    return outs
