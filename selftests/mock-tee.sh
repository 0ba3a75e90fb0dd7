#!/bin/bash
# SPDX-License-Identifier: MIT
# The mock TEE does what its knobs say, seen through plain configfs-tsm.

. lib.sh

TSM=/sys/kernel/config/tsm/report
DEVICE=/dev/tlsbind-mock-tee
KNOBS=/sys/module/tlsbind_mock_tee/parameters
WORK=$(mktemp -d)
at_exit rm -rf "$WORK"

# entry_new, entry_drop: the directory for reports. The kernel registers no
# provider while there is one.
entry_new() { mkdir "$TSM/a"; }
entry_drop() { [ ! -d "$TSM/a" ] || rmdir "$TSM/a"; }
at_exit entry_drop

# ask NAME DATA: writes 64 bytes that begin with DATA.
ask() {
	{ printf '%s' "$2"; head -c "$((64 - ${#2}))" /dev/zero; } >"$WORK/data"
	cat "$WORK/data" >"$TSM/$1/inblob"
}

# fetch NAME DATA: asks, and stores what is answered in $WORK/out.
fetch() { ask "$1" "$2" && cat "$TSM/$1/outblob" >"$WORK/out"; }

# bytes OFFSET LENGTH: of the last report, in hexadecimal.
bytes() { tail -c "+$(($1 + 1))" "$WORK/out" | head -c "$2" | od -An -v -tx1 | tr -d ' \n'; }

contains() { [ -n "$2" ] && [[ $1 == *"$2"* ]]; }
absent() { [ ! -e "$1" ] && [ ! -e "$2" ]; }
hex() { od -An -v -tx1 "$1" | tr -d ' \n'; }
size() { stat -c %s "$WORK/out"; }

# fails_with TEXT COMMAND...: it fails and says TEXT.
fails_with() {
	local text=$1 said
	shift
	said=$("$@" 2>&1 >/dev/null) && { echo "it succeeded"; return 1; }
	echo "$said"
	grep -qF "$text" <<<"$said"
}

# takes MIN MAX COMMAND...: it succeeds and takes so many milliseconds.
takes() {
	local min=$1 max=$2 start end
	shift 2
	start=$(date +%s%3N)
	"$@" || return 1
	end=$(date +%s%3N)
	echo "took $((end - start)) ms"
	[ $((end - start)) -ge "$min" ] && [ $((end - start)) -le "$max" ]
}

waits() { [ -d "/proc/$1" ] && grep -q mock_tee "/proc/$1/stack"; }
state_of() { awk '/^State:/ {print $2}' "/proc/$1/status"; }

# read_in_background: a reader that blocks in the mock; its number in READER.
read_in_background() {
	fetch "$1" "$2" 2>"$WORK/err" &
	READER=$!
}

# reader_waits: the cat below the reader is in the mock; its number in CHILD.
reader_waits() {
	CHILD=$(pgrep -P "$READER" -x cat) && waits "$CHILD"
}

check_format_snp() {
	local chip
	ok "SNP: the provider is sev_guest" grep -qx sev_guest "$TSM/a/provider"
	ok "SNP: a report is made" fetch a "hello"
	is "SNP: of 1184 bytes" "$(size)" 1184
	is "SNP: version 3" "$(bytes 0 4)" 03000000
	is "SNP: REPORT_DATA is what was asked for" "$(bytes 80 64)" "$(hex "$WORK/data")"
	is "SNP: the measurement is the PKI's" "$(bytes 144 48)" "$(cat "$TLSBIND/pki/measurement.hex")"
	cat "$TSM/a/auxblob" >"$WORK/aux"
	is "SNP: auxblob begins with the VCEK's GUID" "$(head -c 16 "$WORK/aux" | hex -)" \
		63da758de6644564adc5f4b93be8accd
	chip=$(openssl x509 -in "$TLSBIND/pki/vcek.pem" -outform DER | od -An -v -tx1 | tr -d ' \n')
	ok "SNP: CHIP_ID stands in the VCEK" contains "$chip" "$(bytes 416 64)"
	echo 2 >"$TSM/a/privlevel"
	fetch a "hello"
	is "SNP: privlevel 2 is VMPL 2" "$(bytes 48 4)" 02000000
	echo 0 >"$TSM/a/privlevel"
}

check_counter() {
	local before
	before=$(cat "$KNOBS/reports")
	fetch a "count me"
	is "the counter counts a report" "$(cat "$KNOBS/reports")" "$((before + 1))"
	cat "$TSM/a/outblob" >/dev/null
	is "but not a second look at it" "$(cat "$KNOBS/reports")" "$((before + 1))"
}

