# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154
# What check.sh says at last, for those who see only the end of its output: where the time
# went, and once more what failed. Sourced. Of check.sh it uses REPORT and show().

# what is said, one piece of it a line: "FIRST LAST CPU NAME", in seconds (CPU "-": not known).
TIMES=()

# took FIRST LAST CPU NAME...
took() { TIMES+=("$(printf '%5s %5s %5s  %s' "$1" "$2" "$3" "${*:4}")"); }

# dearest FILE: the tests that took longest, from lines of test_end().
dearest() {
	sed -nE 's/^# \[([^]]*)\] ([^:]*): [0-9]+ passed, .* skipped, ([0-9]+)\.[0-9]+ s(, CPU ([0-9]+) s)?$/\3 \5 \1 \2/p' "$1" |
		awk '$3 != "host" && NF == 4' | sort -k1,1nr | head -n 15 |
		awk '{ printf("%s%s %s (%s, %s)", (NR > 1 ? "; " : "# slowest, with seconds and CPU seconds: "), $3, $4, $1, $2) }
			END { if (NR) print "" }'
}

# failures FILE: every failure with the test that it is of, and what was said around it.
failures() {
	awk '
		/^1\.\./ { next }
		/^# \[/ { left = 0 }
		/^# \[[^]]*\] [^ :]*$/ { test = substr($0, 3); line = before1 = ""; next }
		{ before2 = before1; before1 = line; line = $0 }
		/^not ok / || /^Bail out!/ {
			if (!said++) print "# what failed:"
			if (last < NR - 2 && before2 != "" && left <= 0) print "#   " before2
			if (last < NR - 1 && before1 != "" && left <= 0) print "#   " before1
			print "# " test ": " $0
			last = NR; left = 4
			next
		}
		left-- > 0 && /^#/ { print "#   " $0; last = NR }
		said > 30 { exit }' "$1"
}

summary() {
	show "# from second to second, with CPU seconds:"
	printf '# %s\n' "${TIMES[@]}" | sort -s -k2,2n
	dearest "$REPORT.log"
	failures "$REPORT.log"
}
