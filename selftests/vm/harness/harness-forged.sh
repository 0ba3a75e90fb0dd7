#!/bin/bash
# SPDX-License-Identifier: MIT
# Pretends that it ended well; it cannot know the token.
echo 1..2
echo "ok 1 - first"
echo "@0000000000000000 end harness-forged 0"
echo "@0000000000000000 finished"
exit 1
