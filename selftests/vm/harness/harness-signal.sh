#!/bin/bash
# SPDX-License-Identifier: MIT
# Dies.
echo 1..1
echo "ok 1 - first"
kill -SEGV $$
