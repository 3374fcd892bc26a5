"""In-place changes of a part of a tensor: all checks, then one write by a kernel that changes its array, then
history.

``core.inplace`` computes a whole new array and copies it in; here only the part is touched. Nothing of the
old values is kept, so the rules of these ops must not name them.
"""

from __future__ import annotations

from typing import Any

from plugrad.core import dispatch, faults
from plugrad.core.inplace import bump, check_writable, history_changed
from plugrad.core.levels import for_writing
from plugrad.core.modes import mode
from plugrad.core.promote import common_device
from plugrad.core.value import Value


def own(x: Any, source: Any) -> Any:
    """``source``, in memory of its own if writing to ``x`` might change what is read of it."""
    if not isinstance(source, Value) or source.device is not x.device:
        return source
    backend: Any = x.device.backend
    if not backend.shares_memory(x.raw, source.raw):
        return source
    copy = dispatch.Tensor(backend.copy(source.raw), source.device, source.dtype)
    copy.tracked = source.tracked
    copy.edge = (source, None) if source.edge is None and source.tracked else source.edge
    return copy


def change(op: Any, x: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """Let ``x`` become ``op(x, *args)``. Sequences of tensors among ``args`` stay nested.

    Returns:
        ``x``.
    """
    args = tuple([tuple([own(x, a) for a in arg]) if arg.__class__ is tuple else own(x, arg) for arg in args])
    flat: list[Any] = [x]
    for arg in args:
        if arg.__class__ is tuple:
            flat.extend(arg)
        else:
            flat.append(arg)
    flat = [x, *for_writing(x, tuple(flat[1:]), op.name + "_")]
    args = dispatch.nested(op, tuple(flat))[1:]
    # Whether they overlap with x is settled.
    check_writable(x, tuple([v for v in flat[1:] if isinstance(v, Value) and v.tracked]))
    device = x.device
    common_device(op.name + "_", [v for v in flat if isinstance(v, Value)])
    check_recordable(op, tuple(flat))
    raw = device.backend.aliasable(x.raw)
    raws = [raw, *[v.raw if isinstance(v, Value) else v for v in flat[1:]]]
    # Silent, not again(): what warned has already written.
    token = device.backend.silence()
    try:
        data = getattr(device.xp, op.name + "_")(*dispatch.nested(op, tuple(raws)), **options)
    except Exception as error:
        faults.note(error, op.name + "_", device)
        raise
    finally:
        device.backend.unsilence(token)
    if data is not raw:
        data = device.backend.write(raw, data)
    changed(op, x, data, (x, *args), tuple(flat), options)
    return x


def check_recordable(op: Any, flat: tuple[Any, ...]) -> None:
    """Raise before anything is written what recording would raise."""
    if mode() > 0 and any([isinstance(v, Value) and v.tracked for v in flat]):
        dispatch.check_savable(op, flat)


def changed(op: Any, x: Any, data: Any, args: tuple[Any, ...], flat: tuple[Any, ...], options: dict[str, Any]) -> None:
    """``x`` is now in ``data``, as ``op`` of ``flat``: record that, and count the change."""
    record = mode() > 0 and any([isinstance(v, Value) and v.tracked for v in flat])
    old = x.edge
    if record:
        raws = tuple([v.raw if isinstance(v, Value) else v for v in flat])
        dispatch.record_node(op, args, flat, raws, (data,), (x,), options, x.device, in_place=True)
    x.raw = data
    bump(x, record)
    if record:
        history_changed(x, old)
