/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include "chain.h"
#include "cursor.h"

#define TLSBIND_CHAIN_MAX	16	/* certificates in one blob */

/*
 * Security level 3 of OpenSSL: 128 bits, which P-256 with SHA-256 just has, and AMD's
 * RSA-4096 and P-384 with SHA-384 have too.
 */
#define TLSBIND_AUTH_LEVEL	3

static int tlsbind_chain_push(STACK_OF(X509) *stack, X509 *cert)
{
	if (sk_X509_num(stack) < TLSBIND_CHAIN_MAX && sk_X509_push(stack, cert))
		return 0;
	X509_free(cert);
	return -EBADMSG;
}

static bool tlsbind_chain_is_padding(struct tlsbind_span span)
{
	size_t i;

	for (i = 0; i < span.len; i++)
		if (!memchr(" \t\r\n", span.data[i], 5))	/* the fifth is the zero byte */
			return false;
	return true;
}

static struct tlsbind_span tlsbind_chain_left(BIO *bio)
{
	char *data = NULL;
	long len = BIO_get_mem_data(bio, &data);

	return (struct tlsbind_span){ (const uint8_t *)data, len > 0 ? (size_t)len : 0 };
}

static bool tlsbind_chain_begins(struct tlsbind_span span)
{
	static const char begin[] = "-----BEGIN CERTIFICATE-----";

	return span.len >= sizeof(begin) - 1 && !memcmp(span.data, begin, sizeof(begin) - 1);
}

static int tlsbind_chain_parse_pem(struct tlsbind_span span, bool text, STACK_OF(X509) *out)
{
	BIO *bio = BIO_new_mem_buf(span.data, (int)span.len);
	int ret = bio ? 0 : -ENOMEM;
	X509 *cert;

	while (!ret && !tlsbind_chain_is_padding(tlsbind_chain_left(bio))) {
		if (!text && !tlsbind_chain_begins(tlsbind_chain_left(bio))) {
			ret = -EBADMSG;
			break;
		}
		cert = PEM_read_bio_X509(bio, NULL, NULL, "");
		if (cert)
			ret = tlsbind_chain_push(out, cert);
		else if (text && ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE)
			break;
		else
			ret = -EBADMSG;
	}
	BIO_free(bio);
	return ret;
}

static int tlsbind_chain_parse_der(struct tlsbind_span span, STACK_OF(X509) *out)
{
	struct tlsbind_cursor cursor;
	int ret = 0;

	tlsbind_cursor_span(&cursor, span);
	while (!ret && !tlsbind_chain_is_padding((struct tlsbind_span){ cursor.data,
								       cursor.left })) {
		const uint8_t *end = cursor.data;
		X509 *cert = d2i_X509(NULL, &end, (long)cursor.left);

		if (!cert)
			return -EBADMSG;
		tlsbind_cursor_skip(&cursor, (size_t)(end - cursor.data));
		ret = tlsbind_chain_push(out, cert);
	}
	return ret;
}

int tlsbind_chain_parse(struct tlsbind_span span, bool text, STACK_OF(X509) **out)
{
	STACK_OF(X509) *certs = NULL;
	int ret = -EBADMSG;

	*out = NULL;
	if (!span.len || span.len > TLSBIND_EVIDENCE_SIZE_MAX)
		return -EBADMSG;
	certs = sk_X509_new_null();
	if (!certs)
		return -ENOMEM;
	ERR_set_mark();
	if (span.data[0] == 0x30)
		ret = tlsbind_chain_parse_der(span, certs);
	else
		ret = tlsbind_chain_parse_pem(span, text, certs);
	ERR_pop_to_mark();
	if (!ret && !sk_X509_num(certs))
		ret = -EBADMSG;
	if (ret) {
		sk_X509_pop_free(certs, X509_free);
		return ret;
	}
	*out = certs;
	return 0;
}

static bool tlsbind_chain_self_issued(const X509 *cert)
{
	return !X509_NAME_cmp(X509_get_subject_name(cert), X509_get_issuer_name(cert));
}

/* Candidates for intermediates, by reference. */
static int tlsbind_chain_candidates(STACK_OF(X509) *out, STACK_OF(X509) *from)
{
	int i;

	for (i = 0; i < sk_X509_num(from); i++) {
		X509 *cert = sk_X509_value(from, i);

		if (!tlsbind_chain_self_issued(cert) && !sk_X509_push(out, cert))
			return -ENOMEM;
	}
	return 0;
}

/* Everything that a step of tlsbind_chain_verify() looks at. */
struct tlsbind_chain_task {
	STACK_OF(X509) *brought;
	const struct tlsbind_appraisal *appraisal;
	enum tlsbind_vendor vendor;
	int links;
	char *why;
	size_t size;
};

