#!/bin/bash
# SPDX-License-Identifier: MIT
# Says nothing.
