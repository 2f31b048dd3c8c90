#!/bin/sh
# run.sh EINC DIR: builds the shared library in DIR, and calls it from Python.
set -eu
here=$(dirname "$0")
"$1" build 'bij,bj->bi' 3x40x60:f64 3x60:f64 --name batchvec --emit=shared,header -o "$2/libbatchvec.so"
if ! command -v python3 >/dev/null 2>&1; then
	echo "python3 is missing: the library is built, and not called"
	exit 0
fi
python3 "$here/main.py" "$2/libbatchvec.so"
