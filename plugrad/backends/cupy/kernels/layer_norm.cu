// Layer normalization along rows. The statistics are computed in one read, and kept in the wider type for backward.

// Count, mean, and the sum of squared distances from it: two can be put together without loss
// (Chan, Golub and LeVeque, 1979).
template <class A> struct Moments { A count, mean, squares; };

template <class A> __device__ inline Moments<A> from_lane(Moments<A> x, int offset) {
    return {from_lane(x.count, offset), from_lane(x.mean, offset), from_lane(x.squares, offset)};
}

template <class A> __device__ inline Moments<A> together(Moments<A> x, Moments<A> y) {
    if (x.count == A(0)) return y;
    if (y.count == A(0)) return x;
    const A count = x.count + y.count;
    const A distance = y.mean - x.mean;
    const A share = y.count / count;
    return {count, x.mean + distance * share, x.squares + y.squares + distance * distance * (x.count * share)};
}

template <int THREADS, class T> __device__ inline Moments<Wide<T>> moments(const T* row, int64 n) {
    typedef Wide<T> A;
    Moments<A> mine = {0, 0, 0};
    visit<THREADS>(row, n, [&](int64, T item) {
        const A x = wide(item);
        mine.count += A(1);
        const A distance = x - mine.mean;
        mine.mean += distance / mine.count;
        mine.squares += distance * (x - mine.mean);
    });
    return reduce<THREADS>(mine, [](Moments<A> a, Moments<A> b) { return together(a, b); });
}

// weight and bias may be null.
template <class T, int THREADS>
__global__ void layer_norm(const T* x, const T* weight, const T* bias, T* y, T* mean, T* rstd, double eps,
                           int64 rows, int64 n) {
    typedef Wide<T> A;
    EACH_ROW(row, rows) {
        const Moments<A> found = moments<THREADS>(x + row * n, n);
        const A scale = A(1) / sqrt(found.squares / A(n) + A(eps));
        fill<THREADS>(y + row * n, x + row * n, n, [&](int64 i, T item) {
            A value = (wide(item) - found.mean) * scale;
            if (weight) value *= wide(weight[i]);
            if (bias) value += wide(bias[i]);
            return narrow<T>(value);
        });
        if (threadIdx.x == 0) {
            mean[row] = narrow<T>(found.mean);
            rstd[row] = narrow<T>(scale);
        }
    }
}

// The statistics alone, in the wider type: those that forward kept of half types are too coarse.
template <class T, int THREADS>
__global__ void layer_norm_statistics(const T* x, Wide<T>* mean, Wide<T>* rstd, double eps, int64 rows, int64 n) {
    typedef Wide<T> A;
    EACH_ROW(row, rows) {
        const Moments<A> found = moments<THREADS>(x + row * n, n);
        if (threadIdx.x == 0) {
            mean[row] = found.mean;
            rstd[row] = A(1) / sqrt(found.squares / A(n) + A(eps));
        }
    }
}

template <class T, int THREADS>
__global__ void layer_norm_backward(const T* grad, const T* x, const T* weight, const Wide<T>* mean,
                                    const Wide<T>* rstd, T* out, int64 rows, int64 n) {
    typedef Wide<T> A;
    EACH_ROW(row, rows) {
        const A middle = mean[row], scale = rstd[row];
        A sum = 0, product = 0;
        visit<THREADS>(grad + row * n, x + row * n, n, [&](int64 i, T g, T item) {
            const A h = weight ? wide(g) * wide(weight[i]) : wide(g);
            sum += h;
            product += h * ((wide(item) - middle) * scale);
        });
        sum = sum_of<THREADS>(sum) / A(n);
        product = sum_of<THREADS>(product) / A(n);
        fill<THREADS>(out + row * n, grad + row * n, x + row * n, n, [&](int64 i, T g, T item) {
            const A h = weight ? wide(g) * wide(weight[i]) : wide(g);
            return narrow<T>((h - sum - ((wide(item) - middle) * scale) * product) * scale);
        });
    }
}

// The gradients of weight and bias are sums of columns. Each block (32, 8) adds up a part of the rows of 32 columns;
// layer_norm_total adds up the parts. Nothing is added by atomics, so the order is always the same.
// Either of the two may be null.
template <class T>
__global__ void layer_norm_parts(const T* grad, const T* x, const Wide<T>* mean, const Wide<T>* rstd,
                                 Wide<T>* weight_parts, Wide<T>* bias_parts, int64 rows, int64 n,
                                 int64 rows_of_part) {
    typedef Wide<T> A;
    __shared__ A of_weight[8][33];
    __shared__ A of_bias[8][33];
    const int64 column = static_cast<int64>(blockIdx.x) * 32 + threadIdx.x;
    const int64 start = blockIdx.y * rows_of_part;
    const int64 end = start + rows_of_part < rows ? start + rows_of_part : rows;
    A weight_sum = 0, bias_sum = 0;
    if (column < n) {
        for (int64 row = start + threadIdx.y; row < end; row += 8) {
            const A g = wide(grad[row * n + column]);
            bias_sum += g;
            if (weight_parts) weight_sum += g * ((wide(x[row * n + column]) - mean[row]) * rstd[row]);
        }
    }
    of_weight[threadIdx.y][threadIdx.x] = weight_sum;
    of_bias[threadIdx.y][threadIdx.x] = bias_sum;
    __syncthreads();
    if (threadIdx.y == 0 && column < n) {
        for (int k = 1; k < 8; ++k) {
            weight_sum += of_weight[k][threadIdx.x];
            bias_sum += of_bias[k][threadIdx.x];
        }
        if (weight_parts) weight_parts[blockIdx.y * n + column] = weight_sum;
        if (bias_parts) bias_parts[blockIdx.y * n + column] = bias_sum;
    }
}

template <class T>
__global__ void layer_norm_total(const Wide<T>* parts, T* out, int64 count, int64 n) {
    const int64 step = static_cast<int64>(gridDim.x) * blockDim.x;
    for (int64 i = static_cast<int64>(blockIdx.x) * blockDim.x + threadIdx.x; i < n; i += step) {
        Wide<T> sum = 0;
        for (int64 part = 0; part < count; ++part) sum += parts[part * n + i];
        out[i] = narrow<T>(sum);
    }
}
