// A layer of a neural network as one kernel, with its product, bias and activation: see run.sh for how it
// is built.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "layer.h"

namespace {

constexpr int batch = 32, in = 100, out = 50;

// Workspace is what the header asks for; a kernel that needs none takes a null pointer.
struct Workspace {
    std::unique_ptr<char, decltype(&std::free)> memory{nullptr, &std::free};
    Workspace()
    {
        if (LAYER_WORKSPACE_BYTES > 0)
            memory.reset(static_cast<char *>(std::aligned_alloc(LAYER_WORKSPACE_ALIGN, LAYER_WORKSPACE_BYTES)));
    }
};

float expected(const std::vector<float> &x, const std::vector<float> &w, const std::vector<float> &bias, int b, int o)
{
    float sum = bias[o];
    for (int i = 0; i < in; i++)
        sum += x[b * in + i] * w[i * out + o];
    return std::max(sum, 0.0f);
}

} // namespace

int main()
{
    if (!layer_supported()) {
        std::puts("this CPU is too old for the kernel");
        return 0;
    }
    std::vector<float> x(batch * in), w(in * out), bias(out), y(batch * out);
    for (std::size_t i = 0; i < x.size(); i++)
        x[i] = static_cast<float>(static_cast<int>(i % 11) - 5);
    for (std::size_t i = 0; i < w.size(); i++)
        w[i] = static_cast<float>(static_cast<int>(i % 7) - 3);
    for (std::size_t i = 0; i < bias.size(); i++)
        bias[i] = static_cast<float>(i);

    Workspace workspace;
    layer(y.data(), x.data(), w.data(), bias.data(), workspace.memory.get());

    for (int b = 0; b < batch; b++)
        for (int o = 0; o < out; o++)
            if (y[b * out + o] != expected(x, w, bias, b, o)) {
                std::printf("element %d %d is %g, want %g\n", b, o, y[b * out + o], expected(x, w, bias, b, o));
                return 1;
            }
    std::printf("relu(X*W + bias) for a batch of %d: right\n", batch);
}
