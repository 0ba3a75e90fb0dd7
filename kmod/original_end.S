/* SPDX-License-Identifier: GPL-2.0-only */
/* See original.h. Kbuild links this right after original.o. */
	.text
	.globl	tlsbind_original_end
tlsbind_original_end:
	.section .note.GNU-stack, "", @progbits
