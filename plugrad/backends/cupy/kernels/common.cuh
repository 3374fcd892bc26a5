// What every kernel file begins with: number types, 16 bytes at a time, and reductions over a row's threads.
//
// A row belongs to a group of THREADS threads along x: one warp of a block (32, rows) for short rows, or a whole
// block for long ones. Half types are computed with in float. Sizes are 64 bits wide.

#include <cuda_fp16.h>
#include <cuda_bf16.h>

typedef long long int64;
typedef unsigned long long uint64;
typedef unsigned int uint32;

template <class T> struct Wider { typedef float type; };
template <> struct Wider<double> { typedef double type; };
// What numbers of T are computed with.
template <class T> using Wide = typename Wider<T>::type;

template <class A> __device__ inline A infinity();
template <> __device__ inline float infinity<float>() { return __int_as_float(0x7f800000); }
template <> __device__ inline double infinity<double>() { return __longlong_as_double(0x7ff0000000000000LL); }

template <class A> __device__ inline A nan_of() { return infinity<A>() - infinity<A>(); }

template <class T> __device__ inline Wide<T> wide(T x) { return static_cast<Wide<T>>(x); }
template <class T> __device__ inline T narrow(Wide<T> x) { return static_cast<T>(x); }

// -- 16 bytes at a time -------------------------------------------------------------------------------------

template <class T> struct alignas(16) Pack { T item[16 / sizeof(T)]; };
template <class T> __host__ __device__ constexpr int per_pack() { return 16 / sizeof(T); }

__device__ inline bool on_16_bytes(const void* pointer) { return reinterpret_cast<uint64>(pointer) % 16 == 0; }

template <class T> __device__ inline Pack<T> read_pack(const T* x) { return *reinterpret_cast<const Pack<T>*>(x); }
template <class T> __device__ inline void write_pack(T* x, const Pack<T>& pack) { *reinterpret_cast<Pack<T>*>(x) = pack; }

// act(i, x[i]) for this thread's part of a row.
template <int THREADS, class T, class Act>
__device__ inline void visit(const T* x, int64 n, Act act) {
    constexpr int N = per_pack<T>();
    if (n % N == 0 && on_16_bytes(x)) {
        for (int64 i = threadIdx.x * N; i < n; i += THREADS * N) {
            const Pack<T> pack = read_pack(x + i);
#pragma unroll
            for (int k = 0; k < N; ++k) act(i + k, pack.item[k]);
        }
    } else {
        for (int64 i = threadIdx.x; i < n; i += THREADS) act(i, x[i]);
    }
}

// The same of two rows at once: act(i, x[i], y[i]).
template <int THREADS, class T, class Act>
__device__ inline void visit(const T* x, const T* y, int64 n, Act act) {
    constexpr int N = per_pack<T>();
    if (n % N == 0 && on_16_bytes(x) && on_16_bytes(y)) {
        for (int64 i = threadIdx.x * N; i < n; i += THREADS * N) {
            const Pack<T> a = read_pack(x + i);
            const Pack<T> b = read_pack(y + i);
#pragma unroll
            for (int k = 0; k < N; ++k) act(i + k, a.item[k], b.item[k]);
        }
    } else {
        for (int64 i = threadIdx.x; i < n; i += THREADS) act(i, x[i], y[i]);
    }
}

// out[i] = make(i, x[i]) for this thread's part of a row.
template <int THREADS, class T, class Make>
__device__ inline void fill(T* out, const T* x, int64 n, Make make) {
    constexpr int N = per_pack<T>();
    if (n % N == 0 && on_16_bytes(x) && on_16_bytes(out)) {
        for (int64 i = threadIdx.x * N; i < n; i += THREADS * N) {
            const Pack<T> a = read_pack(x + i);
            Pack<T> result;
#pragma unroll
            for (int k = 0; k < N; ++k) result.item[k] = make(i + k, a.item[k]);
            write_pack(out + i, result);
        }
    } else {
        for (int64 i = threadIdx.x; i < n; i += THREADS) out[i] = make(i, x[i]);
    }
}

