/* SPDX-License-Identifier: MIT */
/*
 * libtlsbind-gnutls: a relying party whose TLS stack is GnuTLS, 3.7 or later.
 * Conventions are those of <tlsbind.h>.
 */
#ifndef TLSBIND_GNUTLS_H
#define TLSBIND_GNUTLS_H

#include <gnutls/gnutls.h>
#include <tlsbind.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * tlsbind_gnutls_attach() - collect what is needed from a GnuTLS connection
 * @session: a session whose handshake has not begun
 *
 * Takes the key log function of @session, and calls from its own the one that
 * was there (GnuTLS's, which obeys SSLKEYLOGFILE, if no other); and the handshake
 * hook function. GnuTLS does not tell whether there is one already, which would be
 * replaced. Both must stay untouched until @session is deinitialized. What is
 * collected hangs on @session as an extension that is never sent, and is wiped
 * with it.
 *
 * Return: 0; -EBUSY if @session is attached already; -EINVAL if it is NULL or its
 * handshake has begun; -ENOMEM.
 */
int tlsbind_gnutls_attach(gnutls_session_t session);

/**
 * tlsbind_gnutls_connection() - describe a connection at this moment
 * @session: session with tlsbind_gnutls_attach() before its handshake, which is
 *	complete by now
 * @out: the description; zeroed on failure
 *
 * The keys are those that GnuTLS encrypts and decrypts with at this moment;
 * their generations are found by deriving them from the first secrets.
 *
 * Return: 0; -EINVAL if @session is not attached; -ENOTCONN if the handshake is
 * not complete; -ENOTSUP for TLS below 1.3 or a suite that tlsbind does not know (@out
 * then tells version and suite and nothing else); -ENOKEY if the keys in use are not of the
 * connection's secrets, or more than 1024 KeyUpdates passed in one direction since
 * the last call; -EIO if something failed during the handshake, or libcrypto does.
 * -EAGAIN if the peer requested a KeyUpdate that is not sent yet: GnuTLS sends it
 * with the next write, under the next key.
 */
int tlsbind_gnutls_connection(gnutls_session_t session, struct tlsbind_connection *out);

/**
 * tlsbind_gnutls_lease() - tlsbind_lease_look(), for a connection of GnuTLS
 * @session: with tlsbind_gnutls_attach()
 * @lease: its lease
 * @now: what time it is
 *
 * A KeyUpdate that the peer requested has to be sent (gnutls_session_key_update() with
 * no flags, or whatever is written next), or the state remains TLSBIND_LEASE_STALE.
 *
 * Return: the state.
 */
enum tlsbind_lease_state tlsbind_gnutls_lease(gnutls_session_t session,
					      struct tlsbind_lease *lease, uint64_t now);

#ifdef __cplusplus
}
#endif
#endif /* TLSBIND_GNUTLS_H */
