#!/bin/bash
# SPDX-License-Identifier: MIT
# The guest is what the other tests take for granted.

. lib.sh

plan 8

is "the loopback device is up" "$(cat /sys/class/net/lo/operstate /sys/class/net/lo/flags | paste -sd' ')" "unknown 0x9"
ok "/tmp is writable memory" findmnt -n -t tmpfs /tmp
ok "configfs is mounted" findmnt -n -t configfs /sys/kernel/config
ok "tracefs is mounted" findmnt -n -t tracefs /sys/kernel/tracing
is "a warning of the kernel is a panic" "$(sysctl -n kernel.panic_on_warn)" 1
ok "kTLS can be loaded" modprobe tls
is "no module of ours is loaded" "$(lsmod | grep -c ^tlsbind)" 0
year=$(date +%Y)
ok "the clock is set" test "$year" -ge 2025
