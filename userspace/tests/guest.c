/* SPDX-License-Identifier: MIT */
#include "guest.h"
#include <endian.h>

struct synth_pki *guest_pki[2];
char guest_error[256];

#define CLAIM(member)	CLAIMS, offsetof(struct tlsbind_claims, member), \
			sizeof(((struct tlsbind_claims *)0)->member)
#define BODY(offset)	(48 + (offset))

#define EXE		"e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1"
#define EXE_WRONG	"e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e0"

const struct row guest_rows[] = {
	{ "snp", "measurement", "appraisal.measurement", REPORT, 0x90, 48, 0x55, .preset = true },
	{ "snp", "host-data", "appraisal.host-data", REPORT, 0xc0, 32, 0xa1, .zero = true },
	{ "snp", "id-key-digest", "appraisal.id-key-digest", REPORT, 0xe0, 48, 0xa2,
	  .zero = true },
	{ "snp", "author-key-digest", "appraisal.author-key-digest", REPORT, 0x110, 48, 0xa3,
	  .zero = true },
	{ "snp", "family-id", "appraisal.family-id", REPORT, 0x10, 16, 0xa4, .zero = true },
	{ "snp", "image-id", "appraisal.image-id", REPORT, 0x20, 16, 0xa5, .zero = true },
	{ "snp", "guest-svn", "appraisal.guest-svn", REPORT, 0x04, 1, 7, "7", "8",
	  .preset = false },
	{ "snp", "vmpl", "report.vmpl", REPORT, 0x30, 1, 1, "[1]", "[0, 2, 3]", .preset = false },
	{ "snp", "chip-id", "appraisal.chip-id", REPORT, 0x1a0, 64, 0xc1, .preset = true,
	  .changed = "report.certificate appraisal.chip-id" },
	{ "tdx", "mrtd", "appraisal.measurement", REPORT, BODY(136), 48, 0x55, .preset = true },
	{ "tdx", "rtmr0", "appraisal.rtmr0", REPORT, BODY(328), 48, 0xb0, .zero = true },
	{ "tdx", "rtmr1", "appraisal.rtmr1", REPORT, BODY(376), 48, 0xb1, .zero = true },
	{ "tdx", "rtmr2", "appraisal.rtmr2", REPORT, BODY(424), 48, 0xb2, .zero = true },
	{ "tdx", "rtmr3", "appraisal.rtmr3", REPORT, BODY(472), 48, 0xb3, .zero = true },
	{ "tdx", "mr-config-id", "appraisal.mr-config-id", REPORT, BODY(184), 48, 0xb4,
	  .zero = true },
	{ "tdx", "mr-owner", "appraisal.mr-owner", REPORT, BODY(232), 48, 0xb5, .zero = true },
	{ "tdx", "mr-owner-config", "appraisal.mr-owner-config", REPORT, BODY(280), 48, 0xb6,
	  .zero = true },
	/* Not in quotes of version 4; see test_service_td(). */
	{ "tdx", "mr-service-td", "appraisal.mr-service-td", NOWHERE, 0, 48, 0xb7, .zero = true },
	{ "tdx", "mr-seam", "appraisal.mr-seam", REPORT, BODY(16), 48, 0xb8, .preset = false },
	{ "tdx", "ppid", "appraisal.ppid", CERTIFICATE, 0, 16, 0x50, .preset = true },
	{ "tdx", "platform-instance-id", "appraisal.platform-instance-id", CERTIFICATE, 0, 16,
	  0x49, .preset = true },
	{ "claims", "generation", "appraisal.generation", CLAIM(tx_generation), 0, "2", "1",
	  .changed = "claims.generation appraisal.generation" },
	{ "claims", "uid", "appraisal.uid", CLAIM(uid), 0, "[1000]", "[1001, 0]", .preset = false },
	{ "claims", "executable", "appraisal.executable", CLAIM(exe_digest), 0,
	  "[\"fsverity:" EXE "\"]", "[\"fsverity:" EXE_WRONG "\", \"ima:" EXE "\"]",
	  .preset = false },
	{ "claims", "rules-digest", "appraisal.rules-digest", CLAIM(policy_digest), 0xd1,
	  .preset = false },
	{ "claims", "key-age", "appraisal.key-age", CLAIM(installed_ns), 0, "60", "59",
	  .changed = "" },	/* installed later, the key is younger */
	{ "claims", "uptime", "appraisal.uptime", CLAIM(evidence_ns), 0, "65", "64",
	  .changed = "appraisal.key-age appraisal.uptime" },
	{ "claims", "app-data", "appraisal.app-data", CLAIM(app_data), 0xd2, .zero = true },
};

const size_t guest_row_count = sizeof(guest_rows) / sizeof(guest_rows[0]);

