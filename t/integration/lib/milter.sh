# shellcheck shell=bash
# The program under test, run in the foreground with a configuration, socket and state of its own in $T.

# milter_start unix|inet: reads what is to stand in the configuration from standard input, as the members of an object:
# "dns", "lists" and so on. Then $milter_pid is the process, $milter_spec the socket as Sendmail and we write it, and
# $milter_socket as Postfix does.
# $milter_wrapper: words to put before the command.
# $milter_state: its state_dir, which outlives milter_stop.
milter_wrapper=()
milter_state=$T/state
milter_start() {
	milter_members=$(sed 's/^/  /')
	milter_writes=(milter_configure)
	case $1 in
	unix) milter_try unix ;;
	inet) start_on_port milter_try inet ;;
	esac
}

# milter_start_example NAME [OBJECT...]: with config/examples/NAME.json as it is shipped, but for the DNS server, which is
# $faultydns_port, the sockets and the state; the objects are laid over it.
milter_start_example() {
	ln -sfn "$top_srcdir/config/profiles" "$T/profiles"
	milter_writes=(milter_example "$@")
	milter_try unix
}

milter_example() {
	"$top_srcdir/t/integration/jsonlay" "$top_srcdir/config/examples/$1.json" \
		"{\"milter\": {\"socket\": \"$milter_spec\", \"mode\": \"0666\"}, \"state_dir\": \"$milter_state\"}" \
		"{\"control\": {\"socket\": \"$T/control.sock\"}}" "{\"dns\": {\"servers\": [\"127.0.0.1:$faultydns_port\"]}}" "${@:2}"
}

# shellcheck disable=SC2034 # milter_socket is for the tests
milter_try() {
	local program
	case $1 in
	unix)
		milter_spec=unix:$T/milter.sock
		milter_socket=$milter_spec
		;;
	inet)
		milter_spec=inet:$port@127.0.0.1
		milter_socket=inet:127.0.0.1:$port
		;;
	esac
	mkdir -p "$T/state"
	chmod 777 "$T/state"
	"${milter_writes[@]}" >"$T/rbl-milter.json"
	program=$(built_program rbl-milter) || return 1
	: >"$T/rbl-milter.log"
	spawn rbl-milter "${milter_wrapper[@]}" "$program" -f -c "$T/rbl-milter.json"
	milter_pid=$spawned
	came_up "$milter_pid" grep -qs ' is ready on ' "$T/rbl-milter.log"
}

milter_configure() {
	cat <<-END
		{
		  "milter": {"socket": "$milter_spec", "mode": "0666"},
		  "control": {"socket": "$T/control.sock"},
		  "state_dir": "$milter_state",
		$milter_members
		}
	END
}

# milter_stop: ends it, and returns its exit status: not 0 also when a sanitizer has found something.
milter_stop() {
	end_process "$milter_pid"
}

# milter_log PATTERN: the lines that it has logged.
milter_log() {
	grep -E -- "$1" "$T/rbl-milter.log" || true
}

# milter_says PATTERN: waits until there is a log line like this.
milter_says() {
	wait_for 5 grep -qE -- "$1" "$T/rbl-milter.log" || complain "no log line matches: $1"
}

# milter_descriptors: how many files it holds open.
milter_descriptors() {
	find "/proc/$milter_pid/fd" -mindepth 1 | wc -l
}

# rblctl WORD...: the administrator's command, at the daemon that runs.
rblctl() {
	local program
	program=$(built_program rblctl) || return 125
	"$program" -c "$T/rbl-milter.json" "$@"
}

# milter_peak_reset: from here on milter_grew_at_most counts.
milter_peak_reset() {
	milter_peak_before=$(milter_memory VmRSS)
	echo 5 >"/proc/$milter_pid/clear_refs"
}

# milter_grew_at_most KIB: was its memory at no time so much larger? A sanitizer's is its own, and not looked at.
milter_grew_at_most() {
	local grown=$(($(milter_memory VmHWM) - milter_peak_before))
	echo "# it grew by $grown KiB at most"
	[[ -n ${SANITIZER:-} ]] || ((grown <= $1)) || complain "more than $1 KiB"
}

milter_memory() {
	awk -v key="$1:" '$1 == key { print $2 }' "/proc/$milter_pid/status"
}
