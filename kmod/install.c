// SPDX-License-Identifier: GPL-2.0-only
/*
 * Noting the keys that kTLS is given, before and after it takes them.
 */
#include "install.h"

#include <linux/string.h>
#include <linux/timekeeping.h>
#include <net/sock.h>
#include <net/tcp.h>
#include <net/tls.h>

#include "abort.h"
#include "binding.h"
#include "commitment.h"
#include "event.h"
#include "flow.h"
#include "gate.h"
#include "hold.h"
#include "key.h"
#include "lease.h"
#include "net.h"
#include "netlink.h"
#include "origin.h"
#include "policy.h"
#include "share.h"
#include "sock.h"

/* What a key installation changes, computed before it is made visible. Secret. */
struct tlsbind_install_change {
	int error;
	struct tlsbind_key_material key;
	bool nic;
	bool shared;
};

static void tlsbind_install_read(struct sock *sk, bool tx,
				 struct tlsbind_install_change *change)
{
	const struct tls_context *ctx = tls_get_ctx(sk);

	sock_owned_by_me(sk);
	change->nic = (tx ? ctx->tx_conf : ctx->rx_conf) == TLS_HW;
	change->error = tlsbind_key_read(tx ? &ctx->crypto_send :
					      &ctx->crypto_recv, &change->key);
}

/* Whether another socket holds the key. */
static void tlsbind_install_share(struct tlsbind_sock *ts, struct sock *sk,
				  bool tx,
				  struct tlsbind_install_change *change)
{
	struct tlsbind_sock_key *key = tx ? &ts->tx : &ts->rx;

	sock_owned_by_me(sk);
	if (change->error) {
		tlsbind_share_release(key);
		return;
	}
	change->shared = tlsbind_share_hold(key, &change->key,
					    tx ? TLSBIND_DIRECTION_TX :
						 TLSBIND_DIRECTION_RX);
	if (change->shared)
		tlsbind_net_count(sock_net(sk), TLSBIND_STAT_SHARED);
}

/* Without the kernel, the program's connection must not go on. */
static bool tlsbind_install_strict(const struct tlsbind_verdict *verdict)
{
	return verdict->action == TLSBIND_ACTION_DENY ||
	       verdict->action == TLSBIND_ACTION_GATE;
}

/* Is the key one whose connection may be spoken for, or judged? */
static bool tlsbind_install_guards(const struct tlsbind_verdict *verdict)
{
	return verdict->action == TLSBIND_ACTION_ATTEST ||
	       verdict->action == TLSBIND_ACTION_GATE;
}

/* Must the key stay on this side of the network card? */
static bool tlsbind_install_on_chip(const struct tlsbind_verdict *verdict)
{
	return tlsbind_install_guards(verdict) &&
	       !(verdict->options & TLSBIND_OPTION_NIC);
}

static void tlsbind_install_count_key(struct tlsbind_sock *ts,
				      struct tlsbind_sock_key *key,
				      const struct tlsbind_verdict *verdict)
{
	if (!key->present) {
		key->present = true;
		return;
	}
	key->generation++;
	if (tlsbind_policy_grants(verdict) &&
	    verdict->rekey == TLSBIND_REKEY_STALE)
		ts->stale = true;
}

/* A connection that was seen to stay within this machine does so. */
static void tlsbind_install_note(struct tlsbind_sock *ts,
				 const struct tlsbind_install *install,
				 const struct tlsbind_verdict *verdict)
{
	lockdep_assert_held(&ts->lock);
	ts->local_only |= install->flow.local_only;
	ts->rule = verdict->rule;
	ts->action = verdict->action;
}

static void tlsbind_install_apply(struct tlsbind_sock *ts,
				  const struct tlsbind_install *install,
				  const struct tlsbind_install_change *change)
{
	const struct tlsbind_verdict *verdict = &install->origin->verdict;
	struct tlsbind_sock_key *key = install->tx ? &ts->tx : &ts->rx;

	ts->tls_version = change->key.tls_version;
	ts->cipher_suite = change->key.cipher_suite;
	if (change->nic)
		ts->flags |= TLSBIND_F_NIC;
	tlsbind_install_note(ts, install, verdict);
	if (change->error && change->error != -EPROTONOSUPPORT && !ts->error)
		ts->error = -EKEYREJECTED;

	tlsbind_commitment_owe(ts, key, change->key.key_len);
	tlsbind_install_count_key(ts, key, verdict);
	tlsbind_origin_put(key->origin);
	key->origin = tlsbind_origin_hold(install->origin);

	if (install->tx || !ts->tx.present)
		ts->installed_ns = ktime_get_boottime_ns();
}

