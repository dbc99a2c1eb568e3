# shellcheck shell=bash
# What every fixture stands on: one private folder, processes that are ended by their id, free ports, waiting.
# Sourced by the tests and by ./quickstart. Nothing here writes outside $T, which is removed at exit.

set -euo pipefail

# In some languages [a-z] lacks a letter, and sort has another order.
export LC_ALL=C

top_srcdir=$(cd "${top_srcdir:-$(dirname "${BASH_SOURCE[0]}")/../../..}" && pwd)
if [[ -z ${top_builddir:-} ]]; then
	top_builddir=$top_srcdir
	[[ -e $top_srcdir/Makefile ]] || top_builddir=$top_srcdir/build/plain
fi
[[ ! -d $top_builddir ]] || top_builddir=$(cd "$top_builddir" && pwd)

# The server programs that were unpacked, not installed: see packages.sh.
: "${RBL_SERVERS:=$top_srcdir/build/servers}"

# A short path, because a UNIX socket's is limited to 107 bytes; open, with all in it, to the accounts that the servers
# drop to, whatever the caller's umask.
umask 022
T=$(mktemp -d "${RBL_TMP:-/tmp}/rbl.XXXXXX")
chmod 755 "$T"

owned_pids=()
keep_files=false

cleanup() {
	local status=$? pid
	trap - EXIT INT TERM
	set +e
	((!${#owned_pids[@]})) || kill -TERM "${owned_pids[@]}" 2>/dev/null
	for pid in "${owned_pids[@]}"; do
		end_process "$pid"
	done
	[[ $(type -t at_exit) != function ]] || at_exit "$status"
	if $keep_files; then
		echo "# everything of this run is kept in $T"
	else
		rm -rf "$T"
	fi
	exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# spawn NAME COMMAND...: runs it in the background, its output in $T/NAME.log, its id in $spawned.
spawn() {
	local name=$1
	shift
	"$@" </dev/null >>"$T/$name.log" 2>&1 &
	spawned=$!
	owned_pids+=("$spawned")
}

# alive PID: false for a zombie too, since not every init of a container buries the dead.
alive() {
	local stat
	stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
	[[ ${stat##*) } != Z* ]]
}

gone() {
	! alive "$1"
}

# end_process PID: asks, waits for five seconds, then insists. Returns the status that it ended with.
end_process() {
	local pid=$1 i
	for i in "${!owned_pids[@]}"; do
		[[ ${owned_pids[i]} != "$pid" ]] || unset 'owned_pids[i]'
	done
	owned_pids=("${owned_pids[@]}")
	kill -TERM "$pid" 2>/dev/null || true
	wait_for 5 gone "$pid" || kill -KILL "$pid" 2>/dev/null || true
	wait "$pid" 2>/dev/null
}

# wait_for SECONDS COMMAND...: true as soon as the command is; false when the time is over.
wait_for() {
	local until=$((SECONDS + $1 + 1))
	shift
	until "$@"; do
		((SECONDS < until)) || return 1
		sleep 0.05
	done
}

# came_up PID COMMAND...: waits until COMMAND is true; false when it takes too long or the process has died.
came_up() {
	wait_for 10 dead_or "$@"
	alive "$1"
}

dead_or() {
	gone "$1" || "${@:2}"
}

# port_pick: a port that nobody holds. It lies below those that the kernel gives to outgoing connections, so that
# none of these takes it before we bind; two tests may still pick the same, so whoever binds must be ready to retry.
port_pick() {
	local port hex
	while :; do
		port=$((10000 + RANDOM % 22000))
		printf -v hex '%04X' "$port"
		grep -qs ":$hex " /proc/net/tcp /proc/net/tcp6 /proc/net/udp /proc/net/udp6 || break
	done
	echo "$port"
}

# port_open PORT: does somebody accept TCP connections on 127.0.0.1 there?
port_open() {
	(exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# start_on_port COMMAND: picks a port for it, in $port, and lets it try; with another port when that fails.
start_on_port() {
	local try
	for try in 1 2 3 4 5; do
		port=$(port_pick)
		! "$@" || return 0
		echo "# attempt $try to start on port $port failed: $*" >&2
	done
	return 1
}

# server_root PROGRAM: the folder below which a server's program is found: unpacked by us, or installed.
server_root() {
	local root
	for root in "$RBL_SERVERS" ""; do
		if [[ -x $root/$1 ]]; then
			echo "${root:-/}"
			return
		fi
	done
	return 1
}

# built_program NAME: where this build has put a program of ours.
built_program() {
	local place
	for place in "$top_builddir" "$top_builddir"/{milter,cli,t/support}; do
		if [[ -x $place/$1 && ! -d $place/$1 ]]; then
			echo "$place/$1"
			return
		fi
	done
	echo "# $1 is not built in $top_builddir" >&2
	return 1
}
