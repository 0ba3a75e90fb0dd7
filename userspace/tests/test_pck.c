/* SPDX-License-Identifier: MIT */
/* Extension of PCK certificates: published ones, and each part of a made one missing or wrong. */
#include "intel.h"
#include "../lib/chain.h"
#include "../lib/pck.h"
#include "../lib/tdx.h"

static int parse(const struct intel_change *changes, struct tlsbind_pck *out)
{
	X509 *cert = X509_new();
	int ret;

	intel_pck_extension(cert, changes);
	ret = tlsbind_pck_parse(cert, out);
	X509_free(cert);
	return ret;
}

static void equal(const uint8_t *got, size_t len, const char *hex)
{
	struct test_bytes want = test_hex(hex);

	assert_int_equal(want.len, len);
	assert_memory_equal(got, want.data, len);
	free(want.data);
}

static void test_good(void **state)
{
	struct tlsbind_pck pck;

	(void)state;
	assert_int_equal(parse(NULL, &pck), 0);
	equal(pck.ppid, sizeof(pck.ppid), INTEL_PPID);
	equal(pck.fmspc, sizeof(pck.fmspc), INTEL_FMSPC);
	equal(pck.pceid, sizeof(pck.pceid), INTEL_PCEID);
	equal(pck.instance, sizeof(pck.instance), INTEL_INSTANCE);
	assert_true(pck.has_instance);
	assert_int_equal(pck.sgx_type, 1);
	assert_int_equal(pck.pcesvn, INTEL_PCESVN);
	for (int i = 0; i < 16; i++)
		assert_int_equal(pck.components[i], INTEL_SVN(i));
	equal(pck.cpusvn, sizeof(pck.cpusvn), "03030202000000000000000000000000");
}

static void test_largest(void **state)
{
	static const struct intel_change changes[] = {
		{ "svn16.value", "INTEGER:255" }, { "svn17.value", "INTEGER:65535" },
		{ "pck.instance", NULL }, { "pck.config", NULL }, { NULL, NULL },
	};
	struct tlsbind_pck pck;

	(void)state;
	assert_int_equal(parse(changes, &pck), 0);
	assert_int_equal(pck.components[15], 255);
	assert_int_equal(pck.pcesvn, 65535);
	assert_false(pck.has_instance);
}

static void test_bad(void **state)
{
	static const struct intel_change bad[] = {
		/* Missing. */
		{ "ext.1.2.840.113741.1.13.1", NULL }, { "pck.ppid", NULL }, { "pck.tcb", NULL },
		{ "pck.pceid", NULL }, { "pck.fmspc", NULL }, { "pck.type", NULL },
		{ "list.svn1", NULL }, { "list.svn9", NULL }, { "list.svn16", NULL },
		{ "list.svn17", NULL }, { "list.svn18", NULL },
		/* Double. */
		{ "pck.extra", "SEQUENCE:ppid" }, { "pck.extra", "SEQUENCE:tcb" },
		{ "pck.config", "SEQUENCE:fmspc" }, { "list.extra", "SEQUENCE:svn3" },
		{ "list.svn2", "SEQUENCE:svn1" }, { "list.svn18", "SEQUENCE:svn17" },
		/* Of another type. */
		{ "ext.1.2.840.113741.1.13.1", "ASN1:INTEGER:1" },
		{ "ext.1.2.840.113741.1.13.1", "DER:3000" }, { "ext.1.2.840.113741.1.13.1", "DER:00" },
		{ "pck.ppid", "INTEGER:1" }, { "pck.tcb", "NULL" },
		{ "ppid.value", "FORMAT:HEX,BITSTRING:" INTEL_PPID }, { "tcb.value", "INTEGER:1" },
		{ "fmspc.value", "UTF8String:abcdef" }, { "pceid.value", "INTEGER:0" },
		{ "type.value", "INTEGER:1" }, { "svn1.value", "ENUM:1" },
		{ "svn17.value", "FORMAT:HEX,OCTETSTRING:0d" }, { "svn18.value", "INTEGER:1" },
		{ "list.svn5", "INTEGER:5" }, { "instance.value", "NULL" },
		/* Of another size. */
		{ "ppid.value", "FORMAT:HEX,OCTETSTRING:" INTEL_PPID "50" },
		{ "ppid.value", "FORMAT:HEX,OCTETSTRING:50" }, { "ppid.value", "OCTETSTRING" },
		{ "fmspc.value", "FORMAT:HEX,OCTETSTRING:00a06d0800" },
		{ "fmspc.value", "FORMAT:HEX,OCTETSTRING:" INTEL_FMSPC "00" },
		{ "pceid.value", "FORMAT:HEX,OCTETSTRING:00" },
		{ "instance.value", "FORMAT:HEX,OCTETSTRING:49" },
		{ "svn18.value", "FORMAT:HEX,OCTETSTRING:03" },
		{ "svn1.value", "INTEGER:256" }, { "svn1.value", "INTEGER:-1" },
		{ "svn16.value", "INTEGER:0x10000000000000003" }, { "svn17.value", "INTEGER:65536" },
		{ "svn17.value", "INTEGER:-1" }, { "type.value", "ENUM:256" },
		{ "type.value", "ENUM:-1" },
		/* Under another id. */
		{ "ppid.id", "OID:1.2.840.113741.1.13.2.1" }, { "ppid.id", "OID:1.2.840.113741.1.13.1" },
		{ "ppid.id", "OID:1.2.840.113741.1.13.1.1.1" }, { "ppid.id", "INTEGER:1" },
		{ "config.id", "OID:1.2.840.113741.1.13.1.8" },
		{ "config.id", "OID:1.2.840.113741.1.13.1.33" },
		{ "svn1.id", "OID:1.2.840.113741.1.13.1.1" },
		{ "svn1.id", "OID:1.2.840.113741.1.13.1.2.19" },
		/* No pair. */
		{ "ppid.id", NULL }, { "ppid.value", NULL }, { "svn4.value", NULL },
		{ "ppid.third", "NULL" }, { "svn4.third", "INTEGER:2" }, { "config.third", "NULL" },
	};
	static const struct tlsbind_pck zero;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const struct intel_change changes[] = { bad[i], { NULL, NULL } };
		struct tlsbind_pck pck;

		if (parse(changes, &pck) != -EBADMSG)
			fail_msg("number %zu: %s=%s is taken", i, bad[i].line,
				 bad[i].value ? bad[i].value : "");
		assert_memory_equal(&pck, &zero, sizeof(pck));
	}
}

