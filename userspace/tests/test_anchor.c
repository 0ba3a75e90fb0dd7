/* SPDX-License-Identifier: MIT */
/* Pinned keys of the vendors' roots: what they make acceptable, and what replaces them. */
#include <endian.h>
#include <unistd.h>
#include <openssl/pem.h>
#include "anchor.h"
#include "appraisal.h"
#include "both.h"
#include "chain.h"
#include "cursor.h"
#include "internal.h"
#include "snp.h"

#define MILAN		"snp/roots/ask_ark_milan.pem"
#define MILAN_VLEK	"snp/roots/ask_ark_milan_vlek.pem"
#define GENOA		"snp/roots/ask_ark_genoa.pem"
#define GENOA_VLEK	"snp/roots/ask_ark_genoa_vlek.pem"
#define TURIN		"snp/roots/ask_ark_turin_vcek.pem"
#define TURIN_VLEK	"snp/roots/ask_ark_turin_vlek.pem"
#define INTEL		"tdx/roots/intel-sgx-root-ca.pem"

#define T2024		1720000000L
#define T2025		1760000000L
#define T2026		1795000000L
#define CERTIFICATES	"report.chain report.signature report.certificate"

/* Evidence without a named root; certificates come with it and from files. */
struct pinned {
	const char *provider, *report, *aux;
	const char *files[2];
	time_t when;
	const char *failures;
};

static const struct pinned pinned[] = {
	/* All that is needed comes with the evidence. */
	{ "sev_guest", "snp/milan-v2-virtee/report.bin",
	  "snp/milan-v2-virtee/auxblob-assembled.bin", { NULL }, T2024, "" },
	{ "sev_guest", "snp/genoa-v3-tsm-veraison/report.bin",
	  "snp/genoa-v3-tsm-veraison/auxblob.bin", { NULL }, T2025, "" },
	{ "tdx_guest", "tdx/v4-phala/quote.bin", NULL, { NULL }, T2025, "" },
	{ "tdx_guest", "tdx/v4-gnr-trustee/quote.bin", NULL, { NULL }, T2026, "" },
	/* Certificates from files do not have to be trusted. */
	{ "sev_guest", "snp/milan-v3-ms/report.bin", NULL, { "snp/milan-v3-ms/vcek.pem", MILAN },
	  T2026, "" },
	{ "sev_guest", "snp/genoa-v5-lunal/report.bin", NULL,
	  { "snp/genoa-v5-lunal/vcek.der", GENOA }, T2026, "" },
	{ "sev_guest", "snp/turin-v5-ms/report.bin", NULL,
	  { "snp/turin-v5-ms/vcek.pem", TURIN }, T2026, "" },
	{ "sev_guest", "snp/milan-v3-vlek-trustee/report.bin",
	  "snp/milan-v3-vlek-trustee/auxblob-assembled.bin", { MILAN_VLEK }, 1740000000L,
	  "report.vmpl" },
	/* The same certificates twice. */
	{ "sev_guest", "snp/milan-v2-virtee/report.bin",
	  "snp/milan-v2-virtee/auxblob-assembled.bin", { "snp/milan-v2-virtee/vcek.der", MILAN },
	  T2024, "" },
	/* Only the root is missing, or is another product's, or everything is. */
	{ "sev_guest", "snp/milan-v3-ms/report.bin", NULL, { "snp/milan-v3-ms/vcek.pem" }, T2026,
	  "report.chain" },
	{ "sev_guest", "snp/milan-v3-ms/report.bin", NULL, { "snp/milan-v3-ms/vcek.pem", GENOA },
	  T2026, "report.chain" },
	{ "sev_guest", "snp/milan-v3-ms/report.bin", NULL, { "snp/milan-v3-ms/vcek.pem", INTEL },
	  T2026, "report.chain" },
	{ "sev_guest", "snp/milan-v3-ms/report.bin", NULL,
	  { "snp/milan-v3-ms/vcek.pem", MILAN_VLEK }, T2026, "report.chain" },
	{ "sev_guest", "snp/milan-v3-ms/report.bin", NULL, { NULL }, T2026, CERTIFICATES },
	/* Out of time. */
	{ "sev_guest", "snp/milan-v2-virtee/report.bin",
	  "snp/milan-v2-virtee/auxblob-assembled.bin", { NULL }, 1000000000, "report.chain" },
	{ "tdx_guest", "tdx/v4-phala/quote.bin", NULL, { NULL }, 1000000000, "report.chain" },
	/* Same names, other keys. */
	{ "tdx_guest", "tdx/bad-preproduction-root/quote.bin", NULL, { INTEL }, T2024,
	  "report.chain" },
	{ "tdx_guest", "tdx/intel-qvl-sample/quote.dat", NULL,
	  { "tdx/intel-qvl-sample/trustedRootCaCert.pem" }, T2025, CERTIFICATES },
};

