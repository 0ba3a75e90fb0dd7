/* SPDX-License-Identifier: MIT */
#include "intel.h"
#include <openssl/conf.h>
#include <openssl/x509v3.h>

#define OID	"1.2.840.113741.1.13.1"

/* A configuration that is written: the text, its section, what to change. */
struct conf {
	FILE *out;
	const char *section;
	const struct intel_change *changes;
};

static void conf_section(struct conf *c, const char *name)
{
	c->section = name;
	fprintf(c->out, "[%s]\n", name);
}

static void conf_line(struct conf *c, const char *key, const char *value)
{
	char line[64];

	snprintf(line, sizeof(line), "%s.%s", c->section, key);
	for (const struct intel_change *change = c->changes; change && change->line; change++)
		if (!strcmp(change->line, line))
			value = change->value;
	if (value)
		fprintf(c->out, "%s=%s\n", key, value);
}

/* SEQUENCE { id, value } under a name. */
static void conf_pair(struct conf *c, const char *name, const char *oid, const char *value)
{
	char id[64];

	conf_section(c, name);
	snprintf(id, sizeof(id), "OID:" OID ".%s", oid);
	conf_line(c, "id", id);
	conf_line(c, "value", value);
	conf_line(c, "third", NULL);
}

static void conf_tcb(struct conf *c)
{
	char name[18][8], oid[16], value[160], cpusvn[33];
	int i;

	for (i = 0; i < 18; i++)
		snprintf(name[i], sizeof(name[i]), "svn%d", i + 1);
	conf_section(c, "list");
	for (i = 0; i < 18; i++) {
		snprintf(value, sizeof(value), "SEQUENCE:%s", name[i]);
		conf_line(c, name[i], value);
	}
	conf_line(c, "extra", NULL);
	for (i = 0; i < 16; i++) {
		snprintf(oid, sizeof(oid), "2.%d", i + 1);
		snprintf(value, sizeof(value), "INTEGER:%d", INTEL_SVN(i));
		snprintf(cpusvn + 2 * i, 3, "%02x", INTEL_SVN(i));
		conf_pair(c, name[i], oid, value);
	}
	snprintf(value, sizeof(value), "INTEGER:%d", INTEL_PCESVN);
	conf_pair(c, name[16], "2.17", value);
	snprintf(value, sizeof(value), "FORMAT:HEX,OCTETSTRING:%s", cpusvn);
	conf_pair(c, name[17], "2.18", value);
}

static void conf_pck(struct conf *c)
{
	static const char *const parts[] = {
		"ppid", "tcb", "pceid", "fmspc", "type", "instance", "config",
	};
	char value[64];

	conf_section(c, "ext");
	conf_line(c, OID, "ASN1:SEQUENCE:pck");
	conf_section(c, "pck");
	for (size_t i = 0; i < 7; i++) {
		snprintf(value, sizeof(value), "SEQUENCE:%s", parts[i]);
		conf_line(c, parts[i], value);
	}
	conf_line(c, "extra", NULL);
	conf_pair(c, "ppid", "1", "FORMAT:HEX,OCTETSTRING:" INTEL_PPID);
	conf_pair(c, "tcb", "2", "SEQUENCE:list");
	conf_pair(c, "pceid", "3", "FORMAT:HEX,OCTETSTRING:" INTEL_PCEID);
	conf_pair(c, "fmspc", "4", "FORMAT:HEX,OCTETSTRING:" INTEL_FMSPC);
	conf_pair(c, "type", "5", "ENUM:1");
	conf_pair(c, "instance", "6", "FORMAT:HEX,OCTETSTRING:" INTEL_INSTANCE);
	conf_pair(c, "config", "7", "SEQUENCE:options");
	conf_section(c, "options");
	conf_line(c, "dynamic", "SEQUENCE:dynamic");
	conf_pair(c, "dynamic", "7.1", "BOOL:TRUE");
	conf_tcb(c);
}

void intel_pck_extension(X509 *cert, const struct intel_change *changes)
{
	char *text = NULL;
	size_t len;
	struct conf c = { open_memstream(&text, &len), NULL, changes };
	CONF *conf = NCONF_new(NULL);
	X509V3_CTX ctx;
	BIO *bio;

	conf_pck(&c);
	fclose(c.out);
	bio = BIO_new_mem_buf(text, (int)len);
	assert_true(NCONF_load_bio(conf, bio, NULL) == 1);
	X509V3_set_ctx(&ctx, NULL, cert, NULL, NULL, 0);
	X509V3_set_nconf(&ctx, conf);
	if (X509V3_EXT_add_nconf(conf, &ctx, "ext", cert) != 1)
		fail_msg("no extension from\n%s", text);
	BIO_free(bio);
	NCONF_free(conf);
	free(text);
}
