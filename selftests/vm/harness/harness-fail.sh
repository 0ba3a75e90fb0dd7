#!/bin/bash
# SPDX-License-Identifier: MIT
# Fails one of two.
echo 1..2
echo "ok 1 - first"
echo "not ok 2 - second"
exit 1
