#!/bin/sh
# Fails when an include points the wrong way or a library leaves its home. Prints TAP.
#     cli -> milter -> config -> common, never back; t, fuzz and bench may include anything
set -eu
cd "${top_srcdir:-$(dirname "$0")/..}"

n=0
failed=0

# forbid WHAT PATTERN FILE...: no line of these files may match
forbid() {
	what=$1
	pattern=$2
	shift 2
	n=$((n + 1))
	if found=$(grep -nE "$pattern" "$@" /dev/null); then
		echo "not ok $n - $what"
		echo "$found" | sed 's/^/# /'
		failed=1
	else
		echo "ok $n - $what"
	fi
}

# sources DIRECTORY [but NAME...]: its C files, without the rooms named
sources() {
	directory=$1
	shift
	set -- "" "$@"
	find "$directory" -maxdepth 1 -name '*.[ch]' | sort | while read -r file; do
		room=$(basename "$file")
		room=${room%.*}
		case " $* " in *" $room "*) ;; *) echo "$file" ;; esac
	done
}

# The lists of files hold no blanks.
# shellcheck disable=SC2046
{
	forbid "common includes nothing from above" '#include "(config|milter|cli|t|fuzz|bench)/' $(sources common)
	forbid "config includes nothing from above" '#include "(milter|cli|t|fuzz|bench)/' $(sources config)
	forbid "milter includes no tests" '#include "(cli|t|fuzz|bench)/' $(sources milter)
	forbid "cli includes no tests, and of the milter only what knows no libmilter" \
		'#include "(t|fuzz|bench)/|#include "milter/(callbacks|control|listener|reply|signals|mfapi)' $(sources cli)
	forbid "includes are written from the top" '#include "([^/"]*)"' \
		$(sources common) $(sources config) $(sources milter main request_daemon) $(sources cli rblctl)
	forbid "libmilter stays in main, callbacks and reply" 'libmilter/|mfapi\.h' \
		$(sources common) $(sources config) $(sources milter main callbacks reply mfapi) $(sources cli)
	forbid "jansson stays in the rooms that read and show JSON, control, requests and cli" '#include <jansson' \
		$(sources common) $(sources config reader fill single elements show) $(sources milter main | grep -v '/\(request[_a-z]*\|control\)\.[ch]$')
	forbid "ldns stays in dnswire" '#include <ldns' $(sources common dnswire) $(sources config) $(sources milter main) $(sources cli)
	forbid "libidn2 stays in domain" '#include <idn2' $(sources common domain) $(sources config) $(sources milter main) $(sources cli)
	forbid "libpsl stays in suffix" '#include <libpsl' $(sources common suffix) $(sources config) $(sources milter) $(sources cli)
	forbid "libev stays in resolver, tcpask and upstream" '#include <ev\.h' \
		$(sources common resolver tcpask upstream) $(sources config) $(sources milter main) $(sources cli)
	forbid "sqlite stays in journaldb" '#include <sqlite3' $(sources common journaldb) $(sources config) $(sources milter) $(sources cli)
	forbid "nobody asks with ldns's own resolver or prints packets with it" \
		'ldns_(resolver|send|udp|tcp|pkt2str|pkt_print|wire2pkt)' $(sources common) $(sources config) $(sources milter) $(sources cli)
}
echo "1..$n"
exit $failed
