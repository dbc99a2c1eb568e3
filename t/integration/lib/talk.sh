# shellcheck shell=bash
# Talking to the milter without a mail server: miltertalk plays the MTA's part.

# talk NAME [OPTION...]: runs the story on standard input against the milter; each of its expectations is a test of ours.
talk() {
	local name=$1 line
	shift
	cat >"$T/$name.scn"
	"$(built_program miltertalk)" -s "$milter_spec" "$@" "$T/$name.scn" >"$T/$name.out" 2>&1 || true
	while read -r line; do
		case $line in
		"ok "*) check "$name: ${line#ok * - }" true ;;
		"not ok "*) check "$name: ${line#not ok * - }" false ;;
		"#"*) echo "$line" ;;
		esac
	done <"$T/$name.out"
	check "$name: every step was taken" grep -q '^1\.\.[1-9]' "$T/$name.out"
}

# load NAME OPTION...: many messages at once; the summary line is in $T/NAME.load, and load_says reads it.
load() {
	local name=$1
	shift
	"$(built_program miltertalk)" -L -s "$milter_spec" "$@" >"$T/$name.load" 2>"$T/$name.load.log"
}

# load_says NAME KEY: the number behind it in the summary.
load_says() {
	tr ' ' '\n' <"$T/$1.load" | sed -n "s/^$2=//p"
}

# ten_lists POINTS: bl0 to bl9 as members of "lists".
ten_lists() {
	local i
	for i in {0..9}; do
		echo "{\"name\": \"bl$i\", \"zone\": \"bl$i.example\", \"points\": $1, \"probe\": false}"
	done | paste -sd,
}

# ten_zones RULES: the same for faultydns; each lists 192.0.2.2.
ten_zones() {
	local i
	for i in {0..9}; do
		echo "zone bl$i.example soa-ttl 600 soa-min 600 $1"
		echo "ip 192.0.2.2 A 127.0.0.2 ttl 600"
	done
}
