/* SPDX-License-Identifier: MIT */
/*
 * "The relying party accepts only if": every condition of the protocol is one
 * check here, and all of them are evaluated whatever fails before. A check
 * that nobody sets stays "not reached", which is a rejection.
 */
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <openssl/crypto.h>
#include "cache.h"
#include "cursor.h"
#include "internal.h"
#include "report.h"
#include "result.h"

/* What all steps look at. With a cache, what is to be kept there if all goes well. */
struct tlsbind_verification {
	const struct tlsbind_connection *connection;
	const uint8_t *nonce;
	const struct tlsbind_appraisal *appraisal;
	struct tlsbind_evidence evidence;
	struct tlsbind_claims claims;
	struct tlsbind_result *result;
	struct tlsbind_cache *cache;
	struct tlsbind_cache_key key;
	struct tlsbind_finding finding;
};

/* A pre-shared key alone says nothing about who shares it by now: psk_ke is never accepted. */
static void tlsbind_verify_resumption(struct tlsbind_verification *v)
{
	const struct tlsbind_connection *conn = v->connection;
	bool psk = v->appraisal->psk_dhe && conn->dhe;
	const char *got = "full handshake";

	if (!conn->full_handshake)
		got = conn->dhe ? "pre-shared key with a key exchange" : "pre-shared key";
	tlsbind_result_set(v->result, TLSBIND_CHECK_TLS_RESUMPTION, conn->full_handshake || psk,
			   v->appraisal->psk_dhe ?
			   "full handshake, or pre-shared key with a key exchange" :
			   "full handshake", got);
}

static void tlsbind_verify_tls(struct tlsbind_verification *v)
{
	const struct tlsbind_connection *conn = v->connection;
	char got[48];

	snprintf(got, sizeof(got), "0x%04x", conn->tls_version);
	tlsbind_result_set(v->result, TLSBIND_CHECK_TLS_VERSION,
			   conn->tls_version == TLS1_3_VERSION, "0x0304", got);
	snprintf(got, sizeof(got), "%.31s", conn->group[0] ? conn->group : "none");
	tlsbind_result_set(v->result, TLSBIND_CHECK_TLS_KEY_EXCHANGE, conn->dhe,
			   "an ephemeral key exchange", got);
	tlsbind_verify_resumption(v);
	tlsbind_result_set(v->result, TLSBIND_CHECK_TLS_EARLY_DATA, conn->no_early_data,
			   "no early data", conn->no_early_data ? "no early data" : "early data");
}

static void tlsbind_verify_claims(struct tlsbind_verification *v)
{
	const struct tlsbind_connection *conn = v->connection;
	const struct tlsbind_claims *claims = &v->claims;
	struct tlsbind_span nonce = { claims->nonce, sizeof(claims->nonce) };
	uint16_t version = be16toh(claims->tls_version), suite = be16toh(claims->cipher_suite);
	uint32_t tx = be32toh(claims->tx_generation), rx = be32toh(claims->rx_generation);
	char want[64], got[64];

	snprintf(want, sizeof(want), "%d", TLSBIND_PROTOCOL_VERSION);
	snprintf(got, sizeof(got), "%u", be16toh(claims->version));
	tlsbind_result_set(v->result, TLSBIND_CHECK_CLAIMS_VERSION,
			   be16toh(claims->version) == TLSBIND_PROTOCOL_VERSION, want, got);

	if (tlsbind_is_zero(v->nonce, TLSBIND_NONCE_SIZE))
		tlsbind_result_set(v->result, TLSBIND_CHECK_CLAIMS_NONCE, false,
				   "a nonce that was not used before", "none");
	else
		tlsbind_result_bytes(v->result, TLSBIND_CHECK_CLAIMS_NONCE, v->nonce, nonce,
				     TLSBIND_NONCE_SIZE);

	snprintf(want, sizeof(want), "version 0x%04x suite 0x%04x", conn->tls_version,
		 conn->cipher_suite);
	snprintf(got, sizeof(got), "version 0x%04x suite 0x%04x", version, suite);
	tlsbind_result_set(v->result, TLSBIND_CHECK_CLAIMS_SUITE,
			   version == conn->tls_version && suite == conn->cipher_suite &&
			   tlsbind_suite_key_size(suite), want, got);

	snprintf(want, sizeof(want), "tx %u rx %u", conn->tx_generation, conn->rx_generation);
	snprintf(got, sizeof(got), "tx %u rx %u", tx, rx);
	tlsbind_result_set(v->result, TLSBIND_CHECK_CLAIMS_GENERATION,
			   tx == conn->tx_generation && rx == conn->rx_generation, want, got);
}

