# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What the checks share. Sourced. Each runs in the tools' root directory, in the
# project's, prints its findings and fails if there are any; 77 means skipped.

# shellcheck source=selftests/vm/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../vm/env.sh"

# shellcheck disable=SC2034
LINT_DIR=$TOP/selftests/lint
LINT=$BUILD/lint
# shellcheck disable=SC2034
LINUX=$LINT/linux
cd "$TOP"

# files FIND-EXPRESSION...: those of the project, without what is wrong on purpose.
files() {
	find . \( -path ./build -o -path ./.git -o -path ./selftests/lint/bad -o -name __pycache__ \) -prune \
		-o -type f \( "$@" \) -printf '%P\n' | LC_ALL=C sort
}

# some ARRAY: a check that looks at nothing must not pass.
some() {
	local -n list=$1
	[ "${#list[@]}" -gt 0 ] || die "found no files to look at"
}

# silent COMMAND...: fails if it prints anything, or by itself.
silent() {
	local output status=0
	output=$("$@" 2>&1) || status=$?
	[ -z "$output" ] || printf '%s\n' "$output"
	[ "$status" = 0 ] && [ -z "$output" ]
}

# kernels: the releases whose headers are here.
kernels() {
	local dir
	for dir in /lib/modules/*; do basename "$dir"; done
}

# tree VARIANT NAME RELEASE SOURCE...: directory to build a module in: links to the sources,
# because kbuild leaves its objects beside them. Variant "guest" is where guest.sh builds.
tree() {
	local dir=$LINT/$1-$2-$3
	[ "$1" != guest ] || dir=$BUILD/kmod-$3/$2
	shift 3
	mkdir -p "$dir"
	find "$dir" -xtype l -delete
	cp -rsf "$@" "$dir/"
	# What is linked, and looked at by objtool, is linked again.
	rm -f "$dir"/*.ko "$dir"/tlsbind*.o
	printf '%s\n' "$dir"
}

# Sources of the mock TEE's module; there are programs' in directories below.
mock_sources() {
	find "$TOP/selftests/mock-tee" -maxdepth 1 \( -name '*.[ch]' -o -name Kbuild \)
}

# build_modules VARIANT VARIABLE=VALUE...: both modules for each kernel; says what it
# complains of. What the variant "guest" compiles, or found compiled, is the guest's.
build_modules() {
	local variant=$1 release dir sources status=0
	shift
	mapfile -t sources < <(mock_sources)
	for release in $(kernels); do
		for dir in $(tree "$variant" tlsbind "$release" "$TOP/Kbuild" "$TOP/kmod") \
			$(tree "$variant" tlsbind_mock_tee "$release" "${sources[@]}"); do
			silent make -s -k -C "/lib/modules/$release/build" M="$dir" W=1e "$@" modules || status=1
		done
	done
	return "$status"
}

# build_programs COMPILER DIRECTORY: everything in user space; says what it complains of.
build_programs() {
	local out=$2 status=0
	silent make -s -k -C userspace CC="$1" O="$out/userspace" all tests || status=1
	silent make -s -k -C selftests CC="$1" O="$out/selftests" USERSPACE="$out/userspace" all || status=1
	return "$status"
}

# program_sources: C files of programs, not of modules, nor what is the module's in user space.
program_sources() {
	files -name '*.c' \( -path './userspace/*' -o -path './selftests/*' \) \
		! \( -path './selftests/mock-tee/*' ! -path './selftests/mock-tee/*/*' \) \
		! -path './selftests/bench/*/*' ! -path './selftests/doors/*' ! -path './selftests/vm/*' ! -path './selftests/lint/*'
}