check_bad_input() {
	not_ok "63 bytes make no report" short_inblob
	not_ok "an unknown fault is refused" mock_set fault nonsense
	not_ok "a delay that would wake the hung task detector is refused" mock_set delay_ms 50001
	not_ok "an errno of 4096 is refused" mock_set error 4096
	status "a second signer is refused" 1 timeout 60 \
		mock-tee-signer --pki "$TLSBIND/pki" --provider sev_guest
	not_ok "the counter cannot be written" mock_set reports 1
}

short_inblob() {
	head -c 63 /dev/zero >"$TSM/a/inblob"
	cat "$TSM/a/outblob" >/dev/null
}

check_faults() {
	local good
	fetch a "faults"
	good=$(bytes 144 48)

	mock_set fault truncate
	fetch a "faults"
	is "fault truncate: half a report" "$(size)" 592
	mock_set fault garbage
	fetch a "faults"
	is "fault garbage: of the right length" "$(size)" 1184
	not_ok "fault garbage: but not a report" test "$(bytes 144 48)" = "$good"
	mock_set fault empty
	fetch a "faults"
	is "fault empty: nothing" "$(size)" 0
	mock_set fault wrong-data
	fetch a "faults"
	is "fault wrong-data: a report over one bit changed" "$(bytes 80 64)" \
		"$(hex "$WORK/data" | sed 's/.$/1/')"
	is "fault wrong-data: and else right" "$(bytes 144 48)" "$good"
	is "the fault can be read back" "$(cat "$KNOBS/fault")" wrong-data
	mock_set fault none
	fetch a "faults"
	is "fault none: right again" "$(bytes 80 64)" "$(hex "$WORK/data")"
}

check_error_and_delay() {
	mock_set error 5
	ok "error 5: reading fails with EIO" fails_with "Input/output error" fetch a "error"
	mock_set error 95
	ok "error 95: reading fails with EOPNOTSUPP" fails_with "not supported" fetch a "error"
	mock_set error 0
	ok "error 0: reading works" fetch a "error"
	mock_set delay_ms 1000
	ok "delay_ms 1000: a report takes a second" takes 1000 20000 fetch a "slow"
	mock_set delay_ms 0
}

check_hang() {
	mock_set hang 1
	read_in_background a "hang"
	ok "hang: a reader blocks" wait_for 10 reader_waits
	is "hang: in a sleep that the hung task detector leaves alone" "$(state_of "$CHILD")" S
	kill "$CHILD"
	wait "$READER"
	is "hang: a signal ends it" "$?" 143

	read_in_background a "hang"
	wait_for 10 reader_waits
	mock_set hang 0
	ok "hang cleared: the reader gets its report" wait "$READER"
	is "hang cleared: and it is right" "$(bytes 80 64)" "$(hex "$WORK/data")"
}

check_gone() {
	mock_set hang 1
	read_in_background a "gone"
	wait_for 10 reader_waits
	ok "gone: does not wait for a report that hangs" takes 0 20000 mock_set gone 1
	not_ok "gone: that report fails" wait "$READER"
	mock_set hang 0
	ok "gone: the next one finds no provider" fails_with "No such device" fetch a "gone"
	ok "gone 1 twice is no error" mock_set gone 1
	not_ok "gone 0: not while there is a directory of the old provider" mock_set gone 0
	is "gone 0: and the knob knows" "$(cat "$KNOBS/gone")" Y
	entry_drop
	not_ok "gone: no new directory either" entry_new
	mock_set gone 0
	entry_new
	ok "gone 0: the provider is back" fetch a "back"
	is "gone 0: with right reports" "$(bytes 80 64)" "$(hex "$WORK/data")"
}

check_signer() {
	local pid
	not_ok "the module cannot go while the signer has the device open" rmmod tlsbind_mock_tee
	stop_signer
	is "no signer: the module knows" "$(cat "$KNOBS/signer")" N
	ok "no signer: a report fails with ETIMEDOUT" fails_with "timed out" fetch a "alone"

	start_signer sev_guest
	pid=$(pgrep -x mock-tee-signer)
	kill -STOP "$pid"
	read_in_background a "late"
	wait_for 10 reader_waits
	kill -CONT "$pid"
	ok "a signer that is slow answers in time" wait "$READER"
	is "and answers that question" "$(bytes 80 64)" "$(hex "$WORK/data")"
}

# answer HEX: writes these bytes to the device.
answer() {
	local hex=$1 text=''
	while [ -n "$hex" ]; do
		text+="\\x${hex:0:2}" hex=${hex:2}
	done
	printf '%b' "$text" >"$WORK/answer" && cat "$WORK/answer" >"$DEVICE"
}

# take_request FILE: what a signer does first; then it is gone.
take_request() { timeout 10 dd if="$DEVICE" of="$1" bs=80 count=1 status=none; }

