/* SPDX-License-Identifier: MIT */
/* Files of collateral: what is taken, and everything that is not exactly as documented. */
#include "appraisal.h"
#include "intel_collateral.h"
#include "intel.h"
#include "collateral.h"

static struct synth_pki *pki;

static int setup(void **state)
{
	(void)state;
	pki = synth_pki_new(true);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	synth_pki_free(pki);
	return 0;
}

static struct tlsbind_span span(const char *text)
{
	return (struct tlsbind_span){ (const uint8_t *)text, strlen(text) };
}

static int parse_info(const struct edit *edits)
{
	char *text = collateral_tcbinfo(edits);
	struct tlsbind_tcbinfo info;
	int ret = tlsbind_tcbinfo_parse(span(text), &info);

	tlsbind_tcbinfo_clear(&info);
	free(text);
	return ret;
}

static int parse_identity(const struct edit *edits)
{
	char *text = collateral_qeidentity(edits);
	struct tlsbind_qeidentity identity;
	int ret = tlsbind_qeidentity_parse(span(text), &identity);

	tlsbind_qeidentity_clear(&identity);
	free(text);
	return ret;
}

/* Members that both kinds have. */
static const struct edit bad_common[] = {
	{ "\"version\":", "\"version\":1" }, { "\"version\":", "\"version\":-" },
	{ "\"version\":", "\"Version\":" },
	{ "\"tcbEvaluationDataNumber\":17", "\"tcbEvaluationDataNumber\":-17" },
	{ "\"tcbEvaluationDataNumber\":17", "\"tcbEvaluationDataNumber\":17.0" },
	{ "\"tcbEvaluationDataNumber\":17", "\"tcbEvaluationDataNumber\":17e0" },
	{ "\"tcbEvaluationDataNumber\":17", "\"tcbEvaluationDataNumber\":\"17\"" },
	{ "\"tcbEvaluationDataNumber\":17", "\"tcbEvaluationDataNumber\":true" },
	{ "\"tcbEvaluationDataNumber\":17", "\"tcbEvaluationDataNumber\":null" },
	{ "\"tcbEvaluationDataNumber\":17", "\"tcbEvaluationDataNumber\":4294967296" },
	{ "\"tcbEvaluationDataNumber\":17", "\"tcbEvaluationDataNumber\":18446744073709551633" },
	{ "\"tcbEvaluationDataNumber\":17", "\"tcbEvaluationDataNumber\":017" },
	{ "\"tcbEvaluationDataNumber\":17,", "" },
	/* Twice. */
	{ "\"tcbEvaluationDataNumber\":17",
	  "\"tcbEvaluationDataNumber\":17,\"tcbEvaluationDataNumber\":17" },
	{ "\"issueDate\":", "\"issueDate\":\"2020-01-01T00:00:00Z\",\"issueDate\":" },
	/* Times. */
	{ "@ISSUE@", "2024-02-30T00:00:00Z" }, { "@ISSUE@", "2023-02-29T00:00:00Z" },
	{ "@ISSUE@", "2024-13-01T00:00:00Z" }, { "@ISSUE@", "2024-00-01T00:00:00Z" },
	{ "@ISSUE@", "2024-01-00T00:00:00Z" }, { "@ISSUE@", "2024-01-01T24:00:00Z" },
	{ "@ISSUE@", "2024-01-01T00:60:00Z" }, { "@ISSUE@", "2024-01-01T00:00:60Z" },
	{ "@ISSUE@", "2024-01-01T00:00:00" }, { "@ISSUE@", "2024-01-01T00:00:00ZZ" },
	{ "@ISSUE@", "2024-01-01T00:00:00+" }, { "@ISSUE@", "2024-01-01 00:00:00Z" },
	{ "@ISSUE@", "2024-1-01T000:00:00Z" }, { "@ISSUE@", "+024-01-01T00:00:00Z" },
	{ "@ISSUE@", "1969-12-31T23:59:59Z" }, { "@ISSUE@", "" },
	{ "\"@ISSUE@\"", "1700000000" }, { "\"@NEXT@\"", "null" },
	{ "@NEXT@", "2020-01-01T00:00:00Z" },	/* before it was issued */
	/* Levels. */
	{ "\"tcbStatus\":\"UpToDate\"", "\"tcbStatus\":\"Uptodate\"" },
	{ "\"tcbStatus\":\"UpToDate\"", "\"tcbStatus\":\"TDRelaunchAdvised\"" },
	{ "\"tcbStatus\":\"UpToDate\"", "\"tcbStatus\":\"Unknown\"" },
	{ "\"tcbStatus\":\"UpToDate\"", "\"tcbStatus\":\"\"" },
	{ "\"tcbStatus\":\"UpToDate\"", "\"tcbStatus\":1" },
	{ "\"tcbStatus\":\"UpToDate\"", "\"tcbStatus\":\"UpToDate\\u0000\"" },
	{ "\"tcbStatus\":\"UpToDate\"", "\"status\":\"UpToDate\"" },
	{ "\"tcbDate\":\"2024-11-13T00:00:00Z\",", "" },
	{ "\"tcbDate\":\"2024-11-13T00:00:00Z\"", "\"tcbDate\":\"2024-11-13\"" },
	{ "\"isvsvn\":2", "\"isvsvn\":-2" }, { "\"isvsvn\":2", "\"isvsvn\":65536" },
	{ "\"isvsvn\":2", "\"isvsvn\":2.5" }, { "\"isvsvn\":2", "\"svn\":2" },
	{ "{\"isvsvn\":2}", "2" }, { "{\"isvsvn\":2}", "{}" },
	/* Advisories are printed: nothing but letters, digits and hyphens. */
	{ "\"advisoryIDs\":[", "\"advisoryIDs\":[\"INTEL-SA-\\u001b[2J\"," },
	{ "\"advisoryIDs\":[", "\"advisoryIDs\":[\"INTEL SA\"," },
	{ "\"advisoryIDs\":[", "\"advisoryIDs\":[\"\"," }, { "\"advisoryIDs\":[", "\"advisoryIDs\":[1," },
	{ "\"advisoryIDs\":[", "\"advisoryIDs\":[\"12345678901234567890123456789012\"," },
	{ "\"advisoryIDs\":[", "\"advisoryIDs\":[null," },
	/* No JSON. */
	{ "{\"id\"", "[\"id\"" }, { "{\"id\"", "{{\"id\"" }, { "{\"id\"", "\xff{\"id\"" },
	{ "\"id\"", "'id'" },
};

