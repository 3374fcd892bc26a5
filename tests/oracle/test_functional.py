"""The functions of nn.functional beside PyTorch's: values, derivatives, refusals, in place."""

from __future__ import annotations

from typing import Any

import pytest

from tests.oracle import activations, attention, convolutions, images, losses, normalizations, pooling
from tests.oracle.harness import Draw, assert_no_difference, fixed, forms, ours, real, sample
from tests.support.library import says

TABLE = (
    activations.ROWS
    | attention.ROWS
    | convolutions.ROWS
    | images.ROWS
    | losses.ROWS
    | normalizations.ROWS
    | pooling.ROWS
)

CASES = [
    pytest.param(name, form, dtype, id=f"{name}-{form}-{dtype}")
    for name, row in TABLE.items()
    for form in forms(name, row)
    for dtype in row.dtypes
]


@pytest.mark.filterwarnings("ignore:reduction. 'mean' divides the total loss by both:UserWarning")
@pytest.mark.filterwarnings("ignore:.*nn.functional.upsample.* is deprecated:UserWarning")
@pytest.mark.parametrize(("name", "form", "dtype"), CASES)
def test_function(name: str, form: str, dtype: str) -> None:
    row = TABLE[name]
    second = row.second and dtype == "float64"
    call = forms(name, row)[form]
    assert_no_difference(call, row.samples(Draw(dtype)), dtype, second=second, refused=False, tolerance=row.tolerance)


IN_PLACE = ["relu", "relu6", "elu", "selu", "celu", "leaky_relu", "hardtanh", "hardswish", "hardsigmoid", "threshold", "silu", "mish", "rrelu"]  # fmt: skip


@pytest.mark.parametrize("name", IN_PLACE)
def test_in_place(name: str) -> None:
    """On a copy, so that gradients of the input itself are compared too."""

    def edit(lib: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
        y = x.clone()
        result = getattr(lib.nn.functional, name)(y, *args, inplace=True, **kwargs)
        assert result is y
        return y

    row = TABLE[f"nn.functional.{name}"]
    assert_no_difference(edit, row.samples(Draw("float64")), "float64", tolerance=row.tolerance)


@pytest.mark.parametrize("name", ["relu_", "elu_", "selu_", "celu_", "leaky_relu_", "hardtanh_", "rrelu_"])
def test_name_in_place(name: str) -> None:
    def edit(lib: Any, x: Any) -> Any:
        y = x.clone()
        assert getattr(lib.nn.functional, name)(y) is y
        return y

    row = TABLE[f"nn.functional.{name[:-1]}"]
    samples = (given for given in row.samples(Draw("float64")) if len(given.args) == 1)
    assert_no_difference(edit, samples, "float64", tolerance=row.tolerance)


@pytest.mark.parametrize("shape", [(4, 3), (2, 3, 4), (2, 3, 2, 2)])
@pytest.mark.parametrize("name", ["batch_norm", "instance_norm"])
def test_running_statistics_follow(name: str, shape: tuple[int, ...]) -> None:
    if name == "instance_norm" and len(shape) == 2:
        return

    def run(lib: Any, x: Any, mean: Any, variance: Any) -> Any:
        y = getattr(lib.nn.functional, name)(x, mean, variance, None, None, True, 0.3)
        return y, mean, variance

    draw = Draw("float64")
    given = sample(draw(*shape), fixed(draw(3)), fixed(draw(3, low=0.5)))
    assert_no_difference(run, iter([given]), "float64", refused=False)


RANDOM: dict[str, Any] = {
    "rrelu": (lambda lib, x: lib.nn.functional.rrelu(x, training=True), (20, 30)),
    "rrelu, in place": (lambda lib, x: lib.nn.functional.rrelu_(x * 1, 0.1, 0.9, True), (20, 30)),
    "gumbel_softmax": (lambda lib, x: lib.nn.functional.gumbel_softmax(x, 0.7), (20, 30)),
    "gumbel_softmax, hard": (lambda lib, x: lib.nn.functional.gumbel_softmax(x, hard=True, dim=0), (20, 30)),
    "fractional_max_pool2d": (lambda lib, x: lib.nn.functional.fractional_max_pool2d(x, 2, 3), (2, 3, 7, 8)),
    "fractional_max_pool3d": (lambda lib, x: lib.nn.functional.fractional_max_pool3d(x, 2, 3), (3, 7, 8, 6)),
    "dropout": (lambda lib, x: lib.nn.functional.dropout(x, 0.3), (20, 30)),
    "alpha_dropout": (lambda lib, x: lib.nn.functional.alpha_dropout(x, 0.3, True), (20, 30)),
    "alpha_dropout, in place": (lambda lib, x: lib.nn.functional.alpha_dropout(x * 1, 0.3, True, True), (20, 30)),
    "alpha_dropout of all": (lambda lib, x: lib.nn.functional.alpha_dropout(x, 1.0, True), (20, 30)),
    "feature_alpha_dropout": (lambda lib, x: lib.nn.functional.feature_alpha_dropout(x, 0.3, True), (4, 30, 2)),
    "dropout1d": (lambda lib, x: lib.nn.functional.dropout1d(x), (4, 30, 2)),
    "dropout1d of one": (lambda lib, x: lib.nn.functional.dropout1d(x, 0.3), (30, 2)),
    "dropout1d of one, in place": (lambda lib, x: lib.nn.functional.dropout1d(x * 1, 0.3, True, True), (30, 2)),
    "dropout2d": (lambda lib, x: lib.nn.functional.dropout2d(x, 0.7), (4, 30, 2, 2)),
    "dropout2d, in place": (lambda lib, x: lib.nn.functional.dropout2d(x * 1, 0.7, inplace=True), (4, 30, 2, 2)),
    "dropout3d": (lambda lib, x: lib.nn.functional.dropout3d(x), (4, 30, 2, 1, 2)),
    "dropout3d of one": (lambda lib, x: lib.nn.functional.dropout3d(x), (30, 2, 1, 2)),
    "attention": (lambda lib, x: lib.nn.functional.scaled_dot_product_attention(x, x, x, dropout_p=0.4), (2, 6, 4)),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", RANDOM)
def test_random_numbers_are_those_of_the_seed(case: str, dtype: str) -> None:
    call, shape = RANDOM[case]

    def seeded(lib: Any, x: Any) -> Any:
        lib.manual_seed(7)
        return call(lib, x)

    given = sample(Draw(dtype)(*shape))
    assert_no_difference(seeded, iter([given]), dtype, refused=False, tolerance={"float32": 1e-4})


REFUSED: dict[str, Any] = (
    activations.REFUSED
    | attention.REFUSED
    | convolutions.REFUSED
    | images.REFUSED
    | losses.REFUSED
    | normalizations.REFUSED
    | pooling.REFUSED
)


@pytest.mark.parametrize("case", REFUSED)
def test_refusal(case: str) -> None:
    """The type and the text are PyTorch's; nothing is held against the hint that follows."""
    call = REFUSED[case]
    with pytest.raises(Exception) as expected:  # noqa: PT011 - whatever PyTorch raises
        call(real)
    with pytest.raises(type(expected.value)) as actual:
        call(ours)
    assert says(str(actual.value), str(expected.value)), f"{actual.value}\nexpected: {expected.value}"