const struct bits_row guest_bits[] = {
	{ "snp", "policy", "appraisal.guest-policy", 0x08, {
		{ "smt", 16, -1, false }, { "migrate-ma", 18, 0, true },
		{ "debug", 19, 0, true }, { "single-socket", 20, -1, false },
		{ "cxl-allow", 21, 0, false }, { "mem-aes-256-xts", 22, -1, false },
		{ "rapl-dis", 23, -1, false }, { "ciphertext-hiding-dram", 24, -1, false },
		{ "page-swap-disable", 25, -1, false } }, 3, "" },
	{ "snp", "platform-info", "appraisal.platform-info", 0x40, {
		{ "smt-en", 0, -1, false }, { "tsme-en", 1, -1, false },
		{ "ecc-en", 2, -1, false }, { "rapl-dis", 3, -1, false },
		{ "ciphertext-hiding-dram-en", 4, -1, false },
		{ "alias-check-complete", 5, -1, false }, { "tio-en", 7, -1, false } }, 6, "" },
	{ "tdx", "attributes", "appraisal.attributes", BODY(120), {
		{ "debug", 0, 0, true }, { "sept-ve-disable", 28, 1, false },
		{ "migratable", 29, 0, true }, { "pks", 30, -1, false },
		{ "kl", 31, -1, false }, { "perfmon", 63, -1, false } }, 5,
	  "report.debug appraisal.attributes" },
	{ "tdx", "xfam", "appraisal.xfam", BODY(128), {
		{ "x87", 0, 1, false }, { "sse", 1, 1, false }, { "avx", 2, -1, false },
		{ "avx512-opmask", 5, -1, false }, { "avx512-zmm-hi256", 6, -1, false },
		{ "avx512-hi16-zmm", 7, -1, false }, { "pt", 8, -1, false },
		{ "pkru", 9, -1, false }, { "cet-u", 11, -1, false },
		{ "cet-s", 12, -1, false }, { "uintr", 14, -1, false },
		{ "lbr", 15, -1, false }, { "amx-tilecfg", 17, -1, false },
		{ "amx-tiledata", 18, -1, false } }, 20, "appraisal.xfam" },
	{ "claims", "flags", "claims.flags", 0, {
		{ "one-direction", 0, 0, false }, { "nic", 1, 0, false },
		{ "doors-open", 2, 0, false }, { "locked", 3, 0, false },
		{ "no-export", 4, 0, false }, { "gated", 5, 0, false },
		{ "key-shared", 6, 0, false }, { "policy-changed", 7, 0, false } }, 20,
	  "claims.flags" },
};

const size_t guest_bits_count = sizeof(guest_bits) / sizeof(guest_bits[0]);

#define XFAM		UINT64_C(0x618e7)

int guest_setup(void **state)
{
	(void)state;
	guest_pki[0] = synth_pki_new(false);
	guest_pki[1] = synth_pki_new(true);
	return 0;
}

int guest_teardown(void **state)
{
	(void)state;
	synth_pki_free(guest_pki[0]);
	synth_pki_free(guest_pki[1]);
	return 0;
}

void guest_flip(struct guest *g, size_t offset, uint8_t value)
{
	assert_true(g->count < sizeof(g->flips) / sizeof(g->flips[0]));
	g->flips[g->count++] = (struct synth_flip){ SYNTH_SIGNED, offset, value };
	g->c.flips = g->flips;
	g->c.flip_count = g->count;
}

static void guest_claims(struct tlsbind_claims *claims)
{
	claims->flags = 0;
	claims->uid = htobe32(1000);
	claims->tx_generation = htobe32(2);
	claims->rx_generation = htobe32(1);
	claims->installed_ns = htobe64(UINT64_C(5000000000));
	claims->evidence_ns = htobe64(UINT64_C(65000000000));
	claims->exe_digest_kind = TLSBIND_EXE_FSVERITY;
	claims->exe_digest_len = 32;
	memset(claims->exe_digest, 0xe1, 32);
	memset(claims->policy_digest, 0xd1, sizeof(claims->policy_digest));
	memset(claims->app_data, 0xd2, sizeof(claims->app_data));
}

static bool row_is_for(const char *section, bool tdx)
{
	return !strcmp(section, "claims") || !strcmp(section, tdx ? "tdx" : "snp");
}

static void guest_row(struct guest *g, const struct row *row, bool tdx)
{
	if (!row_is_for(row->section, tdx) || row->where != REPORT || row->preset)
		return;
	for (size_t i = 0; i < row->size; i++)
		guest_flip(g, row->offset + i, row->byte);
}

void guest_new(struct guest *g, bool tdx)
{
	memset(g, 0, sizeof(*g));
	synth_default(&g->c, guest_pki[tdx], tdx);
	tlsbind_appraisal_free(g->c.appraisal);
	g->c.appraisal = tlsbind_appraisal_new();
	assert_int_equal(tlsbind_appraisal_add_root(g->c.appraisal, guest_pki[tdx]->root_file), 0);
	guest_claims(&g->c.claims);
	g->c.connection.tx_generation = 2;
	g->c.connection.rx_generation = 1;
	for (size_t i = 0; i < guest_row_count; i++)
		guest_row(g, &guest_rows[i], tdx);
	for (size_t i = 0; tdx && i < 8; i++)
		guest_flip(g, BODY(128) + i, (uint8_t)(XFAM >> 8 * i));
}

