// Named as CUDA's header, which kernels include.
#include "cuda_on_cpu.h"
