# shellcheck shell=bash
# Every action through a real mail server: what the client is told, what is delivered, held, sent elsewhere or deleted.

# The lists' answers say what is done: 192.0.2.N is listed with 127.0.0.N.
# shellcheck disable=SC2034 # for the tests
action_clients=(192.0.2.{2..11})

# actions_world MTA TRANSPORT: postfix or sendmail, which reaches the milter over unix or inet.
actions_world() {
	local mta=$1 transport=$2 n
	{
		echo 127.0.0.2
		for n in {2..10}; do
			echo "192.0.2.$n :127.0.0.$n:"
		done
	} >"$T/bl.zone"
	rbldnsd_start bl.example:ip4set:bl.zone
	unbound_start bl.example
	milter_start "$transport" <<-END
		"dns": {"servers": ["127.0.0.1:$unbound_port"]},
		"lists": [{"name": "demo", "zone": "bl.example", "message": "see {ip}", "header": "{ip} by {list}", "probe": false,
		           "responses": [$(for n in {2..10}; do echo "{\"match\": \"127.0.0.$n\", \"points\": $((n * 100))}"; done | paste -sd,)]}],
		"received": {"smtp": {"enabled": true, "skip_oldest": 0}},
		"actions": [
		  {"when": {"points": 1000}, "do": ["reject"]},
		  {"when": {"points": 900}, "do": ["flag", "prefix", "quarantine"]},
		  {"when": {"points": 800}, "do": ["flag", "prefix", {"reroute": "spam@example.org"}]},
		  {"when": {"points": 700}, "do": ["quarantine"]},
		  {"when": {"points": 600}, "do": [{"reroute": "spam@example.org"}]},
		  {"when": {"points": 500}, "do": ["discard"]},
		  {"when": {"points": 400}, "do": ["flag", "prefix"]},
		  {"when": {"points": 300}, "do": ["drop"]},
		  {"when": {"points": 200}, "do": ["tempfail"]}]
	END
	mta_start "$mta"
}

# sent_after ADDRESS NAME: a message that has passed this address, from a client that is not listed.
sent_after() {
	printf 'Received: from h (h [%s]) by x with ESMTP id 1\nSubject: x\n\nA message.\n' "$1" >"$T/after.eml"
	sent 192.0.2.11 "$2" --data "$T/after.eml"
}

