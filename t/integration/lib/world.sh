# shellcheck shell=bash
# A network of the test's own, and mounts: only a loopback device, with any addresses that the test likes, for mail servers without
# XCLIENT. A test calls enter_world before it starts anything.

# enter_world ADDRESS...: starts the test anew in a network that has these addresses besides 127.0.0.1, under the host name
# mx.example.org. smtpsend --bind ADDRESS then comes from there.
enter_world() {
	local address reason
	if [[ -z ${RBL_WORLD:-} ]]; then
		command -v ip >/dev/null || skip_all "ip is missing: './quickstart test' installs it"
		reason=$(unshare --net --uts --mount true 2>&1) || skip_all "no network of its own is to be had here: $reason"
		rm -rf "$T"
		# Sendmail wants no socket below a folder that everybody may write into, as /tmp is
		RBL_WORLD=1 RBL_TMP=/run exec unshare --net --uts --mount -- "$0"
	fi
	hostname mx.example.org
	ip link set lo up
	for address; do
		if [[ $address == *:* ]]; then
			[[ ! -e /proc/net/if_inet6 ]] || ip address add "$address/128" dev lo nodad
		else
			ip address add "$address/32" dev lo
		fi
	done
}

# world_resolver: who asks the resolver of this machine asks 127.0.0.1, where $faultydns_listen is to be port 53.
world_resolver() {
	[[ -e /etc/resolv.conf ]] || skip_all "this machine has no /etc/resolv.conf that another could be laid over"
	echo 'nameserver 127.0.0.1' >"$T/resolv.conf"
	mount --bind "$T/resolv.conf" /etc/resolv.conf
}
