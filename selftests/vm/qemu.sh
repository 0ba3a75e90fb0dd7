# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# How the guest is started. Sourced by run.sh.

# emulator: sets EMULATOR to QEMU of the guest's Debian, by that Debian's loader. What counts
# instructions has this machine's own: what is written down was counted by 7.2, and 10.0 counts
# a fourth more for the same.
emulator() {
	case ${TLSBIND_QEMU:-} in
	*-icount*)
		need_host qemu-system-x86:/usr/bin/qemu-system-x86_64
		EMULATOR=(qemu-system-x86_64) ;;
	*)
		"$VM_DIR/emulator.sh"
		EMULATOR=(env "QEMU_MODULE_DIR=$CACHE/qemu/usr/lib/x86_64-linux-gnu/qemu"
			"$ROOTFS/usr/lib64/ld-linux-x86-64.so.2" --library-path
			"$CACHE/qemu/usr/lib/x86_64-linux-gnu:$ROOTFS/usr/lib/x86_64-linux-gnu"
			"$CACHE/qemu/usr/bin/qemu-system-x86_64"
			-L "$CACHE/qemu/usr/share/qemu" -L "$CACHE/qemu/usr/share/seabios") ;;
	esac
}

APPEND='console=ttyS0 panic=-1 panic_on_warn=1 oops=panic mitigations=off loglevel=5'
APPEND+=' tsc=nowatchdog no_timer_check rcupdate.rcu_cpu_stall_timeout=120 watchdog_thresh=60 ima_hash=sha256'

# clock ACCELERATOR: what an emulated guest's time is from. Of the time stamp counter it has to
# find out how fast it is, and believed once in a while, on a machine that was busy meanwhile, a
# sixth of it: its time ran six times too fast, and tests were over before they had begun. Where
# instructions are counted, that counter is what counts them.
clock() {
	case $1,${TLSBIND_QEMU:-} in
	tcg,*-icount* | kvm,*) ;;
	*) echo clocksource=hpet ;;
	esac
}

# qemu RELEASE PAYLOAD CONSOLE: replaces this shell; verdicts come out of stdout.
# TLSBIND_OUT: a file that the guest has as its third disk.
qemu() {
	local release=$1 payload=$2 console=$3 accel=${TLSBIND_ACCEL:-} boot=$CACHE/boot/$1 memory=1024
	[ -n "$accel" ] || accel=$(accelerator)
	case $release in *-debug) boot=$CACHE/debug/$release ;; esac
	# shellcheck disable=SC2046,SC2086
	exec "${EMULATOR[@]}" -nodefaults -no-user-config -display none -no-reboot \
		$(qemu_accel "$accel") -smp 2 -m "${TLSBIND_MEMORY:-$memory}" -rtc base=utc \
		-kernel "$boot/vmlinux" -initrd "$boot/initrd" \
		-append "$APPEND $(clock "$accel") ${TLSBIND_APPEND:-}" \
		-drive "if=virtio,format=raw,snapshot=on,file=$CACHE/root.ext4" \
		-drive "if=virtio,format=raw,snapshot=on,file=$payload" \
		${TLSBIND_OUT:+-drive if=virtio,format=raw,file=$TLSBIND_OUT} ${TLSBIND_QEMU:-} $console
}

# Emulation runs both CPUs in one thread. With a thread each, QEMU before 8.1 may go
# on executing code that the other CPU has just patched: ftrace patches code when
# the module is loaded and unloaded, and the guest dies of a stray int3. Without
# cx16 the kernel takes a lock where it would use cmpxchg16b, which QEMU 7.2 emulates
# wrongly at times: a double fault in __kmalloc(). tcg-multi is for who sees to it that
# no code is patched while both run.
qemu_accel() {
	case $1 in
	kvm) echo -machine q35 -accel kvm -cpu host ;;
	tcg-multi) echo -machine q35 -accel tcg,thread=multi,tb-size=256 -cpu max,la57=off,cx16=off ;;
	*) echo -machine q35 -accel tcg,thread=single,tb-size=256 -cpu max,la57=off,cx16=off ;;
	esac
}

# accelerator: "kvm" only where a kernel was really seen to reach init with it.
# /dev/kvm may exist, accept a machine, and yet fail at a stock kernel.
accelerator() {
	local seen=$CACHE/.accel key
	[ -w /dev/kvm ] || { echo tcg; return; }
	key=$(uname -r)-$(cat /proc/sys/kernel/random/boot_id)
	if [ "$(head -n 1 "$seen" 2>/dev/null)" != "$key" ]; then
		printf '%s\n%s\n' "$key" "$(probe)" >"$seen"
	fi
	tail -n 1 "$seen"
}

probe() {
	local release
	release=$(release 6.12)
	# shellcheck disable=SC2046
	if timeout -k 2 15 "${EMULATOR[@]}" -nodefaults -no-user-config -display none -no-reboot \
		$(qemu_accel kvm) -smp 2 -m 512 \
		-kernel "$CACHE/boot/$release/vmlinux" -initrd "$CACHE/boot/$release/initrd" \
		-append "quiet panic=-1 tlsbind.probe" -serial null -serial stdio </dev/null 2>/dev/null |
		grep -q 'probe reached init'; then
		echo kvm
	else
		echo tcg
	fi
}
