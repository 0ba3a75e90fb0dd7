// SPDX-License-Identifier: MIT
/*
 * A relying party whose own keys are in the kernel: it never has them, and describes the
 * connection by what the module says its peer must present.
 */
#define _GNU_SOURCE
#include "guest.h"
#include "ktls.h"
#include "tlsbind.h"

#define SUITE	0x1302
#define ROOT	"/opt/tlsbind/pki/ark.pem"

/* A TLS stack that made a full handshake would say this. */
static const struct tlsbind_handshake handshake = {
	.dhe = true,
	.full_handshake = true,
	.no_early_data = true,
	.group = "x25519",
};

static struct tlsbind_appraisal *wanted(void)
{
	struct tlsbind_appraisal *appraisal = tlsbind_appraisal_new();

	if (!appraisal || tlsbind_appraisal_add_root(appraisal, ROOT))
		tap_bail("no root");
	tlsbind_appraisal_any_measurement(appraisal);
	tlsbind_appraisal_any_tcb(appraisal);
	return appraisal;
}

/* Evidence of one end, verified by what the kernel says at @relying_party. */
static struct tlsbind_result *verify(int attester, int relying_party)
{
	struct tlsbind_appraisal *appraisal = wanted();
	struct tlsbind_connection connection;
	struct tlsbind_result *result = NULL;
	uint8_t nonce[TLSBIND_NONCE_SIZE];
	uint8_t *evidence;
	size_t len;
	int ret;

	ret = tlsbind_socket_connection(relying_party, &handshake, &connection);
	if (ret)
		tap_bail("connection: %s", strerror(-ret));
	if (tlsbind_nonce_new(nonce))
		tap_bail("no nonce");
	ret = tlsbind_socket_evidence(attester, nonce, NULL, &evidence, &len);
	if (ret)
		tap_bail("evidence: %s", strerror(-ret));
	if (tlsbind_verify(evidence, len, &connection, nonce, appraisal, &result))
		tap_bail("no result");
	free(evidence);
	tlsbind_appraisal_free(appraisal);
	return result;
}

static bool fails(const struct tlsbind_result *result, const char *name)
{
	const struct tlsbind_check *check = tlsbind_result_find(result, name);

	return check && check->verdict == TLSBIND_FAIL;
}

static void test_error(int fd, int want, const char *what)
{
	struct tlsbind_connection connection;

	tap_equal(tlsbind_socket_connection(fd, &handshake, &connection), -want, "%s", what);
}

int main(void)
{
	struct ktls_key key = ktls_key(SUITE, 9);
	struct tlsbind_result *result;
	int a[2], b[2], bare[2];

	tap_plan(7);
	guest_setup();
	if (ktls_pair(AF_INET, SUITE, 1, a) || ktls_pair(AF_INET6, SUITE, 3, b) ||
	    ktls_tcp_pair(AF_INET, bare))
		tap_bail("kTLS pair: %s", strerror(errno));

	result = verify(a[0], a[1]);
	if (!tap_ok(tlsbind_result_accepted(result), "evidence of the other end is accepted"))
		tlsbind_result_print(result, stderr);
	tlsbind_result_free(result);

	result = verify(b[0], a[1]);
	tap_ok(fails(result, "binding.tx") && fails(result, "binding.rx"),
	       "that of another connection is not about these keys");
	tlsbind_result_free(result);

	result = verify(a[1], a[1]);
	tap_ok(fails(result, "binding.tx") && fails(result, "binding.rx"),
	       "nor is that of one's own end: there is no reflection");
	tlsbind_result_free(result);

	test_error(bare[0], ENOPROTOOPT, "a socket without kTLS is none");
	if (ktls_attach(bare[0]))
		tap_bail("ULP: %s", strerror(errno));
	test_error(bare[0], ENOKEY, "nor is one without a key");
	if (ktls_install(bare[0], TLS_TX, &key))
		tap_bail("key: %s", strerror(errno));
	test_error(bare[0], ENODATA, "nor one with a key in one direction");
	close(bare[0]);
	close(bare[1]);
	ktls_close_pair(b);
	guest_need("unload_module");
	test_error(a[1], ENOPROTOOPT, "without the module nothing is known");
	ktls_close_pair(a);
	return tap_done();
}
