// GELU, exact and by tanh, and SiLU, with their derivatives. The formulas are those of the ops' definitions.

template <class A> __device__ inline A normal_cdf(A x) { return A(0.5) * (A(1) + erf(A(0.70710678118654752440) * x)); }

// tanh's argument in the approximation, and its slope.
template <class A> __device__ inline A bent(A x) {
    return A(0.79788456080286535588) * (x + A(0.044715) * (x * x * x));
}
template <class A> __device__ inline A slope_of_bent(A x) {
    return A(0.79788456080286535588) * (A(1) + A(3 * 0.044715) * (x * x));
}

template <class T, int TANH>
__global__ void gelu(const T* x, T* y, int64 n) {
    typedef Wide<T> A;
    fill_all(y, x, n, [](int64, T item) {
        const A a = wide(item);
        return narrow<T>(TANH ? (A(0.5) * a) * (A(1) + tanh(bent(a))) : a * normal_cdf(a));
    });
}

template <class T, int TANH>
__global__ void gelu_backward(const T* grad, const T* x, T* out, int64 n) {
    typedef Wide<T> A;
    fill_all(out, grad, x, n, [](int64, T g, T item) {
        const A a = wide(item);
        A slope;
        if (TANH) {
            const A t = tanh(bent(a));
            slope = A(0.5) * (A(1) + t) + (A(0.5) * a) * ((A(1) - t * t) * slope_of_bent(a));
        } else {
            slope = normal_cdf(a) + a * (A(0.39894228040143267794) * exp(A(-0.5) * (a * a)));
        }
        return narrow<T>(wide(g) * slope);
    });
}

template <class T>
__global__ void silu(const T* x, T* y, int64 n) {
    typedef Wide<T> A;
    fill_all(y, x, n, [](int64, T item) {
        const A a = wide(item);
        return narrow<T>(a / (A(1) + exp(-a)));
    });
}

template <class T>
__global__ void silu_backward(const T* grad, const T* x, T* out, int64 n) {
    typedef Wide<T> A;
    fill_all(out, grad, x, n, [](int64, T g, T item) {
        const A a = wide(item);
        const A s = A(1) / (A(1) + exp(-a));
        return narrow<T>(wide(g) * (s * (A(1) + a * (A(1) - s))));
    });
}
