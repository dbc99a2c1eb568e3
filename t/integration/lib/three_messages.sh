# shellcheck shell=bash
# Three messages through a mail server: one that nobody lists, one from a listed client, one that passed a listed host.

# three_messages MTA TRANSPORT: postfix or sendmail, which reaches the milter over unix or inet.
three_messages() {
	local mta=$1 transport=$2 replies before_reply_text=
	[[ $mta != sendmail ]] || before_reply_text='<recipient@example\.org>\.\.\. ' # Sendmail names the recipient first
	cat >"$T/bl.zone" <<-'END'
		127.0.0.2
		192.0.2.2
		198.51.100.7
	END
	rbldnsd_start bl.example:ip4set:bl.zone
	unbound_start bl.example
	milter_start "$transport" <<-END
		"dns": {"servers": ["127.0.0.1:$unbound_port"]},
		"lists": [{"name": "demo", "zone": "bl.example",
		           "message": "Mail from {ip} is refused: see https://bl.example/{ip}", "header": "{ip} is listed by {list}"}],
		"received": {"smtp": {"enabled": true}}
	END
	mta_start "$mta"

	# a client that is not listed
	replies=$(smtp_send_from 192.0.2.10 --id clean@example.net || true)
	matches "a clean message is accepted" "$replies" '^end: 250 2\.0\.0 '
	check "a clean message is delivered" mail_wait clean@example.net
	lacks "a clean message gets no warning" "$(mail_headers)" '^X-RBL-'
	check "a clean message is logged" milter_says \
		'client=[^ ]*\[192\.0\.2\.10\], .* from=<sender@example\.net>, to=<recipient@example\.org>, .* verdict='

	# a client that is listed
	replies=$(smtp_send_from 192.0.2.2 --id refused@example.net || true)
	matches "a listed client is refused at RCPT, with the list's text" "$replies" \
		"^rcpt: 550 5\.7\.1 $before_reply_text""Mail from 192\.0\.2\.2 is refused: see https://bl\.example/192\.0\.2\.2\$"
	check "a refusal is logged with its hit" milter_says \
		'client=[^ ]*\[192\.0\.2\.2\].* verdict=reject.* points=100.* hits=demo:client:127\.0\.0\.2'

	# a client that is not listed, with a message that came from a listed address; the oldest Received header is left out
	replies=$(smtp_send_from 192.0.2.10 --data "$top_srcdir/t/integration/forwarded.eml" || true)
	matches "a message that passed a listed host is accepted" "$replies" '^end: 250 2\.0\.0 '
	check "a message that passed a listed host is delivered" mail_wait forwarded@example.net
	equals "it has one warning, and the forged one is gone" "$(mail_headers | grep '^X-RBL-Warning:')" \
		"X-RBL-Warning: 198.51.100.7 is listed by demo"
	equals "its Received headers are as they were" "$(mail_headers | grep -c '^Received:')" 3
	check "a flagged message is logged with its hit" milter_says \
		' verdict=flag.* hits=demo:received\[198\.51\.100\.7\]:127\.0\.0\.2'

	equals "what was refused is not delivered" "$(mail_count)" 2
	equals "the address of the oldest Received header was not asked about" \
		"$(rbldnsd_queries 9.113.0.203.bl.example)" 0
	check "the daemon stops cleanly" milter_stop
}
