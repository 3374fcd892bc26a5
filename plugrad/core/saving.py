"""What nodes saved: as Tensors for derivatives of derivatives, through hooks of the user's, and for the user's eyes."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from plugrad.core import modes, packing, record
from plugrad.core import node as nodes
from plugrad.core.anomaly import modified
from plugrad.core.errors import BACKWARD_TWICE, INFERENCE_SAVED
from plugrad.core.node import PACKED, Edge
from plugrad.core.packing import Packed, Pair
from plugrad.core.record import NUMBERS, nested
from plugrad.core.sources import GENERAL, INPUT, PLAIN
from plugrad.core.value import Value

if TYPE_CHECKING:
    from plugrad.core.op import Op, OpNode

#: (saved array or Packed, where its gradient goes, its version cell, the count that was noted) -> what stands for it.
_Convert = Callable[[Any, Edge, Any, int], Any]


def _is_output(what: str) -> bool:
    return what[0] == "y" and (what == "y" or what[1:].isdigit())


def _converted(node: OpNode, saved: tuple[Any, ...], k: int, convert: _Convert) -> Any:
    """Entry ``k`` of what a node saved, its arrays converted; other things as they are."""
    op = node.op
    what, raw = op.saves[k], saved[k]
    notes = node.versions
    versions = iter([(notes[i], notes[i + 1]) for i in range(0, len(notes), 3) if notes[i + 2] == k])

    def converted(x: Any, edge: Edge) -> Any:
        if x is None or x.__class__ in NUMBERS:
            return x
        return convert(x, edge, *next(versions, (None, 0)))

    if raw is None:
        return None
    if what in op.places:
        edges = nested(op, node.edges)[op.places[what]]
        if op.places[what] == op.variadic:
            return tuple([converted(x, e) for x, e in zip(raw, edges, strict=True)])
        return converted(raw, edges)
    if _is_output(what):
        if raw.__class__ is tuple:
            return tuple([converted(x, (node, i)) for i, x in enumerate(raw)])
        return converted(raw, (node, int(what[1:] or 0)))
    return raw


def saved_tensors(node: OpNode, saved: tuple[Any, ...]) -> tuple[Any, ...]:
    """What a node saved as Tensors with their place in the graph, so that rules on them are recorded.

    They keep the version counter they were saved with: an in-place change is refused in the next derivative too.
    """
    result: list[Any] = []
    notes, at = node.versions, 0
    device, edges = node.device, node.edges
    for k, (kind, i) in enumerate(node.op.sources):
        raw = saved[k]
        if raw is None or kind == PLAIN:
            result.append(raw)
        elif kind != GENERAL and raw.__class__ is not Packed and raw.__class__ is not tuple:
            # One array, as nearly always: without a look at names.
            edge: Any = edges[i] if kind == INPUT else (node, i)
            if edge is not None and edge[1] is None and edge[0].raw is raw:
                # The leaf itself, unless it has another array by now.
                result.append(edge[0])
                at += 3 if at < len(notes) and notes[at + 2] == k else 0
                continue
            if raw.__class__ in NUMBERS:
                result.append(raw)
                continue
            tensor = record.Tensor(raw, device, device.backend.dtype_of(raw))
            if at < len(notes) and notes[at + 2] == k:
                tensor.version = notes[at]
                at += 3
            if edge is not None and tensor.dtype.is_inexact:
                tensor.edge = edge
                tensor.tracked = True
            result.append(tensor)
        else:
            while at < len(notes) and notes[at + 2] <= k:
                at += 3
            what = node.op.saves[k]
            if what.endswith("_dtype") and what not in node.op.places:
                known = device.backend.dtypes.items()
                result.append(next((d for d, known_raw in known if known_raw == raw), None))
            else:
                result.append(_converted(node, saved, k, _tensor_of(node)))
    return tuple(result)


def _tensor_of(node: OpNode) -> _Convert:
    device = node.device

    def convert(raw: Any, edge: Edge, version: Any, count: int) -> Any:
        if isinstance(raw, Packed):
            unpacked = raw.unpack()
            raw, version = unpacked.raw, unpacked.version
        # The leaf itself, unless it has another array by now.
        if edge is not None and isinstance(edge[0], Value) and edge[0].raw is raw:
            return edge[0]
        tensor = record.Tensor(raw, device, device.backend.dtype_of(raw))
        if version is not None:
            tensor.version = version
        if edge is not None and tensor.dtype.is_inexact:
            tensor.edge = edge
            tensor.tracked = True
        return tensor

    return convert


def kind_of(name: str) -> str:
    """A node's name as PyTorch's errors have it: ``Exp`` of ``ExpBackward0``, ``Sum1`` of ``SumBackward1``."""
    return name.replace("Backward", "").removesuffix("0")


def refuse_modified(node: OpNode, which: int) -> None:
    """PyTorch's error for a saved tensor that was changed in place after it was saved."""
    version, expected, k = node.versions[3 * which : 3 * which + 3]
    what = node.op.saves[k]
    raw = (node.saved or ())[k]
    origin = ""
    if _is_output(what):
        origin = f", which is output {int(what[1:] or 0)} of {kind_of(node.name())},"
    elif what in node.op.places:
        edge = nested(node.op, node.edges)[node.op.places[what]]
        if isinstance(edge, tuple) and len(edge) == 2 and not isinstance(edge[0], (Value, tuple, type(None))):
            # The op that changed it last, where that is known, else the one that made it.
            name = (version[1] if len(version) > 1 else None) or edge[0].name()
            origin = f", which is output {edge[1]} of {kind_of(name)},"
    shape = getattr(raw, "shape", None)
    dtype = None if shape is None else node.device.backend.dtype_of(raw)
    raise modified(shape, dtype, version[0], expected, origin)


