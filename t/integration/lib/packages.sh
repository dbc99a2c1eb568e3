# shellcheck shell=bash
# Debian packages: reads the file "dependencies", installs what is missing, unpacks what must not be installed.
# Wants $top_srcdir and $RBL_SERVERS.

# packages_of GROUP...: their packages, one a line.
packages_of() {
	local group
	for group; do
		awk -v group="$group:" '$1 == group { for (i = 2; i <= NF; i++) print $i }' "$top_srcdir/dependencies"
	done
}

# packages_missing PACKAGE...: those of them that are not installed, one a line.
packages_missing() {
	local installed
	# of a package that it has never heard of it says nothing but a complaint
	installed=$(dpkg-query --show --showformat '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null |
		sed -n "s/^installed //p" || true)
	comm -23 <(printf '%s\n' "$@" | sort -u) <(sort -u <<<"$installed")
}

# packages_install GROUP...: does nothing when everything is there.
packages_install() {
	local wanted missing
	mapfile -t wanted < <(packages_of "$@")
	mapfile -t missing < <(packages_missing "${wanted[@]}")
	((${#missing[@]})) || return 0
	if ((EUID != 0)) && ! command -v sudo >/dev/null; then
		echo "These Debian packages are missing, and there is no sudo to install them with. Please do it as root:" >&2
		echo "    apt-get install --no-install-recommends ${missing[*]}" >&2
		return 1
	fi
	echo "Installing ${#missing[@]} Debian packages: ${missing[*]}"
	with_fresh_lists as_root env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 \
		apt-get install --yes --no-install-recommends -o DPkg::Lock::Timeout=300 "${missing[@]}"
}

# packages_unpack GROUP: unpacks the programs into $RBL_SERVERS and leaves a note of each, so that a second run is quick.
packages_unpack() {
	local package missing=() notes=$RBL_SERVERS/unpacked fetched=$RBL_SERVERS/fetched
	for package in $(packages_of "$1"); do
		[[ -e $notes/$package ]] || missing+=("$package")
	done
	((${#missing[@]})) || return 0
	echo "Unpacking into ${RBL_SERVERS#"$PWD/"}, without installing: ${missing[*]}"
	mkdir -p "$notes"
	rm -rf "$fetched"
	mkdir "$fetched"
	# as root apt would fetch as a user who may not write here, and say so
	(cd "$fetched" && with_fresh_lists apt-get download -o APT::Sandbox::User=root "${missing[@]}")
	for package in "${missing[@]}"; do
		dpkg-deb --extract "$fetched/$package"_*.deb "$RBL_SERVERS"
		(cd "$fetched" && echo "$package"_*.deb) >"$notes/$package"
	done
	rm -rf "$fetched"
}

# with_fresh_lists COMMAND...: an apt-get command. When it fails the package lists are fetched, and it is run once more.
with_fresh_lists() {
	local log
	log=$(mktemp)
	if ! "$@" </dev/null >"$log" 2>&1; then
		echo "Fetching Debian's package lists"
		if ! { as_root apt-get update && "$@"; } </dev/null >"$log" 2>&1; then
			tail -n 30 "$log" >&2
			rm -f "$log"
			echo "This failed: $*" >&2
			return 1
		fi
	fi
	rm -f "$log"
}

as_root() {
	if ((EUID == 0)); then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		echo "This needs root, and sudo is not installed. Run as root: $*" >&2
		return 1
	fi
}
