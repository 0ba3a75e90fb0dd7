/* SPDX-License-Identifier: MIT */
/*
 * seeds DIRECTORY: where fuzzing begins: DIRECTORY/HARNESS/NAME, made of synthetic
 * evidence and of the known answers.
 */
#include <sys/stat.h>
#include <openssl/pem.h>
#include "intel_collateral.h"
#include "lists.h"
#include "synth.h"

static const char *top;

static void seed(const char *harness, const char *name, const void *data, size_t len)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", top, harness);
	(void)mkdir(path, 0777);
	snprintf(path, sizeof(path), "%s/%s/%s", top, harness, name);
	file = fopen(path, "wb");
	if (!file || (len && fwrite(data, 1, len, file) != len) || fclose(file)) {
		perror(path);
		exit(1);
	}
}

static void seed_pem(const char *name, const struct synth_pki *pki)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data;
	long len;

	PEM_write_bio_X509(bio, pki->leaf);
	PEM_write_bio_X509(bio, pki->ca);
	len = BIO_get_mem_data(bio, &data);
	seed("certificate", name, data, (size_t)len);
	BIO_free(bio);
}

static void seed_certificates(const struct synth_pki *pki, bool tdx)
{
	X509_CRL *list = list_new(pki->ca, pki->ca_key, pki->leaf, LIST_GOOD);
	uint8_t *der = NULL;
	int len = i2d_X509(pki->leaf, &der);

	seed("certificate", tdx ? "pck" : "vcek", der, (size_t)len);
	OPENSSL_free(der);
	der = NULL;
	len = i2d_X509_CRL(list, &der);
	seed("certificate", tdx ? "tdx-list" : "snp-list", der, (size_t)len);
	OPENSSL_free(der);
	X509_CRL_free(list);
	seed_pem(tdx ? "pck-pem" : "vcek-pem", pki);
}

static void seed_policy(const char *name, const struct tlsbind_evidence *evidence, bool claims)
{
	char *text = tlsbind_policy_suggest(evidence->provider, evidence->report.data,
					    evidence->report.len, evidence->aux.data,
					    evidence->aux.len,
					    claims ? evidence->claims.data : NULL, true);

	seed("policy", name, text, strlen(text));
	free(text);
}

static void seed_collateral(const struct synth_pki *pki)
{
	struct signer signer = collateral_signer(pki, SIGNER_GOOD);
	char *info = collateral_tcbinfo(NULL), *identity = collateral_qeidentity(NULL);
	char *signature = collateral_sign(signer.key, info);
	char *dcap = collateral_dcap(pki, &signer, info, identity, NULL);
	char *pcs = collateral_pcs("tcbInfo", info, signature);

	seed("collateral", "tcbinfo", info, strlen(info));
	seed("collateral", "qeidentity", identity, strlen(identity));
	seed("collateral", "pcs", pcs, strlen(pcs));
	seed("collateral", "dcap", dcap, strlen(dcap));
	free(pcs);
	free(dcap);
	free(signature);
	free(identity);
	free(info);
	collateral_signer_clear(&signer);
}

static void seed_kind(bool tdx)
{
	struct synth_pki *pki = synth_pki_new(tdx);
	struct tlsbind_evidence parsed;
	struct test_bytes bytes;
	struct synth_case c;
	char *cmw;

	synth_default(&c, pki, tdx);
	bytes = synth_encode(&c);
	if (tlsbind_evidence_parse(bytes.data, bytes.len, &parsed))
		exit(1);
	seed("evidence", c.provider, bytes.data, bytes.len);
	seed(tdx ? "tdx" : "snp", "synthetic", parsed.report.data, parsed.report.len);
	if (parsed.aux.len)
		seed("certtable", "synthetic", parsed.aux.data, parsed.aux.len);
	seed_certificates(pki, tdx);
	seed_policy(tdx ? "tdx" : "snp", &parsed, true);
	seed_policy(tdx ? "tdx-report" : "snp-report", &parsed, false);
	if (tdx)
		seed_collateral(pki);
	cmw = tlsbind_cmw_wrap(bytes.data, bytes.len);
	seed("message", c.provider, cmw, strlen(cmw));
	free(cmw);
	free(bytes.data);
	synth_clear(&c);
	synth_pki_free(pki);
}

static void seed_messages(void)
{
	uint8_t nonce[TLSBIND_NONCE_SIZE], id[TLSBIND_CONNECTION_ID_SIZE];
	char *text, *cmw = tlsbind_cmw_wrap("evidence", 8);

	memset(nonce, 0xa5, sizeof(nonce));
	memset(id, 0x5a, sizeof(id));
	text = tlsbind_challenge_encode(nonce, NULL);
	seed("message", "challenge", text, strlen(text));
	free(text);
	text = tlsbind_challenge_encode(nonce, id);
	seed("message", "challenge-id", text, strlen(text));
	seed("request", "body", text, strlen(text));
	free(text);
	seed("message", "short", cmw, strlen(cmw));
	free(cmw);
}

/* Strings that end with a zero byte: the harness cuts there. */
static void seed_requests(void)
{
	static const char head[] = "application/json; charset=utf-8\0" "120\0/.well-known/tlsbind\0POST";
	static const char plain[] = "Application/JSON\0" "1000";
	static const char other[] = "application/jsonp\0" "1001\0/\0GET";
	static const char sockets[] = "2\0http:https";
	static const char https[] = "https://[2001:db8::1]:443";
	static const char local[] = "unix:/run/tlsbindd/http.sock";

	seed("request", "head", head, sizeof(head));
	seed("request", "plain", plain, sizeof(plain));
	seed("request", "other", other, sizeof(other));
	seed("request", "sockets", sockets, sizeof(sockets));
	seed("request", "https", https, sizeof(https));
	seed("request", "local", local, sizeof(local));
}

/* Evidence of the vectors, right and wrong. */
static void seed_vectors(const char *array)
{
	json_t *root = test_known_answers(), *item;
	size_t i;

	json_array_foreach(test_array(root, array), i, item) {
		struct test_bytes bytes = test_bytes(item, "encoded");
		char name[64];

		snprintf(name, sizeof(name), "%s-%zu", array, i);
		seed("evidence", name, bytes.data, bytes.len);
		free(bytes.data);
	}
	json_decref(root);
}

static void seed_hellos(void)
{
	static const uint8_t extensions[] = {
		0, 18, 0, 43, 0, 2, 3, 4, 0, 51, 0, 2, 0, 29, 0, 41, 0, 2, 0, 0,
	};
	uint8_t hello[64 + sizeof(extensions)] = { 3, 3 };
	size_t at = 2 + 32;

	hello[at++] = 0;
	hello[at++] = 0x13;
	hello[at++] = 0x01;
	hello[at++] = 0;
	memcpy(hello + at, extensions, sizeof(extensions));
	seed("hello", "server", hello, at + sizeof(extensions));
	at = 2 + 32 + 1;
	memcpy(hello + at, "\x00\x02\x13\x01\x01\x00", 6);
	at += 6;
	memcpy(hello + at, extensions, sizeof(extensions));
	seed("hello", "client", hello, at + sizeof(extensions));
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: seeds DIRECTORY\n");
		return 1;
	}
	top = argv[1];
	(void)mkdir(top, 0777);
	seed_kind(false);
	seed_kind(true);
	seed_messages();
	seed_requests();
	seed_vectors("evidence");
	seed_vectors("bad_evidence");
	seed_hellos();
	return 0;
}
