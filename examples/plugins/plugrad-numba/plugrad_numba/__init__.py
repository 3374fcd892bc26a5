"""Faster kernels for plugrad's NumPy backend, compiled by Numba and shared among the cores.

Each serves large contiguous arrays of float32 and float64. Everything else goes to the kernel that would run without
this plugin.
"""

import plugrad

plugrad_api = (1, 0)


@plugrad.hookimpl
def plugrad_kernels(backend, earlier):
    """The kernels, over those that the backend has by now."""
    from plugrad_numba import classes, pointwise, rows, tables, updates, windows

    found = {}
    for chapter in (pointwise, rows, classes, tables, updates, windows):
        found |= chapter.kernels(earlier)
    return found
