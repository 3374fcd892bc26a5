"""The public names, listed: what is missing, what is extra and what is undocumented fails. Import costs little."""

from __future__ import annotations

import importlib
import inspect
import math
import subprocess
import sys
from types import ModuleType
from typing import Any

import pytest

import plugrad


def words(text: str) -> list[str]:
    return text.split()


MODULES = [
    "array_api",
    "autograd",
    "cuda",
    "fft",
    "func",
    "linalg",
    "nn",
    "optim",
    "random",
    "return_types",
    "special",
    "utils",
]

# Subpackages that show up because something imported them.
LOADED = {"backends", "cli", "core", "testing"}

CLASSES = words("""
    Backend BackendError Generator KernelNotFoundError OutOfMemoryError Size Tensor device dtype
    enable_grad finfo iinfo inference_mode no_grad set_grad_enabled
""")

DTYPES = words("""
    bfloat16 bool cdouble cfloat complex128 complex64 double float float16 float32 float64 half int
    int16 int32 int64 int8 long short uint16 uint32 uint64 uint8
""")

CONSTANTS = words("""
    default_generator e inf nan newaxis pi
""")

FUNCTIONS = words("""
    abs abs_ absolute acos acos_ acosh acosh_ add addbmm addcdiv addcmul addmm addmv addr adjoint
    all allclose amax amin aminmax angle any arange arccos arccos_ arccosh arccosh_ arcsin arcsin_
    arcsinh arcsinh_ arctan arctan2 arctan_ arctanh arctanh_ are_deterministic_algorithms_enabled
    argmax argmin argsort argwhere as_strided as_strided_scatter as_tensor asarray asin asin_ asinh
    asinh_ atan atan2 atan_ atanh atanh_ atleast_1d atleast_2d atleast_3d baddbmm bartlett_window
    bernoulli bincount bitwise_and bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift
    bitwise_xor blackman_window block_diag bmm broadcast_shapes broadcast_tensors broadcast_to
    bucketize can_cast cartesian_prod cat cdist ceil ceil_ celu celu_ chain_matmul channel_shuffle
    cholesky_inverse cholesky_solve chunk clamp clamp_ clamp_max clamp_max_ clamp_min clamp_min_
    clip clip_ clone column_stack combinations complex concat concatenate conj conj_physical
    conj_physical_ conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d copysign
    corrcoef cos cos_ cosh cosh_ cosine_similarity count_nonzero cov cross cummax cummin cumprod
    cumsum cumulative_trapezoid deg2rad deg2rad_ det diag diag_embed diagflat diagonal
    diagonal_scatter diff digamma dist div divide dot dsplit dstack einsum empty empty_like eq equal
    erf erf_ erfc erfc_ erfinv exp exp2 exp2_ exp_ expm1 expm1_ eye fix fix_ flatten flip fliplr
    flipud float_power floor floor_ floor_divide fmax fmin fmod frac frac_ frexp from_dlpack
    from_numpy full full_like gather gcd gcd_ ge ger get_default_device get_default_dtype
    get_float32_matmul_precision get_rng_state gradient greater greater_equal gt hamming_window
    hann_window hardshrink heaviside histc histogram histogramdd hookimpl hsplit hstack hypot i0 i0_
    igamma igammac imag index_add index_copy index_fill index_put index_put_ index_reduce
    index_select initial_seed inner inverse is_anomaly_check_nan_enabled is_anomaly_enabled
    is_complex is_conj is_debug_enabled is_deterministic_algorithms_warn_only_enabled
    is_floating_point is_grad_enabled is_inference_mode_enabled is_neg is_nonzero is_signed
    is_tensor isclose isfinite isin isinf isnan isneginf isposinf isreal istft kaiser_window kron
    kthvalue lcm lcm_ ldexp ldexp_ le lerp less less_equal lgamma linspace log log10 log10_ log1p
    log1p_ log2 log2_ log_ log_softmax logaddexp logaddexp2 logcumsumexp logdet logical_and
    logical_not logical_or logical_xor logit logit_ logspace logsumexp lt lu lu_solve lu_unpack
    manual_seed masked_fill masked_scatter masked_select matmul matrix_exp matrix_power max maximum
    mean median meshgrid min minimum mm mode moveaxis movedim msort mul multinomial multiply mv
    mvlgamma nan_to_num nan_to_num_ nanmean nanmedian nanquantile nansum narrow narrow_copy ne neg
    neg_ negative negative_ nextafter nonzero nonzero_static norm normal not_equal numel ones
    ones_like outer pairwise_distance pdist permute pinverse pixel_shuffle pixel_unshuffle poisson
    polar polygamma positive pow prelu prod promote_types put qr quantile rad2deg rad2deg_ rand
    rand_like randint randint_like randn randn_like randperm ravel real reciprocal reciprocal_
    register_backend relu relu_ remainder renorm repeat_interleave reshape resolve_conj resolve_neg
    result_type roll rot90 round round_ row_stack rrelu rrelu_ rsqrt rsqrt_ rsub scalar_tensor
    scatter scatter_add scatter_reduce searchsorted seed select select_scatter selu selu_
    set_anomaly_enabled set_debug_enabled set_default_device set_default_dtype
    set_float32_matmul_precision set_printoptions set_rng_state sgn sigmoid sigmoid_ sign signbit
    sin sin_ sinc sinc_ sinh sinh_ slice_scatter slogdet softmax sort split split_with_sizes sqrt
    sqrt_ square square_ squeeze stack std std_mean stft sub subtract sum svd swapaxes swapdims t
    take take_along_dim tan tan_ tanh tanh_ tensor tensor_split tensordot threshold threshold_ tile
    topk trace transpose trapezoid trapz triangular_solve tril tril_indices triu triu_indices
    true_divide trunc trunc_ unbind unflatten unique unique_consecutive unravel_index unsqueeze
    use_deterministic_algorithms vander var var_mean vdot view_as_complex view_as_real vmap vsplit
    vstack where xlogy xlogy_ zeros zeros_like
""")

