// Softmax and its logarithm along rows, and their derivatives. Rows are read twice, the second time from a cache.

template <class T, int THREADS>
__global__ void softmax(const T* x, T* y, int64 rows, int64 n) {
    typedef Wide<T> A;
    EACH_ROW(row, rows) {
        const Exponents<A> all = exponents<THREADS>(x + row * n, n, [](int64, A) {});
        const A scale = A(1) / all.sum;
        fill<THREADS>(y + row * n, x + row * n, n,
                      [&](int64, T item) { return narrow<T>(exp(wide(item) - all.largest) * scale); });
    }
}

template <class T, int THREADS>
__global__ void log_softmax(const T* x, T* y, int64 rows, int64 n) {
    typedef Wide<T> A;
    EACH_ROW(row, rows) {
        const Exponents<A> all = exponents<THREADS>(x + row * n, n, [](int64, A) {});
        const A log_sum = log(all.sum);
        // The largest is taken off first: the logarithm is small beside it.
        fill<THREADS>(y + row * n, x + row * n, n,
                      [&](int64, T item) { return narrow<T>((wide(item) - all.largest) - log_sum); });
    }
}

template <class T, int THREADS>
__global__ void softmax_backward(const T* grad, const T* y, T* out, int64 rows, int64 n) {
    typedef Wide<T> A;
    EACH_ROW(row, rows) {
        A sum = 0;
        visit<THREADS>(grad + row * n, y + row * n, n, [&](int64, T g, T p) { sum += wide(g) * wide(p); });
        sum = sum_of<THREADS>(sum);
        fill<THREADS>(out + row * n, grad + row * n, y + row * n, n,
                      [&](int64, T g, T p) { return narrow<T>(wide(p) * (wide(g) - sum)); });
    }
}

template <class T, int THREADS>
__global__ void log_softmax_backward(const T* grad, const T* y, T* out, int64 rows, int64 n) {
    typedef Wide<T> A;
    EACH_ROW(row, rows) {
        A sum = 0;
        visit<THREADS>(grad + row * n, n, [&](int64, T g) { sum += wide(g); });
        sum = sum_of<THREADS>(sum);
        fill<THREADS>(out + row * n, grad + row * n, y + row * n, n,
                      [&](int64, T g, T p) { return narrow<T>(wide(g) - exp(wide(p)) * sum); });
    }
}
