/* SPDX-License-Identifier: MIT */
/*
 * The extension is a SEQUENCE of pairs SEQUENCE { OBJECT IDENTIFIER, value }, all
 * ids below one prefix; two of the values are such a SEQUENCE again. Each pair may
 * occur once. libcrypto takes the DER apart.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include "chain.h"
#include "cursor.h"
#include "pck.h"

#define TLSBIND_PCK_OID		"1.2.840.113741.1.13.1"
#define TLSBIND_PCK_SIZE_MAX	4096
#define TLSBIND_PCK_PAIRS_MAX	32
#define TLSBIND_PCK_SVN_COUNT	18	/* 16 components, PCESVN, CPUSVN */

/* Last numbers of the ids. */
enum {
	TLSBIND_PCK_PPID = 1,
	TLSBIND_PCK_TCB,
	TLSBIND_PCK_PCEID,
	TLSBIND_PCK_FMSPC,
	TLSBIND_PCK_SGX_TYPE,
	TLSBIND_PCK_INSTANCE,
	TLSBIND_PCK_CONFIGURATION,
};

#define TLSBIND_PCK_BIT(number)	(1U << (number))
#define TLSBIND_PCK_REQUIRED \
	(TLSBIND_PCK_BIT(TLSBIND_PCK_PPID) | TLSBIND_PCK_BIT(TLSBIND_PCK_TCB) | \
	 TLSBIND_PCK_BIT(TLSBIND_PCK_PCEID) | TLSBIND_PCK_BIT(TLSBIND_PCK_FMSPC) | \
	 TLSBIND_PCK_BIT(TLSBIND_PCK_SGX_TYPE))
#define TLSBIND_PCK_TCB_REQUIRED \
	(TLSBIND_PCK_BIT(TLSBIND_PCK_SVN_COUNT + 1) - TLSBIND_PCK_BIT(1))

typedef int (*tlsbind_pck_pair)(struct tlsbind_pck *out, int number, const ASN1_TYPE *value);

/* All of a SEQUENCE and nothing behind it. Return: the caller's; NULL if it is none. */
static ASN1_SEQUENCE_ANY *tlsbind_pck_sequence(struct tlsbind_span der)
{
	const uint8_t *end = der.data;
	struct tlsbind_cursor cursor;
	ASN1_SEQUENCE_ANY *list;

	if (!der.len || der.len > TLSBIND_PCK_SIZE_MAX)
		return NULL;
	list = d2i_ASN1_SEQUENCE_ANY(NULL, &end, (long)der.len);
	tlsbind_cursor_span(&cursor, der);
	if (list)
		tlsbind_cursor_skip(&cursor, (size_t)(end - der.data));
	if (list && tlsbind_cursor_done(&cursor) &&
	    sk_ASN1_TYPE_num(list) <= TLSBIND_PCK_PAIRS_MAX)
		return list;
	sk_ASN1_TYPE_pop_free(list, ASN1_TYPE_free);
	return NULL;
}

static struct tlsbind_span tlsbind_pck_string(const ASN1_STRING *string)
{
	int len = ASN1_STRING_length(string);

	return (struct tlsbind_span){ ASN1_STRING_get0_data(string), len > 0 ? (size_t)len : 0 };
}

static ASN1_SEQUENCE_ANY *tlsbind_pck_inner(const ASN1_TYPE *value)
{
	if (!value || ASN1_TYPE_get(value) != V_ASN1_SEQUENCE)
		return NULL;
	return tlsbind_pck_sequence(tlsbind_pck_string(value->value.sequence));
}

static int tlsbind_pck_octets(const ASN1_TYPE *value, uint8_t *out, size_t len)
{
	struct tlsbind_span span;

	if (ASN1_TYPE_get(value) != V_ASN1_OCTET_STRING)
		return -EBADMSG;
	span = tlsbind_pck_string(value->value.octet_string);
	if (span.len != len)
		return -EBADMSG;
	memcpy(out, span.data, len);
	return 0;
}

static int tlsbind_pck_integer(const ASN1_TYPE *value, uint64_t max, uint64_t *out)
{
	if (ASN1_TYPE_get(value) != V_ASN1_INTEGER ||
	    ASN1_INTEGER_get_uint64(out, value->value.integer) != 1 || *out > max)
		return -EBADMSG;
	return 0;
}

static int tlsbind_pck_sgx_type(const ASN1_TYPE *value, uint8_t *out)
{
	int64_t number;

	if (ASN1_TYPE_get(value) != V_ASN1_ENUMERATED ||
	    ASN1_ENUMERATED_get_int64(&number, value->value.enumerated) != 1 ||
	    number < 0 || number > UINT8_MAX)
		return -EBADMSG;
	*out = (uint8_t)number;
	return 0;
}

