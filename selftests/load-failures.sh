#!/bin/bash
# SPDX-License-Identifier: MIT
# Where something is missing the module does not load, says why in one line, and
# leaves nothing behind: when it is there, it loads.

. lib.sh

LOADER=(load_module)

# said SINCE: what the module wrote to the kernel log after line SINCE.
said() { dmesg | tail -n "+$(($1 + 1))" | grep 'tlsbind: '; }

refused() {
	local since lines
	since=$(dmesg | wc -l)
	if "${LOADER[@]}"; then
		echo "it was loaded"
		return 1
	fi
	lines=$(said "$since")
	printf '%s\n' "$lines" | sed 's/.*tlsbind: //' >reason
	cat reason
	[ -n "$lines" ] && [ "$(wc -l <reason)" = 1 ]
}

hooks_left() { grep -E '^tls_(setsockopt|getsockopt|sk_proto_close) ' /sys/kernel/tracing/enabled_functions; }

# check NAME WORD: the module is refused, with WORD in its one line, and left nothing.
check() {
	ok "$1: the module is refused with one line" refused
	ok "$1: the line says so: $(cat reason)" grep -qiE "$2" reason
	ok "$1: no module stays" test ! -e /sys/module/tlsbind
	not_ok "$1: no redirection stays" hooks_left
}

works() { "${LOADER[@]}" && attest-self && unload_module; }

plan 22

modprobe tls
ip link set lo down
check "loopback down" loopback
ip link set lo up
ok "loopback up again: it loads and works" works

switchable=1
if sysctl -qw kernel.ftrace_enabled=0; then
	check "ftrace off" ftrace
	sysctl -qw kernel.ftrace_enabled=1
	ok "ftrace on again: it loads and works" works
else
	switchable=0
	for _ in 1 2 3 4 5; do
		skip "ftrace off" "this kernel cannot switch ftrace off"
	done
fi

# shellcheck disable=SC2119
load_module
if [ "$switchable" = 1 ]; then
	not_ok "with the module loaded ftrace cannot be switched off" sysctl -w kernel.ftrace_enabled=0
else
	skip "with the module loaded ftrace cannot be switched off" "nor can it without"
fi
is "it is still on" "$(sysctl -n kernel.ftrace_enabled)" 1
ok "and the module still works" attest-self
not_ok "kTLS cannot be taken away from under it" rmmod tls
unload_module

rmmod tls
mkdir -p /run/modprobe.d
echo 'install tls /bin/false' >/run/modprobe.d/no-tls.conf
at_exit rm -f /run/modprobe.d/no-tls.conf
LOADER=(insmod "$TLSBIND/modules/tlsbind.ko")
check "no kTLS" 'tls'
LOADER=(load_module)
rm -f /run/modprobe.d/no-tls.conf
ok "kTLS there again: it loads and works" works

not_ok "an unknown value of a parameter is refused" load_module timeout_ms=perhaps
ok "it loads in a network namespace without loopback, which does not count" \
	unshare --net bash -c '. lib.sh; trap - EXIT; load_module'
ok "and works outside" attest-self
unload_module