static bool tlsbind_chain_is_named(const X509 *cert, STACK_OF(X509) *roots)
{
	EVP_PKEY *key = X509_get0_pubkey(cert);
	int i;

	for (i = 0; key && i < sk_X509_num(roots); i++)
		if (EVP_PKEY_eq(key, X509_get0_pubkey(sk_X509_value(roots, i))) == 1)
			return true;
	return false;
}

static bool tlsbind_chain_is_pinned(const X509 *cert, enum tlsbind_vendor vendor)
{
	const struct tlsbind_anchor *anchor = tlsbind_anchor_find(cert);

	return anchor && anchor->vendor == vendor;
}

static bool tlsbind_chain_is_trusted(const struct tlsbind_chain_task *task, const X509 *cert)
{
	if (task->appraisal->roots_named)
		return tlsbind_chain_is_named(cert, task->appraisal->roots);
	return tlsbind_chain_is_pinned(cert, task->vendor);
}

/* A key that is trusted, and a certificate that is signed with it? */
static bool tlsbind_chain_is_root(const struct tlsbind_chain_task *task, X509 *cert)
{
	return tlsbind_chain_is_trusted(task, cert) && X509_self_signed(cert, 1) == 1;
}

/* Nothing may come with the evidence that is neither a link of its chain nor a root. */
static bool tlsbind_chain_uses(const struct tlsbind_chain_task *task, STACK_OF(X509) *chain)
{
	int i, j;

	for (i = 0; i < sk_X509_num(task->brought); i++) {
		X509 *cert = sk_X509_value(task->brought, i);
		bool used = false;

		for (j = 0; j < sk_X509_num(chain) && !used; j++)
			used = !X509_cmp(cert, sk_X509_value(chain, j));
		if (!used && !tlsbind_chain_is_root(task, cert))
			return false;
	}
	return true;
}

/* Add the roots among @certs to what OpenSSL trusts. */
static int tlsbind_chain_trust(const struct tlsbind_chain_task *task, X509_STORE *store,
			       STACK_OF(X509) *certs)
{
	int i;

	for (i = 0; i < sk_X509_num(certs); i++) {
		X509 *cert = sk_X509_value(certs, i);

		if (tlsbind_chain_is_root(task, cert) && !X509_STORE_add_cert(store, cert))
			return -ENOMEM;
	}
	return 0;
}

static X509_STORE *tlsbind_chain_store(const struct tlsbind_chain_task *task)
{
	const struct tlsbind_appraisal *appraisal = task->appraisal;
	X509_STORE *store = X509_STORE_new();
	int ret;

	if (!store)
		return NULL;
	if (appraisal->roots_named) {
		ret = tlsbind_chain_trust(task, store, appraisal->roots);
	} else {
		ret = tlsbind_chain_trust(task, store, task->brought);
		if (!ret)
			ret = tlsbind_chain_trust(task, store, appraisal->untrusted);
	}
	if (!ret)
		return store;
	X509_STORE_free(store);
	return NULL;
}

static bool tlsbind_chain_store_is_empty(X509_STORE *store)
{
	STACK_OF(X509) *certs = X509_STORE_get1_all_certs(store);
	bool empty = sk_X509_num(certs) < 1;

	sk_X509_pop_free(certs, X509_free);
	return empty;
}

static int tlsbind_chain_judge(const struct tlsbind_chain_task *task, X509_STORE_CTX *ctx)
{
	STACK_OF(X509) *chain;
	int count;

	if (X509_verify_cert(ctx) != 1) {
		snprintf(task->why, task->size, "%s at depth %d",
			 X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx)),
			 X509_STORE_CTX_get_error_depth(ctx));
		return -EKEYREJECTED;
	}
	chain = X509_STORE_CTX_get0_chain(ctx);
	count = sk_X509_num(chain);
	if (count != task->links) {
		snprintf(task->why, task->size, "chain of %d certificates instead of %d", count,
			 task->links);
		return -EKEYREJECTED;
	}
	if (!tlsbind_chain_is_trusted(task, sk_X509_value(chain, count - 1))) {
		snprintf(task->why, task->size, "chain does not end in a trusted root");
		return -EKEYREJECTED;
	}
	if (!tlsbind_chain_uses(task, chain)) {
		snprintf(task->why, task->size,
			 "the evidence brings a certificate that does not belong to it");
		return -EKEYREJECTED;
	}
	return 0;
}

/* Which of the reasons to trust it was, for people. */
static void tlsbind_chain_describe(const struct tlsbind_chain_task *task, const X509 *root)
{
	const struct tlsbind_anchor *anchor = tlsbind_anchor_find(root);

	snprintf(task->why, task->size, "chain ends in %s%s",
		 task->appraisal->roots_named ? "a given root" : "the pinned key of ",
		 task->appraisal->roots_named || !anchor ? "" : anchor->name);
}

