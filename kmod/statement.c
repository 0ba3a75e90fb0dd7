// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is said of a socket, and its hash. Hashing is most of it, and for the
 * report everybody waits; so each challenger makes his own statement when he asks, in
 * parallel with other challengers and with the report before.
 *
 * It is worth as much as if the worker made it just before the report, because the worker
 * has the claims made again then, by the same function, and compares all of them but
 * the time. There is no list of what claims depend on, which could lack something:
 *
 * A. What the rules, the keys or the socket forbid by then is not attested: an error at
 *    that moment is the answer.
 *
 * B. What is attested was true after its challenge, with the nonce in it, had come, and
 *    before the report was asked for: at @evidence_ns, and once more when the worker looked
 *    if nothing had changed; otherwise when the worker stated it anew, which is
 *    @evidence_ns then. A key that is not there any more is in neither.
 *
 * C. The leaf is the hash of the claims that go with it: it is made whenever they are
 *    written, and they are written by nobody but the one who made the request, before it
 *    is in any list, and then by the worker.
 */
#include "statement.h"

#include <linux/errno.h>
#include <linux/string.h>

#include "binding.h"
#include "claims.h"
#include "request.h"

/**
 * tlsbind_statement_make() - state what is true of a socket now
 * @request: not in any list, or the worker's; its leaf is filled and its claims, but
 *	for nonce and app_data, which are there
 *
 * Context: process, may sleep.
 * Return: 0; an errno of tlsbind_claims_make(); -EIO if the kernel's SHA-384
 * fails.
 */
int tlsbind_statement_make(struct tlsbind_request *request)
{
	int ret = tlsbind_claims_make(request->ts, &request->claims);

	if (ret)
		return ret;
	return tlsbind_binding_leaf(&request->claims, &request->leaf) ? -EIO : 0;
}

/**
 * tlsbind_statement_renew() - see to it that a statement is true now
 * @request: the worker's, with a statement
 *
 * Context: the worker; may sleep.
 * Return: as tlsbind_statement_make().
 */
int tlsbind_statement_renew(struct tlsbind_request *request)
{
	struct tlsbind_claims now = request->claims;
	int ret = tlsbind_claims_make(request->ts, &now);

	if (ret)
		return ret;
	now.evidence_ns = request->claims.evidence_ns;
	if (!memcmp(&now, &request->claims, sizeof(now)))
		return 0;
	return tlsbind_statement_make(request);
}