static struct tlsbind_result *run(const struct pinned *p, struct tlsbind_appraisal *appraisal)
{
	struct test_bytes report = test_file(test_real(p->report)), aux = { NULL, 0 };
	struct tlsbind_report_info info;
	struct tlsbind_result *result;

	if (p->aux)
		aux = test_file(test_real(p->aux));
	for (size_t i = 0; i < 2; i++)
		if (p->files[i])
			assert_int_equal(tlsbind_appraisal_add_certificate(
					 appraisal, test_real(p->files[i])), 0);
	tlsbind_appraisal_any_measurement(appraisal);
	tlsbind_appraisal_any_tcb(appraisal);
	tlsbind_appraisal_set_time(appraisal, p->when);
	assert_int_equal(tlsbind_report_verify(p->provider, report.data, report.len, aux.data,
					       aux.len, NULL, appraisal, &info, &result), 0);
	tlsbind_result_free(result);
	assert_int_equal(tlsbind_report_verify(p->provider, report.data, report.len, aux.data,
					       aux.len, info.report_data, appraisal, NULL,
					       &result), 0);
	free(report.data);
	free(aux.data);
	return result;
}

static void test_real_evidence(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(pinned) / sizeof(pinned[0]); i++) {
		struct tlsbind_appraisal *appraisal = tlsbind_appraisal_new();
		struct tlsbind_result *result = run(&pinned[i], appraisal);

		if (strcmp(test_failures(result), pinned[i].failures)) {
			tlsbind_result_print(result, stderr);
			fail_msg("number %zu, %s: fails \"%s\" instead of \"%s\"", i,
				 pinned[i].report, test_failures(result), pinned[i].failures);
		}
		tlsbind_result_free(result);
		tlsbind_appraisal_free(appraisal);
	}
}

/* Genuine, and still nobody said that its keys are not revoked: the list has expired. */
static void test_real_without_list(void **state)
{
	struct tlsbind_appraisal *appraisal = tlsbind_appraisal_new();
	struct test_bytes report = test_file(test_real("snp/genoa-v3-tsm-veraison/report.bin"));
	struct test_bytes aux = test_file(test_real("snp/genoa-v3-tsm-veraison/auxblob.bin"));
	struct tlsbind_report_info info;
	struct tlsbind_result *result;

	(void)state;
	tlsbind_appraisal_any_measurement(appraisal);
	tlsbind_appraisal_set_time(appraisal, T2025);
	for (int list = 0; list < 2; list++) {
		if (list)
			assert_int_equal(tlsbind_appraisal_add_crl(
					 appraisal,
					 test_real("snp/crl/genoa-2022-10-31.crl.der")), 0);
		assert_int_equal(tlsbind_report_verify("sev_guest", report.data, report.len,
						       aux.data, aux.len, NULL, appraisal, &info,
						       &result), 0);
		assert_string_equal(test_failures(result), "report.data tcb.revocation");
		assert_string_equal(tlsbind_result_find(result, "tcb.revocation")->got,
				    list ? "no current revocation list from ARK-Genoa" :
					   "no revocation list from ARK-Genoa");
		tlsbind_result_free(result);
	}
	free(report.data);
	free(aux.data);
	tlsbind_appraisal_free(appraisal);
}

