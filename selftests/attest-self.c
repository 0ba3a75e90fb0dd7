// SPDX-License-Identifier: MIT
/*
 * attest-self [evidence|flags]: does the module see keys now? Exit status 0 if a new
 * connection has the right id (with "evidence": also evidence that is right; with
 * "flags": they are printed), 1 if not. For shell tests; no test by itself.
 */
#define _GNU_SOURCE
#include "evidence.h"
#include "tap.h"

#define SUITE 0x1301

static int complain(const char *what)
{
	fprintf(stderr, "attest-self: %s: %s\n", what, strerror(errno));
	return 1;
}

int main(int argc, char **argv)
{
	struct ktls_key a = ktls_key(SUITE, 1), b = ktls_key(SUITE, 2);
	uint8_t tx[TLSBIND_COMMITMENT_SIZE], rx[TLSBIND_COMMITMENT_SIZE];
	uint8_t id[TLSBIND_CONNECTION_ID_SIZE];
	struct tlsbind_info info;
	socklen_t len = sizeof(info);
	int fd[2];

	evidence_commitment(TLSBIND_DIRECTION_TX, &a, tx);
	evidence_commitment(TLSBIND_DIRECTION_RX, &b, rx);
	evidence_connection_id(tx, rx, id);
	if (ktls_pair(AF_INET, SUITE, 1, fd))
		return complain("kTLS pair");
	if (getsockopt(fd[0], SOL_TLS, TLSBIND_INFO, &info, &len))
		return complain("TLSBIND_INFO");
	if (memcmp(info.connection_id, id, sizeof(id)))
		return complain("wrong connection id");
	if (argc < 2)
		return 0;
	if (!strcmp(argv[1], "flags"))
		return printf("%u\n", info.flags) < 0;
	if (strcmp(argv[1], "evidence"))
		return complain("unknown argument");
	if (evidence_ask(fd[0], 1))
		return complain("TLSBIND_CHALLENGE");
	return evidence_fetch(fd[0], 1) ? 0 : complain("TLSBIND_EVIDENCE");
}
