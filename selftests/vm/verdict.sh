# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154
# What a run of the guest says, line by line, and what its kernel said. Sourced by run.sh.
# Of run.sh it uses TOKEN, DIR, CONSOLE, series, verbose, BOOT_SECONDS and GRACE_SECONDS.
# Where PROCESS is set, tests are told with the processor time that it spent, too.
# Counts assertions: every "ok" and "not ok" line, and one failure for each breach of the
# rules: no plan, wrong count, bad exit status, time-out, a guest that died, a complaint
# of the kernel, a module that could not be unloaded.

# A line of the kernel that no run may have.
COMPLAINTS='BUG:|WARNING:|Oops|Call Trace|Kernel panic|general protection fault'
COMPLAINTS+='|possible (recursive|circular) locking|inconsistent lock state|suspicious RCU'
COMPLAINTS+='|INFO: .*(lock|RCU|rcu|task)|kmemleak: (unreferenced|  )|unregister_netdevice: waiting'
COMPLAINTS+='|KASAN|UBSAN:|KCSAN|blocked for more than|detected stall|soft lockup|hard LOCKUP'
COMPLAINTS+='|refcount_t:|corruption|scheduling while atomic|sleeping function called'
COMPLAINTS+='|memory leak|use-after-free|hung_task|trying to (un)?register non-static key'

PASSED=0 FAILED=0 SKIPPED=0 ENDED=0 PROCESS=''
declare -A COMPLAINED=()

verdict_reset() {
	PASSED=0 FAILED=0 SKIPPED=0 TEST=''
	COMPLAINED=()
}

show() { printf '%s\n' "$*"; }

# breach TEST TEXT: one more failure, by the rules and not by a "not ok" line.
breach() {
	FAILED=$((FAILED + 1))
	show "not ok - [$series] $1: $2"
}

# spent PID [FIRST SECOND]: hundredths of a second of two fields of /proc/PID/stat (proc(5)),
# by default of what the process itself spent; 16 17: of its children that have ended.
spent() {
	local stat
	IFS= read -r stat 2>/dev/null <"/proc/$1/stat" || { echo 0; return; }
	# Behind the name of the program, which may have spaces: the third field.
	read -ra stat <<<"${stat##*) }"
	echo $((stat[${2:-14} - 3] + stat[${3:-15} - 3]))
}

# children PID: seconds that those of our children spent that have ended.
children() { echo $(($(spent "$1" 16 17) / 100)); }

test_start() {
	TEST=$1 LIMIT=$2 STARTED=$EPOCHREALTIME SPENT=${PROCESS:+$(spent "$PROCESS")}
	PLAN='' RAN=0 GOOD=0 BAD=0 SKIP=0 BAIL=0
	DEADLINE=$((SECONDS + LIMIT + GRACE_SECONDS))
	show "# [$series] $TEST"
}

test_line() {
	local plan
	case $1 in
	1..*)
		plan=${1#1..}
		case $plan in 0\ *SKIP*) SKIP=1 ;; esac
		plan=${plan%%[!0-9]*}
		PLAN=$((${PLAN:-0} + ${plan:-0})) ;;
	'ok '*'# SKIP'* | 'ok '*'# skip'*) RAN=$((RAN + 1)) SKIP=$((SKIP + 1)) ;;
	'ok '*) RAN=$((RAN + 1)) GOOD=$((GOOD + 1)) ;;
	'not ok '*) RAN=$((RAN + 1)) BAD=$((BAD + 1)) ;;
	'Bail out!'*) BAIL=1 ;;
	esac
	case $1 in
	'ok '*) [ "$verbose" = 0 ] || show "$1" ;;
	?*) show "$1" ;;
	esac
}

# test_end STATUS|dead|hung: 124 and 137 are what timeout(1) makes of a test that it ended.
test_end() {
	local ms=$(((${EPOCHREALTIME/./} - ${STARTED/./}) / 1000)) cpu=''

	PASSED=$((PASSED + GOOD)) FAILED=$((FAILED + BAD)) SKIPPED=$((SKIPPED + SKIP))
	case $1 in
	dead) breach "$TEST" "the guest died" ;;
	hung) breach "$TEST" "the guest did not answer within $((LIMIT + GRACE_SECONDS)) s" ;;
	*)
		if [ "$1" = 124 ] || { [ "$1" = 137 ] && [ "$ms" -ge $((LIMIT * 1000)) ]; }; then
			breach "$TEST" "not done after $LIMIT s"
		elif [ "$BAIL" = 1 ]; then
			breach "$TEST" "gave up"
		elif [ -z "$PLAN" ]; then
			breach "$TEST" "no plan (exit status $1)"
		elif [ "$RAN" != "$PLAN" ]; then
			breach "$TEST" "planned $PLAN tests, ran $RAN (exit status $1)"
		elif [ "$1" -gt 125 ]; then
			breach "$TEST" "ended by a signal (exit status $1)"
		elif [ "$1" != 0 ] && [ "$BAD" = 0 ]; then
			breach "$TEST" "exit status $1 though nothing failed"
		fi ;;
	esac
	[ -z "$PROCESS" ] || cpu=$((($(spent "$PROCESS") - SPENT + 50) / 100))
	printf '# [%s] %s: %d passed, %d failed, %d skipped, %d.%03d s%s\n' "$series" "$TEST" \
		"$GOOD" "$BAD" "$SKIP" $((ms / 1000)) $((ms % 1000)) "${cpu:+, CPU $cpu s}"
	TEST='' ENDED=$((ENDED + 1))
}

