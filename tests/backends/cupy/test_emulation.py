"""The stand-in itself: it runs what it should, and finds what is wrong with a kernel or a launch."""

import shutil

import numpy as np
import pytest

from tests.support import cuda_on_cpu
from tests.support.cuda_on_cpu import Library

if cuda_on_cpu.compiler() is None:
    pytest.skip("no g++ to compile CUDA kernels for the processor with", allow_module_level=True)

CODE = """
#include <cuda_fp16.h>
#include <cuda_bf16.h>
template <int BARRIER> __global__ void turn_around(const int* x, int* y) {
    __shared__ int kept[64];
    kept[threadIdx.x] = x[64 * blockIdx.x + threadIdx.x];
    if (BARRIER) __syncthreads();
    y[64 * blockIdx.x + threadIdx.x] = kept[63 - threadIdx.x];
    if (BARRIER) __syncthreads();
}
template <int WHO> __global__ void some_wait(int* y) {
    if (threadIdx.x < WHO) __syncthreads();
    y[threadIdx.x] = 1;
}
template <int WHO> __global__ void some_shuffle(int* y) {
    int x = threadIdx.x;
    if (threadIdx.x < WHO) x = __shfl_xor_sync(0xffffffffu, x, 1);
    y[threadIdx.x] = x;
}
template <int N> __global__ void lanes(int* y) {
    const int x = 10 * threadIdx.x;
    y[threadIdx.x] = __shfl_xor_sync(0xffffffffu, x, 5) + __shfl_down_sync(0xffffffffu, x, 4)
        + 1000 * __shfl_sync(0xffffffffu, x, 7);
}
template <int N> __global__ void blocks_wait(int* y) { y[blockIdx.x] = blockIdx.x ? y[blockIdx.x - 1] + 1 : 1; }
template <class T> __global__ void from_float(const float* x, T* y, int n) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) y[i] = x[i];
}
template <class T> __global__ void to_float(const T* x, float* y, int n) {
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) y[i] = x[i];
}
template <int PLACE> __global__ void write_at(int* y) { y[PLACE] = 1; }
template <int N> __global__ void write_input(const int* x) { const_cast<int*>(x)[0] = N; }
struct Two { int a; double b; };
template <int N> __global__ void parameters(Two two, float x, long long n, unsigned char k, double* y) {
    y[0] = two.a + two.b + x + n + k;
}
template <int N> __global__ void atomics(int* count) { atomicAdd(count, N); }
"""
NAMES = [
    "turn_around<1>", "turn_around<0>", "some_wait<64>", "some_wait<40>", "some_shuffle<32>", "some_shuffle<31>",
    "lanes<0>", "blocks_wait<0>", "from_float<__half>", "from_float<__nv_bfloat16>", "to_float<__half>",
    "to_float<__nv_bfloat16>", "write_at<3>", "write_at<4>", "write_at<-1>", "write_input<1>", "parameters<0>",
    "atomics<2>",
]  # fmt: skip


@pytest.fixture(scope="module")
def module():
    return Library.RawModule(code=CODE, options=("--std=c++17",), name_expressions=NAMES)


@pytest.fixture(autouse=True)
def no_memory_is_kept():
    yield
    cuda_on_cpu.forget()


def ints(n):
    return Library.array(np.arange(n, dtype=np.int32))


def test_threads_meet_at_barriers(module):
    x, y = ints(128), Library.zeros(128, "int32")
    module.get_function("turn_around<1>")((2,), (64,), (x, y))
    assert y.tolist() == [*range(63, -1, -1), *range(127, 63, -1)]


def test_a_missing_barrier_is_found(module):
    with pytest.raises(AssertionError, match="depends on the order of threads"):
        module.get_function("turn_around<0>")((1,), (64,), (ints(64), Library.zeros(64, "int32")))


def test_blocks_that_need_an_order_are_found(module):
    with pytest.raises(AssertionError, match="depends on the order of threads"):
        module.get_function("blocks_wait<0>")((4,), (1,), (Library.zeros(4, "int32"),))


def test_a_barrier_that_some_threads_miss_is_found(module):
    module.get_function("some_wait<64>")((1,), (64,), (Library.zeros(64, "int32"),))
    with pytest.raises(AssertionError, match="__syncthreads is reached by some of the threads only: thread"):
        module.get_function("some_wait<40>")((1,), (64,), (Library.zeros(64, "int32"),))


def test_a_shuffle_that_some_lanes_miss_is_found(module):
    module.get_function("some_shuffle<32>")((1,), (32,), (Library.zeros(32, "int32"),))
    with pytest.raises(AssertionError, match="a shuffle is reached by some of a warp's lanes only: thread"):
        module.get_function("some_shuffle<31>")((1,), (32,), (Library.zeros(32, "int32"),))
    with pytest.raises(AssertionError, match="a shuffle of a part of a warp"):
        module.get_function("some_shuffle<32>")((1,), (16,), (Library.zeros(32, "int32"),))


