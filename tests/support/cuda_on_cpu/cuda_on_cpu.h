// CUDA C++ on a processor: what plugrad's kernels use of the language, for tests on machines without a GPU.
//
// A kernel file is compiled by an ordinary C++17 compiler with this header in front. Blocks run one after another.
// The threads of a block are fibers (ucontext): each runs until it ends or waits at a barrier or a shuffle, then the
// next one has its turn. So there is no parallelism, but there is every order that matters:
//
// * A launch runs threads and blocks in order, or in the reverse order. A kernel that needs a barrier which is not
//   there, or a block to come before another, computes something else in one of the two.
// * A barrier that only some threads of a block reach, or a shuffle that only some lanes of a warp reach, is an
//   error here, where a GPU hangs or makes numbers up. Threads that have returned count as missing.
// * Shared memory is a static variable. It holds what the last block left, as on a GPU.
//
// What is not as on a GPU: float32 denormals are kept (CuPy compiles with -ftz=true), products and sums are not
// contracted, and functions such as exp are the C library's, so that last bits differ. Memory is consistent at once:
// a missing __threadfence is not seen. Half types are only converted to float and back.
//
// At the end of the generated file stands CUDA_ON_CPU_KERNELS(...) with all instantiations, which makes them known
// by name to `kernels` and `launch`, with the types of their parameters, so that a call can be checked against them.
#pragma once

#include <ucontext.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __shared__ static

// -- numbers ------------------------------------------------------------------------------------------------

using std::ceil;
using std::erf;
using std::exp;
using std::expm1;
using std::fabs;
using std::floor;
using std::fmax;
using std::fmin;
using std::isnan;
using std::log;
using std::log1p;
using std::pow;
using std::sqrt;
using std::tanh;

inline float rsqrt(float x) { return 1.0f / std::sqrt(x); }
inline double rsqrt(double x) { return 1.0 / std::sqrt(x); }
template <class A> inline A max(A x, A y) { return x < y ? y : x; }
template <class A> inline A min(A x, A y) { return y < x ? y : x; }

template <class To, class From> inline To same_bits(From from) {
    static_assert(sizeof(To) == sizeof(From), "of one size");
    To to;
    std::memcpy(&to, &from, sizeof to);
    return to;
}
inline float __int_as_float(int bits) { return same_bits<float>(bits); }
inline int __float_as_int(float x) { return same_bits<int>(x); }
inline double __longlong_as_double(long long bits) { return same_bits<double>(bits); }
inline unsigned __umulhi(unsigned a, unsigned b) {
    return static_cast<unsigned>((static_cast<unsigned long long>(a) * b) >> 32);
}

// Converted to the nearest, the even one of two equally near, as a GPU does.
struct __half {
    uint16_t bits;
    __half() = default;
    __half(float x) {
        const uint32_t all = same_bits<uint32_t>(x), sign = (all >> 16) & 0x8000u, rest = all & 0x7fffffffu;
        if (rest > 0x7f800000u) {
            bits = static_cast<uint16_t>(sign | 0x7e00u);  // nan
        } else if (rest >= 0x47800000u) {
            bits = static_cast<uint16_t>(sign | 0x7c00u);  // at least 65536
        } else if (rest >= 0x38800000u) {
            const uint32_t shifted = rest - 0x38000000u;  // the exponent's bias is 15, not 127
            bits = static_cast<uint16_t>(sign | ((shifted + 0xfffu + ((shifted >> 13) & 1u)) >> 13));
        } else {
            // A multiple of 2**-24: the sum with 2**-1 drops what is below that, rounding as a processor does.
            const float magnitude = same_bits<float>(rest) + 0.5f;
            bits = static_cast<uint16_t>(sign | (same_bits<uint32_t>(magnitude) - 0x3f000000u));
        }
    }
    operator float() const {
        const uint32_t sign = (bits & 0x8000u) << 16, exponent = (bits >> 10) & 31u, fraction = bits & 0x3ffu;
        if (exponent == 31) return same_bits<float>(sign | 0x7f800000u | (fraction << 13));
        if (exponent == 0) return (sign ? -1.0f : 1.0f) * std::ldexp(static_cast<float>(fraction), -24);
        return same_bits<float>(sign | ((exponent + 112) << 23) | (fraction << 13));
    }
};

struct __nv_bfloat16 {
    uint16_t bits;
    __nv_bfloat16() = default;
    __nv_bfloat16(float x) {
        const uint32_t all = same_bits<uint32_t>(x);
        bits = static_cast<uint16_t>(x != x ? 0x7fffu : (all + 0x7fffu + ((all >> 16) & 1u)) >> 16);
    }
    operator float() const { return same_bits<float>(static_cast<uint32_t>(bits) << 16); }
};

// -- threads ------------------------------------------------------------------------------------------------

struct dim3 {
    unsigned x = 1, y = 1, z = 1;
};

// Set before a fiber runs. Not static: after a switch they have to be read again.
inline dim3 threadIdx, blockIdx, blockDim, gridDim;

