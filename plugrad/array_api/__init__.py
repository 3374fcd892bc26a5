"""The Array API standard on Tensors, differentiable: what ``x.__array_namespace__()`` returns.

All functions, constants and dtypes of the `standard, 2024.12 <https://data-apis.org/array-api/2024.12/>`_, with its
names and its positional and keyword arguments, and its extensions ``linalg`` and ``fft``. An array is a
``plugrad.Tensor``: what these functions compute from one that requires gradients is part of the graph.

Functions follow the standard where PyTorch's methods and operators do not: a zero-dimensional array counts in
promotion like any other, unsigned integers combine with signed ones, and integers are added up in the default integer
dtype. Where the two agree, and where the standard leaves a result open, it is PyTorch's. ``x.size`` is PyTorch's
method.

Of a tensor that is not on the default device, ``x.__array_namespace__()`` makes arrays on the device of ``x``.

Example::

    >>> import plugrad.array_api as xp
    >>> x = xp.asarray([3.0, 4.0]).requires_grad_()
    >>> y = xp.sqrt(xp.sum(xp.square(x)))
    >>> y.backward()
    >>> x.grad
    tensor([0.6000, 0.8000])
"""

# ruff: noqa: A004, F401, F403 - the standard's names, some of them Python's, of chapters that say in __all__ what they have

from math import e as e
from math import inf as inf
from math import nan as nan
from math import pi as pi

from plugrad.array_api import _device as _device
from plugrad.array_api import fft as fft
from plugrad.array_api import linalg as linalg
from plugrad.array_api._creation import *
from plugrad.array_api._elementwise import *
from plugrad.array_api._info import *
from plugrad.array_api._manipulation import *
from plugrad.array_api._products import *
from plugrad.array_api._searching import *
from plugrad.array_api._statistics import *
from plugrad.array_api._types import *
from plugrad.core.dtypes import bool_ as bool
from plugrad.core.dtypes import complex64 as complex64
from plugrad.core.dtypes import complex128 as complex128
from plugrad.core.dtypes import float32 as float32
from plugrad.core.dtypes import float64 as float64
from plugrad.core.dtypes import int8 as int8
from plugrad.core.dtypes import int16 as int16
from plugrad.core.dtypes import int32 as int32
from plugrad.core.dtypes import int64 as int64
from plugrad.core.dtypes import uint8 as uint8
from plugrad.core.dtypes import uint16 as uint16
from plugrad.core.dtypes import uint32 as uint32
from plugrad.core.dtypes import uint64 as uint64

newaxis = None
__array_api_version__ = "2024.12"
