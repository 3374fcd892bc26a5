"""Arrays of the standard's dtypes, drawn by Hypothesis, and calls of each kind of function."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

BOOL = ("bool",)
SIGNED = ("int8", "int16", "int32", "int64")
UNSIGNED = ("uint8", "uint16", "uint32", "uint64")
INTEGER = (*SIGNED, *UNSIGNED)
FLOATING = ("float32", "float64")
COMPLEX = ("complex64", "complex128")
INEXACT = (*FLOATING, *COMPLEX)
REAL = (*INTEGER, *FLOATING)
INDICES = INTEGER
NUMERIC = (*REAL, *COMPLEX)
ALL = (*BOOL, *NUMERIC)

SHAPES = ((), (1,), (3,), (0,), (2, 3), (1, 3), (2, 1), (2, 0), (2, 3, 2), (1, 1, 2))

#: Which dtypes the standard combines with each.
_PROMOTABLE = (BOOL, INTEGER, INEXACT)


class Dtype(NamedTuple):
    """A dtype by name, to be that of the namespace that is called."""

    name: str


class Call(NamedTuple):
    """Positional and keyword arguments; what is an ndarray becomes an array of the namespace."""

    args: tuple[Any, ...]
    options: dict[str, Any]


def values(dtype: str, small: bool = False) -> st.SearchStrategy[Any]:
    """Elements: for floats the special ones often; integers that a sum or product does not overflow with."""
    kind = np.dtype(dtype).kind
    if kind == "b":
        return st.booleans()
    if kind in "iu":
        return st.integers(0 if kind == "u" else -5, 6)
    width = 32 if dtype in ("float32", "complex64") else 64
    # Subnormal results are flushed by some libraries: the standard leaves that open.
    real = st.floats(-100, 100, width=width, allow_subnormal=False)
    if not small:
        real = st.one_of(real, st.sampled_from([math.inf, -math.inf, math.nan, 0.0, -0.0, 1.0, -1.0]))
    if kind == "c":
        return st.builds(complex, real, real)
    return real


@st.composite
def arrays(draw, dtypes=ALL, shapes=SHAPES, small=False, distinct=False):
    dtype = draw(st.sampled_from(dtypes))
    shape = draw(st.sampled_from(shapes))
    if distinct:
        size = math.prod(shape)
        order = draw(st.permutations(range(size)))
        return np.asarray(order, dtype).reshape(shape)
    return draw(hnp.arrays(dtype, shape, elements=values(dtype, small)))


@st.composite
def partner(draw, x, dtypes, small=False, mixed=True):
    """An array that broadcasts with ``x``, of a dtype that the standard combines with its."""
    name = x.dtype.name
    group = next(g for g in _PROMOTABLE if name in g)
    allowed = [d for d in dtypes if d in group and {d, name} != {"uint64", "int64"}]
    # uint64 combines with unsigned integers only.
    if name == "uint64":
        allowed = [d for d in allowed if d in UNSIGNED]
    elif name in SIGNED:
        allowed = [d for d in allowed if d != "uint64"]
    dtype = draw(st.sampled_from(allowed)) if mixed else name
    sizes = [draw(st.sampled_from((n, 1))) if n != 1 else draw(st.sampled_from((1, 2))) for n in x.shape]
    shape = tuple(sizes[draw(st.integers(0, len(sizes))) :])
    return draw(hnp.arrays(dtype, shape, elements=values(dtype, small)))


def unary(dtypes, small=False):
    return st.builds(lambda x: Call((x,), {}), arrays(dtypes, small=small))


@st.composite
def binary(draw, dtypes, small=False):
    x1 = draw(arrays(dtypes, small=small))
    x2 = draw(partner(x1, dtypes, small))
    number = draw(st.sampled_from((None, None, None, 0, 1)))
    if number is not None and x1.dtype.kind in "iufcb":
        scalar = {"b": bool, "i": int, "u": int, "f": float, "c": complex}[x1.dtype.kind](draw(st.integers(0, 3)))
        return Call((x1, scalar) if number else (scalar, x1), {})
    return Call((x1, x2), {})


@st.composite
def shifted(draw):
    x1 = draw(arrays(INTEGER))
    x2 = draw(partner(x1, INTEGER))
    return Call((x1, np.asarray(np.abs(x2) % 7, x2.dtype)), {})


@st.composite
def divided(draw, dtypes):
    call = draw(binary(dtypes))
    x1, x2 = call.args
    kind = np.asarray(x2).dtype.kind
    if kind in "iu":
        x2 = x2 + (np.asarray(x2) == 0) if isinstance(x2, np.ndarray) else x2 or 1
        x2 = np.asarray(x2, call.args[1].dtype) if isinstance(call.args[1], np.ndarray) else x2
    return Call((x1, x2), {})


@st.composite
def powers(draw):
    x1 = draw(arrays(NUMERIC, small=True))
    x2 = draw(partner(x1, NUMERIC, small=True))
    if np.result_type(x1, x2).kind in "iu":
        x1, x2 = x1 % 4, np.abs(x2 % 4)
    return Call((np.asarray(x1), np.asarray(x2)), {})


def with_axes(dtypes, several=True, keepdims=True, all_axes=True, nonempty=False, small=False, **more):
    """A reduction: an array, and maybe an axis, several, and keepdims."""

    @st.composite
    def calls(draw):
        shapes = [s for s in SHAPES if 0 not in s or not nonempty]
        if not all_axes:
            shapes = [s for s in shapes if s]
        x = draw(arrays(dtypes, shapes, small=small))
        options: dict[str, Any] = {}
        choices: list[Any] = [None] if all_axes else []
        choices += list(range(-x.ndim, x.ndim))
        if several and x.ndim > 1:
            choices += [(0, -1), (1,), tuple(range(x.ndim))]
        axis = draw(st.sampled_from(choices))
        if axis is not None or draw(st.booleans()):
            options["axis"] = axis
        if keepdims and draw(st.booleans()):
            options["keepdims"] = draw(st.booleans())
        for name, strategy in more.items():
            if draw(st.booleans()):
                options[name] = draw(strategy(x) if callable(strategy) else strategy)
        return Call((x,), options)

    return calls()


def accumulating(x):
    """The dtypes in which a sum of this array may be computed."""
    kind = x.dtype.kind
    wide = {"i": ("int64",), "u": ("uint64",), "f": ("float64",), "c": ("complex128",)}[kind]
    return st.sampled_from([None, *[Dtype(d) for d in wide]])


@st.composite
def running(draw):
    x = draw(arrays(NUMERIC, [s for s in SHAPES if s], small=True))
    options: dict[str, Any] = {}
    if x.ndim > 1 or draw(st.booleans()):
        options["axis"] = draw(st.integers(-x.ndim, x.ndim - 1))
    if draw(st.booleans()):
        options["include_initial"] = draw(st.booleans())
    if draw(st.booleans()):
        options["dtype"] = draw(accumulating(x))
    return Call((x,), options)


def axis_of(x):
    return st.integers(-x.ndim, x.ndim - 1)


@st.composite
def differences(draw):
    x = draw(arrays(NUMERIC, [s for s in SHAPES if s], small=True))
    options = {}
    axis = -1
    if draw(st.booleans()):
        axis = options["axis"] = draw(axis_of(x))
    if draw(st.booleans()):
        options["n"] = draw(st.integers(0, 3))
    for name in ("prepend", "append"):
        if draw(st.booleans()):
            shape = list(x.shape)
            shape[axis] = draw(st.integers(1, 2))
            options[name] = draw(hnp.arrays(x.dtype, tuple(shape), elements=values(x.dtype.name, True)))
    return Call((x,), options)


@st.composite
def creation(draw):
    shape = draw(st.one_of(st.sampled_from(SHAPES), st.integers(0, 4)))
    # The default floating dtypes differ, and may.
    return Call((shape,), {"dtype": Dtype(draw(st.sampled_from(NUMERIC)))})


@st.composite
def dtype_option(draw, dtypes=ALL):
    return {"dtype": Dtype(draw(st.sampled_from(dtypes)))} if draw(st.booleans()) else {}


@st.composite
def filled(draw):
    shape = draw(st.one_of(st.sampled_from(SHAPES), st.integers(0, 4)))
    # The default floating dtypes differ, and may.
    if draw(st.booleans()):
        return Call((shape, draw(st.one_of(st.booleans(), st.integers(-5, 5)))), {})
    return Call((shape, draw(st.integers(0, 5))), {"dtype": Dtype(draw(st.sampled_from(NUMERIC)))})


@st.composite
def like(draw, value=False):
    x = draw(arrays())
    args = (x, draw(st.integers(0, 3))) if value and x.dtype.kind != "b" else (x, True) if value else (x,)
    options = draw(dtype_option(NUMERIC)) if x.dtype.kind != "b" else {}
    return Call(args, options)


@st.composite
def ranges(draw):
    start, stop, step = draw(st.integers(-5, 5)), draw(st.integers(-5, 8)), draw(st.sampled_from((1, 2, -1, -3)))
    args = draw(st.sampled_from([(stop,), (start, stop), (start, stop, step)]))
    options: dict[str, Any] = {}
    if draw(st.booleans()):
        options["dtype"] = Dtype(draw(st.sampled_from((*SIGNED, *FLOATING))))
    return Call(args, options)


@st.composite
def spaces(draw):
    numbers = st.floats(-5, 5, width=32)
    options = {"dtype": Dtype(draw(st.sampled_from(FLOATING)))}
    if draw(st.booleans()):
        options["endpoint"] = draw(st.booleans())
    return Call((draw(numbers), draw(numbers), draw(st.integers(0, 6))), options)


@st.composite
def identities(draw):
    args = draw(st.sampled_from([(3,), (2, 4), (3, None), (0, 2)]))
    options = {"dtype": Dtype(draw(st.sampled_from(NUMERIC)))}
    if draw(st.booleans()):
        options["k"] = draw(st.integers(-3, 3))
    return Call(args, options)


@st.composite
def grids(draw):
    dtype = draw(st.sampled_from(NUMERIC))
    count = draw(st.integers(1, 3))
    vectors = tuple(draw(arrays((dtype,), ((2,), (3,), (1,)))) for _ in range(count))
    return Call(vectors, {"indexing": draw(st.sampled_from(("xy", "ij")))} if draw(st.booleans()) else {})


@st.composite
def triangles(draw):
    x = draw(arrays(NUMERIC, ((2, 3), (3, 3), (2, 3, 2), (0, 2))))
    return Call((x,), {"k": draw(st.integers(-3, 3))} if draw(st.booleans()) else {})


@st.composite
def conversions(draw):
    x = draw(arrays(small=True))
    to = draw(st.sampled_from(ALL))
    if x.dtype.kind == "c" and np.dtype(to).kind != "c":
        to = "complex64"
    if x.dtype.kind in "if" and np.dtype(to).kind == "u":
        x = np.asarray(np.abs(x), x.dtype)
    return Call((x, Dtype(to)), {"copy": draw(st.booleans())} if draw(st.booleans()) else {})


@st.composite
def broadcast_several(draw):
    x = draw(arrays())
    return Call((x, draw(partner(x, ALL)), draw(partner(x, ALL))), {})


@st.composite
def broadcast_one(draw):
    x = draw(arrays())
    lead = draw(st.sampled_from([(), (2,), (0, 2)]))
    return Call((x, (*lead, *[3 if n == 1 and draw(st.booleans()) else n for n in x.shape])), {})


@st.composite
def clipped(draw):
    x = draw(arrays(REAL, small=True))
    bound = int if x.dtype.kind in "iu" else float
    low, high = sorted((draw(st.integers(0, 3)), draw(st.integers(0, 3))))
    args = draw(st.sampled_from([(), (bound(low),), (bound(low), bound(high)), (None, bound(high))]))
    if draw(st.booleans()):
        args = (np.asarray(low, x.dtype), np.asarray([high], x.dtype))
    return Call((x, *args), {})


@st.composite
def joined(draw, new_axis=False):
    x = draw(arrays(NUMERIC, [s for s in SHAPES if s]))
    axis = draw(st.integers(-x.ndim - new_axis, x.ndim - 1 + new_axis))
    others = []
    for _ in range(draw(st.integers(0, 2))):
        shape = list(x.shape)
        if not new_axis:
            shape[axis] = draw(st.integers(0, 2))
        others.append(draw(hnp.arrays(x.dtype, tuple(shape), elements=values(x.dtype.name))))
    if not new_axis and draw(st.integers(0, 4)) == 0:
        return Call(([x, *others],), {"axis": None})
    return Call(
        (draw(st.sampled_from((list, tuple)))([x, *others]),), {"axis": axis} if draw(st.booleans()) or axis else {}
    )


@st.composite
def moved(draw):
    x = draw(arrays())
    if draw(st.booleans()) and x.ndim:
        return Call((x, draw(axis_of(x)), draw(axis_of(x))), {})
    order = draw(st.permutations(range(x.ndim)))
    return Call((x, tuple(range(x.ndim)), tuple(order)), {})


@st.composite
def permuted(draw):
    x = draw(arrays())
    axes = tuple(a - (x.ndim if draw(st.booleans()) else 0) for a in draw(st.permutations(range(x.ndim))))
    return Call((x,), {"axes": axes}) if draw(st.booleans()) else Call((x, axes), {})


@st.composite
def reshaped(draw):
    x = draw(arrays())
    shapes: list[tuple[int, ...]] = [(x.size,), (1, x.size), (x.size, 1)]
    if x.size:
        shapes += [(-1,), (1, -1)]
    options = {"copy": draw(st.sampled_from((None, True)))} if draw(st.booleans()) else {}
    return Call((x, draw(st.sampled_from(shapes))), options)


@st.composite
def rolled(draw):
    x = draw(arrays())
    shift = draw(st.integers(-4, 4))
    if x.ndim < 2 or draw(st.booleans()):
        axis = draw(st.sampled_from([None, *range(-x.ndim, x.ndim)]))
        return Call((x, shift), {} if axis is None else {"axis": axis})
    return Call((x, (shift, draw(st.integers(-3, 3)))), {"axis": (0, -1)})


@st.composite
def squeezed(draw):
    x = draw(arrays(ALL, ((1,), (1, 3), (2, 1), (1, 1, 2))))
    axes = [i for i, n in enumerate(x.shape) if n == 1]
    axis = draw(st.sampled_from([*axes, axes[0] - x.ndim, tuple(axes)]))
    return Call((x, axis), {}) if draw(st.booleans()) else Call((x,), {"axis": axis})


@st.composite
def expanded(draw):
    x = draw(arrays())
    return Call((x,), {"axis": draw(st.integers(-x.ndim - 1, x.ndim))})


@st.composite
def repeated(draw):
    x = draw(arrays(ALL, [s for s in SHAPES if s]))
    axis = draw(st.sampled_from([None, *range(-x.ndim, x.ndim)]))
    count = x.size if axis is None else x.shape[axis]
    repeats: Any = draw(st.integers(0, 3))
    if draw(st.booleans()):
        # array-api-strict takes signed integers only; test_integers_of_every_dtype_are_indices has the others.
        repeats = draw(hnp.arrays(draw(st.sampled_from(SIGNED)), (count,), elements=st.integers(0, 2)))
    return Call((x, repeats), {} if axis is None else {"axis": axis})


@st.composite
def tiled(draw):
    x = draw(arrays())
    return Call((x, tuple(draw(st.lists(st.integers(0, 2), max_size=3)))), {})


@st.composite
def unstacked(draw):
    x = draw(arrays(ALL, [s for s in SHAPES if s]))
    return Call((x,), {"axis": draw(axis_of(x))} if draw(st.booleans()) else {})


@st.composite
def taken(draw):
    x = draw(arrays(ALL, [s for s in SHAPES if s and 0 not in s]))
    axis = draw(axis_of(x))
    indices = np.asarray(draw(st.lists(st.integers(0, x.shape[axis] - 1), max_size=4)), draw(st.sampled_from(INDICES)))
    return Call((x, indices), {} if x.ndim == 1 and draw(st.booleans()) else {"axis": axis})


@st.composite
def taken_along(draw):
    x = draw(arrays(ALL, [s for s in SHAPES if s and 0 not in s]))
    axis = draw(axis_of(x))
    shape = list(x.shape)
    shape[axis] = draw(st.integers(0, 3))
    indices = draw(hnp.arrays(draw(st.sampled_from(INDICES)), tuple(shape), elements=st.integers(0, x.shape[axis] - 1)))
    return Call((x, indices), {"axis": axis})


@st.composite
def sorted_places(draw):
    dtype = draw(st.sampled_from(REAL))
    x1 = draw(arrays((dtype,), ((1,), (3,), (0,)), small=True))
    x2 = draw(arrays((dtype,), small=True))
    options: dict[str, Any] = {"side": draw(st.sampled_from(("left", "right")))} if draw(st.booleans()) else {}
    if draw(st.booleans()):
        options["sorter"] = np.argsort(x1, stable=True).astype(draw(st.sampled_from(SIGNED)))
    else:
        x1 = np.sort(x1)
    return Call((x1, x2), options)


@st.composite
def chosen(draw):
    x1 = draw(arrays())
    x2 = draw(partner(x1, ALL))
    condition = draw(partner(x1, ALL, mixed=False)).astype("bool")
    return Call((condition, x1, x2), {})


@st.composite
def products(draw):
    dtype = draw(st.sampled_from(NUMERIC))
    shapes = draw(st.sampled_from([((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 2)), ((2, 2, 3), (3, 2)), ((2, 1, 2, 3), (2, 3, 1)), ((2, 0), (0, 3))]))  # fmt: skip
    x1 = draw(arrays((dtype,), (shapes[0],), small=True))
    return Call((x1, draw(arrays((dtype,), (shapes[1],), small=True))), {})


@st.composite
def inner(draw):
    dtype = draw(st.sampled_from(NUMERIC))
    shapes = draw(st.sampled_from([((3,), (3,)), ((2, 3), (3,)), ((2, 3), (2, 3)), ((2, 1, 3), (4, 3)), ((0,), (0,))]))
    options = {"axis": -1} if draw(st.booleans()) else {}
    return Call(tuple(draw(arrays((dtype,), (s,), small=True)) for s in shapes), options)


@st.composite
def contracted(draw):
    dtype = draw(st.sampled_from(NUMERIC))
    first, second, axes = draw(st.sampled_from([((2, 3), (2, 3), 2), ((2, 3), (3, 2), 1), ((2,), (3,), 0), ((2, 3, 4), (4, 2), ((0, 2), (1, 0)))]))  # fmt: skip
    return Call(tuple(draw(arrays((dtype,), (s,), small=True)) for s in (first, second)), {"axes": axes})