json_t *guest_json(const char *text)
{
	json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);

	assert_non_null(value);
	return value;
}

/* A list of one string of hex; the last byte is xored. */
json_t *guest_hex(uint8_t byte, size_t size, uint8_t change)
{
	char text[2 * 64 + 1];

	for (size_t i = 0; i < size; i++)
		snprintf(text + 2 * i, 3, "%02x", i + 1 == size ? byte ^ change : byte);
	return json_pack("[s]", text);
}

json_t *guest_right(const struct row *row)
{
	if (row->where == NOWHERE)
		return json_string("any");
	return row->right ? guest_json(row->right) : guest_hex(row->byte, row->size, 0);
}

json_t *guest_wrong(const struct row *row)
{
	return row->wrong ? guest_json(row->wrong) : guest_hex(row->byte, row->size, 1);
}

/* A policy that states exactly what the evidence has. */
json_t *guest_policy(void)
{
	json_t *policy = guest_json("{\"tlsbind-policy\": 1, \"comment\": \"test\", "
				    "\"tcb\": \"any\", \"snp\": {\"minimum-tcb\": \"any\"}, "
				    "\"tdx\": {}, \"claims\": {}}");

	for (size_t i = 0; i < guest_row_count; i++)
		guest_set(policy, guest_rows[i].section, guest_rows[i].key,
			  guest_right(&guest_rows[i]));
	return policy;
}

void guest_set(json_t *policy, const char *section, const char *key, json_t *value)
{
	assert_int_equal(json_object_set_new(json_object_get(policy, section), key, value), 0);
}

int guest_load(struct tlsbind_appraisal *appraisal, json_t *policy)
{
	char *text = json_dumps(policy, JSON_ENCODE_ANY);
	int ret = tlsbind_policy_parse(appraisal, text, strlen(text), guest_error,
				       sizeof(guest_error));

	free(text);
	return ret;
}

/* Load @policy, verify, and expect exactly these checks to fail. Takes over @policy. */
void guest_expect(struct guest *g, json_t *policy, const char *failures, const char *what)
{
	struct tlsbind_result *result;

	if (guest_load(g->c.appraisal, policy))
		fail_msg("%s: %s", what, guest_error);
	result = synth_verify(&g->c);
	if (strcmp(test_failures(result), failures))
		fail_msg("%s: fails \"%s\" instead of \"%s\"", what, test_failures(result),
			 failures);
	assert_int_equal(tlsbind_result_accepted(result), !*failures);
	tlsbind_result_free(result);
	json_decref(policy);
	synth_clear(&g->c);
}

/* Nothing whatever is accepted by this appraisal. */
void guest_nothing(struct guest *g, const char *what)
{
	struct tlsbind_result *result = synth_verify(&g->c);

	if (tlsbind_result_accepted(result) || !strstr(test_failures(result), "measurement"))
		fail_msg("%s: accepted, or a measurement is", what);
	tlsbind_result_free(result);
	synth_clear(&g->c);
}

/* @policy is refused, the message has @text, and nothing is accepted. Takes over @policy. */
void guest_refused(json_t *policy, bool tdx, const char *text)
{
	struct guest g;

	guest_new(&g, tdx);
	assert_int_equal(guest_load(g.c.appraisal, policy), -EBADMSG);
	if (!strstr(guest_error, text))
		fail_msg("\"%s\" instead of \"%s\"", guest_error, text);
	guest_nothing(&g, text);
	json_decref(policy);
}

const char *guest_name(const char *section, const char *key)
{
	static char name[64];

	snprintf(name, sizeof(name), "%s.%s", section, key);
	return name;
}

/* The kind of evidence that has this field. */
bool guest_tdx(const char *section)
{
	return !strcmp(section, "tdx");
}

void guest_bit(struct guest *g, const struct bits_row *row, unsigned int shift, bool value)
{
	uint64_t mask = UINT64_C(1) << shift;
	bool is;

	if (!strcmp(row->section, "claims")) {
		uint32_t flags = be32toh(g->c.claims.flags) & ~(uint32_t)mask;

		g->c.claims.flags = htobe32(flags | (value ? (uint32_t)mask : 0));
		return;
	}
	if (!strcmp(row->key, "policy") || !strcmp(row->key, "attributes")) {
		g->c.policy = value ? g->c.policy | mask : g->c.policy & ~mask;
		return;
	}
	is = !strcmp(row->key, "xfam") && XFAM & mask;
	if (is != value)
		guest_flip(g, row->offset + shift / 8, (uint8_t)(1 << shift % 8));
}

