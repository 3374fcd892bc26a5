"""The hot path: from a call on Tensors to the backend's kernel and, where gradients are wanted, a recorded node.

``function(op)`` makes the plain function that users and methods call, one of four shapes: unary and binary
elementwise ops (no star arguments, no loops), ops of one array with options, and the general form. Each does the
same: promote, call the kernel, wrap, record.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from plugrad.core import dtypes
from plugrad.core.errors import INFERENCE_SAVED
from plugrad.core.modes import mode
from plugrad.core.namespace import FUNCTIONS
from plugrad.core.node import Edge
from plugrad.core.promote import (
    SCALARS,
    common_device,
    common_dtype,
    fits,
    of_kind,
    plain,
    wrapped,
    wrong_type,
)
from plugrad.core.value import Value

if TYPE_CHECKING:
    from plugrad.core.op import Op, OpNode

#: One step from a tensor to a view of it: op name, options, and which output where there are several.
Step = tuple[str, dict[str, Any], int | None]

#: The class of results. tensor.py, which lies above, hands its Tensor down.
Tensor: Any = Value


def bind(cls: type[Value]) -> None:
    """Let results be of this class."""
    global Tensor
    Tensor = cls


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
    choosy = to_float or refuse is not None
    as_bool = op.result == "bool"
    bool_ = dtypes.bool_

    def unary(input: Any) -> Any:
        if not isinstance(input, Value):
            raise wrong_type(op.called, "input", 1, input)
        dtype = input.dtype
        if choosy and not dtype.is_inexact:
            if refuse is not None:
                refuse(dtype, (input,))
            if to_float:
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
        out = Tensor(y, device, bool_ if as_bool else dtype)
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
    choosy = to_float or refuse is not None
    as_bool = op.result == "bool"
    bool_ = dtypes.bool_

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
        if choosy and not dtype.is_inexact:
            if refuse is not None:
                refuse(dtype, (input, other))
            if to_float:
                return binary(*promoted(op, input, other))
        if op.composite and (requires1 or requires2) and mode() > 0:
            return op.definition(device.ops, input, other)
        try:
            y = getattr(device.xp, name)(a, b)
        except Warning as warning:
            y = again(warning, op, device, (a, b), {})
        except Exception as error:
            y = rescued(error, op, device, (a, b), dtype)
        out = Tensor(y, device, bool_ if as_bool else dtype)
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


def promoted(op: Op, *operands: Any) -> list[Any]:
    """The operands on one device and in their common dtype: tensors cast (recorded), numbers as they are."""
    values = [x for x in operands if isinstance(x, Value)]
    common_device(op.name, values)
    if op.promote == "equal":
        raise unequal(op.name, operands)
    numbers = [x if isinstance(x, Value) else plain(x) for x in operands]
    for i, x in enumerate(numbers):
        if x is None:
            raise wrong_type(op.called, "other" if i else "input", i + 1, operands[i])
    dtype = common_dtype(numbers, op.promote == "float")
    if op.refuse is not None:
        op.refuse(dtype, operands)
    return [cast(x, dtype) if isinstance(x, Value) else of_kind(dtype, x) for x in numbers]


def unequal(name: str, operands: tuple[Any, ...]) -> Exception:
    """PyTorch's error for an op that does not promote."""
    for i, x in enumerate(operands):
        if not isinstance(x, Value):
            return wrong_type(name, ("input", "other")[min(i, 1)], i + 1, x)
    kinds = [_C_NAMES.get(x.dtype.name, x.dtype.name) for x in operands]
    return RuntimeError(
        f"expected m1 and m2 to have the same dtype, but got: {kinds[0]} != {kinds[1]}\n"
        f"Hint: {name} does not promote; convert one of them: x.to({operands[0].dtype})."
    )


_C_NAMES = {
    "float32": "float", "float64": "double", "float16": "c10::Half", "bfloat16": "c10::BFloat16", "int64": "long long",
    "int32": "int", "int16": "short", "int8": "signed char", "uint8": "unsigned char", "complex64": "c10::complex<float>",
    "complex128": "c10::complex<double>",
}  # fmt: skip


