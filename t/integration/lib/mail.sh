# shellcheck shell=bash
# Sending to the private mail server, whichever runs, and reading what it delivered.

# smtp_send [OPTION...]: one session with the private mail server; see smtpsend --help.
smtp_send() {
	"$top_srcdir/t/integration/smtpsend" --port "$smtp_port" "$@"
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

# mail_headers: those of the message in $mail, a line each, unfolded.
mail_headers() {
	[[ -z ${mail:-} ]] || sed '/^$/,$d' "$mail" | sed -e ':join' -e '$!N' -e 's/\n[ \t]\+/ /' -e 'tjoin' -e 'P' -e 'D'
}
