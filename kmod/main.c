// SPDX-License-Identifier: GPL-2.0-only
/*
 * tlsbind: attestation of kernel TLS keys.
 *
 * Init ladder and its mirror. Hooks are armed when everything that they use is
 * there, and disarmed first. Only the netlink family comes later: whoever opens
 * a dump holds a reference on the module, and that keeps its code only from the
 * moment on at which nothing can fail any more.
 */
#include <linux/module.h>
#include <linux/printk.h>

#include "compat/sha384.h"
#include "batch.h"
#include "door.h"
#include "evidence.h"
#include "hold.h"
#include "ktls.h"
#include "net.h"
#include "netlink.h"
#include "origin.h"
#include "report.h"
#include "share.h"
#include "sock.h"

static int __init tlsbind_init(void)
{
	int ret;

	ret = tlsbind_sha384_init();
	if (ret) {
		pr_err("no SHA-384 (%d): needs CONFIG_CRYPTO_SHA512\n", ret);
		return ret;
	}
	ret = tlsbind_origin_init();
	if (ret)
		goto err_sha384;
	ret = tlsbind_net_init();
	if (ret)
		goto err_origin;
	ret = tlsbind_report_init();
	if (ret)
		goto err_net;
	ret = tlsbind_share_init();
	if (ret)
		goto err_report;
	ret = tlsbind_sock_init();
	if (ret)
		goto err_share;
	ret = tlsbind_batch_init();
	if (ret)
		goto err_sock;
	ret = tlsbind_hold_init();
	if (ret)
		goto err_batch;
	ret = tlsbind_door_init();
	if (ret)
		goto err_door;
	ret = tlsbind_ktls_init();
	if (!ret)
		ret = tlsbind_netlink_init();
	if (ret)
		goto err_ktls;
	pr_info("loaded, protocol version %d\n", TLSBIND_PROTOCOL_VERSION);
	return 0;

err_ktls:
	tlsbind_hold_stop();
	tlsbind_evidence_stop();
	tlsbind_ktls_exit();
err_door:
	tlsbind_hold_exit();
	tlsbind_evidence_exit();
	tlsbind_batch_exit();
	tlsbind_door_exit();
	goto err_sock;
err_batch:
	tlsbind_batch_exit();
err_sock:
	tlsbind_sock_exit();
	tlsbind_ktls_release();
err_share:
	tlsbind_share_exit();
err_report:
	tlsbind_report_exit();
err_net:
	tlsbind_net_exit();
err_origin:
	tlsbind_origin_exit();
err_sha384:
	tlsbind_sha384_exit();
	return ret;
}

/*
 * After each step, who may still run our code or hold our memory:
 *
 * 1. tlsbind_hold_stop(), tlsbind_evidence_stop(): tasks in our wrappers, but
 *    none that waits for a verdict or for evidence; the worker, with a report in
 *    progress; the deadline timer.
 * 2. tlsbind_ktls_exit(): no task any more; sockets stay open, without us.
 *    tlsbind_hold_exit(): and nothing that acts on verdicts.
 * 3. tlsbind_evidence_exit(): no deadline any more. tlsbind_batch_exit(): no thread
 *    and no work item. The thread, which arms guards again, and those who answer
 *    have dropped their references on requests.
 * 4. tlsbind_door_exit(): no guard any more; user space can have our tag signed.
 * 5. tlsbind_netlink_exit(): no request by netlink any more. Until here some
 *    may run, change rules and tell listeners of it, and find an empty queue
 *    that takes nothing.
 * 6. tlsbind_sock_exit(), tlsbind_share_exit(): no state, no request, no
 *    eventfd, no report, no key that is held; the RCU callbacks that free
 *    states, and may free sockets, have run. tlsbind_ktls_release(): tls.ko may go.
 * 7. tlsbind_report_exit(): the mount of configfs is gone.
 * 8. tlsbind_net_exit(): no rules; the RCU callbacks that free sets have run.
 *    tlsbind_origin_exit(): and no origin, since 6. and 8. had the last of them.
 */
static void __exit tlsbind_exit(void)
{
	tlsbind_hold_stop();
	tlsbind_evidence_stop();
	tlsbind_ktls_exit();
	tlsbind_hold_exit();
	tlsbind_evidence_exit();
	tlsbind_batch_exit();
	tlsbind_door_exit();
	tlsbind_netlink_exit();
	tlsbind_sock_exit();
	tlsbind_ktls_release();
	tlsbind_share_exit();
	tlsbind_report_exit();
	tlsbind_net_exit();
	tlsbind_origin_exit();
	tlsbind_sha384_exit();
	pr_info("unloaded\n");
}

module_init(tlsbind_init);
module_exit(tlsbind_exit);

MODULE_DESCRIPTION("Attestation of kernel TLS keys");
MODULE_AUTHOR("The tlsbind authors");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1.0");
MODULE_SOFTDEP("pre: tls");
