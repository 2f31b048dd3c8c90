/* bcryptprimitives.dll as far as Go programs need it to start: Wine 8 has none. Its numbers repeat. */
static unsigned long long state = 1;

__declspec(dllexport) int ProcessPrng(unsigned char *to, unsigned long long n)
{
    while (n--) {
        state = state * 6364136223846793005ull + 1442695040888963407ull;
        *to++ = (unsigned char)(state >> 56);
    }
    return 1;
}

int start(void *module, unsigned reason, void *reserved)
{
    (void)module, (void)reason, (void)reserved;
    return 1;
}