# A signer that dies with a request in its hands, and one that talks nonsense.
check_bad_signer() {
	stop_signer
	read_in_background a "dies"
	wait_for 10 reader_waits
	take_request "$WORK/request" && take_request "$WORK/again"
	is "a request holds REPORT_DATA" "$(tail -c +17 "$WORK/request" | hex -)" "$(hex "$WORK/data")"
	ok "another signer gets the request of one that died" cmp "$WORK/request" "$WORK/again"
	ok "an answer to another question is refused" fails_with "Stale file handle" \
		answer "00000000000000000100000000000000aa"
	not_ok "without an answer there is no report" wait "$READER"

	ok "half an answer is refused" fails_with "Invalid argument" answer "00000000"
	ok "an answer shorter than it says is refused" fails_with "Invalid argument" \
		answer "00000000000000000200000000000000aa"
	ok "an answer without a report is refused" fails_with "Invalid argument" \
		answer "00000000000000000000000001000000aa"
	ok "a read of less than a request is refused" fails_with "Invalid argument" \
		dd if="$DEVICE" bs=79 count=1
	ok "a read without a request, not to block, is refused" fails_with "temporarily unavailable" \
		dd if="$DEVICE" bs=80 count=1 iflag=nonblock
	ok "an answer that is too long is refused" fails_with "Invalid argument" \
		answer "0000000000000000ffffffff02000000aa"
	start_signer sev_guest
}

check_unload_while_waiting() {
	stop_signer
	mock_set hang 1
	read_in_background a "unload"
	wait_for 10 reader_waits
	ok "the module goes while a reader blocks in it" timeout 30 rmmod tlsbind_mock_tee
	not_ok "and that reader gets an error" wait "$READER"
	ok "there is no provider now" fails_with "No such device" fetch a "unloaded"
	entry_drop
}

check_reload() {
	local i
	for i in $(seq 20); do
		load_tsm && insmod "$TLSBIND/modules/tlsbind_mock_tee.ko" provider=tdx_guest || return 1
		rmmod tlsbind_mock_tee || return 1
	done
	echo "$i times"
}

check_absent_at_load() {
	insmod "$TLSBIND/modules/tlsbind_mock_tee.ko" gone=1
	not_ok "loaded with gone=1 there is no provider" entry_new
	mock_set gone 0
	ok "until gone is cleared" entry_new
	entry_drop
	rmmod tlsbind_mock_tee
}

check_format_tdx() {
	load_mock tdx_guest
	entry_new
	ok "TDX: the provider is tdx_guest" grep -qx tdx_guest "$TSM/a/provider"
	ok "TDX: there is no auxblob and no privlevel" absent "$TSM/a/auxblob" "$TSM/a/privlevel"
	ok "TDX: a quote is made" fetch a "hello"
	is "TDX: version 4, P-256, TDX" "$(bytes 0 8)" 0400020081000000
	is "TDX: REPORTDATA is what was asked for" "$(bytes 568 64)" "$(hex "$WORK/data")"
	is "TDX: MRTD is the PKI's measurement" "$(bytes 184 48)" "$(cat "$TLSBIND/pki/measurement.hex")"
	is "TDX: the PCK chain has three certificates" "$(grep -ac 'BEGIN CERT' "$WORK/out")" 3
	ok "TDX: the PCK signed the QE report" signature_tdx
	entry_drop
	unload_mock
}

refuse_provider() {
	insmod "$TLSBIND/modules/tlsbind_mock_tee.ko" provider=arm_cca_guest
}

# The signature that the guest's provider made, with the guest's own openssl.
signature_tdx() {
	openssl x509 -in "$TLSBIND/pki/pck.pem" -pubkey -noout >"$WORK/pck.pub"
	tail -c +771 "$WORK/out" | head -c 384 >"$WORK/qe"
	{ printf 'asn1=SEQUENCE:s\n[s]\nr=INTEGER:0x%s\ns=INTEGER:0x%s\n' \
		"$(bytes 1154 32)" "$(bytes 1186 32)"; } >"$WORK/asn1"
	openssl asn1parse -genconf "$WORK/asn1" -noout -out "$WORK/sig"
	openssl dgst -sha256 -verify "$WORK/pck.pub" -signature "$WORK/sig" "$WORK/qe"
}

plan 75
ok "the mock TEE loads as sev_guest" load_mock sev_guest
entry_new
is "the module knows of its signer" "$(cat "$KNOBS/signer")" Y
check_format_snp
check_counter
check_bad_input
check_faults
check_error_and_delay
check_hang
check_gone
check_signer
check_bad_signer
check_unload_while_waiting
ok "it loads and unloads 20 times" check_reload
not_ok "it does not pose as anything else" refuse_provider
check_absent_at_load
check_format_tdx
