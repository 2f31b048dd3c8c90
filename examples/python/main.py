"""Calls a kernel through ctypes: by pointers, and with DLPack tensors where NumPy or PyTorch is there.

main.py LIBRARY, with the library that run.sh builds.
"""

import array
import ctypes
import sys

B, I, J = 3, 40, 60


def by_pointers(lib):
    """Any buffer will do: array, bytearray, mmap, ctypes' own."""
    x = array.array("d", (n % 9 - 4 for n in range(B * I * J)))
    y = array.array("d", (n % 5 - 2 for n in range(B * J)))
    out = array.array("d", bytes(8 * B * I))

    def pointer(a):
        return (ctypes.c_double * len(a)).from_buffer(a)

    lib.batchvec(pointer(out), pointer(x), pointer(y), None)
    for b in range(B):
        for i in range(I):
            want = sum(x[(b * I + i) * J + j] * y[b * J + j] for j in range(J))
            assert out[b * I + i] == want, (b, i, out[b * I + i], want)
    print("array.array, by pointers: right")


def dltensor(a):
    """The DLTensor in what a.__dlpack__() gives, and the capsule that owns it."""
    capsule = a.__dlpack__()
    get = ctypes.pythonapi.PyCapsule_GetPointer
    get.restype, get.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    return ctypes.c_void_p(get(capsule, b"dltensor")), capsule


def by_dlpack(lib, arrays):
    """Arrays of any library that speaks DLPack, without a copy; types and shapes are checked."""
    out, x, y, wrong = arrays
    tensors = [dltensor(a) for a in (out, x, y)]
    assert lib.batchvec_dlpack(*(p for p, _ in tensors), None) == 0
    bad, keep = dltensor(wrong)
    assert lib.batchvec_dlpack(bad, tensors[1][0], tensors[2][0], None) == 15, keep


def numpy(lib):
    import numpy as np

    rng = np.random.default_rng(1)
    x = rng.integers(-4, 5, (B, I, J)).astype(np.float64)
    y = rng.integers(-4, 5, (B, J)).astype(np.float64)
    out = np.zeros((B, I))
    by_dlpack(lib, (out, x, y, np.zeros((B, I + 1))))
    assert (out == np.einsum("bij,bj->bi", x, y)).all()


def torch(lib):
    import torch

    x = torch.randint(-4, 5, (B, I, J)).double()
    y = torch.randint(-4, 5, (B, J)).double()
    out = torch.zeros(B, I, dtype=torch.float64)
    by_dlpack(lib, (out, x, y, torch.zeros(B, I + 1, dtype=torch.float64)))
    assert torch.equal(out, torch.einsum("bij,bj->bi", x, y))


lib = ctypes.CDLL(sys.argv[1])
by_pointers(lib)
for name, run in (("NumPy", numpy), ("PyTorch", torch)):
    try:
        run(lib)
        print(name + ", by DLPack: right")
    except ImportError:
        print(name + " is not installed")
