/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include "certtable.h"
#include "cursor.h"

#define TLSBIND_GUID_SIZE		16
#define TLSBIND_CERTTABLE_ENTRY		24
#define TLSBIND_CERTTABLE_ENTRIES_MAX	32

/* GUIDs are in printed order. */
static const uint8_t tlsbind_guid_vcek[TLSBIND_GUID_SIZE] = {
	0x63, 0xda, 0x75, 0x8d, 0xe6, 0x64, 0x45, 0x64,
	0xad, 0xc5, 0xf4, 0xb9, 0x3b, 0xe8, 0xac, 0xcd,
};

static const uint8_t tlsbind_guid_vlek[TLSBIND_GUID_SIZE] = {
	0xa8, 0x07, 0x4b, 0xc2, 0xa2, 0x5a, 0x48, 0x3e,
	0xaa, 0xe6, 0x39, 0xc0, 0x45, 0xa0, 0xb8, 0xa1,
};

static const uint8_t tlsbind_guid_ask[TLSBIND_GUID_SIZE] = {
	0x4a, 0xb7, 0xb3, 0x79, 0xbb, 0xac, 0x4f, 0xe4,
	0xa0, 0x2f, 0x05, 0xae, 0xf3, 0x27, 0xc7, 0x82,
};

static const uint8_t tlsbind_guid_ark[TLSBIND_GUID_SIZE] = {
	0xc0, 0xb4, 0x06, 0xa4, 0xa8, 0x03, 0x49, 0x52,
	0x97, 0x43, 0x3f, 0xb6, 0x01, 0x4c, 0xd0, 0xae,
};

/* Number of entries before the all-zero one; negative if there is no such one. */
static int tlsbind_certtable_count(struct tlsbind_span table)
{
	struct tlsbind_cursor c;
	int count;

	tlsbind_cursor_span(&c, table);
	for (count = 0; count <= TLSBIND_CERTTABLE_ENTRIES_MAX; count++) {
		struct tlsbind_span entry = tlsbind_cursor_take(&c, TLSBIND_CERTTABLE_ENTRY);

		if (c.bad)
			return -EBADMSG;
		if (tlsbind_span_is_zero(entry))
			return count;
	}
	return -EBADMSG;
}

static struct tlsbind_span *tlsbind_certtable_slot(struct tlsbind_certtable *table,
						   struct tlsbind_span guid)
{
	if (!memcmp(guid.data, tlsbind_guid_vcek, TLSBIND_GUID_SIZE))
		return &table->vcek;
	if (!memcmp(guid.data, tlsbind_guid_vlek, TLSBIND_GUID_SIZE))
		return &table->vlek;
	if (!memcmp(guid.data, tlsbind_guid_ask, TLSBIND_GUID_SIZE))
		return &table->ask;
	if (!memcmp(guid.data, tlsbind_guid_ark, TLSBIND_GUID_SIZE))
		return &table->ark;
	return NULL;
}

static bool tlsbind_certtable_seen(struct tlsbind_span table, int index,
				   struct tlsbind_span guid)
{
	struct tlsbind_cursor c;

	tlsbind_cursor_span(&c, table);
	while (index-- > 0) {
		struct tlsbind_span other = tlsbind_cursor_take(&c, TLSBIND_GUID_SIZE);

		tlsbind_cursor_skip(&c, TLSBIND_CERTTABLE_ENTRY - TLSBIND_GUID_SIZE);
		if (c.bad || !memcmp(other.data, guid.data, TLSBIND_GUID_SIZE))
			return true;
	}
	return false;
}

int tlsbind_certtable_parse(struct tlsbind_span table, struct tlsbind_certtable *out)
{
	struct tlsbind_cursor c;
	int i, count;

	memset(out, 0, sizeof(*out));
	if (!table.len)
		return 0;
	count = tlsbind_certtable_count(table);
	if (count < 0)
		return -EBADMSG;
	tlsbind_cursor_span(&c, table);
	for (i = 0; i < count; i++) {
		struct tlsbind_span guid = tlsbind_cursor_take(&c, TLSBIND_GUID_SIZE);
		size_t offset = tlsbind_cursor_le32(&c);
		size_t len = tlsbind_cursor_le32(&c);
		struct tlsbind_span content = tlsbind_span_slice(table, offset, len), *slot;

		if (c.bad || !content.len ||
		    offset < (size_t)(count + 1) * TLSBIND_CERTTABLE_ENTRY ||
		    tlsbind_certtable_seen(table, i, guid)) {
			memset(out, 0, sizeof(*out));
			return -EBADMSG;
		}
		slot = tlsbind_certtable_slot(out, guid);
		if (slot)
			*slot = content;
	}
	return 0;
}