PUBLIC = [*MODULES, *CLASSES, *DTYPES, *CONSTANTS, *FUNCTIONS]


def test_every_name_is_listed_once_and_in_order() -> None:
    assert len(PUBLIC) == len(set(PUBLIC))
    for names in (MODULES, CLASSES, DTYPES, CONSTANTS, FUNCTIONS):
        assert names == sorted(names)


def test_no_name_is_missing_and_none_is_extra() -> None:
    # pytest adds names such as "@pytest_ar" to modules whose assertions it explains.
    visible = {name for name in vars(plugrad) if name.isidentifier() and not name.startswith("_")} - LOADED
    visible.add("hookimpl")  # looked up when a plugin asks for it
    assert sorted(set(PUBLIC) - visible) == []
    assert sorted(visible - set(PUBLIC)) == []


@pytest.mark.parametrize("name", [*CLASSES, *FUNCTIONS])
def test_name_is_documented(name: str) -> None:
    text = inspect.getdoc(getattr(plugrad, name)) or ""
    first = text.partition("\n\n")[0].strip()
    assert first, f"plugrad.{name} has no docstring"
    assert "." in first, f"the docstring of plugrad.{name} does not start with a sentence"


@pytest.mark.parametrize("name", MODULES)
def test_module_is_documented(name: str) -> None:
    module = getattr(plugrad, name)
    assert isinstance(module, ModuleType)
    assert module.__doc__


def test_aliases() -> None:
    aliases = {
        "half": "float16", "float": "float32", "double": "float64", "short": "int16", "int": "int32",
        "long": "int64", "cfloat": "complex64", "cdouble": "complex128",
    }  # fmt: skip
    for alias, name in aliases.items():
        assert getattr(plugrad, alias) is getattr(plugrad, name)
    assert (plugrad.inf, plugrad.pi, plugrad.e, plugrad.newaxis) == (math.inf, math.pi, math.e, None)
    assert math.isnan(plugrad.nan)


def test_methods_and_functions_are_the_same_objects() -> None:
    for name in ("reshape", "bernoulli", "squeeze", "masked_fill"):
        assert getattr(plugrad.Tensor, name) is getattr(plugrad, name)
    # Those that take out= as functions, which methods do not.
    for name in ("exp", "sin", "sum", "sort"):
        assert getattr(plugrad.Tensor, name) is getattr(plugrad, name).__wrapped__


def test_optim_has_two_names() -> None:
    assert importlib.import_module("plugrad.optim") is plugrad.nn.optim is plugrad.optim
    assert importlib.import_module("plugrad.optim.sgd") is importlib.import_module("plugrad.nn.optim.sgd")


def test_unknown_names_are_unknown() -> None:
    with pytest.raises(AttributeError, match="module 'plugrad' has no attribute 'nothing'"):
        _ = plugrad.nothing


def test_hookimpl_marks_hooks() -> None:
    @plugrad.hookimpl
    def plugrad_backend() -> Any:
        """No backend."""

    assert plugrad_backend.plugrad_impl


def loaded_by(statement: str) -> set[str]:
    """The modules that an interpreter has loaded after one statement."""
    code = f"{statement}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("statement", ["import plugrad", "import plugrad.core", "import plugrad.nn.functional"])
def test_import_loads_no_array_library_no_plugin_and_no_metadata(statement: str) -> None:
    # An interpreter's own start may have loaded some, through .pth files.
    loaded = loaded_by(statement) - loaded_by("pass")
    assert "plugrad.core.tensor" in loaded
    heavy = {"numpy", "cupy", "jax", "torch", "array_api_strict", "safetensors", "pluggy", "importlib.metadata"}
    assert loaded & heavy == set()
    assert [name for name in loaded if name.startswith("plugrad.backends")] == []
    registered = loaded_by(
        f"{statement}\nfrom plugrad.core import registry\nassert not registry._loaded and not registry._failures"
    )
    assert "plugrad.core.registry" in registered


def test_first_tensor_loads_numpy_and_nothing_else() -> None:
    loaded = loaded_by("import plugrad; plugrad.zeros(2).sum()")
    assert {"numpy", "plugrad.backends.numpy.backend"} <= loaded
    assert "plugrad.backends.cupy" not in loaded
    assert loaded & {"torch", "jax", "cupy"} == set()
