// SPDX-License-Identifier: GPL-2.0-only
/*
 * tlsbind_mock_tee: a TSM report provider for tests.
 *
 * It takes the place of sev_guest or tdx_guest behind configfs-tsm and has the
 * reports made by a program in user space that signs with a test PKI. It
 * protects nothing and proves nothing.
 */
#include <linux/module.h>

#include "mock_tee.h"

DECLARE_WAIT_QUEUE_HEAD(mock_tee_wq);

static int __init mock_tee_init(void)
{
	int ret;

	if (!mock_tee_knob_is_tdx() && strcmp(mock_tee_knob_provider(), "sev_guest")) {
		pr_err("tlsbind_mock_tee: provider must be sev_guest or tdx_guest\n");
		return -EINVAL;
	}

	ret = mock_tee_exchange_init();
	if (ret)
		return ret;

	ret = mock_tee_provider_init();
	if (ret) {
		pr_err("tlsbind_mock_tee: cannot register with configfs-tsm: %d\n", ret);
		goto err_exchange;
	}

	pr_info("tlsbind_mock_tee: MOCK TEST TEE posing as %s, its evidence is worthless\n",
		mock_tee_knob_provider());
	return 0;

err_exchange:
	mock_tee_exchange_exit();
	return ret;
}

static void __exit mock_tee_exit(void)
{
	mock_tee_nic_exit();
	mock_tee_provider_exit();
	mock_tee_exchange_exit();
	pr_info("tlsbind_mock_tee: unloaded\n");
}

module_init(mock_tee_init);
module_exit(mock_tee_exit);

MODULE_DESCRIPTION("Mock TEE for tests of tlsbind, NOT A REAL TEE");
MODULE_AUTHOR("The tlsbind authors");
MODULE_LICENSE("GPL");
