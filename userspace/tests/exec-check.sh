#!/bin/bash
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2317,SC2016
# exec-check.sh DIR: what tlsbind exec does to a program, what it does not, and what it tells.
# The kernel is one of exec-kernel.so, so that there is one everywhere.
set -uo pipefail

dir=$(cd "$1" && pwd)
tool=$dir/tlsbind
client=$dir/tests/exec-client
number=0 failed=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export TMPDIR=$work/tmp
# A sanitizer wants to be the first library of a program.
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0
mkdir "$TMPDIR"

check() {
	local name=$1
	number=$((number + 1))
	shift
	if "$@" >"$work/out" 2>&1; then
		echo "ok $number - $name"
	else
		echo "not ok $number - $name"
		sed 's/^/# /' "$work/out" >&2
		failed=1
	fi
}

skip() {
	number=$((number + 1))
	echo "ok $number - $1 # SKIP $2"
}

same() { [ "$1" = "$2" ] || { printf '%s\n' "got:  $1" "want: $2"; return 1; }; }
# status CODE COMMAND...
status() { local want=$1 got=0; shift; "$@" </dev/null || got=$?; same "$got" "$want"; }
# kernel ERRORS OPTIONS STEP...: the client on a kernel with these errors.
kernel() {
	local errors=$1 options=$2
	shift 2
	# shellcheck disable=SC2086
	EXEC_KERNEL=$errors LD_PRELOAD=$dir/tests/exec-kernel.so "$tool" exec $options -- "$client" "$@"
}
# figures ERRORS STEP...: connections, both, tx, rx
figures() {
	local errors=$1
	shift
	kernel "$errors" -j "$@" 2>&1 | jq -r '"\(.connections) \(.both) \(.tx) \(.rx)"'
}
# told ERRORS TEXT STEP...: the report has this.
told() {
	local errors=$1 text=$2
	shift 2
	kernel "$errors" "" "$@" 2>"$work/err"
	grep -qF -- "$text" "$work/err" || { cat "$work/err"; return 1; }
}
options() { "$tool" exec -q python3 -c \
	'import ssl; print(hex(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).options & 0x4008))'; }
no_files() { same "$(ls -A "$TMPDIR")" ""; }

not_told() { ! told "2 92 92" "TLS_TX failed" new ulp tx; }
all="new ulp tx rx"
# shellcheck disable=SC2086
{
check "a connection with both keys" same "$(figures "0 0 0" $all)" "1 1 1 1"
check "and it is told" told "0 0 0" "on connections: 1, with both keys in the kernel: 1" $all
check "two connections" same "$(figures "0 0 0" $all $all)" "2 2 2 2"
check "a descriptor that is used again is another connection" \
	same "$(figures "0 0 0" $all close $all)" "2 2 2 2"
check "a socket that is asked for twice is one connection" same "$(figures "0 0 0" new ulp ulp tx rx)" "1 1 1 1"
check "so it is where that fails" same "$(figures "2 92 92" new ulp ulp tx rx)" "1 0 0 0"
check "keys that are replaced are no connections" same "$(figures "0 0 0" $all tx rx tx)" "1 1 1 1"
check "a socket that somebody else prepared" same "$(figures "17 0 0" $all)" "1 1 1 1"
check "only sending" told "0 0 0" "1 only send through the kernel: so does OpenSSL before 3.2" new ulp tx
check "only receiving" told "0 0 0" "1 only receive through the kernel" new ulp rx
check "no keys" told "0 0 0" "1 have no key in the kernel" new ulp
check "no module" told "2 92 92" "TCP_ULP failed (1): ENOENT: the kernel module tls is not there" $all
check "nothing is told of what follows from that" not_told
check "no cipher" told "0 2 0" "TLS_TX failed (1): ENOENT: the kernel has no such cipher" new ulp tx
check "refused by a rule" told "0 0 13" "TLS_RX failed (1): EACCES: a rule of tlsbind refuses it" $all
check "no judge" told "0 0 112" "TLS_RX failed (1): EHOSTDOWN: a rule of tlsbind wants a verdict" $all
check "another error" told "0 5 0" "TLS_TX failed (1): EIO" $all
check "errors are counted" told "0 0 13" "TLS_RX failed (2): EACCES" $all $all
check "never asked" told "0 0 0" "on connections: 0, with both keys in the kernel: 0" new tx
check "and no library" told "0 0 0" "neither OpenSSL nor GnuTLS was seen" new
check "a child is seen" same "$(figures "0 0 0" fork $all)" "1 1 1 1"
check "a connection of a parent that a child completes" same "$(figures "0 0 0" new ulp tx fork rx)" "1 1 1 1"
check "without the descriptors that it was given" same "$(figures "0 0 0" closefrom $all)" "1 1 1 1"
if [ "$(id -u)" = 0 ]; then
	check "in another root directory" same "$(figures "0 0 0" chroot $all)" "1 1 1 1"
else
	skip "in another root directory" "needs root"
fi
check "the program gets the errors as they are" kernel "2 92 22" -q new ulp errno=2 tx errno=92 rx errno=22
check "and success" kernel "0 0 0" -q new ulp errno=0 tx errno=0

check "strict: all connections" status 0 kernel "0 0 0" "-q --strict" $all $all
check "strict: none" status 124 kernel "0 0 0" "-q --strict"
check "strict: one direction" status 124 kernel "0 0 0" "-q --strict" new ulp tx
check "strict: one of two" status 124 kernel "0 0 0" "-q --strict" $all new ulp
check "strict: refused" status 124 kernel "0 0 13" "-q --strict" $all
check "strict: no module" status 124 kernel "2 92 92" "-q --strict" $all
check "strict: a program that fails otherwise" status 99 kernel "0 0 0" "-q --strict" $all nonsense
check "without strict the program's own status" status 0 kernel "2 92 92" "-q" $all
}

