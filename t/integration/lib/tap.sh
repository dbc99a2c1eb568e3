# shellcheck shell=bash
# Results in the Test Anything Protocol. A test that ends early has no plan line, so that it counts as an error.

tests_run=0
tests_failed=0

# check WHAT COMMAND...: ok when the command is true.
check() {
	local what=$1
	shift
	((++tests_run))
	if "$@"; then
		echo "ok $tests_run - $what"
	else
		((++tests_failed))
		echo "not ok $tests_run - $what"
	fi
}

# equals WHAT GOT WANTED
equals() {
	check "$1" same "$2" "$3"
}

same() {
	[[ $1 == "$2" ]] || complain "got: $1" "wanted: $2"
}

# matches WHAT TEXT PATTERN: an extended regular expression, found in one of the text's lines.
matches() {
	check "$1" has_line "$2" "$3"
}

has_line() {
	grep -qE -- "$2" <<<"$1" || complain "no line matches: $2" "in: $1"
}

# lacks WHAT TEXT PATTERN: no line of the text matches.
lacks() {
	check "$1" has_no_line "$2" "$3"
}

has_no_line() {
	! grep -qE -- "$2" <<<"$1" || complain "a line matches: $2" "in: $1"
}

complain() {
	printf '%s\n' "$@" | sed 's/^/#   /'
	return 1
}

# skip_all REASON: for what this machine or this user cannot do.
skip_all() {
	echo "1..0 # SKIP $*"
	exit 0
}

need_root() {
	((EUID == 0)) || skip_all "needs root, as the mail server does that it starts"
}

# need_servers PROGRAM...: server programs, such as usr/sbin/unbound.
need_servers() {
	local program
	for program; do
		server_root "$program" >/dev/null || skip_all "$program is missing: './quickstart unpack' fetches it"
	done
}

# finish: the last line of every test.
finish() {
	echo "1..$tests_run"
	((tests_failed == 0))
}

# Called by cleanup: after a failure the end of every log is shown, and the files stay.
at_exit() {
	local log
	if (($1 == 0 && tests_failed == 0)) || (($1 > 128)); then
		return # all is well, or somebody has stopped us
	fi
	for log in "$T"/*.log; do
		[[ -s $log ]] || continue
		echo "# --- ${log##*/}, the last lines"
		tail -n 25 "$log" | sed 's/^/# /'
	done
	keep_files=true
}
