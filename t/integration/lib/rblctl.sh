# shellcheck shell=bash
# For tests of the administrator's command.

# exits WANTED WORD...: runs rblctl; its output is in $T/out and $T/err.
exits() {
	local wanted=$1 status=0
	shift
	rblctl "$@" >"$T/out" 2>"$T/err" || status=$?
	equals "exit status $wanted: rblctl $*" "$status" "$wanted"
}

# json EXPRESSION: what Python makes of the output, which is in `out`.
json() {
	python3 -c "import json, sys; out = json.load(open(sys.argv[1])); print($1)" "$T/out"
}
