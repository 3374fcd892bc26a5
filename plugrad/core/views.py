"""Views: which tensors share memory, and what an in-place change of one means for the history of the others.

A view knows its base and how to make itself from it: a chain of view ops. After a change the base's history says
where its values come from, and every other view is made anew from the base, so that its history does too.
"""

from __future__ import annotations

from typing import Any

from plugrad.core import dispatch, hooks
from plugrad.core.errors import with_hint
from plugrad.core.facts import case, complexes, real
from plugrad.core.op import op
from plugrad.core.record import Step
from plugrad.core.saving import kind_of
from plugrad.core.value import Value


def replayed(xp: Any, x: Any, steps: tuple[Step, ...]) -> Any:
    """The view that these steps make of an array or a Tensor."""
    for name, options, number in steps:
        x = getattr(xp, name)(x, **options)
        if number is not None:
            x = x[number]
    return x


def changed(x: Any) -> None:
    """After an in-place change of ``x`` that was recorded: bring the base and all views of it up to date."""
    base = x.base
    if base is None:
        if x.views:
            _refresh(x)
        return
    # The base's new history: its old values outside of the view, the view's new values inside.
    value = dispatch.Tensor(x.raw, x.device, x.dtype)
    value.edge, value.tracked = x.edge, x.tracked
    old = base.edge
    dispatch.record_node(
        view_assign.op, (base, value), (base, value), (base.raw, x.raw), (base.raw,), (base,), {"steps": x.steps},
        x.device,
    )  # fmt: skip
    if base.retains_grad:
        hooks.move_retained(base, old)
    _refresh(base)


def synchronize(x: Any) -> None:
    """After an in-place change of ``x`` on a library without views: give its base and all views the new values."""
    base = x.base if x.base is not None else x.detached_from
    if base is None:
        _spread(x, None)
        return
    xp = x.device.xp
    base.raw = xp.view_assign(base.raw, x.raw, steps=x.steps) if x.steps else x.raw
    # A detached tensor is the base of its own views, and shares its memory with the one it was detached from.
    if base.base is not None or base.detached_from is not None:
        synchronize(base)
    else:
        _spread(base, x)


def _spread(base: Any, known: Any) -> None:
    """Make the arrays of all views of ``base`` from its array; ``known`` has its new one."""
    for reference in tuple(base.views or ()):
        view = reference()
        if view is not None:
            if view is not known:
                view.raw = replayed(base.device.xp, base.raw, view.steps)
            _spread(view, known)


def _refresh(base: Any) -> None:
    """Make the history of every view from the base's."""
    for reference in tuple(base.views):
        view = reference()
        if view is None or view.base is None:
            continue
        if view.creation:
            _outdate(view)
        else:
            old = view.edge
            twin = replayed(base.device.ops, base, view.steps)
            view.edge, view.tracked = twin.edge, twin.tracked
            if view.retains_grad:
                hooks.move_retained(view, old)


# -- what is refused
# ----------------------------------------------------------------------------------------------------

_VIEW_OF_LEAF = "a view of a leaf Variable that requires grad is being used in an in-place operation."

_SEVERAL = (
    " This view is the output of a function that returns multiple views. Such functions do not allow the output views "
    "to be modified inplace. You should replace the inplace operation by an out-of-place one."
)

_FUNCTION = (
    " This view was created inside a custom Function (or because an input was returned as-is) and the autograd logic "
    "to handle view+inplace would override the custom backward associated with the custom Function, leading to "
    "incorrect gradients. This behavior is forbidden. You can fix this by cloning the output of the custom Function."
)

_AMBIGUOUS = (
    " Given that this use case is ambiguous and error-prone, it is forbidden. You can clarify your code by moving both "
    "the view and the inplace either both inside the {}_mode block (if you don't want the inplace to be tracked) or "
    "both outside (if you want the inplace to be tracked)."
)


_CHANGED_BEFORE = "its base or another view of its base has been"


