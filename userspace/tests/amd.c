/* SPDX-License-Identifier: MIT */
#include "amd.h"

/* Products as they differ. TCB_VERSION is given as in the report. */
static const struct {
	uint8_t family, model, format;
	bool vlek;
	const char *name, *issuer;
	uint8_t tcb[8];
} amd_kinds[] = {
	[AMD_MILAN] = { 0x19, 0x01, 0, false, "Milan-B0", "SEV-Milan",
			{ 4, 0, 0, 0, 0, 0, 24, 219 } },
	[AMD_GENOA] = { 0x19, 0x11, 0, false, "Genoa", "SEV-Genoa",
			{ 10, 0, 0, 0, 0, 0, 23, 84 } },
	[AMD_TURIN] = { 0x1a, 0x02, 1, false, "Turin", "SEV-Turin", { 1, 2, 3, 4, 0, 0, 0, 81 } },
	[AMD_MILAN_VLEK] = { 0x19, 0x01, 0, true, "Milan", "SEV-VLEK-Milan",
			     { 4, 0, 0, 0, 0, 0, 24, 217 } },
	[AMD_TURIN_VLEK] = { 0x1a, 0x11, 1, true, "Turin", "SEV-VLEK-Turin",
			     { 1, 2, 3, 4, 0, 0, 0, 81 } },
};

struct amd_extension *amd_extension(struct amd_case *c, const char *oid)
{
	for (size_t i = 0; i < c->count; i++)
		if (!strcmp(c->extensions[i].oid, oid))
			return &c->extensions[i];
	return NULL;
}

static void amd_add(struct amd_case *c, const char *oid, const void *value, size_t len)
{
	struct amd_extension *ext = &c->extensions[c->count++];

	assert_true(c->count <= AMD_EXTENSIONS_MAX && len <= sizeof(ext->value));
	ext->oid = oid;
	memcpy(ext->value, value, len);
	ext->len = len;
}

void amd_set(struct amd_case *c, const char *oid, const void *value, size_t len)
{
	amd_drop(c, oid);
	amd_add(c, oid, value, len);
}

void amd_drop(struct amd_case *c, const char *oid)
{
	struct amd_extension *ext = amd_extension(c, oid);

	if (ext)
		*ext = c->extensions[--c->count];
}

static void amd_number(struct amd_case *c, const char *oid, uint8_t value)
{
	const uint8_t small[] = { 2, 1, value }, large[] = { 2, 2, 0, value };

	if (value < 0x80)
		amd_add(c, oid, small, sizeof(small));
	else
		amd_add(c, oid, large, sizeof(large));
}

static void amd_text(struct amd_case *c, const char *oid, const char *text)
{
	uint8_t value[64] = { 0x16, (uint8_t)strlen(text) };

	memcpy(value + 2, text, strlen(text));
	amd_add(c, oid, value, 2 + strlen(text));
}

static void amd_extensions(struct amd_case *c, enum amd_kind kind)
{
	const uint8_t *tcb = amd_kinds[kind].tcb;
	bool turin = amd_kinds[kind].family == 0x1a;

	amd_number(c, AMD_OID("1"), amd_kinds[kind].format);
	amd_text(c, AMD_OID("2"), amd_kinds[kind].name);
	if (turin)
		amd_number(c, AMD_OID("3.9"), *tcb++);
	amd_number(c, AMD_OID("3.1"), tcb[0]);
	amd_number(c, AMD_OID("3.2"), tcb[1]);
	amd_number(c, AMD_OID("3.3"), turin ? tcb[2] : tcb[6]);
	if (!turin)
		amd_number(c, AMD_OID("3.4"), 0);
	amd_number(c, AMD_OID("3.5"), 0);
	amd_number(c, AMD_OID("3.6"), 0);
	amd_number(c, AMD_OID("3.7"), 0);
	amd_number(c, AMD_OID("3.8"), amd_kinds[kind].tcb[7]);
	if (amd_kinds[kind].vlek)
		amd_text(c, AMD_OID("5"), "CN=cloud.example");
	else
		amd_add(c, AMD_OID("4"), c->report + 0x1a0, turin ? 8 : 64);
}

void amd_default(struct amd_case *c, enum amd_kind kind)
{
	uint8_t *r = c->report;

	memset(c, 0, sizeof(*c));
	r[0x00] = 3;
	r[0x0a] = 3;
	r[0x34] = 1;
	r[0x48] = (uint8_t)(amd_kinds[kind].vlek << 2);
	memcpy(r + 0x38, amd_kinds[kind].tcb, 8);
	memcpy(r + 0x180, amd_kinds[kind].tcb, 8);
	memcpy(r + 0x1e0, amd_kinds[kind].tcb, 8);
	memcpy(r + 0x1f0, amd_kinds[kind].tcb, 8);
	r[0x188] = amd_kinds[kind].family;
	r[0x189] = amd_kinds[kind].model;
	if (!amd_kinds[kind].vlek)
		memset(r + 0x1a0, 0xc1, amd_kinds[kind].family == 0x1a ? 8 : 64);
	c->subject = amd_kinds[kind].vlek ? "SEV-VLEK" : "SEV-VCEK";
	c->issuer = amd_kinds[kind].issuer;
	amd_extensions(c, kind);
}

static void amd_name(X509_NAME *name, const char *text)
{
	if (text)
		assert_true(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
						       (const unsigned char *)text, -1, -1, 0));
}

X509 *amd_certificate(const struct amd_case *c)
{
	X509 *cert = X509_new();

	amd_name(X509_get_subject_name(cert), c->subject);
	amd_name(X509_get_subject_name(cert), c->second);
	amd_name(X509_get_issuer_name(cert), c->issuer);
	for (size_t i = 0; i < c->count; i++) {
		ASN1_OBJECT *object = OBJ_txt2obj(c->extensions[i].oid, 1);
		ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
		X509_EXTENSION *ext;

		ASN1_OCTET_STRING_set(value, c->extensions[i].value, (int)c->extensions[i].len);
		ext = X509_EXTENSION_create_by_OBJ(NULL, object, 0, value);
		assert_true(X509_add_ext(cert, ext, -1));
		X509_EXTENSION_free(ext);
		ASN1_OCTET_STRING_free(value);
		ASN1_OBJECT_free(object);
	}
	return cert;
}
