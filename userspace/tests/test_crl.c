/* SPDX-License-Identifier: MIT */
/* Revocation lists: which ones count, and what they say of a chain. */
#include <unistd.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include "appraisal.h"
#include "both.h"
#include "crl.h"
#include "lists.h"

#define REVOKED		(-EKEYREVOKED)
#define UNKNOWN		(-ENOKEY)

/* One list about one certificate: what comes out if it has it, and if it does not. */
static const struct {
	enum list_flaw flaw;
	int with, without;
} flaws[] = {
	{ LIST_GOOD, REVOKED, 0 },
	/* It is not current, but what was revoked stays revoked. */
	{ LIST_EXPIRED, REVOKED, UNKNOWN },
	{ LIST_FUTURE, REVOKED, UNKNOWN },
	{ LIST_ENDLESS, REVOKED, UNKNOWN },
	/* It does not speak of everything. */
	{ LIST_DELTA, REVOKED, UNKNOWN },
	{ LIST_PARTIAL, REVOKED, UNKNOWN },
	{ LIST_CRITICAL, REVOKED, UNKNOWN },
	{ LIST_FOREIGN, REVOKED, UNKNOWN },
	/* It is not the issuer's. */
	{ LIST_SHA1, UNKNOWN, UNKNOWN },
	{ LIST_BROKEN, UNKNOWN, UNKNOWN },
};

static int check(X509 *cert, X509 *issuer, const struct tlsbind_appraisal *appraisal)
{
	char why[160] = "";
	int ret = tlsbind_crl_check(cert, issuer, appraisal, why, sizeof(why));

	assert_true(why[0]);
	return ret;
}

static void test_flaws(void **state)
{
	struct synth_pki *p = pki[1];

	(void)state;
	for (size_t i = 0; i < sizeof(flaws) / sizeof(flaws[0]); i++) {
		for (int has = 0; has < 2; has++) {
			struct tlsbind_appraisal *appraisal = tlsbind_appraisal_new();
			int want = has ? flaws[i].with : flaws[i].without;
			int got;

			list_add(appraisal, list_new(p->ca, p->ca_key, has ? p->leaf : NULL,
						     flaws[i].flaw), i % 2);
			got = check(p->leaf, p->ca, appraisal);
			if (got != want)
				fail_msg("flaw %d, %s: %d instead of %d", flaws[i].flaw,
					 has ? "revoked" : "not revoked", got, want);
			tlsbind_appraisal_free(appraisal);
		}
	}
}

static void test_no_list(void **state)
{
	struct tlsbind_appraisal *appraisal = tlsbind_appraisal_new();

	(void)state;
	assert_int_equal(check(pki[1]->leaf, pki[1]->ca, appraisal), UNKNOWN);
	tlsbind_appraisal_free(appraisal);
}

/* The right name and another key; the right key and another name. */
static void test_wrong_issuer(void **state)
{
	struct synth_pki *p = pki[1];
	struct tlsbind_appraisal *appraisal = tlsbind_appraisal_new();

	(void)state;
	list_add(appraisal, list_new(p->ca, p->root_key, NULL, LIST_GOOD), false);
	list_add(appraisal, list_new(p->ca, pki[0]->ca_key, NULL, LIST_GOOD), false);
	list_add(appraisal, list_new(p->root, p->ca_key, NULL, LIST_GOOD), false);
	list_add(appraisal, list_new(p->root, p->root_key, NULL, LIST_GOOD), false);
	assert_int_equal(check(p->leaf, p->ca, appraisal), UNKNOWN);
	/* Nor can a stranger revoke. */
	list_add(appraisal, list_new(p->ca, p->root_key, p->leaf, LIST_GOOD), false);
	list_add(appraisal, list_new(p->root, p->ca_key, p->leaf, LIST_GOOD), false);
	list_add(appraisal, list_new(p->ca, p->ca_key, p->leaf, LIST_BROKEN), false);
	list_add(appraisal, list_new(p->ca, p->ca_key, NULL, LIST_GOOD), false);
	assert_int_equal(check(p->leaf, p->ca, appraisal), 0);
	tlsbind_appraisal_free(appraisal);
}

