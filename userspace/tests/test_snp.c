/* SPDX-License-Identifier: MIT */
/* Does a VCEK or VLEK certificate belong to a report? Each reason why not, alone. */
#include "amd.h"
#include "minimum.h"
#include "snp.h"

static int certificate(const struct amd_case *c)
{
	struct tlsbind_span report = { c->report, sizeof(c->report) };
	X509 *cert = amd_certificate(c);
	struct tlsbind_snp snp;
	char why[160] = "";
	int ret;

	assert_int_equal(tlsbind_snp_parse(report, &snp), 0);
	ret = tlsbind_snp_certificate(&snp, cert, why, sizeof(why));
	assert_true(why[0]);
	X509_free(cert);
	return ret;
}

/* The statement changes the case @c; the certificate does not fit any more. */
#define REFUSE(kind, statement) do {					\
	struct amd_case *c = &(struct amd_case){ .count = 0 };		\
									\
	amd_default(c, kind);						\
	statement;							\
	if (certificate(c) != -EKEYREJECTED)				\
		fail_msg("line %d is accepted: %s", __LINE__, #statement); \
} while (0)

#define ACCEPT(kind, statement) do {					\
	struct amd_case *c = &(struct amd_case){ .count = 0 };		\
									\
	amd_default(c, kind);						\
	statement;							\
	if (certificate(c))						\
		fail_msg("line %d is refused: %s", __LINE__, #statement); \
} while (0)

#define NOTHING		(void)c

static void test_fits(void **state)
{
	(void)state;
	ACCEPT(AMD_MILAN, NOTHING);
	ACCEPT(AMD_GENOA, NOTHING);
	ACCEPT(AMD_TURIN, NOTHING);
	ACCEPT(AMD_MILAN_VLEK, NOTHING);
	ACCEPT(AMD_TURIN_VLEK, NOTHING);
	/* Bergamo and Siena are Genoa to AMD. */
	ACCEPT(AMD_GENOA, c->report[0x189] = 0xa0);
	ACCEPT(AMD_MILAN, amd_set(c, AMD_OID("2"), "\x16\x05Milan", 7));
	/* Version 2 does not tell the product. */
	ACCEPT(AMD_MILAN, { c->report[0] = 2; memset(c->report + 0x188, 0, 3); });
	ACCEPT(AMD_TURIN, { c->report[0] = 2; memset(c->report + 0x188, 0, 3); });
	/* Turin's certificates do without one of the spare components, others might. */
	ACCEPT(AMD_MILAN, amd_drop(c, AMD_OID("3.4")));
}

static void test_kind(void **state)
{
	(void)state;
	REFUSE(AMD_MILAN, c->report[0x48] = 1 << 2);
	REFUSE(AMD_MILAN_VLEK, c->report[0x48] = 0);
	REFUSE(AMD_MILAN, amd_drop(c, AMD_OID("4")));
	REFUSE(AMD_MILAN_VLEK, amd_drop(c, AMD_OID("5")));
	REFUSE(AMD_MILAN, amd_set(c, AMD_OID("5"), "\x16\x01x", 3));
	REFUSE(AMD_MILAN_VLEK, amd_set(c, AMD_OID("4"), c->report + 0x1a0, 64));
}

static void test_product(void **state)
{
	(void)state;
	REFUSE(AMD_MILAN, amd_drop(c, AMD_OID("2")));
	REFUSE(AMD_MILAN, amd_set(c, AMD_OID("2"), "\x16\x06Milano", 8));
	REFUSE(AMD_MILAN, amd_set(c, AMD_OID("2"), "\x16\x04Mila", 6));
	REFUSE(AMD_MILAN, amd_set(c, AMD_OID("2"), "\x0c\x05Milan", 7));
	REFUSE(AMD_MILAN, amd_set(c, AMD_OID("2"), "\x16\x05Milan!", 8));
	REFUSE(AMD_MILAN, amd_set(c, AMD_OID("2"), "\x16\x05Genoa", 7));
	REFUSE(AMD_MILAN, amd_set(c, AMD_OID("2"), "Milan", 5));
	/* CPUID of another product, or of none. */
	REFUSE(AMD_MILAN, c->report[0x189] = 0x11);
	REFUSE(AMD_GENOA, c->report[0x189] = 0x01);
	REFUSE(AMD_GENOA, c->report[0x189] = 0x20);
	REFUSE(AMD_GENOA, c->report[0x189] = 0xb0);
	REFUSE(AMD_TURIN, c->report[0x189] = 0x12);
	REFUSE(AMD_TURIN, c->report[0x188] = 0x19);
	REFUSE(AMD_MILAN, c->report[0x188] = 0x18);
	REFUSE(AMD_MILAN, c->report[0x188] = 0);
	/* Format of the certificate. */
	REFUSE(AMD_MILAN, amd_set(c, AMD_OID("1"), "\x02\x01\x01", 3));
	REFUSE(AMD_TURIN, amd_set(c, AMD_OID("1"), "\x02\x01\x00", 3));
	REFUSE(AMD_TURIN, amd_set(c, AMD_OID("1"), "\x02\x01\x02", 3));
	REFUSE(AMD_MILAN, amd_drop(c, AMD_OID("1")));
}

