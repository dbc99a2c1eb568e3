# shellcheck shell=bash
# The recipes of config/examples, as they are shipped, through a real mail server. The zones that they name are served on this
# machine: nothing here asks anybody else.

# Who is listed where; what a client is called below is what the lists know of it.
# shellcheck disable=SC2034 # for the tests
recipe_clients=(192.0.2.{10..29} 198.51.100.{24,25} 203.0.113.{5,6} 251.70.2.{52,53,60,61})

recipe_zones() {
	cat <<-'END'
		zone zen.spamhaus.org soa-ttl 60 soa-min 60
		ip 127.0.0.2 A 127.0.0.2
		ip 127.0.0.2 A 127.0.0.4
		ip 127.0.0.2 A 127.0.0.10
		ip 192.0.2.11 A 127.0.0.2
		ip 192.0.2.12 A 127.0.0.4
		ip 192.0.2.13 A 127.0.0.10
		ip 192.0.2.17 A 127.0.0.4
		ip 192.0.2.18 A 127.0.0.3
		ip 192.0.2.24 A 127.255.255.254
		ip 192.0.2.25 A 127.0.0.2
		ip 192.0.2.27 A 127.0.0.2
		ip 198.51.100.7 A 127.0.0.4
		zone bl.spamcop.net soa-ttl 60 soa-min 60
		ip 127.0.0.2 A 127.0.0.2
		ip 192.0.2.14 A 127.0.0.2
		ip 192.0.2.15 A 127.0.0.2
		ip 192.0.2.16 A 127.0.0.2
		ip 192.0.2.17 A 127.0.0.2
		ip 192.0.2.20 A 127.0.0.2 ttl 1
		ip 192.0.2.26 A 127.0.0.2
		ip 192.0.2.27 A 127.0.0.2
		ip 198.51.100.1 A 127.0.0.2
		ip 198.51.100.2 A 127.0.0.2
		ip 198.51.100.3 A 127.0.0.2
		ip 198.51.100.4 A 127.0.0.2
		ip 198.51.100.5 A 127.0.0.2
		ip 203.0.113.5 A 127.0.0.2
		zone psbl.surriel.com soa-ttl 60 soa-min 60
		ip 127.0.0.2 A 127.0.0.2
		ip 192.0.2.15 A 127.0.0.2
		ip 203.0.113.5 A 127.0.0.2
		zone bl.mailspike.net soa-ttl 60 soa-min 60
		ip 127.0.0.2 A 127.0.0.2
		ip 192.0.2.14 A 127.0.0.11
		ip 192.0.2.16 A 127.0.0.2
		zone dnsbl-1.uceprotect.net soa-ttl 60 soa-min 60
		ip 127.0.0.2 A 127.0.0.2
		ip 192.0.2.21 A 127.0.0.2
		zone list.dnswl.org soa-ttl 60 soa-min 60
		ip 127.0.0.2 A 127.0.10.0
		ip 192.0.2.18 A 127.0.5.1
		zone dbl.spamhaus.org soa-ttl 60 soa-min 60
		dbltest.com A 127.0.1.2
		bad.example A 127.0.1.2
		void.bad.example A 127.0.1.2
		zone 2.0.192.in-addr.arpa
		*.2.0.192.in-addr.arpa PTR mail.example.net
		26 nxdomain
		27 nxdomain
		28 nxdomain
		zone example.net
		@ MX 10 mail.example.net
		mail A 192.0.2.10
		zone example
		bad A 192.0.2.99
	END
}

# recipe NAME [OBJECT...]: from now on mail is judged by this one, by a daemon that remembers nothing. The mail server stays.
recipe() {
	[[ -z ${milter_pid:-} ]] || check "the daemon stops cleanly" milter_stop
	milter_pid=
	milter_state=$T/state.$tests_run
	mkdir -m 777 "$milter_state"
	recipe_name=$1
	check "$*: it starts" milter_start_example "$@"
	equals "$*: without a word of warning" "$(milter_log 'warning: |error: ')" ""
	[[ -n ${smtp_port:-} ]] || mta_start "$recipe_mta"
}

