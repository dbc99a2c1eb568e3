# shellcheck shell=bash
# A private Postfix, run from the unpacked package: its settings, queue, log and mailboxes lie in $T, it listens on one
# port of 127.0.0.1, sends nothing anywhere, and asks no DNS. Whatever client it is to see is given by XCLIENT.

# Postfix insists on accounts with ids of their own and on being started by root. These three exist on every Debian
# machine and own nothing that a test could harm.
postfix_owner="uucp"
postfix_group=news
postfix_mailbox_owner=nobody

# postfix_start MILTER_SOCKET [SETTING...]: MILTER_SOCKET as in smtpd_milters, "" for none; more lines for main.cf.
# Then $smtp_port accepts mail, and mail to anybody at example.org ends as a file below $T/mail.
postfix_start() {
	postfix_layout
	start_on_port postfix_try "$@"
	smtp_port=$port
	smtp_client_option=--client
	# shellcheck disable=SC2034 # for the tests
	smtp_login=(--login user@example.org)
}

postfix_layout() {
	local directory queue=$T/postfix/queue
	mkdir -p "$T/postfix/etc" "$T/postfix/data" "$T/mail" "$queue"/{pid,public,maildrop}
	for directory in incoming active bounce corrupt defer deferred flush hold saved trace private; do
		mkdir -p "$queue/$directory"
		chmod 700 "$queue/$directory"
		chown "$postfix_owner" "$queue/$directory"
	done
	chown "$postfix_owner:$postfix_group" "$queue/public" "$queue/maildrop"
	chmod 710 "$queue/public"
	chmod 1730 "$queue/maildrop"
	chown "$postfix_owner" "$T/postfix/data"
	chown "$postfix_mailbox_owner" "$T/mail"
	# a name without blanks, since import_environment below is a list
	ln -sfn "$(server_root usr/lib/postfix/sbin/master)" "$T/postfix/tree"
}

postfix_try() {
	local milter=$1
	shift
	postfix_main_cf "$milter" "$@" >"$T/postfix/etc/main.cf"
	postfix_master_cf >"$T/postfix/etc/master.cf"
	touch -d '10 seconds ago' "$T/postfix/etc/main.cf" # master waits until it is two seconds old
	LD_LIBRARY_PATH=$T/postfix/tree/usr/lib/postfix \
		spawn postfix-master "$T/postfix/tree/usr/lib/postfix/sbin/master" -c "$T/postfix/etc"
	postfix_pid=$spawned
	came_up "$postfix_pid" port_open "$port"
}

postfix_main_cf() {
	cat <<-END
		compatibility_level = 3.6
		queue_directory = $T/postfix/queue
		data_directory = $T/postfix/data
		daemon_directory = $T/postfix/tree/usr/lib/postfix/sbin
		command_directory = $T/postfix/tree/usr/sbin
		shlib_directory = $T/postfix/tree/usr/lib/postfix
		meta_directory = $T/postfix/etc
		import_environment = MAIL_CONFIG MAIL_LOGTAG LANG=C LD_LIBRARY_PATH=$T/postfix/tree/usr/lib/postfix
		mail_owner = $postfix_owner
		setgid_group = $postfix_group
		default_privs = nobody
		maillog_file = $T/postfix.log
		maillog_file_prefixes = $T

		myhostname = mx.example.org
		mydomain = example.org
		mydestination =
		mynetworks = 127.0.0.1/32
		alias_maps =
		alias_database =
		local_recipient_maps =
		inet_protocols = $(if [[ -e /proc/net/if_inet6 ]]; then echo all; else echo ipv4; fi)
		disable_dns_lookups = yes
		smtpd_peername_lookup = no
		smtpd_tls_security_level = none

		smtpd_relay_restrictions = reject_unauth_destination
		smtpd_authorized_xclient_hosts = 127.0.0.0/8
		smtpd_client_connection_count_limit = 0
		default_process_limit = 300
		in_flow_delay = 0

		virtual_mailbox_domains = example.org
		virtual_mailbox_base = $T
		virtual_mailbox_maps = static:mail/
		virtual_uid_maps = static:$(id -u "$postfix_mailbox_owner")
		virtual_gid_maps = static:$(id -g "$postfix_mailbox_owner")
		default_transport = error:nothing leaves this machine
		relay_transport = error:nothing leaves this machine

		smtpd_milters = $1
		milter_default_action = tempfail
	END
	shift
	((!$#)) || printf '%s\n' "$@"
}

postfix_master_cf() {
	cat <<-END
		127.0.0.1:$port inet n - n - 300 smtpd
		pickup unix n - n 60 1 pickup
		cleanup unix n - n - 0 cleanup
		qmgr unix n - n 300 1 qmgr
		rewrite unix - - n - - trivial-rewrite
		bounce unix - - n - 0 bounce
		defer unix - - n - 0 bounce
		trace unix - - n - 0 bounce
		flush unix n - n 1000? 0 flush
		proxymap unix - - n - - proxymap
		error unix - - n - - error
		retry unix - - n - - error
		discard unix - - n - - discard
		virtual unix - n n - - virtual
		anvil unix - - n - 1 anvil
		showq unix n - n - - showq
		postlog unix-dgram n - n - 1 postlogd
	END
}

# postfix_stop: master ends its daemons with itself.
postfix_stop() {
	end_process "$postfix_pid" || true
}

# queue_is_empty: nothing waits for delivery any more.
queue_is_empty() {
	[[ -z $(find "$T/postfix/queue"/{incoming,active,deferred,maildrop} -type f) ]]
}

# postfix_complaints: what it has logged that is not everyday business. That the clock of the file system is a tick ahead of the
# other one is a matter of the machine's.
postfix_complaints() {
	grep -E ' (warning|error|fatal|panic): ' "$T/postfix.log" |
		grep -vE ': warning: (file system clock is 1 seconds ahead of local clock|resetting file time stamps)' || true
}