/* A root that was named, or should have been, leaves nothing of the pinned ones. */
static void test_named_replaces(void **state)
{
	(void)state;
	test_real("");
	for (int i = 0; i < 6; i++) {
		struct tlsbind_appraisal *appraisal = tlsbind_appraisal_new();
		const struct pinned *p = &pinned[i < 3 ? 0 : 2];
		struct tlsbind_result *result;

		if (i % 3 == 0)
			assert_int_equal(tlsbind_appraisal_add_root(appraisal,
								    pki[0]->root_file), 0);
		else if (i % 3 == 1)
			assert_int_equal(tlsbind_appraisal_add_root(appraisal, "/nonexistent"),
					 -ENOENT);
		else	/* No root in there. */
			assert_int_equal(tlsbind_appraisal_add_root(
					 appraisal, test_real("snp/milan-v3-ms/vcek.pem")),
					 -EBADMSG);
		result = run(p, appraisal);
		assert_string_equal(test_failures(result), "report.chain");
		assert_int_equal(tlsbind_result_class(result), TLSBIND_CLASS_SIGNATURE);
		tlsbind_result_free(result);
		tlsbind_appraisal_free(appraisal);
	}
}

/* The test PKI, offered as if its root were a vendor's. */
static void test_own_root_is_not_pinned(void **state)
{
	(void)state;
	for (int tdx = 0; tdx < 2; tdx++) {
		struct tlsbind_result *result;
		struct synth_case c;

		synth_default(&c, pki[tdx], tdx);
		c.appraisal->roots_named = false;
		assert_int_equal(tlsbind_appraisal_add_certificate(c.appraisal,
								   pki[tdx]->root_file), 0);
		result = synth_verify(&c);
		assert_string_equal(test_failures(result), "report.chain");
		tlsbind_result_free(result);
		synth_clear(&c);
	}
}

/* A table of VCEK, ASK and ARK; the bytes belong to the caller. */
static struct test_bytes table_of(X509 *leaf, X509 *ca, const uint8_t *ark, size_t ark_len)
{
	static const uint8_t guids[3][16] = {
		{ 0x63, 0xda, 0x75, 0x8d, 0xe6, 0x64, 0x45, 0x64,
		  0xad, 0xc5, 0xf4, 0xb9, 0x3b, 0xe8, 0xac, 0xcd },
		{ 0x4a, 0xb7, 0xb3, 0x79, 0xbb, 0xac, 0x4f, 0xe4,
		  0xa0, 0x2f, 0x05, 0xae, 0xf3, 0x27, 0xc7, 0x82 },
		{ 0xc0, 0xb4, 0x06, 0xa4, 0xa8, 0x03, 0x49, 0x52,
		  0x97, 0x43, 0x3f, 0xb6, 0x01, 0x4c, 0xd0, 0xae },
	};
	uint32_t sizes[3] = { (uint32_t)i2d_X509(leaf, NULL), (uint32_t)i2d_X509(ca, NULL),
			      (uint32_t)ark_len };
	uint32_t offset = 4 * 24;
	struct test_bytes table = { calloc(1, offset + sizes[0] + sizes[1] + sizes[2]), offset };
	uint8_t *at = table.data + offset;

	for (size_t i = 0; i < 3; i++) {
		uint32_t numbers[2] = { htole32(offset), htole32(sizes[i]) };

		memcpy(table.data + 24 * i, guids[i], 16);
		memcpy(table.data + 24 * i + 16, numbers, 8);
		offset += sizes[i];
	}
	i2d_X509(leaf, &at);
	i2d_X509(ca, &at);
	memcpy(at, ark, ark_len);
	table.len = offset;
	return table;
}

/* What the host says is the root: the trusted one, somebody's, the intermediate, nothing. */
static void test_root_of_table(void **state)
{
	X509 *const roots[] = { pki[0]->root, pki[1]->root, pki[0]->ca, NULL };
	static const char *const failures[] = {
		"", "report.chain", "", "evidence.format",
	};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct tlsbind_evidence evidence;
		struct tlsbind_result *result;
		struct test_bytes bytes, table;
		struct tlsbind_span data;
		struct synth_case c;
		uint8_t *ark = NULL;
		int len = roots[i] ? i2d_X509(roots[i], &ark) : 0;

		synth_default(&c, pki[0], false);
		bytes = synth_encode(&c);
		assert_int_equal(tlsbind_evidence_parse(bytes.data, bytes.len, &evidence), 0);
		data = tlsbind_span_slice(evidence.report, 0x50, TLSBIND_REPORT_DATA_SIZE);
		table = table_of(pki[0]->leaf, pki[0]->ca, ark ? ark : data.data,
				 ark ? (size_t)len : data.len);
		assert_int_equal(tlsbind_report_verify("sev_guest", evidence.report.data,
						       evidence.report.len, table.data, table.len,
						       data.data, c.appraisal, NULL, &result), 0);
		assert_string_equal(test_failures(result), failures[i]);
		tlsbind_result_free(result);
		free(table.data);
		free(bytes.data);
		OPENSSL_free(ark);
		synth_clear(&c);
	}
}

