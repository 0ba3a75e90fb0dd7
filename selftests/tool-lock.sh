#!/bin/bash
# SPDX-License-Identifier: MIT
# tlsbind lock. What it does lasts until reboot, and the guest is told so.

. lib.sh

plan 7
# shellcheck disable=SC2119
load_module || bail "tlsbind does not load"
tlsbind rule add pass lport 1 >/dev/null
is "rules are not locked" "$(tlsbind -j rule | jq .locked)" false
touch /run/tlsbind-reboot
is "locking" "$(tlsbind -j lock)" '{"locked":true}'
ok "locking again" tlsbind lock
is "rules are locked" "$(tlsbind -j rule | jq .locked)" true
status "rules cannot be changed" 8 tlsbind rule flush
is "and are still there" "$(tlsbind -j rule | jq .count)" 1
is "doctor says so" "$(tlsbind -j doctor | jq -r '.checks[] | select(.name == "lock") | .state')" ok
