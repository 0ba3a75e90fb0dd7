/* SPDX-License-Identifier: MIT */
/*
 * What verification costs, as JSON on standard output:
 *
 *   bench [-n ROUNDS]      default 200 rounds
 *
 * For each kind of report: "first" is verification with nothing known, "libcrypto"
 * the same signatures by libcrypto alone, in the same process and in turns, so that
 * both see the same machine; "further" is another connection whose report is in the
 * cache; "hash" is one SHA-384 over report and auxiliary blob, which no further
 * verification can do without. Each is the median of all rounds, and the least.
 *
 * Reports of real machines are taken from $TLSBIND_VECTORS where they are; of these
 * nobody has claims, so "further" is measured with synthetic evidence only. Synthetic
 * SNP chains have P-384 keys, real ones RSA-4096. What signs collateral is counted as as
 * many more signatures of the quoting enclave's.
 */
#include <getopt.h>
#include <time.h>
#include <unistd.h>
#include <openssl/crypto.h>
#include <openssl/param_build.h>
#include <openssl/core_names.h>
#include "chain.h"
#include "report.h"
#include "synth.h"

#define ROUNDS_MAX	100000

/* TCB info, enclave identity, the certificate of their signer, and two lists: all P-256. */
#define COLLATERAL_SIGNATURES	5

/* A real report and when its certificates are valid. */
static const struct {
	const char *name, *provider, *report, *aux, *collateral, *root;
	time_t when;
} reals[] = {
	{ "snp-milan", TLSBIND_PROVIDER_SNP, "snp/milan-v2-virtee/report.bin",
	  "snp/milan-v2-virtee/auxblob-assembled.bin", NULL, "snp/roots/ask_ark_milan.pem",
	  1700000000 },
	{ "snp-genoa", TLSBIND_PROVIDER_SNP, "snp/genoa-v3-tsm-veraison/report.bin",
	  "snp/genoa-v3-tsm-veraison/auxblob.bin", NULL, "snp/roots/ask_ark_genoa.pem",
	  1760000000 },
	{ "tdx-v4", TLSBIND_PROVIDER_TDX, "tdx/v4-phala/quote.bin", NULL, NULL,
	  "tdx/roots/intel-sgx-root-ca.pem", 1750000000 },
	{ "tdx-v4-collateral", TLSBIND_PROVIDER_TDX, "tdx/v4-phala/quote.bin", NULL,
	  "tdx/v4-phala/collateral.json", "tdx/roots/intel-sgx-root-ca.pem", 1751328000 },
};

/* One ECDSA signature. */
struct operation {
	EVP_PKEY *key;
	const EVP_MD *md;
	uint8_t sig[160];
	size_t sig_len;
	struct tlsbind_span data;
};

/* A report, how to verify it, and the same signatures for libcrypto. */
struct subject {
	const char *name, *provider;
	struct test_bytes report, aux;
	uint8_t want[TLSBIND_REPORT_DATA_SIZE];
	struct tlsbind_appraisal *appraisal;
	struct tlsbind_report parsed;
	STACK_OF(X509) *chain;
	struct operation operations[2];
	size_t operation_count;
	size_t again;	/* so often the first operation stands for another one like it */
	/* With evidence around it: */
	struct synth_case *c;
	struct test_bytes evidence;
	struct tlsbind_cache *cache;
};

