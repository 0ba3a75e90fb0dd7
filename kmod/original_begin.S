/* SPDX-License-Identifier: GPL-2.0-only */
/* See original.h. Kbuild links this right before original.o. */
#include <linux/objtool.h>

	.text
	.globl	tlsbind_original_begin
tlsbind_original_begin:
	/* Compared with, never jumped to. */
	ANNOTATE_NOENDBR
	.section .note.GNU-stack, "", @progbits