def test_shuffles(module):
    y = Library.zeros(64, "int32")
    module.get_function("lanes<0>")((1,), (32, 2), (y[:32],))
    wanted = [10 * (i ^ 5) + 10 * (i + 4 if i + 4 < 32 else i) + 70000 for i in range(32)]
    assert y[:32].tolist() == wanted


@pytest.mark.parametrize(("name", "cuda"), [("float16", "__half"), ("bfloat16", "__nv_bfloat16")])
def test_half_types_round_as_numpy_does(module, name, cuda):
    ml_dtypes = pytest.importorskip("ml_dtypes")
    dtype = np.dtype(ml_dtypes.bfloat16 if name == "bfloat16" else name)
    every = np.arange(1 << 16, dtype=np.uint16).view(dtype)
    x, y = Library.array(every), Library.empty(1 << 16, "float32")
    module.get_function(f"to_float<{cuda}>")((256,), (256,), (x, y, np.int32(1 << 16)))
    wanted = every.astype(np.float32)
    assert np.array_equal(y, wanted, equal_nan=True)
    # All of them, what lies in the middle between two, a bit more and less, and random ones.
    finite = wanted[np.isfinite(wanted)]
    middle = ((finite[1:].astype(np.float64) + finite[:-1]) / 2).astype(np.float32)
    random = np.random.default_rng(0).integers(0, 1 << 32, 1 << 16, np.uint32).view(np.float32)
    for values in (
        wanted,
        middle,
        np.nextafter(middle, np.float32(np.inf)),
        np.nextafter(middle, np.float32(-np.inf)),
        random,
    ):
        x, y = Library.array(values), Library.empty(values.size, dtype)
        module.get_function(f"from_float<{cuda}>")((256,), (256,), (x, y, np.int32(values.size)))
        with np.errstate(all="ignore"):
            assert np.array_equal(y.astype(np.float32), values.astype(dtype).astype(np.float32), equal_nan=True)


def test_writes_beside_an_array_are_found(module):
    module.get_function("write_at<3>")((1,), (1,), (Library.zeros(4, "int32"),))
    for place in (4, -1):
        with pytest.raises(AssertionError, match="wrote beside an array"):
            module.get_function(f"write_at<{place}>")((1,), (1,), (Library.zeros(4, "int32"),))
        cuda_on_cpu.forget()


def test_writes_to_an_input_are_found(module):
    with pytest.raises(AssertionError, match="wrote to an input"):
        module.get_function("write_input<1>")((1,), (1,), (Library.zeros(4, "int32"),))


def test_arguments_are_checked(module):
    kernel = module.get_function("parameters<0>")
    two = np.array([(3, 0.5)], np.dtype([("a", "i4"), ("b", "f8")], align=True))
    y = Library.zeros(1, "float64")
    good = [two, np.float32(2), np.int64(10), np.uint8(100), y]
    kernel((1,), (1,), good)
    assert y[0] == 115.5
    for place, wrong, message in [
        (0, np.array([(3, 0.5)], "i4,f8"), "struct16"),
        (1, 2.0, "float32"),
        (1, np.float64(2), "float64 for float32"),
        (2, np.int32(1), "int32 for int64"),
        (2, 1, "int64"),
        (4, np.float64(1), r"for float64\*"),
        (4, Library.zeros(1, "float32"), r"an array of float32 for float64\*"),
        (4, Library.zeros((2, 2), "float64").T[0], "contiguous"),
    ]:
        arguments = [wrong if i == place else a for i, a in enumerate(good)]
        with pytest.raises(AssertionError, match=message):
            kernel((1,), (1,), arguments)
    with pytest.raises(AssertionError, match="takes 5 arguments, got 4"):
        kernel((1,), (1,), good[:4])
    for grid, block in [((0,), (1,)), ((1,), (2048,)), ((1, 65536), (1,))]:
        with pytest.raises(AssertionError, match=r"empty|too many"):
            kernel(grid, block, good)
    with pytest.raises(AssertionError, match="not among the instantiations"):
        module.get_function("parameters<1>")


def test_atomics(module):
    count = Library.zeros(1, "int32")
    module.get_function("atomics<2>")((3,), (64,), (count,))
    assert count[0] == 3 * 64 * 2


def test_the_header_is_short_enough_to_be_read():
    lines = (cuda_on_cpu.HERE / "cuda_on_cpu.h").read_text().splitlines()
    assert len(lines) < 500
    assert shutil.which("g++")