def cast(x: Any, dtype: dtypes.dtype) -> Any:
    """``x`` in another dtype, recorded."""
    return x if x.dtype is dtype else FUNCTIONS["astype"](x, dtype=dtype)


def explained(error: Exception, raws: tuple[Any, ...]) -> Exception:
    """PyTorch's error where a kernel failed because shapes don't broadcast; otherwise the kernel's own."""
    shapes = [tuple(x.shape) for x in raws if hasattr(x, "shape")]
    try:
        broadcast_shapes(*shapes)
    except RuntimeError as mismatch:
        return mismatch
    return error


def rescued(error: Exception, op: Op, device: Any, raws: tuple[Any, ...], dtype: dtypes.dtype) -> Any:
    """The result after a kernel failed on what PyTorch computes; otherwise PyTorch's error, or the kernel's own.

    The standard has no arithmetic of booleans: they are computed as uint8. An integer beyond the dtype wraps
    around. What else a library refuses of integers, the op's own ``rescue`` computes.
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
        y = getattr(xp, op.name)(*[xp.astype(x, number) if hasattr(x, "dtype") else int(x) for x in raws])
        return y if op.result == "bool" else xp.astype(y, device.backend.dtypes[dtype])
    if isinstance(error, OverflowError) and dtype.category == 1 and op.result != "bool":
        return getattr(xp, op.name)(*[wrapped(x, dtype) if isinstance(x, int) else x for x in raws])
    raise error


def broadcast_shapes(*shapes: tuple[int, ...]) -> tuple[int, ...]:
    """The shape that all broadcast to. Raises PyTorch's error, naming the dimension, where there is none."""
    result: tuple[int, ...] = ()
    for shape in shapes:
        ndim = max(len(result), len(shape))
        a = (1,) * (ndim - len(result)) + tuple(result)
        b = (1,) * (ndim - len(shape)) + tuple(shape)
        for i in reversed(range(ndim)):
            if a[i] != b[i] and a[i] != 1 and b[i] != 1:
                raise RuntimeError(
                    f"The size of tensor a ({a[i]}) must match the size of tensor b ({b[i]}) at non-singleton "
                    f"dimension {i}\nHint: shapes {list(result)} and {list(shape)} do not broadcast together."
                )
        result = tuple(n if m == 1 else m for m, n in zip(a, b, strict=True))
    return result


def _single(op: Op) -> Any:
    """Ops of one array with options: reductions, shapes. A special case of the general form, for speed."""
    name = op.name
    defaults = op.definition.__kwdefaults__ or {}

    def single(x: Any, **options: Any) -> Any:
        if not isinstance(x, Value):
            raise wrong_type(op.called, "input", 1, x)
        if not x.dtype.is_inexact:
            if op.refuse is not None:
                op.refuse(x.dtype, (x,))
            if op.promote == "float":
                x = cast(x, dtypes.get_default_dtype())
        record = x.tracked and mode() > 0 and not op.constant
        device = x.device
        if record and op.composite:
            return op.definition(device.ops, x, **options)
        if op.view:
            x.raw = device.backend.aliasable(x.raw)
        a = x.raw
        try:
            if op.takes_dtype:
                y = getattr(device.xp, name)(a, **raw_options(options, device))
            else:
                y = getattr(device.xp, name)(a, **options)
        except Warning as warning:
            y = again(warning, op, device, (a,), options)
        if y.__class__ is tuple or y.__class__ is list:
            return wrap_several(op, (x,), (x,), (a,), y, options, device, record)
        out = Tensor(y, device, device.backend.dtype_of(y))
        if op.view:
            relate(x, out, op.name, options)
        if record and out.dtype.is_inexact:
            saved: list[Any] = []
            versions: tuple[Any, ...] = ()
            for what in op.plan:
                if what == "x":
                    if x.version is None:
                        raise RuntimeError(INFERENCE_SAVED)
                    versions += (x.version, x.version[0], len(saved))
                    saved.append(a)
                elif what == "y":
                    versions += (out.version, out.version[0], len(saved))
                    saved.append(y)
                elif what == "shape":
                    saved.append(a.shape)
                elif what == "input dtype":
                    saved.append(a.dtype)
                else:
                    saved.append(options[what] if what in options else defaults[what])
            out.tracked = True
            out.edge = (op.node_class((x.edge or (x, None),), tuple(saved), versions, None, device), 0)
        return out

    return single


