// SPDX-License-Identifier: GPL-2.0-only
/*
 * A network card that encrypts TLS: none is needed to see who would give it keys. The
 * knob makes a device of the initial network namespace say that it does, until it is
 * turned back. It takes keys to receive with, and decrypts nothing, which kTLS then does;
 * keys to send with it refuses. Turn it back when no socket is left that it has a key of.
 */
#include <linux/errno.h>
#include <linux/moduleparam.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/string.h>
#include <net/net_namespace.h>
#include <net/tls.h>

#include "mock_tee.h"

#define MOCK_TEE_NIC_FEATURES	(NETIF_F_HW_TLS_TX | NETIF_F_HW_TLS_RX)

static int mock_tee_nic_add(struct net_device *dev, struct sock *sk,
			    enum tls_offload_ctx_dir direction,
			    struct tls_crypto_info *crypto_info, u32 start_seq)
{
	return direction == TLS_OFFLOAD_CTX_DIR_RX ? 0 : -EOPNOTSUPP;
}

static void mock_tee_nic_del(struct net_device *dev, struct tls_context *ctx,
			     enum tls_offload_ctx_dir direction)
{
}

static int mock_tee_nic_resync(struct net_device *dev, struct sock *sk, u32 seq,
			       u8 *rcd_sn, enum tls_offload_ctx_dir direction)
{
	return 0;
}

static const struct tlsdev_ops mock_tee_nic_driver = {
	.tls_dev_add = mock_tee_nic_add,
	.tls_dev_del = mock_tee_nic_del,
	.tls_dev_resync = mock_tee_nic_resync,
};

/* Under rtnl. */
static char mock_tee_nic[IFNAMSIZ];

static int mock_tee_nic_say(const char *name, bool offloads)
{
	struct net_device *dev = __dev_get_by_name(&init_net, name);

	ASSERT_RTNL();
	if (!dev)
		return -ENODEV;
	if (offloads) {
		dev->tlsdev_ops = &mock_tee_nic_driver;
		dev->features |= MOCK_TEE_NIC_FEATURES;
	} else {
		dev->features &= ~MOCK_TEE_NIC_FEATURES;
		dev->tlsdev_ops = NULL;
	}
	return 0;
}

static int mock_tee_nic_set(const char *val, const struct kernel_param *kp)
{
	char name[IFNAMSIZ];
	int ret = 0;

	if (strscpy(name, val, sizeof(name)) < 0)
		return -EINVAL;
	strim(name);
	rtnl_lock();
	if (mock_tee_nic[0])
		mock_tee_nic_say(mock_tee_nic, false);
	mock_tee_nic[0] = 0;
	if (name[0])
		ret = mock_tee_nic_say(name, true);
	if (!ret)
		strscpy(mock_tee_nic, name, sizeof(mock_tee_nic));
	rtnl_unlock();
	return ret;
}

/** mock_tee_nic_exit() - turn it back */
void mock_tee_nic_exit(void)
{
	rtnl_lock();
	if (mock_tee_nic[0])
		mock_tee_nic_say(mock_tee_nic, false);
	rtnl_unlock();
}

static const struct kernel_param_ops mock_tee_nic_ops = {
	.set = mock_tee_nic_set,
};

module_param_cb(nic, &mock_tee_nic_ops, NULL, 0200);
__MODULE_PARM_TYPE(nic, "charp");
MODULE_PARM_DESC(nic, "name of a device that says that it encrypts TLS; empty for none");
