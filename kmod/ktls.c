// SPDX-License-Identifier: GPL-2.0-only
/*
 * What runs in place of tls_setsockopt(), tls_getsockopt() and
 * tls_sk_proto_close(). All three run in process context, in the task that
 * made the system call, with the socket not locked, and may sleep.
 */
#include "ktls.h"

#include <linux/err.h>
#include <linux/printk.h>
#include <net/tls.h>

#include "gate.h"
#include "hook.h"
#include "install.h"
#include "original.h"
#include "probe.h"
#include "sock.h"
#include "sockopt.h"

static struct tlsbind_hook tlsbind_ktls_setsockopt_hook;
static struct tlsbind_hook tlsbind_ktls_getsockopt_hook;
static struct tlsbind_hook tlsbind_ktls_close_hook;

/* Open as long as we have sockets: it pins tls.ko. */
static struct tlsbind_probe tlsbind_ktls_probe;

static int tlsbind_ktls_pass_key(struct tlsbind_sock *ts, struct sock *sk,
				 bool tx, sockptr_t optval, unsigned int optlen)
{
	struct tlsbind_install install;
	int ret;

	ret = tlsbind_install_begin(ts, sk, tx, &install);
	if (!ret) {
		ret = tlsbind_original_setsockopt(sk, SOL_TLS,
						  tx ? TLS_TX : TLS_RX, optval,
						  optlen);
		ret = tlsbind_install_end(ts, sk, &install, ret);
	}
	return ret;
}

/*
 * The state exists and is known before the original is called, so that a key
 * refused for lack of memory was never in use, and so that two tasks which
 * install the two first keys at once know of each other.
 */
static int tlsbind_ktls_install(struct sock *sk, int optname, sockptr_t optval,
				unsigned int optlen)
{
	struct tlsbind_sock *ts = tlsbind_sock_track(sk);
	bool tx = optname == TLS_TX;
	int ret = 0;

	if (IS_ERR(ts))
		return tlsbind_install_untracked(sk, tx, PTR_ERR(ts));
	if (!tlsbind_gate_resumes(ts, tx))
		ret = tlsbind_ktls_pass_key(ts, sk, tx, optval, optlen);
	if (!ret)
		ret = tlsbind_gate_wait(ts, sk, tx);
	tlsbind_sock_put(ts);
	return ret;
}

/* Reading a key back hands out the live key. */
static int tlsbind_ktls_export(struct sock *sk, int optname,
			       char __user *optval, int __user *optlen)
{
	struct tlsbind_sock *ts = tlsbind_sock_track(sk);
	int ret;

	if (IS_ERR(ts))
		return PTR_ERR(ts);
	ret = tlsbind_install_export_begin(ts, sk);
	if (!ret) {
		ret = tlsbind_original_getsockopt(sk, SOL_TLS, optname, optval,
						  optlen);
		tlsbind_install_export_end(ts);
	}
	tlsbind_sock_put(ts);
	return ret;
}

static int tlsbind_ktls_setsockopt(struct sock *sk, int level, int optname,
				   sockptr_t optval, unsigned int optlen)
{
	int ret;

	tlsbind_hook_enter(&tlsbind_ktls_setsockopt_hook);
	if (level == SOL_TLS && (optname == TLS_TX || optname == TLS_RX))
		ret = tlsbind_ktls_install(sk, optname, optval, optlen);
	else if (level == SOL_TLS && tlsbind_sockopt_settable(optname))
		ret = tlsbind_sockopt_set(sk, optname, optval, optlen);
	else
		ret = tlsbind_original_setsockopt(sk, level, optname, optval,
						  optlen);
	tlsbind_hook_leave();
	return ret;
}

static int tlsbind_ktls_getsockopt(struct sock *sk, int level, int optname,
				   char __user *optval, int __user *optlen)
{
	int ret;

	tlsbind_hook_enter(&tlsbind_ktls_getsockopt_hook);
	if (level == SOL_TLS && (optname == TLS_TX || optname == TLS_RX))
		ret = tlsbind_ktls_export(sk, optname, optval, optlen);
	else if (level == SOL_TLS && tlsbind_sockopt_gettable(optname))
		ret = tlsbind_sockopt_get(sk, optname, optval, optlen);
	else
		ret = tlsbind_original_getsockopt(sk, level, optname, optval,
						  optlen);
	tlsbind_hook_leave();
	return ret;
}

static void tlsbind_ktls_close(struct sock *sk, long timeout)
{
	tlsbind_hook_enter(&tlsbind_ktls_close_hook);
	tlsbind_sock_unpublish(sk);
	tlsbind_original_close(sk, timeout);
	tlsbind_hook_leave();
}

