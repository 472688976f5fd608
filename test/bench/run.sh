#!/usr/bin/env bash
# The benchmark: `npm run bench -- S1c,S3c -n 3`. Builds what is in C and runs bench.py, as root in a network namespace of its own
# (nothing leaves it, and it is gone with the run), else on 127.99.0.x. Everything it makes is under $BENCH_DIR.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export BENCH_DIR=${BENCH_DIR:-${TMPDIR:-/tmp}/effusion-bench-data}
mkdir -p "$BENCH_DIR"
for name in cheap-seeder cheap-leecher; do
  if [ "$here/$name.c" -nt "$BENCH_DIR/$name" ]; then gcc -O2 -o "$BENCH_DIR/$name" "$here/$name.c"; fi
done
PATH=$PATH:/usr/sbin:/sbin
if [ "$(id -u)" != 0 ] || ! command -v ip >/dev/null; then
  BENCH_NET=127.99.0. exec /usr/bin/python3 "$here/bench.py" "$@"
fi
export BENCH_NET=10.99.0.
# shellcheck disable=SC2016
exec unshare --net --pid --fork --kill-child --mount-proc -- bash -c '
  ip link set lo up
  for i in $(seq 40); do ip address add "$BENCH_NET$i/32" dev lo; done
  exec /usr/bin/python3 "$0" "$@"' "$here/bench.py" "$@"