static void give_up(const char *name, const char *what)
{
	fprintf(stderr, "bench: %s: %s\n", name, what);
	exit(1);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

/* r and s as DER. */
static void operation_add(struct subject *s, EVP_PKEY *key, const EVP_MD *md, BIGNUM *r,
			  BIGNUM *sig_s, struct tlsbind_span data)
{
	struct operation *op = &s->operations[s->operation_count++];
	ECDSA_SIG *sig = ECDSA_SIG_new();
	uint8_t *p = op->sig;
	int len;

	ECDSA_SIG_set0(sig, r, sig_s);
	len = i2d_ECDSA_SIG(sig, NULL);
	if (len <= 0 || (size_t)len > sizeof(op->sig))
		give_up(s->name, "no signature");
	op->sig_len = (size_t)i2d_ECDSA_SIG(sig, &p);
	op->key = key;
	op->md = md;
	op->data = data;
	ECDSA_SIG_free(sig);
}

static EVP_PKEY *p256_key(struct tlsbind_span xy)
{
	uint8_t point[65] = { 4 };
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *key = NULL;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)"P-256", 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)),
		OSSL_PARAM_construct_end(),
	};

	memcpy(point + 1, xy.data, 64);
	if (EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		give_up("tdx", "no attestation key");
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static void subject_operations(struct subject *s)
{
	EVP_PKEY *leaf = X509_get0_pubkey(s->parsed.leaf);

	if (!strcmp(s->provider, TLSBIND_PROVIDER_SNP)) {
		const struct tlsbind_snp *snp = &s->parsed.snp;

		EVP_PKEY_up_ref(leaf);
		operation_add(s, leaf, EVP_sha384(), BN_lebin2bn(snp->r.data, (int)snp->r.len, NULL),
			      BN_lebin2bn(snp->s.data, (int)snp->s.len, NULL), snp->signed_part);
	} else {
		const struct tlsbind_tdx *tdx = &s->parsed.tdx;

		EVP_PKEY_up_ref(leaf);
		operation_add(s, leaf, EVP_sha256(), BN_bin2bn(tdx->qe_signature.data, 32, NULL),
			      BN_bin2bn(tdx->qe_signature.data + 32, 32, NULL), tdx->qe_report);
		operation_add(s, p256_key(tdx->attestation_key), EVP_sha256(),
			      BN_bin2bn(tdx->signature.data, 32, NULL),
			      BN_bin2bn(tdx->signature.data + 32, 32, NULL), tdx->signed_part);
	}
}

static void subject_parse(struct subject *s)
{
	struct tlsbind_span report = { s->report.data, s->report.len };
	struct tlsbind_span aux = { s->aux.data, s->aux.len };
	bool snp = !strcmp(s->provider, TLSBIND_PROVIDER_SNP);
	char why[160] = "";

	if (tlsbind_report_parse(s->provider, report, aux, s->appraisal, &s->parsed, why,
				 sizeof(why)) || !s->parsed.leaf)
		give_up(s->name, why);
	memcpy(s->want, s->parsed.report_data.data, sizeof(s->want));
	if (tlsbind_chain_verify(s->parsed.leaf, s->parsed.certs, s->appraisal,
				 snp ? TLSBIND_VENDOR_AMD : TLSBIND_VENDOR_INTEL, 3, &s->chain, why,
				 sizeof(why)))
		give_up(s->name, why);
	subject_operations(s);
}

/* By the library: a report alone, or evidence. */
static void run_first(struct subject *s)
{
	struct tlsbind_result *result = NULL;
	uint8_t nonce[TLSBIND_NONCE_SIZE];

	if (s->c) {
		memcpy(nonce, s->c->nonce, sizeof(nonce));
		tlsbind_verify(s->evidence.data, s->evidence.len, &s->c->connection, nonce,
			       s->appraisal, &result);
	} else {
		tlsbind_report_verify(s->provider, s->report.data, s->report.len, s->aux.data,
				      s->aux.len, s->want, s->appraisal, NULL, &result);
	}
	if (!tlsbind_result_accepted(result)) {
		tlsbind_result_print(result, stderr);
		give_up(s->name, "rejected");
	}
	tlsbind_result_free(result);
}

static void run_libcrypto(struct subject *s)
{
	size_t i;
	int link;

	for (link = 0; link + 1 < sk_X509_num(s->chain); link++)
		if (X509_verify(sk_X509_value(s->chain, link),
				X509_get0_pubkey(sk_X509_value(s->chain, link + 1))) != 1)
			give_up(s->name, "certificate does not verify");
	for (i = 0; i < s->operation_count + s->again; i++) {
		struct operation *op = &s->operations[i < s->operation_count ? i : 0];
		EVP_MD_CTX *ctx = EVP_MD_CTX_new();

		if (EVP_DigestVerifyInit(ctx, NULL, op->md, NULL, op->key) != 1 ||
		    EVP_DigestVerify(ctx, op->sig, op->sig_len, op->data.data, op->data.len) != 1)
			give_up(s->name, "signature does not verify");
		EVP_MD_CTX_free(ctx);
	}
}

static void run_further(struct subject *s)
{
	struct tlsbind_result *result = NULL;
	uint8_t nonce[TLSBIND_NONCE_SIZE];

	memcpy(nonce, s->c->nonce, sizeof(nonce));
	tlsbind_verify_cached(s->cache, s->evidence.data, s->evidence.len, &s->c->connection, nonce,
			      s->appraisal, &result);
	if (!tlsbind_result_accepted(result))
		give_up(s->name, "rejected by the cache");
	tlsbind_result_free(result);
}

static void run_hash(struct subject *s)
{
	uint8_t hash[TLSBIND_HASH_SIZE];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	EVP_DigestInit_ex(ctx, EVP_sha384(), NULL);
	EVP_DigestUpdate(ctx, s->report.data, s->report.len);
	if (s->aux.len)
		EVP_DigestUpdate(ctx, s->aux.data, s->aux.len);
	EVP_DigestFinal_ex(ctx, hash, NULL);
	EVP_MD_CTX_free(ctx);
}

enum { FIRST, LIBCRYPTO, FURTHER, HASH, KINDS };

static const struct {
	const char *name;
	void (*run)(struct subject *s);
} kinds[KINDS] = {
	[FIRST] = { "first", run_first },
	[LIBCRYPTO] = { "libcrypto", run_libcrypto },
	[FURTHER] = { "further", run_further },
	[HASH] = { "hash", run_hash },
};

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static json_t *rounded(double us)
{
	return json_real((double)(long)(us * 10 + 0.5) / 10);
}

static void subject_measure(struct subject *s, size_t rounds, json_t *results)
{
	json_t *out = json_pack("{s:s, s:b, s:i, s:i, s:i}", "name", s->name, "real", !s->c,
				"signatures",
				(int)(s->operation_count + s->again) + sk_X509_num(s->chain) - 1,
				"report_bytes", (int)s->report.len, "aux_bytes", (int)s->aux.len);
	double *times[KINDS];
	size_t round, kind;

	for (kind = 0; kind < KINDS; kind++)
		times[kind] = calloc(rounds, sizeof(double));
	for (round = 0; round < rounds; round++) {
		for (kind = 0; kind < KINDS; kind++) {
			double start = now();

			if (kind == FURTHER && !s->c)
				continue;
			kinds[kind].run(s);
			times[kind][round] = now() - start;
		}
	}
	for (kind = 0; kind < KINDS; kind++) {
		qsort(times[kind], rounds, sizeof(double), by_size);
		if (times[kind][0] > 0)
			json_object_set_new(out, kinds[kind].name,
					    json_pack("{s:o, s:o}",
						      "median", rounded(times[kind][rounds / 2]),
						      "least", rounded(times[kind][0])));
	}
	json_object_set_new(out, "first_per_libcrypto",
			    json_real((double)(long)(times[FIRST][rounds / 2] /
						     times[LIBCRYPTO][rounds / 2] * 100 + 0.5) /
				      100));
	for (kind = 0; kind < KINDS; kind++)
		free(times[kind]);
	json_array_append_new(results, out);
}

static void subject_free(struct subject *s)
{
	size_t i;

	for (i = 0; i < s->operation_count; i++)
		EVP_PKEY_free(s->operations[i].key);
	sk_X509_pop_free(s->chain, X509_free);
	tlsbind_report_clear(&s->parsed);
	free(s->report.data);
	free(s->aux.data);
	free(s->evidence.data);
	tlsbind_cache_free(s->cache);
	if (!s->c)
		tlsbind_appraisal_free(s->appraisal);
}

static struct test_bytes copy(struct tlsbind_span span)
{
	struct test_bytes out = { malloc(span.len ? span.len : 1), span.len };

	if (span.len)
		memcpy(out.data, span.data, span.len);
	return out;
}

static void bench_synthetic(bool tdx, size_t rounds, json_t *results)
{
	struct subject s = {
		.name = tdx ? "tdx-synthetic" : "snp-synthetic",
		.provider = tdx ? TLSBIND_PROVIDER_TDX : TLSBIND_PROVIDER_SNP,
		.cache = tlsbind_cache_new(64, 3600),
	};
	struct synth_pki *pki = synth_pki_new(tdx);
	struct tlsbind_evidence parsed;
	struct tlsbind_cache_info info;
	struct synth_case c;

	synth_default(&c, pki, tdx);
	s.c = &c;
	s.appraisal = c.appraisal;
	s.evidence = synth_encode(&c);
	if (tlsbind_evidence_parse(s.evidence.data, s.evidence.len, &parsed))
		give_up(s.name, "malformed");
	s.report = copy(parsed.report);
	s.aux = copy(parsed.aux);
	subject_parse(&s);
	run_further(&s);
	subject_measure(&s, rounds, results);
	tlsbind_cache_info(s.cache, &info);
	if (info.hits != rounds || info.misses != 1)
		give_up(s.name, "the cache did not work");
	subject_free(&s);
	synth_clear(&c);
	synth_pki_free(pki);
}

static const char *real_path(const char *name)
{
	static char path[4096];
	const char *folder = getenv("TLSBIND_VECTORS");

	snprintf(path, sizeof(path), "%s/%s", folder ? folder : "../../shared/vectors", name);
	return path;
}

static void bench_real(size_t which, size_t rounds, json_t *results)
{
	struct subject s = {
		.name = reals[which].name,
		.provider = reals[which].provider,
		.appraisal = tlsbind_appraisal_new(),
	};

	if (access(real_path(reals[which].report), R_OK)) {
		fprintf(stderr, "bench: %s is not there: not measured\n", reals[which].name);
		tlsbind_appraisal_free(s.appraisal);
		return;
	}
	s.report = test_file(real_path(reals[which].report));
	if (reals[which].aux)
		s.aux = test_file(real_path(reals[which].aux));
	if (tlsbind_appraisal_add_root(s.appraisal, real_path(reals[which].root)))
		give_up(s.name, "no root");
	tlsbind_appraisal_any_measurement(s.appraisal);
	tlsbind_appraisal_set_time(s.appraisal, reals[which].when);
	if (!reals[which].collateral)
		tlsbind_appraisal_any_tcb(s.appraisal);
	else if (tlsbind_appraisal_add_collateral(s.appraisal, real_path(reals[which].collateral)))
		give_up(s.name, "no collateral");
	else
		s.again = COLLATERAL_SIGNATURES;
	subject_parse(&s);
	subject_measure(&s, rounds, results);
	subject_free(&s);
}

int main(int argc, char **argv)
{
	json_t *results = json_array(), *root;
	size_t i, rounds = 200;
	char *text;
	int option;

	while ((option = getopt(argc, argv, "n:")) != -1) {
		rounds = option == 'n' ? strtoul(optarg, NULL, 10) : 0;
		if (!rounds || rounds > ROUNDS_MAX) {
			fprintf(stderr, "usage: bench [-n ROUNDS]\n");
			return 1;
		}
	}
	bench_synthetic(false, rounds, results);
	bench_synthetic(true, rounds, results);
	for (i = 0; i < sizeof(reals) / sizeof(reals[0]); i++)
		bench_real(i, rounds, results);
	root = json_pack("{s:s, s:s, s:I, s:s, s:o}", "library", tlsbind_version(), "libcrypto",
			 OpenSSL_version(OPENSSL_VERSION), "rounds", (json_int_t)rounds, "unit",
			 "us", "results", results);
	text = json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(8));
	puts(text);
	free(text);
	json_decref(root);
	return 0;
}
