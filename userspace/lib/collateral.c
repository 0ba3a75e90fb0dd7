/* SPDX-License-Identifier: MIT */
/*
 * A file has one statement as the PCS answers it, {"tcbInfo": ..., "signature": ...}
 * or {"enclaveIdentity": ..., "signature": ...}, or both with certificates and
 * revocation lists, all as strings, as dcap-qvl writes them. What is signed are
 * bytes, so those are kept as they came, and nothing is read but from them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>
#include "chain.h"
#include "collateral.h"
#include "crl.h"
#include "internal.h"
#include "tdx.h"

#define TLSBIND_COLLATERAL_SIGNER	"SGX TCB Signing"
#define TLSBIND_COLLATERAL_BODY_MAX	(1U << 18)

/* What a file adds, before it is added: all of it or nothing. */
struct tlsbind_collateral_file {
	struct tlsbind_collateral *statements[2];
	size_t count;
	STACK_OF(X509_CRL) *lists[2];
};

void tlsbind_collateral_free(struct tlsbind_collateral *collateral)
{
	if (!collateral)
		return;
	if (collateral->kind == TLSBIND_COLLATERAL_TCBINFO)
		tlsbind_tcbinfo_clear(&collateral->info);
	else
		tlsbind_qeidentity_clear(&collateral->identity);
	sk_X509_pop_free(collateral->chain, X509_free);
	free(collateral->body);
	free(collateral);
}

time_t tlsbind_collateral_issued(const struct tlsbind_collateral *collateral)
{
	return collateral->kind == TLSBIND_COLLATERAL_TCBINFO ? collateral->info.issued :
								collateral->identity.issued;
}

time_t tlsbind_collateral_next(const struct tlsbind_collateral *collateral)
{
	return collateral->kind == TLSBIND_COLLATERAL_TCBINFO ? collateral->info.next :
								collateral->identity.next;
}

uint32_t tlsbind_collateral_evaluation(const struct tlsbind_collateral *collateral)
{
	return collateral->kind == TLSBIND_COLLATERAL_TCBINFO ? collateral->info.evaluation :
								collateral->identity.evaluation;
}

static struct tlsbind_span tlsbind_collateral_body(const struct tlsbind_collateral *collateral)
{
	return (struct tlsbind_span){ collateral->body, collateral->len };
}

/* Keep the bytes, and read them. */
static int tlsbind_collateral_fill(struct tlsbind_collateral *out, struct tlsbind_span body)
{
	if (!body.len || body.len > TLSBIND_COLLATERAL_BODY_MAX)
		return -EBADMSG;
	out->body = malloc(body.len);
	if (!out->body)
		return -ENOMEM;
	memcpy(out->body, body.data, body.len);
	out->len = body.len;
	if (out->kind == TLSBIND_COLLATERAL_TCBINFO)
		return tlsbind_tcbinfo_parse(tlsbind_collateral_body(out), &out->info);
	return tlsbind_qeidentity_parse(tlsbind_collateral_body(out), &out->identity);
}

/* One more statement of a file, without its chain. */
static int tlsbind_collateral_add(struct tlsbind_collateral_file *file,
				  enum tlsbind_collateral_kind kind, struct tlsbind_span body,
				  const json_t *root, const char *signature)
{
	struct tlsbind_collateral *statement;
	int ret;

	statement = calloc(1, sizeof(*statement));
	if (!statement)
		return -ENOMEM;
	file->statements[file->count++] = statement;
	statement->kind = kind;
	ret = tlsbind_pcs_hex(root, signature, statement->signature,
			      sizeof(statement->signature));
	return ret ? ret : tlsbind_collateral_fill(statement, body);
}

static struct tlsbind_span tlsbind_collateral_text(const json_t *root, const char *name)
{
	const json_t *value = json_object_get(root, name);

	return (struct tlsbind_span){ (const uint8_t *)json_string_value(value),
				      json_string_length(value) };
}

/* The PCS's own form: two members, whose first is signed as it stands there. */
static int tlsbind_collateral_read_pcs(struct tlsbind_collateral_file *file,
				       enum tlsbind_collateral_kind kind, const char *name,
				       struct tlsbind_span text, const json_t *root)
{
	if (json_object_size(root) != 2)
		return -EBADMSG;
	return tlsbind_collateral_add(file, kind, tlsbind_pcs_bytes(text, name), root,
				      "signature");
}

/* A statement in a string, with its chain. */
static int tlsbind_collateral_read_part(struct tlsbind_collateral_file *file,
					enum tlsbind_collateral_kind kind, const json_t *root,
					const char *body, const char *signature, const char *chain)
{
	struct tlsbind_span certs = tlsbind_collateral_text(root, chain);
	int ret;

	ret = tlsbind_collateral_add(file, kind, tlsbind_collateral_text(root, body), root,
				     signature);
	if (!ret)
		ret = tlsbind_chain_parse(certs, false, &file->statements[file->count - 1]->chain);
	return ret;
}

