/* A batch of matrix products, spread over threads of the program's own: see run.sh for how it is built. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include "batchmul.h"

enum { B = 8, I = 96, J = 64, K = 80, THREADS = 4 };

static float a[B * I * J], b[B * J * K], out[B * I * K], whole[B * I * K];
static _Alignas(BATCHMUL_WORKSPACE_ALIGN) char arena[BATCHMUL_ARENA_BYTES + 1];
static _Alignas(BATCHMUL_WORKSPACE_ALIGN) char shared[BATCHMUL_SHARED_BYTES + 1];
static _Alignas(BATCHMUL_WORKSPACE_ALIGN) char workspace[BATCHMUL_WORKSPACE_BYTES + 1];

struct part {
    int64_t launch, begin, end;
};

static void *run_part(void *arg)
{
    const struct part *p = arg;
    void *worker = NULL;
    if (BATCHMUL_WORKER_BYTES > 0) {
        size_t size = (BATCHMUL_WORKER_BYTES + BATCHMUL_WORKSPACE_ALIGN - 1) / BATCHMUL_WORKSPACE_ALIGN * BATCHMUL_WORKSPACE_ALIGN;
        worker = aligned_alloc(BATCHMUL_WORKSPACE_ALIGN, size);
        if (worker == NULL)
            abort();
    }
    batchmul_launch(p->launch, p->begin, p->end, out, a, b, arena, shared, worker);
    free(worker);
    return NULL;
}

/* Launches run one after the other; the tasks of one are cut into as many ranges as there are threads. */
static void run_on_threads(void)
{
    int64_t launch;
    for (launch = 0; launch < BATCHMUL_LAUNCHES; launch++) {
        pthread_t threads[THREADS];
        struct part parts[THREADS];
        int64_t tasks = batchmul_tasks(launch);
        int t;
        for (t = 0; t < THREADS; t++) {
            parts[t].launch = launch;
            parts[t].begin = tasks * t / THREADS;
            parts[t].end = tasks * (t + 1) / THREADS;
            if (pthread_create(&threads[t], NULL, run_part, &parts[t]) != 0)
                abort();
        }
        for (t = 0; t < THREADS; t++)
            pthread_join(threads[t], NULL);
    }
}

static float expected(int n, int i, int k)
{
    float sum = 0;
    int j;
    for (j = 0; j < J; j++)
        sum += a[(n * I + i) * J + j] * b[(n * J + j) * K + k];
    return sum;
}

int main(void)
{
    int x, n, i, k;
    if (!batchmul_supported()) {
        puts("this CPU is too old for the kernel");
        return 0;
    }
    for (x = 0; x < B * I * J; x++)
        a[x] = (float)(x % 7 - 3);
    for (x = 0; x < B * J * K; x++)
        b[x] = (float)(x % 5 - 2);

    batchmul(whole, a, b, workspace);
    run_on_threads();

    for (n = 0; n < B; n++)
        for (i = 0; i < I; i++)
            for (k = 0; k < K; k++) {
                int at = (n * I + i) * K + k;
                if (out[at] != expected(n, i, k) || whole[at] != out[at]) {
                    printf("element %d %d %d is %g and %g, want %g\n", n, i, k, whole[at], out[at], expected(n, i, k));
                    return 1;
                }
            }
    printf("%d products of %dx%d and %dx%d: right on one thread and on %d\n", B, I, J, J, K, THREADS);
    return 0;
}