# refused ADDRESS TEXT [OPTION...]: at RCPT, and the client is told the text; a last option of smtpsend may name the sender.
refused() {
	sent "$1" "refused.$tests_run" "${@:3}"
	matches "$recipe_name: $1 is refused: $2" "$replies" "^rcpt: $2\$"
}

# delivered ADDRESS WARNINGS [OPTION...]: the message is, with these warnings, separated by "; ", and without a change otherwise.
delivered() {
	local name=delivered.$tests_run
	sent "$1" "$name" "${@:3}"
	matches "$recipe_name: $1 is accepted ${*:3}" "$replies" '^end: 250 '
	check "$recipe_name: and delivered" mail_wait "$name@example.net"
	equals "$recipe_name: with what was found" "$(header X-RBL-Warning | paste -sd'|' | sed 's/|/; /g')" "$2"
}

# travelled FILE ADDRESS...: writes a message that passed these, the newest first, with the id that delivered gives it.
travelled() {
	local address
	for address in "${@:2}"; do
		printf 'Received: from h (h [%s]) by x with ESMTP id 1\n' "$address"
	done >"$1"
	printf 'From: <sender@example.net>\nSubject: test\nMessage-Id: <delivered.%s@example.net>\n\nA message.\n' "$tests_run" >>"$1"
}

# delivered_after ADDRESS WARNINGS HOP...: the same for a message that passed these hops, the newest first.
delivered_after() {
	travelled "$T/travelled.eml" "${@:3}"
	delivered "$1" "$2" --data "$T/travelled.eml"
}

# told PATTERN: the daemon's line about the last message. Each has one before the next is sent.
told() {
	check "$recipe_name: it is told: $1" milter_says "$1"
}

# --- Mailtraq: points ---------------------------------------------------------------------------------------------

recipe_mailtraq_refuse() {
	recipe mailtraq-refuse
	delivered 192.0.2.10 ""
	refused 192.0.2.11 "550 5\.7\.1 .*192\.0\.2\.11 sends spam: see https://check\.spamhaus\.org/query/ip/192\.0\.2\.11"
	refused 192.0.2.12 "550 5\.7\.1 .*192\.0\.2\.12 is infected: see .*"
	told '\[192\.0\.2\.12\].* verdict=reject, points=101, matches=1,'
	delivered 192.0.2.13 "192.0.2.13 is a dial-up, says zen"
	told '\[192\.0\.2\.13\].* verdict=flag, points=100, matches=1,'
	delivered 192.0.2.14 "192.0.2.14 was reported to spamcop"
	told '\[192\.0\.2\.14\].* verdict=flag, points=51, matches=1,'
	refused 192.0.2.15 "550 5\.7\.1 .*192\.0\.2\.15 was reported: see https://www\.spamcop\.net/bl\.shtml\?192\.0\.2\.15"
	told '\[192\.0\.2\.15\].* verdict=reject, points=102, matches=2,'
}

recipe_mailtraq_reroute() {
	recipe mailtraq-reroute
	delivered 192.0.2.10 ""
	equals "$recipe_name: to its recipient" "$(delivered_to "$(header Message-Id | tr -d '<>')")" recipient
	for client in 192.0.2.13 192.0.2.14; do
		delivered $client "$client is listed by $([[ $client == *13 ]] && echo zen || echo spamcop)" --to a@example.org --to b@example.org
		equals "$recipe_name: to the spam mailbox" "$(delivered_to "$(header Message-Id | tr -d '<>')")" spam
		equals "$recipe_name: its recipients are told" "$(header X-RBL-Original-To)" "<a@example.org>, <b@example.org>"
	done
	delivered 192.0.2.24 ""
	check "$recipe_name: no service is no listing" milter_says 'list zen refuses us \(127\.255\.255\.254\)'
}

# --- MDaemon: flag or refuse --------------------------------------------------------------------------------------

