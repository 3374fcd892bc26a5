"""A stand-in for the part of CuPy that kernels are launched through, which runs them on the processor.

``Library`` has CuPy's names: arrays are NumPy's, in memory with guards around it, and ``RawModule`` compiles the
CUDA source that it is given with g++ (``cuda_on_cpu.h`` says how). Every launch is checked:

* as many arguments as the kernel has parameters, arrays where it takes pointers, of the dtype that they point to, and
  NumPy scalars of the very dtype of the others (CuPy hands Python numbers over as 64 bits, whatever the parameter);
* nothing was written in front of an array or behind it, nor anything that the kernel has as ``const``;
* with threads and blocks in the reverse order the kernel writes the same, bit for bit, unless it is in ``UNORDERED``.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np

HERE = Path(__file__).parent
#: Bytes of guard on both sides of every array: as many as the widest read.
GUARD = 64
#: Kernels whose result may depend on the order of threads, as they add with atomics.
UNORDERED = ("embedding_add<", "unpool_add<")


#: Kernels whose first argument is a table: addresses of parameters, gradients and state, and how many numbers.
TABLES = {"sgd": 4, "adam": 6}


def compiler() -> str | None:
    """The C++ compiler, or None where there is none."""
    return shutil.which("g++")


# -- memory -----------------------------------------------------------------------------------------------------


class Array(np.ndarray):
    """A NumPy array that says where it is in CuPy's way, and makes arrays in guarded memory."""

    @property
    def data(self) -> Any:
        return SimpleNamespace(ptr=self.ctypes.data)

    def get(self) -> Any:
        return np.array(self)

    def astype(self, dtype: Any, *args: Any, **options: Any) -> Any:
        return Library.array(np.ndarray.astype(self, dtype, *args, **options))


def guarded(shape: Any, dtype: Any) -> Array:
    """An array on 256 bytes, as CuPy's are, full of nonsense (nan where there is one), with guards around it."""
    dtype = np.dtype(dtype)
    size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    memory = np.full(size + 2 * GUARD + 256, 0xFF, np.uint8)
    start = -(memory.ctypes.data + GUARD) % 256 + GUARD
    _GUARDS[memory.ctypes.data + start] = (memory, start, size)
    return np.ndarray.__new__(Array, shape, dtype, memory[start : start + size])


#: Address of each array that ``guarded`` made and that was not yet dropped -> its memory.
_GUARDS: dict[int, tuple[Any, int, int]] = {}


def check_guards() -> None:
    """An AssertionError if anything was written beside an array."""
    for memory, start, size in _GUARDS.values():
        beside = (memory[:start], memory[start + size :])
        assert all((part == 0xFF).all() for part in beside), "a kernel wrote beside an array"


def forget() -> None:
    """Drop the memory of all arrays; those in use keep theirs, without being checked again."""
    _GUARDS.clear()


# -- kernels ----------------------------------------------------------------------------------------------------


def build(code: str, instantiations: Sequence[str], folder: Path | None = None) -> Path:
    """The shared library of a CUDA source, from the cache where the same was built before.

    Raises:
        subprocess.CalledProcessError: The compiler refused.
    """
    entries = ",\n".join(f'    cuda_on_cpu::describe("{i}", &{i})' for i in instantiations)
    text = f'#include "cuda_on_cpu.h"\n{code}\n#line 1 "instantiations"\nCUDA_ON_CPU_KERNELS(\n{entries})\n'
    header = (HERE / "cuda_on_cpu.h").read_text()
    name = hashlib.sha256((header + text).encode()).hexdigest()[:24]
    folder = folder or Path(tempfile.gettempdir()) / f"plugrad-cuda-on-cpu-{os.getuid()}"
    folder.mkdir(exist_ok=True, mode=0o700)
    built = folder / f"{name}.so"
    if not built.exists():
        with tempfile.TemporaryDirectory(dir=folder) as work:
            file, made = Path(work) / "kernels.cpp", Path(work) / "kernels.so"
            file.write_text(text)
            command = [str(compiler()), "-std=c++17", "-O1", "-fPIC", "-shared", "-Wall", "-Wno-unused-function"]
            # Products and sums stay apart, so that results don't depend on the processor.
            command += ["-Wno-unknown-pragmas", "-ffp-contract=off", f"-I{HERE}", str(file), "-o", str(made)]
            subprocess.run(command, check=True, capture_output=True, text=True)
            # Two processes may build the same at once.
            os.replace(made, built)
    return built


