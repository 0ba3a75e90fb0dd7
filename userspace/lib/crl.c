/* SPDX-License-Identifier: MIT */
/*
 * Not left to OpenSSL, whose search for a list looks at one list for each
 * certificate, and whose checks of a whole chain cannot spare AMD's leaves.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include "chain.h"
#include "crl.h"
#include "cursor.h"

#define TLSBIND_CRL_MAX		16	/* lists in one file */

static int tlsbind_crl_push(STACK_OF(X509_CRL) *stack, X509_CRL *crl)
{
	if (sk_X509_CRL_num(stack) < TLSBIND_CRL_MAX && sk_X509_CRL_push(stack, crl))
		return 0;
	X509_CRL_free(crl);
	return -EBADMSG;
}

static int tlsbind_crl_parse_der(struct tlsbind_span span, STACK_OF(X509_CRL) *out)
{
	struct tlsbind_cursor cursor;
	const uint8_t *end = span.data;
	X509_CRL *crl = d2i_X509_CRL(NULL, &end, (long)span.len);

	if (!crl)
		return -EBADMSG;
	tlsbind_cursor_span(&cursor, span);
	tlsbind_cursor_skip(&cursor, (size_t)(end - span.data));
	if (!tlsbind_cursor_done(&cursor)) {
		X509_CRL_free(crl);
		return -EBADMSG;
	}
	return tlsbind_crl_push(out, crl);
}

static int tlsbind_crl_parse_pem(struct tlsbind_span span, STACK_OF(X509_CRL) *out)
{
	BIO *bio = BIO_new_mem_buf(span.data, (int)span.len);
	int ret = bio ? 0 : -ENOMEM;
	X509_CRL *crl;

	while (!ret) {
		crl = PEM_read_bio_X509_CRL(bio, NULL, NULL, "");
		if (crl)
			ret = tlsbind_crl_push(out, crl);
		else if (ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE)
			break;
		else
			ret = -EBADMSG;
	}
	BIO_free(bio);
	return ret;
}

int tlsbind_crl_parse(struct tlsbind_span span, STACK_OF(X509_CRL) **out)
{
	STACK_OF(X509_CRL) *lists;
	int ret;

	*out = NULL;
	if (!span.len || span.len > TLSBIND_EVIDENCE_SIZE_MAX)
		return -EBADMSG;
	lists = sk_X509_CRL_new_null();
	if (!lists)
		return -ENOMEM;
	ERR_set_mark();
	if (span.data[0] == 0x30)
		ret = tlsbind_crl_parse_der(span, lists);
	else
		ret = tlsbind_crl_parse_pem(span, lists);
	ERR_pop_to_mark();
	if (!ret && !sk_X509_CRL_num(lists))
		ret = -EBADMSG;
	if (ret) {
		sk_X509_CRL_pop_free(lists, X509_CRL_free);
		return ret;
	}
	*out = lists;
	return 0;
}

int tlsbind_appraisal_add_crl(struct tlsbind_appraisal *appraisal, const char *path)
{
	STACK_OF(X509_CRL) *lists;
	struct tlsbind_span span;
	uint8_t *data;
	X509_CRL *crl;
	int ret;

	tlsbind_appraisal_changed(appraisal);
	ret = tlsbind_appraisal_read(path, &data, &span);
	if (ret)
		return ret;
	ret = tlsbind_crl_parse(span, &lists);
	free(data);
	while (!ret && (crl = sk_X509_CRL_shift(lists))) {
		if (sk_X509_CRL_push(appraisal->crls, crl))
			continue;
		X509_CRL_free(crl);
		ret = -ENOMEM;
	}
	sk_X509_CRL_pop_free(lists, X509_CRL_free);
	return ret;
}

/* Hash functions that are not broken, as for certificates. */
static bool tlsbind_crl_digest_is_good(int nid)
{
	return nid == NID_sha256 || nid == NID_sha384 || nid == NID_sha512;
}

/* The hash of RSASSA-PSS is in its parameters; without any it would be SHA-1. */
static int tlsbind_crl_pss_digest(const X509_ALGOR *algorithm)
{
	const ASN1_OBJECT *hash = NULL;
	RSA_PSS_PARAMS *params;
	const void *value;
	int type, nid;

	X509_ALGOR_get0(NULL, &type, &value, algorithm);
	if (type != V_ASN1_SEQUENCE)
		return NID_undef;
	params = ASN1_item_unpack(value, ASN1_ITEM_rptr(RSA_PSS_PARAMS));
	if (params && params->hashAlgorithm)
		X509_ALGOR_get0(&hash, NULL, NULL, params->hashAlgorithm);
	nid = hash ? OBJ_obj2nid(hash) : NID_undef;
	RSA_PSS_PARAMS_free(params);
	return nid;
}