/* Whatever the order, a list that does not have the certificate cannot undo one that has. */
static void test_several_lists(void **state)
{
	static const enum list_flaw others[] = { LIST_GOOD, LIST_EXPIRED, LIST_FUTURE };
	struct synth_pki *p = pki[1];

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		struct tlsbind_appraisal *appraisal = tlsbind_appraisal_new();
		X509_CRL *clean = list_new(p->ca, p->ca_key, NULL, LIST_GOOD);
		X509_CRL *other = list_new(p->ca, p->ca_key, p->leaf, others[i / 2]);

		list_add(appraisal, i % 2 ? clean : other, false);
		list_add(appraisal, i % 2 ? other : clean, false);
		assert_int_equal(check(p->leaf, p->ca, appraisal), REVOKED);
		tlsbind_appraisal_free(appraisal);
	}
}

/* A list that expired, and does not have the certificate, takes nothing from a current one. */
static void test_old_and_new(void **state)
{
	struct synth_pki *p = pki[1];

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct tlsbind_appraisal *appraisal = tlsbind_appraisal_new();

		list_add(appraisal, list_new(p->ca, p->ca_key, NULL,
					     i ? LIST_EXPIRED : LIST_GOOD), false);
		list_add(appraisal, list_new(p->ca, p->ca_key, NULL,
					     i ? LIST_GOOD : LIST_EXPIRED), false);
		assert_int_equal(check(p->leaf, p->ca, appraisal), 0);
		tlsbind_appraisal_free(appraisal);
	}
}

/* Dates count from the time of verification. */
static void test_time(void **state)
{
	struct synth_pki *p = pki[1];
	struct tlsbind_appraisal *appraisal = tlsbind_appraisal_new();

	(void)state;
	list_add(appraisal, list_new(p->ca, p->ca_key, NULL, LIST_GOOD), false);
	assert_int_equal(check(p->leaf, p->ca, appraisal), 0);
	tlsbind_appraisal_set_time(appraisal, time(NULL) + 7100);
	assert_int_equal(check(p->leaf, p->ca, appraisal), 0);
	tlsbind_appraisal_set_time(appraisal, time(NULL) + 7300);
	assert_int_equal(check(p->leaf, p->ca, appraisal), UNKNOWN);
	tlsbind_appraisal_set_time(appraisal, time(NULL) - 7300);
	assert_int_equal(check(p->leaf, p->ca, appraisal), UNKNOWN);
	tlsbind_appraisal_free(appraisal);
}

static X509 *issuer_with_usage(const char *usage)
{
	X509 *cert = X509_dup(pki[1]->ca);
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, NID_key_usage, usage);

	assert_true(X509_add_ext(cert, ext, -1));
	assert_true(X509_sign(cert, pki[1]->root_key, EVP_sha384()));
	X509_EXTENSION_free(ext);
	return cert;
}

/* Who may sign certificates may not sign lists for that alone: AMD's ASK may not. */
static void test_key_usage(void **state)
{
	X509 *without = issuer_with_usage("critical,keyCertSign");
	X509 *with = issuer_with_usage("critical,keyCertSign,cRLSign");
	struct tlsbind_appraisal *appraisal = tlsbind_appraisal_new();

	(void)state;
	list_add(appraisal, list_new(pki[1]->ca, pki[1]->ca_key, NULL, LIST_GOOD), false);
	assert_int_equal(check(pki[1]->leaf, without, appraisal), UNKNOWN);
	assert_int_equal(check(pki[1]->leaf, with, appraisal), 0);
	tlsbind_appraisal_free(appraisal);
	X509_free(without);
	X509_free(with);
}

static X509_CRL *pss_list(X509 *issuer, EVP_PKEY *key, const EVP_MD *md)
{
	X509_CRL *list = list_new(issuer, key, NULL, LIST_GOOD);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx;

	assert_int_equal(EVP_DigestSignInit(ctx, &pctx, md, NULL, key), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING), 1);
	assert_true(X509_CRL_sign_ctx(list, ctx));
	EVP_MD_CTX_free(ctx);
	return list;
}

