#!/bin/bash
# SPDX-License-Identifier: MIT
# Nobody but the module has its tag signed: the mock TEE through configfs, and for the
# doors of real TEEs functions of the same names in a test module.

. lib.sh

TSM=/sys/kernel/config/tsm/report
TEST=/sys/module/tlsbind_door_test/parameters
ENABLED=/sys/kernel/tracing/enabled_functions
WORK=$(mktemp -d)
at_exit rm -rf "$WORK"
at_exit drop_entries

rmmod_tsm() { rmmod tsm_report 2>/dev/null || rmmod tsm; }

drop_entries() {
	local entry
	for entry in "$TSM"/door*; do [ ! -d "$entry" ] || rmdir "$entry"; done
}

# tagged, untagged: 64 bytes. The second differs from a tag in its eighth byte.
tagged() { printf 'TLSBIND\0\1\1'; head -c 54 /dev/zero; }
untagged() { printf 'TLSBINDX\1\1'; head -c 54 /dev/zero; }

generation() { cat "$TSM/door/generation"; }

# taken COMMAND...: its output is written to inblob, and changes the generation.
taken() {
	local before
	before=$(generation)
	"$@" | dd of="$TSM/door/inblob" obs=64 status=none
	[ "$(generation)" = $((before + 1)) ]
}
untaken() {
	local before
	before=$(generation)
	"$@" | dd of="$TSM/door/inblob" obs=64 status=none
	[ "$(generation)" = "$before" ]
}

# pieces: the tag in three writes of one open file, in the wrong order.
in_pieces() {
	local before
	before=$(generation)
	python3 - "$TSM/door/inblob" <<'PY'
import os, sys
fd = os.open(sys.argv[1], os.O_WRONLY)
os.pwrite(fd, bytes(61), 3)
os.pwrite(fd, b"BIND\0\1\1", 3)
os.pwrite(fd, b"TLS", 0)
os.close(fd)
PY
	[ "$(generation)" = "$before" ]
}

# by_another: the file is opened and written by one task and closed last by another.
by_another() {
	local before
	before=$(generation)
	python3 - "$TSM/door/inblob" <<'PY'
import os, sys
fd = os.open(sys.argv[1], os.O_WRONLY)
os.write(fd, b"TLSBIND\0" + bytes(56))
closed, close = os.pipe()
pid = os.fork()
if not pid:
    os.close(close)
    os.read(closed, 1)
    os.close(fd)
    os._exit(0)
os.close(fd)
os.close(close)
os.waitpid(pid, 0)
PY
	[ "$(generation)" = "$before" ]
}

# lose: what comes in is written to inblob, which is then lost in a circle of sockets that
# nobody has open: a kernel thread, which starts when the last socket is closed, finds
# and closes it.
lose() {
	python3 -c '
import array, os, socket, sys
fd = os.open(sys.argv[1], os.O_WRONLY)
os.write(fd, sys.stdin.buffer.read())
a, b = socket.socketpair()
for s in (a, b):
    fds = array.array("i", [a.fileno(), b.fileno(), fd])
    s.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
last = socket.socket(socket.AF_UNIX)
' "$TSM/door/inblob"
}

# by_the_kernel: of a tag and other data that are lost, the other data are taken.
by_the_kernel() {
	local before
	before=$(generation)
	tagged | lose
	untagged | lose
	wait_for 10 other_generation "$before"
	[ "$(generation)" = $((before + 1)) ]
}
other_generation() { [ "$(generation)" != "$1" ]; }

# as_ours: the tag into the module's own entry while its report is being made. Who is
# not refused waits until that is over, and the entry is gone then.
as_ours() {
	tagged | dd of="$TSM/tlsbind/inblob" obs=64 status=none && [ -d "$TSM/tlsbind" ]
}

signs() { cat "$TSM/door/outblob" >"$WORK/out" && [ -s "$WORK/out" ]; }

# armed FUNCTION [MODULE]: ftrace says that it is redirected.
armed() {
	local where=''
	[ $# = 1 ] || where=".*\[$2\]"
	grep -qE "^$1$where .*I" "$ENABLED"
}
armed_twice() { [ "$(grep -cE "^$1( |$)" "$ENABLED")" = 2 ]; }
disarmed() { ! grep -qE "^$1 " "$ENABLED"; }
nothing_armed() { ! grep -E '^(tsm_report_inblob_write|tdx_mcall_get_report0|snp_|handle_guest_request)' "$ENABLED"; }

# hooked: every function that ftrace diverts, whoever asked for it.
hooked() { cut -d' ' -f1 "$ENABLED" | sort | paste -sd' '; }

# call DOOR DATA: what the test module's function says; 0 or the name of an error.
call() {
	local said
	if said=$(bash -c "echo '$1 $2' >$TEST/call" 2>&1); then echo 0; return; fi
	case $said in
	*'not permitted'*) echo EPERM ;;
	*'Invalid argument'*) echo EINVAL ;;
	*'No such file'*) echo ENOENT ;;
	*) echo "$said" ;;
	esac
}
reached() { cat "$TEST/reached"; }

door_test() { insmod "$TLSBIND/modules/tlsbind_door_test.ko" "$@"; }

flags() { attest-self flags; }
doors_shut() { [ $(($(flags) & 4)) = 0 ]; }

if modprobe -q sev_guest || modprobe -q tdx_guest; then
	skip_all "this is a confidential guest"