static void test_names(void **state)
{
	(void)state;
	REFUSE(AMD_MILAN, c->subject = "SEV-VLEK");
	REFUSE(AMD_MILAN, c->subject = "SEV-VCEKs");
	REFUSE(AMD_MILAN, c->subject = "SEV-VCE");
	REFUSE(AMD_MILAN, c->subject = NULL);
	REFUSE(AMD_MILAN, c->second = "SEV-VCEK");
	REFUSE(AMD_MILAN, c->second = "x");
	REFUSE(AMD_MILAN, c->issuer = "SEV-VLEK-Milan");
	REFUSE(AMD_MILAN, c->issuer = "SEV-Genoa");
	REFUSE(AMD_MILAN, c->issuer = "ARK-Milan");
	REFUSE(AMD_MILAN, c->issuer = NULL);
	REFUSE(AMD_MILAN_VLEK, c->subject = "SEV-VCEK");
	REFUSE(AMD_MILAN_VLEK, c->issuer = "SEV-Milan");
	REFUSE(AMD_MILAN_VLEK, c->issuer = "SEV-VLEK-Turin");
}

/* Each component, in the report and in the certificate, one up and one down. */
static void test_tcb(void **state)
{
	static const struct {
		enum amd_kind kind;
		const char *oid;
		size_t byte;
	} parts[] = {
		{ AMD_MILAN, AMD_OID("3.1"), 0 }, { AMD_MILAN, AMD_OID("3.2"), 1 },
		{ AMD_MILAN, AMD_OID("3.3"), 6 }, { AMD_MILAN, AMD_OID("3.8"), 7 },
		{ AMD_MILAN_VLEK, AMD_OID("3.1"), 0 }, { AMD_MILAN_VLEK, AMD_OID("3.8"), 7 },
		{ AMD_TURIN, AMD_OID("3.9"), 0 }, { AMD_TURIN, AMD_OID("3.1"), 1 },
		{ AMD_TURIN, AMD_OID("3.2"), 2 }, { AMD_TURIN, AMD_OID("3.3"), 3 },
		{ AMD_TURIN, AMD_OID("3.8"), 7 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		struct amd_extension *ext;

		REFUSE(parts[i].kind, c->report[0x180 + parts[i].byte]++);
		REFUSE(parts[i].kind, c->report[0x180 + parts[i].byte]--);
		REFUSE(parts[i].kind, amd_drop(c, parts[i].oid));
		REFUSE(parts[i].kind,
		       { ext = amd_extension(c, parts[i].oid); ext->value[ext->len - 1]++; });
		REFUSE(parts[i].kind,
		       { ext = amd_extension(c, parts[i].oid); ext->value[ext->len - 1]--; });
		REFUSE(parts[i].kind, { ext = amd_extension(c, parts[i].oid); ext->len--; });
		REFUSE(parts[i].kind, { ext = amd_extension(c, parts[i].oid); ext->len++; });
	}
}

/* Encodings of a number: DER has one for each. */
static void test_numbers(void **state)
{
	(void)state;
	ACCEPT(AMD_MILAN, amd_set(c, AMD_OID("3.1"), "\x02\x01\x04", 3));
	REFUSE(AMD_MILAN, amd_set(c, AMD_OID("3.1"), "\x02\x02\x00\x04", 4));
	REFUSE(AMD_MILAN, amd_set(c, AMD_OID("3.1"), "\x02\x81\x01\x04", 4));
	REFUSE(AMD_MILAN, amd_set(c, AMD_OID("3.1"), "\x02\x02\x01\x04", 4));
	REFUSE(AMD_MILAN, amd_set(c, AMD_OID("3.1"), "\x0a\x01\x04", 3));
	REFUSE(AMD_MILAN, amd_set(c, AMD_OID("3.1"), "\x02\x00", 2));
	REFUSE(AMD_MILAN, amd_set(c, AMD_OID("3.1"), "", 0));
	/* Negative: 0xdb in one byte. */
	REFUSE(AMD_MILAN, amd_set(c, AMD_OID("3.8"), "\x02\x01\xdb", 3));
}

static void test_spare(void **state)
{
	static const char *const oids[] = {
		AMD_OID("3.4"), AMD_OID("3.5"), AMD_OID("3.6"), AMD_OID("3.7"),
	};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		REFUSE(AMD_MILAN, amd_set(c, oids[i], "\x02\x01\x01", 3));
		REFUSE(AMD_TURIN, amd_set(c, oids[i], "\x02\x01\x01", 3));
		REFUSE(AMD_GENOA, amd_set(c, oids[i], "\x02\x00", 2));
		REFUSE(AMD_MILAN, c->report[0x182 + i] = 1);
		if (i < 3)
			REFUSE(AMD_TURIN, c->report[0x184 + i] = 1);
	}
	/* Milan has no FMC. */
	ACCEPT(AMD_TURIN, NOTHING);
	REFUSE(AMD_TURIN, amd_drop(c, AMD_OID("3.9")));
}

