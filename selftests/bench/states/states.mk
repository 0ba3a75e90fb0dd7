# SPDX-License-Identifier: GPL-2.0-only
# A module that fills the index by connection id, for make bench: make ... TLSBIND_STATES=1

obj-m := tlsbind_states.o

tlsbind_states-y := states/states.o kmod/connection.o kmod/twin.o