def check_view(x: Any, base: Any, sources: tuple[Any, ...], recorded: bool = False) -> None:
    """Raise PyTorch's error if the view ``x`` must not be changed in place with gradients.

    They are involved where one of the tensors requires gradients; ``recorded`` says that they are anyway.
    """
    if not (recorded or base.tracked or x.tracked or any([isinstance(s, Value) and s.tracked for s in sources])):
        return
    if x.creation:
        raise RuntimeError(_refusal(x, "is being"))
    if base.edge is None and (base.tracked or x.tracked):
        raise RuntimeError(
            with_hint(_VIEW_OF_LEAF, "change it under `with plugrad.no_grad():`, or change a copy: x = x.clone().")
        )


def check_changed(x: Any, recorded: bool) -> None:
    """The same for a view that a custom Function changes, or has changed already.

    Args:
        x: The view.
        recorded: Whether gradients are involved, whatever ``x`` is.
    """
    if x.edge.__class__ is Outdated:
        raise RuntimeError(x.edge.message.replace(_CHANGED_BEFORE, "is being"))
    check_view(x, x.base, (), recorded)


def _refusal(view: Any, changed: str) -> str:
    """Why a view must not be changed, or used after its base was changed."""
    edge = view.edge
    output = "" if edge is None else f"Output {edge[1]} of {kind_of(edge[0].name())}"
    if view.creation == "several" and edge is not None:
        return f"{output} is a view and {changed} modified inplace." + _SEVERAL
    if view.creation == "function":
        if edge is None:
            return (
                f"A view was created in no_grad mode and {changed} modified inplace with grad mode enabled." + _FUNCTION
            )
        return f"{output} is a view and {changed} modified inplace." + _FUNCTION
    made = f"{output} is a view of a view which" if output else "A view"
    if view.creation == "inference":
        return (
            f"{made} was created in inference mode and {changed} modified inplace in normal mode."
            + _AMBIGUOUS.format("inference")
        )
    return f"{made} was created in no_grad mode and {changed} modified inplace with grad mode enabled." + (
        _SEVERAL if view.creation == "several" else _AMBIGUOUS.format("no_grad").replace("no_grad_mode", "no_grad")
    )


class Outdated:
    """The place in the graph of a view that its base was changed under: to ask for it raises."""

    __slots__ = ("message",)

    def __init__(self, message: str) -> None:
        self.message = message

    def _refuse(self, *_: Any) -> Any:
        raise RuntimeError(self.message)

    __bool__ = __getitem__ = __iter__ = _refuse


def outdate(version: list[Any], recorded: Any = None) -> None:
    """After a change that was not recorded: views that can't be made anew are not to be used with gradients.

    Of those that share the memory, only views of ``recorded`` know of the change.
    """
    for known in version[2:]:
        base = known()
        if base is recorded:
            continue
        for reference in tuple(base.views) if base is not None and base.views else ():
            view = reference()
            if view is not None and view.base is not None and view.creation and (base.tracked or view.edge is not None):
                _outdate(view)


def _outdate(view: Any) -> None:
    if view.edge.__class__ is not Outdated:
        view.edge = Outdated(_refusal(view, _CHANGED_BEFORE))
        view.tracked = True


_TRANSPOSED = (("permute_dims", {"axes": (1, 0)}, None),)
_DIAGONAL = (("permute_dims", {"axes": (1, 0)}, None), ("diagonal", {"offset": 1, "axis1": 0, "axis2": 1}, None))


@op(
    linear="all",
    node="CopySlices",
    promote="none",
    samples=lambda: [
        case(real(3, 4), real(4, 3), steps=_TRANSPOSED),
        case(real(3, 4), real(2), steps=_DIAGONAL),
        case(complexes(3, 4), real(4, 3), steps=(*_TRANSPOSED, ("imag", {}, None))),
        case(complexes(3), complexes(3), steps=(("view_as_real", {}, None), ("view_as_complex", {}, None))),
        case(real(3, 2), complexes(3), steps=(("view_as_complex", {}, None),)),
    ],
)
def view_assign(xp: Any, x: Any, value: Any, *, steps: tuple[Step, ...]) -> Any:
    """``x`` with the part that ``steps`` make a view of replaced by ``value``."""
    return xp.view_zero(x, steps=steps) + _embedded(xp, x, value, steps)