# -- hooks -------------------------------------------------------------------------------------------------------------


def _pack_node(node: Any) -> None:
    """Called with every new node while hooks are in force anywhere: let those of this context have what it saved."""
    pair = packing.current()
    if pair is not None and node.saved and hasattr(node, "op"):
        for k in range(len(node.saved)):
            pack_entry(node, k, pair)


def pack_entry(node: OpNode, k: int, pair: Pair) -> None:
    """Let hooks have the tensors of one entry of what a node saved."""
    tensor_of = _tensor_of(node)
    count = 0

    def convert(raw: Any, edge: Edge, version: Any, expected: int) -> Packed:
        nonlocal count
        count += 1
        return Packed(tensor_of(raw, edge, version, 0), pair, None if version is None else expected)

    saved = node.saved
    assert saved is not None
    packed = _converted(node, saved, k, convert)
    if count:
        notes = node.versions
        others = [x for i in range(0, len(notes), 3) if notes[i + 2] != k for x in notes[i : i + 3]]
        node.versions = (*others, *((PACKED, 0, k) * count))
        node.saved = (*saved[:k], packed, *saved[k + 1 :])


def unpacked(node: OpNode) -> tuple[Any, ...]:
    """The arrays that a node saved, unpacked by the hooks that have them, for the walk that records nothing."""

    def convert(raw: Any, edge: Edge, version: Any, count: int) -> Any:
        return raw.unpack().raw if isinstance(raw, Packed) else raw

    saved = node.saved
    assert saved is not None
    mode = modes.mode()
    modes.set_mode(min(mode, modes.NO_GRAD))
    try:
        return tuple([_converted(node, saved, k, convert) for k in range(len(saved))])
    finally:
        modes.set_mode(mode)


class saved_tensors_hooks:  # noqa: N801 - PyTorch's name
    """Let a function have every tensor that ops save for backward, and keep what it returns instead.

    Only the innermost pair of hooks counts. ``pack_hook`` must not return its argument as it is where that is an op's
    result: the node would hold its own output.

    Args:
        pack_hook: A function of the tensor that is saved. It must not change it.
        unpack_hook: A function of what ``pack_hook`` returned; it returns the tensor, of the same shape, when backward
            needs it.

    Raises:
        RuntimeError: on entry, where ``disable_saved_tensors_hooks`` is in force.

    Example::

        >>> import plugrad
        >>> x = plugrad.tensor([1.0, 2.0], requires_grad=True)
        >>> def pack(tensor):
        ...     return tensor.tolist()
        >>> with plugrad.autograd.graph.saved_tensors_hooks(pack, plugrad.tensor):
        ...     y = x.exp()
        >>> y.grad_fn._saved_result
        tensor([2.7183, 7.3891], grad_fn=<ExpBackward0>)
    """

    #: Whether in-place changes of what was saved are refused, as they are without hooks.
    _guarded = False
    #: Whether the hooks do more with a tensor than to keep it.
    _computes = True

    def __init__(self, pack_hook: Callable[[Any], Any], unpack_hook: Callable[[Any], Any]) -> None:
        self.pack_hook = pack_hook
        self.unpack_hook = unpack_hook

    def __enter__(self) -> None:
        packing.push(Pair(self.pack_hook, self.unpack_hook, self._guarded, self._computes))
        nodes.observe(_pack_node, True)

    def __exit__(self, *_: object) -> None:
        packing.pop()
        nodes.observe(_pack_node, False)


