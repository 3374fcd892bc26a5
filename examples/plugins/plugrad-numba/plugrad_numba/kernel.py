"""When a kernel of this plugin serves, and when the one before it does."""

import os

import numpy as np

SINGLE, DOUBLE = np.dtype("f4"), np.dtype("f8")


def threshold(size):
    """From which size of an array on a kernel is used: where it was measured to be the faster one.

    The environment variable PLUGRAD_NUMBA_THRESHOLD sets another for all, as tests do that want small arrays computed
    by them too.
    """
    return int(os.environ.get("PLUGRAD_NUMBA_THRESHOLD", size))


def fits(least, x, *others):
    """Whether arrays are large enough, of one shape and one dtype that kernels are written for, and contiguous."""
    dtype = x.dtype
    return (
        x.size >= least
        and x.size > 0
        and (dtype is SINGLE or dtype is DOUBLE or dtype in (SINGLE, DOUBLE))
        and x.flags.c_contiguous
        and all([a.dtype == dtype and a.shape == x.shape and a.flags.c_contiguous for a in others])
    )