static int tlsbind_collateral_read_list(const json_t *root, const char *name,
					STACK_OF(X509_CRL) **out)
{
	const char *hex = tlsbind_pcs_string(root, name);
	size_t len = hex ? strlen(hex) / 2 : 0;
	uint8_t *der;
	int ret;

	if (!len)
		return -EBADMSG;
	der = malloc(len);
	if (!der)
		return -ENOMEM;
	ret = tlsbind_unhex(hex, der, len);
	if (!ret)
		ret = tlsbind_crl_parse((struct tlsbind_span){ der, len }, out);
	free(der);
	return ret;
}

static int tlsbind_collateral_read_strings(struct tlsbind_collateral_file *file,
					   const json_t *root)
{
	int ret;

	ret = tlsbind_collateral_read_part(file, TLSBIND_COLLATERAL_TCBINFO, root, "tcb_info",
					   "tcb_info_signature", "tcb_info_issuer_chain");
	if (!ret)
		ret = tlsbind_collateral_read_part(file, TLSBIND_COLLATERAL_QEIDENTITY, root,
						   "qe_identity", "qe_identity_signature",
						   "qe_identity_issuer_chain");
	if (!ret)
		ret = tlsbind_collateral_read_list(root, "root_ca_crl", &file->lists[0]);
	if (!ret)
		ret = tlsbind_collateral_read_list(root, "pck_crl", &file->lists[1]);
	return ret;
}

static int tlsbind_collateral_read(struct tlsbind_collateral_file *file, struct tlsbind_span text)
{
	json_t *root = tlsbind_pcs_parse(text);
	int ret = -EBADMSG;

	if (json_object_get(root, "tcbInfo"))
		ret = tlsbind_collateral_read_pcs(file, TLSBIND_COLLATERAL_TCBINFO, "tcbInfo",
						  text, root);
	else if (json_object_get(root, "enclaveIdentity"))
		ret = tlsbind_collateral_read_pcs(file, TLSBIND_COLLATERAL_QEIDENTITY,
						  "enclaveIdentity", text, root);
	else if (json_object_get(root, "tcb_info"))
		ret = tlsbind_collateral_read_strings(file, root);
	json_decref(root);
	return ret;
}

/* Room for everything first, so that nothing can fail when the first part is in. */
static int tlsbind_collateral_reserve(struct tlsbind_appraisal *appraisal,
				      const struct tlsbind_collateral_file *file)
{
	size_t count = appraisal->collateral_count + file->count;
	struct tlsbind_collateral **list;
	int i, lists = 0;

	if (count > TLSBIND_COLLATERAL_MAX)
		return -E2BIG;
	list = (struct tlsbind_collateral **)reallocarray((void *)appraisal->collateral, count,
							  sizeof(*list));
	if (!list)
		return -ENOMEM;
	appraisal->collateral = list;
	for (i = 0; i < 2; i++)
		if (file->lists[i])
			lists += sk_X509_CRL_num(file->lists[i]);
	return sk_X509_CRL_reserve(appraisal->crls, lists) ? 0 : -ENOMEM;
}

static int tlsbind_collateral_add_lists(struct tlsbind_appraisal *appraisal,
					STACK_OF(X509_CRL) *lists)
{
	X509_CRL *list;

	while (lists && (list = sk_X509_CRL_shift(lists))) {
		if (sk_X509_CRL_push(appraisal->crls, list))
			continue;
		X509_CRL_free(list);
		return -ENOMEM;
	}
	return 0;
}

static int tlsbind_collateral_commit(struct tlsbind_appraisal *appraisal,
				     struct tlsbind_collateral_file *file)
{
	size_t i;
	int ret;

	ret = tlsbind_collateral_reserve(appraisal, file);
	for (i = 0; i < 2 && !ret; i++)
		ret = tlsbind_collateral_add_lists(appraisal, file->lists[i]);
	for (i = 0; i < file->count && !ret; i++) {
		appraisal->collateral[appraisal->collateral_count++] = file->statements[i];
		file->statements[i] = NULL;
	}
	return ret;
}

int tlsbind_appraisal_add_collateral(struct tlsbind_appraisal *appraisal, const char *path)
{
	struct tlsbind_collateral_file file = { 0 };
	struct tlsbind_span text;
	uint8_t *data;
	size_t i;
	int ret;

	tlsbind_appraisal_changed(appraisal);
	ret = tlsbind_appraisal_read(path, &data, &text);
	if (ret)
		return ret;
	ERR_set_mark();
	ret = tlsbind_collateral_read(&file, text);
	ERR_pop_to_mark();
	if (!ret)
		ret = tlsbind_collateral_commit(appraisal, &file);
	for (i = 0; i < 2; i++) {
		tlsbind_collateral_free(file.statements[i]);
		sk_X509_CRL_pop_free(file.lists[i], X509_CRL_free);
	}
	free(data);
	return ret;
}