static STACK_OF(X509) *certificates(const char *name)
{
	struct test_bytes bytes = test_file(test_real(name));
	struct tlsbind_span span = { bytes.data, bytes.len };
	STACK_OF(X509) *certs;

	assert_int_equal(tlsbind_chain_parse(span, true, &certs), 0);
	free(bytes.data);
	return certs;
}

static X509 *last(STACK_OF(X509) *certs)
{
	return sk_X509_value(certs, sk_X509_num(certs) - 1);
}

/* Each root is found, whichever file it is from, and nothing else is. */
static void test_find(void **state)
{
	static const struct {
		const char *file, *name, *product;
	} roots[] = {
		{ MILAN, "ARK-Milan", "Milan" }, { MILAN_VLEK, "ARK-Milan", "Milan" },
		{ GENOA, "ARK-Genoa", "Genoa" }, { GENOA_VLEK, "ARK-Genoa", "Genoa" },
		{ TURIN, "ARK-Turin", "Turin" }, { TURIN_VLEK, "ARK-Turin", "Turin" },
		{ INTEL, "Intel SGX Root CA", NULL },
	};

	(void)state;
	test_real("");
	assert_null(tlsbind_anchor_find(pki[0]->root));
	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
		STACK_OF(X509) *certs = certificates(roots[i].file);
		const struct tlsbind_anchor *anchor = tlsbind_anchor_find(last(certs));

		assert_non_null(anchor);
		assert_string_equal(anchor->name, roots[i].name);
		assert_int_equal(anchor->vendor, roots[i].product ? TLSBIND_VENDOR_AMD :
								     TLSBIND_VENDOR_INTEL);
		if (roots[i].product)
			assert_string_equal(anchor->product, roots[i].product);
		else
			assert_null(anchor->product);
		if (sk_X509_num(certs) > 1)
			assert_null(tlsbind_anchor_find(sk_X509_value(certs, 0)));
		sk_X509_pop_free(certs, X509_free);
	}
}

/* A certificate with a pinned key in it that this key did not sign. */
static void test_stolen_key(void **state)
{
	STACK_OF(X509) *milan, *chain;
	X509 *fake, *leaf;
	struct tlsbind_appraisal *appraisal;
	char why[160];

	(void)state;
	test_real("");
	milan = certificates(MILAN);
	appraisal = tlsbind_appraisal_new();
	fake = X509_dup(last(milan));
	assert_true(X509_sign(fake, pki[0]->root_key, EVP_sha384()));
	assert_non_null(tlsbind_anchor_find(fake));
	leaf = sk_X509_value(milan, 0);
	sk_X509_push(appraisal->untrusted, fake);
	assert_int_equal(tlsbind_chain_verify(leaf, NULL, appraisal, TLSBIND_VENDOR_AMD, 2, &chain,
					      why, sizeof(why)), -EKEYREJECTED);
	assert_string_equal(why, "no certificate of a pinned root is at hand");
	assert_null(chain);
	sk_X509_pop_free(milan, X509_free);
	tlsbind_appraisal_free(appraisal);
}