class RawModule:
    """CuPy's RawModule, of which the kernels run here."""

    def __init__(self, *, code: str, options: tuple[str, ...] = (), name_expressions: Sequence[str] = ()) -> None:
        assert "--std=c++17" in options
        self._library = ctypes.CDLL(str(build(code, name_expressions)))
        self._library.kernels.restype = self._library.launch.restype = ctypes.c_char_p
        lines = self._library.kernels().decode().splitlines()
        self._parameters = [line.partition("\t")[::2] for line in lines]

    def get_function(self, name: str) -> Kernel:
        numbers = [i for i, (known, _) in enumerate(self._parameters) if known == name]
        assert numbers, f"{name} is not among the instantiations of its module"
        return Kernel(self._library, numbers[0], name, self._parameters[numbers[0]][1].split(","))


class Kernel:
    """CuPy's RawKernel: call it with a grid, a block and arguments."""

    #: Names of the kernels launched, in order, for tests that ask which path was taken.
    launched: ClassVar[list[str]] = []

    def __init__(self, library: Any, number: int, name: str, parameters: list[str]) -> None:
        self._library = library
        self._number = number
        self.name = name
        self.parameters = parameters

    def __call__(self, grid: Any, block: Any, arguments: Any) -> None:
        grid, block = [(*map(int, sizes), 1, 1)[:3] for sizes in (grid, block)]
        assert all(n >= 1 for n in (*grid, *block)), f"{self.name}: an empty launch is an error: {grid}, {block}"
        most = (2**31 - 1, 65535, 65535)
        assert all(n <= limit for n, limit in zip(grid, most, strict=True)), f"{self.name}: too many blocks: {grid}"
        assert np.prod(block) <= 1024, f"{self.name}: too many threads in a block: {block}"
        assert len(arguments) == len(self.parameters), (
            f"{self.name} takes {len(self.parameters)} arguments, got {len(arguments)}"
        )
        values = [self._checked(*pair) for pair in zip(self.parameters, arguments, strict=True)]
        arrays = [memory[start : start + size] for memory, start, size in _GUARDS.values()]
        arrays += self._reached(arguments)
        arrays += [_memory_of(a) for a in arguments if isinstance(a, np.ndarray) and a.dtype.names is None]
        constant = [
            (a, _memory_of(a).tobytes())
            for p, a in zip(self.parameters, arguments, strict=True)
            if p.startswith("const") and isinstance(a, np.ndarray)
        ]
        before = [a.copy() for a in arrays]
        self._run(grid, block, values, reverse=True)
        reversed_results = [a.copy() for a in arrays]
        for array, old in zip(arrays, before, strict=True):
            array[...] = old
        self._run(grid, block, values, reverse=False)
        check_guards()
        assert all(_memory_of(a).tobytes() == bytes_ for a, bytes_ in constant), f"{self.name} wrote to an input"
        if not self.name.startswith(UNORDERED):
            for array, other in zip(arrays, reversed_results, strict=True):
                assert array.tobytes() == other.tobytes(), f"{self.name} depends on the order of threads"
        Kernel.launched.append(self.name)

    def _reached(self, arguments: Any) -> list[Any]:
        """The memory that a kernel reaches through a table of addresses."""
        kernel, _, parameters = self.name.removesuffix(">").partition("<")
        if kernel not in TABLES:
            return []
        sizes = [{"float": 4, "double": 8}.get(name, 2) for name in parameters.split(", ")]
        found = []
        for row in _memory_of(arguments[0]).view(np.int64).reshape(-1, TABLES[kernel]).tolist():
            *addresses, n = row
            for place, address in enumerate(addresses):
                if address:
                    of_state = place >= 2
                    memory = (ctypes.c_ubyte * (n * sizes[of_state])).from_address(address)
                    found.append(np.frombuffer(memory, np.uint8))
        return found

    def _checked(self, parameter: str, value: Any) -> Any:
        """An argument as C has it."""
        if parameter.endswith("*"):
            if value is None or (isinstance(value, np.generic) and value == 0):
                # A pointer to nothing: CuPy takes an integer of 64 bits.
                assert isinstance(value, np.intp), f"{self.name}: {value!r} for {parameter}"
                return ctypes.c_void_p(0)
            assert isinstance(value, Array), f"{self.name}: {type(value)} for {parameter}"
            pointed = parameter.removeprefix("const ").removesuffix("*")
            assert pointed == "void" or value.dtype.name == pointed or pointed == f"struct{value.itemsize}", (
                f"{self.name}: an array of {value.dtype} for {parameter}"
            )
            assert value.flags.c_contiguous, f"{self.name}: an array that is not contiguous"
            return ctypes.c_void_p(value.ctypes.data)
        if parameter.startswith("struct"):
            assert isinstance(value, np.ndarray), f"{self.name}: {value!r} for {parameter}"
            assert value.size == 1, f"{self.name}: {value!r} for {parameter}"
            assert value.itemsize == int(parameter.removeprefix("struct")), f"{self.name}: {value.dtype}, {parameter}"
            return ctypes.create_string_buffer(value.tobytes(), value.itemsize)
        assert isinstance(value, np.generic), f"{self.name}: {value!r} ({type(value)}) for {parameter}"
        assert value.dtype.name == parameter, f"{self.name}: {value.dtype} for {parameter}"
        return ctypes.create_string_buffer(value.tobytes(), value.itemsize)

    def _run(self, grid: Any, block: Any, values: list[Any], *, reverse: bool) -> None:
        pointers = (ctypes.c_void_p * len(values))(*[ctypes.cast(ctypes.pointer(v), ctypes.c_void_p) for v in values])
        sizes = [(ctypes.c_uint * 3)(*n) for n in (grid, block)]
        error = self._library.launch(self._number, *sizes, pointers, int(reverse)).decode()
        assert not error, f"{self.name}: {error}"