static void tlsbind_verify_flag_names(uint32_t flags, char *out, size_t size)
{
	char number[16];
	uint32_t bit;
	size_t used;

	snprintf(out, size, "%s", flags ? "" : "none");
	for (bit = 1; flags && bit; bit <<= 1) {
		const char *name = tlsbind_flag_name(bit);

		if (!(flags & bit))
			continue;
		snprintf(number, sizeof(number), "0x%x", bit);
		used = strlen(out);
		snprintf(out + used, size - used, "%s%s", used ? "," : "",
			 name ? name : number);
	}
}

static void tlsbind_verify_flags(struct tlsbind_verification *v)
{
	uint32_t flags = be32toh(v->claims.flags), allowed = v->appraisal->flags;
	char names[128], want[sizeof(names) + 16], got[128];

	if (v->appraisal->policy.loaded)
		return;
	tlsbind_verify_flag_names(allowed, names, sizeof(names));
	snprintf(want, sizeof(want), "at most %s", names);
	tlsbind_verify_flag_names(flags, got, sizeof(got));
	tlsbind_result_set(v->result, TLSBIND_CHECK_CLAIMS_FLAGS, !(flags & ~allowed), want, got);
}

/* An all-zero commitment stands for a missing key, and is never accepted. */
static void tlsbind_verify_commitment(struct tlsbind_verification *v, enum tlsbind_check_id id,
				      const uint8_t *want, const uint8_t *got)
{
	struct tlsbind_span span = { got, TLSBIND_COMMITMENT_SIZE };

	if (tlsbind_is_zero(want, TLSBIND_COMMITMENT_SIZE) ||
	    tlsbind_is_zero(got, TLSBIND_COMMITMENT_SIZE))
		tlsbind_result_set(v->result, id, false, "the key of this connection", "no key");
	else
		tlsbind_result_bytes(v->result, id, want, span, TLSBIND_COMMITMENT_SIZE);
}

static void tlsbind_verify_binding(struct tlsbind_verification *v)
{
	tlsbind_verify_commitment(v, TLSBIND_CHECK_BINDING_TX, v->connection->tx_commitment,
				  v->claims.tx_commitment);
	tlsbind_verify_commitment(v, TLSBIND_CHECK_BINDING_RX, v->connection->rx_commitment,
				  v->claims.rx_commitment);
}

/* From the claims to what the hardware must have signed. */
static int tlsbind_verify_tree(struct tlsbind_verification *v,
			       uint8_t report_data[TLSBIND_REPORT_DATA_SIZE])
{
	const struct tlsbind_evidence *evidence = &v->evidence;
	uint8_t leaf[TLSBIND_HASH_SIZE], root[TLSBIND_HASH_SIZE];
	char got[96];
	int ret;

	ret = tlsbind_leaf(evidence->claims.data, leaf);
	if (!ret)
		ret = tlsbind_path_root(leaf, evidence->leaf_index, evidence->tree_size,
					evidence->path.data,
					evidence->path.len / TLSBIND_HASH_SIZE, root);
	snprintf(got, sizeof(got), "leaf %u of %u with a path of %zu", evidence->leaf_index,
		 evidence->tree_size, evidence->path.len / TLSBIND_HASH_SIZE);
	tlsbind_result_set(v->result, TLSBIND_CHECK_TREE_INCLUSION, !ret, "a path that fits", got);
	if (!ret)
		ret = tlsbind_report_data(evidence->tree_size, root, evidence->boot_nonce.data,
					  report_data);
	return ret;
}

/*
 * Judge the report by itself. The time is taken before and after, for a date may be
 * passed meanwhile: then it is not known which side of it the verdicts are from.
 */
