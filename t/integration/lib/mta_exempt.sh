# shellcheck shell=bash
# One of several recipients is exempt: he gets the mail, the others' addresses are refused. What is decided only at the end is
# delivered to all, flagged.

# shellcheck disable=SC2034 # for the tests
exempt_clients=(192.0.2.2 192.0.2.10)

# exempt_through MTA: postfix or sendmail.
exempt_through() {
	printf '%s\n' 127.0.0.2 192.0.2.2 198.51.100.7 >"$T/bl.zone"
	rbldnsd_start bl.example:ip4set:bl.zone
	milter_start unix <<-END
		"dns": {"servers": ["127.0.0.1:$rbldnsd_port"]},
		"lists": [{"name": "demo", "zone": "bl.example"}],
		"received": {"smtp": {"enabled": true, "skip_oldest": 0}},
		"actions": [{"when": {"points": 100}, "do": ["reject"]}],
		"blocked": {"recipients": ["staff@example.org"]}
	END
	mta_start "$1"

	sent 192.0.2.2 one --to a@example.org --to abuse@example.org --to b@example.org
	equals "the exempt one of three is accepted" "$(rcpt_codes)" "550 250 550"
	matches "and the message too" "$replies" '^end: 250 '
	check "it is delivered" mail_wait one@example.net
	equals "to him alone" "$(delivered_to one@example.net)" abuse
	matches "he is warned" "$(mail_headers)" '^X-RBL-Warning: .*192\.0\.2\.2'

	printf '%s\n' 'Received: from h (h [198.51.100.7]) by x with ESMTP id 1' 'Message-Id: <two@example.net>' '' 'x' >"$T/two.eml"
	sent 192.0.2.10 two --to a@example.org --to Postmaster@example.org --data "$T/two.eml"
	matches "what its headers tell comes too late to refuse it for some" "$replies" '^end: 250 '
	check "all get it" wait_for 10 mail_counts 3
	equals "once each" "$(delivered_to two@example.net | tr P p | sort | paste -sd' ')" "a postmaster"
	check "it is there" mail_wait two@example.net
	matches "flagged" "$(mail_headers)" '^X-RBL-Warning: .*198\.51\.100\.7'

	sent 192.0.2.10 two --to a@example.org --data "$T/two.eml"
	matches "without an exempt recipient it is refused" "$replies" '^end: 550 5\.7\.1 '

	sent 192.0.2.10 three --to staff@example.org --to a@example.org
	equals "a blocked recipient is refused, the other is not" "$(rcpt_codes)" "550 250"
	check "the other gets it" mail_wait three@example.net
	equals "nothing else was delivered" "$(mail_count)" 4
	check "the daemon stops cleanly" milter_stop
}

# rcpt_codes: the replies to each recipient.
rcpt_codes() {
	sed -n 's/^rcpt: \(...\).*/\1/p' <<<"$replies" | paste -sd' '
}