# Parts of complex numbers are no linear function of them: what the view takes is taken of the gradient that users see.
view_assign.vjp(
    x=lambda xp, g, steps: xp.view_zero(g, steps=steps),
    value=lambda xp, g, steps: xp.conj(replayed(xp, xp.conj(g), steps)),
)

#: Steps between complex numbers and their parts.
_OF_PARTS = frozenset(("real", "imag", "view_as_real", "view_as_complex"))


def _reaches_parts(steps: tuple[Step, ...]) -> bool:
    return any([name in _OF_PARTS for name, _, _ in steps])


def _parts(xp: Any, x: Any) -> Any:
    """All real numbers that an array holds, in a row."""
    return xp.reshape(xp.view_as_real(x) if xp.isdtype(x.dtype, "complex floating") else x, shape=(-1,))


def _whole(xp: Any, parts: Any, x: Any) -> Any:
    """An array like ``x`` of the real numbers that it holds."""
    if not xp.isdtype(x.dtype, "complex floating"):
        return xp.reshape(parts, shape=tuple(x.shape))
    return xp.view_as_complex(xp.reshape(parts, shape=(*x.shape, 2)))


# float32 holds integers up to 2**24; larger ones are found in two parts.
_EXACT = 2**24
_DIGITS = 2**12


def _positions(xp: Any, x: Any, steps: tuple[Step, ...]) -> Any:
    """The flat positions in ``x`` of the elements of a view; those of its parts where the steps reach parts."""
    size = 1
    for n in x.shape:
        size *= n
    if _reaches_parts(steps):
        size *= 2 if xp.isdtype(x.dtype, "complex floating") else 1
        dtype = xp.real(x).dtype if xp.isdtype(x.dtype, "complex floating") else x.dtype

        def found(numbers: Any) -> Any:
            # Complex numbers made of the numbers of their parts: the steps then find these as they find the parts.
            whole = _whole(xp, xp.astype(numbers, dtype=dtype), x)
            return xp.astype(_parts(xp, replayed(xp, whole, steps)), dtype=xp.int64)

        numbers = xp.arange(size)
        if size <= _EXACT:
            return found(numbers)
        return _DIGITS * found(numbers // _DIGITS) + found(numbers % _DIGITS)
    return replayed(xp, xp.reshape(xp.arange(size), shape=tuple(x.shape)), steps)


@op(
    linear="all",
    node="CopySlices",
    promote="none",
    samples=lambda: [
        case(real(3, 4), steps=_TRANSPOSED),
        case(real(3, 4), steps=_DIAGONAL),
        case(complexes(3), steps=(("view_as_real", {}, None), ("basic_select", {"key": (..., 1)}, None))),
    ],
)
def view_zero(xp: Any, x: Any, *, steps: tuple[Step, ...]) -> Any:
    """``x`` with 0 in the part that ``steps`` make a view of."""
    positions = xp.reshape(_positions(xp, x, steps), shape=(-1,))
    if _reaches_parts(steps):
        return _whole(xp, xp.index_fill(_parts(xp, x), positions, value=0, axis=0), x)
    flat = xp.reshape(x, shape=(-1,))
    return xp.reshape(xp.index_fill(flat, positions, value=0, axis=0), shape=tuple(x.shape))


view_zero.vjp(x=lambda xp, g, steps: xp.view_zero(g, steps=steps))


def _embedded(xp: Any, x: Any, value: Any, steps: tuple[Step, ...]) -> Any:
    """Zeros of the shape of ``x`` with ``value`` in a view of it."""
    positions = xp.reshape(_positions(xp, x, steps), shape=(-1,))
    if _reaches_parts(steps):
        zeros = xp.zeros_like(_parts(xp, x))
        return _whole(xp, xp.index_copy(zeros, positions, _parts(xp, value), axis=0), x)
    flat = xp.reshape(xp.zeros_like(x), shape=(-1,))
    placed = xp.index_copy(flat, positions, xp.reshape(value, shape=(-1,)), axis=0)
    return xp.reshape(placed, shape=tuple(x.shape))