static const struct edit bad_info[] = {
	{ "\"id\":\"TDX\"", "\"id\":\"SGX\"" }, { "\"id\":\"TDX\"", "\"id\":\"tdx\"" },
	{ "\"id\":\"TDX\"", "\"id\":\"TDX_01\"" }, { "\"id\":\"TDX\",", "" },
	{ "\"version\":3", "\"version\":2" }, { "\"version\":3", "\"version\":4" },
	{ "\"tcbType\":0", "\"tcbType\":1" }, { "\"tcbType\":0,", "" },
	{ "00A06D080000", "00A06D0800" }, { "00A06D080000", "00A06D08000000" },
	{ "00A06D080000", "00A06D08000G" }, { "00A06D080000", "00:A0:6D:08:00:00" },
	{ "00A06D080000", "0x00A06D0800" }, { "00A06D080000", " 0A06D080000" },
	{ "\"fmspc\":\"00A06D080000\",", "" }, { "\"pceId\":\"0000\"", "\"pceId\":\"000\"" },
	{ "\"pceId\":\"0000\"", "\"pceId\":0" },
	/* Identity of the TDX module. */
	{ "\"tdxModule\":", "\"tdxmodule\":" }, { "\"mrsigner\":\"00", "\"mrsigner\":\"" },
	{ "\"attributes\":\"0000000000000000\"", "\"attributes\":\"00000000000000\"" },
	{ "\"attributesMask\":\"FFFFFFFFFFFFFFFF\"", "\"mask\":\"FFFFFFFFFFFFFFFF\"" },
	{ "\"id\":\"TDX_03\"", "\"id\":\"TDX_01\"" }, { "\"id\":\"TDX_03\"", "\"id\":\"TDX_3\"" },
	{ "\"id\":\"TDX_03\"", "\"id\":\"TDX_003\"" }, { "\"id\":\"TDX_03\"", "\"id\":\"TDX_00\"" },
	{ "\"id\":\"TDX_03\"", "\"id\":\"tdx_03\"" }, { "\"id\":\"TDX_03\"", "\"id\":\"TDX_0x\"" },
	{ "\"id\":\"TDX_03\"", "\"id\":3" },
	{ "\"tdxModuleIdentities\":[", "\"tdxModuleIdentities\":[1," },
	{ "\"tcbStatus\":\"UpToDate\"", "\"tcbStatus\":\"ConfigurationNeeded\"" },
	/* Components: how many, and of what size. */
	{ "@[5,0,2]", "@[256,0,2]" }, { "@[5,0,2]", "@[-1,0,2]" }, { "@[3,3,2,2]", "@[256,3,2,2]" },
	{ "@[5,0,2]", "[{\"svn\":5}]" }, { "@[5,0,2]", "[]" }, { "@[5,0,2]", "5" },
	{ "@[3,3,2,2]", "[3,3,2,2,0,0,0,0,0,0,0,0,0,0,0,0]" },
	{ "\"sgxtcbcomponents\"", "\"sgxTcbComponents\"" },
	{ "\"tdxtcbcomponents\"", "\"components\"" },
	{ "\"pcesvn\":13", "\"pcesvn\":65536" }, { "\"pcesvn\":13", "\"pcesvn\":-1" },
	{ "\"pcesvn\":13,", "" },
	{ "\"tcbLevels\":[{\"tcb\":{\"sgx", "\"levels\":[{\"tcb\":{\"sgx" },
	{ "\"tcbLevels\":[{\"tcb\":{\"sgx", "\"tcbLevels\":[],\"levels\":[{\"tcb\":{\"sgx" },
	{ "\"tcbLevels\":[{\"tcb\":{\"sgx", "\"tcbLevels\":{},\"levels\":[{\"tcb\":{\"sgx" },
};

