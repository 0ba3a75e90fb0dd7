# SPDX-License-Identifier: GPL-2.0-only
# Tests of the parts that need no socket, as a module of their own that has the
# tested objects in it, for kernels with CONFIG_KUNIT: make ... TLSBIND_KUNIT=1

obj-m := tlsbind_kunit.o

tlsbind_kunit-y := kmod/tests/binding_kunit.o
tlsbind_kunit-y += kmod/tests/key_kunit.o
tlsbind_kunit-y += kmod/tests/request_kunit.o
tlsbind_kunit-y += kmod/tests/policy_kunit.o kmod/tests/trait_kunit.o
tlsbind_kunit-y += kmod/tests/twin_kunit.o kmod/tests/fingerprint_kunit.o
tlsbind_kunit-y += kmod/tests/origin_kunit.o
# This one includes evidence.c.
tlsbind_kunit-y += kmod/tests/evidence_kunit.o
tlsbind_kunit-y += kmod/tests/rfc9162.o kmod/tests/fakes.o
tlsbind_kunit-y += kmod/binding.o kmod/key.o kmod/request.o kmod/batch.o kmod/statement.o
tlsbind_kunit-y += kmod/rules.o kmod/rule.o kmod/trait.o kmod/twin.o kmod/fingerprint.o
tlsbind_kunit-y += kmod/origin.o
tlsbind_kunit-y += kmod/compat/sha384.o

ccflags-y += -I$(obj)/kmod/tests

# The tree may be one of symbolic links without the vectors in it.
tlsbind-vectors := $(dir $(realpath $(src)/Kbuild))selftests/vectors

$(obj)/kmod/tests/vectors_data.h: $(tlsbind-vectors)/v1.json $(tlsbind-vectors)/kunit.py
	python3 $(tlsbind-vectors)/kunit.py $< $@

$(addprefix $(obj)/kmod/tests/,binding_kunit.o key_kunit.o request_kunit.o): \
	$(obj)/kmod/tests/vectors_data.h

clean-files += kmod/tests/vectors_data.h