def again(warning: Warning, op: Op, device: Any, raws: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """Run a kernel a second time, silently: a library warned of an infinity or a nan where warnings are errors."""
    if not isinstance(warning, RuntimeWarning):
        raise warning
    token = device.backend.silence()
    try:
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
        raise TypeError(
            f"backend '{device.backend.name}' has no {dtype}\n"
            f"Hint: it has {', '.join(d.name for d in device.backend.dtypes)}."
        ) from None


def _general(op: Op) -> Any:
    """Any number of arrays (one may be a sequence of arrays, any may be None), any options."""
    name = op.name
    inputs = op.inputs

    def general(*args: Any, **options: Any) -> Any:
        if len(args) < len(inputs):
            args = bound(op, args, options)
        # One level of nesting at most: flat for the work, with the spans to nest again.
        variadic = op.variadic
        if variadic is None:
            flat: tuple[Any, ...] = args
        else:
            flat = (*args[:variadic], *args[variadic], *args[variadic + 1 :])
        values = [x for x in flat if isinstance(x, Value)]
        if not values:
            raise wrong_type(op.called, inputs[0], 1, flat[0] if flat else None)
        device = values[0].device
        if len(values) > 1:
            common_device(name, values)
        if op.promote != "none":
            flat = promoted_inputs(op, flat, args)
        record = mode() > 0 and not op.constant and any([x.tracked for x in values])
        if record and op.composite:
            return op.definition(device.ops, *nested(op, flat), **options)
        if op.view:
            values[0].raw = device.backend.aliasable(values[0].raw)
        raws = tuple([x.raw if isinstance(x, Value) else x for x in flat])
        try:
            y = getattr(device.xp, name)(
                *nested(op, raws), **(raw_options(options, device) if op.takes_dtype else options)
            )
        except Warning as warning:
            y = again(warning, op, device, nested(op, raws), options)
        except Exception as error:
            if op.promote != "none" and op.variadic is None:
                raise explained(error, raws) from error
            raise
        if y.__class__ is tuple or y.__class__ is list:
            return wrap_several(op, args, flat, raws, y, options, device, record)
        out = Tensor(y, device, device.backend.dtype_of(y))
        if op.view:
            relate(values[0], out, op.name, options)
        if record:
            record_node(op, args, flat, raws, (y,), (out,), options, device)
        return out

    return general


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


def nested(op: Op, flat: tuple[Any, ...]) -> tuple[Any, ...]:
    """Flat arrays as the definition takes them: a sequence of arrays together in a tuple."""
    i = op.variadic
    if i is None:
        return flat
    rest = len(op.inputs) - 1 - i
    return (*flat[:i], flat[i : len(flat) - rest], *flat[len(flat) - rest :])


def promoted_inputs(op: Op, flat: tuple[Any, ...], args: tuple[Any, ...] | None = None) -> tuple[Any, ...]:
    """The flat arguments with those that take part in promotion in one dtype. ``args`` has them nested."""
    args = flat if args is None else args
    exempt: set[int] = set()
    if op.exempt:
        position = 0
        for name, arg in zip(op.inputs, args, strict=True):
            width = len(arg) if op.variadic is not None and name == op.inputs[op.variadic] else 1
            if name in op.exempt:
                exempt.update(range(position, position + width))
            position += width
    chosen = [i for i, x in enumerate(flat) if x is not None and i not in exempt]
    if not chosen:
        return flat
    first = flat[chosen[0]]
    to_float = op.promote == "float"
    if isinstance(first, Value) and (first.dtype.is_inexact or not to_float):
        dtype = first.dtype
        if all([isinstance(x := flat[i], Value) and x.dtype is dtype for i in chosen]):
            if op.refuse is not None and not dtype.is_inexact:
                op.refuse(dtype, flat)
            return flat
    new = list(flat)
    for i, x in zip(chosen, promoted(op, *[flat[i] for i in chosen]), strict=True):
        new[i] = x
    return tuple(new)


def wrap_several(
    op: Op,
    args: tuple[Any, ...],
    flat: tuple[Any, ...],
    raws: tuple[Any, ...],
    ys: Any,
    options: dict[str, Any],
    device: Any,
    record: bool,
) -> tuple[Any, ...]:
    """The results of an op with several outputs."""
    dtype_of = device.backend.dtype_of
    outs = tuple([Tensor(y, device, dtype_of(y)) for y in ys])
    if op.view:
        for i, out in enumerate(outs):
            relate(flat[0], out, op.name, options, i)
    if record:
        record_node(op, args, flat, raws, tuple(ys), outs, options, device)
    return outs


def relate(x: Any, out: Any, name: str, options: dict[str, Any], number: int | None = None) -> None:
    """Make ``out`` a view of ``x``: one version counter and one base, where the library really shares memory."""
    if not x.device.backend.shares_memory(out.raw, x.raw):
        return
    base = x if x.base is None else x.base
    out.version = x.version
    out.base = base
    out.steps = (*x.steps, (name, options, number))
    out.made_without_grad = mode() <= 0 or x.made_without_grad
    out.multi_view = number is not None or x.multi_view
    # The base knows its views, weakly, for the day when one of them is changed in place.
    if base.views is None:
        base.views = {}
    views, key = base.views, id(out)
    views[key] = weakref.ref(out, lambda _: views.pop(key, None))


def record_node(
    op: Op,
    args: tuple[Any, ...],
    flat: tuple[Any, ...],
    raws: tuple[Any, ...],
    ys: tuple[Any, ...],
    outs: tuple[Any, ...],
    options: dict[str, Any],
    device: Any,
    in_place: bool = False,
) -> None:
    """Record a node for any op. ``outs`` become its outputs; an in-place op passes the tensor it changed.

    In place, ``raws[0]`` is a copy of the old values that nobody can change, and the output is about to be counted
    as changed once more.
    """
    edges: tuple[Edge, ...] = tuple(
        [(x.edge or (x, None)) if isinstance(x, Value) and x.tracked else None for x in flat]
    )
    mask = 0
    for i, group in enumerate(nested(op, edges)):
        if group is not None and (i != op.variadic or any([e is not None for e in group])):
            mask |= 1 << i
    saved: list[Any] = []
    versions: list[Any] = []
    places = op.places
    for k, (what, kept) in enumerate(zip(op.saves, op.keep(mask), strict=True)):
        if not kept:
            saved.append(None)
        elif what in places:
            i = places[what]
            saved.append(nested(op, raws)[i])
            sources = nested(op, flat)[i]
            for x in sources if i == op.variadic else (sources,):
                if isinstance(x, Value) and not (in_place and i == 0):
                    if x.version is None:
                        raise RuntimeError(INFERENCE_SAVED)
                    versions += (x.version, x.version[0], k)
        elif what[0] == "y" and (what == "y" or what[1:].isdigit()):
            if what == "y" and len(ys) > 1:
                saved.append(ys)
                for out in outs:
                    versions += (out.version, out.version[0], k)
            else:
                i = int(what[1:] or 0)
                saved.append(ys[i])
                versions += (outs[i].version, outs[i].version[0] + in_place, k)
        elif what == "needs":
            saved.append(tuple([e is not None for e in edges]))
        elif what.endswith("_shape"):
            group = nested(op, raws)[places[what[:-6]]]
            saved.append([tuple(x.shape) for x in group] if places[what[:-6]] == op.variadic else tuple(group.shape))
        elif what.endswith("_dtype"):
            saved.append(nested(op, raws)[places[what[:-6]]].dtype)
        else:
            saved.append(options[what] if what in options else (op.definition.__kwdefaults__ or {})[what])
    shapes = tuple([None if e is None else x.raw.shape for e, x in zip(edges, flat, strict=True)])
    node_class = op.node_class
    if op.number_second is not node_class and not any([isinstance(x, Value) for x in flat[1:]]):
        node_class = op.number_second
    node: OpNode = node_class(edges, tuple(saved), tuple(versions), shapes, device)
    if len(outs) > 1:
        node.outputs = tuple([(tuple(o.raw.shape), o.dtype, o.dtype.is_inexact) for o in outs])
    for i, out in enumerate(outs):
        if out.dtype.is_inexact:
            out.tracked = True
            out.edge = (node, i)


def saved_tensors(node: OpNode, saved: tuple[Any, ...]) -> tuple[Any, ...]:
    """What a node saved as Tensors with their place in the graph, so that rules on them are recorded."""
    op = node.op
    device = node.device
    places = op.places
    result = []
    groups = nested(op, node.edges)
    for what, raw in zip(op.saves, saved, strict=True):
        if raw is None:
            result.append(None)
        elif what in places:
            i = places[what]
            if i == op.variadic:
                result.append(tuple([_tensor_of(r, e, device) for r, e in zip(raw, groups[i], strict=True)]))
            else:
                result.append(_tensor_of(raw, groups[i], device))
        elif what == "y" and node.outputs is not None:
            result.append(tuple([_tensor_of(r, (node, i), device) for i, r in enumerate(raw)]))
        elif what[0] == "y" and (what == "y" or what[1:].isdigit()):
            result.append(_tensor_of(raw, (node, int(what[1:] or 0)), device))
        elif what.endswith("_dtype"):
            result.append(next(d for d, known in device.backend.dtypes.items() if known == raw))
        else:
            result.append(raw)
    return tuple(result)


def _tensor_of(raw: Any, edge: Edge, device: Any) -> Any:
    # By exact type: a NumPy float64 scalar is a raw 0-d array, and an instance of float.
    if raw is None or raw.__class__ in SCALARS:
        return raw
    if edge is not None and isinstance(edge[0], Value):
        return edge[0]
    tensor = Tensor(raw, device, device.backend.dtype_of(raw))
    if edge is not None and tensor.dtype.is_inexact:
        tensor.edge = edge
        tensor.tracked = True
    return tensor


def _kind(name: str) -> str:
    """A node's name as PyTorch's errors have it: without ``Backward0``."""
    return name.rstrip("0123456789").removesuffix("Backward")


def refuse_modified(node: OpNode, which: int) -> None:
    """PyTorch's error for a saved tensor that was changed in place after it was saved."""
    version, expected, k = node.versions[3 * which : 3 * which + 3]
    what = node.op.saves[k]
    raw = (node.saved or ())[k]
    origin = ""
    if what[0] == "y" and (what == "y" or what[1:].isdigit()):
        origin = f", which is output {int(what[1:] or 0)} of {_kind(node.name())},"
    elif what in node.op.places:
        edge = nested(node.op, node.edges)[node.op.places[what]]
        if isinstance(edge, tuple) and len(edge) == 2 and not isinstance(edge[0], (Value, tuple, type(None))):
            # The op that changed it last, where that is known, else the one that made it.
            name = version[1] if len(version) > 1 else edge[0].name()
            origin = f", which is output {edge[1]} of {_kind(name)},"
    shape, kind = "", "Tensor"
    if hasattr(raw, "shape"):
        shape = f" [{', '.join(map(str, raw.shape))}]"
        kind = f"{node.device.backend.dtype_of(raw).legacy_name}Tensor"
    raise RuntimeError(
        "one of the variables needed for gradient computation has been modified by an inplace operation: "
        f"[plugrad.{kind}{shape}]{origin} is at version {version[0]}; expected version {expected} instead. "
        "Hint: enable anomaly detection to find the operation that failed to compute its gradient, with "
        "plugrad.autograd.set_detect_anomaly(True, check_nan=False)."
    )


def normalized_dim(dim: int, ndim: int) -> int:
    """A dimension counted from the front, or PyTorch's IndexError. A 0-d tensor has the dimensions -1 and 0."""
    last = max(ndim, 1) - 1
    if not -last - 1 <= dim <= last:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-last - 1}, {last}], but got {dim})")
    return dim if dim >= 0 else dim + last + 1