// out[i] = make(i, x[i], y[i]).
template <int THREADS, class T, class Make>
__device__ inline void fill(T* out, const T* x, const T* y, int64 n, Make make) {
    constexpr int N = per_pack<T>();
    if (n % N == 0 && on_16_bytes(x) && on_16_bytes(y) && on_16_bytes(out)) {
        for (int64 i = threadIdx.x * N; i < n; i += THREADS * N) {
            const Pack<T> a = read_pack(x + i);
            const Pack<T> b = read_pack(y + i);
            Pack<T> result;
#pragma unroll
            for (int k = 0; k < N; ++k) result.item[k] = make(i + k, a.item[k], b.item[k]);
            write_pack(out + i, result);
        }
    } else {
        for (int64 i = threadIdx.x; i < n; i += THREADS) out[i] = make(i, x[i], y[i]);
    }
}

// -- reductions over the threads of a row -------------------------------------------------------------------

__device__ inline float from_lane(float x, int offset) { return __shfl_xor_sync(0xffffffffu, x, offset); }
__device__ inline double from_lane(double x, int offset) { return __shfl_xor_sync(0xffffffffu, x, offset); }

// The combination of all threads' values, the same bits in every thread where combine(a, b) is combine(b, a).
template <int THREADS, class V, class Combine>
__device__ inline V reduce(V value, Combine combine) {
#pragma unroll
    for (int offset = 16; offset > 0; offset /= 2) value = combine(value, from_lane(value, offset));
    if (THREADS > 32) {
        __shared__ V of_warp[THREADS / 32];
        // What is there may still be read.
        __syncthreads();
        if (threadIdx.x % 32 == 0) of_warp[threadIdx.x / 32] = value;
        __syncthreads();
        value = of_warp[0];
        for (int i = 1; i < THREADS / 32; ++i) value = combine(value, of_warp[i]);
    }
    return value;
}

template <int THREADS, class A>
__device__ inline A sum_of(A value) {
    return reduce<THREADS>(value, [](A a, A b) { return a + b; });
}

// The rows of this group of threads. All threads of a block go through the same number of rows where THREADS > 32.
#define EACH_ROW(row, rows)                                                       \
    for (int64 row = static_cast<int64>(blockIdx.x) * blockDim.y + threadIdx.y; \
         row < rows; row += static_cast<int64>(gridDim.x) * blockDim.y)

// -- softmax's sums -----------------------------------------------------------------------------------------

// The largest of some numbers, and the sum of exp(x - largest). A nan is in the sum only.
template <class A> struct Exponents {
    A largest, sum;

    // Of no number but -inf the largest is -inf, from which nothing can be subtracted.
    __device__ A shift() const { return largest == -infinity<A>() ? A(0) : largest; }
};

template <class A> __device__ inline Exponents<A> from_lane(Exponents<A> x, int offset) {
    return {from_lane(x.largest, offset), from_lane(x.sum, offset)};
}

template <class A> __device__ inline Exponents<A> together(Exponents<A> x, Exponents<A> y) {
    Exponents<A> both = {fmax(x.largest, y.largest), 0};
    const A shift = both.shift();
    both.sum = x.sum * exp(x.largest - shift) + y.sum * exp(y.largest - shift);
    return both;
}

// One read of a row: the running sum is scaled whenever a larger number comes (https://arxiv.org/abs/1805.02867).
// seen(i, x) is told of every number.
template <int THREADS, class T, class Seen>
__device__ inline Exponents<Wide<T>> exponents(const T* row, int64 n, Seen seen) {
    typedef Wide<T> A;
    Exponents<A> mine = {-infinity<A>(), 0};
    visit<THREADS>(row, n, [&](int64 i, T item) {
        const A x = wide(item);
        seen(i, x);
        if (x > mine.largest) {
            mine.sum = mine.sum * exp(mine.largest - x);
            mine.largest = x;
        }
        mine.sum += exp(x - mine.shift());
    });
    return reduce<THREADS>(mine, [](Exponents<A> a, Exponents<A> b) { return together(a, b); });
}

// -- each number on its own ---------------------------------------------------------------------------------

