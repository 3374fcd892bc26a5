"""Recording: the node of an op that was called, what it saves, and which tensors are views of which."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from plugrad.core.errors import INFERENCE_SAVED
from plugrad.core.modes import mode
from plugrad.core.node import Edge
from plugrad.core.value import Value

if TYPE_CHECKING:
    from plugrad.core.op import Op, OpNode

#: One step from a tensor to a view of it: op name, options, and which output where there are several.
Step = tuple[str, dict[str, Any], int | None]

#: The class of results. tensor.py, which lies above, hands its Tensor down.
Tensor: Any = Value

#: Python's own numbers, by exact type: a NumPy float64 scalar is an instance of float, and a raw 0-d array.
NUMBERS = (bool, int, float, complex)


def bind(cls: type[Value]) -> None:
    """Let results be of this class."""
    global Tensor
    Tensor = cls


def nested(op: Op, flat: tuple[Any, ...]) -> tuple[Any, ...]:
    """Flat arrays as the definition takes them: a sequence of arrays together in a tuple."""
    i = op.variadic
    if i is None:
        return flat
    rest = len(op.inputs) - 1 - i
    return (*flat[:i], flat[i : len(flat) - rest], *flat[len(flat) - rest :])


def relate(x: Any, out: Any, name: str, options: dict[str, Any], number: int | None = None) -> None:
    """Make ``out`` a view of ``x``: one version counter and one base.

    Where a library has views, it is asked whether memory really is shared. Where it has none, views are kept alike
    by ``views.synchronize``.
    """
    backend = x.device.backend
    if backend.capabilities.views and not backend.shares_memory(out.raw, x.raw):
        return
    base = x if x.base is None else x.base
    out.version = x.version
    out.base = base
    out.steps = (*x.steps, (name, options, number))
    out.made_without_grad = mode() <= 0 or x.made_without_grad
    out.multi_view = number is not None or x.multi_view
    remember(base, out)


def remember(base: Any, view: Any) -> None:
    """Let a base know one of its views, weakly, for the day when one of them is changed in place."""
    if base.views is None:
        base.views = {}
    views, key = base.views, id(view)
    views[key] = weakref.ref(view, lambda _: views.pop(key, None))


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
    """What a node saved as Tensors with their place in the graph, so that rules on them are recorded.

    They keep the version counter they were saved with: an in-place change is refused in the next derivative too.
    """
    op = node.op
    device = node.device
    places = op.places
    result: list[Any] = []
    groups = nested(op, node.edges)
    cells: dict[int, list[Any]] = {}
    for i in range(0, len(node.versions), 3):
        cells.setdefault(node.versions[i + 2], []).append(node.versions[i])
    for k, (what, raw) in enumerate(zip(op.saves, saved, strict=True)):
        versions = iter(cells.get(k, ()))
        if raw is None:
            result.append(None)
        elif what in places:
            i = places[what]
            if i == op.variadic:
                pairs = zip(raw, groups[i], strict=True)
                result.append(tuple([_tensor_of(r, e, device, versions) for r, e in pairs]))
            else:
                result.append(_tensor_of(raw, groups[i], device, versions))
        elif what == "y" and node.outputs is not None:
            result.append(tuple([_tensor_of(r, (node, i), device, versions) for i, r in enumerate(raw)]))
        elif what[0] == "y" and (what == "y" or what[1:].isdigit()):
            result.append(_tensor_of(raw, (node, int(what[1:] or 0)), device, versions))
        elif what.endswith("_dtype"):
            result.append(next(d for d, known in device.backend.dtypes.items() if known == raw))
        else:
            result.append(raw)
    return tuple(result)


def _tensor_of(raw: Any, edge: Edge, device: Any, versions: Iterator[Any]) -> Any:
    if raw is None or raw.__class__ in NUMBERS:
        return raw
    version = next(versions, None)
    # The leaf itself, unless it has another array by now.
    if edge is not None and isinstance(edge[0], Value) and edge[0].raw is raw:
        return edge[0]
    tensor = Tensor(raw, device, device.backend.dtype_of(raw))
    if version is not None:
        tensor.version = version
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