/* AMD signs with RSASSA-PSS, whose hash is not in the name of the algorithm. */
static void test_pss(void **state)
{
	EVP_PKEY *key = EVP_RSA_gen(2048);
	X509 *issuer = X509_dup(pki[1]->ca);

	(void)state;
	X509_set_pubkey(issuer, key);
	assert_true(X509_sign(issuer, pki[1]->root_key, EVP_sha384()));
	for (int i = 0; i < 2; i++) {
		struct tlsbind_appraisal *appraisal = tlsbind_appraisal_new();

		list_add(appraisal, pss_list(issuer, key, i ? EVP_sha1() : EVP_sha384()), false);
		assert_int_equal(check(pki[1]->leaf, issuer, appraisal), i ? UNKNOWN : 0);
		tlsbind_appraisal_free(appraisal);
	}
	X509_free(issuer);
	EVP_PKEY_free(key);
}

static int check_chain(struct synth_pki *p, int first, const struct tlsbind_appraisal *appraisal)
{
	STACK_OF(X509) *chain = sk_X509_new_null();
	char why[160] = "";
	int ret;

	sk_X509_push(chain, p->leaf);
	sk_X509_push(chain, p->ca);
	sk_X509_push(chain, p->root);
	ret = tlsbind_crl_check_chain(chain, first, appraisal, why, sizeof(why));
	assert_true(why[0]);
	sk_X509_free(chain);
	return ret;
}

/* Leaf and intermediate: no list, one that does not have it, one that has it. */
static void test_chain(void **state)
{
	struct synth_pki *p = pki[1];

	(void)state;
	for (int leaf = 0; leaf < 3; leaf++) {
		for (int ca = 0; ca < 3; ca++) {
			struct tlsbind_appraisal *appraisal = tlsbind_appraisal_new();
			int want = leaf == 2 || ca == 2 ? REVOKED : !leaf || !ca ? UNKNOWN : 0;
			int upper = ca == 2 ? REVOKED : ca ? 0 : UNKNOWN;

			if (leaf)
				list_add(appraisal, list_new(p->ca, p->ca_key,
							     leaf == 2 ? p->leaf : NULL,
							     LIST_GOOD), false);
			if (ca)
				list_add(appraisal, list_new(p->root, p->root_key,
							     ca == 2 ? p->ca : NULL, LIST_GOOD),
					 false);
			assert_int_equal(check_chain(p, 0, appraisal), want);
			assert_int_equal(check_chain(p, 1, appraisal), upper);
			assert_int_equal(check_chain(p, 2, appraisal), -EINVAL);
			assert_int_equal(check_chain(p, -1, appraisal), -EINVAL);
			tlsbind_appraisal_free(appraisal);
		}
	}
}

/* SNP: the root's list is asked for the intermediate, and nothing else is asked. */
static void test_snp(void **state)
{
	static const struct {
		int list;	/* 0: none */
		bool any, revoked;
		const char *failures;
	} cases[] = {
		{ 0, false, false, "tcb.revocation" }, { 1, false, false, "" },
		{ 1, false, true, "tcb.revocation" }, { 0, true, false, "" },
		{ 1, true, true, "" },
	};
	struct synth_pki *p = pki[0];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tlsbind_result *result;
		struct synth_case c;

		synth_default(&c, p, false);
		c.appraisal->any_tcb = cases[i].any;
		if (cases[i].list)
			list_add(c.appraisal, list_new(p->root, p->root_key,
						       cases[i].revoked ? p->ca : NULL,
						       LIST_GOOD), false);
		result = synth_verify(&c);
		assert_string_equal(test_failures(result), cases[i].failures);
		assert_int_equal(!tlsbind_result_find(result, "tcb.revocation"), cases[i].any);
		if (cases[i].failures[0])
			assert_int_equal(tlsbind_result_class(result), TLSBIND_CLASS_TCB);
		tlsbind_result_free(result);
		synth_clear(&c);
	}
}

static int parse(const void *data, size_t len)
{
	STACK_OF(X509_CRL) *lists = (void *)1;
	struct tlsbind_span span = { data, len };
	int ret = tlsbind_crl_parse(span, &lists);

	if (ret)
		assert_null(lists);
	else
		assert_true(sk_X509_CRL_num(lists) > 0);
	sk_X509_CRL_pop_free(lists, X509_CRL_free);
	return ret;
}

