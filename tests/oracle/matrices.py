"""Samples of decompositions, equations, norms and other functions of matrices."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from tests.oracle.harness import Draw, Row, Sample, fixed, sample

Samples = Callable[[Draw], Iterator[Sample]]

EVERY = ("float32", "float64", "complex64", "complex128")
TOLERANCE = {"float32": 2e-3, "complex64": 2e-3, "float64": 1e-8, "complex128": 1e-8}


def adjoint(a: np.ndarray) -> np.ndarray:
    return np.conj(np.swapaxes(a, -1, -2))


def regular(draw: Draw, *shape: int) -> np.ndarray:
    """Far from singular."""
    return draw(*shape) + 4 * np.eye(shape[-1], dtype=draw.dtype)


def positive(draw: Draw, *shape: int) -> np.ndarray:
    a = draw(*shape)
    return a @ adjoint(a) + np.eye(shape[-1], dtype=draw.dtype)


def hermitian(draw: Draw, *shape: int) -> np.ndarray:
    """With eigenvalues far from each other."""
    a = draw(*shape) / 8
    return (a + adjoint(a) + np.diag(np.arange(shape[-1]))).astype(draw.dtype)


SHAPES = ((3, 3), (2, 3, 3), (1, 1), (0, 0), (0, 2, 2))


def squares(make: Callable[..., np.ndarray] = regular, *more: Any, shapes: Any = SHAPES, **options: Any) -> Samples:
    def samples(draw: Draw) -> Iterator[Sample]:
        for shape in shapes:
            yield sample(make(draw, *shape), *more, **options)
        yield from (sample(laid, *more, **options) for laid in list(draw.layouts(make(draw, 3, 3)))[:2])

    return samples


def rectangles(draw: Draw) -> Iterator[Sample]:
    for shape in ((3, 3), (4, 2), (2, 4), (2, 3, 2), (3, 1), (0, 2)):
        yield sample(draw(*shape))


def both(*several: Samples) -> Samples:
    def samples(draw: Draw) -> Iterator[Sample]:
        for each in several:
            yield from each(draw)

    return samples


def solve(draw: Draw) -> Iterator[Sample]:
    for a, b in (
        ((3, 3), (3, 2)),
        ((3, 3), (3,)),
        ((2, 3, 3), (3, 1)),
        ((2, 3, 3), (2, 3)),
        ((3, 3), (2, 3, 2)),
        ((2, 3, 3), (3,)),
        ((0, 0), (0, 2)),
    ):
        yield sample(regular(draw, *a), draw(*b))
    yield sample(regular(draw, 3, 3), draw(2, 3), left=False)
    yield sample(regular(draw, 2, 3, 3), draw(1, 2, 3), left=False)


def solve_triangular(draw: Draw) -> Iterator[Sample]:
    for upper in (True, False):
        for unit in (True, False):
            yield sample(regular(draw, 3, 3), draw(3, 2), upper=upper, unitriangular=unit)
            yield sample(regular(draw, 2, 3, 3), draw(2, 3), upper=upper, unitriangular=unit, left=False)
    yield sample(regular(draw, 3, 3), draw(2, 3, 1), upper=True)


def lstsq(lib: Any, a: Any, b: Any, **options: Any) -> Any:
    """The solution and the rank; the other results by driver."""
    solution, *others = lib.linalg.lstsq(a, b, **options)
    return solution, [each.detach() for each in others]


def least_squares(draw: Draw) -> Iterator[Sample]:
    for a, b in (((4, 2), (4, 3)), ((4, 2), (4,)), ((2, 4), (2, 3)), ((2, 4, 2), (2, 4, 1)), ((2, 3, 2), (2, 3))):
        yield sample(draw(*a), draw(*b))
    for driver in ("gels", "gelsd", "gelss"):
        yield sample(draw(4, 2), draw(4, 3), driver=driver)
        yield sample(draw(2, 4), draw(2, 3), driver=driver)
    yield sample(draw(4, 2), draw(4, 3), rcond=1e-3)


def values_and_sizes(name: str, lib: Any, x: Any, *args: Any) -> Any:
    """What does not depend on the phases of eigenvectors."""
    values, vectors = lib_function(lib, name)(x, *args)
    if name == "eig":
        order = lib.argsort(values.real.detach() + values.imag.detach() / 1000)
        values, vectors = (
            lib.gather(values, -1, order),
            lib.gather(vectors, -1, order.unsqueeze(-2).expand(vectors.shape)),
        )
    return values, vectors.abs() ** 2


def lib_function(lib: Any, name: str) -> Any:
    return getattr(lib.linalg, name)


def sorted_values(lib: Any, x: Any) -> Any:
    values = lib.linalg.eigvals(x)
    order = lib.argsort(values.real.detach() + values.imag.detach() / 1000)
    return lib.gather(values, -1, order)


def singular(lib: Any, x: Any, **options: Any) -> Any:
    """S, and what does not depend on the phases of U and V."""
    u, s, vh = lib.linalg.svd(x, **options)
    k = s.shape[-1]
    weights = lib.arange(1, k + 1).to(s.dtype)
    return s, (u[..., :, :k] * weights) @ vh[..., :k, :], u[..., :, :k].abs()


def solve_with_factors(lib: Any, a: Any, b: Any, **options: Any) -> Any:
    return lib.linalg.lu_solve(*lib.linalg.lu_factor(a), b, **options)


def factored(draw: Draw) -> Iterator[Sample]:
    for left in (True, False):
        for turned in (True, False):
            yield sample(
                regular(draw, 2, 3, 3), draw(2, 2, 3) if not left else draw(2, 3, 2), left=left, adjoint=turned
            )


def older_factors(lib: Any, a: Any, b: Any) -> Any:
    packed, pivots = lib.lu(a)
    return lib.lu_solve(b, packed, pivots), *lib.lu_unpack(packed, pivots)


def householder(draw: Draw) -> Iterator[Sample]:
    for x, tau in (((3, 3), (3,)), ((4, 2), (2,)), ((2, 3, 2), (2, 2)), ((3, 2), (1,))):
        yield sample(draw(*x), draw(*tau))


def norms(draw: Draw) -> Iterator[Sample]:
    x = draw(2, 3, 4)
    for order in ("fro", "nuc", 2, -2, 1, -1, float("inf"), float("-inf")):
        yield sample(x, order)
        yield sample(x, order, (0, 2), keepdim=True)
        yield sample(x, order, dim=(-1, 0))
    yield sample(x, "fro", (0, 1), False)
    yield sample(draw(0, 3))


def vector_norms(draw: Draw) -> Iterator[Sample]:
    x = draw(2, 3, 4)
    for order in (2, 1, 3, 0, 0.5, float("inf"), float("-inf")):
        yield sample(x, order)
        yield sample(x, order, 1)
        yield sample(x, order, dim=(0, 2), keepdim=True)


def any_norms(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(2, 3, 4))
    yield sample(draw(2, 3, 4), dim=1)
    yield sample(draw(2, 3, 4), 2, dim=1)
    yield sample(draw(2, 3, 4), 2, dim=(0, 1))
    yield sample(draw(3, 4), "nuc")
    yield sample(draw(3, 4), 2, keepdim=True)
    yield sample(draw(4), 3)


def old_norms(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(3, 4))
    yield sample(draw(3, 4), "nuc")
    yield sample(draw(2, 3, 4), "nuc", (0, 2))
    yield sample(draw(2, 3, 4), "nuc", (0, 2), True)
    yield sample(draw(2, 3, 4), "fro", (0, 2))
    yield sample(draw(3, 4), 1)
    yield sample(draw(3, 4), 3, 1)
    yield sample(draw(3, 4), p=2, dim=(0, 1), keepdim=True)


def conditions(draw: Draw) -> Iterator[Sample]:
    for p in (None, 2, -2, 1, -1, float("inf"), float("-inf"), "fro", "nuc"):
        yield sample(regular(draw, 3, 3), p)
        yield sample(regular(draw, 2, 3, 3), p=p)
    yield sample(draw(2, 3))
    yield sample(draw(0, 0))


def draw_real(draw: Draw, *shape: int) -> np.ndarray:
    """Positive numbers of the precision, but real."""
    return draw(*shape, low=0.1, high=0.5).real.astype(
        "float64" if draw.dtype in ("float64", "complex128") else "float32"
    )


def ranks(draw: Draw) -> Iterator[Sample]:
    low = draw(4, 2) @ draw(2, 4)
    yield sample(low)
    yield sample(np.stack([low, draw(4, 4)]))
    yield sample(draw(3, 2), atol=100.0)
    yield sample(draw(3, 2), rtol=0.9)
    yield sample(draw(3, 2), 100.0)
    yield sample(draw(2, 3, 3), rtol=fixed(draw_real(draw, 2)))
    yield sample(draw(2, 3, 3), atol=fixed(draw_real(draw, 2)), rtol=fixed(draw_real(draw, 2)))
    yield sample(draw(2, 3, 3), atol=fixed(draw_real(draw, 2)))
    yield sample(hermitian(draw, 3, 3), hermitian=True)
    yield sample(draw(3, 0))


def pseudo(draw: Draw) -> Iterator[Sample]:
    yield from rectangles(draw)
    yield sample(draw(4, 2) @ draw(2, 4))
    yield sample(draw(3, 2), rtol=1e-3)
    yield sample(draw(3, 2), atol=1e-3)
    yield sample(draw(2, 3, 3), atol=fixed(draw_real(draw, 2) / 100), rtol=fixed(draw_real(draw, 2) / 100))
    yield sample(hermitian(draw, 3, 3), hermitian=True)


def powers(draw: Draw) -> Iterator[Sample]:
    for n in (0, 1, 2, 3, 5, 8, -1, -3):
        yield sample(regular(draw, 3, 3) / 4, n)
        yield sample(regular(draw, 2, 3, 3) / 4, n)


def exponentials(draw: Draw) -> Iterator[Sample]:
    for shape in SHAPES:
        yield sample(draw(*shape))
    yield sample(10 * draw(3, 3))
    yield sample(0.01 * draw(3, 3))
    yield sample(0 * draw(3, 3))


def chains(draw: Draw) -> Iterator[Sample]:
    yield sample([draw(2, 3), draw(3, 4)])
    yield sample([draw(2, 3), draw(3, 4), draw(4, 5), draw(5, 1)])
    yield sample([draw(3), draw(3, 4), draw(4)])
    yield sample([draw(3), draw(3)])
    yield sample([draw(2, 3), draw(3)])


def several(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(2, 3), draw(3, 4), draw(4, 2))
    yield sample(draw(2, 3))


def crosses(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(3), draw(3))
    yield sample(draw(2, 3), draw(2, 3))
    yield sample(draw(2, 1, 3), draw(1, 4, 3))
    yield sample(draw(2, 3, 3), draw(2, 3, 3))


def crosses_along(draw: Draw) -> Iterator[Sample]:
    yield from crosses(draw)
    yield sample(draw(3, 2), draw(3, 2), dim=0)


def inner(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(3), draw(3))
    yield sample(draw(2, 3), draw(3))
    yield sample(draw(2, 3), draw(2, 3), dim=0)


def vandermonde(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(3))
    yield sample(draw(3), N=4)
    yield sample(draw.ints(3))


def vandermonde_batches(draw: Draw) -> Iterator[Sample]:
    yield from vandermonde(draw)
    yield sample(draw(2, 3), N=2)


def falling_powers(draw: Draw) -> Iterator[Sample]:
    yield from vandermonde(draw)
    yield sample(draw(3), 4, True)
    yield sample(draw(3), 1)
    yield sample(draw(3), 0)


def tensor_inverse(draw: Draw) -> Iterator[Sample]:
    yield sample(regular(draw, 4, 4).reshape(2, 2, 4))
    yield sample(regular(draw, 6, 6).reshape(6, 2, 3), 1)


def tensor_equation(draw: Draw) -> Iterator[Sample]:
    yield sample(regular(draw, 6, 6).reshape(2, 3, 6), draw(2, 3))
    yield sample(regular(draw, 4, 4).reshape(4, 2, 2), draw(4), dims=(1,))


def covariances(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(3, 5))
    yield sample(draw(5))
    yield sample(draw(3, 5), correction=0)
    counts = draw.ints(5, low=1, high=4)
    yield sample(draw(3, 5), fweights=counts)
    real = Draw("float64" if draw.dtype in ("float64", "complex128") else "float32")
    weights = real(5, low=0.5, high=2.0)
    yield sample(draw(3, 5), aweights=fixed(weights))
    yield sample(draw(3, 5), fweights=counts, aweights=fixed(weights), correction=0)


def plain_covariances(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(3, 5))
    yield sample(draw(2, 4))


def distances(draw: Draw) -> Iterator[Sample]:
    for p in (2.0, 1.0, 3.0, float("inf"), 0.0):
        yield sample(draw(3, 2), draw(4, 2), p)
    yield sample(draw(2, 3, 2), draw(4, 2))
    yield sample(draw(2, 3, 2), draw(2, 4, 2), p=1.5)
    yield sample(draw(3, 0), draw(4, 0))
    a = draw(3, 2)
    yield sample(a, a[::-1].copy())


def one_distance(draw: Draw) -> Iterator[Sample]:
    for p in (2, 1, 3, float("inf")):
        yield sample(draw(3, 2), draw(3, 2), p)
    yield sample(draw(3, 2), draw(2))


def renormed(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(3, 4), 2, 0, 1.0)
    yield sample(draw(3, 4), 1, 1, 2.0)
    yield sample(draw(2, 3, 4), 3, -1, 0.5)


def blocks(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(2, 3), draw(1, 2))
    yield sample(draw(3), draw(), draw(2, 0))
    yield sample(draw(2, 3), draw.ints(1, 2))


def factor(draw: Draw, *shape: int, upper: bool = False) -> np.ndarray:
    x = regular(draw, *shape)
    one = np.eye(shape[-1], dtype=draw.dtype)
    # A factor's diagonal is real.
    return (np.triu(x, 1) if upper else np.tril(x, -1)) + one * x.real.astype(draw.dtype)


def with_cholesky(draw: Draw) -> Iterator[Sample]:
    for upper in (False, True):
        yield sample(draw(3, 2), factor(draw, 3, 3, upper=upper), upper)
        yield sample(draw(2, 3, 1), factor(draw, 2, 3, 3, upper=upper), upper=upper)


def of_cholesky(draw: Draw) -> Iterator[Sample]:
    for upper in (False, True):
        yield sample(factor(draw, 3, 3, upper=upper), upper)
        yield sample(factor(draw, 2, 3, 3, upper=upper), upper=upper)
    yield sample(draw(0, 0))


def triangular(draw: Draw) -> Iterator[Sample]:
    for upper in (True, False):
        for turned in (True, False):
            yield sample(draw(3, 2), regular(draw, 3, 3), upper, turned)


def diagonals(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(2, 3, 4))
    yield sample(draw(2, 3, 4), offset=1)
    yield sample(draw(2, 3, 4), dim1=0, dim2=1)


def products(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(2, 3), draw(3, 4))
    yield sample(draw(5, 2, 3), draw(3))


def reals(draw: Draw) -> Iterator[Sample]:
    yield sample(positive(draw, 3, 3))
    yield sample(positive(draw, 2, 3, 3))


def some_factors(lib: Any, x: Any, some: bool) -> Any:
    u, s, v = lib.svd(x, some)
    k = s.shape[-1]
    return s, u[..., :, :k].abs() @ v[..., :, :k].abs().mT


def flags(draw: Draw) -> Iterator[Sample]:
    yield sample(draw(3, 2), True)
    yield sample(draw(3, 2), False)


def equations(draw: Draw) -> Iterator[Sample]:
    yield sample(regular(draw, 3, 3), draw(3, 2))
    yield sample(regular(draw, 2, 3, 3), draw(2, 3, 1))


row = partial(Row, dtypes=EVERY, tolerance=TOLERANCE)
linalg = partial(row, method=False)

ROWS: dict[str, Row] = {
    "linalg.inv": linalg(squares()),
    "linalg.inv_ex": linalg(squares()),
    "linalg.solve": linalg(solve),
    "linalg.solve_ex": linalg(solve),
    "linalg.solve_triangular": linalg(solve_triangular),
    "linalg.det": linalg(squares()),
    "linalg.slogdet": linalg(squares()),
    "linalg.cholesky": linalg(both(squares(positive), squares(positive, upper=True))),
    "linalg.cholesky_ex": linalg(both(squares(positive), squares(positive, upper=True))),
    "linalg.qr": linalg(both(rectangles, squares(regular, mode="complete"))),
    "linalg.eigh": linalg(
        both(squares(hermitian, shapes=SHAPES[:4]), squares(hermitian, "U", shapes=SHAPES[:2])),
        {"sizes": partial(values_and_sizes, "eigh")},
        function=False,
    ),
    "linalg.eigvalsh": linalg(both(squares(hermitian), squares(hermitian, "U"))),
    "linalg.eig": linalg(
        squares(regular, shapes=SHAPES[:2]), {"sizes": partial(values_and_sizes, "eig")}, function=False
    ),
    "linalg.eigvals": linalg(squares(regular, shapes=SHAPES[:3]), {"sorted": sorted_values}, function=False),
    "linalg.svd": linalg(
        rectangles, {"full": singular, "reduced": partial(singular, full_matrices=False)}, function=False
    ),
    "linalg.svdvals": linalg(rectangles),
    "linalg.pinv": linalg(pseudo),
    "linalg.lstsq": linalg(least_squares, {"all": lstsq}, function=False),
    "linalg.lu": linalg(rectangles),
    "linalg.lu_factor": linalg(squares()),
    "linalg.lu_factor_ex": linalg(rectangles),
    "linalg.lu_solve": linalg(factored, {"with factors": solve_with_factors}, function=False),
    "linalg.householder_product": linalg(householder),
    "linalg.matrix_norm": linalg(norms),
    "linalg.vector_norm": linalg(vector_norms),
    "linalg.norm": linalg(any_norms),
    "linalg.cond": linalg(conditions),
    "linalg.matrix_rank": linalg(ranks),
    "linalg.matrix_power": linalg(powers),
    "linalg.matrix_exp": linalg(exponentials),
    "linalg.multi_dot": linalg(chains),
    "linalg.cross": linalg(crosses_along),
    "linalg.vecdot": linalg(inner),
    "linalg.vander": linalg(vandermonde_batches),
    "linalg.tensorinv": linalg(tensor_inverse),
    "linalg.tensorsolve": linalg(tensor_equation),
    "linalg.diagonal": linalg(diagonals),
    "linalg.matmul": linalg(products),
    "inverse": row(squares()),
    "pinverse": row(rectangles),
    "det": row(squares()),
    "slogdet": row(squares()),
    "logdet": row(both(squares(positive), squares(regular))),
    "matrix_exp": row(exponentials),
    "matrix_power": row(powers),
    "chain_matmul": row(several),
    "cross": row(crosses_along),
    "vander": row(falling_powers),
    "norm": row(old_norms),
    "qr": row(rectangles),
    "svd": row(flags, {"sizes": some_factors}, function=False, method=False),
    "lu": row(squares(), method=False),
    "lu_solve": row(equations, {"older": older_factors}, function=False, method=False),
    "lu_unpack": row(equations, {"older": older_factors}, function=False, method=False),
    # What a second derivative says of the triangle that is not read differs.
    "cholesky_solve": row(with_cholesky, second=False),
    "cholesky_inverse": row(of_cholesky, second=False),
    "triangular_solve": row(triangular),
    "cov": row(covariances),
    "corrcoef": row(plain_covariances),
    "cdist": Row(distances, second=False, tolerance=TOLERANCE),
    "dist": row(one_distance),
    "renorm": row(renormed),
    "block_diag": row(blocks),
}
