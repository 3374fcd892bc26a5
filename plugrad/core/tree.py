"""Nested tuples, lists and dictionaries of tensors, taken apart and put together again."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Callable
from typing import Any

#: Stands for a leaf in a structure.
LEAF = "*"


def flatten(tree: Any) -> tuple[list[Any], Any]:
    """The leaves in order, and the structure: LEAF, or (type, what it needs to be made again, structures inside)."""
    leaves: list[Any] = []
    return leaves, _walk(tree, leaves)


def _walk(tree: Any, leaves: list[Any]) -> Any:
    kind = tree.__class__
    if kind is tuple or kind is list:
        return (kind, None, tuple([_walk(x, leaves) for x in tree]))
    if kind is dict or kind is OrderedDict or kind is defaultdict:
        keys = tuple(tree)
        note = (keys, tree.default_factory) if kind is defaultdict else (keys, None)
        return (kind, note, tuple([_walk(tree[k], leaves) for k in keys]))
    if isinstance(tree, tuple) and hasattr(kind, "fields"):
        # What ops with several named results return is made of one sequence, as a tuple is.
        return (kind, None, tuple([_walk(x, leaves) for x in tree]))
    if isinstance(tree, tuple) and hasattr(kind, "_fields"):
        return (kind, "named", tuple([_walk(x, leaves) for x in tree]))
    leaves.append(tree)
    return LEAF


def unflatten(leaves: Any, structure: Any) -> Any:
    """A tree of this structure with these leaves."""
    return _build(iter(leaves), structure)


def _build(leaves: Any, structure: Any) -> Any:
    if structure == LEAF:
        return next(leaves)
    kind, note, inside = structure
    parts = [_build(leaves, s) for s in inside]
    if note is None:
        return kind(parts)
    if note == "named":
        return kind(*parts)
    keys, factory = note
    pairs = zip(keys, parts, strict=True)
    return defaultdict(factory, pairs) if kind is defaultdict else kind(pairs)


def mapped(function: Callable[[Any], Any], tree: Any) -> Any:
    """A tree of the same structure with a function applied to each leaf."""
    leaves, structure = flatten(tree)
    return unflatten([function(x) for x in leaves], structure)


def spread(prefix: Any, structure: Any) -> list[Any] | None:
    """The leaves of ``prefix`` repeated for all leaves below them in a structure; None where it does not fit."""
    if structure == LEAF:
        return None if prefix.__class__ in (tuple, list, dict, OrderedDict, defaultdict) else [prefix]
    kind, note, inside = structure
    if isinstance(prefix, (tuple, list)) and (
        prefix.__class__ is kind or (note is None and issubclass(kind, (tuple, list)))
    ):
        if len(prefix) != len(inside):
            return None
        parts = [spread(p, s) for p, s in zip(prefix, inside, strict=True)]
    elif isinstance(prefix, dict) and isinstance(note, tuple):
        if set(prefix) != set(note[0]):
            return None
        parts = [spread(prefix[k], s) for k, s in zip(note[0], inside, strict=True)]
    elif isinstance(prefix, (tuple, list, dict)):
        return None
    else:
        parts = [spread(prefix, s) for s in inside]
    if any([p is None for p in parts]):
        return None
    return [x for part in parts for x in part or ()]


def shown(structure: Any) -> str:
    """A structure as text for messages."""
    if structure == LEAF:
        return LEAF
    kind, note, inside = structure
    parts = [shown(s) for s in inside]
    if kind is tuple:
        return "(" + ", ".join(parts) + ("," if len(parts) == 1 else "") + ")"
    if kind is list:
        return "[" + ", ".join(parts) + "]"
    if isinstance(note, tuple):
        return "{" + ", ".join(f"{k!r}: {p}" for k, p in zip(note[0], parts, strict=True)) + "}"
    return f"{kind.__name__}({', '.join(parts)})"