static void test_parse_der(void **state)
{
	X509_CRL *list = list_new(pki[0]->root, pki[0]->root_key, pki[0]->ca, LIST_GOOD);
	uint8_t *der = NULL, *copy;
	int len = i2d_X509_CRL(list, &der);

	(void)state;
	assert_true(len > 0);
	assert_int_equal(parse(der, (size_t)len), 0);
	for (size_t i = 0; i < (size_t)len; i++) {
		copy = malloc(i ? i : 1);
		memcpy(copy, der, i);
		assert_int_equal(parse(copy, i), -EBADMSG);
		free(copy);
	}
	copy = calloc(1, (size_t)len + 1);
	memcpy(copy, der, (size_t)len);
	assert_int_equal(parse(copy, (size_t)len + 1), -EBADMSG);
	free(copy);
	OPENSSL_free(der);
	X509_CRL_free(list);
}

static void test_parse_pem(void **state)
{
	X509_CRL *list = list_new(pki[0]->root, pki[0]->root_key, pki[0]->ca, LIST_GOOD);
	BIO *bio = BIO_new(BIO_s_mem());
	char *data;
	long len;

	(void)state;
	BIO_puts(bio, "The list of somebody:\n");
	assert_true(PEM_write_bio_X509_CRL(bio, list));
	BIO_puts(bio, "and that was it\n");
	len = BIO_get_mem_data(bio, &data);
	assert_int_equal(parse(data, (size_t)len), 0);
	data[100] = '!';
	assert_int_equal(parse(data, (size_t)len), -EBADMSG);
	assert_int_equal(parse("nothing", 7), -EBADMSG);
	/* A certificate is no list. */
	(void)BIO_reset(bio);
	assert_true(PEM_write_bio_X509(bio, pki[0]->root));
	len = BIO_get_mem_data(bio, &data);
	assert_int_equal(parse(data, (size_t)len), -EBADMSG);
	/* Sixteen are the limit. */
	(void)BIO_reset(bio);
	for (int i = 1; i <= 17; i++) {
		assert_true(PEM_write_bio_X509_CRL(bio, list));
		len = BIO_get_mem_data(bio, &data);
		if (i >= 16)
			assert_int_equal(parse(data, (size_t)len), i == 16 ? 0 : -EBADMSG);
	}
	BIO_free(bio);
	X509_CRL_free(list);
}

static void test_file_errors(void **state)
{
	struct tlsbind_appraisal *appraisal = tlsbind_appraisal_new();

	(void)state;
	assert_int_equal(tlsbind_appraisal_add_crl(appraisal, "/nonexistent"), -ENOENT);
	assert_int_equal(tlsbind_appraisal_add_crl(appraisal, "/dev/null"), -EBADMSG);
	assert_int_equal(tlsbind_appraisal_add_crl(appraisal, "/dev/zero"), -EFBIG);
	assert_int_equal(tlsbind_appraisal_add_crl(appraisal, pki[0]->root_file), -EBADMSG);
	tlsbind_appraisal_free(appraisal);
}

/* The only list of AMD's that was published with something on it: the first ASK-Genoa. */
static void test_real_genoa(void **state)
{
	struct tlsbind_appraisal *appraisal = tlsbind_appraisal_new();
	FILE *file = fopen(test_real("snp/roots/ask_ark_genoa.pem"), "r");
	X509 *ask = PEM_read_X509(file, NULL, NULL, NULL);
	X509 *ark = PEM_read_X509(file, NULL, NULL, NULL);

	(void)state;
	fclose(file);
	assert_int_equal(tlsbind_appraisal_add_crl(
			 appraisal, test_real("snp/crl/genoa-2022-10-31.crl.der")), 0);
	tlsbind_appraisal_set_time(appraisal, 1685577600);	/* 2023-06-01 */
	assert_int_equal(check(ask, ark, appraisal), 0);
	tlsbind_appraisal_set_time(appraisal, 1764547200);	/* 2025-12-01 */
	assert_int_equal(check(ask, ark, appraisal), UNKNOWN);
	/* A stand-in with its serial number: we have found no copy of the certificate. */
	assert_true(ASN1_INTEGER_set(X509_get_serialNumber(ask), 0x20001));
	assert_int_equal(check(ask, ark, appraisal), REVOKED);
	tlsbind_appraisal_set_time(appraisal, 1685577600);
	assert_int_equal(check(ask, ark, appraisal), REVOKED);
	/* Another root signed nothing of it. */
	assert_int_equal(check(ask, ask, appraisal), UNKNOWN);
	X509_free(ask);
	X509_free(ark);
	tlsbind_appraisal_free(appraisal);
}

