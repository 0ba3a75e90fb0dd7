#!/bin/bash
# SPDX-License-Identifier: MIT
# Unharmed by those before it, and by what they left.
echo 1..1
if pgrep -x sleep >/dev/null; then echo "not ok 1 - alone"; else echo "ok 1 - alone"; fi
