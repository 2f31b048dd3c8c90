#!/bin/sh
# run.sh EINC DIR: builds the kernel and the program in DIR, and runs it.
set -eu
here=$(dirname "$0")
"$1" build 'Y[b,o] = relu(X[b,i]*W[i,o] + bias[o])' X=32x100:f32 W=100x50:f32 bias=50:f32 --name layer -o "$2/layer.o"
c++ -std=c++17 -O2 -Wall -Wextra -I "$2" -o "$2/layer" "$here/main.cpp" "$2/layer.o"
"$2/layer"