recipe_mdaemon_flag() {
	local hops=(198.51.100.{1..5})
	recipe mdaemon-flag
	delivered 192.0.2.10 ""
	delivered 192.0.2.12 "192.0.2.12 is listed by Spamhaus XBL (127.0.0.4)"
	delivered 192.0.2.25 ""
	told '\[192\.0\.2\.25\].* exempt=trusted-host, verdict=pass,'
	delivered 192.0.2.12 "" "${smtp_login[@]}"
	told '\[192\.0\.2\.12\].* exempt=authenticated, verdict=pass,'

	# by SMTP: behind the newest, two, before the oldest
	delivered_after 192.0.2.10 "$(warnings 2 3)" "${hops[@]}"
	delivered_after 192.0.2.10 "$(warnings 2 3)" "${hops[@]:0:4}"
	delivered_after 192.0.2.10 "$(warnings 2)" "${hops[@]:0:3}"
	delivered_after 192.0.2.10 "" "${hops[@]:0:2}"
	# fetched: all behind the newest and before the oldest
	delivered_after 127.0.0.1 "$(warnings 2 3 4)" "${hops[@]}"
	told '\[127\.0\.0\.1\].* exempt=pop, verdict=flag,'
	delivered_after 127.0.0.1 "$(warnings 2)" "${hops[@]:0:3}"
	delivered_after 127.0.0.1 "" "${hops[@]:0:2}"

	equals "$recipe_name: what is known is not asked again" "$(faultydns "count 2.100.51.198.bl.spamcop.net A")" 1
	delivered 192.0.2.20 "192.0.2.20 is listed by spamcop (127.0.0.2)"
	sleep 2 # its answer is good for one second
	delivered 192.0.2.20 "192.0.2.20 is listed by spamcop (127.0.0.2)"
	equals "$recipe_name: unless its time is over" "$(faultydns "count 20.2.0.192.bl.spamcop.net A")" 2
	faultydns reset >/dev/null
}

# warnings N...: what SpamCop says of 198.51.100.N
warnings() {
	printf '198.51.100.%d is listed by spamcop (127.0.0.2)\n' "$@" | paste -sd'|' | sed 's/|/; /g'
}

recipe_mdaemon_refuse() {
	recipe mdaemon-refuse
	delivered 192.0.2.10 ""
	refused 192.0.2.13 "550 5\.7\.1 .*192\.0\.2\.13 is listed by Spamhaus: see https://check\.spamhaus\.org/query/ip/192\.0\.2\.13"
	refused 192.0.2.14 "550 5\.7\.1 .*192\.0\.2\.14 is listed by SpamCop: see https://www\.spamcop\.net/bl\.shtml\?192\.0\.2\.14"
	delivered 192.0.2.25 ""
	told '\[192\.0\.2\.25\].* exempt=trusted-host, verdict=pass,'
	delivered 192.0.2.12 "" "${smtp_login[@]}"
	told '\[192\.0\.2\.12\].* exempt=authenticated, verdict=pass,'
	delivered 192.0.2.14 "192.0.2.14 is listed by spamcop (127.0.0.2)" --to postmaster@example.org

	refused 192.0.2.20 "550 5\.7\.1 .*192\.0\.2\.20 is listed by SpamCop: .*"
	sleep 2 # its answer is good for one second, but is kept for an hour
	refused 192.0.2.20 "550 5\.7\.1 .*192\.0\.2\.20 is listed by SpamCop: .*"
	equals "$recipe_name: a listing is kept for our time" "$(faultydns "count 20.2.0.192.bl.spamcop.net A")" 1
	faultydns reset >/dev/null

	# the first list settles it, though the other will never answer
	faultydns "set zone bl.spamcop.net drop" >/dev/null
	refused 192.0.2.17 "550 5\.7\.1 .*192\.0\.2\.17 is listed by Spamhaus: .*"
	told '\[192\.0\.2\.17\].* verdict=reject, .* matches=1, hits=zen:client:127\.0\.0\.4, .* unneeded=1,'
	faultydns "set zone bl.spamcop.net ok" >/dev/null

	recipe mdaemon-refuse '{"reply": {"send_message": false}}'
	delivered 192.0.2.10 ""
	refused 192.0.2.13 "550 5\.1\.1 .*User unknown"
}

# --- IMail: how many match -----------------------------------------------------------------------------------------