/* Every prefix, one byte more, and every byte changed: refused or read, never read beyond. */
static void test_damaged(void **state)
{
	struct tlsbind_span span;
	struct tlsbind_pck pck;
	X509 *cert = X509_new();
	ASN1_OBJECT *object = OBJ_txt2obj("1.2.840.113741.1.13.1", 1);

	(void)state;
	intel_pck_extension(cert, NULL);
	span = tlsbind_chain_extension(cert, "1.2.840.113741.1.13.1");
	assert_true(span.len > 300);
	for (size_t i = 0; i <= 2 * span.len; i++) {
		bool more = i == 2 * span.len;
		size_t len = i < span.len ? i : span.len + more;
		ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
		uint8_t *copy = calloc(1, len + !len);
		X509 *other = X509_new();
		X509_EXTENSION *ext;

		memcpy(copy, span.data, len - more);
		if (i >= span.len && !more)
			copy[i - span.len] ^= 0x80;
		ASN1_OCTET_STRING_set(value, copy, (int)len);
		ext = X509_EXTENSION_create_by_OBJ(NULL, object, 0, value);
		X509_add_ext(other, ext, -1);
		if (i < span.len || more)
			assert_int_equal(tlsbind_pck_parse(other, &pck), -EBADMSG);
		else
			(void)tlsbind_pck_parse(other, &pck);
		X509_EXTENSION_free(ext);
		ASN1_OCTET_STRING_free(value);
		X509_free(other);
		free(copy);
	}
	ASN1_OBJECT_free(object);
	X509_free(cert);
}

/* PPID, FMSPC and PCESVN as other tools read them. */
static void test_published(void **state)
{
	static const struct {
		const char *quote, *ppid, *fmspc;
	} quotes[] = {
		{ "tdx/v4-phala/quote.bin", "811dca2a26b952e85bb6448b097ba4fd", "b0c06f000000" },
		{ "tdx/v5-azure-phala/quote.bin", "66498c9263c04ed2f0657c530ac2b0cb",
		  "90c06f000000" },
		{ "tdx/v4-gnr-trustee/quote.bin", "9c81e0b5c22e28a3f29d7b4db52c2049",
		  "00a06d080000" },
		{ "tdx/v5-alibaba-trustee/quote.bin", "f06984c8d9343452b997c48b36d6e678",
		  "90c06f000000" },
		{ "tdx/v4-azure-trustee/quote.bin", "a1b0718ffa8e6d55fdaf5eceb03f3c72",
		  "00806f050000" },
	};

	(void)state;
	test_real("");
	for (size_t i = 0; i < sizeof(quotes) / sizeof(quotes[0]); i++) {
		struct test_bytes quote = test_file(test_real(quotes[i].quote));
		STACK_OF(X509) *certs;
		struct tlsbind_tdx tdx;
		struct tlsbind_pck pck;

		assert_int_equal(tlsbind_tdx_parse((struct tlsbind_span){ quote.data, quote.len },
						   &tdx), 0);
		assert_int_equal(tlsbind_chain_parse(tdx.pck_chain, false, &certs), 0);
		assert_int_equal(tlsbind_pck_parse(sk_X509_value(certs, 0), &pck), 0);
		equal(pck.ppid, sizeof(pck.ppid), quotes[i].ppid);
		equal(pck.fmspc, sizeof(pck.fmspc), quotes[i].fmspc);
		equal(pck.pceid, sizeof(pck.pceid), "0000");
		assert_true(pck.has_instance);
		assert_true(pck.pcesvn >= 11);
		assert_int_equal(tlsbind_pck_parse(sk_X509_value(certs, 1), &pck), -EBADMSG);
		sk_X509_pop_free(certs, X509_free);
		free(quote.data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good), cmocka_unit_test(test_largest),
		cmocka_unit_test(test_bad), cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_published),
	};

	return cmocka_run_group_tests_name("pck", tests, NULL, NULL);
}
