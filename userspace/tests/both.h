/* SPDX-License-Identifier: MIT */
/* A test PKI of either kind for a whole group of tests. */
#ifndef TLSBIND_TESTS_BOTH_H
#define TLSBIND_TESTS_BOTH_H

#include "synth.h"

static struct synth_pki *pki[2];	/* SNP, TDX */

static int setup(void **state)
{
	(void)state;
	pki[0] = synth_pki_new(false);
	pki[1] = synth_pki_new(true);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	synth_pki_free(pki[0]);
	synth_pki_free(pki[1]);
	return 0;
}

#endif
