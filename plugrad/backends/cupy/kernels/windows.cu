// Windows sliding along up to three axes: gathered into columns, and columns added back, without atomics.
//
// Arrays are (planes, places) for a plane of each sample and channel. Fewer axes than three have ones in front.
// I is int where all positions fit into 30 bits, else int64: divisions of 64 bits take several times as long.

template <class T, class I>
__global__ void im2col(const T* x, T* columns, Windows w, I planes) {
    const I windows = static_cast<I>(w.count[0]) * w.count[1] * w.count[2];
    const I places = static_cast<I>(w.size[0]) * w.size[1] * w.size[2];
    const I whole = static_cast<I>(w.shape[0]) * w.shape[1] * w.shape[2];
    const I step = static_cast<I>(gridDim.x) * blockDim.x;
    // One thread for all places of a window, so that where it lies is divided out once; neighbours write neighbours.
    for (I i = static_cast<I>(blockIdx.x) * blockDim.x + threadIdx.x; i < planes * windows; i += step) {
        const I plane = i / windows, window = i % windows;
        int start[3];
        first_place(w, window, start);
        const T* source = x + plane * whole;
        T* column = columns + plane * places * windows + window;
        for (int a = 0; a < w.size[0]; ++a) {
            const int u = start[0] + a * w.dilation[0];
            for (int b = 0; b < w.size[1]; ++b) {
                const int v = start[1] + b * w.dilation[1];
                const bool inside = u >= 0 && u < w.shape[0] && v >= 0 && v < w.shape[1];
                const I line = (static_cast<I>(u) * w.shape[1] + v) * w.shape[2];
                for (int c = 0; c < w.size[2]; ++c) {
                    const int t = start[2] + c * w.dilation[2];
                    *column = inside && t >= 0 && t < w.shape[2] ? source[line + t] : narrow<T>(0);
                    column += windows;
                }
            }
        }
    }
}

template <class T, class I>
__global__ void col2im(const T* columns, T* out, Windows w, I planes) {
    typedef Wide<T> A;
    const I windows = static_cast<I>(w.count[0]) * w.count[1] * w.count[2];
    const I places = static_cast<I>(w.size[0]) * w.size[1] * w.size[2];
    const I whole = static_cast<I>(w.shape[0]) * w.shape[1] * w.shape[2];
    const I step = static_cast<I>(gridDim.x) * blockDim.x;
    for (I i = static_cast<I>(blockIdx.x) * blockDim.x + threadIdx.x; i < planes * whole; i += step) {
        const I plane = i / whole, place = i % whole;
        const T* source = columns + plane * places * windows;
        const int t = place % w.shape[2], v = place / w.shape[2] % w.shape[1], u = place / w.shape[2] / w.shape[1];
        A sum = 0;
        for (int a = 0; a < w.size[0]; ++a) {
            const int p = window_of(w, 0, u, a);
            if (p < 0) continue;
            for (int b = 0; b < w.size[1]; ++b) {
                const int q = window_of(w, 1, v, b);
                if (q < 0) continue;
                const I line = (static_cast<I>(p) * w.count[1] + q) * w.count[2];
                const I row = (static_cast<I>(a) * w.size[1] + b) * w.size[2];
                for (int c = 0; c < w.size[2]; ++c) {
                    const int r = window_of(w, 2, t, c);
                    if (r >= 0) sum += wide(source[(row + c) * windows + line + r]);
                }
            }
        }
        out[i] = narrow<T>(sum);
    }
}
