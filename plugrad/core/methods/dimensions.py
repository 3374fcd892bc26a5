"""Dimensions as users write them, and PyTorch's error for a call that fits none of a function's forms."""

from __future__ import annotations

from typing import Any, Final

from plugrad.core import arguments
from plugrad.core.arguments import mistyped, type_name
from plugrad.core.dispatch import normalized_dim
from plugrad.core.promote import wrong_type
from plugrad.core.value import Value

_ALL: Final = "(*, plugrad.dtype dtype = None)"
_DIMS: Final = "(tuple of ints dim, bool keepdim = False, *, plugrad.dtype dtype = None)"
_SPREAD: Final = (
    "(tuple of ints dim, bool unbiased = True, bool keepdim = False)",
    "(tuple of ints dim = None, *, Number correction = None, bool keepdim = False)",
    "(bool unbiased = True)",
)
_EXTREMUM: Final = ("()", "(Tensor other)", "(int dim, bool keepdim = False)")
_TRUTH: Final = ("()", "(tuple of ints dim = None, bool keepdim = False)", "(int dim, bool keepdim = False)")
_SECTIONS: Final = ("(int sections)", "(tuple of ints indices)")
_ONE_OR_MORE: Final = ("(Tensor input)", "(tuple of Tensors tensors)")
_MOVE: Final = ("(int source, int destination)", "(tuple of ints source, tuple of ints destination)")

# The forms of functions that have several, as PyTorch prints them for the method. A function with one form
# gets the messages of Python's own calls, which are PyTorch's too.
_FORMS: Final[dict[str, tuple[str, ...]]] = {
    "sum": (_ALL, _DIMS),
    "mean": (_ALL, _DIMS),
    "prod": (_ALL, "(int dim, bool keepdim = False, *, plugrad.dtype dtype = None)"),
    "var": _SPREAD,
    "std": _SPREAD,
    "var_mean": _SPREAD,
    "std_mean": _SPREAD,
    "max": _EXTREMUM,
    "min": _EXTREMUM,
    "all": _TRUTH,
    "any": _TRUTH,
    "count_nonzero": ("(int dim = None)", "(tuple of ints dim)"),
    "view": ("(plugrad.dtype dtype)", "(tuple of ints size)"),
    "squeeze": ("()", "(int dim)", "(tuple of ints dim)"),
    "movedim": _MOVE,
    "moveaxis": _MOVE,
    "repeat_interleave": (
        "(Tensor repeats, int dim = None, *, int output_size = None)",
        "(int repeats, int dim = None, *, int output_size = None)",
    ),
    "fill_": ("(Tensor value)", "(Number value)"),
    "hsplit": _SECTIONS,
    "vsplit": _SECTIONS,
    "dsplit": _SECTIONS,
    "atleast_1d": _ONE_OR_MORE,
    "atleast_2d": _ONE_OR_MORE,
    "atleast_3d": _ONE_OR_MORE,
}


def refused(name: str, *args: Any, **named: Any) -> TypeError:
    """PyTorch's error for arguments that fit none of a function's forms."""
    given = [type_name(a) for a in args] + [f"{key}={type_name(value)}" for key, value in named.items()]
    text = f"{name}() received an invalid combination of arguments - got ({', '.join(given)}"
    # PyTorch ends a list of nothing but keywords with a comma.
    text += f"{', ' if named and not args else ''}), but expected one of:"
    for form in _FORMS[name]:
        text += f"\n * {form}"
        parts = form[1:-1].split(", ")
        if len(parts) == len(given):
            text += _unmatched(parts, args, named)
    return TypeError(text)


def _unmatched(parts: list[str], args: tuple[Any, ...], named: dict[str, Any]) -> str:
    names = [part.partition(" = ")[0].rpartition(" ")[2] for part in parts]
    unknown = [key for key in named if key not in names]
    if unknown:
        return f"\n      didn't match because some of the keywords were incorrect: {', '.join(unknown)}"
    described = []
    for part, value in zip(parts, args, strict=False):
        described.append(_described(value) if _fits(part, value) else f"!{_described(value)}!")
    described += [f"{key}={_described(value)}" for key, value in named.items()]
    return f"\n      didn't match because some of the arguments have invalid types: ({', '.join(described)})"


