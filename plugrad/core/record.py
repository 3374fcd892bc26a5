"""Recording: the node of an op that was called, what it saves, and which tensors are views of which."""

from __future__ import annotations

import weakref
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


#: In PyTorch always views, but not to be made of the standard's functions. Where a library that has views must copy,
#: ``inplace.check_writable`` refuses to change either.
ALWAYS_VIEWS = ("as_strided", "unfold", "view_as_complex", "view_as_real")


def relate(x: Any, out: Any, name: str, options: dict[str, Any], number: int | None = None) -> None:
    """Make ``out`` a view of ``x``: one version counter and one base.

    Where a library has views, it is asked whether memory really is shared. Where it has none, views are kept alike
    by ``views.synchronize``.
    """
    backend = x.device.backend
    # What has no elements shares none, and is a view all the same.
    if (
        not backend.shares_memory(out.raw, x.raw)
        and backend.capabilities.views
        and name not in ALWAYS_VIEWS
        and 0 not in out.raw.shape
    ):
        return
    base = x.base
    if base is None:
        base = x
        out.steps = ((name, options, number),)
    else:
        out.steps = (*x.steps, (name, options, number))
        if x.creation:
            out.creation = x.creation
    out.base = base
    out.version = x.version
    if number is not None:
        out.creation = "several"
    now = mode()
    if now <= 0:
        out.creation = "no_grad" if now == 0 else "inference"
    remember(base, out)


class _ViewReference(weakref.ref[Any]):
    """A weak reference for a set, which it leaves by itself: told apart by identity, not by their tensors' values."""

    __slots__ = ()

    __eq__ = object.__eq__
    __hash__ = object.__hash__


def remember(base: Any, view: Any) -> None:
    """Let a base know one of its views, weakly, for the day when one of them is changed in place."""
    views = base.views
    if views is None:
        views = base.views = set()
        version = base.version
        if version is not None:
            # Whoever changes this memory, perhaps a detached tensor, finds the views through its counter.
            if len(version) == 1:
                version.append(None)
            version.append(weakref.ref(base, version.remove))
    views.add(_ViewReference(view, views.discard))


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


def check_savable(op: Op, flat: tuple[Any, ...]) -> None:
    """Raise what recording would raise, before an in-place op writes anything: inference tensors can't be saved."""
    if not any([isinstance(x, Value) and x.version is None for x in flat]):
        return
    mask = 0
    groups = nested(op, flat)
    for i, group in enumerate(groups):
        if any([isinstance(x, Value) and x.tracked for x in (group if i == op.variadic else (group,))]):
            mask |= 1 << i
    for what, kept in zip(op.saves, op.keep(mask), strict=True):
        if kept and what in op.places:
            i = op.places[what]
            if any(
                [isinstance(x, Value) and x.version is None for x in (groups[i] if i == op.variadic else (groups[i],))]
            ):
                raise RuntimeError(INFERENCE_SAVED)
