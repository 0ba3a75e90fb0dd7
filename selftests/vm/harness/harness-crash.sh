#!/bin/bash
# SPDX-License-Identifier: MIT
# Takes the kernel down.
echo 1..1
echo "ok 1 - about to crash"
echo c >/proc/sysrq-trigger
