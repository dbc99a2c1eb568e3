# shellcheck shell=bash
# A private rbldnsd and nsd, and an unbound that asks them. None sends a packet outside this machine.

# rbldnsd_start ZONE:TYPE:FILE...: serves the zones on 127.0.0.1 port $rbldnsd_port and notes each query.
# FILE lies in $T, where the account that rbldnsd drops to can read it.
rbldnsd_start() {
	start_on_port rbldnsd_try "$@"
	rbldnsd_port=$port
	: >"$T/queries.log" # the question that showed that it is up does not count
}

rbldnsd_try() {
	local root
	root=$(server_root usr/sbin/rbldnsd)
	: >"$T/queries.log"
	chown nobody "$T/queries.log" 2>/dev/null || true
	# -n foreground, -l +FILE notes a query at once, -c 1 reads a changed zone within a second, -w where the zones are
	local arguments=(-n -b "127.0.0.1/$port" -l "+$T/queries.log" -c 1 -w "$T")
	((EUID != 0)) || arguments+=(-u nobody)
	spawn rbldnsd "$root/usr/sbin/rbldnsd" "${arguments[@]}" "$@"
	rbldnsd_pid=$spawned
	came_up "$spawned" dns_answers "$port"
}

rbldnsd_stop() {
	end_process "$rbldnsd_pid" || true
}

# rbldnsd_queries [NAME]: how many queries have come in, for all names or one.
rbldnsd_queries() {
	if [[ -n ${1:-} ]]; then
		grep -cF " $1 " "$T/queries.log" || true
	else
		wc -l <"$T/queries.log"
	fi
}

# nsd_start ZONE:FILE...: serves the zones on 127.0.0.1 port $nsd_port, over UDP and TCP. FILE lies in $T and is a zone file as
# of RFC 1035; rbldnsd knows neither CNAMEs nor TCP.
nsd_start() {
	start_on_port nsd_try "$@"
	# shellcheck disable=SC2034 # for the tests
	nsd_port=$port
}

nsd_try() {
	local root zone
	root=$(server_root usr/sbin/nsd)
	{
		cat <<-END
			server:
				ip-address: 127.0.0.1@$port
				server-count: 1
				username: ""
				chroot: ""
				zonesdir: "$T"
				database: ""
				pidfile: ""
				xfrdfile: ""
				xfrdir: "$T"
				zonelistfile: "$T/nsd.zones"
				rrl-ratelimit: 0
			remote-control:
				control-enable: no
		END
		for zone; do
			printf 'zone:\n\tname: "%s"\n\tzonefile: "%s"\n' "${zone%%:*}" "${zone#*:}"
		done
	} >"$T/nsd.conf"
	spawn nsd "$root/usr/sbin/nsd" -d -c "$T/nsd.conf"
	nsd_pid=$spawned
	came_up "$spawned" dns_answers "$port"
}

nsd_stop() {
	end_process "$nsd_pid" || true
}

# unbound_start ZONE...: a resolver on 127.0.0.1 port $unbound_port that sends the named zones to rbldnsd, or to the
# port in $unbound_upstream, and answers every other name itself: there is none. $unbound_extra: more lines of
# its "server:" section, such as local-data.
unbound_start() {
	start_on_port unbound_try "$@"
	# shellcheck disable=SC2034 # for the tests
	unbound_port=$port
}

unbound_try() {
	local root zone
	root=$(server_root usr/sbin/unbound)
	{
		cat <<-END
			server:
				interface: 127.0.0.1
				port: $port
				so-reuseport: no
				do-daemonize: no
				username: ""
				chroot: ""
				directory: "$T"
				pidfile: ""
				use-syslog: no
				log-servfail: yes
				module-config: "iterator"
				do-not-query-localhost: no
				access-control: 127.0.0.0/8 allow
				num-threads: 1
				msg-cache-size: 1m
				rrset-cache-size: 2m
				qname-minimisation: no
				local-zone: "." static
				${unbound_extra:-}
		END
		printf '\tlocal-zone: "%s" transparent\n' "$@"
		printf 'remote-control:\n\tcontrol-enable: no\n'
		for zone; do
			cat <<-END
				stub-zone:
					name: "$zone"
					stub-addr: 127.0.0.1@${unbound_upstream:-$rbldnsd_port}
			END
		done
	} >"$T/unbound.conf"
	spawn unbound "$root/usr/sbin/unbound" -d -c "$T/unbound.conf"
	unbound_pid=$spawned
	came_up "$spawned" dns_answers "$port"
}

unbound_stop() {
	end_process "$unbound_pid" || true
}

# dns_ask PORT NAME [TYPE]: the answer's code and addresses, such as "NOERROR 127.0.0.2".
dns_ask() {
	"$top_srcdir/t/integration/dnsask" "$@" 2>/dev/null
}

dns_answers() {
	dns_ask "$1" up.invalid >/dev/null
}

# faultydns_start: a DNS server that can misbehave, on 127.0.0.1 port $faultydns_port, or at $faultydns_listen. Its zone script is read from standard
# input; "faultydns -h" tells the language.
faultydns_start() {
	cat >"$T/zone.script"
	rm -f "$T/faultydns.port"
	spawn faultydns "$(built_program faultydns)" -l "${faultydns_listen:-127.0.0.1:0}" -z "$T/zone.script" -c "$T/faultydns.sock" \
		-P "$T/faultydns.port"
	faultydns_pid=$spawned
	came_up "$faultydns_pid" test -s "$T/faultydns.port"
	# shellcheck disable=SC2034 # for the tests
	faultydns_port=$(sed 's/.*://;q' "$T/faultydns.port")
}

# faultydns COMMAND...: says what the server answers to the commands, such as "count 2.2.0.192.bl.example A".
faultydns() {
	"$(built_program faultydns)" -x "$T/faultydns.sock" "$@"
}
