// Steps of optimizers, for many tensors in one launch. The formulas are those of plugrad.nn.optim.
//
// The table has a row for each tensor: the addresses of its arrays, and how many numbers they have. blockIdx.y is the
// row. T is the parameters' and gradients' type, M that of the state; everything is computed in the wider type.

template <class T> __device__ inline T* address(int64 number) { return reinterpret_cast<T*>(number); }

#define MAXIMIZE 1
#define DECAY 2
#define DECOUPLED 4
#define NESTEROV 8
#define FIRST 16

// velocity is 0 where there is none.
template <class T, class M>
__global__ void sgd(const int64* table, double lr, double momentum, double dampening, double weight_decay,
                    int options) {
    typedef Wide<T> A;
    const int64* row = table + blockIdx.y * 4;
    T* param = address<T>(row[0]);
    const T* grad = address<const T>(row[1]);
    M* velocity = address<M>(row[2]);
    const int64 n = row[3];
    const bool aligned = on_four(param) && on_four(grad) && on_four(velocity);
    const int64 step = static_cast<int64>(gridDim.x) * blockDim.x * 4;
    for (int64 i = (static_cast<int64>(blockIdx.x) * blockDim.x + threadIdx.x) * 4; i < n; i += step) {
        const bool whole = aligned && i + 4 <= n;
        Four<T> p = read_four(param, i, n, whole);
        const Four<T> given = read_four(grad, i, n, whole);
        Four<M> v;
        if (velocity) v = read_four(velocity, i, n, whole);
#pragma unroll
        for (int k = 0; k < 4; ++k) {
            const A old = wide(p.item[k]);
            A g = wide(given.item[k]);
            if (options & MAXIMIZE) g = -g;
            if (options & DECAY) g += A(weight_decay) * old;
            A change = g;
            if (velocity) {
                A speed = wide(v.item[k]);
                speed = options & FIRST ? speed + g : A(momentum) * speed + A(1 - dampening) * g;
                v.item[k] = static_cast<M>(speed);
                change = options & NESTEROV ? g + A(momentum) * speed : speed;
            }
            p.item[k] = narrow<T>(old - A(lr) * change);
        }
        write_four(param, p, i, n, whole);
        if (velocity) write_four(velocity, v, i, n, whole);
    }
}

// rate: lr / (1 - beta1**t); root: sqrt(1 - beta2**t). The largest second moment is 0 where there is none.
template <class T, class M>
__global__ void adam(const int64* table, double lr, double beta1, double beta2, double eps, double weight_decay,
                     double rate, double root, int options) {
    typedef Wide<T> A;
    const int64* row = table + blockIdx.y * 6;
    T* param = address<T>(row[0]);
    const T* grad = address<const T>(row[1]);
    M* first = address<M>(row[2]);
    M* second = address<M>(row[3]);
    M* largest = address<M>(row[4]);
    const int64 n = row[5];
    const bool aligned = on_four(param) && on_four(grad) && on_four(first) && on_four(second) && on_four(largest);
    const int64 step = static_cast<int64>(gridDim.x) * blockDim.x * 4;
    for (int64 i = (static_cast<int64>(blockIdx.x) * blockDim.x + threadIdx.x) * 4; i < n; i += step) {
        const bool whole = aligned && i + 4 <= n;
        Four<T> p = read_four(param, i, n, whole);
        const Four<T> given = read_four(grad, i, n, whole);
        Four<M> m = read_four(first, i, n, whole);
        Four<M> v = read_four(second, i, n, whole);
        Four<M> top;
        if (largest) top = read_four(largest, i, n, whole);
#pragma unroll
        for (int k = 0; k < 4; ++k) {
            A old = wide(p.item[k]);
            A g = wide(given.item[k]);
            if (options & MAXIMIZE) g = -g;
            if (options & DECAY) {
                if (options & DECOUPLED) {
                    old *= A(1 - lr * weight_decay);
                } else {
                    g += A(weight_decay) * old;
                }
            }
            A mean = wide(m.item[k]), square = wide(v.item[k]);
            mean += A(1 - beta1) * (g - mean);
            square = A(beta2) * square + A(1 - beta2) * (g * g);
            m.item[k] = static_cast<M>(mean);
            v.item[k] = static_cast<M>(square);
            if (largest) {
                const A before = wide(top.item[k]);
                // As a maximum of arrays: a nan of either stays.
                square = before > square || before != before ? before : square;
                top.item[k] = static_cast<M>(square);
            }
            p.item[k] = narrow<T>(old - A(rate) * (mean / (sqrt(square) / A(root) + A(eps))));
        }
        write_four(param, p, i, n, whole);
        write_four(first, m, i, n, whole);
        write_four(second, v, i, n, whole);
        if (largest) write_four(largest, top, i, n, whole);
    }
}