/*
 * kTLS holds a key that was installed past us: before the module was loaded,
 * or by a task that was in kTLS when the hooks were armed. While somebody
 * else is installing, a key may be there before it is noted.
 */
static void tlsbind_install_check_unseen(struct tlsbind_sock *ts,
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

static int tlsbind_install_refuse(struct tlsbind_sock *ts, struct sock *sk,
				  const struct tlsbind_install *install,
				  const struct tlsbind_verdict *verdict,
				  int error)
{
	spin_lock(&ts->lock);
	tlsbind_install_note(ts, install, verdict);
	spin_unlock(&ts->lock);
	tlsbind_abort(ts, sk, &install->flow, install->tx, error);
	return error;
}

/* A key is refused, because where it comes from cannot be noted. */
static noinline int
tlsbind_install_unnoted(struct tlsbind_sock *ts, struct sock *sk,
			const struct tlsbind_install *install,
			const struct tlsbind_caller *caller, int error)
{
	struct tlsbind_verdict verdict;
	bool gated;

	tlsbind_policy_judge(sock_net(sk), &install->flow, caller, &verdict);
	spin_lock(&ts->lock);
	gated = ts->gated;
	spin_unlock(&ts->lock);
	return gated || tlsbind_install_strict(&verdict) ?
		       tlsbind_install_refuse(ts, sk, install, &verdict, error) :
		       error;
}

/* Nobody can judge a connection with a key that was not seen. */
static int tlsbind_install_judgeable(const struct tlsbind_sock *ts,
				     const struct tlsbind_verdict *verdict)
{
	lockdep_assert_held(&ts->lock);
	return verdict->action == TLSBIND_ACTION_GATE && ts->error == -ESTALE ?
		       -ESTALE : 0;
}

/* What is refused before kTLS sees the key. */
static int tlsbind_install_permit(const struct tlsbind_sock *ts, bool tx,
				  const struct tlsbind_verdict *verdict,
				  bool offloads)
{
	lockdep_assert_held(&ts->lock);
	if (verdict->action == TLSBIND_ACTION_DENY)
		return -EACCES;
	if (!tlsbind_install_guards(verdict))
		return 0;
	if (offloads)
		return -EACCES;
	if (verdict->rekey == TLSBIND_REKEY_ABORT &&
	    (tx ? ts->tx.present : ts->rx.present))
		return -EACCES;
	return tlsbind_install_judgeable(ts, verdict);
}

/* What shows only when kTLS has the key. */
static int tlsbind_install_judge(const struct tlsbind_verdict *verdict,
				 const struct tlsbind_install_change *change)
{
	if (!tlsbind_install_guards(verdict))
		return 0;
	if (change->key.tls_version != TLS_1_3_VERSION &&
	    !(verdict->options & TLSBIND_OPTION_TLS12))
		return -EPROTONOSUPPORT;
	/* Another socket with the same key would not be told from this one. */
	if (change->error && change->error != -EPROTONOSUPPORT)
		return -EKEYREJECTED;
	if (change->nic && !(verdict->options & TLSBIND_OPTION_NIC))
		return -EACCES;
	if (change->shared)
		return -EKEYREJECTED;
	return 0;
}

/* Note what is tried, and whether it may go on. The socket is locked. */
static int tlsbind_install_try(struct tlsbind_sock *ts, struct sock *sk,
			       const struct tlsbind_install *install)
{
	const struct tlsbind_verdict *verdict = &install->origin->verdict;
	struct tlsbind_sock_key *key = install->tx ? &ts->tx : &ts->rx;
	struct tlsbind_hold *hold;
	bool offloads;
	int ret;

	/*
	 * A verdict is about these keys; and else the key of one task might be
	 * noted as that of the other.
	 */
	if (tlsbind_gate_busy(ts) || key->installing)
		return -EBUSY;
	ret = tlsbind_gate_prepare(ts, sk, verdict, install->tx, &hold);
	if (ret)
		return ret;
	if (key->present)
		tlsbind_commitment_keep(ts);
	offloads = tlsbind_install_on_chip(verdict) &&
		   tlsbind_flow_offloads(sk, install->tx);
	spin_lock(&ts->lock);
	tlsbind_install_check_unseen(ts, sk, 0);
	ret = tlsbind_install_permit(ts, install->tx, verdict, offloads);
	if (!ret && (verdict->options & TLSBIND_OPTION_NO_EXPORT)) {
		/* Who reads now might read the new key. */
		if (ts->exporting)
			ret = -EBUSY;
		else
			ts->no_export = true;
	}
	if (!ret) {
		ts->installing++;
		key->installing = true;
		tlsbind_commitment_retire(ts, key);
	}
	spin_unlock(&ts->lock);
	if (ret)
		tlsbind_hold_put(hold);
	else
		tlsbind_gate_shut(ts, sk, verdict, hold);
	if (!ret)
		tlsbind_lease_pause(ts);
	return ret;
}

/**
 * tlsbind_install_begin() - kTLS is about to be given a key
 * @ts: the socket's state
 * @sk: the socket, not locked
 * @tx: the sending direction
 * @install: filled; to be given to tlsbind_install_end()
 *
 * Until the matching tlsbind_install_end() nothing is said about the
 * socket's keys. After an error there is none, and kTLS is not to see the key.
 *
 * Context: process, in the task that installs the key; takes the socket lock
 * and sleeps.
 * Return: 0; -EACCES if the rules refuse the key, -ENOMEM or -EUSERS if it
 * cannot be gated, or -ESTALE if another key was not seen that would be gated with it, the
 * connection is aborted then; -ENOMEM if it cannot be noted where the key comes from, it
 * is aborted then only where the rules would hold or abort it, or asked for a verdict on
 * its other key; -EBUSY while another task reads a key back that must not be, installs one
 * in the same direction, or waits for a verdict.
 */
int tlsbind_install_begin(struct tlsbind_sock *ts, struct sock *sk, bool tx,
			  struct tlsbind_install *install)
{
	struct tlsbind_caller caller;
	int ret = -ENOMEM;

	install->tx = tx;
	tlsbind_caller_get(&caller);
	lock_sock(sk);
	tlsbind_flow_get(sk, &install->flow);
	install->origin = tlsbind_origin_get(sock_net(sk), &install->flow,
					     &caller);
	if (install->origin)
		ret = tlsbind_install_try(ts, sk, install);
	release_sock(sk);
	if (!ret)
		return 0;
	if (!install->origin)
		return tlsbind_install_unnoted(ts, sk, install, &caller, ret);
	if (ret != -EBUSY)
		tlsbind_install_refuse(ts, sk, install,
				       &install->origin->verdict, ret);
	tlsbind_origin_put(install->origin);
	return ret;
}

/**
 * tlsbind_install_untracked() - a key is refused, because there is no state
 * @sk: the socket, not locked
 * @tx: the sending direction
 * @error: of tlsbind_sock_track()
 *
 * Where the rules would hold or abort the connection it is aborted, since its
 * program would go on without the kernel.
 *
 * Context: process, in the task that installs the key; takes the socket lock
 * and sleeps.
 * Return: @error.
 */
int tlsbind_install_untracked(struct sock *sk, bool tx, int error)
{
	struct tlsbind_verdict verdict;
	struct tlsbind_caller caller;
	struct tlsbind_flow flow;

	tlsbind_caller_get(&caller);
	lock_sock(sk);
	tlsbind_flow_get(sk, &flow);
	release_sock(sk);
	tlsbind_policy_judge(sock_net(sk), &flow, &caller, &verdict);
	if (!tlsbind_install_strict(&verdict))
		return error;
	tcp_abort(sk, -error);
	tlsbind_net_count(sock_net(sk), TLSBIND_STAT_DENIED);
	return error;
}

/* A program whose key kTLS does not take goes on without the kernel. */
static int tlsbind_install_failed(const struct tlsbind_install *install,
				  int answer)
{
	return install->origin->verdict.action == TLSBIND_ACTION_GATE ? answer : 0;
}

/**
 * tlsbind_install_end() - kTLS has answered
 * @ts: the socket's state
 * @sk: the socket, not locked
 * @install: as tlsbind_install_begin() left it; used up
 * @answer: what kTLS returned; 0: it took the key
 *
 * The key is read back from kTLS, never from the user's buffer, which may have
 * changed since. No other task installs one in the same direction meanwhile,
 * so it is the one that @install is about.
 *
 * Where a key cannot be compared with those of others (no memory), no evidence is
 * given for this socket any more.
 *
 * Context: process, in the task that installed the key; takes the socket lock
 * and sleeps.
 * Return: @answer; or, if the rules refuse the key now that it is known, and the
 * connection is aborted: -EPROTONOSUPPORT for TLS 1.2, -EACCES for a key that a
 * network card has, -EKEYREJECTED for one that another socket holds, or of which
 * that cannot be told, @answer for one that was to be gated and that kTLS did not
 * take, -ESTALE for one that was to be gated with another that was not seen, or
 * an errno of tlsbind_gate_ask().
 */
int tlsbind_install_end(struct tlsbind_sock *ts, struct sock *sk,
			const struct tlsbind_install *install, int answer)
{
	const struct tlsbind_verdict *verdict = &install->origin->verdict;
	struct tlsbind_sock_key *key = install->tx ? &ts->tx : &ts->rx;
	struct tlsbind_install_change change = {};
	bool first, rekey, nameless, complete, last;
	struct tlsbind_hold *hold = NULL;
	int error;

	lock_sock(sk);
	error = tlsbind_install_failed(install, answer);
	if (!answer) {
		tlsbind_install_read(sk, install->tx, &change);
		tlsbind_install_share(ts, sk, install->tx, &change);
		error = tlsbind_install_judge(verdict, &change);
	}
	spin_lock(&ts->lock);
	first = !ts->tx.present && !ts->rx.present;
	rekey = key->present;
	nameless = !(ts->tx.present && ts->rx.present);
	key->replacing = false;
	if (!answer)
		tlsbind_install_apply(ts, install, &change);
	/* Of a key that cannot be read, no byte was copied. */
	complete = ts->tx.present && ts->rx.present && change.key.key_len;
	tlsbind_install_check_unseen(ts, sk, 1);
	if (!error)
		error = tlsbind_install_judgeable(ts, verdict);
	spin_unlock(&ts->lock);
	memzero_explicit(&change.key, sizeof(change.key));
	if (first && !answer)
		tlsbind_net_count_sock(tlsbind_sock_net(ts), true);
	if (nameless && complete)
		tlsbind_connection_add(ts);

	spin_lock(&ts->lock);
	/* Before it can be spoken of; netlink finds aborted sockets, too. */
	if (error && !ts->error)
		ts->error = -EKEYREJECTED;
	last = !--ts->installing && ts->tx.present && ts->rx.present;
	key->installing = false;
	spin_unlock(&ts->lock);
	if (last && !error)
		error = tlsbind_gate_ask(ts, &hold);
	if (last && !error)
		tlsbind_lease_resume(ts);
	release_sock(sk);
	if (error)
		answer = tlsbind_install_refuse(ts, sk, install, verdict, error);
	else if (!answer)
		tlsbind_event_key(ts, install->tx ? TLSBIND_DIRECTION_TX :
						    TLSBIND_DIRECTION_RX, rekey);
	if (hold)
		tlsbind_netlink_tell_judge(hold);
	tlsbind_hold_put(hold);
	tlsbind_origin_put(install->origin);
	return answer;
}

/**
 * tlsbind_install_export_begin() - a key is about to be read back
 * @ts: the socket's state
 * @sk: the socket, not locked
 *
 * Until the matching tlsbind_install_export_end() no key is installed that
 * must not be read back. After an error there is none.
 *
 * Context: process; takes the socket lock and sleeps.
 * Return: 0; -EACCES if a rule forbade it when a key was installed; -EBUSY if 65,535
 * tasks do so already.
 */
int tlsbind_install_export_begin(struct tlsbind_sock *ts, struct sock *sk)
{
	int ret = 0;

	lock_sock(sk);
	spin_lock(&ts->lock);
	tlsbind_install_check_unseen(ts, sk, 0);
	if (ts->no_export)
		ret = -EACCES;
	else if (ts->exporting == U16_MAX)
		ret = -EBUSY;
	else
		ts->exporting++;
	spin_unlock(&ts->lock);
	release_sock(sk);
	return ret;
}

/**
 * tlsbind_install_export_end() - it was
 * @ts: the socket's state
 *
 * Context: process.
 */
void tlsbind_install_export_end(struct tlsbind_sock *ts)
{
	spin_lock(&ts->lock);
	ts->exporting--;
	spin_unlock(&ts->lock);
}
