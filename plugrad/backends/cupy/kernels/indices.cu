// Indices that must lie in a range. What is found is left in a flag, so that the host need not wait.

template <class I>
__global__ void check_range(const I* index, int* flag, int64 low, int64 high, int code, int64 n) {
    const int64 step = static_cast<int64>(gridDim.x) * blockDim.x;
    bool outside = false;
    for (int64 i = static_cast<int64>(blockIdx.x) * blockDim.x + threadIdx.x; i < n; i += step) {
        outside = outside || index[i] < low || index[i] >= high;
    }
    // Whoever is wrong writes the same.
    if (outside) *flag = code;
}
