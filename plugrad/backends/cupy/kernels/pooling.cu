// Largest elements and means of windows, and their derivatives. See windows.cu for the layout.
// Backward gathers: each place looks at the windows that hold it, so that nothing is added by atomics.

template <class T, class I>
__global__ void max_pool(const T* x, T* y, int64* index, Windows w, I planes) {
    typedef Wide<T> A;
    const I windows = static_cast<I>(w.count[0]) * w.count[1] * w.count[2];
    const I whole = static_cast<I>(w.shape[0]) * w.shape[1] * w.shape[2];
    const I step = static_cast<I>(gridDim.x) * blockDim.x;
    for (I i = static_cast<I>(blockIdx.x) * blockDim.x + threadIdx.x; i < planes * windows; i += step) {
        const T* source = x + i / windows * whole;
        int start[3];
        first_place(w, i % windows, start);
        A best = -infinity<A>();
        I where = -1;
        for (int a = 0; a < w.size[0]; ++a) {
            const int u = start[0] + a * w.dilation[0];
            if (u < 0 || u >= w.shape[0]) continue;
            for (int b = 0; b < w.size[1]; ++b) {
                const int v = start[1] + b * w.dilation[1];
                if (v < 0 || v >= w.shape[1]) continue;
                for (int c = 0; c < w.size[2]; ++c) {
                    const int t = start[2] + c * w.dilation[2];
                    if (t < 0 || t >= w.shape[2]) continue;
                    const I place = (static_cast<I>(u) * w.shape[1] + v) * w.shape[2] + t;
                    const A item = wide(source[place]);
                    // The first of several wins, but the last of several nans.
                    if (where < 0 || item > best || item != item) {
                        best = item;
                        where = place;
                    }
                }
            }
        }
        y[i] = narrow<T>(best);
        index[i] = where;
    }
}

template <class T, class I>
__global__ void max_pool_backward(const T* grad, const int64* index, T* out, Windows w, I planes) {
    typedef Wide<T> A;
    const I windows = static_cast<I>(w.count[0]) * w.count[1] * w.count[2];
    const I whole = static_cast<I>(w.shape[0]) * w.shape[1] * w.shape[2];
    const I step = static_cast<I>(gridDim.x) * blockDim.x;
    for (I i = static_cast<I>(blockIdx.x) * blockDim.x + threadIdx.x; i < planes * whole; i += step) {
        const I plane = i / whole, place = i % whole;
        const int at[3] = {static_cast<int>(place / w.shape[2] / w.shape[1]),
                           static_cast<int>(place / w.shape[2] % w.shape[1]), static_cast<int>(place % w.shape[2])};
        A sum = 0;
        for (int p = first_window(w, 0, at[0]); p <= last_window(w, 0, at[0]); ++p) {
            for (int q = first_window(w, 1, at[1]); q <= last_window(w, 1, at[1]); ++q) {
                for (int r = first_window(w, 2, at[2]); r <= last_window(w, 2, at[2]); ++r) {
                    const I window = plane * windows + (static_cast<I>(p) * w.count[1] + q) * w.count[2] + r;
                    if (index[window] == place) sum += wide(grad[window]);
                }
            }
        }
        out[i] = narrow<T>(sum);
    }
}

// What windows there were is not known: each gradient is written at its index, or added there by atomics.
// An index outside sets the flag. `out` is zeros.
template <class T>
__global__ void unpool(const T* grad, const int64* index, T* out, int* flag, int code, int64 n, int64 windows,
                       int64 whole) {
    const int64 step = static_cast<int64>(gridDim.x) * blockDim.x;
    for (int64 i = static_cast<int64>(blockIdx.x) * blockDim.x + threadIdx.x; i < n; i += step) {
        const int64 place = index[i];
        if (place < 0 || place >= whole) {
            *flag = code;
        } else {
            out[i / windows * whole + place] = grad[i];
        }
    }
}