/* AMD's keys are for AMD's reports, Intel's for Intel's. */
static void test_vendors(void **state)
{
	static const struct {
		const char *leaf, *above;
		time_t when;
		enum tlsbind_vendor vendor;
	} cases[] = {
		{ "snp/milan-v3-ms/vcek.pem", MILAN, T2026, TLSBIND_VENDOR_AMD },
		{ "snp/milan-v3-ms/vcek.pem", MILAN, T2026, TLSBIND_VENDOR_INTEL },
	};

	(void)state;
	test_real("");
	for (size_t i = 0; i < 2; i++) {
		STACK_OF(X509) *leaf = certificates(cases[i].leaf), *chain;
		STACK_OF(X509) *above = certificates(cases[i].above);
		struct tlsbind_appraisal *appraisal = tlsbind_appraisal_new();
		bool good = cases[i].vendor == TLSBIND_VENDOR_AMD;
		char why[160];

		tlsbind_appraisal_set_time(appraisal, cases[i].when);
		assert_int_equal(tlsbind_chain_verify(sk_X509_value(leaf, 0), above, appraisal,
						      cases[i].vendor, 3, &chain, why,
						      sizeof(why)), good ? 0 : -EKEYREJECTED);
		if (good) {
			assert_string_equal(why, "chain ends in the pinned key of ARK-Milan");
			assert_int_equal(sk_X509_num(chain), 3);
			assert_ptr_equal(sk_X509_value(chain, 0), sk_X509_value(leaf, 0));
			sk_X509_pop_free(chain, X509_free);
			/* Too long, too short. */
			assert_int_equal(tlsbind_chain_verify(sk_X509_value(leaf, 0), above,
							      appraisal, cases[i].vendor, 2, NULL,
							      why, sizeof(why)), -EKEYREJECTED);
			assert_int_equal(tlsbind_chain_verify(sk_X509_value(leaf, 0), above,
							      appraisal, cases[i].vendor, 4, NULL,
							      why, sizeof(why)), -EKEYREJECTED);
		} else {
			assert_null(chain);
		}
		sk_X509_pop_free(leaf, X509_free);
		sk_X509_pop_free(above, X509_free);
		tlsbind_appraisal_free(appraisal);
	}
}

/* A chip of one product below the root of another, as AMD would never sign it. */
static void test_product_of_root(void **state)
{
	static const struct {
		const char *leaf, *root;
		int ret;
	} cases[] = {
		{ "snp/milan-v3-ms/vcek.pem", MILAN, 0 },
		{ "snp/milan-v3-ms/vcek.pem", GENOA, -EKEYREJECTED },
		{ "snp/genoa-v3-ms/vcek.pem", GENOA_VLEK, 0 },
		{ "snp/genoa-v3-ms/vcek.pem", TURIN, -EKEYREJECTED },
		{ "snp/turin-v5-ms/vcek.pem", TURIN_VLEK, 0 },
		{ "snp/turin-v5-ms/vcek.pem", INTEL, -EKEYREJECTED },
	};

	(void)state;
	test_real("");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		STACK_OF(X509) *leaf = certificates(cases[i].leaf);
		STACK_OF(X509) *above = certificates(cases[i].root);
		char why[160] = "";

		sk_X509_push(leaf, last(above));
		X509_up_ref(last(above));
		assert_int_equal(tlsbind_snp_chain(leaf, why, sizeof(why)), cases[i].ret);
		assert_int_equal(!why[0], !cases[i].ret);
		sk_X509_pop_free(leaf, X509_free);
		sk_X509_pop_free(above, X509_free);
	}
}

/* What people are told to compare with is what the library compares with. */
static void test_documentation(void **state)
{
	struct test_bytes page = test_file("../Documentation/trust-anchors.rst");
	const struct tlsbind_anchor *anchor;
	char digest[2 * TLSBIND_ANCHOR_SIZE + 1], *text = strndup((char *)page.data, page.len);
	size_t i;

	(void)state;
	for (i = 0; (anchor = tlsbind_anchor_get(i)); i++) {
		char name[64];
		const char *at;

		tlsbind_hex(anchor->spki, sizeof(anchor->spki), digest, sizeof(digest));
		snprintf(name, sizeof(name), "\n%s, ", anchor->name);
		at = strstr(text, name);
		assert_non_null(at);
		at = strstr(at, "::\n\n    ");
		assert_non_null(at);
		assert_int_equal(strncmp(at + 8, digest, strlen(digest)), 0);
	}
	assert_int_equal(i, 4);
	free(text);
	free(page.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_real_evidence), cmocka_unit_test(test_real_without_list),
		cmocka_unit_test(test_named_replaces),
		cmocka_unit_test(test_root_of_table),
		cmocka_unit_test(test_own_root_is_not_pinned), cmocka_unit_test(test_find),
		cmocka_unit_test(test_stolen_key), cmocka_unit_test(test_vendors),
		cmocka_unit_test(test_product_of_root), cmocka_unit_test(test_documentation),
	};

	return cmocka_run_group_tests_name("anchor", tests, setup, teardown);
}