namespace cuda_on_cpu {

constexpr size_t STACK = 1 << 16;
constexpr unsigned WARP = 32;

struct Barrier {
    unsigned expected = 0, arrived = 0, generation = 0;
};

struct Warp {
    Barrier barrier;
    // What the lanes give in a shuffle. Two, as a fast lane may give its next before a slow one has read its last.
    unsigned char given[2][WARP][16];
};

struct Fiber {
    ucontext_t context;
    dim3 index;
    bool done = false;
    const Barrier* waits_at = nullptr;
    unsigned generation = 0;
};

inline std::vector<Fiber> fibers;
inline std::vector<Warp> warps;
inline std::vector<char> stacks;
inline Barrier block_barrier;
inline ucontext_t scheduler;
inline unsigned current = 0;
inline std::function<void()> body;
inline std::string failure;

inline void back_to_scheduler() { swapcontext(&fibers[current].context, &scheduler); }

// What a fiber may not go on after. The launch ends there: the scheduler does not come back.
inline void fail(const std::string& text) {
    failure = text;
    back_to_scheduler();
}

inline void wait_at(Barrier& barrier) {
    if (++barrier.arrived == barrier.expected) {
        barrier.arrived = 0;
        ++barrier.generation;
        return;
    }
    Fiber& fiber = fibers[current];
    fiber.waits_at = &barrier;
    fiber.generation = barrier.generation;
    back_to_scheduler();
    fibers[current].waits_at = nullptr;
}

inline void entry() {
    body();
    fibers[current].done = true;
    back_to_scheduler();
}

inline std::string where(const Fiber& fiber) {
    char text[96];
    std::snprintf(text, sizeof text, "thread (%u, %u, %u) of block (%u, %u, %u)", fiber.index.x, fiber.index.y,
                  fiber.index.z, blockIdx.x, blockIdx.y, blockIdx.z);
    return text;
}

inline void start_block(unsigned threads) {
    fibers.assign(threads, Fiber());
    warps.assign((threads + WARP - 1) / WARP, Warp());
    if (stacks.size() < threads * STACK) stacks.resize(threads * STACK);
    block_barrier = Barrier();
    block_barrier.expected = threads;
    for (unsigned i = 0; i < threads; ++i) {
        Fiber& fiber = fibers[i];
        fiber.index.x = i % blockDim.x;
        fiber.index.y = i / blockDim.x % blockDim.y;
        fiber.index.z = i / blockDim.x / blockDim.y;
        ++warps[i / WARP].barrier.expected;
        getcontext(&fiber.context);
        fiber.context.uc_stack.ss_sp = stacks.data() + i * STACK;
        fiber.context.uc_stack.ss_size = STACK;
        fiber.context.uc_link = nullptr;
        makecontext(&fiber.context, entry, 0);
    }
}

inline void run_block(unsigned threads, bool reverse) {
    start_block(threads);
    for (unsigned left = threads; left > 0;) {
        bool moved = false;
        const Fiber* stuck = nullptr;
        for (unsigned turn = 0; turn < threads; ++turn) {
            current = reverse ? threads - 1 - turn : turn;
            Fiber& fiber = fibers[current];
            if (fiber.done) continue;
            if (fiber.waits_at && fiber.waits_at->generation == fiber.generation) {
                stuck = &fiber;
                continue;
            }
            threadIdx = fiber.index;
            swapcontext(&scheduler, &fiber.context);
            if (!failure.empty()) {
                failure += " (" + where(fibers[current]) + ")";
                return;
            }
            moved = true;
            if (fibers[current].done) --left;
        }
        if (!moved && left) {
            const bool of_block = stuck->waits_at == &block_barrier;
            failure = of_block ? "__syncthreads is reached by some of the threads only: "
                               : "a shuffle is reached by some of a warp's lanes only: ";
            failure += where(*stuck) + " waits for ever";
            return;
        }
    }
}

inline unsigned lane() { return current % WARP; }

// Gives a value to the other lanes and returns that of one of them.
template <class T> inline T exchange(unsigned mask, T value, unsigned source) {
    static_assert(sizeof(T) <= 16, "a register or two");
    Warp& warp = warps[current / WARP];
    if (mask != 0xffffffffu || warp.barrier.expected != WARP) fail("a shuffle of a part of a warp");
    const unsigned slot = warp.barrier.generation & 1u;
    std::memcpy(warp.given[slot][lane()], &value, sizeof value);
    wait_at(warp.barrier);
    std::memcpy(&value, warps[current / WARP].given[slot][source % WARP], sizeof value);
    return value;
}

}  // namespace cuda_on_cpu

inline void __syncthreads() { cuda_on_cpu::wait_at(cuda_on_cpu::block_barrier); }
inline void __syncwarp() { cuda_on_cpu::wait_at(cuda_on_cpu::warps[cuda_on_cpu::current / 32].barrier); }

