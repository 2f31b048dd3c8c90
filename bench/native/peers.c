// The loops around calls of other libraries, timed in C so that no call pays for being made from Go, and
// the machine's own rates: copying, reading and filling memory.

#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#ifdef __SSE2__
#include <immintrin.h>
#endif

enum { ROW = 101, NOTRANS = 111, TRANS = 112 };

// What a job does. Go has the same list, in the same order.
enum kind {
	GEMM,     // fn is cblas_?gemm with 32-bit integers
	GEMM64,   // fn is cblas_?gemm with 64-bit integers
	SGEMM_DNN, // fn is dnnl_sgemm
	SMALL,    // fn multiplies matrices of one size, as libxsmm's do
	GEMV,     // fn is cblas_?gemv
	GER,      // fn is cblas_?ger
	DOT,      // fn is cblas_?dot
	MTTKRP,   // a matrix product by fn, then a reduction
	BIASRELU, // a matrix product by fn, then a pass over the result
	COPY,
	READ,
	FILL,
	STREAM, // fill past the caches
	CALL,   // fn(pointers, workspace)
	SPIN,   // n steps of multiply-adds in registers on each of m threads
};

// Job is a call, or a batch of calls: outer × inner products, whose operands lie so many elements apart.
struct job {
	int64_t kind, wide; // wide: f64, else f32
	void *fn;
	int64_t m, n, k, ta, tb, lda, ldb, ldc;
	int64_t outer, inner, ao, ai, bo, bi, co, ci;
	void *a, *b, *c, *d, *e;
};