static const struct edit bad_identity[] = {
	{ "\"id\":\"TD_QE\"", "\"id\":\"QE\"" }, { "\"id\":\"TD_QE\"", "\"id\":\"QVE\"" },
	{ "\"version\":2", "\"version\":1" }, { "\"version\":2", "\"version\":3" },
	{ "\"miscselect\":\"00000000\"", "\"miscselect\":\"000000\"" },
	{ "\"miscselect\":\"00000000\"", "\"miscselect\":0" },
	{ "\"miscselectMask\":\"FFFFFFFF\",", "" },
	{ "\"attributes\":\"11", "\"attributes\":\"" }, { "\"attributesMask\":", "\"mask\":" },
	{ "\"attributesMask\":\"FB", "\"attributesMask\":\"FBFF" },
	{ "\"mrsigner\":\"DC", "\"mrsigner\":\"" }, { "\"mrsigner\":", "\"mrSigner\":" },
	{ "\"isvprodid\":2", "\"isvprodid\":65536" }, { "\"isvprodid\":2", "\"isvprodid\":\"2\"" },
	{ "\"tcbStatus\":\"UpToDate\"", "\"tcbStatus\":\"SWHardeningNeeded\"" },
	{ "\"tcbLevels\":[", "\"tcbLevels\":[{}," }, { "\"tcbLevels\":", "\"levels\":" },
};

static void refuse(const struct edit *bad, size_t count, int (*parse)(const struct edit *))
{
	for (size_t i = 0; i < count; i++) {
		const struct edit edits[] = { bad[i], { NULL, NULL } };

		if (parse(edits) != -EBADMSG)
			fail_msg("number %zu is taken: %s", i, bad[i].to);
	}
}

