# SPDX-License-Identifier: MIT
# A wrapper: objects of the module are in Kbuild, the library and the tool in
# userspace/, the tests and their guest in selftests/. "make help" lists it all.

K ?=
KDIR ?= /lib/modules/$(shell uname -r)/build
PREFIX ?= /usr/local
VM := selftests/vm
MODULE := build/module

.DEFAULT_GOAL := all

##@For this machine (a confidential guest)

all: modules userspace ## module and user space, for this machine

modules: ## tlsbind.ko, for the running kernel (or KDIR=...)
	@[ -e $(KDIR)/Makefile ] || { echo "no kernel headers in $(KDIR): apt-get install linux-headers-$$(uname -r)" \
		"(or: make KDIR=...). To try tlsbind without them: sudo make demo" >&2; exit 1; }
	@mkdir -p $(MODULE)
	@cp -rsf $(CURDIR)/Kbuild $(CURDIR)/kmod $(MODULE)/
	$(MAKE) -C $(KDIR) M=$(CURDIR)/$(MODULE) modules

userspace: ## library and tool, in build/userspace
	$(MAKE) -C userspace O=$(CURDIR)/build/userspace all

install: ## module, library and tool (root; PREFIX=/usr/local)
	@[ "$$(id -u)" = 0 ] || { echo "this needs root: sudo make install" >&2; exit 1; }
	@[ -e $(MODULE)/tlsbind.ko ] || { echo "first: make" >&2; exit 1; }
	$(MAKE) -C $(KDIR) M=$(CURDIR)/$(MODULE) modules_install
	$(MAKE) -C userspace O=$(CURDIR)/build/userspace PREFIX=$(PREFIX) install
	ldconfig

##@With the test guest (root: a Debian is unpacked under build/, missing packages are installed)

demo: export TLSBIND_LEAN := 1
demo: guest ## the demonstration: genuine evidence, a relay, and what today's systems do with it
	@$(VM)/run.sh $(if $(K),-k $(K)) run /opt/tlsbind/demo/demo.sh

check: ## every test, on both kernels; closes with "N passed, N failed"
	@$(VM)/check.sh $(K)

attacks: ## every attack that we know of, mounted in the guest; a table of what refuses each [K=6.12|7]
	@selftests/attacks/table.sh $(or $(K),7)

check-debug: ## the guest's tests on a kernel with KASAN, lockdep, kmemleak ... [K=6.12|7]
	@$(VM)/check.sh debug $(K)

coverage: ## which lines of the module the guest's tests run [K=6.12|7] [T=name]
	@$(VM)/coverage.sh $(or $(K),6.12) $(T)

bench: ## what keys, data, evidence, connections and verification cost, beside the targets [K=6.12|7] [T=part]
	@$(VM)/bench.sh $(or $(K),6.12) $(T)

lint: ## every static check: checkpatch, sparse, Coccinelle, clang, shellcheck ... [T=check]
	@selftests/lint/lint.sh $(T)

ci: ## all of it: lint, check, check-debug
	@$(VM)/check.sh ci

kunit: ## unit tests of the module, on the debug kernel [K=6.12|7]
	@$(VM)/debug-kernel.sh $(or $(K),6.12)
	@$(VM)/guest.sh $(or $(K),6.12)-debug
	@$(VM)/run.sh -v -k $(or $(K),6.12)-debug tests kunit

vm: ## tests in the guest: make vm T=name [K=6.12|7|6.12-debug]; without T all of that kernel
	@$(VM)/guest.sh $(filter %-debug %-gcov,$(K))
	@$(VM)/run.sh -v $(if $(K),-k $(K)) tests $(T)

vm-shell: ## a shell in the guest: make vm-shell [K=6.12|7|6.12-debug]
	@$(VM)/guest.sh $(filter %-debug %-gcov,$(K))
	@$(VM)/run.sh $(if $(K),-k $(K)) shell

chroot: ## a shell in the root directory that everything for the guest is built in
	@$(VM)/chroot.sh

guest: ## build everything that runs in the guest, for both kernels
	@$(VM)/guest.sh

netlink: ## generate the netlink code from its specification
	@selftests/lint/netlink.sh

debug-kernel: ## build a kernel that finds bugs, 13 CPU minutes [K=6.12|7]
	@$(VM)/debug-kernel.sh $(or $(K),6.12)

fuzz: ## libFuzzer over every parser of the library [S=seconds for each, 60] [T=harness]
	@selftests/lint/fuzz.sh $(or $(S),60) $(T)

formal: ## ProVerif over the models of the protocol, if it is on the path [T=pattern]
	@Documentation/formal/run.sh $(if $(T),'$(T)')

##@Other

clean: ## remove what was built, but keep the guest's Debian
	rm -rf $(MODULE) build/userspace build/guest build/kmod-* build/log

distclean: ## remove build/
	rm -rf build

help: ## this list
	@awk -F ':.*## ' '/^##@/ { printf "\n%s\n", substr($$0, 4) } \
		/^[a-z-]+:.*## / { printf "  %-14s%s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: all modules userspace install demo check attacks check-debug coverage bench lint ci debug-kernel formal fuzz netlink kunit vm vm-shell chroot guest clean distclean help
