"""Calls of every function of the Array API standard, drawn by Hypothesis as NumPy arrays and options."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.array_api.draws import (
    ALL,
    BOOL,
    COMPLEX,
    FLOATING,
    INEXACT,
    INTEGER,
    NUMERIC,
    REAL,
    SHAPES,
    Call,
    accumulating,
    arrays,
    binary,
    broadcast_one,
    broadcast_several,
    chosen,
    clipped,
    contracted,
    conversions,
    creation,
    differences,
    divided,
    expanded,
    filled,
    grids,
    identities,
    inner,
    joined,
    like,
    moved,
    permuted,
    powers,
    products,
    ranges,
    repeated,
    reshaped,
    rolled,
    running,
    shifted,
    sorted_places,
    spaces,
    squeezed,
    taken,
    taken_along,
    tiled,
    triangles,
    unary,
    unstacked,
    with_axes,
)

SPREAD = {"correction": st.sampled_from((0.0, 1.0, 0.5, 0))}

CALLS: dict[str, st.SearchStrategy[Call]] = {
    # elementwise
    **{n: unary(NUMERIC) for n in ("abs", "negative", "positive", "square", "isfinite", "isinf", "isnan")},
    **{n: unary(REAL) for n in ("ceil", "floor", "trunc")},
    **{n: st.one_of(unary(REAL), unary(COMPLEX, small=True)) for n in ("sign", "round", "conj", "real")},
    "imag": unary(COMPLEX, small=True),
    **{
        n: st.one_of(unary(FLOATING), unary(COMPLEX, small=True))
        for n in (
            "acos", "acosh", "asin", "asinh", "atan", "atanh", "cos", "cosh", "exp", "expm1", "log", "log1p",
            "log2", "log10", "reciprocal", "sin", "sinh", "sqrt", "tan", "tanh",
        )
    },
    "signbit": unary(FLOATING),
    "bitwise_invert": unary((*BOOL, *INTEGER)),
    "logical_not": unary(BOOL),
    **{n: binary(NUMERIC) for n in ("add", "multiply", "subtract")},
    **{n: binary(ALL) for n in ("equal", "not_equal")},
    **{n: binary(REAL) for n in ("greater", "greater_equal", "less", "less_equal", "maximum", "minimum")},
    **{n: divided(REAL) for n in ("floor_divide", "remainder")},
    "divide": binary(INEXACT),
    **{n: binary(FLOATING) for n in ("atan2", "copysign", "hypot", "logaddexp", "nextafter")},
    **{n: binary((*BOOL, *INTEGER)) for n in ("bitwise_and", "bitwise_or", "bitwise_xor")},
    **{n: shifted() for n in ("bitwise_left_shift", "bitwise_right_shift")},
    **{n: binary(BOOL) for n in ("logical_and", "logical_or", "logical_xor")},
    "pow": powers(),
    "clip": clipped(),
    # creation
    "arange": ranges(),
    "asarray": conversions().map(lambda c: Call((c.args[0],), {"dtype": c.args[1]})),
    "empty": creation(),
    "empty_like": like(),
    "eye": identities(),
    "full": filled(),
    "full_like": like(value=True),
    "linspace": spaces(),
    "meshgrid": grids(),
    "ones": creation(),
    "ones_like": like(),
    "tril": triangles(),
    "triu": triangles(),
    "zeros": creation(),
    "zeros_like": like(),
    # dtypes
    "astype": conversions(),
    "broadcast_arrays": broadcast_several(),
    "broadcast_to": broadcast_one(),
    # moving
    "concat": joined(),
    "expand_dims": expanded(),
    "flip": with_axes(ALL, keepdims=False),
    "moveaxis": moved(),
    "permute_dims": permuted(),
    "repeat": repeated(),
    "reshape": reshaped(),
    "roll": rolled(),
    "squeeze": squeezed(),
    "stack": joined(new_axis=True),
    "tile": tiled(),
    "unstack": unstacked(),
    "take": taken(),
    "take_along_axis": taken_along(),
    # searching
    **{n: with_axes(REAL, several=False, nonempty=True, small=True) for n in ("argmax", "argmin")},
    "count_nonzero": with_axes(ALL, small=True),
    "nonzero": st.builds(lambda x: Call((x,), {}), arrays(ALL, [s for s in SHAPES if s])),
    "searchsorted": sorted_places(),
    "where": chosen(),
    **{n: unary(REAL) for n in ("unique_all", "unique_counts", "unique_inverse", "unique_values")},
    **{
        n: with_axes(REAL, False, False, False, small=True, descending=st.booleans(), stable=st.just(True))
        for n in ("argsort", "sort")
    },
    # statistics
    **{n: with_axes(ALL) for n in ("all", "any")},
    **{n: with_axes(REAL, nonempty=True) for n in ("max", "min")},
    "mean": with_axes(INEXACT, nonempty=True),
    **{n: with_axes(NUMERIC, small=True, dtype=accumulating) for n in ("sum", "prod")},
    **{n: with_axes(FLOATING, nonempty=True, small=True, **SPREAD) for n in ("std", "var")},
    **{n: running() for n in ("cumulative_prod", "cumulative_sum")},
    "diff": differences(),
    # products
    "matmul": products(),
    "matrix_transpose": st.builds(lambda x: Call((x,), {}), arrays(ALL, ((2, 3), (2, 3, 2), (0, 2)))),
    "tensordot": contracted(),
    "vecdot": inner(),
}  # fmt: skip

#: Functions whose arguments are no arrays, or whose results are none: tested by hand.
BY_HAND = {
    "__array_namespace_info__", "can_cast", "finfo", "from_dlpack", "iinfo", "isdtype", "result_type",
}  # fmt: skip
