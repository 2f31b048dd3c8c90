#!/bin/sh
# run.sh EINC DIR: builds the kernel and the program in DIR, and runs it.
set -eu
here=$(dirname "$0")
# The limit of memory cuts the work into slices, which the one call goes through.
"$1" build 'ij,jk,kl->il' 90x80:f64 80x70:f64 70x60:f64 --max-memory 20kB --name chain --emit=obj,header -o "$2/chain.o"
# The sizes that the header states, for Rust.
sed -n 's/^#define \(CHAIN_[A-Z_]*\) \([0-9][0-9]*\)$/pub const \1: usize = \2;/p' "$2/chain.h" > "$2/sizes.rs"
if ! rustc --version >/dev/null 2>&1; then # a rustup without a toolchain counts as none
	echo "rustc is missing: the kernel is built, and not called"
	exit 0
fi
EINC_SIZES=$(cd "$2" && pwd)/sizes.rs rustc --edition 2021 -O -D warnings -C link-arg="$2/chain.o" -o "$2/chain" "$here/main.rs"
"$2/chain"