// out[i] = make(i, x[i]) for all i, by all threads of the grid.
template <class T, class Make>
__device__ inline void fill_all(T* out, const T* x, int64 n, Make make) {
    constexpr int N = per_pack<T>();
    const int64 first = static_cast<int64>(blockIdx.x) * blockDim.x + threadIdx.x;
    const int64 step = static_cast<int64>(gridDim.x) * blockDim.x;
    const int64 packs = on_16_bytes(x) && on_16_bytes(out) ? n / N : 0;
    for (int64 p = first; p < packs; p += step) {
        const Pack<T> a = read_pack(x + p * N);
        Pack<T> result;
#pragma unroll
        for (int k = 0; k < N; ++k) result.item[k] = make(p * N + k, a.item[k]);
        write_pack(out + p * N, result);
    }
    for (int64 i = packs * N + first; i < n; i += step) out[i] = make(i, x[i]);
}

// out[i] = make(i, x[i], y[i]).
template <class T, class Make>
__device__ inline void fill_all(T* out, const T* x, const T* y, int64 n, Make make) {
    constexpr int N = per_pack<T>();
    const int64 first = static_cast<int64>(blockIdx.x) * blockDim.x + threadIdx.x;
    const int64 step = static_cast<int64>(gridDim.x) * blockDim.x;
    const int64 packs = on_16_bytes(x) && on_16_bytes(y) && on_16_bytes(out) ? n / N : 0;
    for (int64 p = first; p < packs; p += step) {
        const Pack<T> a = read_pack(x + p * N);
        const Pack<T> b = read_pack(y + p * N);
        Pack<T> result;
#pragma unroll
        for (int k = 0; k < N; ++k) result.item[k] = make(p * N + k, a.item[k], b.item[k]);
        write_pack(out + p * N, result);
    }
    for (int64 i = packs * N + first; i < n; i += step) out[i] = make(i, x[i], y[i]);
}

// -- windows that slide along up to three axes --------------------------------------------------------------

struct Windows { int shape[3], size[3], stride[3], padding[3], dilation[3], count[3]; };

// Where a window, counted through, starts along each axis; that may be in the padding.
template <class I> __device__ inline void first_place(const Windows& w, I window, int start[3]) {
    const int k[3] = {static_cast<int>(window / w.count[2] / w.count[1]),
                      static_cast<int>(window / w.count[2] % w.count[1]), static_cast<int>(window % w.count[2])};
    for (int axis = 0; axis < 3; ++axis) start[axis] = k[axis] * w.stride[axis] - w.padding[axis];
}

// The window of which a place is number `inside`, along one axis; negative if there is none.
__device__ inline int window_of(const Windows& w, int axis, int place, int inside) {
    const int start = place + w.padding[axis] - inside * w.dilation[axis];
    if (start < 0 || start % w.stride[axis] != 0) return -1;
    const int window = start / w.stride[axis];
    return window < w.count[axis] ? window : -1;
}

// The first and last window that may hold a place, along one axis.
__device__ inline int first_window(const Windows& w, int axis, int place) {
    const int room = place + w.padding[axis] - (w.size[axis] - 1) * w.dilation[axis];
    return room <= 0 ? 0 : (room + w.stride[axis] - 1) / w.stride[axis];
}
__device__ inline int last_window(const Windows& w, int axis, int place) {
    const int window = (place + w.padding[axis]) / w.stride[axis];
    return window < w.count[axis] ? window : w.count[axis] - 1;
}

// -- four numbers at a time ---------------------------------------------------------------------------------

template <class T> struct alignas(4 * sizeof(T) < 16 ? 4 * sizeof(T) : 16) Four { T item[4]; };

template <class T> __device__ inline bool on_four(const T* x) {
    return reinterpret_cast<uint64>(x) % alignof(Four<T>) == 0;
}

// The numbers i to i + 3 of x, of which `n - i` are there. aligned: all four are, and may be read at once.
template <class T> __device__ inline Four<T> read_four(const T* x, int64 i, int64 n, bool aligned) {
    if (aligned) return *reinterpret_cast<const Four<T>*>(x + i);
    Four<T> found;
#pragma unroll
    for (int k = 0; k < 4; ++k) found.item[k] = i + k < n ? x[i + k] : narrow<T>(0);
    return found;
}
template <class T> __device__ inline void write_four(T* x, const Four<T>& four, int64 i, int64 n, bool aligned) {
    if (aligned) {
        *reinterpret_cast<Four<T>*>(x + i) = four;
        return;
    }
#pragma unroll
    for (int k = 0; k < 4; ++k) {
        if (i + k < n) x[i + k] = four.item[k];
    }
}