static bool tlsbind_collateral_fits(const struct tlsbind_collateral *collateral,
				    enum tlsbind_collateral_kind kind,
				    const struct tlsbind_pck *pck)
{
	if (collateral->kind != kind)
		return false;
	if (kind != TLSBIND_COLLATERAL_TCBINFO)
		return true;
	return pck && !memcmp(collateral->info.fmspc, pck->fmspc, sizeof(pck->fmspc)) &&
	       !memcmp(collateral->info.pceid, pck->pceid, sizeof(pck->pceid));
}

static bool tlsbind_collateral_is_newer(const struct tlsbind_collateral *a,
					const struct tlsbind_collateral *b)
{
	uint32_t number_a = tlsbind_collateral_evaluation(a);
	uint32_t number_b = tlsbind_collateral_evaluation(b);

	if (number_a != number_b)
		return number_a > number_b;
	return tlsbind_collateral_issued(a) > tlsbind_collateral_issued(b);
}

const struct tlsbind_collateral *tlsbind_collateral_find(const struct tlsbind_appraisal *appraisal,
							 enum tlsbind_collateral_kind kind,
							 const struct tlsbind_pck *pck)
{
	const struct tlsbind_collateral *found = NULL;
	size_t i;

	for (i = 0; i < appraisal->collateral_count; i++) {
		const struct tlsbind_collateral *one = appraisal->collateral[i];

		if (tlsbind_collateral_fits(one, kind, pck) &&
		    (!found || tlsbind_collateral_is_newer(one, found)))
			found = one;
	}
	return found;
}

/* Chain of a signer to the root, its signature, whether it is revoked. */
static int tlsbind_collateral_try(const struct tlsbind_collateral *collateral, X509 *signer,
				  STACK_OF(X509) *brought,
				  const struct tlsbind_appraisal *appraisal, X509 *root, char *why,
				  size_t size)
{
	struct tlsbind_span signature = { collateral->signature, sizeof(collateral->signature) };
	STACK_OF(X509) *chain = NULL;
	X509 *last;
	int ret;

	ret = tlsbind_chain_verify(signer, brought, appraisal, TLSBIND_VENDOR_INTEL, 2, &chain,
				   why, size);
	if (ret)
		return ret;
	last = sk_X509_value(chain, 1);
	ret = -EKEYREJECTED;
	if (root && EVP_PKEY_eq(X509_get0_pubkey(root), X509_get0_pubkey(last)) != 1)
		snprintf(why, size, "its signer has another root than the PCK certificate");
	else if (tlsbind_tdx_ecdsa(X509_get0_pubkey(signer), signature,
				   tlsbind_collateral_body(collateral)))
		snprintf(why, size, "its signature does not verify");
	else
		ret = tlsbind_crl_check(signer, last, appraisal, why, size);
	/*
	 * Not to know whether the signer is revoked fails tcb.revocation, which asks
	 * the lists of the same root about the issuer of the PCK certificate.
	 */
	if (ret == -ENOKEY)
		ret = 0;
	sk_X509_pop_free(chain, X509_free);
	return ret;
}

/* By reference: what came with the statement, or else the root that is known already. */
static STACK_OF(X509) *tlsbind_collateral_brought(const struct tlsbind_collateral *collateral,
						  X509 *root)
{
	STACK_OF(X509) *out = collateral->chain ? sk_X509_dup(collateral->chain) :
						  sk_X509_new_null();

	if (out && !collateral->chain && root && !sk_X509_push(out, root)) {
		sk_X509_free(out);
		return NULL;
	}
	return out;
}

int tlsbind_collateral_verify(const struct tlsbind_collateral *collateral,
			      const struct tlsbind_appraisal *appraisal, X509 *root, char *why,
			      size_t size)
{
	STACK_OF(X509) *certs = collateral->chain ? collateral->chain : appraisal->untrusted;
	STACK_OF(X509) *brought = tlsbind_collateral_brought(collateral, root);
	int i, ret = brought ? -EKEYREJECTED : -ENOMEM;

	snprintf(why, size, "no certificate of its signer");
	ERR_set_mark();
	for (i = 0; i < sk_X509_num(certs) && ret == -EKEYREJECTED; i++) {
		X509 *signer = sk_X509_value(certs, i);

		if (tlsbind_chain_is_called(signer, TLSBIND_COLLATERAL_SIGNER))
			ret = tlsbind_collateral_try(collateral, signer, brought, appraisal, root,
						     why, size);
	}
	ERR_pop_to_mark();
	sk_X509_free(brought);
	return ret;
}