template <class T>
__global__ void unpool_add(const T* grad, const int64* index, Wide<T>* out, int* flag, int code, int64 n,
                           int64 windows, int64 whole) {
    const int64 step = static_cast<int64>(gridDim.x) * blockDim.x;
    for (int64 i = static_cast<int64>(blockIdx.x) * blockDim.x + threadIdx.x; i < n; i += step) {
        const int64 place = index[i];
        if (place < 0 || place >= whole) {
            *flag = code;
        } else {
            atomicAdd(out + i / windows * whole + place, wide(grad[i]));
        }
    }
}

// How many places a mean is over: those inside, and with `include` those in the padding; or a number that was given.
__device__ inline int64 divisor_of(const Windows& w, const int window[3], int include, int64 given) {
    if (given) return given;
    int64 total = 1;
    for (int axis = 0; axis < 3; ++axis) {
        const int reach = include ? w.padding[axis] : 0;
        const int start = window[axis] * w.stride[axis] - w.padding[axis];
        const int end = start + w.size[axis] < w.shape[axis] + reach ? start + w.size[axis] : w.shape[axis] + reach;
        total *= end - (start > -reach ? start : -reach);
    }
    return total;
}

template <class T, class I>
__global__ void avg_pool(const T* x, T* y, Windows w, int include, int64 divisor, I planes) {
    typedef Wide<T> A;
    const I windows = static_cast<I>(w.count[0]) * w.count[1] * w.count[2];
    const I whole = static_cast<I>(w.shape[0]) * w.shape[1] * w.shape[2];
    const I step = static_cast<I>(gridDim.x) * blockDim.x;
    for (I i = static_cast<I>(blockIdx.x) * blockDim.x + threadIdx.x; i < planes * windows; i += step) {
        const T* source = x + i / windows * whole;
        const I number = i % windows;
        const int window[3] = {static_cast<int>(number / w.count[2] / w.count[1]),
                               static_cast<int>(number / w.count[2] % w.count[1]),
                               static_cast<int>(number % w.count[2])};
        int start[3];
        first_place(w, number, start);
        A sum = 0;
        for (int u = start[0] < 0 ? 0 : start[0]; u < start[0] + w.size[0] && u < w.shape[0]; ++u) {
            for (int v = start[1] < 0 ? 0 : start[1]; v < start[1] + w.size[1] && v < w.shape[1]; ++v) {
                const I line = (static_cast<I>(u) * w.shape[1] + v) * w.shape[2];
                for (int t = start[2] < 0 ? 0 : start[2]; t < start[2] + w.size[2] && t < w.shape[2]; ++t) {
                    sum += wide(source[line + t]);
                }
            }
        }
        y[i] = narrow<T>(sum / A(divisor_of(w, window, include, divisor)));
    }
}

template <class T, class I>
__global__ void avg_pool_backward(const T* grad, T* out, Windows w, int include, int64 divisor, I planes) {
    typedef Wide<T> A;
    const I windows = static_cast<I>(w.count[0]) * w.count[1] * w.count[2];
    const I whole = static_cast<I>(w.shape[0]) * w.shape[1] * w.shape[2];
    const I step = static_cast<I>(gridDim.x) * blockDim.x;
    for (I i = static_cast<I>(blockIdx.x) * blockDim.x + threadIdx.x; i < planes * whole; i += step) {
        const I plane = i / whole, place = i % whole;
        const int at[3] = {static_cast<int>(place / w.shape[2] / w.shape[1]),
                           static_cast<int>(place / w.shape[2] % w.shape[1]), static_cast<int>(place % w.shape[2])};
        A sum = 0;
        int k[3];
        for (k[0] = first_window(w, 0, at[0]); k[0] <= last_window(w, 0, at[0]); ++k[0]) {
            for (k[1] = first_window(w, 1, at[1]); k[1] <= last_window(w, 1, at[1]); ++k[1]) {
                for (k[2] = first_window(w, 2, at[2]); k[2] <= last_window(w, 2, at[2]); ++k[2]) {
                    const I window = plane * windows + (static_cast<I>(k[0]) * w.count[1] + k[1]) * w.count[2] + k[2];
                    sum += wide(grad[window]) / A(divisor_of(w, k, include, divisor));
                }
            }
        }
        out[i] = narrow<T>(sum);
    }
}
