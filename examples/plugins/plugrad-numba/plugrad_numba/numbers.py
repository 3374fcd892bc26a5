"""Functions of one number in arithmetic alone, so that the compiler computes several at once.

The polynomials of exp are those of S. Moshier's Cephes library (https://www.netlib.org/cephes), within 1 unit in the
last place. A product and a sum may be one instruction, which rounds once; functions that only add may do so in any
order. Nothing is assumed of nans and infinities.
"""

import math

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic, overload

#: How every kernel is compiled. Divisions by zero give infinity, as in NumPy.
OPTIONS = {"nogil": True, "cache": True, "error_model": "numpy", "fastmath": {"contract"}}
#: How functions are that kernels call.
INNER = {"error_model": "numpy", "fastmath": {"contract"}}
#: For functions that only add: sums in any order.
REORDERED = {**OPTIONS, "fastmath": {"reassoc", "contract"}}

compiled = njit(**OPTIONS)
summing = njit(**REORDERED)


@intrinsic
def _float_of_bits(context, bits):
    """The number whose bits an integer has."""
    result, kind = (types.float32, ir.FloatType()) if bits == types.int32 else (types.float64, ir.DoubleType())

    def generate(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], kind)

    return result(bits), generate


def exp(x):
    """e**x."""
    raise NotImplementedError("for compiled functions")


@overload(exp, jit_options=INNER)
def _exp(x):
    if x == types.float32:
        f = np.float32
        log2_e, half, one = f(1.4426950408889634), f(0.5), f(1)
        # log 2 in two parts, of which the first has few digits.
        high, low = f(0.693359375), f(-2.12194440e-4)
        c = [f(v) for v in (
            1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1,
        )]  # fmt: skip
        c0, c1, c2, c3, c4, c5 = c
        least, most, edge = f(-150), f(128), f(1)

        def single(x):
            n = np.floor(x * log2_e + half)
            n = min(max(n, least), most)
            r = x - n * high
            r = r - n * low
            # Beyond the range r is large; a nan passes.
            r = min(max(r, -edge), edge)
            p = ((((c0 * r + c1) * r + c2) * r + c3) * r + c4) * r + c5
            y = p * (r * r) + r + one
            k = np.int32(n)
            # 2**k in two factors, each of which has an exponent of its own.
            first = k >> np.int32(1)
            a = _float_of_bits(np.int32((first + np.int32(127)) << np.int32(23)))
            b = _float_of_bits(np.int32((k - first + np.int32(127)) << np.int32(23)))
            return y * a * b

        return single
    if x == types.float64:

        def double(x):
            n = np.floor(x * 1.4426950408889634 + 0.5)
            n = min(max(n, -1080.0), 1024.0)
            r = x - n * 6.93145751953125e-1
            r = r - n * 1.42860682030941723212e-6
            r = min(max(r, -1.0), 1.0)
            s = r * r
            p = r * ((1.26177193074810590878e-4 * s + 3.02994407707441961300e-2) * s + 9.99999999999999999910e-1)
            q = (3.00198505138664455042e-6 * s + 2.52448340349684104192e-3) * s + 2.27265548208155028766e-1
            y = 1.0 + 2.0 * (p / (q * s + 2.0 - p))
            k = np.int64(n)
            first = k >> np.int64(1)
            a = _float_of_bits(np.int64((first + np.int64(1023)) << np.int64(52)))
            b = _float_of_bits(np.int64((k - first + np.int64(1023)) << np.int64(52)))
            return y * a * b

        return double
    return None


def constant(x, value):
    """A number in the precision of another."""
    raise NotImplementedError("for compiled functions")


@overload(constant)
def _constant(x, value):
    if x == types.float32:
        return lambda x, value: np.float32(value)
    return lambda x, value: value


def normal(x):
    """The cumulative normal distribution."""
    raise NotImplementedError("for compiled functions")


# erf(z) = tanh(z R(z**2)), where R is this ratio, within 2e-8 for z**2 up to 16, where float32's erf is 1.
_NUMERATOR = (0.0020008394856213957, 0.040888147758771576, 0.27632796912582845, 1.1283791853823796)
_DENOMINATOR = (0.00028624602318003863, 0.02241056955180945, 0.1538099203905052, 1.0)


@overload(normal, jit_options=INNER)
def _normal(x):
    root_half = math.sqrt(0.5)
    if x == types.float32:
        f = np.float32
        n0, n1, n2, n3 = [f(c) for c in _NUMERATOR]
        d0, d1, d2, d3 = [f(c) for c in _DENOMINATOR]
        limit, root, one, minus_two = f(16), f(root_half), f(1), f(-2)

        def single(x):
            z = x * root
            s = min(z * z, limit)
            ratio = (((n0 * s + n1) * s + n2) * s + n3) / (((d0 * s + d1) * s + d2) * s + d3)
            # (1 + tanh(u)) / 2 = 1 / (1 + exp(-2 u))
            return one / (one + exp(minus_two * (z * ratio)))

        return single
    return lambda x: 0.5 * math.erfc(-x * root_half)
