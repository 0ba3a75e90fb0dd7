#!/bin/bash
# SPDX-License-Identifier: MIT
# Makes the mistake that its name says, and knows nothing of it: gate_test.c.
fault=$(basename "$0" .sh)
fault=${fault#gate-}
echo 1..1
insmod /opt/tlsbind/modules/gate_test.ko "fault=$fault" && rmmod gate_test || exit 1
echo "ok 1 - $fault"