static bool tlsbind_verify_judge(struct tlsbind_verification *v, time_t now)
{
	const struct tlsbind_evidence *evidence = &v->evidence;
	struct tlsbind_finding *finding = &v->finding;
	struct tlsbind_report report;
	char got[160] = "well formed";
	bool parsed;
	int ret;

	finding->checks = tlsbind_result_new(TLSBIND_CHECKS_ALL);
	if (!finding->checks)
		return false;
	ret = tlsbind_report_parse(evidence->provider, evidence->report, evidence->aux,
				   v->appraisal, &report, got, sizeof(got));
	tlsbind_result_set(finding->checks, TLSBIND_CHECK_EVIDENCE_FORMAT, !ret,
			   "well-formed evidence", got);
	tlsbind_report_judge(&report, v->appraisal, finding->checks);
	tlsbind_window_init(&finding->window, now);
	tlsbind_window_certificates(&finding->window, report.certs);
	tlsbind_window_appraisal(&finding->window, v->appraisal);
	parsed = report.provider && report.report_data.len == sizeof(finding->report_data);
	if (parsed)
		memcpy(finding->report_data, report.report_data.data,
		       sizeof(finding->report_data));
	tlsbind_report_clear(&report);
	tlsbind_result_merge(v->result, finding->checks);
	return parsed;
}

static void tlsbind_verify_report(struct tlsbind_verification *v)
{
	uint8_t want[TLSBIND_REPORT_DATA_SIZE], got[TLSBIND_REPORT_DATA_SIZE];
	struct tlsbind_span span = { got, sizeof(got) };
	time_t now = tlsbind_appraisal_now(v->appraisal);
	bool found = false, parsed = false;

	if (v->cache) {
		v->key = tlsbind_cache_key(&v->evidence, v->appraisal);
		found = tlsbind_cache_find(v->cache, &v->key, now, v->result, got);
	}
	if (!found) {
		parsed = tlsbind_verify_judge(v, now);
		memcpy(got, v->finding.report_data, sizeof(got));
	}
	if (!tlsbind_verify_tree(v, want) && (found || parsed))
		tlsbind_result_bytes(v->result, TLSBIND_CHECK_REPORT_DATA, want, span,
				     sizeof(got));
}

/* Only what accepted evidence brought is kept, and only if it holds at this moment. */
static void tlsbind_verify_keep(struct tlsbind_verification *v)
{
	struct tlsbind_finding *finding = &v->finding;
	time_t now = tlsbind_appraisal_now(v->appraisal);

	if (v->cache && tlsbind_result_accepted(v->result) &&
	    tlsbind_window_holds(&finding->window, finding->window.now) &&
	    tlsbind_window_holds(&finding->window, now))
		tlsbind_cache_keep(v->cache, &v->key, finding);
	tlsbind_result_free(finding->checks);
	finding->checks = NULL;
}

/* All steps, for the checks that @required names. */
static int tlsbind_verify_run(struct tlsbind_verification *v, uint64_t required,
			      const void *evidence, size_t len)
{
	v->result = tlsbind_result_new(required);
	if (!v->result)
		return -ENOMEM;
	tlsbind_report_drop(v->appraisal, v->result);
	tlsbind_verify_tls(v);
	if (tlsbind_evidence_parse(evidence, len, &v->evidence)) {
		tlsbind_result_set(v->result, TLSBIND_CHECK_EVIDENCE_FORMAT, false,
				   "well-formed evidence", "malformed evidence");
	} else {
		memcpy(&v->claims, v->evidence.claims.data, sizeof(v->claims));
		tlsbind_verify_claims(v);
		tlsbind_verify_flags(v);
		tlsbind_policy_judge_claims(&v->appraisal->policy, &v->claims, v->result);
		tlsbind_verify_binding(v);
		tlsbind_verify_report(v);
	}
	tlsbind_verify_keep(v);
	return 0;
}

static int tlsbind_verify_with(struct tlsbind_cache *cache, const void *evidence, size_t len,
			       const struct tlsbind_connection *connection,
			       uint8_t nonce[TLSBIND_NONCE_SIZE],
			       const struct tlsbind_appraisal *appraisal,
			       struct tlsbind_result **result)
{
	struct tlsbind_verification v = {
		.connection = connection,
		.nonce = nonce,
		.appraisal = appraisal,
		.cache = cache,
	};
	int ret;

	if (!result)
		return -EINVAL;
	*result = NULL;
	if (!evidence || !connection || !nonce || !appraisal)
		return -EINVAL;
	ret = tlsbind_verify_run(&v, TLSBIND_CHECKS_ALL, evidence, len);
	if (ret)
		return ret;
	OPENSSL_cleanse(nonce, TLSBIND_NONCE_SIZE);
	*result = v.result;
	return 0;
}