static void test_chip(void **state)
{
	(void)state;
	REFUSE(AMD_MILAN, c->report[0x1a0] ^= 1);
	REFUSE(AMD_MILAN, c->report[0x1df] ^= 1);
	REFUSE(AMD_TURIN, c->report[0x1a7] ^= 1);
	REFUSE(AMD_TURIN, c->report[0x1a8] = 1);
	REFUSE(AMD_TURIN, c->report[0x1df] = 1);
	REFUSE(AMD_MILAN_VLEK, c->report[0x1df] = 1);
	/* Lengths of other products. */
	REFUSE(AMD_MILAN, amd_extension(c, AMD_OID("4"))->len = 8);
	REFUSE(AMD_MILAN, amd_extension(c, AMD_OID("4"))->len = 63);
	REFUSE(AMD_TURIN, amd_extension(c, AMD_OID("4"))->len = 64);
	REFUSE(AMD_TURIN, amd_extension(c, AMD_OID("4"))->len = 0);
	/* A chip that hides: nothing is equal to nothing. */
	REFUSE(AMD_MILAN, { c->report[0x48] = 2; memset(c->report + 0x1a0, 0, 64);
			    amd_set(c, AMD_OID("4"), c->report + 0x1a0, 64); });
	REFUSE(AMD_TURIN, { memset(c->report + 0x1a0, 0, 64);
			    amd_set(c, AMD_OID("4"), c->report + 0x1a0, 8); });
}

/* An extension that is there twice says nothing, and is not absent either. */
static void test_twice(void **state)
{
	(void)state;
	for (size_t i = 0; i < 11; i++)
		REFUSE(AMD_MILAN, { if (i < c->count) c->extensions[c->count++] = c->extensions[i]; });
	REFUSE(AMD_MILAN, {
		amd_set(c, AMD_OID("5"), "\x16\x01x", 3);
		c->extensions[c->count] = c->extensions[c->count - 1];
		c->count++;
	});
}

/* Fields of the report arrive where they belong. */
static void test_fields(void **state)
{
	struct tlsbind_span report;
	struct tlsbind_snp snp;
	struct amd_case c;

	(void)state;
	amd_default(&c, AMD_MILAN);
	report = (struct tlsbind_span){ c.report, sizeof(c.report) };
	c.report[0] = 5;
	c.report[0x04] = 0x17;
	c.report[0x48] = 3;
	c.report[0x40] = 0x65;
	c.report[0x18a] = 2;
	c.report[0x1f8] = 0x0b;
	c.report[0x200] = 0x3f;
	assert_int_equal(tlsbind_snp_parse(report, &snp), 0);
	assert_int_equal(snp.guest_svn, 0x17);
	assert_int_equal(snp.policy, 0x30000);
	assert_int_equal(snp.platform_info, 0x65);
	assert_true(snp.author_key_en && snp.mask_chip_key);
	assert_int_equal(snp.stepping, 2);
	assert_int_equal(snp.launch_mit_vector, 0x0b);
	assert_int_equal(snp.current_mit_vector, 0x3f);
#define AT(field, offset, size) \
	assert_true(snp.field.data == c.report + (offset) && snp.field.len == (size))
	AT(family_id, 0x10, 16);
	AT(image_id, 0x20, 16);
	AT(current_tcb, 0x38, 8);
	AT(report_data, 0x50, 64);
	AT(measurement, 0x90, 48);
	AT(host_data, 0xc0, 32);
	AT(id_key_digest, 0xe0, 48);
	AT(author_key_digest, 0x110, 48);
	AT(report_id, 0x140, 32);
	AT(report_id_ma, 0x160, 32);
	AT(reported_tcb, 0x180, 8);
	AT(chip_id, 0x1a0, 64);
	AT(committed_tcb, 0x1e0, 8);
	AT(current_firmware, 0x1e8, 3);
	AT(committed_firmware, 0x1ec, 3);
	AT(launch_tcb, 0x1f0, 8);
	AT(signed_part, 0, 0x2a0);
	AT(r, 0x2a0, 72);
	AT(s, 0x2e8, 72);
#undef AT
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fits), cmocka_unit_test(test_kind),
		cmocka_unit_test(test_product), cmocka_unit_test(test_names),
		cmocka_unit_test(test_tcb), cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_spare), cmocka_unit_test(test_chip),
		cmocka_unit_test(test_twice), cmocka_unit_test(test_fields),
	};

	return cmocka_run_group_tests_name("snp", tests, NULL, NULL);
}