/* The addresses, from a socket's struct proto. */
static void tlsbind_ktls_aim(const struct proto *prot)
{
	tlsbind_original.setsockopt = prot->setsockopt;
	tlsbind_original.getsockopt = prot->getsockopt;
	tlsbind_original.close = prot->close;

	tlsbind_ktls_setsockopt_hook.target = (unsigned long)prot->setsockopt;
	tlsbind_ktls_getsockopt_hook.target = (unsigned long)prot->getsockopt;
	tlsbind_ktls_close_hook.target = (unsigned long)prot->close;

	tlsbind_ktls_setsockopt_hook.wrapper =
		(unsigned long)tlsbind_ktls_setsockopt;
	tlsbind_ktls_getsockopt_hook.wrapper =
		(unsigned long)tlsbind_ktls_getsockopt;
	tlsbind_ktls_close_hook.wrapper = (unsigned long)tlsbind_ktls_close;
}

static int tlsbind_ktls_arm(void)
{
	int ret;

	if (!tlsbind_original_sane()) {
		pr_err("built wrongly: original.o is not between its labels\n");
		return -ENOEXEC;
	}
	/*
	 * First close: no socket is noted whose end would not be seen. Last
	 * getsockopt, which is disarmed first: nobody is told of a key after a
	 * rekey went unseen.
	 */
	ret = tlsbind_hook_arm(&tlsbind_ktls_close_hook);
	if (!ret)
		ret = tlsbind_hook_arm(&tlsbind_ktls_setsockopt_hook);
	if (!ret)
		ret = tlsbind_hook_arm(&tlsbind_ktls_getsockopt_hook);
	if (ret)
		pr_err("cannot redirect kernel TLS by ftrace (%d): needs CONFIG_DYNAMIC_FTRACE, sysctl kernel.ftrace_enabled=1 and no live patch of the same functions\n",
		       ret);
	return ret;
}

/* Each hook must be seen to fire, or nothing that we say is true. */
static int tlsbind_ktls_selftest(void)
{
	struct tlsbind_probe second = {};
	int set, get, ret;

	set = tlsbind_probe_setsockopt(&tlsbind_ktls_probe);
	get = tlsbind_probe_getsockopt(&tlsbind_ktls_probe);
	ret = tlsbind_probe_open(&second);
	if (ret)
		return ret;
	tlsbind_probe_close(&second);

	if (set < 0 && get < 0 &&
	    tlsbind_ktls_setsockopt_hook.seen &&
	    tlsbind_ktls_getsockopt_hook.seen && tlsbind_ktls_close_hook.seen)
		return 0;
	pr_err("self-test failed: kernel TLS answered %d and %d, hooks seen: setsockopt %d, getsockopt %d, close %d\n",
	       set, get, tlsbind_ktls_setsockopt_hook.seen,
	       tlsbind_ktls_getsockopt_hook.seen, tlsbind_ktls_close_hook.seen);
	return -EIO;
}

/**
 * tlsbind_ktls_init() - get between applications and kernel TLS
 *
 * Says in the log what is missing. After an error the caller goes on as at
 * unload: applications may have passed through hooks that were armed already.
 *
 * Context: process, may sleep.
 * Return: 0; an error of tlsbind_probe_open() or tlsbind_hook_arm(); -EIO if
 * the self-test did not see a hook; -ENOEXEC for a wrong build.
 */
int tlsbind_ktls_init(void)
{
	int ret;

	ret = tlsbind_probe_open(&tlsbind_ktls_probe);
	if (ret)
		return ret;
	tlsbind_ktls_aim(READ_ONCE(tlsbind_ktls_probe.client->sk->sk_prot));
	ret = tlsbind_ktls_arm();
	return ret ?: tlsbind_ktls_selftest();
}

/**
 * tlsbind_ktls_exit() - get out of the way and wait until nobody is in it
 *
 * Whoever sleeps in one of our calls must have been told to leave.
 *
 * Context: process, may sleep.
 */
void tlsbind_ktls_exit(void)
{
	tlsbind_hook_disarm();
	tlsbind_hook_drain();
}

/**
 * tlsbind_ktls_release() - let tls.ko be unloaded
 *
 * A socket whose keys a network card had is freed by a function in there, long after
 * it was closed if a state of ours still holds it. So there must be none any more.
 *
 * Context: process, may sleep.
 */
void tlsbind_ktls_release(void)
{
	tlsbind_probe_close(&tlsbind_ktls_probe);
}
