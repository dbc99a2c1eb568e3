# shellcheck shell=bash
# A private Sendmail, run from the unpacked packages, for a test that has called enter_world. It delivers all mail to
# anybody at example.org as files below $T/mail, as the private Postfix does.

sendmail_password=secret

# sendmail_start MILTER_SOCKET [LINE...]: MILTER_SOCKET as in INPUT_MAIL_FILTER's S=; more lines for sendmail.mc, before its
# mailers. Then $smtp_port accepts mail.
sendmail_start() {
	local queue=$T/sendmail/queue
	mkdir -p "$queue" "$T/mail/new"
	chmod 700 "$queue"
	sendmail_login
	sendmail_deliver >"$T/sendmail/deliver"
	chmod 755 "$T/sendmail/deliver"
	start_on_port sendmail_try "$@"
	smtp_port=$port
	smtp_client_option=--bind
	# shellcheck disable=SC2034 # for the tests
	smtp_login=(--login user --password "$sendmail_password")
}

sendmail_try() {
	local root
	root=$(server_root usr/libexec/sendmail/sendmail)
	sendmail_mc "$root" "$@" >"$T/sendmail/sendmail.mc"
	m4 -D "_CF_DIR_=${root%/}/usr/share/sendmail/cf/" "$T/sendmail/sendmail.mc" >"$T/sendmail/sendmail.cf"
	# the loader would not look into LD_LIBRARY_PATH for a setgid program, and a copy is none
	cp "${root%/}/usr/libexec/sendmail/sendmail" "$T/sendmail/sendmail"
	LD_LIBRARY_PATH=$(printf '%s:' "${root%/}"/lib/*-linux-gnu "${root%/}"/usr/lib/*-linux-gnu) \
		spawn sendmail "$T/sendmail/sendmail" -bD -C "$T/sendmail/sendmail.cf" -X "$T/sendmail-session.log"
	sendmail_pid=$spawned
	came_up "$sendmail_pid" port_open "$port"
}

sendmail_mc() {
	local root=${1%/} milter=$2
	shift 2
	cat <<-END
		divert(0)dnl
		include(\`$root/usr/share/sendmail/cf/m4/cf.m4')dnl
		OSTYPE(\`linux')dnl
		define(\`confDOMAIN_NAME', \`mx.example.org')dnl
		define(\`QUEUE_DIR', \`$T/sendmail/queue')dnl
		define(\`confPID_FILE', \`$T/sendmail/pid')dnl
		define(\`STATUS_FILE', \`$T/sendmail/statistics')dnl
		define(\`HELP_FILE', \`')dnl
		define(\`ALIAS_FILE', \`')dnl
		define(\`confAUTH_MECHANISMS', \`CRAM-MD5')dnl
		define(\`confDEF_USER_ID', \`nobody:nogroup')dnl
		define(\`confLOG_LEVEL', \`0')dnl
		define(\`confTO_ICONNECT', \`5s')dnl
		define(\`confTO_IDENT', \`0')dnl
		define(\`confQUEUE_LA', \`100')dnl
		define(\`confREFUSE_LA', \`100')dnl
		define(\`LOCAL_MAILER_PATH', \`$T/sendmail/deliver')dnl
		define(\`LOCAL_MAILER_ARGS', \`deliver \$u')dnl
		define(\`LOCAL_MAILER_FLAGS', \`SPn9')dnl
		MODIFY_MAILER_FLAGS(\`LOCAL', \`-wA5:/|@q')dnl
		FEATURE(\`accept_unresolvable_domains')dnl
		FEATURE(\`nocanonify')dnl
		FEATURE(\`no_default_msa')dnl
		DAEMON_OPTIONS(\`Name=MTA, Addr=127.0.0.1, Port=$port')dnl
		LOCAL_DOMAIN(\`example.org')dnl
		INPUT_MAIL_FILTER(\`rbl-milter', \`S=$milter, F=T')dnl
		$( (($#)) && printf '%s\n' "$@")
		MAILER(\`local')dnl
		MAILER(\`smtp')dnl
		LOCAL_CONFIG
		ESASL_CONF_PATH=$T/sendmail
	END
}

# The program that stores one message: a name of its own in a folder, as a maildir has it.
sendmail_deliver() {
	cat <<-END
		#!/bin/sh
		file=\$(mktemp "$T/mail/XXXXXXXXXX") && { echo "Delivered-To: \$1"; cat; } >"\$file" && mv "\$file" "$T/mail/new/"
	END
}

# The one user who may log in. Where this stands, Sendmail learns from its configuration: it keeps no environment.
sendmail_login() {
	cat >"$T/sendmail/Sendmail.conf" <<-END
		pwcheck_method: auxprop
		auxprop_plugin: sasldb
		sasldb_path: $T/sendmail/sasldb
		mech_list: CRAM-MD5
	END
	SASL_CONF_PATH=$T/sendmail python3 - user "$sendmail_password" <<-'END'
		import ctypes, sys
		sasl, connection = ctypes.CDLL("libsasl2.so.2"), ctypes.c_void_p()
		user, password = (word.encode() for word in sys.argv[1:])
		faults = [
		    sasl.sasl_server_init(None, b"Sendmail"),
		    sasl.sasl_server_new(b"smtp", b"mx.example.org", None, None, None, None, 0, ctypes.byref(connection)),
		    sasl.sasl_setpass(connection, user, password, len(password), None, 0, 1),
		]
		sys.exit(f"the user cannot be made: {faults}" if any(faults) else 0)
	END
	chmod 600 "$T/sendmail/sasldb"
}

sendmail_stop() {
	end_process "$sendmail_pid" || true
}
