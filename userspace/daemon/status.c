/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include "status.h"
#include "tlsbind.h"

/* Those that mean something else here than to a server that asks about its own socket. */
static const struct {
	int error;
	struct status status;
} status_errors[] = {
	{ ENOENT, { 404, "no such connection", 0 } },
	{ EACCES, { 403, "the rules do not let this connection be attested", 0 } },
	{ EDQUOT, { 429, "more challenges than the rate of the rule", 1 } },
	{ ENOTUNIQ, { 409, "several sockets were given these keys", 0 } },
	{ ECONNABORTED, { 410, "the connection is closed", 0 } },
	{ ESTALE, { 501, "keys are older than the module", 0 } },
	{ EKEYREJECTED, { 502, "a key was refused, or not committed to", 0 } },
	{ EBUSY, { 503, "a key is being installed, or the provider is busy", 1 } },
	{ EAGAIN, { 503, "too many questions wait", 1 } },
	{ ESHUTDOWN, { 503, "the kernel module is not there", 5 } },
	{ ECANCELED, { 503, "the daemon is being ended", 5 } },
	{ EOPNOTSUPP, { 503, "no provider of reports", 0 } },
	{ EPERM, { 503, "the daemon may not ask", 0 } },
	{ ENOMEM, { 503, "out of memory", 1 } },
	{ ETIMEDOUT, { 504, "no evidence in time", 0 } },
	{ EIO, { 502, "the provider failed", 0 } },
};

struct status status_of(int error)
{
	struct status other = { tlsbind_http_status(error), "no evidence", 0 };
	size_t i;

	for (i = 0; i < sizeof(status_errors) / sizeof(status_errors[0]); i++)
		if (status_errors[i].error == -error)
			return status_errors[i].status;
	if (other.code < 400)
		other.code = 500;
	return other;
}

char *status_json(const struct status *status)
{
	char *text;

	return asprintf(&text, "{\"error\":\"%s\"}", status->text) < 0 ? NULL : text;
}