static bool tlsbind_crl_is_signed(X509_CRL *crl, X509 *issuer)
{
	EVP_PKEY *key = X509_get0_pubkey(issuer);
	const X509_ALGOR *algorithm;
	int digest = NID_undef;

	X509_CRL_get0_signature(crl, NULL, &algorithm);
	if (X509_CRL_get_signature_nid(crl) == NID_rsassaPss)
		digest = tlsbind_crl_pss_digest(algorithm);
	else
		(void)OBJ_find_sigid_algs(X509_CRL_get_signature_nid(crl), &digest, NULL);
	return tlsbind_crl_digest_is_good(digest) && key && X509_CRL_verify(crl, key) == 1;
}

static bool tlsbind_crl_is_of(X509_CRL *crl, X509 *issuer)
{
	return !X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(issuer)) &&
	       X509_get_key_usage(issuer) & KU_CRL_SIGN && tlsbind_crl_is_signed(crl, issuer);
}

static bool tlsbind_crl_has(X509_CRL *crl, const X509 *cert)
{
	STACK_OF(X509_REVOKED) *entries = X509_CRL_get_REVOKED(crl);
	const ASN1_INTEGER *serial = X509_get0_serialNumber(cert);
	int i;

	for (i = 0; i < sk_X509_REVOKED_num(entries); i++)
		if (!ASN1_INTEGER_cmp(serial, X509_REVOKED_get0_serialNumber(
				      sk_X509_REVOKED_value(entries, i))))
			return true;
	return false;
}

static bool tlsbind_crl_is_current(const X509_CRL *crl, time_t now)
{
	const ASN1_TIME *from = X509_CRL_get0_lastUpdate(crl);
	const ASN1_TIME *until = X509_CRL_get0_nextUpdate(crl);

	return from && until && X509_cmp_time(from, &now) < 0 && X509_cmp_time(until, &now) > 0;
}

/*
 * Lists may be about some certificates or reasons only, about those of other
 * issuers, or changes of another list. Each of these is told by an extension that
 * is critical; the vendors use none.
 */
static bool tlsbind_crl_is_complete(X509_CRL *crl)
{
	STACK_OF(X509_REVOKED) *entries = X509_CRL_get_REVOKED(crl);
	int i;

	if (X509_CRL_get_ext_by_critical(crl, 1, -1) >= 0 ||
	    X509_CRL_get_ext_by_NID(crl, NID_delta_crl, -1) >= 0 ||
	    X509_CRL_get_ext_by_NID(crl, NID_issuing_distribution_point, -1) >= 0)
		return false;
	for (i = 0; i < sk_X509_REVOKED_num(entries); i++)
		if (X509_REVOKED_get_ext_by_critical(sk_X509_REVOKED_value(entries, i), 1, -1) >= 0)
			return false;
	return true;
}

/* Common name of a certificate, for people. */
static void tlsbind_crl_name(const X509 *cert, char *out, size_t size)
{
	snprintf(out, size, "nameless");
	(void)X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_commonName, out,
					(int)size);
}

int tlsbind_crl_check(X509 *cert, X509 *issuer, const struct tlsbind_appraisal *appraisal,
		      char *why, size_t size)
{
	time_t now = tlsbind_appraisal_now(appraisal);
	bool revoked = false, current = false;
	int i, signed_by = 0;
	char name[64];

	ERR_set_mark();
	for (i = 0; i < sk_X509_CRL_num(appraisal->crls); i++) {
		X509_CRL *crl = sk_X509_CRL_value(appraisal->crls, i);

		if (!tlsbind_crl_is_of(crl, issuer))
			continue;
		signed_by++;
		revoked |= tlsbind_crl_has(crl, cert);
		current |= tlsbind_crl_is_current(crl, now) && tlsbind_crl_is_complete(crl);
	}
	ERR_pop_to_mark();
	tlsbind_crl_name(revoked ? cert : issuer, name, sizeof(name));
	if (revoked)
		snprintf(why, size, "%s is revoked", name);
	else if (!current)
		snprintf(why, size, "%s from %s", signed_by ? "no current revocation list" :
							      "no revocation list", name);
	else
		snprintf(why, size, "not revoked");
	if (revoked)
		return -EKEYREVOKED;
	return current ? 0 : -ENOKEY;
}

int tlsbind_crl_check_chain(STACK_OF(X509) *chain, int first,
			    const struct tlsbind_appraisal *appraisal, char *why, size_t size)
{
	int i, ret, worst = 0, last = sk_X509_num(chain) - 1;
	char text[160];

	snprintf(why, size, "no certificate to look for");
	if (first < 0 || first >= last)
		return -EINVAL;
	for (i = first; i < last; i++) {
		ret = tlsbind_crl_check(sk_X509_value(chain, i), sk_X509_value(chain, i + 1),
					appraisal, text, sizeof(text));
		if (worst == -EKEYREVOKED || (worst && ret != -EKEYREVOKED))
			continue;
		worst = ret;
		snprintf(why, size, "%s", text);
	}
	return worst;
}
