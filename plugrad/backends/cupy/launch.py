"""Launches of the CUDA kernels: which module, which instantiation, how many threads; and what takes their place.

The wrappers in ``kernels_*.py`` reach CuPy through ``library()`` only, so that the tests can run them, grids and
arguments included, on a machine without a GPU (tests/support/cuda_on_cpu).
"""

from __future__ import annotations

import importlib
from typing import Any, Final

import numpy as np

from plugrad.backends.cupy import sources
from plugrad.core.namespace import DEFINITIONS

#: Rows up to this length have a warp each, longer ones a block.
LONG: Final = 1024
#: Rows, or warps, of a block of short rows.
_ROWS_OF_BLOCK: Final = 4
#: Blocks go through what is left in strides, so that there need not be more than keep a GPU busy.
MOST_BLOCKS: Final = 1 << 16
#: Threads of a block where each thread is on its own.
BLOCK: Final = 256

_FILES: Final = {i: name for name, instantiations in sources.INSTANTIATIONS.items() for i in instantiations}

_NAMES: Final = {**sources.TYPES, **sources.INTEGERS}

_state: dict[str, Any] = {"library": None, "namespace": None, "kernels": True}
_modules: dict[str, Any] = {}
_functions: dict[tuple[Any, ...], Any] = {}


def use(library: Any, namespace: Any, kernels: bool = True) -> None:
    """Launch through another library than CuPy, with generic definitions over another namespace; None for CuPy's.

    ``kernels=False`` leaves everything to the definitions.
    """
    _state.update(library=library, namespace=namespace, kernels=kernels)
    _modules.clear()
    _functions.clear()


def uses(library: Any) -> bool:
    """Whether kernels are launched through this library."""
    return _state["library"] is library


def library() -> Any:
    """CuPy."""
    found = _state["library"]
    if found is None:
        found = _state["library"] = importlib.import_module("cupy")
    return found


def companion(name: str) -> Any:
    """A module that CuPy's distribution has beside CuPy, such as cupyx; a stand-in brings its own."""
    own = getattr(library(), "companions", None)
    return importlib.import_module(name) if own is None else own[name]


def strided(x: Any, shape: Any, strides: Any) -> Any:
    """A view of other strides, in bytes. CuPy's own says that it owns its memory: a view of it does not."""
    return library().lib.stride_tricks.as_strided(x, shape, strides)[...]


def generic(name: str, *arrays: Any, **options: Any) -> Any:
    """What an op's definition makes of raw arrays, where no kernel is for them."""
    namespace = _state["namespace"]
    if namespace is None:
        namespace = _state["namespace"] = importlib.import_module("plugrad.backends.cupy.backend").namespace()
    return DEFINITIONS[name](namespace, *arrays, **options)


def function(kernel: str, *parameters: Any) -> Any:
    """An instantiation of a kernel, for CuPy to launch: dtypes stand for CUDA's types.

    All of a file's instantiations are compiled when the first is asked for. CuPy keeps the result on disk.
    """
    key = (kernel, *parameters)
    found = _functions.get(key)
    if found is None:
        chosen = [_NAMES[p.name] if isinstance(p, np.dtype) else str(p) for p in parameters]
        expression = f"{kernel}<{', '.join(chosen)}>"
        name = _FILES[expression]
        module = _modules.get(name)
        if module is None:
            module = _modules[name] = library().RawModule(
                code=sources.source(name),
                options=sources.OPTIONS,
                name_expressions=list(sources.INSTANTIATIONS[name]),
            )
        found = _functions[key] = module.get_function(expression)
    return found


#: What a kernel takes for an array that is not there.
NOTHING: Final = np.intp(0)


def enabled() -> bool:
    """Whether kernels compute anything at all."""
    return bool(_state["kernels"])


def takes(*arrays: Any) -> bool:
    """Whether kernels are for arrays such as these: of one dtype that they know, and not empty."""
    dtype = arrays[0].dtype
    return enabled() and dtype.name in sources.TYPES and all([a.dtype == dtype and a.size for a in arrays])


def over_rows(kernel: str, rows: int, n: int, dtype: Any, *arguments: Any) -> None:
    """Launch a kernel of ``<T, THREADS>`` whose last parameters are the number of rows and their length."""
    threads, block, blocks = 256, (256, 1), rows
    if n <= LONG:
        threads, block, blocks = 32, (32, _ROWS_OF_BLOCK), -(-rows // _ROWS_OF_BLOCK)
    function(kernel, dtype, threads)((min(blocks, MOST_BLOCKS),), block, (*arguments, np.int64(rows), np.int64(n)))


def over_all(kernel: str, parameters: tuple[Any, ...], n: int, *arguments: Any) -> None:
    """Launch a kernel of which each thread is on its own, and whose last parameter is how many numbers there are.

    Up to 16 bytes are read at once, but the grid is of as many threads as numbers, for what can't be read so.
    """
    function(kernel, *parameters)((blocks_for(n),), (BLOCK,), (*arguments, np.int64(n)))


def blocks_for(count: int, each: int = BLOCK) -> int:
    """How many blocks of so many threads there are for so many things to do."""
    return max(1, min(-(-count // each), MOST_BLOCKS))
