# shellcheck shell=bash
# What a mail server tells of a session: who has logged in, by which name a client is known, and the queue id.

# shellcheck disable=SC2034 # for the tests
session_clients=(192.0.2.{2..7})

session_zones() {
	cat <<-'END'
		zone bl.example soa-ttl 600 soa-min 600
		ip 127.0.0.2 A 127.0.0.2
		ip 192.0.2.0/24 A 127.0.0.2
		zone 2.0.192.in-addr.arpa
		3 PTR mx.friend.example
		4 PTR other.friend.example
		5 PTR lost.friend.example
		6 PTR servfail
		zone friend.example
		mx A 192.0.2.3
		other A 192.0.2.99
		lost A servfail
	END
}

# session_world MTA: every client is listed, and friends are exempt.
session_world() {
	faultydns_start < <(session_zones)
	milter_start unix <<-END
		"dns": {"servers": ["127.0.0.1:$faultydns_port"]},
		"lists": [{"name": "demo", "zone": "bl.example", "message": "see {ip}"}],
		"exceptions": {"hosts": ["*.friend.example"]}
	END
	mta_start "$1"
}

session_through() {
	local id
	sent 192.0.2.2 stranger
	matches "a listed client is refused" "$replies" '^rcpt: 550 5\.7\.1 .*see 192\.0\.2\.2$'
	id=$(milter_log '\[192\.0\.2\.2\].* verdict=reject' | sed 's/:.*//')
	matches "its line begins with a queue id, where there is one" "$id" "$1"
	equals "the list was asked" "$(faultydns "count 2.2.0.192.bl.example A")" 1

	sent 192.0.2.7 login "${smtp_login[@]}"
	matches "the same with a login is accepted" "$replies" '^end: 250 2\.0\.0 '
	check "its message is delivered" mail_wait login@example.net
	lacks "without a warning" "$(mail_headers)" '^X-RBL-'
	check "it is told, with its queue id" milter_says \
		'^[0-9A-Za-z]{6,}: client=[^ ]*\[192\.0\.2\.7\].* login=<user[^ ]*>, exempt=authenticated, verdict=pass'
	equals "nobody was asked about it" "$(faultydns "count 7.2.0.192.bl.example")" 0
}

# named ADDRESS [OPTION...]: a client whose name leads back to it, the friend.
named() {
	sent "$1" named "${@:2}"
	matches "a friend is known by his verified name" "$replies" '^end: 250 2\.0\.0 '
	check "and told by it" milter_says "client=mx\.friend\.example\[${1//./\\.}\].* exempt=host, verdict=pass"
}

# nameless WHAT ADDRESS [OPTION...]
nameless() {
	sent "$2" nameless "${@:3}"
	matches "$1 makes no friend" "$replies" '^rcpt: 550 5\.7\.1 '
	check "it has no name: $2" milter_says "client=unknown\[${2//./\\.}\].* verdict=reject"
}
