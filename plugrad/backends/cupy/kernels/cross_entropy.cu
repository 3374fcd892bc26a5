// Cross entropy of classes: the loss in one read of the logits, and its gradient in another.
//
// With lse = log(sum(exp(x))), the loss of a row is sum_j w_j (lse - x_j) for the distribution w that is
// (1 - smoothing) * weight[target] at the target's class, plus smoothing / classes * weight[j] everywhere. Its gradient
// is sum(w) exp(x - lse) - w. A row whose target is ignored has neither. A target that is no class sets the flag,
// which the host reads when it next waits for the device, and makes its row nan.

template <class T, int THREADS>
__global__ void cross_entropy(const T* x, const int64* target, const T* weight, Wide<T>* losses, Wide<T>* weights,
                              Wide<T>* lse, int* flag, double smoothing, int64 ignore_index, int64 rows, int64 n) {
    typedef Wide<T> A;
    EACH_ROW(row, rows) {
        const T* logits = x + row * n;
        A weight_sum = 0, product = 0;
        const bool smooth = smoothing != 0;
        const Exponents<A> all = exponents<THREADS>(logits, n, [&](int64 j, A item) {
            if (smooth) {
                const A w = weight ? wide(weight[j]) : A(1);
                weight_sum += w;
                product += w * item;
            }
        });
        if (smooth) {
            weight_sum = sum_of<THREADS>(weight_sum);
            product = sum_of<THREADS>(product);
        }
        if (threadIdx.x == 0) {
            const A log_sum = log(all.sum);
            const int64 t = target[row];
            const bool ignored = t == ignore_index;
            A loss = 0, share = 0;
            if (!ignored && t >= 0 && t < n) {
                share = weight ? wide(weight[t]) : A(1);
                // The largest is taken off first: the logarithm is small beside it.
                loss = share * (log_sum - (wide(logits[t]) - all.largest));
                if (smooth) {
                    const A rest = weight_sum * log_sum - (product - weight_sum * all.largest);
                    loss = A(1 - smoothing) * loss + A(smoothing / n) * rest;
                }
            } else if (!ignored) {
                *flag = 1;
                loss = share = nan_of<A>();
            }
            losses[row] = loss;
            weights[row] = share;
            lse[row] = all.largest + log_sum;
        }
    }
}

// The sum of the losses, or their mean, and the sum of the weights; by one block of 256 threads.
template <class T>
__global__ void cross_entropy_total(const Wide<T>* losses, const Wide<T>* weights, T* loss, Wide<T>* total, int mean,
                                    int64 rows) {
    typedef Wide<T> A;
    A sum = 0, weight_sum = 0;
    for (int64 row = threadIdx.x; row < rows; row += 256) {
        sum += losses[row];
        weight_sum += weights[row];
    }
    sum = sum_of<256>(sum);
    weight_sum = sum_of<256>(weight_sum);
    if (threadIdx.x == 0) {
        loss[0] = narrow<T>(mean ? sum / weight_sum : sum);
        total[0] = weight_sum;
    }
}

// grad: of each row where each_row, else of the one loss. total: the divisor of a mean, else null.
// weight_sum: the sum of the weights of all classes where smoothing takes it, else null for their number.
template <class T, int THREADS>
__global__ void cross_entropy_backward(const T* grad, const T* x, const int64* target, const T* weight,
                                       const Wide<T>* lse, const Wide<T>* total, const T* weight_sum, T* out,
                                       int each_row, double smoothing, int64 ignore_index, int64 rows, int64 n) {
    typedef Wide<T> A;
    EACH_ROW(row, rows) {
        const int64 t = target[row];
        const A log_sum = lse[row];
        A share = 0, rest = 0, mass = 0, scale = 0;
        if (t != ignore_index) {
            scale = wide(grad[each_row ? row : 0]);
            if (total) scale /= total[0];
            const A w = t < 0 || t >= n ? nan_of<A>() : weight ? wide(weight[t]) : A(1);
            share = A(1 - smoothing) * w;
            rest = A(smoothing / n);
            mass = share + rest * (smoothing == 0 ? A(0) : weight_sum ? wide(weight_sum[0]) : A(n));
        }
        fill<THREADS>(out + row * n, x + row * n, n, [&](int64 j, T item) {
            A slope = mass * exp(wide(item) - log_sum);
            if (j == t) slope -= share;
            if (rest != A(0)) slope -= weight ? rest * wide(weight[j]) : rest;
            return narrow<T>(scale * slope);
        });
    }
}
