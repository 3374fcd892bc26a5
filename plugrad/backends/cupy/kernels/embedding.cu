// The gradient of a table of rows, of which some were looked up: the sum of the gradients of each row.
//
// embedding_add uses atomics, so that the order of a sum is another in every run. embedding_sum takes the indices
// sorted, and adds each row's gradients in the order in which they were looked up.

// Rows of a block (32, 8): one for each warp. `out` is zeros, in the wider type, whose atomics are fast.
template <class T>
__global__ void embedding_add(const T* grad, const int64* index, Wide<T>* out, int* flag, int code, int64 skipped,
                              int64 n, int64 width, int64 rows) {
    const int64 step = static_cast<int64>(gridDim.x) * blockDim.y;
    for (int64 i = static_cast<int64>(blockIdx.x) * blockDim.y + threadIdx.y; i < n; i += step) {
        const int64 row = index[i];
        if (row < 0 || row >= rows) {
            *flag = code;
        } else if (row != skipped) {
            for (int64 j = threadIdx.x; j < width; j += 32) atomicAdd(out + row * width + j, wide(grad[i * width + j]));
        }
    }
}

// Of so many sorted indices a warp adds up those that are equal. A row that goes on beyond them is put together from
// the sums of the parts, by embedding_join.
#define PART 32

// `index` is sorted, and order[i] is where index[i] was. first: of each part, the sum of the row that goes on beyond
// its end; rest: of each part, the sum of the row that came from before its start. `out` is zeros.
template <class T>
__global__ void embedding_sum(const T* grad, const int64* index, const int64* order, T* out, Wide<T>* first,
                              Wide<T>* rest, int* flag, int code, int by_frequency, int64 skipped, int64 n,
                              int64 width, int64 rows) {
    typedef Wide<T> A;
    const int64 step = static_cast<int64>(gridDim.x) * blockDim.y;
    for (int64 i = static_cast<int64>(blockIdx.x) * blockDim.y + threadIdx.y; i < n; i += step) {
        const int64 row = index[i];
        const bool starts = i == 0 || index[i - 1] != row;
        if (!starts && i % PART != 0) continue;
        if (row < 0 || row >= rows) {
            *flag = code;
            continue;
        }
        if (row == skipped) continue;
        const int64 part = i / PART;
        const int64 limit = (part + 1) * PART < n ? (part + 1) * PART : n;
        int64 end = i + 1;
        while (end < limit && index[end] == row) ++end;
        const bool goes_on = end == limit && limit < n && index[limit] == row;
        for (int64 j = threadIdx.x; j < width; j += 32) {
            A sum = 0;
            for (int64 k = i; k < end; ++k) sum += wide(grad[order[k] * width + j]);
            if (!starts) {
                rest[part * width + j] = sum;
            } else if (goes_on) {
                first[part * width + j] = sum;
            } else {
                out[row * width + j] = narrow<T>(by_frequency ? sum / A(end - i) : sum);
            }
        }
    }
}

// For every part with a row that starts in it and goes on: that row.
template <class T>
__global__ void embedding_join(const int64* index, T* out, const Wide<T>* first, const Wide<T>* rest,
                               int by_frequency, int64 skipped, int64 n, int64 width, int64 rows) {
    typedef Wide<T> A;
    const int64 step = static_cast<int64>(gridDim.x) * blockDim.y;
    const int64 parts = (n + PART - 1) / PART;
    for (int64 part = static_cast<int64>(blockIdx.x) * blockDim.y + threadIdx.y; part + 1 < parts; part += step) {
        const int64 last = (part + 1) * PART - 1;
        const int64 row = index[last];
        if (index[last + 1] != row || row < 0 || row >= rows || row == skipped) continue;
        int64 start = last;
        while (start > part * PART && index[start - 1] == row) --start;
        // It came from a part before, which joins it.
        if (start == part * PART && start > 0 && index[start - 1] == row) continue;
        int64 end_part = part + 1;
        while (end_part + 1 < parts && index[(end_part + 1) * PART - 1] == row && index[(end_part + 1) * PART] == row) {
            ++end_part;
        }
        int64 end = end_part * PART;
        while (end < n && end < (end_part + 1) * PART && index[end] == row) ++end;
        for (int64 j = threadIdx.x; j < width; j += 32) {
            A sum = first[part * width + j];
            for (int64 k = part + 1; k <= end_part; ++k) sum += rest[k * width + j];
            out[row * width + j] = narrow<T>(by_frequency ? sum / A(end - start) : sum);
        }
    }
}