class save_on_cpu(saved_tensors_hooks):  # noqa: N801 - PyTorch's name
    """Keep what ops save for backward in the CPU's memory, and copy it back when backward needs it.

    Args:
        pin_memory: Accepted; memory is not pinned.
        device_type: Not needed.

    Example::

        >>> import plugrad
        >>> x = plugrad.tensor([1.0, 2.0], requires_grad=True)
        >>> with plugrad.autograd.graph.save_on_cpu():
        ...     y = (x * x).sum()
        >>> y.backward()
        >>> x.grad
        tensor([2., 4.])
    """

    _guarded = True

    def __init__(self, pin_memory: bool = False, device_type: str = "cuda") -> None:
        super().__init__(lambda tensor: (tensor.device, tensor.detach().cpu()), lambda packed: packed[1].to(packed[0]))


@contextlib.contextmanager
def disable_saved_tensors_hooks(error_message: str) -> Iterator[None]:
    """Refuse hooks on saved tensors within a ``with`` block.

    Args:
        error_message: What the error says.

    Raises:
        RuntimeError: on entry, where hooks are in force already.

    Example::

        >>> import plugrad
        >>> with plugrad.autograd.graph.disable_saved_tensors_hooks("not here"):
        ...     with plugrad.autograd.graph.save_on_cpu():
        ...         pass
        Traceback (most recent call last):
            ...
        RuntimeError: not here
    """
    previous = packing.disabled()
    try:
        packing.disable(error_message)
        yield
    finally:
        packing.allow(previous)


# -- for the user's eyes -----------------------------------------------------------------------------------------------


class SavedTensor:
    """A tensor that a node saved, as ``node._raw_saved_self`` shows it."""

    __slots__ = ("_k", "_node")

    def __init__(self, node: Any, k: int) -> None:
        self._node = node
        self._k = k

    def unpack(self) -> Any:
        """Return the tensor with its place in the graph."""
        return _shown(self._node, self._k)

    def register_hooks(self, pack_hook: Callable[[Any], Any], unpack_hook: Callable[[Any], Any]) -> None:
        """Let a pair of hooks have this one tensor: ``pack_hook`` at once, ``unpack_hook`` when it is needed.

        Args:
            pack_hook: A function of the tensor; what it returns is kept instead.
            unpack_hook: A function of that, which returns the tensor.

        Raises:
            RuntimeError: if the tensor was freed, was not needed, or has hooks.
        """
        check_hooks(self._node.saved, self._k, pack_hook, unpack_hook)
        pack_entry(self._node, self._k, Pair(pack_hook, unpack_hook))


def check_hooks(saved: Sequence[Any] | None, k: int, pack_hook: Any, unpack_hook: Any) -> None:
    """Check that a saved value can be given hooks."""
    for hook in (pack_hook, unpack_hook):
        if not callable(hook):
            raise TypeError(f"register_hooks(): hooks must be callable, but got {type(hook).__name__}")
    if saved is None:
        raise RuntimeError(
            "Calling register_hooks on a saved tensor after it has been freed. Saved intermediate values of the graph "
            "are freed when you call .backward() or autograd.grad(). Specify retain_graph=True if you need to backward "
            "through the graph a second time or if you need to access saved variables after calling backward."
        )
    value = saved[k]
    if value is None or value.__class__ in NUMBERS:
        raise RuntimeError("Calling register_hooks on a saved tensor with value None is forbidden")
    if any([isinstance(x, Packed) for x in (value if isinstance(value, tuple) else (value,))]):
        raise RuntimeError(
            "Calling register_hooks on a saved tensor whose hooks have already been set. Hint: only one pair of hooks "
            "is allowed at a time."
        )


