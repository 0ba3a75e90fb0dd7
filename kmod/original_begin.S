/* SPDX-License-Identifier: GPL-2.0-only */
/* See original.h. Kbuild links this right before original.o. */
	.text
	.globl	tlsbind_original_begin
tlsbind_original_begin:
	.section .note.GNU-stack, "", @progbits
