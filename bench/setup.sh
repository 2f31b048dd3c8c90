#!/bin/sh
# Installs the peers that einc is measured against and builds the loops that call them. A peer that
# cannot be had is left out; the benchmark then reports it as absent.
set -eu
cd "$(dirname "$0")"

quietly() { "$@" >/dev/null 2>&1; }
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo

# The distribution's libraries, one by one, so that a missing one does not take the others with it.
installed() { dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }
if command -v apt-get >/dev/null 2>&1; then
	updated=
	for p in gcc libc6-dev python3-venv libopenblas0-pthread libblis4-pthread libdnnl2 libgomp1 libxsmm-dev python3-torch; do
		installed "$p" && continue
		[ -n "$updated" ] || quietly $sudo apt-get update -qq || true
		updated=yes
		echo "installing $p"
		quietly $sudo apt-get install -y -qq --no-install-recommends "$p" || echo "$p cannot be installed: absent" >&2
	done
fi

# NumPy brings its own, newer OpenBLAS; pytblis brings TBLIS.
if [ ! -x .venv/bin/python ]; then
	python3 -m venv .venv
fi
for p in numpy opt_einsum pytblis; do
	quietly .venv/bin/python -c "import $p" && continue
	echo "installing $p"
	quietly .venv/bin/pip install -q "$p" || echo "$p cannot be installed: absent" >&2
done

mkdir -p .build
if [ ! -f .build/libpeers.so ] || [ native/peers.c -nt .build/libpeers.so ]; then
	cc -O3 -march=native -fno-math-errno -shared -fPIC -Wall -Wextra -o .build/libpeers.so native/peers.c -ldl -lpthread
fi
# libxsmm comes as an archive.
xsmm=/usr/lib/libxsmm.a
if [ -f "$xsmm" ] && [ ! -f .build/libxsmm.so ]; then
	quietly cc -shared -o .build/libxsmm.so -Wl,--whole-archive "$xsmm" "${xsmm%.a}noblas.a" -Wl,--no-whole-archive -lm -ldl -lpthread ||
		echo "libxsmm cannot be linked: absent" >&2
fi
