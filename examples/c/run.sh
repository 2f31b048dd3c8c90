#!/bin/sh
# run.sh EINC DIR: builds the kernel and the program in DIR, and runs it.
set -eu
here=$(dirname "$0")
# No -mavx is needed: the object has code for three levels of x86-64 CPUs, and picks one at the first call.
cpu=
[ "$(uname -m)" = x86_64 ] && cpu=--cpu=x86-64-v2,x86-64-v3,x86-64-v4
"$1" build 'bij,bjk->bik' 8x96x64:f32 8x64x80:f32 $cpu -o "$2/batchmul.o"
cc -std=c11 -O2 -Wall -Wextra -pthread -I "$2" -o "$2/batchmul" "$here/main.c" "$2/batchmul.o"
"$2/batchmul"
