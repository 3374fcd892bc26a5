"""Every public op of plugrad stands in the tables; a name without a row fails here."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from tests.oracle.harness import ours, real
from tests.oracle.table import all_rows, is_covered
from tests.oracle.test_creation import CREATED

FOUNDATION = [
    "add",
    "sub",
    "mul",
    "div",
    "neg",
    "abs",
    "sign",
    "pow",
    "exp",
    "expm1",
    "log",
    "log1p",
    "log2",
    "log10",
    "sqrt",
    "rsqrt",
    "square",
    "reciprocal",
    "sin",
    "cos",
    "tan",
    "asin",
    "acos",
    "atan",
    "atan2",
    "sinh",
    "cosh",
    "tanh",
    "sigmoid",
    "relu",
    "erf",
    "floor",
    "ceil",
    "round",
    "trunc",
    "fmod",
    "remainder",
    "minimum",
    "maximum",
    "clamp",
    "where",
    "lerp",
    "eq",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
    "logical_and",
    "logical_or",
    "logical_xor",
    "logical_not",
    "bitwise_and",
    "bitwise_or",
    "bitwise_xor",
    "bitwise_not",
    "bitwise_left_shift",
    "bitwise_right_shift",
    "isnan",
    "isinf",
    "isfinite",
    "sum",
    "mean",
    "prod",
    "var",
    "std",
    "max",
    "min",
    "amax",
    "amin",
    "argmax",
    "argmin",
    "all",
    "any",
    "logsumexp",
    "norm",
    "cumsum",
    "cumprod",
    "reshape",
    "flatten",
    "permute",
    "transpose",
    "t",
    "broadcast_to",
    "squeeze",
    "unsqueeze",
    "cat",
    "stack",
    "split",
    "chunk",
    "unbind",
    "flip",
    "roll",
    "tile",
    "movedim",
    "tril",
    "triu",
    "diagonal",
    "clone",
    "gather",
    "scatter",
    "scatter_add",
    "index_select",
    "index_add",
    "masked_fill",
    "masked_select",
    "take_along_dim",
    "nonzero",
    "sort",
    "argsort",
    "topk",
    "matmul",
    "mm",
    "bmm",
    "mv",
    "dot",
    "outer",
    "einsum",
    "addmm",
    "softmax",
    "log_softmax",
    "tensor",
    "as_tensor",
    "from_numpy",
    "zeros",
    "ones",
    "full",
    "empty",
    "arange",
    "linspace",
    "eye",
    "zeros_like",
    "ones_like",
    "full_like",
    "empty_like",
    "rand",
    "randn",
    "randint",
    "randperm",
    "bernoulli",
    "multinomial",
    "normal",
    "rand_like",
    "randn_like",
    "manual_seed",
    "Generator",
]

METHODS = [
    "view",
    "expand",
    "repeat",
    "contiguous",
    "T",
    "mT",
    "item",
    "tolist",
    "numpy",
    "detach",
    "detach_",
    "requires_grad_",
    "backward",
    "retain_grad",
    "register_hook",
    "clone",
    "to",
    "float",
    "double",
    "long",
    "bool",
    "type_as",
    "size",
    "dim",
    "numel",
]

FUNCTIONAL = [
    "linear",
    "gelu",
    "silu",
    "softplus",
    "relu",
    "softmax",
    "log_softmax",
    "mse_loss",
    "l1_loss",
    "cross_entropy",
    "nll_loss",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "dropout",
    "layer_norm",
    "embedding",
]

TABLE = all_rows()

# Public callables that compute nothing from tensors, or whose numbers are random: what tests them instead.
ELSEWHERE = {
    "defaults": "tests/oracle/test_creation.py",
    "anomaly": "tests/behaviour/test_anomaly.py",
    "printing": "tests/oracle/test_reprs.py",
    "autograd": "tests/behaviour/test_backward.py",
    "modes": "tests/behaviour/test_grad_modes.py",
    "precision": "tests/backends/cupy/test_products.py",
    "determinism": "tests/behaviour/test_determinism.py",
    "random": "tests/oracle/test_random_stream.py",
}
NOT_OPS: dict[str, str] = {
    **dict.fromkeys(
        [
            "no_grad",
            "enable_grad",
            "set_grad_enabled",
            "inference_mode",
            "is_grad_enabled",
            "is_inference_mode_enabled",
        ],
        ELSEWHERE["modes"],
    ),
    **dict.fromkeys(
        ["get_default_dtype", "set_default_dtype", "get_default_device", "set_default_device"],
        ELSEWHERE["defaults"],
    ),
    **dict.fromkeys(
        [
            "use_deterministic_algorithms",
            "are_deterministic_algorithms_enabled",
            "is_deterministic_algorithms_warn_only_enabled",
        ],
        ELSEWHERE["determinism"],
    ),
    **dict.fromkeys(["get_float32_matmul_precision", "set_float32_matmul_precision"], ELSEWHERE["precision"]),
    "set_printoptions": ELSEWHERE["printing"],
    **dict.fromkeys(
        ["is_anomaly_enabled", "is_anomaly_check_nan_enabled", "set_anomaly_enabled"], ELSEWHERE["anomaly"]
    ),
    **dict.fromkeys(
        [
            "manual_seed",
            "seed",
            "initial_seed",
            "get_rng_state",
            "set_rng_state",
            "Generator",
            "rand",
            "randn",
            "randint",
            "randperm",
            "bernoulli",
            "multinomial",
            "normal",
            "poisson",
            "rand_like",
            "randn_like",
            "randint_like",
        ],
        ELSEWHERE["random"],
    ),
}


# What a tensor says of itself, how it is converted, differentiated and filled.
METHODS_ELSEWHERE: dict[str, list[str]] = {
    "tests/behaviour/test_requires_grad.py": [
        *(
            "data",
            "detach",
            "detach_",
            "device",
            "dim",
            "dtype",
            "element_size",
            "get_device",
            "grad",
            "grad_fn",
        ),
        *("is_contiguous", "is_cpu", "is_cuda", "is_leaf", "itemsize", "name", "nbytes", "ndim", "nelement"),
        *("output_nr", "requires_grad", "requires_grad_", "shape", "size", "stride", "data_ptr", "type"),
    ],
    "tests/behaviour/test_backward.py and test_tensor_hooks.py": [
        *("backward", "retain_grad", "retains_grad", "register_hook", "register_post_accumulate_grad_hook"),
    ],
    "tests/behaviour/test_grad_modes.py": ["is_inference"],
    "tests/oracle/test_promotion.py": [
        *("bfloat16", "bool", "byte", "cdouble", "cfloat", "char", "double", "float", "half", "int", "long"),
        *("short", "to", "cpu", "cuda"),
    ],
    "tests/oracle/test_creation.py": [
        *("new_empty", "new_full", "new_ones", "new_tensor", "new_zeros", "item", "numpy", "tolist"),
    ],
    "tests/behaviour/test_in_place.py": ["copy_", "fill_", "zero_"],
    "tests/oracle/test_random_stream.py": [
        "cauchy_",
        "exponential_",
        "geometric_",
        "log_normal_",
        "random_",
        "uniform_",
    ],
}


@pytest.mark.parametrize("name", FOUNDATION)
def test_function_exists(name: str) -> None:
    assert callable(getattr(ours, name))


@pytest.mark.parametrize("name", METHODS)
def test_method_exists(name: str) -> None:
    assert hasattr(ours.Tensor, name)


@pytest.mark.parametrize("name", FUNCTIONAL)
def test_functional_exists(name: str) -> None:
    assert callable(getattr(ours.nn.functional, name))


@pytest.mark.parametrize("name", sorted(set(FOUNDATION) - set(NOT_OPS)))
def test_op_of_the_foundation_has_a_row(name: str) -> None:
    assert name in TABLE or name in CREATED


def _functions_in_common(mine: Any, theirs: Any) -> list[str]:
    """Names of functions (no classes, modules or dtypes) that both libraries have."""
    return [
        name
        for name in vars(mine)
        if not name.startswith("_")
        and inspect.isroutine(getattr(mine, name))
        and inspect.isroutine(getattr(theirs, name, None))
    ]


@pytest.mark.skipif(ours is real, reason="PyTorch has far more than plugrad claims")
def test_every_public_function_has_a_row() -> None:
    missing = [name for name in _functions_in_common(ours, real) if not is_covered(name)]
    assert missing == []


@pytest.mark.skipif(ours is real, reason="PyTorch has far more than plugrad claims")
def test_every_public_functional_has_a_row() -> None:
    mine, theirs = ours.nn.functional, real.nn.functional
    missing = [
        name
        for name in _functions_in_common(mine, theirs)
        if not is_covered(f"nn.functional.{name}") and getattr(mine, name) is not getattr(ours, name, None)
    ]
    assert missing == []


@pytest.mark.skipif(ours is real, reason="PyTorch has far more than plugrad claims")
def test_every_method_has_a_row() -> None:
    elsewhere = {name for names in METHODS_ELSEWHERE.values() for name in names}
    missing = [
        name
        for name in dir(ours.Tensor)
        if not name.startswith("_")
        and hasattr(real.Tensor, name)
        and name not in elsewhere
        and name.rstrip("_") not in TABLE
        and not (hasattr(ours, name.rstrip("_")) and is_covered(name.rstrip("_")))
    ]
    assert missing == []


def test_every_row_names_something() -> None:
    for name, row in TABLE.items():
        if row.function:
            found: Any = real
            for part in name.split("."):
                found = getattr(found, part)
            assert callable(found)
