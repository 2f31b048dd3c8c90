#!/bin/sh
# run.sh EINC DIR [LANGUAGE...]: builds and runs the examples, by default all, in DIR.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
einc=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
mkdir -p "$2"
dir=$(cd "$2" && pwd)
shift 2
for e in "${@:-c cpp rust python go}"; do
	for one in $e; do
		echo "examples/$one:"
		mkdir -p "$dir/$one"
		"$here/$one/run.sh" "$einc" "$dir/$one"
	done
done