def _memory_of(array: Any) -> Any:
    """The bytes of a contiguous array."""
    return np.ndarray.view(array, np.ndarray).reshape(-1).view(np.uint8)


# -- the library ------------------------------------------------------------------------------------------------


class Library:
    """The functions of CuPy that launching takes, on the memory of the host."""

    RawModule = RawModule
    ndarray = Array
    cuda = SimpleNamespace(runtime=SimpleNamespace(getDevice=lambda: 0))

    @staticmethod
    def empty(shape: Any, dtype: Any) -> Array:
        return guarded(shape, dtype)

    @staticmethod
    def zeros(shape: Any, dtype: Any) -> Array:
        out = guarded(shape, dtype)
        out[...] = np.zeros((), dtype)
        return out

    @staticmethod
    def array(values: Any, dtype: Any = None) -> Array:
        values = np.asarray(values, dtype)
        out = guarded(values.shape, values.dtype)
        out[...] = values
        return out

    asarray = array

    @staticmethod
    def ascontiguousarray(x: Any) -> Array:
        return x if isinstance(x, Array) and x.flags.c_contiguous else Library.array(x)

    @staticmethod
    def arange(start: int, stop: int, step: int, dtype: Any) -> Array:
        return Library.array(np.arange(start, stop, step, dtype))

    @staticmethod
    def argsort(x: Array, kind: str) -> Array:
        return Library.array(np.argsort(np.asarray(x), kind=kind))

    @staticmethod
    def sum(x: Array) -> Array:
        return Library.array(np.sum(x, dtype=np.float32 if x.dtype.itemsize == 2 else None).astype(x.dtype))