static int tlsbind_chain_run(const struct tlsbind_chain_task *task, X509 *leaf,
			     X509_STORE *store, STACK_OF(X509) *others, X509_STORE_CTX *ctx)
{
	X509_VERIFY_PARAM *param;

	if (tlsbind_chain_candidates(others, task->brought) ||
	    tlsbind_chain_candidates(others, task->appraisal->untrusted) ||
	    !X509_STORE_CTX_init(ctx, store, leaf, others))
		return -ENOMEM;
	if (tlsbind_chain_store_is_empty(store)) {
		snprintf(task->why, task->size, "%s", task->appraisal->roots_named ?
			 "no root was given" : "no certificate of a pinned root is at hand");
		return -EKEYREJECTED;
	}
	if (X509_check_ca(leaf)) {
		snprintf(task->why, task->size, "the signing certificate is a CA");
		return -EKEYREJECTED;
	}
	param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_auth_level(param, TLSBIND_AUTH_LEVEL);
	X509_VERIFY_PARAM_set_depth(param, task->links - 2);
	X509_VERIFY_PARAM_set_time(param, tlsbind_appraisal_now(task->appraisal));
	return tlsbind_chain_judge(task, ctx);
}

int tlsbind_chain_verify(X509 *leaf, STACK_OF(X509) *untrusted,
			 const struct tlsbind_appraisal *appraisal, enum tlsbind_vendor vendor,
			 int links, STACK_OF(X509) **chain, char *why, size_t size)
{
	struct tlsbind_chain_task task = { untrusted, appraisal, vendor, links, why, size };
	STACK_OF(X509) *others = sk_X509_new_null(), *found = NULL;
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509_STORE *store;
	int ret = -ENOMEM;

	ERR_set_mark();
	store = tlsbind_chain_store(&task);
	snprintf(why, size, "out of memory");
	if (store && ctx && others)
		ret = tlsbind_chain_run(&task, leaf, store, others, ctx);
	if (!ret) {
		found = X509_STORE_CTX_get1_chain(ctx);
		ret = found ? 0 : -ENOMEM;
	}
	if (!ret)
		tlsbind_chain_describe(&task, sk_X509_value(found, links - 1));
	ERR_pop_to_mark();
	sk_X509_free(others);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	if (chain)
		*chain = found;
	else
		sk_X509_pop_free(found, X509_free);
	return ret;
}

static bool tlsbind_ecdsa_on_curve(EVP_PKEY *pkey, const char *curve)
{
	char name[32];
	size_t len = 0;

	return EVP_PKEY_is_a(pkey, "EC") &&
	       EVP_PKEY_get_group_name(pkey, name, sizeof(name), &len) == 1 &&
	       OBJ_txt2nid(name) != NID_undef && OBJ_txt2nid(name) == OBJ_txt2nid(curve);
}

int tlsbind_ecdsa_verify(EVP_PKEY *pkey, const char *curve, const EVP_MD *md, BIGNUM *r,
			 BIGNUM *s, struct tlsbind_span data)
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t *der = NULL;
	int ret = -ENOMEM, len;

	ERR_set_mark();
	if (!sig || !ctx || !r || !s || !ECDSA_SIG_set0(sig, r, s))
		goto out;
	r = NULL;
	s = NULL;
	len = i2d_ECDSA_SIG(sig, &der);
	if (len <= 0)
		goto out;
	ret = -EKEYREJECTED;
	if (pkey && tlsbind_ecdsa_on_curve(pkey, curve) &&
	    EVP_DigestVerifyInit(ctx, NULL, md, NULL, pkey) == 1 &&
	    EVP_DigestVerify(ctx, der, (size_t)len, data.data, data.len) == 1)
		ret = 0;
out:
	ERR_pop_to_mark();
	BN_free(r);
	BN_free(s);
	OPENSSL_free(der);
	EVP_MD_CTX_free(ctx);
	ECDSA_SIG_free(sig);
	return ret;
}

bool tlsbind_chain_is_called(const X509 *cert, const char *text)
{
	const X509_NAME *subject = X509_get_subject_name(cert);
	int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1), len;
	unsigned char *name = NULL;
	bool found;

	if (at < 0 || X509_NAME_get_index_by_NID(subject, NID_commonName, at) >= 0)
		return false;
	ERR_set_mark();
	len = ASN1_STRING_to_UTF8(&name,
				  X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
	ERR_pop_to_mark();
	found = len > 0 && strlen((char *)name) == (size_t)len && strstr((char *)name, text);
	OPENSSL_free(name);
	return found;
}

struct tlsbind_span tlsbind_chain_extension(const X509 *cert, const char *oid)
{
	ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
	int at = object ? X509_get_ext_by_OBJ(cert, object, -1) : -1;
	struct tlsbind_span span = { NULL, 0 };
	const ASN1_OCTET_STRING *value;

	if (at >= 0) {
		value = X509_EXTENSION_get_data(X509_get_ext(cert, at));
		span.data = ASN1_STRING_get0_data(value);
		if (X509_get_ext_by_OBJ(cert, object, at) < 0)
			span.len = (size_t)ASN1_STRING_length(value);
	}
	ASN1_OBJECT_free(object);
	return span;
}