fi
# They leave what they depend on.
rmmod_tsm || true
case $(uname -r) in
6.12.*) snp=handle_guest_request kernels='' ;;
*) snp=snp_send_guest_request kernels='snp_issue_svsm_attest_req snp_send_guest_request ' ;;
esac

# shellcheck disable=SC2119
load_allowed() { load_module && allow_all; }

plan 72

# Without a provider.
load_allowed
ok "the TDX function is guarded as soon as the module is loaded" armed tdx_mcall_get_report0
ok "configfs-tsm is not there, so no door of it" disarmed tsm_report_inblob_write
ok "no door is open" doors_shut

# A provider that comes later.
load_mock sev_guest
ok "the function of configfs-tsm is guarded as soon as its module is loaded" armed tsm_report_inblob_write
ok "no door is open then" doors_shut
# Nothing that sends or receives.
is "three functions of kTLS are hooked, and the doors; nothing else" "$(hooked)" \
	"${kernels}tdx_mcall_get_report0 tls_getsockopt tls_setsockopt tls_sk_proto_close tsm_report_inblob_write"
ok "the module has its tag signed" attest-self evidence
mkdir "$TSM/door"
ok "others have other data signed: it is taken" taken untagged
ok "and signed" signs
ok "others do not have the tag signed: it is not taken" untaken tagged
ok "what was taken before is still what is signed" signs
ok "nor in several writes" in_pieces
ok "nor if another task closes the file" by_another
ok "nor if a kernel thread does" by_the_kernel
rmdir "$TSM/door"
mkdir "$TSM/door"
ok "nor in a new entry" untaken tagged
not_ok "which has nothing to sign then" signs
rmdir "$TSM/door"
mock_set delay_ms $((3000 * ${TLSBIND_SLOW:-1}))
attest-self evidence &
asker=$!
ok "the module has a report made" wait_for 10 test -d "$TSM/tlsbind"
ok "nor in the module's own entry meanwhile" as_ours
ok "whose evidence is right all the same" wait "$asker"
mock_set delay_ms 0

# The module of configfs-tsm leaves and comes back.
unload_mock
ok "configfs-tsm can be unloaded" rmmod_tsm
ok "its guard goes with it" disarmed tsm_report_inblob_write
ok "no door is open without it" doors_shut
load_mock sev_guest
ok "it is back, and guarded" armed tsm_report_inblob_write
mkdir "$TSM/door"
ok "and refuses the tag" untaken tagged
rmdir "$TSM/door"

# Functions of a module that comes later.
ok "a module with such functions can be loaded" door_test early=1
for door in configfs tdx snp svsm; do
	case $door in
	configfs) function=tsm_report_inblob_write ;;
	tdx) function=tdx_mcall_get_report0 ;;
	snp) function=$snp ;;
	svsm) function=snp_issue_svsm_attest_req ;;
	esac
	ok "$door: its function is guarded" armed "$function" tlsbind_door_test
	before=$(reached)
	is "$door: the tag is refused" "$(call $door tag)" EPERM
	[ "$door" = tdx ] || is "$door: and the tag alone" "$(call $door short)" EPERM
	is "$door: what cannot be read is refused" "$(call $door bad)" EPERM
	is "$door: the function is not reached" "$(reached)" "$before"
	is "$door: other data pass" "$(call $door other)" 0
	is "$door: and reach the function" "$(reached)" $((before + 1))
done
is "the tag is refused before the module's init has ended" "$(cat $TEST/early_result)" -1
is "the kernel's own TDX function refuses the tag" "$(call real-tdx tag)" EPERM
if [ "$snp" = snp_send_guest_request ]; then
	is "the kernel's own SVSM function refuses the tag" "$(call real-svsm tag)" EPERM
	is "other data reach it" "$(call real-svsm other)" EINVAL
else
	skip "the kernel's own SVSM function refuses the tag" "this kernel does not let it be traced"
	skip "other data reach it" "this kernel does not let it be traced"
fi
rmmod tlsbind_door_test
ok "unloading the test module takes its guards" disarmed "tdx_mcall_get_report0.*door_test"
ok "and leaves the others" armed tdx_mcall_get_report0

# The other way round: the module finds them.
unload_module
ok "unloaded, the module leaves no guard" nothing_armed
mkdir "$TSM/door"
ok "and the tag is taken" taken tagged
rmdir "$TSM/door"
door_test
before=$(reached)
is "it reaches the TDX function of the test module" "$(call tdx tag)" 0
load_allowed
ok "functions that are there already are guarded" armed "$snp" tlsbind_door_test
is "and refuse the tag" "$(call snp tag)" EPERM
ok "configfs-tsm, too" armed tsm_report_inblob_write
rmmod tlsbind_door_test
ok "evidence is made without the test module" attest-self evidence
ok "and before that the kernel's own function was guarded again" armed tdx_mcall_get_report0

# Somebody else redirects such a function.
unload_module
door_test redirect=1
not_ok "while somebody else redirects a function the module is not loaded" load_allowed
ok "it says which" grep -q 'tlsbind: cannot guard tdx_mcall_get_report0()' <(dmesg | tail -n 3)
ok "and leaves no guard" disarmed tsm_report_inblob_write
rmmod tlsbind_door_test
ok "without that it is loaded" load_allowed
ok "and no door is open" doors_shut
not_ok "a module that redirects one itself is not loaded" door_test redirect=1
