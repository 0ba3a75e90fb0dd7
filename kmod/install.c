// SPDX-License-Identifier: GPL-2.0-only
/*
 * Noting the keys that kTLS is given, before and after it takes them.
 */
#include "install.h"

#include <linux/string.h>
#include <linux/timekeeping.h>
#include <net/sock.h>
#include <net/tls.h>

#include "binding.h"
#include "caller.h"
#include "key.h"
#include "sock.h"

/* What a key installation changes, computed before it is made visible. */
struct tlsbind_install_change {
	int error;
	u16 tls_version;
	u16 cipher_suite;
	bool nic;
	u8 commitment[TLSBIND_COMMITMENT_SIZE];
	u8 mirror[TLSBIND_COMMITMENT_SIZE];
};

static void tlsbind_install_read(struct sock *sk, bool tx,
				 struct tlsbind_install_change *change)
{
	const struct tls_context *ctx = tls_get_ctx(sk);
	struct tlsbind_key_material key;
	int ret;

	sock_owned_by_me(sk);
	change->nic = (tx ? ctx->tx_conf : ctx->rx_conf) == TLS_HW;
	ret = tlsbind_key_read(tx ? &ctx->crypto_send : &ctx->crypto_recv, &key);
	change->tls_version = key.tls_version;
	change->cipher_suite = key.cipher_suite;
	if (!ret)
		ret = tlsbind_binding_commit(&key, tx ? TLSBIND_DIRECTION_TX :
							TLSBIND_DIRECTION_RX,
					     change->commitment);
	if (!ret)
		ret = tlsbind_binding_commit(&key, tx ? TLSBIND_DIRECTION_RX :
							TLSBIND_DIRECTION_TX,
					     change->mirror);
	memzero_explicit(&key, sizeof(key));
	change->error = ret;
}

static void tlsbind_install_apply(struct tlsbind_sock *ts, bool tx,
				  const struct tlsbind_install_change *change,
				  const struct tlsbind_caller *caller)
{
	struct tlsbind_sock_key *key = tx ? &ts->tx : &ts->rx;

	ts->tls_version = change->tls_version;
	ts->cipher_suite = change->cipher_suite;
	if (change->nic)
		ts->flags |= TLSBIND_F_NIC;
	if (change->error && change->error != -EPROTONOSUPPORT && !ts->error)
		ts->error = -EKEYREJECTED;

	memcpy(key->commitment, change->commitment, sizeof(key->commitment));
	memcpy(key->mirror, change->mirror, sizeof(key->mirror));
	if (key->present) {
		key->generation++;
	} else {
		memcpy(key->first, change->commitment, sizeof(key->first));
		memcpy(key->first_mirror, change->mirror,
		       sizeof(key->first_mirror));
	}
	key->present = true;

	if (tx || !ts->tx.present) {
		ts->caller = *caller;
		ts->installed_ns = ktime_get_boottime_ns();
	}
}

/*
 * Name the connection as soon as both directions are there. The commitments
 * of generation 0 do not change any more then, so they can be read unlocked
 * by the one who holds the socket lock.
 */
static void tlsbind_install_name(struct tlsbind_sock *ts)
{
	u8 id[TLSBIND_CONNECTION_ID_SIZE], mirror_id[TLSBIND_CONNECTION_ID_SIZE];
	int ret;

	ret = tlsbind_binding_connection_id(ts->tx.first, ts->rx.first, id);
	if (!ret)
		ret = tlsbind_binding_connection_id(ts->rx.first_mirror,
						    ts->tx.first_mirror,
						    mirror_id);
	spin_lock(&ts->lock);
	if (ret) {
		ts->error = -EKEYREJECTED;
	} else {
		memcpy(ts->id, id, sizeof(ts->id));
		memcpy(ts->mirror_id, mirror_id, sizeof(ts->mirror_id));
	}
	spin_unlock(&ts->lock);
}

/*
 * kTLS holds a key that was installed past us: before the module was loaded,
 * or by a task that was in kTLS when the hooks were armed. While somebody
 * else is installing, a key may be there before it is noted.
 */
static void tlsbind_install_check_stale(struct tlsbind_sock *ts,
					struct sock *sk,
					unsigned int installing)
{
	const struct tls_context *ctx = tls_get_ctx(sk);

	sock_owned_by_me(sk);
	lockdep_assert_held(&ts->lock);
	if (ts->installing != installing)
		return;
	if ((ctx->tx_conf != TLS_BASE && !ts->tx.present) ||
	    (ctx->rx_conf != TLS_BASE && !ts->rx.present))
		ts->error = -ESTALE;
}

/**
 * tlsbind_install_begin() - kTLS is about to be given a key
 * @ts: the socket's state
 * @sk: the socket, not locked
 *
 * Until the matching tlsbind_install_end() nothing is said about the
 * socket's keys.
 *
 * Context: process; takes the socket lock and sleeps.
 */
void tlsbind_install_begin(struct tlsbind_sock *ts, struct sock *sk)
{
	lock_sock(sk);
	spin_lock(&ts->lock);
	tlsbind_install_check_stale(ts, sk, 0);
	ts->installing++;
	spin_unlock(&ts->lock);
	release_sock(sk);
}

/**
 * tlsbind_install_end() - kTLS has answered
 * @ts: the socket's state
 * @sk: the socket, not locked
 * @tx: the sending direction
 * @installed: it took the key
 *
 * The key is read back from kTLS, never from the user's buffer, which may have
 * changed since. Another task may have installed the next key meanwhile: then
 * both calls read that one, and as each counts a generation, the last state is
 * the right one.
 *
 * Where a commitment cannot be made (no memory), no evidence is given for this
 * socket any more.
 *
 * Context: process, in the task that installed the key; takes the socket lock
 * and sleeps.
 */
void tlsbind_install_end(struct tlsbind_sock *ts, struct sock *sk, bool tx,
			 bool installed)
{
	struct tlsbind_install_change change = {};
	struct tlsbind_caller caller;
	bool nameless, complete;

	tlsbind_caller_get(&caller);

	lock_sock(sk);
	if (installed)
		tlsbind_install_read(sk, tx, &change);
	spin_lock(&ts->lock);
	nameless = !(ts->tx.present && ts->rx.present);
	if (installed)
		tlsbind_install_apply(ts, tx, &change, &caller);
	complete = ts->tx.present && ts->rx.present && !change.error;
	tlsbind_install_check_stale(ts, sk, 1);
	spin_unlock(&ts->lock);
	if (nameless && complete)
		tlsbind_install_name(ts);

	spin_lock(&ts->lock);
	ts->installing--;
	spin_unlock(&ts->lock);
	release_sock(sk);
}