static int64_t now(int64_t wall)
{
	struct timespec t;
	clock_gettime(wall ? CLOCK_MONOTONIC : CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void gemm1(const struct job *j, char *a, char *b, char *c)
{
	int ta = j->ta ? TRANS : NOTRANS, tb = j->tb ? TRANS : NOTRANS;
	switch (j->kind) {
	case SGEMM_DNN:
		((int (*)(char, char, int64_t, int64_t, int64_t, float, void *, int64_t, void *, int64_t, float, void *, int64_t))j->fn)(
			j->ta ? 'T' : 'N', j->tb ? 'T' : 'N', j->m, j->n, j->k, 1, a, j->lda, b, j->ldb, 0, c, j->ldc);
		return;
	case SMALL: // column-major: the transposed product
		((void (*)(void *, void *, void *))j->fn)(b, a, c);
		return;
	case GEMM64:
		if (j->wide)
			((void (*)(int, int, int, int64_t, int64_t, int64_t, double, void *, int64_t, void *, int64_t, double, void *, int64_t))j->fn)(
				ROW, ta, tb, j->m, j->n, j->k, 1, a, j->lda, b, j->ldb, 0, c, j->ldc);
		else
			((void (*)(int, int, int, int64_t, int64_t, int64_t, float, void *, int64_t, void *, int64_t, float, void *, int64_t))j->fn)(
				ROW, ta, tb, j->m, j->n, j->k, 1, a, j->lda, b, j->ldb, 0, c, j->ldc);
		return;
	default:
		if (j->wide)
			((void (*)(int, int, int, int, int, int, double, void *, int, void *, int, double, void *, int))j->fn)(
				ROW, ta, tb, j->m, j->n, j->k, 1, a, j->lda, b, j->ldb, 0, c, j->ldc);
		else
			((void (*)(int, int, int, int, int, int, float, void *, int, void *, int, float, void *, int))j->fn)(
				ROW, ta, tb, j->m, j->n, j->k, 1, a, j->lda, b, j->ldb, 0, c, j->ldc);
	}
}

static void gemm(const struct job *j)
{
	int64_t size = j->wide ? 8 : 4;
	for (int64_t o = 0; o < j->outer; o++)
		for (int64_t i = 0; i < j->inner; i++)
			gemm1(j, (char *)j->a + size * (o * j->ao + i * j->ai), (char *)j->b + size * (o * j->bo + i * j->bi),
				(char *)j->c + size * (o * j->co + i * j->ci));
}

static void gemv(const struct job *j)
{
	int t = j->ta ? TRANS : NOTRANS;
	if (j->wide)
		((void (*)(int, int, int, int, double, void *, int, void *, int, double, void *, int))j->fn)(
			ROW, t, j->m, j->n, 1, j->a, j->lda, j->b, 1, 0, j->c, 1);
	else
		((void (*)(int, int, int, int, float, void *, int, void *, int, float, void *, int))j->fn)(
			ROW, t, j->m, j->n, 1, j->a, j->lda, j->b, 1, 0, j->c, 1);
}

// ger adds to the result, so that it is cleared first, which costs a pass; BLAS has no other.
static void ger(const struct job *j)
{
	memset(j->c, 0, (size_t)(j->m * j->n) * (j->wide ? 8 : 4));
	if (j->wide)
		((void (*)(int, int, int, double, void *, int, void *, int, void *, int))j->fn)(
			ROW, j->m, j->n, 1, j->a, 1, j->b, 1, j->c, j->n);
	else
		((void (*)(int, int, int, float, void *, int, void *, int, void *, int))j->fn)(
			ROW, j->m, j->n, 1, j->a, 1, j->b, 1, j->c, j->n);
}

static void dot(const struct job *j)
{
	if (j->wide)
		*(double *)j->c = ((double (*)(int, void *, int, void *, int))j->fn)(j->n, j->a, 1, j->b, 1);
	else
		*(float *)j->c = ((float (*)(int, void *, int, void *, int))j->fn)(j->n, j->a, 1, j->b, 1);
}

// mttkrp is out[i,a] = Σ_j (Σ_k X[i,j,k] C[k,a]) B[j,a]: a product into e, and a reduction. m is i·j, outer
// i, n the rank.
#define MTTKRP_REDUCE(T)                                                        \
	do {                                                                        \
		const T *restrict t = j->e, *restrict b = j->d;                         \
		T *restrict out = j->c;                                                 \
		int64_t rows = j->m / j->outer, r = j->n;                               \
		for (int64_t i = 0; i < j->outer; i++) {                                \
			for (int64_t a = 0; a < r; a++)                                     \
				out[i * r + a] = 0;                                             \
			for (int64_t q = 0; q < rows; q++)                                  \
				for (int64_t a = 0; a < r; a++)                                 \
					out[i * r + a] += t[(i * rows + q) * r + a] * b[q * r + a]; \
		}                                                                       \
	} while (0)

static void mttkrp(const struct job *j)
{
	struct job g = *j;
	g.kind = GEMM;
	gemm1(&g, j->a, j->b, j->e);
	if (j->wide)
		MTTKRP_REDUCE(double);
	else
		MTTKRP_REDUCE(float);
}

#define BIAS_RELU(T)                                            \
	do {                                                        \
		const T *restrict bias = j->d;                          \
		T *restrict c = j->c;                                   \
		for (int64_t i = 0; i < j->m; i++)                      \
			for (int64_t q = 0; q < j->n; q++) {                \
				T v = c[i * j->n + q] + bias[q];                \
				c[i * j->n + q] = v > 0 ? v : 0;                \
			}                                                   \
	} while (0)

static void biasrelu(const struct job *j)
{
	struct job g = *j;
	g.kind = GEMM;
	gemm1(&g, j->a, j->b, j->c);
	if (j->wide)
		BIAS_RELU(double);
	else
		BIAS_RELU(float);
}

// readall sums words in as many chains as hide the latency of memory.
static void readall(const struct job *j)
{
	const uint64_t *p = j->a;
	uint64_t s[32] = {0}, sum = 0;
	int64_t n = j->n / 8, i = 0;
	for (; i + 32 <= n; i += 32)
		for (int q = 0; q < 32; q++)
			s[q] += p[i + q];
	for (int q = 0; q < 32; q++)
		sum += s[q];
	*(volatile uint64_t *)j->e = sum;
}

static void stream(const struct job *j)
{
#ifdef __SSE2__
	char *p = j->c;
	int64_t i = 0;
#ifdef __AVX__
	__m256i v = _mm256_set1_epi8(1);
	for (; i + 64 <= j->n; i += 64) {
		_mm256_stream_si256((__m256i *)(p + i), v);
		_mm256_stream_si256((__m256i *)(p + i + 32), v);
	}
#else
	__m128i v = _mm_set1_epi8(1);
	for (; i + 16 <= j->n; i += 16)
		_mm_stream_si128((__m128i *)(p + i), v);
#endif
	_mm_sfence();
#else
	memset(j->c, 1, (size_t)j->n);
#endif
}

// chains multiplies and adds in as many chains as hide the latency of the unit.
static void *chains(void *job)
{
	typedef float vector __attribute__((vector_size(64)));
	const struct job *j = job;
	vector x[10], f = {0}, sum = {0};
	for (int q = 0; q < 10; q++)
		x[q] = f + (float)q;
	f += 0.5f;
	for (int64_t i = 0; i < j->n; i++)
#pragma GCC unroll 10
		for (int q = 0; q < 10; q++)
			x[q] = x[q] * f + f;
	for (int q = 0; q < 10; q++)
		sum += x[q];
	return sum[0] == 0 ? job : 0; // what is not used is not computed
}

static void spin(const struct job *j)
{
	pthread_t t[64];
	int64_t others = 0;
	while (others < j->m - 1 && others < 64 && !pthread_create(&t[others], 0, chains, (void *)j))
		others++;
	*(void *volatile *)j->e = chains((void *)j);
	while (others > 0)
		pthread_join(t[--others], 0);
}

static void once(const struct job *j)
{
	switch (j->kind) {
	case GEMV:
		gemv(j);
		break;
	case GER:
		ger(j);
		break;
	case DOT:
		dot(j);
		break;
	case MTTKRP:
		mttkrp(j);
		break;
	case BIASRELU:
		biasrelu(j);
		break;
	case COPY:
		memcpy(j->c, j->a, (size_t)j->n);
		break;
	case READ:
		readall(j);
		break;
	case FILL:
		memset(j->c, 1, (size_t)j->n);
		break;
	case STREAM:
		stream(j);
		break;
	case CALL:
		((void (*)(void **, void *))j->fn)((void **)j->a, j->e);
		break;
	case SPIN:
		spin(j);
		break;
	default:
		gemm(j);
	}
}

// peers_time is the nanoseconds that so many repetitions of a job take: of the thread's CPU, or of the clock on the
// wall.
int64_t peers_time(const struct job *j, int64_t calls, int64_t wall)
{
	int64_t began = now(wall);
	for (int64_t i = 0; i < calls; i++)
		once(j);
	return now(wall) - began;
}

// peers_xsmm asks libxsmm for a row-major product of m×k by k×n matrices. It gives NULL if there is none.
void *peers_xsmm(void *dispatch, int64_t wide, int64_t m, int64_t n, int64_t k)
{
	int lda = n, ldb = k, ldc = n;
	if (wide) {
		double alpha = 1, beta = 0;
		return ((void *(*)(int, int, int, int *, int *, int *, double *, double *, int *, int *))dispatch)(
			n, m, k, &lda, &ldb, &ldc, &alpha, &beta, 0, 0);
	}
	float alpha = 1, beta = 0;
	return ((void *(*)(int, int, int, int *, int *, int *, float *, float *, int *, int *))dispatch)(
		n, m, k, &lda, &ldb, &ldc, &alpha, &beta, 0, 0);
}