check "a library that is loaded later is seen" told "0 0 0" "libssl.so.3: no connection was made" load=libssl.so.3
quiet() { same "$("$tool" exec -q true 2>&1)" ""; }
check "quiet is quiet" quiet
check "JSON is JSON" same "$("$tool" exec -j true 2>&1 | jq -c 'keys')" \
	'["both","connections","errors","programs","reasons","rx","tx"]'

for code in 0 1 2 124 125 126 127 255; do
	check "status $code is passed on" status "$code" "$tool" exec -q sh -c "exit $code"
done
check "a signal is 128 and its number" status 143 "$tool" exec -q sh -c 'kill -TERM $$'
check "one that dumps core, too" status 134 "$tool" exec -q sh -c 'ulimit -c 0; kill -ABRT $$'
check "no such program" status 127 "$tool" exec "$work/nonsense"
check "no program at all" status 126 "$tool" exec "$work"
check "no operand" status 125 "$tool" exec
check "an unknown option" status 125 "$tool" exec --nonsense true
check "what follows the program is the program's" same "$("$tool" exec -q echo -q --strict -- -j)" "-q --strict -- -j"
check "standard input and output are the program's" same "$(printf 'a\0b' | "$tool" exec -q cat | od -An -c)" \
	"$(printf 'a\0b' | od -An -c)"
check "the name of the program is as it was given" same "$("$tool" exec -q sh -c 'echo $0')" sh
check "no descriptor is left open" same "$("$tool" exec -q sh -c 'ls /proc/self/fd | wc -l')" "$(sh -c 'ls /proc/self/fd | wc -l')"

# Signals.
forwarded() {
	local signal=$1 pid got=0
	: >"$work/ready"
	# What is run in the background ignores some of them.
	env --default-signal="$signal" "$tool" exec -q sh -c "trap 'exit 42' $signal; echo ready; while :; do sleep 0.05; done" >"$work/ready" &
	pid=$!
	for _ in {1..200}; do grep -q ready "$work/ready" && break; sleep 0.05; done
	kill -"$signal" "$pid"
	wait "$pid" || got=$?
	same "$got" 42
}
for signal in HUP INT QUIT TERM USR1 USR2; do
	check "$signal is handed on" forwarded "$signal"
done
check "SIGPIPE is what it was" same "$("$tool" exec -q sh -c 'grep ^SigIgn /proc/self/status')" \
	"$(sh -c 'grep ^SigIgn /proc/self/status')"
check "ignored signals stay ignored" same "$(trap '' HUP PIPE; "$tool" exec -q sh -c 'grep ^SigIgn /proc/self/status')" \
	"$(trap '' HUP PIPE; sh -c 'grep ^SigIgn /proc/self/status')"
check "blocked ones are none" same "$("$tool" exec -q sh -c 'grep ^SigBlk /proc/self/status')" \
	"$(sh -c 'grep ^SigBlk /proc/self/status')"
# Ctrl-C of a terminal comes once, and the terminal is the program's.
terminal() {
	python3 - "$tool" <<-'END'
		import os, pty, sys, time
		pid, fd = pty.fork()
		if not pid:
		    os.execv(sys.argv[1], [sys.argv[1], "exec", "-q", "python3", "-c", """
		import os, signal, sys, time
		count = 0
		def handler(*_):
		    global count
		    count += 1
		signal.signal(signal.SIGINT, handler)
		print('ready', os.isatty(0), os.isatty(1), os.tcgetpgrp(0) == os.getpgrp(), flush=True)
		end = time.time() + 1
		while time.time() < end:
		    time.sleep(0.05)
		sys.exit(count)
		"""])
		text = b""
		while b"\n" not in text:
		    text += os.read(fd, 100)
		os.write(fd, b"\x03")
		code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
		sys.exit(not (b"ready True True True" in text and code == 1))
	END
}
check "a terminal is the program's, and Ctrl-C comes once" terminal

