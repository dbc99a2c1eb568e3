# shellcheck shell=bash
# Sending to the private mail server, whichever runs, and reading what it delivered.

# mta_start MTA [LINE...]: postfix or sendmail, in front of the milter that has been started; more lines of its configuration.
mta_start() {
	case $1 in
	postfix) postfix_start "$milter_socket" "${@:2}" ;;
	sendmail) sendmail_start "$milter_spec" "${@:2}" ;;
	esac
}

# smtp_send [OPTION...]: one session with the private mail server; see smtpsend --help.
smtp_send() {
	"$top_srcdir/t/integration/smtpsend" --port "$smtp_port" "$@"
}

# smtp_send_from ADDRESS [OPTION...]: the same for a client that the mail server sees at ADDRESS: where it knows XCLIENT by that,
# else the session really comes from there, see enter_world.
smtp_send_from() {
	smtp_send "$smtp_client_option" "$@"
}

# sent ADDRESS NAME [OPTION...]: sends a message with the id NAME@example.net from there; the replies are in $replies.
sent() {
	# shellcheck disable=SC2034 # for the tests
	replies=$(smtp_send_from "$1" --id "$2@example.net" "${@:3}" || true)
}

# mail_wait ID: waits for the message with this Message-Id and sets $mail to its file.
mail_wait() {
	if wait_for 10 mail_find "$1"; then
		return 0
	fi
	mail=
	return 1
}

mail_find() {
	mail=$(grep -lixrsF "Message-Id: <$1>" "$T/mail/new" | head -n 1)
	[[ -n $mail ]]
}

# mail_delivered: the newest delivered message's file.
mail_delivered() {
	local newest="" file
	for file in "$T"/mail/new/*; do
		[[ -z $newest || $file -nt $newest ]] && newest=$file
	done
	[[ -e $newest ]] && echo "$newest"
}

# mail_count: how many messages were delivered.
mail_count() {
	find "$T/mail/new" -type f 2>/dev/null | wc -l
}

# mail_counts N: were so many delivered?
mail_counts() {
	(($(mail_count) >= $1))
}

# mail_headers: those of the message in $mail, a line each, unfolded.
mail_headers() {
	[[ -z ${mail:-} ]] || sed '/^$/,$d' "$mail" | sed -e ':join' -e '$!N' -e 's/\n[ \t]\+/ /' -e 'tjoin' -e 'P' -e 'D'
}

# header NAME: its values in the message in $mail, decoded by nobody.
header() {
	mail_headers | sed -n "s/^$1: //p"
}

# delivered_to ID: the names for which the message with this id lies there, a line each; Sendmail tells no more of them.
delivered_to() {
	grep -lixrsF "Message-Id: <$1>" "$T/mail/new" | while read -r file; do
		sed -n 's/^\(Delivered-To\|X-Original-To\): \([^@]*\).*/\2/p' "$file" | head -n 1
	done | sort
}