int tlsbind_verify(const void *evidence, size_t len, const struct tlsbind_connection *connection,
		   uint8_t nonce[TLSBIND_NONCE_SIZE], const struct tlsbind_appraisal *appraisal,
		   struct tlsbind_result **result)
{
	return tlsbind_verify_with(NULL, evidence, len, connection, nonce, appraisal, result);
}

int tlsbind_verify_cached(struct tlsbind_cache *cache, const void *evidence, size_t len,
			  const struct tlsbind_connection *connection,
			  uint8_t nonce[TLSBIND_NONCE_SIZE],
			  const struct tlsbind_appraisal *appraisal,
			  struct tlsbind_result **result)
{
	if (!cache) {
		if (result)
			*result = NULL;
		return -EINVAL;
	}
	return tlsbind_verify_with(cache, evidence, len, connection, nonce, appraisal, result);
}

/* The connection of zeros fails every check that is about a connection; none is asked for. */
int tlsbind_evidence_verify(const void *evidence, size_t len, const uint8_t *nonce,
			    const struct tlsbind_appraisal *appraisal,
			    struct tlsbind_result **result)
{
	static const struct tlsbind_connection none;
	static const uint8_t no_nonce[TLSBIND_NONCE_SIZE];
	struct tlsbind_verification v = {
		.connection = &none,
		.nonce = nonce ? nonce : no_nonce,
		.appraisal = appraisal,
	};
	uint64_t required = TLSBIND_CHECKS_UNBOUND;
	int ret;

	if (!result)
		return -EINVAL;
	*result = NULL;
	if (!evidence || !appraisal)
		return -EINVAL;
	if (!nonce)
		required &= ~TLSBIND_CHECK_BIT(TLSBIND_CHECK_CLAIMS_NONCE);
	ret = tlsbind_verify_run(&v, required, evidence, len);
	if (!ret)
		*result = v.result;
	return ret;
}

static void tlsbind_report_describe(const struct tlsbind_report *report,
				    struct tlsbind_report_info *info)
{
	bool snp = report->provider && !strcmp(report->provider, TLSBIND_PROVIDER_SNP);

	memset(info, 0, sizeof(*info));
	if (!report->provider)
		return;
	info->provider = report->provider;
	memcpy(info->measurement, report->measurement.data, sizeof(info->measurement));
	memcpy(info->report_data, report->report_data.data, sizeof(info->report_data));
	info->debug = snp ? report->snp.policy & TLSBIND_SNP_POLICY_DEBUG :
			    report->tdx.attributes & TLSBIND_TDX_ATTRIBUTE_TUD;
	info->vmpl = snp ? report->snp.vmpl : 0;
}

int tlsbind_report_verify(const char *provider, const void *report, size_t report_len,
			  const void *aux, size_t aux_len, const uint8_t *report_data,
			  const struct tlsbind_appraisal *appraisal,
			  struct tlsbind_report_info *info, struct tlsbind_result **result)
{
	struct tlsbind_span report_span = { report, report_len };
	struct tlsbind_span aux_span = { aux, aux ? aux_len : 0 };
	char got[160] = "well formed";
	struct tlsbind_report parsed;
	int ret;

	if (!result)
		return -EINVAL;
	*result = NULL;
	if (!provider || !report || !appraisal)
		return -EINVAL;
	*result = tlsbind_result_new(TLSBIND_CHECKS_REPORT);
	if (!*result)
		return -ENOMEM;
	tlsbind_report_drop(appraisal, *result);
	ret = tlsbind_report_parse(provider, report_span, aux_span, appraisal, &parsed, got,
				   sizeof(got));
	tlsbind_result_set(*result, TLSBIND_CHECK_EVIDENCE_FORMAT, !ret, "well-formed evidence",
			   got);
	if (!report_data)
		tlsbind_result_set(*result, TLSBIND_CHECK_REPORT_DATA, false, "nothing given",
				   "not compared");
	else if (parsed.provider)
		tlsbind_result_bytes(*result, TLSBIND_CHECK_REPORT_DATA, report_data,
				     parsed.report_data, TLSBIND_REPORT_DATA_SIZE);
	tlsbind_report_judge(&parsed, appraisal, *result);
	if (info)
		tlsbind_report_describe(&parsed, info);
	tlsbind_report_clear(&parsed);
	return 0;
}
