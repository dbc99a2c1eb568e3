# shellcheck shell=bash
# Messages of a size that nobody means, through a real mail server: they are handled, told in the log, and cost little.

# shellcheck disable=SC2034 # for the tests
bomb_clients=(192.0.2.{2,3,10})

# bombs_world MTA [LINE...]: lines of its configuration that let through what it would refuse itself.
bombs_world() {
	faultydns_start <<-'END'
		zone bl.example soa-ttl 600 soa-min 600
		ip 192.0.2.2 A 127.0.0.2 ttl 600
		ip 192.0.2.3 A 127.0.0.3 ttl 600
		ip 198.51.100.7 A 127.0.0.2 ttl 600
	END
	milter_start unix <<-END
		"dns": {"servers": ["127.0.0.1:$faultydns_port"], "max_queries": 10},
		"lists": [{"name": "demo", "zone": "bl.example", "header": "{ip} by {list}", "probe": false,
		           "responses": [{"match": "127.0.0.2", "points": 1}, {"match": "127.0.0.3", "points": 2}]}],
		"received": {"smtp": {"enabled": true, "skip_oldest": 0}},
		"actions": [{"when": {"points": 2}, "do": ["flag", {"reroute": "spam@example.org"}]},
		            {"when": {"points": 1}, "do": ["flag", "prefix"]}]
	END
	mta_start "$@"
	sent 192.0.2.10 first
	check "a plain message passes" mail_wait first@example.net
	milter_peak_reset
}

# bomb NAME: a message with the header fields on standard input, from a client that is not listed. It is delivered.
bomb() {
	local since=$EPOCHREALTIME
	{
		cat
		printf 'From: <a@example.net>\nSubject: hello\nMessage-Id: <%s@example.net>\n\nA message.\n' "$1"
	} >"$T/bomb.eml"
	sent 192.0.2.10 "$1" --data "$T/bomb.eml"
	matches "$1: it is accepted" "$replies" '^end: 250 '
	echo "# $1: $((${EPOCHREALTIME/./} - ${since/./})) us in all"
	check "$1: it is delivered" mail_wait "$1@example.net"
}

# folded NAME BYTES: one header field of so many bytes, in lines that mail servers take.
folded() {
	printf '%s: from h (h [198.51.100.7]) by x with ESMTP id 1' "$1"
	head -c "$2" /dev/zero | tr '\0' x | sed 's/.\{900\}/\n\t&/g'
	echo
}

# bombs_through BYTES: the longest header field that the mail server hands to a milter.
bombs_through() {
	local bytes=$1 to=() i
	for i in {1..500}; do
		to+=(--to "user$i@example.org")
	done
	sent 192.0.2.2 recipients "${to[@]}"
	matches "500 recipients: the message is accepted" "$replies" '^end: 250 '
	equals "each of them too" "$(grep -c '^rcpt: 250 ' <<<"$replies")" 500
	check "it is told" milter_says '\[192\.0\.2\.2\].* to=<user1@example\.org,[^ ]*>, nrcpt=500, verdict=flag,'
	check "all get it" wait_for 30 mail_counts 501
	check "one of them is found" mail_wait recipients@example.net
	equals "flagged once" "$(header X-RBL-Warning)" "192.0.2.2 by demo"

	sent 192.0.2.3 rerouted "${to[@]}"
	matches "500 recipients who are replaced: the message is accepted" "$replies" '^end: 250 '
	check "it is told" milter_says '\[192\.0\.2\.3\].* nrcpt=500, verdict=reroute,'
	check "it is delivered" mail_wait rerouted@example.net
	equals "to the one new recipient" "$(delivered_to rerouted@example.net)" spam
	equals "who sees whom it was for" "$(header X-RBL-Original-To | grep -o '<user[0-9]*@example\.org>' | sort -u | wc -l)" 500

	bomb thousand-received < <(
		seq -f 'Received: from h (h [203.0.113.1]) by x id %g' 999
		echo 'Received: from h (h [198.51.100.7]) by x id 1000'
	)
	equals "the oldest of a thousand was looked at" "$(header X-RBL-Warning)" "198.51.100.7 by demo"
	bomb thousand-addresses < <(
		for i in {1..1000}; do
			echo "Received: from h (h [203.$((i / 250)).113.$((i % 250))]) by x id $i"
		done
	)
	check "lookups have their bound, and it is told" milter_says \
		' verdict=pass, .* lookups=10, .* received_left_out=488, lookups_left_out=503,'

	bomb long-header < <(folded X-Long "$bytes")
	check "a header of $bytes bytes is told as any other" milter_says ' verdict=pass, .* lookups=1,'
	bomb long-received < <(folded Received "$bytes")
	equals "of a Received header of $bytes bytes the beginning is looked at" "$(header X-RBL-Warning)" "198.51.100.7 by demo"
	bomb long-subject < <(folded Subject "$bytes")

	bomb forged < <(seq -f 'X-RBL-Warning: %g' 1000)
	check "forged warnings are told" milter_says ' forged=1000, wait_ms='
	equals "and gone, all of them" "$(header X-RBL-Warning)" ""
	bomb flood < <(seq -f 'X-RBL-Warning: %g' 10000)
	check "the mail server is not kept busy with thousands" milter_says ' forged=10000, headers_left_in=9001, wait_ms='
	equals "the newest of them are gone" "$(header X-RBL-Warning | wc -l) $(header X-RBL-Warning | head -n 1)" "9001 1000"

	check "the daemon has not grown by more than 4 MiB" milter_grew_at_most 4096
	check "the daemon stops cleanly" milter_stop
}
