#!/bin/bash
# SPDX-License-Identifier: MIT
# Runs the models that models.txt lists with ProVerif and compares every result with what is
# written there. Prints TAP; fails if anything differs.
#   run.sh [-q] [-t SECONDS] [-o DIRECTORY] [NAME...]
#     -q  the quick ones only; NAME: those of that name only (a shell pattern)
#     -t  limit for each model (default: 900)
#     -o  keep what ProVerif prints there, as NAME.log
# ProVerif is $PROVERIF, or proverif on the path. Without it nothing is run but a look whether
# models.txt fits the models; that is said, counted as skipped, and no failure.
# Exit: 0 as expected, or skipped; 1 not as expected; 2 usage, or models.txt is wrong.

set -euo pipefail

HERE=$(dirname "$(readlink -f "$0")")
PROVERIF=${PROVERIF:-proverif}
QUICK=0 LIMIT=900 LOGS='' WANTED=()

NAMES=()
declare -A FILES=() HOLDS=() ATTACK=() SET=() GROUP=()

die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 2; }

# read_models: models.txt into the arrays.
read_models() {
	local word rest name='' file files
	while read -r word rest; do
		case $word in
		'' | '#'*) ;;
		group) GROUP[${rest%% *}]=${rest#* } ;;
		model)
			name=${rest%% *} SET[$name]=${rest#* }
			[ -z "${FILES[$name]:-}" ] || die "model $name is there twice"
			NAMES+=("$name") HOLDS[$name]='' ATTACK[$name]='' ;;
		files)
			files=''
			for file in $rest; do files+=" ${GROUP[$file]:-$file}"; done
			FILES[$name]=$files ;;
		holds) HOLDS[$name]=$rest ;;
		attack) ATTACK[$name]=$rest ;;
		*) die "models.txt: what is $word?" ;;
		esac
	done <"$HERE/models.txt"
}

# wanted MODEL: is it to be run?
wanted() {
	local pattern
	[ "$QUICK" = 0 ] || [ "${SET[$1]}" = quick ] || return 1
	[ "${#WANTED[@]}" -gt 0 ] || return 0
	# shellcheck disable=SC2053
	for pattern in "${WANTED[@]}"; do [[ $1 != $pattern ]] || return 0; done
	return 1
}

# arguments MODEL: sets ARGUMENTS, what ProVerif is to read, and LABELS, the names of the queries
# in the order of its answers.
arguments() {
	local file paths=()
	ARGUMENTS=()
	for file in ${FILES[$1]}; do
		case $file in
		*.pv) paths+=("$HERE/models/$file") ARGUMENTS+=("$HERE/models/$file") ;;
		*) paths+=("$HERE/models/$file.pvl") ARGUMENTS+=(-lib "$HERE/models/$file.pvl") ;;
		esac
	done
	mapfile -t LABELS < <(sed -n 's/^  (\* \([A-Za-z0-9]*\) \*) .*/\1/p' "${paths[@]}")
}

# outcome LABEL ANSWER: holds, attack or open. R asks whether something can be reached, and
# ProVerif answers whether it cannot.
outcome() {
	case $1:$2 in
	R*'is false.' | [!R]*'is true.') echo holds ;;
	R*'is true.' | [!R]*'is false.') echo attack ;;
	*) echo open ;;
	esac
}

# judge MODEL LOG: does the log say what models.txt says? Prints what differs.
judge() {
	local i label expected found bad=0
	mapfile -t ANSWERS < <(grep '^RESULT ' "$2" | grep -v '^RESULT (even ' || true)
	if [ "${#ANSWERS[@]}" != "${#LABELS[@]}" ]; then
		echo "${#LABELS[@]} queries, ${#ANSWERS[@]} answers; the end of what ProVerif said:"
		tail -n 5 "$2"
		return 1
	fi
	for i in "${!LABELS[@]}"; do
		label=${LABELS[i]} expected='not listed'
		[[ " ${HOLDS[$1]} " != *" $label "* ]] || expected=holds
		[[ " ${ATTACK[$1]} " != *" $label "* ]] || expected=attack
		found=$(outcome "$label" "${ANSWERS[i]}")
		[ "$found" = "$expected" ] || { echo "$label: $found, expected: $expected"; bad=1; }
	done
	return "$bad"
}

# fits MODEL: does models.txt say of just the queries that the model has what is expected?
fits() {
	local file labels listed
	for file in ${FILES[$1]}; do
		[ -e "$HERE/models/$file" ] || [ -e "$HERE/models/$file.pvl" ] ||
			die "model $1: no file $file"
	done
	arguments "$1"
	labels=$(printf '%s\n' "${LABELS[@]}" | sort)
	# shellcheck disable=SC2086
	listed=$(printf '%s\n' ${HOLDS[$1]} ${ATTACK[$1]} | sort)
	[ "$labels" = "$listed" ] || die "model $1 has other queries than models.txt says"
}

# run MODEL NUMBER: one TAP test.
run() {
	local log=$LOGS/$1.log status=0 cpu text differs TIMEFORMAT=%0U
	arguments "$1"
	cpu=$({ time timeout "$LIMIT" "$PROVERIF" "${ARGUMENTS[@]}" >"$log" 2>&1; } 2>&1) || status=$?
	text="$2 - $1: proved: ${HOLDS[$1]:-nothing}; attack: ${ATTACK[$1]:-none} ($cpu s of CPU)"
	[ "$status" != 124 ] || echo "not done after $LIMIT s" >>"$log"
	if differs=$(judge "$1" "$log") && [ "$status" = 0 ]; then
		echo "ok $text"
	else
		echo "not ok $text"
		echo "# exit status $status"
		echo "# ${differs//$'\n'/$'\n# '}"
		return 1
	fi
}

main() {
	local option name todo=() number=0 failed=0
	while getopts qt:o: option; do
		case $option in
		q) QUICK=1 ;;
		t) LIMIT=$OPTARG ;;
		o) LOGS=$OPTARG ;;
		*) die "usage: run.sh [-q] [-t SECONDS] [-o DIRECTORY] [NAME...]" ;;
		esac
	done
	shift $((OPTIND - 1))
	WANTED=("$@")
	read_models
	for name in "${NAMES[@]}"; do fits "$name"; done
	if ! command -v "$PROVERIF" >/dev/null; then
		echo "# formal: no $PROVERIF on the path, so the models were not run"
		echo 1..1
		echo "ok 1 - models # SKIP no $PROVERIF on the path: the models of Documentation/formal were not run"
		return 0
	fi
	for name in "${NAMES[@]}"; do ! wanted "$name" || todo+=("$name"); done
	[ "${#todo[@]}" -gt 0 ] || die "no model of that name"
	if [ -z "$LOGS" ]; then
		LOGS=$(mktemp -d)
		trap 'rm -rf "$LOGS"' EXIT
	fi
	mkdir -p "$LOGS"
	echo "1..${#todo[@]}"
	for name in "${todo[@]}"; do
		number=$((number + 1))
		run "$name" "$number" || failed=1
	done
	return "$failed"
}

main "$@"