# discarded ADDRESS [OPTION...]: accepted; at the end of all recipes it is seen that it was not delivered.
discarded() {
	sent "$1" "discarded.$tests_run" "${@:2}"
	matches "$recipe_name: $1 is accepted ${*:2}" "$replies" '^end: 250 '
	told "\[${1//./\\.}\].* verdict=discard,"
}

# What matches, one after the other: SpamCop, the sender, HELO; the client's name; the list of HELO names, Spamhaus.
imail_one=(192.0.2.14)
imail_two=("${imail_one[@]}" --from a@void.example)
imail_three=("${imail_two[@]}" --helo void.example)
imail_four=(192.0.2.26 "${imail_three[@]:1}")
imail_six=(192.0.2.27 --from a@void.example --helo void.bad.example)

# imail_delivered N CLIENT [OPTION...]: with so many warnings.
imail_delivered() {
	local name=matched.$tests_run
	sent "$2" "$name" "${@:3}"
	matches "$recipe_name: $1 matches are accepted" "$replies" '^end: 250 '
	told "\[${2//./\\.}\].* verdict=flag, .* matches=$1,"
	check "$recipe_name: and delivered" mail_wait "$name@example.net"
	equals "$recipe_name: with a header for each" "$(header X-RBL-Warning | wc -l)" "$1"
}

recipe_imail_drop() {
	recipe imail-drop
	delivered 192.0.2.10 ""
	imail_delivered 1 "${imail_one[@]}"
	imail_delivered 2 "${imail_two[@]}"
	sent "${imail_three[0]}" drop "${imail_three[@]:1}"
	matches "$recipe_name: three end the connection, once the message is there" "$replies" '^end: 421 4\.7\.1 '
	told '\[192\.0\.2\.14\].* verdict=drop, .* matches=3,'
}

recipe_imail_delete() {
	recipe imail-delete
	delivered 192.0.2.10 ""
	imail_delivered 1 "${imail_one[@]}"
	discarded "${imail_two[@]}"
}

recipe_imail_prefix() {
	recipe imail-prefix
	delivered 192.0.2.10 ""
	equals "$recipe_name: without a prefix" "$(header Subject)" "test"
	imail_delivered 1 "${imail_one[@]}"
	equals "$recipe_name: with a prefix" "$(header Subject)" "[SPAM] test"
	imail_delivered 3 "${imail_three[@]}"
	equals "$recipe_name: with a prefix" "$(header Subject)" "[SPAM] test"
	discarded "${imail_four[@]}"
}

recipe_imail_header() {
	recipe imail-header
	delivered 192.0.2.10 ""
	imail_delivered 1 "${imail_one[@]}"
	imail_delivered 6 "${imail_six[@]}"
	equals "$recipe_name: its Subject is as it was" "$(header Subject)" "test"
}

recipe_imail_trusted() {
	recipe imail-trusted
	delivered 192.0.2.10 ""
	refused 192.0.2.12 "550 5\.7\.1 .*192\.0\.2\.12 is listed by Spamhaus: see .*"
	told '\[192\.0\.2\.12\].* verdict=reject, .* matches=1, .* rule=actions\[0\]'
	imail_delivered 2 "${imail_two[@]}"
	sent "${imail_three[0]}" three "${imail_three[@]:1}"
	matches "$recipe_name: of the others it takes three" "$replies" '^rcpt: 550 5\.7\.1 .*192\.0\.2\.14 is listed by SpamCop'
	told '\[192\.0\.2\.14\].* verdict=reject, .* matches=3, .* rule=actions\[1\]'
}

# --- NetMail -------------------------------------------------------------------------------------------------------

recipe_netmail() {
	recipe netmail
	delivered 192.0.2.10 ""
	refused 192.0.2.12 "550 5\.7\.1 .*100% of the mail from 192\.0\.2\.12 is refused: see https://check\.spamhaus\.org/query/ip/192\.0\.2\.12"
	refused 192.0.2.14 "550 5\.7\.1 .*Mail from 192\.0\.2\.14 is refused: .*"
	delivered 251.70.2.52 ""
	refused 251.70.2.53 "550 5\.7\.1 .*Mail from 251\.70\.2\.53 is refused here"
	refused 251.70.2.60 "550 5\.7\.1 .*Mail from 251\.70\.2\.60 is refused here"
	delivered 251.70.2.61 ""
	refused 192.0.2.28 "550 5\.7\.1 .*192\.0\.2\.28 has no name in the DNS"
	delivered 192.0.2.28 "" "${smtp_login[@]}"
	told '\[192\.0\.2\.28\].* login=.* exempt=authenticated,'
}