# next_line DESCRIPTOR QEMU: sets LINE. 1: the guest is gone; 2: it is late.
next_line() {
	local part='' status
	LINE=''
	while :; do
		status=0
		IFS= read -r -t 1 -u "$1" part || status=$?
		LINE+=$part
		[ "$status" != 0 ] || { LINE=${LINE%$'\r'}; return 0; }
		[ "$status" -gt 128 ] || return 1
		[ "$SECONDS" -le "$DEADLINE" ] || return 2
	done
}

# verdict_read DESCRIPTOR QEMU: until the guest has ended. ENDED: how many tests are dealt with.
verdict_read() {
	local status=0 word rest finished=0
	ENDED=0 BOOTED=0 TEST='' DEADLINE=$((SECONDS + BOOT_SECONDS)) PROCESS=$2
	while next_line "$1" || { status=$?; false; }; do
		if [ "${LINE#@"$TOKEN" }" = "$LINE" ]; then
			[ -z "$TEST" ] || test_line "$LINE"
			continue
		fi
		read -r _ word rest <<<"$LINE"
		case $word in
		boot) BOOTED=1 DEADLINE=$((SECONDS + BOOT_SECONDS)) ;;
		start) test_start "${rest% *}" "${rest##* }" ;;
		complain) breach "$TEST" "$rest" ;;
		end) test_end "${rest##* }" ;;
		finished) finished=1; break ;;
		esac
	done
	[ "$finished" = 0 ] || return 0
	[ "$status" != 2 ] || kill "$2" 2>/dev/null || true
	[ -n "$TEST" ] || return 0
	if [ "$status" = 2 ]; then test_end hung; else test_end dead; fi
}

# verdict_live DESCRIPTOR QEMU: shows the output as it comes. Returns the command's status.
verdict_live() {
	local word rest result=1 empty=0
	BOOTED=0 DEADLINE=$((SECONDS + BOOT_SECONDS))
	while next_line "$1"; do
		if [ "${LINE#@"$TOKEN" }" = "$LINE" ]; then
			[ -n "$TEST" ] || continue
			# The guest puts an empty line before its own; it is not the command's.
			[ "$empty" = 0 ] || show ''
			empty=1
			[ -z "$LINE" ] || { empty=0; show "$LINE"; }
			continue
		fi
		empty=0
		read -r _ word rest <<<"$LINE"
		case $word in
		boot) BOOTED=1 DEADLINE=$((SECONDS + ${TLSBIND_LIMIT:-900})) ;;
		start) TEST=${rest% *} ;;
		end) TEST='' result=${rest##* } ;;
		finished) return "$result" ;;
		esac
	done
	[ "$BOOTED" = 1 ] || return 1
	breach "${TEST:-boot}" "the guest died or did not end in time (${CONSOLE#"$TOP"/})"
	return 1
}

# verdict_console FILE: every complaint of the kernel, one failure for each test that has any.
verdict_console() {
	local where line
	while IFS=$'\t' read -r where line; do
		if [ -z "${COMPLAINED[$where]:-}" ]; then
			COMPLAINED[$where]=1
			breach "$where" "the kernel complained (${1#"$TOP"/})"
		fi
		show "# | $line"
	done < <(awk -v bad="$COMPLAINTS" '
		BEGIN { where = "boot" }
		{ sub(/\r$/, "") }
		/tlsbind-guest: (test|after) / { where = $0; sub(/.*tlsbind-guest: /, "", where); sub(/^test /, "", where); next }
		$0 ~ bad { if (seen[where]++ < 20) print where "\t" $0 }' "$1")
}

verdict_dead_boot() {
	breach boot "the guest did not come up (${CONSOLE#"$TOP"/}, ${DIR#"$TOP"/}/qemu.*)"
	tail -n 15 "$CONSOLE" 2>/dev/null | sed 's/^/# | /'
}

verdict_not_run() {
	local line
	for line in "$@"; do
		breach "${line% *}" "not run: the guest could not be kept alive"
	done
}

verdict_total() {
	printf '%d passed, %d failed' "$PASSED" "$FAILED"
	[ "$SKIPPED" = 0 ] || printf ', %d skipped' "$SKIPPED"
	printf '\n'
}