# Configurations.
if python3 -c 'import ssl' 2>/dev/null; then
	check "OpenSSL has kernel TLS on" same "$(options)" 0x8
	printf '%s\n' 'openssl_conf = a' '[a]' 'ssl_conf = b' '[b]' 'system_default = c' '[c]' \
		'Options = -SessionTicket' >"$work/own.cnf"
	check "options that there are stay" same "$(OPENSSL_CONF=$work/own.cnf options)" 0x4008
	sed -i 's/-SessionTicket/-SessionTicket,-KTLS/' "$work/own.cnf"
	check "off is overruled" same "$(OPENSSL_CONF=$work/own.cnf options)" 0x4008
	check "the file may be named relatively" same "$(cd "$work" && OPENSSL_CONF=own.cnf options)" 0x4008
	odd="$work/a b#c\$d\\e'f\"g"
	cp "$work/own.cnf" "$odd"
	check "and oddly" same "$(OPENSSL_CONF=$odd options)" 0x4008
	printf '%s\n' 'openssl_conf = a' ".include = $work/rest.cnf" >"$work/includes.cnf"
	sed '/^openssl_conf/d' "$work/own.cnf" >"$work/rest.cnf"
	check "it may include others" same "$(OPENSSL_CONF=$work/includes.cnf options)" 0x4008
	printf '%s\n' 'n = b' 'openssl_conf = a' '[a]' 'ssl_conf = $default::n' '[b]' >"$work/part.cnf"
	check "names that are missing are added" same "$(OPENSSL_CONF=$work/part.cnf options)" 0x8
	check "a file that is not there is none" same "$(OPENSSL_CONF=/nonexistent options)" 0x8
	check "nor is one without name" same "$(OPENSSL_CONF='' options)" 0x8
	printf '[c\n' >"$work/wrong.cnf"
	check "a file that is wrong is told" status 125 env OPENSSL_CONF="$work/wrong.cnf" "$tool" exec true
	printf '%s\n' 'openssl_conf = "a]b"' >"$work/strange.cnf"
	check "so is one that cannot be continued" status 125 env OPENSSL_CONF="$work/strange.cnf" "$tool" exec true
else
	skip "OpenSSL has kernel TLS on" "no ssl for python3"
fi
if type gnutls-cli >/dev/null 2>&1; then
	printf '%s\n' '[global]' 'ktls = false' '[priorities]' 'OURS = NORMAL:-CIPHER-ALL:+AES-256-GCM' >"$work/gnutls"
	ciphers() { GNUTLS_SYSTEM_PRIORITY_FILE=$work/gnutls "$tool" exec -q gnutls-cli --priority @OURS --list |
		sed -n 's/^Ciphers: //p'; }
	check "what there is of GnuTLS stays" same "$(ciphers)" AES-256-GCM
	copied() { GNUTLS_SYSTEM_PRIORITY_FILE=$work/gnutls "$tool" exec -q sh -c 'cat "$GNUTLS_SYSTEM_PRIORITY_FILE"'; }
	check "kernel TLS is switched on behind it" same "$(copied)" "$(cat "$work/gnutls"; printf '\n[global]\nktls = true\n')"
	check "a file that cannot be read is told" status 125 env GNUTLS_SYSTEM_PRIORITY_FILE="$work" "$tool" exec true
	check "GnuTLS without kernel TLS is told" grep -q "libgnutls.*: is built without kernel TLS" \
		<("$tool" exec gnutls-cli --list 2>&1 >/dev/null)
else
	skip "what there is of GnuTLS stays" "no gnutls-cli"
fi
check "a library that was to be loaded still is" same "$(LD_PRELOAD=$dir/tests/exec-kernel.so "$tool" exec -q \
	sh -c 'echo "$LD_PRELOAD"')" "$dir/libtlsbind-exec.so:$dir/tests/exec-kernel.so"

# What is left.
check "no file is left" no_files
left() {
	local path
	"$tool" exec sh -c 'exec >&- 2>&- ; sleep 5 &' 2>"$work/err"
	grep -q "processes go on without us: $TMPDIR/tlsbind-exec-" "$work/err" || return 1
	path=$(echo "$TMPDIR"/tlsbind-exec-*/openssl.cnf)
	[ -s "$path" ]
}
check "but for processes that go on" left
rm -rf "${TMPDIR:?}"/*
fallback() { TMPDIR=/nonexistent "$tool" exec -q sh -c 'echo $OPENSSL_CONF' | grep -q '^/tmp/tlsbind-exec-'; }
check "a directory for temporary files may be missing" fallback
static=$(type -p busybox)
if [ -n "$static" ] && ldd "$static" 2>&1 | grep -q "not a dynamic"; then
	unseen() { "$tool" exec "$static" true 2>&1 | grep -q "could not be observed"; }
	check "a static program cannot be observed" unseen
	check "which is not what strict wants" status 124 "$tool" exec -q --strict "$static" true
else
	skip "a static program cannot be observed" "no static busybox"
fi
alone() {
	mkdir "$work/alone"
	cp "$tool" "$work/alone/"
	"$work/alone/tlsbind" exec true 2>"$work/err"
	[ $? = 125 ] && grep -q "libtlsbind-exec.so is not there" "$work/err"
}
if [ ! -e /usr/local/lib/tlsbind/libtlsbind-exec.so ]; then
	check "without the library nothing is run" alone
else
	skip "without the library nothing is run" "it is installed"
fi
echo "1..$number"
exit "$failed"
