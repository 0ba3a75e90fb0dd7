# SPDX-License-Identifier: GPL-2.0-only
# A module that fills a table as the index by connection id is, for make bench: make ... TLSBIND_STATES=1

obj-m := tlsbind_states.o

tlsbind_states-y := states/states.o kmod/twin.o
