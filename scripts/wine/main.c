/* Calls the kernel mm, out of the object or the library, without a C library. Its exit code is 0, or what is wrong. */
#include "mm.h"

static float a[5 * 7], b[7 * 9], out[5 * 9];
int _fltused;

int start(void)
{
    int i, j, k;
    for (i = 0; i < 5 * 7; i++) a[i] = (float)(i % 5 - 2);
    for (i = 0; i < 7 * 9; i++) b[i] = (float)(i % 7 - 3);
    if (!mm_supported()) return 100;
    mm(out, a, b, NULL);
    for (i = 0; i < 5; i++)
        for (j = 0; j < 9; j++) {
            float sum = 0;
            for (k = 0; k < 7; k++) sum += a[i * 7 + k] * b[k * 9 + j];
            if (out[i * 9 + j] != sum) return 1 + i * 9 + j;
        }
    return 0;
}
