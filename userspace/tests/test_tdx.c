/* SPDX-License-Identifier: MIT */
/* Fields of published TDX quotes, versions 4 and 5, and of quotes that are none. */
#include "common.h"
#include "../lib/tdx.h"

/* What other tools read in these quotes. */
struct fields {
	const char *quote;
	uint16_t version, body_type;
	const char *tee_tcb_svn, *mr_seam;
	uint64_t attributes, xfam;
	const char *mrtd, *rtmr[4], *mr_config_id;
	uint16_t qe_isvsvn;
	const char *tee_tcb_svn_2, *mr_service_td;
};

#define ZERO	"000000000000000000000000000000000000000000000000" \
		"000000000000000000000000000000000000000000000000"

static const struct fields quotes[] = {
	{ "tdx/v4-phala/quote.bin", 4, 2, "06010300000000000000000000000000",
	  "5b38e33a6487958b72c3c12a938eaa5e3fd4510c51aeeab58c7d5ecee41d7c43"
	  "6489d6c8e4f92f160b7cad34207b00c1", 0x10000000, 0x602e7,
	  "91eb2b44d141d4ece09f0c75c2c53d247a3c68edd7fafe8a3520c942a604a407"
	  "de03ae6dc5f87f27428b2538873118b7",
	  { "44c0197b39157fdd7a4dcc44767f9d6b0bb3977c7a8e347b8492f827fe9d9e5c"
	    "48aca29b220b80b6a540cf994b9bc9c0",
	    "0084452c01668329d4bc06acdf58a7205c26743304509973949e5619bf81a6a7"
	    "aea8c323c173019b3093d54e579e9378",
	    "d833feef2cd945148aa38ead2c53e9b7f138190aaaebfc551dccd829fc207aa3"
	    "ba80b70870d7330733642e01d48c3132", ZERO }, ZERO, 6, NULL, NULL },
	{ "tdx/v4-gnr-trustee/quote.bin", 4, 2, "05030200000000000000000000000000",
	  "476a2997c62bccc78370913d0a80b956e3721b24272bc66c4d6307ced4be2865"
	  "c40e26afac75f12df3425b03eb59ea7c", 0x10000000, 0x602e7,
	  "21e8dead92d6c69d7cbba79816686c03a48485c7df0c11f6f04792d5e1d378f6"
	  "b8c46615ba6946adccac6becffbb1e88",
	  { "395aefe7bac15b24c40f1cd7ba6f8fa48732be5c56c61485ed3cd9c8b16cce8e"
	    "ce64c331b99ce36d96605135c753aaa2",
	    "fc4b0f849d8d76fdf1da563a8c29d0d456b484a65e01797baf52ea1d8c002040"
	    "527a1f0278925077219656dba039429f",
	    "193edd321148e81fd4d6ce00ac8331e737febdb428f18ae66f697c1d2a7f2cd9"
	    "7c535c8df9f045f62b16a41facad84a1", ZERO },
	  "889abf4718f037e38d74464c11e7c91a6e9890b5546409e1e7df9de7a51ca931"
	  "52bf847bd2440328e90adb18b150ed67", 7, NULL, NULL },
	{ "tdx/v5-azure-phala/quote.bin", 5, 3, "07010300000000000000000000000000",
	  "49b66faa451d19ebbdbe89371b8daf2b65aa3984ec90110343e9e2eec116af08"
	  "850fa20e3b1aa9a874d77a65380ee7e6", 0x10000000, 0x618e7,
	  "273828c46252fcbdd8ad2dd907130222b03466d52a2911d70c1a5950895d6bd1"
	  "ae451d382d5a9b1b4c0ed0e5ae9a3dbd",
	  { ZERO, ZERO, ZERO, ZERO }, ZERO, 7, "0d010300000000000000000000000000", ZERO },
	{ "tdx/v5-alibaba-trustee/quote.bin", 5, 3, "05010200000000000000000000000000",
	  "1cc6a17ab799e9a693fac7536be61c12ee1e0fabada82d0c999e08ccee2aa86d"
	  "e77b0870f558c570e7ffe55d6d47fa04", 0x10000000, 0x642e7,
	  "dfba221b48a22af8511542ee796603f37382800840dcd978703909bf8e64d4c8"
	  "a1e9de86e7c9638bfcba422f3886400a",
	  { "9b529f3689e2e8ebb899e9abbbc3dab394d6545e8cdb28a2abb9cc2f377b83a6"
	    "5c01ba56b824cd3ee885df20051f5128",
	    "ca5a979317ffe8a527a3b7aadab03976d7cb6eef1041fb9bd9d69e6fafa7252c"
	    "dc10e4c2a55e7ecbd2ddb5cacc867430", ZERO, ZERO }, ZERO, 6,
	  "05010200000000000000000000000000",
	  "383c87d3bbb047b2d171eaca95312ede99f258088dc788f6ae2ccf8b6dd848fe"
	  "8d47629e08b3f6cbd4a00dd47a5a033d" },
};

