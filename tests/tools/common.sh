# shellcheck shell=bash
# What the fetching tools share: where the cache is, messages, a lock.
# Sourced with `set -eu` in force; defines tree, cache, say, die, lock.

tree=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cache=${CACHE_DIR:-$tree/.cache}

say() { printf '%s\n' "$*" >&2; }
die() { say "$(basename "$0"): $*"; exit 1; }

# lock NAME: one process at a time from here to its end. The kernel drops the
# lock with the process, so an interrupted run leaves nothing to clean up.
lock() {
	mkdir -p "$cache" || die "cannot create the cache directory $cache"
	exec 9>"$cache/.lock-$1"
	flock -n 9 || { say "waiting for another run to fetch $1"; flock 9; }
}

# maven LOG ARGUMENTS...: quiet; on failure the reason, not the whole log.
# Its children must not inherit the lock.
maven() {
	local log=$1
	shift
	mvn -q -B -Dstyle.color=never "$@" >"$log" 2>&1 9>&- && return
	grep -m 1 -E 'ERROR|Exception' "$log" | cut -c 1-300 >&2
	say "Maven could not fetch it. It is needed once, and comes from Maven"
	say "Central or the mirror named in ~/.m2/settings.xml: is the network there?"
	return 1
}