/* Number of an id directly below @prefix, 1 to 31; 0 for any other id. */
static int tlsbind_pck_number(const ASN1_TYPE *id, const char *prefix)
{
	char text[64], want[64];
	int len, number;

	if (ASN1_TYPE_get(id) != V_ASN1_OBJECT)
		return 0;
	len = OBJ_obj2txt(text, sizeof(text), id->value.object, 1);
	if (len <= 0 || (size_t)len >= sizeof(text))
		return 0;
	for (number = 1; number < 32; number++) {
		snprintf(want, sizeof(want), "%s.%d", prefix, number);
		if (!strcmp(text, want))
			return number;
	}
	return 0;
}

/* One SEQUENCE { id, value }. @seen has a bit for each number that was there. */
static int tlsbind_pck_pair_read(const ASN1_TYPE *item, const char *prefix, tlsbind_pck_pair read,
				 struct tlsbind_pck *out, uint32_t *seen)
{
	ASN1_SEQUENCE_ANY *pair = tlsbind_pck_inner(item);
	int ret = -EBADMSG, number;

	if (sk_ASN1_TYPE_num(pair) != 2)
		goto out;
	number = tlsbind_pck_number(sk_ASN1_TYPE_value(pair, 0), prefix);
	if (!number || *seen & TLSBIND_PCK_BIT(number))
		goto out;
	*seen |= TLSBIND_PCK_BIT(number);
	ret = read(out, number, sk_ASN1_TYPE_value(pair, 1));
out:
	sk_ASN1_TYPE_pop_free(pair, ASN1_TYPE_free);
	return ret;
}

static int tlsbind_pck_pairs(const ASN1_SEQUENCE_ANY *list, const char *prefix,
			     tlsbind_pck_pair read, struct tlsbind_pck *out, uint32_t required)
{
	uint32_t seen = 0;
	int i, ret = list ? 0 : -EBADMSG;

	for (i = 0; !ret && i < sk_ASN1_TYPE_num(list); i++)
		ret = tlsbind_pck_pair_read(sk_ASN1_TYPE_value(list, i), prefix, read, out, &seen);
	return !ret && (seen & required) != required ? -EBADMSG : ret;
}

static int tlsbind_pck_read_tcb(struct tlsbind_pck *out, int number, const ASN1_TYPE *value)
{
	uint64_t svn;
	int ret;

	if (number == TLSBIND_PCK_SVN_COUNT)
		return tlsbind_pck_octets(value, out->cpusvn, sizeof(out->cpusvn));
	if (number > TLSBIND_PCK_SVN_COUNT)
		return -EBADMSG;
	ret = tlsbind_pck_integer(value, number > TLSBIND_PCK_COMPONENTS ? UINT16_MAX : UINT8_MAX,
				  &svn);
	if (ret)
		return ret;
	if (number > TLSBIND_PCK_COMPONENTS)
		out->pcesvn = (uint16_t)svn;
	else
		out->components[number - 1] = (uint8_t)svn;
	return 0;
}

static int tlsbind_pck_read(struct tlsbind_pck *out, int number, const ASN1_TYPE *value)
{
	ASN1_SEQUENCE_ANY *list;
	int ret;

	switch (number) {
	case TLSBIND_PCK_PPID:
		return tlsbind_pck_octets(value, out->ppid, sizeof(out->ppid));
	case TLSBIND_PCK_TCB:
		list = tlsbind_pck_inner(value);
		ret = tlsbind_pck_pairs(list, TLSBIND_PCK_OID ".2", tlsbind_pck_read_tcb, out,
					TLSBIND_PCK_TCB_REQUIRED);
		sk_ASN1_TYPE_pop_free(list, ASN1_TYPE_free);
		return ret;
	case TLSBIND_PCK_PCEID:
		return tlsbind_pck_octets(value, out->pceid, sizeof(out->pceid));
	case TLSBIND_PCK_FMSPC:
		return tlsbind_pck_octets(value, out->fmspc, sizeof(out->fmspc));
	case TLSBIND_PCK_SGX_TYPE:
		return tlsbind_pck_sgx_type(value, &out->sgx_type);
	case TLSBIND_PCK_INSTANCE:
		out->has_instance = true;
		return tlsbind_pck_octets(value, out->instance, sizeof(out->instance));
	case TLSBIND_PCK_CONFIGURATION:
		return 0;		/* says nothing that is asked here */
	default:
		return -EBADMSG;
	}
}

int tlsbind_pck_parse(const X509 *cert, struct tlsbind_pck *out)
{
	ASN1_SEQUENCE_ANY *list;
	int ret;

	memset(out, 0, sizeof(*out));
	ERR_set_mark();
	list = tlsbind_pck_sequence(tlsbind_chain_extension(cert, TLSBIND_PCK_OID));
	ret = tlsbind_pck_pairs(list, TLSBIND_PCK_OID, tlsbind_pck_read, out,
				TLSBIND_PCK_REQUIRED);
	sk_ASN1_TYPE_pop_free(list, ASN1_TYPE_free);
	ERR_pop_to_mark();
	if (ret)
		memset(out, 0, sizeof(*out));
	return ret;
}
