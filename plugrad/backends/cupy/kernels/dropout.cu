// Dropout whose mask is not kept: backward computes it again from the place in the generator's stream.
//
// The generator is Philox 4x32-10 (Salmon, Moraes, Dror and Shaw, 2011, https://doi.org/10.1145/2063384.2063405):
// counter `offset + i / 4` gives the four words of the numbers i to i + 3, the seed is the key. A number is kept where
// its word is below the threshold.

struct Words { uint32 word[4]; };

__device__ inline Words philox(uint64 seed, uint64 counter) {
    uint32 a = static_cast<uint32>(counter), b = static_cast<uint32>(counter >> 32), c = 0, d = 0;
    uint32 key = static_cast<uint32>(seed), other_key = static_cast<uint32>(seed >> 32);
#pragma unroll
    for (int round = 0; round < 10; ++round) {
        const uint64 first = static_cast<uint64>(0xD2511F53u) * a, second = static_cast<uint64>(0xCD9E8D57u) * c;
        a = static_cast<uint32>(second >> 32) ^ b ^ key;
        b = static_cast<uint32>(second);
        c = static_cast<uint32>(first >> 32) ^ d ^ other_key;
        d = static_cast<uint32>(first);
        key += 0x9E3779B9u;
        other_key += 0xBB67AE85u;
    }
    return {{a, b, c, d}};
}

template <class T>
__global__ void dropout(const T* x, T* y, uint64 seed, uint64 offset, uint64 threshold, double scale, int64 n) {
    typedef Wide<T> A;
    const int64 step = static_cast<int64>(gridDim.x) * blockDim.x * 4;
    const bool aligned = on_four(x) && on_four(y);
    for (int64 i = (static_cast<int64>(blockIdx.x) * blockDim.x + threadIdx.x) * 4; i < n; i += step) {
        const Words words = philox(seed, offset + i / 4);
        const bool whole = aligned && i + 4 <= n;
        Four<T> four = read_four(x, i, n, whole);
#pragma unroll
        for (int k = 0; k < 4; ++k) {
            // Times 0, not 0: a nan stays one.
            four.item[k] = narrow<T>(wide(four.item[k]) * (words.word[k] < threshold ? A(scale) : A(0)));
        }
        write_four(y, four, i, n, whole);
    }
}

// The words themselves, for whoever draws numbers on the device.
template <int N>
__global__ void random_words(uint32* words, uint64 seed, uint64 offset, int64 n) {
    const int64 step = static_cast<int64>(gridDim.x) * blockDim.x * 4;
    for (int64 i = (static_cast<int64>(blockIdx.x) * blockDim.x + threadIdx.x) * 4; i < n; i += step) {
        const Words found = philox(seed, offset + i / 4);
        for (int k = 0; k < 4 && i + k < n; ++k) words[i + k] = found.word[k];
    }
}