static void test_bad_info(void **state)
{
	(void)state;
	assert_int_equal(parse_info(NULL), 0);
	refuse(bad_common, sizeof(bad_common) / sizeof(bad_common[0]), parse_info);
	refuse(bad_info, sizeof(bad_info) / sizeof(bad_info[0]), parse_info);
}

static void test_bad_identity(void **state)
{
	(void)state;
	assert_int_equal(parse_identity(NULL), 0);
	refuse(bad_common, sizeof(bad_common) / sizeof(bad_common[0]), parse_identity);
	refuse(bad_identity, sizeof(bad_identity) / sizeof(bad_identity[0]), parse_identity);
}

/* What may differ without harm. */
static void test_good(void **state)
{
	static const struct edit info[] = {
		{ "00A06D080000", "00a06d080000" }, { "\"id\":\"TDX_03\"", "\"id\":\"TDX_0a\"" },
		{ "{\"id\":\"TDX\"", "{ \"new\":[{\"member\":1}], \"id\":\"TDX\"" },
		{ "\"pcesvn\":13", "\"pcesvn\":65535" }, { "@[5,0,2]", "@[255,0,2]" },
		{ ",\"advisoryIDs\":[\"INTEL-SA-01036\",\"INTEL-SA-01099\"]", ",\"advisoryIDs\":[]" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(info) / sizeof(info[0]); i++) {
		const struct edit edits[] = { info[i], { NULL, NULL } };

		assert_int_equal(parse_info(edits), 0);
	}
}

/* Lists that are longer than anything that Intel would write. */
static void test_counts(void **state)
{
	static const struct {
		const char *at, *item;
		int max;
	} lists[] = {
		{ "\"advisoryIDs\":[", "\"INTEL-SA-00001\",", 256 - 2 },
		{ "\"tcbLevels\":[{\"tcb\":{\"isvsvn\":6",
		  "{\"tcb\":{\"isvsvn\":9},\"tcbDate\":\"2024-11-13T00:00:00Z\","
		  "\"tcbStatus\":\"UpToDate\"},", 64 - 4 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		for (int over = 0; over < 2; over++) {
			const char *bracket = strchr(lists[i].at, '[') + 1;
			char *to = NULL;
			size_t len;
			FILE *out = open_memstream(&to, &len);

			fprintf(out, "%.*s", (int)(bracket - lists[i].at), lists[i].at);
			for (int n = 0; n < lists[i].max + over; n++)
				fputs(lists[i].item, out);
			fputs(bracket, out);
			fclose(out);

			const struct edit edits[] = { { lists[i].at, to }, { NULL, NULL } };

			assert_int_equal(parse_info(edits), over ? -EBADMSG : 0);
			free(to);
		}
	}
}

/* Every prefix of both is refused, and none read beyond its end. */
static void test_truncations(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		char *text = i ? collateral_qeidentity(NULL) : collateral_tcbinfo(NULL);

		for (size_t len = 0; len < strlen(text); len++) {
			uint8_t *copy = malloc(len ? len : 1);
			struct tlsbind_span part = { copy, len };
			struct tlsbind_qeidentity identity;
			struct tlsbind_tcbinfo info;

			memcpy(copy, text, len);
			assert_int_equal(i ? tlsbind_qeidentity_parse(part, &identity) :
					     tlsbind_tcbinfo_parse(part, &info), -EBADMSG);
			free(copy);
		}
		free(text);
	}
}

/* The bytes of a member are those that were there, white space and all. */
static void test_bytes_of_member(void **state)
{
	static const struct {
		const char *text, *bytes;
	} cases[] = {
		{ "{\"a\":{},\"b\":1}", "{}" }, { "{\"b\":1,\"a\":{}}", "{}" },
		{ " { \"a\" : { \"x\" : [ 1 , 2 ] } , \"b\" : 1 } ", "{ \"x\" : [ 1 , 2 ] }" },
		{ "\t{\r\n\"a\"\t:\n{\"x\":\"}\\\"]\"}\r}\n", "{\"x\":\"}\\\"]\"}" },
		{ "{\"\\u0061\":{\"x\":\"\\u0061\"}}", "{\"x\":\"\\u0061\"}" },
		{ "{\"b\":\"\\\"a\\\":{}\",\"a\":{\"a\":{\"a\":1}}}", "{\"a\":{\"a\":1}}" },
		{ "{\"b\":\"\xc3\xbc\",\"a\":{\"\xc3\xbc\":1}}", "{\"\xc3\xbc\":1}" },
		{ "{\"b\":-1.5e3,\"c\":true,\"d\":null,\"e\":\"\",\"a\":{}}", "{}" },
		/* None. */
		{ "", NULL }, { "{}", NULL }, { "[]", NULL }, { "{\"b\":{}}", NULL },
		{ "{\"a\":{},\"a\":{}}", NULL }, { "{\"a\":{},\"\\u0061\":{}}", NULL },
		{ "{\"a\":{\"x\":1,\"x\":1}}", NULL }, { "{\"a\":{}}x", NULL }, { "{\"a\":{}}{}", NULL },
		{ "{\"a\":{},}", NULL }, { "{\"a\":{}", NULL }, { "{\"a\" {}}", NULL },
		{ "{\"a\":[]}", NULL }, { "{\"a\":\"{}\"}", NULL }, { "{\"a\":1}", NULL },
		{ "{\"a\":{}\v}", NULL }, { "{a:{}}", NULL }, { "{\"a\":{} \"b\":1}", NULL },
		{ "\xef\xbb\xbf{\"a\":{}}", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len = strlen(cases[i].text);
		uint8_t *copy = malloc(len + !len);
		struct tlsbind_span got;

		memcpy(copy, cases[i].text, len);
		got = tlsbind_pcs_bytes((struct tlsbind_span){ copy, len }, "a");
		if (!cases[i].bytes)
			assert_null(got.data);
		else if (got.len != strlen(cases[i].bytes) ||
			 memcmp(got.data, cases[i].bytes, got.len))
			fail_msg("number %zu: %.*s", i, (int)got.len, (const char *)got.data);
		free(copy);
	}
}

static void taken(const char *text, int want, size_t statements, int lists)
{
	struct tlsbind_appraisal *appraisal = tlsbind_appraisal_new();
	int ret = collateral_add(appraisal, text);

	if (ret != want)
		fail_msg("%d instead of %d: %.200s", ret, want, text);
	assert_int_equal(appraisal->collateral_count, statements);
	assert_int_equal(sk_X509_CRL_num(appraisal->crls), lists);
	tlsbind_appraisal_free(appraisal);
}

static void test_pcs_files(void **state)
{
	char *info = collateral_tcbinfo(NULL), *identity = collateral_qeidentity(NULL);
	static const struct {
		const char *name, *signature;
		bool identity;
		int ret;
	} files[] = {
		{ "tcbInfo", NULL, false, 0 }, { "enclaveIdentity", NULL, true, 0 },
		/* One under the name of the other, and under none. */
		{ "tcbInfo", NULL, true, -EBADMSG }, { "enclaveIdentity", NULL, false, -EBADMSG },
		{ "tcb_info", NULL, false, -EBADMSG }, { "TcbInfo", NULL, false, -EBADMSG },
		{ "signature", NULL, false, -EBADMSG },
		/* Signatures of another form. */
		{ "tcbInfo", "", false, -EBADMSG }, { "tcbInfo", "00", false, -EBADMSG },
		{ "tcbInfo", "zz", false, -EBADMSG },
		/* More members, or the same again. */
		{ "x\":1,\"tcbInfo", NULL, false, -EBADMSG },
		{ "tcbInfo\":{},\"tcbInfo", NULL, false, -EBADMSG },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char *signature = collateral_sign(pki->key, "");
		char *text = collateral_pcs(files[i].name, files[i].identity ? identity : info,
					    files[i].signature ? files[i].signature : signature);

		taken(text, files[i].ret, !files[i].ret, 0);
		free(text);
		free(signature);
	}
	taken("", -EBADMSG, 0, 0);
	taken("{}", -EBADMSG, 0, 0);
	taken("[]", -EBADMSG, 0, 0);
	taken(info, -EBADMSG, 0, 0);
	free(info);
	free(identity);
}

static void test_dcap_files(void **state)
{
	static const struct {
		const char *change;
		int ret;
	} files[] = {
		{ NULL, 0 }, { "unknown 1", 0 }, { "pck_crl_issuer_chain ", 0 },
		{ "tcb_info ", -EBADMSG }, { "tcb_info {}", -EBADMSG }, { "tcb_info \"{}\"", -EBADMSG },
		{ "tcb_info \"\"", -EBADMSG }, { "tcb_info_signature ", -EBADMSG },
		{ "tcb_info_signature \"00\"", -EBADMSG }, { "tcb_info_issuer_chain ", -EBADMSG },
		{ "tcb_info_issuer_chain \"\"", -EBADMSG },
		{ "tcb_info_issuer_chain \"x\"", -EBADMSG }, { "qe_identity ", -EBADMSG },
		{ "qe_identity \"[]\"", -EBADMSG }, { "qe_identity_signature 1", -EBADMSG },
		{ "qe_identity_issuer_chain []", -EBADMSG }, { "root_ca_crl ", -EBADMSG },
		{ "root_ca_crl \"\"", -EBADMSG }, { "root_ca_crl \"3\"", -EBADMSG },
		{ "root_ca_crl \"3000\"", -EBADMSG }, { "pck_crl ", -EBADMSG },
		{ "pck_crl \"30zz\"", -EBADMSG }, { "pck_crl null", -EBADMSG },
		{ "tcbInfo {}", -EBADMSG },
	};
	char *info = collateral_tcbinfo(NULL), *identity = collateral_qeidentity(NULL);
	struct signer signer = collateral_signer(pki, SIGNER_GOOD);

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char *text = collateral_dcap(pki, &signer, info, identity, files[i].change);

		taken(text, files[i].ret, files[i].ret ? 0 : 2, files[i].ret ? 0 : 2);
		free(text);
	}
	collateral_signer_clear(&signer);
	free(info);
	free(identity);
}

static void test_too_many(void **state)
{
	struct tlsbind_appraisal *appraisal = tlsbind_appraisal_new();
	char *info = collateral_tcbinfo(NULL), *signature = collateral_sign(pki->key, info);
	char *text = collateral_pcs("tcbInfo", info, signature);
	char *huge = malloc(TLSBIND_EVIDENCE_SIZE_MAX + 2);

	(void)state;
	assert_non_null(huge);
	for (int i = 0; i < TLSBIND_COLLATERAL_MAX; i++)
		assert_int_equal(collateral_add(appraisal, text), 0);
	assert_int_equal(collateral_add(appraisal, text), -E2BIG);
	assert_int_equal(appraisal->collateral_count, TLSBIND_COLLATERAL_MAX);
	memset(huge, ' ', TLSBIND_EVIDENCE_SIZE_MAX + 1);
	huge[TLSBIND_EVIDENCE_SIZE_MAX + 1] = '\0';
	assert_int_equal(collateral_add(appraisal, huge), -EFBIG);
	assert_int_equal(tlsbind_appraisal_add_collateral(appraisal, "/nonexistent"), -ENOENT);
	assert_int_equal(tlsbind_appraisal_add_collateral(appraisal, "/"), -EIO);
	tlsbind_appraisal_free(appraisal);
	free(huge);
	free(text);
	free(signature);
	free(info);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad_info), cmocka_unit_test(test_bad_identity),
		cmocka_unit_test(test_good), cmocka_unit_test(test_counts),
		cmocka_unit_test(test_truncations), cmocka_unit_test(test_bytes_of_member),
		cmocka_unit_test(test_pcs_files), cmocka_unit_test(test_dcap_files),
		cmocka_unit_test(test_too_many),
	};

	return cmocka_run_group_tests_name("collateral", tests, setup, teardown);
}