# --- a Postfix before the Internet --------------------------------------------------------------------------------

recipe_postfix_internet() {
	local refusal='550 5\.7\.1 .*'
	recipe postfix-internet
	delivered 192.0.2.10 ""
	refused 192.0.2.12 "${refusal}192\.0\.2\.12 is listed by Spamhaus: see .*"
	delivered 192.0.2.12 "192.0.2.12 is listed by Spamhaus XBL (127.0.0.4)" --to abuse@example.org

	# points of several lists: 90, 100; 100 less 50
	delivered 192.0.2.14 "192.0.2.14 is listed by spamcop (127.0.0.2); 192.0.2.14 is listed by Mailspike: very bad reputation (127.0.0.11)"
	told '\[192\.0\.2\.14\].* verdict=flag, points=90, matches=2,'
	refused 192.0.2.16 "${refusal}192\.0\.2\.16 is listed by SpamCop: .*"
	told '\[192\.0\.2\.16\].* verdict=reject, points=100, matches=2,'
	delivered 192.0.2.18 "192.0.2.18 is listed by Spamhaus CSS (127.0.0.3)"
	told '\[192\.0\.2\.18\].* verdict=flag, points=50, matches=1,'
	delivered 192.0.2.21 ""
	told '\[192\.0\.2\.21\].* verdict=pass, points=0, matches=0, hits=uceprotect-1:client:127\.0\.0\.2:shadow'

	# domains, and what headers say
	refused 192.0.2.10 "${refusal}bad\.example is listed by Spamhaus: .*" --from a@bad.example
	refused 192.0.2.10 "${refusal}bad\.example is listed by Spamhaus: .*" --helo bad.example
	delivered_after 192.0.2.10 "198.51.100.1 is listed by spamcop (127.0.0.2)" 198.51.100.{1,9}
	equals "$recipe_name: 50 points leave the Subject alone" "$(header Subject)" "test"
	delivered_after 192.0.2.10 "198.51.100.7 is listed by Spamhaus XBL (127.0.0.4)" 198.51.100.{7,9}
	equals "$recipe_name: 100 points of a header mark it" "$(header Subject)" "[SPAM] test"
	delivered_after 192.0.2.10 "" 198.51.100.7

	# blocked and exempt, on both sides
	refused 198.51.100.24 "${refusal}198\.51\.100\.24 is refused here"
	delivered 198.51.100.25 ""
	refused 192.0.2.10 "${refusal}a@spam\.example is refused here" --from a@spam.example
	refused 203.0.113.5 "${refusal}203\.0\.113\.5 is listed by SpamCop: .*"
	delivered 203.0.113.5 "" --from a@partner.example
	refused 192.0.2.15 "${refusal}192\.0\.2\.15 is listed by SpamCop: .*" --from a@partner.example

	# without DNS mail flows
	faultydns "set all drop" >/dev/null
	delivered 192.0.2.22 ""
	faultydns "set all ok" >/dev/null
}

# recipes_through MTA: postfix or sendmail.
recipes_through() {
	recipe_mta=$1
	faultydns_start < <(recipe_zones)
	recipe_mailtraq_refuse
	recipe_mailtraq_reroute
	recipe_mdaemon_flag
	recipe_mdaemon_refuse
	recipe_imail_drop
	recipe_imail_delete
	recipe_imail_prefix
	recipe_imail_header
	recipe_imail_trusted
	recipe_netmail
	recipe_postfix_internet
	equals "nothing of what was to be deleted was delivered" "$(grep -rlF discarded. "$T/mail/new" | wc -l)" 0
	check "the daemon stops cleanly" milter_stop
}
