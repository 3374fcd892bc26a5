"""Sizes as users write them, and where elements lie in memory: what the shape chapter's functions share."""

from __future__ import annotations

import operator
from typing import Any

from plugrad.core import hooks, views
from plugrad.core.arguments import mistyped
from plugrad.core.errors import INFERENCE_INPLACE, LEAF_INPLACE, with_hint
from plugrad.core.methods import dimensions
from plugrad.core.modes import GRAD, mode, set_mode


def sizes(name: str, given: tuple[Any, ...], argument: str, names: dict[str, Any]) -> tuple[int, ...]:
    """Integers one by one, or one sequence of them, or that by name; -1 stays."""
    if names:
        given = _by_name(name, given, argument, names)
    for n in given:
        if n.__class__ is not int:
            break
    else:
        if given:
            return given
    if len(given) == 1 and not dimensions.is_dim(given[0]):
        sequence = given[0]
        if not isinstance(sequence, (tuple, list)):
            raise _no_sizes(name, argument, given)
        found = tuple(sequence)
    elif not given:
        raise _no_sizes(name, argument, given)
    else:
        found = given
    if not all([dimensions.is_dim(n) for n in found]):
        raise _no_sizes(name, argument, given)
    return tuple([n if n.__class__ is int else operator.index(n) for n in found])


def _by_name(name: str, given: tuple[Any, ...], argument: str, names: dict[str, Any]) -> tuple[Any, ...]:
    if given or list(names) != [argument]:
        if name == "view":
            raise dimensions.refused("view", *given, **names)
        if argument not in names and not given:
            raise TypeError(f'{name}() missing 1 required positional arguments: "{argument}"')
        wrong = next((key for key in names if key != argument), argument)
        raise TypeError(f"{name}() got an unexpected keyword argument '{wrong}'")
    return (names[argument],)


def _no_sizes(name: str, argument: str, given: tuple[Any, ...]) -> TypeError:
    if name == "view":
        return dimensions.refused("view", *given)
    if not given:
        return TypeError(f'{name}() missing 1 required positional arguments: "{argument}"')
    if len(given) > 1:
        return TypeError(f"{name}() takes 1 positional argument but {len(given)} were given")
    return mistyped(name, argument, 1, "tuple of ints", given[0])


def inferred(shape: tuple[int, ...], numel: int) -> tuple[int, ...]:
    """The shape with its -1 replaced, for so many elements; or PyTorch's error."""
    known = 1
    missing = None
    for i, n in enumerate(shape):
        if n >= 0:
            known *= n
        elif n != -1:
            raise RuntimeError(f"invalid shape dimension {n} at index {i} of shape {list(shape)}")
        elif missing is not None:
            raise RuntimeError("only one dimension can be inferred")
        else:
            missing = i
    if missing is None:
        if known == numel:
            return shape
    elif known == 0 and numel == 0:
        raise RuntimeError(
            f"cannot reshape tensor of 0 elements into shape {list(shape)} because the unspecified "
            f"dimension size -1 can be any value and is ambiguous"
        )
    elif known and numel % known == 0:
        return (*shape[:missing], numel // known, *shape[missing + 1 :])
    raise RuntimeError(f"shape '{list(shape)}' is invalid for input of size {numel}")


def contiguous_strides(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The strides of a tensor whose elements lie in order, as PyTorch counts them."""
    strides = []
    step = 1
    for n in reversed(shape):
        strides.append(step)
        step *= max(n, 1)
    return tuple(reversed(strides))


def can_view(x: Any, shape: tuple[int, ...]) -> bool:
    """Whether the elements have this shape too without being moved: ATen's computeStride."""
    backend = x.device.backend
    if backend.in_order(x.raw):
        return True
    strides = backend.strides(x.raw)
    old = x.raw.shape
    if strides is None or 0 in old:
        return True
    # Runs of dimensions that are contiguous among themselves; each must hold a run of the new dimensions.
    d = len(shape) - 1
    chunk = 1
    wanted = 1
    for i in range(len(old) - 1, -1, -1):
        if chunk == 1:
            base = strides[i]
        chunk *= old[i]
        if i == 0 or (old[i - 1] != 1 and strides[i - 1] != chunk * base):
            while d >= 0 and (wanted < chunk or shape[d] == 1):
                wanted *= shape[d]
                d -= 1
            if wanted != chunk:
                return False
            if i:
                chunk = wanted = 1
    return d == -1


def rebound(x: Any, op: Any, options: dict[str, Any]) -> Any:
    """Let ``x`` become a view of itself: the in-place forms of shape ops. No element is written.

    Returns:
        ``x``.
    """
    if x.version is None and mode() >= 0:
        raise RuntimeError(INFERENCE_INPLACE)
    if mode() > 0 and x.base is not None:
        views.check_view(x, x.base, ())
    elif mode() > 0 and x.tracked and x.edge is None:
        raise RuntimeError(with_hint(LEAF_INPLACE, "use the out-of-place op."))
    # A computed tensor has history, which has to be that of its shape: it is recorded under no_grad too.
    previous = mode()
    if x.edge is not None and x.edge.__class__ is not views.Outdated:
        set_mode(GRAD)
    try:
        return _rebound(x, op, options)
    finally:
        set_mode(previous)


def _rebound(x: Any, op: Any, options: dict[str, Any]) -> Any:
    shape = tuple(x.raw.shape)
    old = x.edge
    y = op(x, **options)
    x.raw = y.raw
    if x.base is not None:
        x.steps = y.steps
    elif x.views:
        _lead_back(x, shape, options)
    if mode() > 0:
        x.edge, x.tracked = y.edge, y.tracked
    # The values are as they were: nothing to write to other views, but what was saved has another shape.
    if x.version is not None:
        x.version[0] += 1
        views.outdate(x.version)
    if mode() > 0 and x.tracked:
        if x.retains_grad:
            hooks.move_retained(x, old)
        if x.base is None and x.views:
            views.changed(x)
    return x


def _lead_back(x: Any, shape: tuple[int, ...], options: dict[str, Any]) -> None:
    """Let the steps to views of ``x``, which has another shape now, begin with one back to the old shape."""
    back: tuple[str, dict[str, Any], None] = ("reshape", {"shape": shape}, None)
    if "axes" in options:
        axes = options["axes"]
        back = ("permute_dims", {"axes": tuple(sorted(range(len(axes)), key=axes.__getitem__))}, None)
    for reference in tuple(x.views):
        view = reference()
        if view is not None:
            view.steps = (back, *view.steps)
