/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernel differences of the mock TEE, all of them.
 *
 * MOCK_TEE_HAVE_REPORT_OPS comes from Kbuild, which looks into <linux/tsm.h>:
 * upstream renamed tsm_register() and struct tsm_ops to tsm_report_register()
 * and struct tsm_report_ops when "tsm" came to mean PCI device security.
 */
#ifndef MOCK_TEE_COMPAT_H
#define MOCK_TEE_COMPAT_H

#include <linux/tsm.h>

#ifndef MOCK_TEE_HAVE_REPORT_OPS
#define tsm_report_ops tsm_ops

static inline int tsm_report_register(const struct tsm_report_ops *ops, void *priv)
{
	return tsm_register(ops, priv);
}

static inline int tsm_report_unregister(const struct tsm_report_ops *ops)
{
	return tsm_unregister(ops);
}
#endif

#endif