def _shown(node: OpNode, k: int) -> Any:
    """Entry ``k`` of what a node saved, checked, as users see it."""
    saved = node.saved
    if saved is None:
        raise RuntimeError(BACKWARD_TWICE)
    notes = node.versions
    for i in range(0, len(notes), 3):
        if notes[i + 2] == k and notes[i] is not PACKED and notes[i][0] != notes[i + 1]:
            refuse_modified(node, i // 3)
    return _converted(node, saved, k, _tensor_of(node))


class _Shown:
    """``node._saved_self``: an attribute of a node's class for each thing that its rules name."""

    def __init__(self, k: int, raw: bool) -> None:
        self.k = k
        self.raw = raw

    def __get__(self, node: OpNode | None, owner: type) -> Any:
        if node is None:
            return self
        return SavedTensor(node, self.k) if self.raw else _shown(node, self.k)


# PyTorch's names of what ops save, and those that some of its nodes have for the same.
_NAMES = {
    "y": "result", "x": "self", "x1": "self", "x2": "other", "axis": "dim", "axes": "dims", "keepdims": "keepdim",
}  # fmt: skip
_NAMES_OF = {
    "PowBackward0": {"x2": "exponent"}, "PowBackward1": {"x2": "exponent"}, "MmBackward0": {"x2": "mat2"},
    "BmmBackward0": {"x2": "mat2"}, "MvBackward0": {"matrix": "self", "vector": "vec"},
    "DotBackward0": {"x2": "tensor"}, "AddcmulBackward0": {"x1": "tensor1", "x2": "tensor2"},
    "TopkBackward0": {"y1": "indices"}, "SortBackward0": {"y1": "indices"}, "MaxBackward0": {"y1": "indices"},
    "MinBackward0": {"y1": "indices"}, "IndexBackward0": {"arrays": "indices"},
    "EmbeddingBackward0": {"index": "indices"}, "NativeLayerNormBackward0": {"x": "input"},
}  # fmt: skip


def _name(op: Op, what: str, node: str) -> str:
    """What PyTorch calls the thing that a rule names so."""
    special = _NAMES_OF.get(node, {}).get(what)
    if special is not None:
        return special
    if what[:-6] in op.places and what.endswith("_shape"):
        return _name(op, what[:-6], node) + "_sym_sizes"
    return "result" + what[1:] if _is_output(what) and what != "y" else _NAMES.get(what, what)


def show_saved(op: Op, node_class: type, used: Sequence[int]) -> None:
    """Give a node's class ``_saved_*`` and ``_raw_saved_*`` for what its op's rules name."""
    for k, what in enumerate(op.saves):
        if not used[k] or what == "needs" or (what[:-6] in op.places and what.endswith("_dtype")):
            continue
        name = _name(op, what, node_class.__name__)
        setattr(node_class, "_saved_" + name, _Shown(k, raw=False))
        if what in op.places or _is_output(what):
            setattr(node_class, "_raw_saved_" + name, _Shown(k, raw=True))


# -- outside of nodes --------------------------------------------------------------------------------------------------


def without_history(x: Any) -> Any:
    """A Tensor around the same array, with no link to ``x`` and what it was made from."""
    tensor = record.Tensor(x.raw, x.device, x.dtype)
    tensor.version = x.version
    return tensor


class Kept:
    """A tensor put aside with its place in the graph, as a node saves it: with hooks, or guarded against changes."""

    __slots__ = ("count", "edge", "leaf", "value")

    def __init__(self, tensor: Any) -> None:
        version = tensor.version
        if version is None and tensor.tracked:
            raise RuntimeError(INFERENCE_SAVED)
        self.count = None if version is None else version[0]
        self.edge: Edge = (tensor.edge or (tensor, None)) if tensor.tracked else None
        # A leaf stays the object that it is. Others may come to hold what holds this: only their array is kept.
        self.leaf = tensor if tensor.tracked and tensor.edge is None else None
        pair = packing.current()
        self.value: Any = Value(tensor.raw, tensor.device, tensor.dtype) if pair is None else Packed(tensor, pair)
        if pair is None:
            self.value.version = version

    def unpack(self) -> Any:
        """Return the tensor again, or raise if it was changed in place."""
        value = self.value
        if isinstance(value, Packed):
            value = value.unpack()
        elif self.count is not None and value.version[0] != self.count:
            raise modified(value.raw.shape, value.dtype, value.version[0], self.count)
        if self.leaf is not None and self.leaf.raw is value.raw:
            return self.leaf
        tensor = record.Tensor(value.raw, value.device, value.dtype)
        tensor.version = value.version
        if self.edge is not None:
            tensor.edge, tensor.tracked = self.edge, True
        return tensor