static void equal(struct tlsbind_span got, const char *hex)
{
	struct test_bytes want;

	if (!hex) {
		assert_null(got.data);
		return;
	}
	want = test_hex(hex);
	assert_int_equal(got.len, want.len);
	assert_memory_equal(got.data, want.data, want.len);
	free(want.data);
}

static int parse(const struct test_bytes *quote, struct tlsbind_tdx *out)
{
	return tlsbind_tdx_parse((struct tlsbind_span){ quote->data, quote->len }, out);
}

static void test_fields(void **state)
{
	size_t i, j;

	(void)state;
	test_real("");
	for (i = 0; i < sizeof(quotes) / sizeof(quotes[0]); i++) {
		const struct fields *want = &quotes[i];
		struct test_bytes quote = test_file(test_real(want->quote));
		struct tlsbind_tdx tdx;

		assert_int_equal(parse(&quote, &tdx), 0);
		assert_int_equal(tdx.version, want->version);
		assert_int_equal(tdx.body_type, want->body_type);
		equal(tdx.tee_tcb_svn, want->tee_tcb_svn);
		equal(tdx.mr_seam, want->mr_seam);
		equal(tdx.mr_signer_seam, ZERO);
		equal(tdx.seam_attributes, "0000000000000000");
		assert_int_equal(tdx.attributes, want->attributes);
		assert_int_equal(tdx.xfam, want->xfam);
		equal(tdx.mrtd, want->mrtd);
		equal(tdx.mr_config_id, want->mr_config_id);
		equal(tdx.mr_owner, ZERO);
		equal(tdx.mr_owner_config, ZERO);
		for (j = 0; j < 4; j++)
			equal(tdx.rtmr[j], want->rtmr[j]);
		assert_int_equal(tdx.report_data.len, 64);
		equal(tdx.tee_tcb_svn_2, want->tee_tcb_svn_2);
		equal(tdx.mr_service_td, want->mr_service_td);
		assert_int_equal(tdx.signed_part.len, want->version == 4 ? 632 : 54 + 648);
		assert_int_equal(tdx.qe_miscselect.len, 4);
		assert_int_equal(tdx.qe_attributes.len, 16);
		assert_int_equal(tdx.qe_prod_id, 2);
		assert_int_equal(tdx.qe_isvsvn, want->qe_isvsvn);
		free(quote.data);
	}
}

/* One byte of a version 5 quote's header and lengths, and it is no quote any more. */
static void test_bad_v5(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
	} bad[] = {
		{ 0, 6 }, { 0, 3 }, { 1, 1 },
		/* Type of the body: SGX, 1.0 in the size of 1.5, unknown; its size. */
		{ 48, 0 }, { 48, 1 }, { 48, 2 }, { 48, 4 }, { 49, 1 },
		{ 50, 0x87 }, { 50, 0x89 }, { 50, 0x48 }, { 51, 3 }, { 52, 1 }, { 53, 0x80 },
		{ 54 + 64, 1 }, { 54 + 112, 1 },
		/* Size of the signature data. */
		{ 54 + 648 + 2, 1 }, { 54 + 648 + 3, 0x80 },
	};
	struct test_bytes quote = test_file(test_real("tdx/v5-alibaba-trustee/quote.bin"));
	struct tlsbind_tdx tdx;
	size_t i, len;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint8_t old = quote.data[bad[i].at];

		quote.data[bad[i].at] = bad[i].value;
		if (parse(&quote, &tdx) != -EBADMSG)
			fail_msg("number %zu is taken for a quote", i);
		assert_null(tdx.mrtd.data);
		quote.data[bad[i].at] = old;
	}
	assert_int_equal(parse(&quote, &tdx), 0);
	for (len = 0; len < (size_t)(tdx.pck_chain.data - quote.data) + tdx.pck_chain.len; len++) {
		struct test_bytes part = { malloc(len ? len : 1), len };
		struct tlsbind_tdx none;

		memcpy(part.data, quote.data, len);
		assert_int_equal(parse(&part, &none), -EBADMSG);
		free(part.data);
	}
	free(quote.data);
}

/* Types that nobody knows, with the size of one and the content of another body. */
static void test_unknown_body(void **state)
{
	struct test_bytes quote = test_file(test_real("tdx/v5-alibaba-trustee/quote.bin"));
	struct tlsbind_tdx tdx;

	(void)state;
	quote.len -= 64;
	memmove(quote.data + 54 + 584, quote.data + 54 + 648, quote.len - 54 - 584);
	for (unsigned int type = 0; type < 256; type++) {
		for (int size = 0; size < 2; size++) {
			quote.data[48] = (uint8_t)type;
			quote.data[50] = size ? 0x88 : 0x48;
			assert_int_equal(parse(&quote, &tdx), type == 2 && !size ? 0 : -EBADMSG);
		}
	}
	free(quote.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_bad_v5),
		cmocka_unit_test(test_unknown_body),
	};

	return cmocka_run_group_tests_name("tdx", tests, NULL, NULL);
}
