"""PyTorch's autograd and nn, over any array library.

Public names only: tests/test_public_names.py lists them.
"""

# ruff: noqa: A004, F401, F403 - re-exports, under PyTorch's names, of chapters that say in __all__ what they have

import importlib as _importlib
from math import e as e
from math import inf as inf
from math import nan as nan
from math import pi as pi
from typing import Any as _Any

from plugrad import array_api as array_api
from plugrad import autograd as autograd
from plugrad import cuda as cuda
from plugrad import fft as fft
from plugrad import func as func
from plugrad import linalg as linalg
from plugrad import nn as nn
from plugrad import optim as optim
from plugrad import special as special
from plugrad import utils as utils
from plugrad._version import __version__ as __version__
from plugrad.core import random as random
from plugrad.core import return_types as return_types
from plugrad.core.anomaly import is_anomaly_check_nan_enabled as is_anomaly_check_nan_enabled
from plugrad.core.anomaly import is_anomaly_enabled as is_anomaly_enabled
from plugrad.core.anomaly import set_anomaly_enabled as set_anomaly_enabled
from plugrad.core.backend import Backend as Backend
from plugrad.core.creation import *
from plugrad.core.debug import is_debug_enabled as is_debug_enabled
from plugrad.core.debug import set_debug_enabled as set_debug_enabled
from plugrad.core.default_device import get_default_device as get_default_device
from plugrad.core.default_device import set_default_device as set_default_device
from plugrad.core.determinism import are_deterministic_algorithms_enabled as are_deterministic_algorithms_enabled
from plugrad.core.determinism import (
    is_deterministic_algorithms_warn_only_enabled as is_deterministic_algorithms_warn_only_enabled,
)
from plugrad.core.determinism import use_deterministic_algorithms as use_deterministic_algorithms
from plugrad.core.device import device as device
from plugrad.core.dtype_info import finfo as finfo
from plugrad.core.dtype_info import iinfo as iinfo
from plugrad.core.dtypes import bfloat16 as bfloat16
from plugrad.core.dtypes import bool_ as bool
from plugrad.core.dtypes import complex64 as cfloat
from plugrad.core.dtypes import complex64 as complex64
from plugrad.core.dtypes import complex128 as cdouble
from plugrad.core.dtypes import complex128 as complex128
from plugrad.core.dtypes import dtype as dtype
from plugrad.core.dtypes import float16 as float16
from plugrad.core.dtypes import float16 as half
from plugrad.core.dtypes import float32 as float
from plugrad.core.dtypes import float32 as float32
from plugrad.core.dtypes import float64 as double
from plugrad.core.dtypes import float64 as float64
from plugrad.core.dtypes import get_default_dtype as get_default_dtype
from plugrad.core.dtypes import int8 as int8
from plugrad.core.dtypes import int16 as int16
from plugrad.core.dtypes import int16 as short
from plugrad.core.dtypes import int32 as int
from plugrad.core.dtypes import int32 as int32
from plugrad.core.dtypes import int64 as int64
from plugrad.core.dtypes import int64 as long
from plugrad.core.dtypes import promote_types as promote_types
from plugrad.core.dtypes import set_default_dtype as set_default_dtype
from plugrad.core.dtypes import uint8 as uint8
from plugrad.core.dtypes import uint16 as uint16
from plugrad.core.dtypes import uint32 as uint32
from plugrad.core.dtypes import uint64 as uint64
from plugrad.core.errors import BackendError as BackendError
from plugrad.core.errors import KernelNotFoundError as KernelNotFoundError
from plugrad.core.errors import OutOfMemoryError as OutOfMemoryError
from plugrad.core.methods.accumulation import *
from plugrad.core.methods.arithmetic import *
from plugrad.core.methods.calculus import *
from plugrad.core.methods.combination import *
from plugrad.core.methods.combinatorial import *
from plugrad.core.methods.comparison import *
from plugrad.core.methods.complex_numbers import *
from plugrad.core.methods.conversion import *
from plugrad.core.methods.counting import *
from plugrad.core.methods.covariance import *
from plugrad.core.methods.diagonals import *
from plugrad.core.methods.distributions import *
from plugrad.core.methods.expansion import *
from plugrad.core.methods.extremum import *
from plugrad.core.methods.indexing import *
from plugrad.core.methods.joining import *
from plugrad.core.methods.linalg import *
from plugrad.core.methods.masks import *
from plugrad.core.methods.matrix_factors import *
from plugrad.core.methods.matrix_functions import *
from plugrad.core.methods.neural import *
from plugrad.core.methods.patching import *
from plugrad.core.methods.pointwise import *
from plugrad.core.methods.quantiles import *
from plugrad.core.methods.reduction import *
from plugrad.core.methods.repetition import *
from plugrad.core.methods.scan import *
from plugrad.core.methods.scatter import *
from plugrad.core.methods.selection import *
from plugrad.core.methods.shape import *
from plugrad.core.methods.short_time import *
from plugrad.core.methods.slices import *
from plugrad.core.methods.sorting import *
from plugrad.core.methods.special import *
from plugrad.core.methods.splitting import *
from plugrad.core.methods.spread import *
from plugrad.core.methods.transposition import *
from plugrad.core.methods.with_out import accept_out as _accept_out
from plugrad.core.modes import enable_grad as enable_grad
from plugrad.core.modes import inference_mode as inference_mode
from plugrad.core.modes import is_grad_enabled as is_grad_enabled
from plugrad.core.modes import is_inference_mode_enabled as is_inference_mode_enabled
from plugrad.core.modes import no_grad as no_grad
from plugrad.core.modes import set_grad_enabled as set_grad_enabled
from plugrad.core.precision import get_float32_matmul_precision as get_float32_matmul_precision
from plugrad.core.precision import set_float32_matmul_precision as set_float32_matmul_precision
from plugrad.core.printing import set_printoptions as set_printoptions
from plugrad.core.random import *
from plugrad.core.registry import register_backend as register_backend
from plugrad.core.size import Size as Size
from plugrad.core.tensor import Tensor as Tensor
from plugrad.core.transforms.vmap import vmap as vmap
from plugrad.core.windows import *
from plugrad.nn.functional import celu as celu
from plugrad.nn.functional import celu_ as celu_
from plugrad.nn.functional import channel_shuffle as channel_shuffle
from plugrad.nn.functional import conv1d as conv1d
from plugrad.nn.functional import conv2d as conv2d
from plugrad.nn.functional import conv3d as conv3d
from plugrad.nn.functional import conv_transpose1d as conv_transpose1d
from plugrad.nn.functional import conv_transpose2d as conv_transpose2d
from plugrad.nn.functional import conv_transpose3d as conv_transpose3d
from plugrad.nn.functional import cosine_similarity as cosine_similarity
from plugrad.nn.functional import hardshrink as hardshrink
from plugrad.nn.functional import pairwise_distance as pairwise_distance
from plugrad.nn.functional import pdist as pdist
from plugrad.nn.functional import pixel_shuffle as pixel_shuffle
from plugrad.nn.functional import pixel_unshuffle as pixel_unshuffle
from plugrad.nn.functional import prelu as prelu
from plugrad.nn.functional import rrelu as rrelu
from plugrad.nn.functional import rrelu_ as rrelu_
from plugrad.nn.functional import selu as selu
from plugrad.nn.functional import selu_ as selu_
from plugrad.nn.functional import threshold as threshold
from plugrad.nn.functional import threshold_ as threshold_

newaxis = None
_accept_out(globals())


def __getattr__(name: str) -> _Any:
    # Only plugins need pluggy: the marker of hooks is looked up when one asks for it.
    if name == "hookimpl":
        return _importlib.import_module("plugrad.core.hookspecs").hookimpl
    raise AttributeError(f"module 'plugrad' has no attribute '{name}'")