/* A signing certificate with a key of a kind that nobody knows. */
static void strange_key(struct synth_pki *p)
{
	X509_PUBKEY *key = X509_get_X509_PUBKEY(p->leaf);

	assert_true(X509_PUBKEY_set0_param(key, OBJ_txt2obj("1.2.3.4", 1), V_ASN1_UNDEF, NULL,
					   OPENSSL_zalloc(8), 8));
	assert_true(X509_sign(p->leaf, p->ca_key, EVP_sha384()));
}

/* Whatever is wrong, OpenSSL's queue of errors is afterwards as it was before. */
static void test_error_queue(void **state)
{
	static const enum synth_leaf leaves[] = {
		SYNTH_LEAF_EXPIRED, SYNTH_LEAF_UNDER_ROOT, SYNTH_LEAF_CA, SYNTH_LEAF_SHA1,
		SYNTH_LEAF_CSP, SYNTH_LEAF_NAME, SYNTH_LEAF_GOOD, SYNTH_LEAF_GOOD,
	};
	size_t count = 2 * sizeof(leaves) / sizeof(leaves[0]);
	struct synth_pki *p = synth_pki_new(false);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		struct tlsbind_result *result;
		struct test_bytes evidence;
		struct synth_case c;

		synth_pki_leaf(p, false, leaves[i / 2]);
		synth_default(&c, p, false);
		c.appraisal->any_tcb = false;
		list_add(c.appraisal, list_new(p->root, p->root_key, NULL, LIST_BROKEN), false);
		list_add(c.appraisal, list_new(p->root, p->root_key, NULL, LIST_SHA1), true);
		assert_int_equal(tlsbind_appraisal_add_crl(c.appraisal, p->root_file), -EBADMSG);
		c.signature_flip = 1;
		c.appraisal->roots_named = i % 2;
		if (i + 2 >= count)
			strange_key(p);
		evidence = synth_encode(&c);
		ERR_clear_error();
		ERR_raise(ERR_LIB_USER, 77);
		assert_int_equal(tlsbind_verify(evidence.data, evidence.len, &c.connection,
						c.nonce, c.appraisal, &result), 0);
		assert_false(tlsbind_result_accepted(result));
		assert_int_equal(ERR_GET_REASON(ERR_get_error()), 77);
		assert_int_equal(ERR_get_error(), 0);
		assert_int_equal(tlsbind_appraisal_add_crl(c.appraisal, p->root_file), -EBADMSG);
		assert_int_equal(tlsbind_appraisal_add_root(c.appraisal, p->root_file), 0);
		assert_int_equal(ERR_get_error(), 0);
		tlsbind_result_free(result);
		free(evidence.data);
		synth_clear(&c);
	}
	synth_pki_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flaws), cmocka_unit_test(test_no_list),
		cmocka_unit_test(test_wrong_issuer), cmocka_unit_test(test_several_lists),
		cmocka_unit_test(test_old_and_new),
		cmocka_unit_test(test_time), cmocka_unit_test(test_key_usage),
		cmocka_unit_test(test_pss), cmocka_unit_test(test_chain),
		cmocka_unit_test(test_snp), cmocka_unit_test(test_parse_der),
		cmocka_unit_test(test_parse_pem), cmocka_unit_test(test_file_errors),
		cmocka_unit_test(test_real_genoa), cmocka_unit_test(test_error_queue),
	};

	return cmocka_run_group_tests_name("crl", tests, setup, teardown);
}