def _described(value: Any) -> str:
    if isinstance(value, (tuple, list)):
        return f"{type_name(value)} of ({', '.join([type_name(v) for v in value])})"
    return type_name(value)


def _fits(part: str, value: Any) -> bool:
    if part.startswith("tuple of ints"):
        return False  # PyTorch marks every value here
    if part.startswith("int"):
        return is_dim(value)
    if part.startswith("bool"):
        return isinstance(value, bool)
    if part.startswith("Tensor"):
        return isinstance(value, Value)
    return part.startswith("Number") and isinstance(value, (int, float, complex))


def is_dim(value: Any) -> bool:
    """Whether it can be one dimension: an integer of any kind, not a bool."""
    if value.__class__ is int:
        return True
    if isinstance(value, Value):
        return not value.raw.shape and value.dtype.category == 1
    return hasattr(value, "__index__") and not isinstance(value, bool) and type(value).__name__ != "bool_"


def tensor(name: str, value: Any) -> Any:
    """The tensor that a function is about, or PyTorch's error."""
    if not isinstance(value, Value):
        raise wrong_type(name, "input", 1, value)
    return value


def numpys(name: str, dim: Any, keepdim: Any, names: dict[str, Any]) -> tuple[Any, Any]:
    """``dim`` and ``keepdim``, also where they were given NumPy's names, ``axis`` and ``keepdims``."""
    for key, value in names.items():
        if key == "axis" and dim is None:
            dim = value
        elif key == "keepdims" and keepdim is False:
            keepdim = value
        elif name in _FORMS:
            given = {} if dim is None else {"dim": dim}
            raise refused(name, **given, **names)
        else:
            raise TypeError(f"{name}() got an unexpected keyword argument '{key}'")
    return dim, keepdim


def flag(name: str, keepdim: Any, position: int = 2) -> bool:
    """``keepdim``, a truth value and nothing that merely has one: ``x.sum(0, 1)`` means ``x.sum((0, 1))``."""
    if keepdim.__class__ is not bool:
        raise mistyped(name, "keepdim", position, "bool", keepdim)
    found: bool = keepdim
    return found


def one(name: str, dim: Any, ndim: int, position: int = 1) -> int:
    """One dimension, counted from the front."""
    if dim.__class__ is not int:
        if not is_dim(dim):
            if name in _FORMS and dim is not None:
                raise refused(name, dim)
            raise mistyped(name, "dim", None if dim is None else position, "int", dim)
        dim = arguments.as_int(name, "dim", position, dim)
    return normalized_dim(dim, ndim)


def several(name: str, dim: Any, ndim: int, position: int = 1) -> tuple[int, ...] | None:
    """None for all dimensions, or a tuple of them, counted from the front and all different."""
    if dim is None:
        return None
    if dim.__class__ is int:
        return (normalized_dim(dim, ndim),)
    if isinstance(dim, (tuple, list)):
        dims = []
        for d in dim:
            if not is_dim(d):
                raise (refused(name, dim) if name in _FORMS else mistyped(name, "dim", position, "tuple of ints", dim))
            found = normalized_dim(arguments.as_int(name, "dim", position, d), ndim)
            if found in dims:
                raise RuntimeError(f"dim {found} appears multiple times in the list of dims")
            dims.append(found)
        return tuple(dims)
    if is_dim(dim):
        return (normalized_dim(arguments.as_int(name, "dim", position, dim), ndim),)
    raise refused(name, dim) if name in _FORMS else mistyped(name, "dim", position, "tuple of ints", dim)


def axes(name: str, dim: Any, ndim: int, position: int = 1) -> Any:
    """As ``several``, for reductions: no dimensions mean all of them, and a 0-d tensor has none to name."""
    if dim.__class__ is int and 0 <= dim < ndim:
        return (dim,)
    return (several(name, dim, ndim, position) or None) if ndim else _checked_none(name, dim, position)


def _checked_none(name: str, dim: Any, position: int) -> None:
    several(name, dim, 0, position)
