"""``python -m benchmarks ops``: the time of every op against PyTorch, at three sizes, with gradients recorded.

Every function that both libraries have is called on tensors of 16, ten thousand and four million numbers that require
gradients, forward only. Both run in turns of a few milliseconds in one process; the figure is the median of the ratios.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks import explained
from benchmarks.timing import Result, compare

#: Name -> a matrix of so many numbers.
SIZES = {"16": (4, 4), "10k": (100, 100), "4M": (2000, 2000)}
SLOW = 1.5
#: Not at the largest size: products of large matrices take seconds, and measure the BLAS.
TOO_MUCH = {"matmul", "einsum", "addmm", "linear", "diag_embed"}


class Inputs(NamedTuple):
    """The tensors of one library and size, the same numbers in both."""

    x: Any
    y: Any
    positive: Any
    unit: Any
    vector: Any
    integers: Any
    mask: Any
    index: Any
    row_index: Any


def inputs(library: Any, shape: tuple[int, int]) -> Inputs:
    import numpy as np

    random = np.random.default_rng(0)
    rows, columns = shape

    def real(*shape: int, low: float = -2.0, high: float = 2.0) -> Any:
        values = random.uniform(low, high, shape).astype(np.float32)
        return library.tensor(values).requires_grad_()

    return Inputs(
        real(*shape), real(*shape), real(*shape, low=0.1), real(*shape, low=-0.9, high=0.9), real(columns),
        library.tensor(random.integers(0, 100, shape)), library.tensor(random.random(shape) < 0.5),
        library.tensor(random.integers(0, rows, shape)), library.tensor(random.integers(0, rows, (rows,))),
    )  # fmt: skip


# -- what is called --------------------------------------------------------------------------------------------------

UNARY = """
abs ceil cos cosh erf exp exp2 expm1 floor frac neg positive relu round sigmoid sign sin sinh square tan tanh trunc
deg2rad rad2deg isfinite isinf isnan logical_not nan_to_num clone sgn angle real conj erfc sinc i0 asinh atan
"""
POSITIVE = "log log10 log1p log2 rsqrt sqrt reciprocal lgamma digamma acosh"
UNIT = "acos asin atanh erfinv logit"
BINARY = """
add sub mul div maximum minimum atan2 hypot fmax fmin fmod remainder copysign floor_divide logaddexp logaddexp2 eq ne lt
le gt ge logical_and logical_or logical_xor dist heaviside nextafter xlogy isclose
"""
REDUCTIONS = """
sum mean prod std var amax amin argmax argmin any all count_nonzero norm nansum nanmean median nanmedian
std_mean var_mean aminmax max min
"""
ALONG = """
cumsum cumprod cummax cummin logcumsumexp softmax log_softmax sort argsort unbind mode logsumexp sum mean amax argmax
std
"""
SHAPES: dict[str, Callable[[Any, Inputs], Any]] = {
    "reshape": lambda lib, i: i.x.reshape(-1),
    "flatten": lambda lib, i: i.x.flatten(),
    "permute": lambda lib, i: i.x.permute(1, 0),
    "transpose": lambda lib, i: i.x.transpose(0, 1),
    "unsqueeze": lambda lib, i: i.x.unsqueeze(0),
    "squeeze": lambda lib, i: i.x.squeeze(),
    "expand": lambda lib, i: i.vector.expand(i.x.shape),
    "flip": lambda lib, i: i.x.flip((0,)),
    "roll": lambda lib, i: i.x.roll(1, 0),
    "rot90": lambda lib, i: i.x.rot90(),
    "tile": lambda lib, i: i.x.tile((1, 2)),
    "repeat_interleave": lambda lib, i: i.x.repeat_interleave(2, 0),
    "cat": lambda lib, i: lib.cat([i.x, i.y]),
    "stack": lambda lib, i: lib.stack([i.x, i.y]),
    "split": lambda lib, i: i.x.split(2),
    "chunk": lambda lib, i: i.x.chunk(2),
    "tril": lambda lib, i: i.x.tril(),
    "triu": lambda lib, i: i.x.triu(),
    "diagonal": lambda lib, i: i.x.diagonal(),
    "diag_embed": lambda lib, i: i.vector.diag_embed(),
    "trace": lambda lib, i: i.x.trace(),
    "narrow": lambda lib, i: i.x.narrow(0, 1, 2),
    "select": lambda lib, i: i.x.select(0, 1),
    "unfold": lambda lib, i: i.x.unfold(0, 2, 1),
    "diagonal_scatter": lambda lib, i: i.x.diagonal_scatter(i.vector),
    "select_scatter": lambda lib, i: i.x.select_scatter(i.vector, 0, 1),
}
INDEXING: dict[str, Callable[[Any, Inputs], Any]] = {
    "x[i]": lambda lib, i: i.x[1],
    "x[1:3]": lambda lib, i: i.x[1:3],
    "x[tensor]": lambda lib, i: i.x[i.row_index],
    "x[mask]": lambda lib, i: i.x[i.mask],
    "index_select": lambda lib, i: i.x.index_select(0, i.row_index),
    "gather": lambda lib, i: i.x.gather(0, i.index),
    "take_along_dim": lambda lib, i: lib.take_along_dim(i.x, i.index, 0),
    "take": lambda lib, i: i.x.take(i.index),
    "scatter": lambda lib, i: i.x.scatter(0, i.index, i.y),
    "scatter_add": lambda lib, i: i.x.scatter_add(0, i.index, i.y),
    "scatter_reduce": lambda lib, i: i.x.scatter_reduce(0, i.index, i.y, "amax"),
    "index_add": lambda lib, i: i.x.index_add(0, i.row_index, i.y),
    "index_copy": lambda lib, i: i.x.index_copy(0, i.row_index, i.y),
    "index_fill": lambda lib, i: i.x.index_fill(0, i.row_index, 1.0),
    "index_put": lambda lib, i: i.x.index_put((i.row_index,), i.y, accumulate=True),
    "masked_fill": lambda lib, i: i.x.masked_fill(i.mask, 1.0),
    "masked_select": lambda lib, i: i.x.masked_select(i.mask),
    "where": lambda lib, i: lib.where(i.mask, i.x, i.y),
    "nonzero": lambda lib, i: i.mask.nonzero(),
    "topk": lambda lib, i: i.x.topk(2),
    "kthvalue": lambda lib, i: i.x.kthvalue(2),
    "unique": lambda lib, i: i.integers.unique(),
    "searchsorted": lambda lib, i: lib.searchsorted(i.vector.detach().sort()[0], i.y.detach()),
    "bincount": lambda lib, i: i.integers.reshape(-1).bincount(),
    "histc": lambda lib, i: lib.histc(i.x, 10, -2, 2),
    "isin": lambda lib, i: lib.isin(i.integers, i.row_index),
    "quantile": lambda lib, i: i.x.quantile(0.3, 1),
}
OTHERS: dict[str, Callable[[Any, Inputs], Any]] = {
    "x + 1": lambda lib, i: i.x + 1,
    "2 * x": lambda lib, i: 2 * i.x,
    "x ** 2": lambda lib, i: i.x**2,
    "x ** 2.5": lambda lib, i: i.positive**2.5,
    "x ** y": lambda lib, i: i.positive**i.y,
    "x + row": lambda lib, i: i.x + i.vector,
    "clamp": lambda lib, i: i.x.clamp(-1, 1),
    "lerp": lambda lib, i: i.x.lerp(i.y, 0.3),
    "addcmul": lambda lib, i: i.x.addcmul(i.y, i.unit),
    "addcdiv": lambda lib, i: i.x.addcdiv(i.y, i.positive),
    "diff": lambda lib, i: i.x.diff(),
    "trapezoid": lambda lib, i: lib.trapezoid(i.x),
    "gradient": lambda lib, i: lib.gradient(i.x),
    "long": lambda lib, i: i.x.long(),
    "double": lambda lib, i: i.x.double(),
    "bitwise_and": lambda lib, i: i.integers & i.index,
    "matmul": lambda lib, i: i.x @ i.y,
    "mv": lambda lib, i: i.x @ i.vector,
    "dot": lambda lib, i: i.vector @ i.vector,
    "outer": lambda lib, i: lib.outer(i.vector, i.vector),
    "einsum": lambda lib, i: lib.einsum("ij,kj->ik", i.x, i.y),
    "addmm": lambda lib, i: lib.addmm(i.vector, i.x, i.y),
    "gelu": lambda lib, i: lib.nn.functional.gelu(i.x),
    "silu": lambda lib, i: lib.nn.functional.silu(i.x),
    "softplus": lambda lib, i: lib.nn.functional.softplus(i.x),
    "leaky_relu": lambda lib, i: lib.nn.functional.leaky_relu(i.x),
    "elu": lambda lib, i: lib.nn.functional.elu(i.x),
    "layer_norm": lambda lib, i: lib.nn.functional.layer_norm(i.x, i.x.shape[1:]),
    "mse_loss": lambda lib, i: lib.nn.functional.mse_loss(i.x, i.y),
    "cross_entropy": lambda lib, i: lib.nn.functional.cross_entropy(i.x, i.row_index % i.x.shape[1]),
    "linear": lambda lib, i: lib.nn.functional.linear(i.x, i.y, i.vector),
}


def _of(name: str, *which: str) -> Callable[[Any, Inputs], Any]:
    def call(lib: Any, given: Inputs) -> Any:
        return getattr(lib, name)(*[getattr(given, w) for w in which])

    return call


def _along(name: str) -> Callable[[Any, Inputs], Any]:
    return lambda lib, given: getattr(lib, name)(given.x, 1)


def groups() -> Iterator[tuple[str, str, Callable[[Any, Inputs], Any]]]:
    """Classes, names and what they call."""
    for names, which in ((UNARY, ("x",)), (POSITIVE, ("positive",)), (UNIT, ("unit",)), (BINARY, ("x", "positive"))):
        yield from [("elementwise", name, _of(name, *which)) for name in names.split()]
    yield from [("reductions", name, _of(name, "x")) for name in REDUCTIONS.split()]
    yield from [("along a dimension", f"{name}, dim 1", _along(name)) for name in ALONG.split()]
    for group, table in (("shapes", SHAPES), ("indices", INDEXING), ("arithmetic, matrices, networks", OTHERS)):
        yield from [(group, name, call) for name, call in table.items()]


def cases() -> Iterator[tuple[str, Callable[[Any, Inputs], Any]]]:
    """Names and what they call."""
    for _, name, call in groups():
        yield name, call


# -- how it is timed -------------------------------------------------------------------------------------------------


def measure(
    only: str, sizes: list[str], turns: int, part: str = "1/1", file: Path | None = None
) -> tuple[dict[str, dict[str, Result]], list[str]]:
    """Results by name and size, also written to a file, and the names that plugrad does not have."""
    import torch

    import plugrad

    results: dict[str, dict[str, Result]] = {}
    missing: list[str] = []
    which, parts = (int(n) for n in part.split("/"))
    for size in sizes:
        ours, theirs = inputs(plugrad, SIZES[size]), inputs(torch, SIZES[size])
        for number, (name, call) in enumerate(cases()):
            if only not in name or name in missing or number % parts != which - 1:
                continue
            if size == "4M" and name in TOO_MUCH:
                continue
            try:
                call(plugrad, ours)
            except AttributeError:
                missing.append(name)
                continue
            programs = partial(call, plugrad, ours), partial(call, torch, theirs)
            # Fewer turns of large arrays: a call of them takes longer than a turn.
            result = compare(name, *programs, turns=turns if size != "4M" else max(3, turns // 4))
            results.setdefault(name, {})[size] = result
            if file is not None:
                write(file, {name: {size: result}})
            print(f"{result.ratio:6.2f}  {size:>3}  {name}", file=sys.stderr, flush=True)
    return results, missing


def report(results: dict[str, dict[str, Result]], missing: list[str], sizes: list[str]) -> str:
    """The tables, in Markdown: all ratios, and the ops that are slower."""
    lines = [f"Time of plugrad over time of PyTorch, forward with gradients recorded: {len(results)} ops.", ""]
    lines += ["| op | " + " | ".join(f"{size} numbers" for size in sizes) + " |", "|---" * (len(sizes) + 1) + "|"]
    for name, found in results.items():
        cells = []
        for size in sizes:
            result = found.get(size)
            mark = "**" if result is not None and result.ratio > SLOW else ""
            cells.append("" if result is None else f"{mark}{result.ratio:.2f}{mark}")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    lines.append("")
    for size in sizes:
        ratios = [found[size].ratio for found in results.values() if size in found]
        if ratios:
            lines.append(f"- {size} numbers: the median ratio is {statistics.median(ratios):.2f}.")
        slow = sorted((f[size] for f in results.values() if size in f and f[size].ratio > SLOW), key=lambda r: -r.ratio)
        named = ", ".join(f"{r.name} ({r.ratio:.1f}x: {r.ours:.1f} us against {r.theirs:.1f})" for r in slow)
        lines.append(f"- {size} numbers, slower than {SLOW}x: {named or 'none'}.")
    unexplained = [
        f"{name} ({found['16'].ratio:.2f}x)"
        for name, found in results.items()
        if "16" in found and found["16"].ratio > 1 and name not in explained.OPS
    ]
    lines.append(f"- 16 numbers, slower than 1.0x and not in explained.py: {', '.join(unexplained) or 'none'}.")
    if missing:
        lines.append(f"- Not in plugrad yet: {', '.join(missing)}.")
    return "\n".join(lines)


def write(path: Path, results: dict[str, dict[str, Result]]) -> None:
    """Put figures into a file, beside those of other ops and sizes that are there."""
    known = json.loads(path.read_text()) if path.exists() else {}
    for name, found in results.items():
        for size, r in found.items():
            known.setdefault(name, {})[size] = {
                "ratio": round(r.ratio, 2), "ours": float(f"{r.ours:.3g}"), "theirs": float(f"{r.theirs:.3g}")
            }  # fmt: skip
    order = [name for name, _ in cases() if name in known]
    lines = [f"  {json.dumps(name)}: {json.dumps(known[name])}" for name in order]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def main(arguments: list[str]) -> int:
    """Run the benchmarks of ops; print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks ops", description=__doc__)
    parser.add_argument("--json", type=Path, help="also put the figures into this file")
    parser.add_argument("--only", default="", help="run only the ops whose name contains this")
    parser.add_argument("--part", default="1/1", help="run one part of the ops: 2/3 is the second third")
    parser.add_argument("--sizes", nargs="*", default=list(SIZES), choices=list(SIZES), help="which sizes")
    parser.add_argument("--turns", type=int, default=21, help="how many ratios to take the median of")
    given = parser.parse_args(arguments)
    try:
        import torch  # noqa: F401 - whether it is there
    except ImportError:
        print("the benchmarks compare with PyTorch: pip install torch==2.13.0", file=sys.stderr)
        return 2
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results, missing = measure(given.only, given.sizes, given.turns, given.part, given.json)
    print(report(results, missing, given.sizes))
    return 0