actions_through() {
	local subject
	# --- refusals: of the client at RCPT, of what a message tells at its end
	sent 192.0.2.10 reject
	matches "reject is 550 with the list's text" "$replies" '^rcpt: 550 5\.7\.1 .*see 192\.0\.2\.10$'
	sent 192.0.2.2 tempfail
	matches "tempfail is 451 with the list's text" "$replies" '^rcpt: 451 4\.7\.1 .*see 192\.0\.2\.2$'
	sent 192.0.2.3 drop
	matches "drop is 421 with the list's text" "$replies" '^rcpt: 421 4\.7\.1 .*see 192\.0\.2\.3$'
	matches "and the connection is closed" "$replies" '^broken: '
	check "it is told in the log" milter_says 'client=[^ ]*\[192\.0\.2\.3\].* verdict=drop, .* rule=actions\[7\]'

	sent_after 192.0.2.10 reject-late
	matches "reject at the end too" "$replies" '^end: 550 5\.7\.1 see 192\.0\.2\.10$'
	sent_after 192.0.2.2 tempfail-late
	matches "tempfail at the end too" "$replies" '^end: 451 4\.7\.1 see 192\.0\.2\.2$'
	sent_after 192.0.2.3 drop-late
	matches "drop at the end too" "$replies" '^end: 421 4\.7\.1 see 192\.0\.2\.3$'
	check "that is told with a queue id" milter_says '^[0-9A-Za-z]{6,}: .* verdict=drop, .* hits=demo:received\[192\.0\.2\.3\]'

	# --- flag and prefix, on every form of a Subject
	sent 192.0.2.4 plain --subject hello
	check "a flagged message is delivered" mail_wait plain@example.net
	equals "it has its warning" "$(header X-RBL-Warning)" "192.0.2.4 by demo"
	equals "it has its prefix" "$(header Subject)" "[SPAM] hello"
	subject='=?utf-8?B?R3LDvMOfZQ==?='
	sent 192.0.2.4 encoded --subject "$subject"
	check "so is one with an encoded Subject" mail_wait encoded@example.net
	equals "the prefix stands before it" "$(header Subject)" "[SPAM] $subject"
	sent 192.0.2.4 reply --subject "Re: [SPAM] hello"
	check "so is a reply" mail_wait reply@example.net
	equals "it has its prefix once" "$(header Subject)" "Re: [SPAM] hello"
	printf 'From: <a@example.net>\nMessage-Id: <none@example.net>\n\nA message.\n' >"$T/none.eml"
	sent 192.0.2.4 none --data "$T/none.eml"
	check "so is one without a Subject" mail_wait none@example.net
	equals "it has one now" "$(header Subject)" "[SPAM]"
	printf 'From: <a@example.net>\nSubject:\nMessage-Id: <empty@example.net>\n\nA message.\n' >"$T/empty.eml"
	sent 192.0.2.4 empty --data "$T/empty.eml"
	check "so is one with an empty Subject" mail_wait empty@example.net
	equals "the prefix is all there is" "$(header Subject)" "[SPAM]"
	printf 'From: <a@example.net>\nSubject: Gr\374\337e\n\tan alle\nMessage-Id: <raw@example.net>\n\nA message.\n' >"$T/raw.eml"
	sent 192.0.2.4 raw --data "$T/raw.eml"
	check "so is one with a raw and folded Subject" mail_wait raw@example.net
	equals "its bytes are kept" "$(header Subject | od -An -c | tr -d ' \n')" \
		"$(printf '[SPAM] Gr\374\337e an alle\n' | od -An -c | tr -d ' \n')"
	printf 'From: <a@example.net>\nSubject: one\nMessage-Id: <several@example.net>\nSubject: two\n\nA message.\n' >"$T/several.eml"
	sent 192.0.2.4 several --data "$T/several.eml"
	check "so is one with two Subjects" mail_wait several@example.net
	equals "each has the prefix" "$(header Subject | paste -sd/)" "[SPAM] one/[SPAM] two"

	# --- discard
	sent 192.0.2.5 discard
	matches "discard is an acceptance" "$replies" '^end: 250 '
	check "it is told with queue id and rule" milter_says '^[0-9A-Za-z]{6,}: client=[^ ]*\[192\.0\.2\.5\].* verdict=discard, .* rule=actions\[5\]'

	# --- reroute
	sent 192.0.2.6 reroute --to one@example.org --to two@example.org
	matches "reroute is an acceptance" "$replies" '^end: 250 '
	check "it is delivered" mail_wait reroute@example.net
	equals "the original recipients are told" "$(header X-RBL-Original-To)" "<one@example.org>, <two@example.org>"
	sent 192.0.2.6 already --to spam@example.org --to two@example.org
	check "so is one that was for the new recipient too" mail_wait already@example.net
	sent 192.0.2.8 all --subject hello --to one@example.org
	check "reroute goes with flag and prefix" mail_wait all@example.net
	equals "with the warning" "$(header X-RBL-Warning)" "192.0.2.8 by demo"
	equals "with the prefix" "$(header Subject)" "[SPAM] hello"

	# --- quarantine
	sent 192.0.2.7 quarantine
	matches "quarantine is an acceptance" "$replies" '^end: 250 '
	sent 192.0.2.9 marked --subject hello
	matches "with flag and prefix too" "$replies" '^end: 250 '
	check "a quarantine is told" milter_says 'client=[^ ]*\[192\.0\.2\.9\].* verdict=quarantine,'

	sleep 1 # what should not be delivered has its time
	equals "a rerouted message is for the new recipient alone" "$(delivered_to reroute@example.net)" spam
	equals "also where he was one before" "$(delivered_to already@example.net)" spam
	equals "and with the marks" "$(delivered_to all@example.net)" spam
	equals "nothing else was delivered" "$(mail_count)" 10
}