template <class T> inline T __shfl_xor_sync(unsigned mask, T value, int offset) {
    return cuda_on_cpu::exchange(mask, value, cuda_on_cpu::lane() ^ static_cast<unsigned>(offset));
}
template <class T> inline T __shfl_down_sync(unsigned mask, T value, int offset) {
    const unsigned other = cuda_on_cpu::lane() + static_cast<unsigned>(offset);
    return cuda_on_cpu::exchange(mask, value, other < 32 ? other : cuda_on_cpu::lane());
}
template <class T> inline T __shfl_sync(unsigned mask, T value, int source) {
    return cuda_on_cpu::exchange(mask, value, static_cast<unsigned>(source));
}

// Nothing comes between the read and the write: fibers switch at barriers only.
template <class T> inline T atomicAdd(T* place, T value) {
    const T before = *place;
    *place = before + value;
    return before;
}
template <class T> inline T atomicExch(T* place, T value) {
    const T before = *place;
    *place = value;
    return before;
}
template <class T> inline T atomicCAS(T* place, T expected, T value) {
    const T before = *place;
    if (before == expected) *place = value;
    return before;
}

// -- calls --------------------------------------------------------------------------------------------------

namespace cuda_on_cpu {

template <class T> inline std::string name_of() {
    if (std::is_same<T, float>::value) return "float32";
    if (std::is_same<T, double>::value) return "float64";
    if (std::is_same<T, __half>::value) return "float16";
    if (std::is_same<T, __nv_bfloat16>::value) return "bfloat16";
    if (std::is_same<T, bool>::value) return "bool";
    if (std::is_integral<T>::value) {
        return (std::is_signed<T>::value ? "int" : "uint") + std::to_string(8 * sizeof(T));
    }
    return "struct" + std::to_string(sizeof(T));
}

// "float32", or "float32*", or "const float32*"; "void*" for memory of any kind.
template <class T> struct Parameter {
    static std::string text() { return name_of<T>(); }
};
template <class T> struct Parameter<T*> {
    static std::string text() { return name_of<T>() + "*"; }
};
template <class T> struct Parameter<const T*> {
    static std::string text() { return "const " + name_of<T>() + "*"; }
};
template <> struct Parameter<void*> {
    static std::string text() { return "void*"; }
};
template <> struct Parameter<const void*> {
    static std::string text() { return "const void*"; }
};

struct Kernel {
    std::string name, parameters;
    std::function<void(void**)> call;
};

template <class... A, size_t... I>
inline void call(void (*kernel)(A...), void** arguments, std::index_sequence<I...>) {
    kernel(*static_cast<std::remove_const_t<A>*>(arguments[I])...);
}

template <class... A> inline Kernel describe(const char* name, void (*kernel)(A...)) {
    std::string parameters;
    ((parameters += (parameters.empty() ? "" : ",") + Parameter<A>::text()), ...);
    return {name, parameters, [kernel](void** a) { call(kernel, a, std::index_sequence_for<A...>()); }};
}

}  // namespace cuda_on_cpu

#define CUDA_ON_CPU_KERNELS(...)                                                                             \
    static const std::vector<cuda_on_cpu::Kernel> cuda_on_cpu_kernels = {__VA_ARGS__};                       \
    /* A line for each kernel: its name, a tab, and the types of its parameters. */                          \
    extern "C" const char* kernels() {                                                                       \
        static std::string text;                                                                             \
        text.clear();                                                                                        \
        for (const auto& kernel : cuda_on_cpu_kernels) text += kernel.name + "\t" + kernel.parameters + "\n"; \
        return text.c_str();                                                                                 \
    }                                                                                                        \
    /* Runs a kernel; what went wrong, or an empty text. `arguments` points at each argument. */             \
    extern "C" const char* launch(unsigned number, const unsigned* grid, const unsigned* block,              \
                                  void** arguments, int reverse) {                                           \
        return cuda_on_cpu::run(cuda_on_cpu_kernels[number], grid, block, arguments, reverse != 0);          \
    }

namespace cuda_on_cpu {

inline const char* run(const Kernel& kernel, const unsigned* grid, const unsigned* block, void** arguments,
                       bool reverse) {
    gridDim.x = grid[0], gridDim.y = grid[1], gridDim.z = grid[2];
    blockDim.x = block[0], blockDim.y = block[1], blockDim.z = block[2];
    failure.clear();
    body = [&] { kernel.call(arguments); };
    const unsigned long long blocks = 1ull * grid[0] * grid[1] * grid[2];
    for (unsigned long long turn = 0; turn < blocks && failure.empty(); ++turn) {
        const unsigned long long i = reverse ? blocks - 1 - turn : turn;
        blockIdx.x = static_cast<unsigned>(i % grid[0]);
        blockIdx.y = static_cast<unsigned>(i / grid[0] % grid[1]);
        blockIdx.z = static_cast<unsigned>(i / grid[0] / grid[1]);
        run_block(block[0] * block[1] * block[2], reverse);
    }
    return failure.c_str();
}

}  // namespace cuda_on_cpu
