/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "cursor.h"
#include "internal.h"
#include "pcs.h"

#define TLSBIND_PCS_LEVELS_MAX		64
#define TLSBIND_PCS_ADVISORIES_MAX	256
#define TLSBIND_PCS_ADVISORY_SIZE	32
#define TLSBIND_PCS_TIME_SIZE		20	/* YYYY-MM-DDTHH:MM:SSZ */

json_t *tlsbind_pcs_parse(struct tlsbind_span text)
{
	json_t *root;

	if (!text.len || text.len > TLSBIND_EVIDENCE_SIZE_MAX)
		return NULL;
	root = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, NULL);
	if (json_is_object(root))
		return root;
	json_decref(root);
	return NULL;
}

/* Next character that is no white space, which stays; 0 at the end. */
static uint8_t tlsbind_pcs_peek(struct tlsbind_cursor *c)
{
	for (;;) {
		struct tlsbind_cursor ahead = *c;
		uint8_t next = tlsbind_cursor_u8(&ahead);

		if (ahead.bad)
			return 0;
		if (next != ' ' && next != '\t' && next != '\r' && next != '\n')
			return next;
		*c = ahead;
	}
}

static bool tlsbind_pcs_expect(struct tlsbind_cursor *c, char want)
{
	if (tlsbind_pcs_peek(c) != (uint8_t)want) {
		tlsbind_cursor_fail(c);
		return false;
	}
	tlsbind_cursor_skip(c, 1);
	return true;
}

/* One value of whatever kind, and its bytes. Return: NULL, and the cursor is bad, on failure. */
static json_t *tlsbind_pcs_value(struct tlsbind_cursor *c, struct tlsbind_span *bytes)
{
	json_error_t error;
	json_t *value = NULL;

	if (tlsbind_pcs_peek(c))
		value = json_loadb((const char *)c->data, c->left, JSON_REJECT_DUPLICATES |
				   JSON_DISABLE_EOF_CHECK | JSON_DECODE_ANY, &error);
	if (value && error.position > 0)
		*bytes = tlsbind_cursor_take(c, (size_t)error.position);
	else
		tlsbind_cursor_fail(c);
	if (!c->bad)
		return value;
	json_decref(value);
	return NULL;
}

/* A member up to the comma or bracket behind it. Return: is it the one of this name? */
static bool tlsbind_pcs_member(struct tlsbind_cursor *c, const char *name,
			       struct tlsbind_span *bytes)
{
	struct tlsbind_span key_bytes;
	json_t *key = tlsbind_pcs_value(c, &key_bytes);
	bool found = json_is_string(key) && !strcmp(json_string_value(key), name);

	if (!json_is_string(key))
		tlsbind_cursor_fail(c);
	json_decref(key);
	tlsbind_pcs_expect(c, ':');
	json_decref(tlsbind_pcs_value(c, bytes));
	return found;
}

struct tlsbind_span tlsbind_pcs_bytes(struct tlsbind_span text, const char *name)
{
	struct tlsbind_span none = { NULL, 0 }, found = none, bytes = none;
	json_t *whole = tlsbind_pcs_parse(text), *part;
	struct tlsbind_cursor c;
	size_t count = 0;
	bool same;

	tlsbind_cursor_span(&c, text);
	if (!whole || !tlsbind_pcs_expect(&c, '{'))
		tlsbind_cursor_fail(&c);
	while (!c.bad) {
		if (tlsbind_pcs_member(&c, name, &bytes)) {
			found = bytes;
			count++;
		}
		if (tlsbind_pcs_peek(&c) != ',')
			break;
		tlsbind_cursor_skip(&c, 1);
	}
	tlsbind_pcs_expect(&c, '}');
	(void)tlsbind_pcs_peek(&c);
	/* Both ways to read it must have come to the same. */
	part = tlsbind_pcs_parse(found);
	same = part && json_equal(part, json_object_get(whole, name));
	json_decref(part);
	json_decref(whole);
	return same && count == 1 && tlsbind_cursor_done(&c) ? found : none;
}

const char *tlsbind_pcs_string(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

bool tlsbind_pcs_is(const json_t *object, const char *name, const char *value)
{
	const char *text = tlsbind_pcs_string(object, name);

	return text && !strcmp(text, value);
}

int tlsbind_pcs_number(const json_t *object, const char *name, uint64_t max, uint64_t *out)
{
	const json_t *value = json_object_get(object, name);

	*out = 0;
	if (!json_is_integer(value) || json_integer_value(value) < 0 ||
	    (uint64_t)json_integer_value(value) > max)
		return -EBADMSG;
	*out = (uint64_t)json_integer_value(value);
	return 0;
}

int tlsbind_pcs_hex(const json_t *object, const char *name, uint8_t *out, size_t len)
{
	const char *text = tlsbind_pcs_string(object, name);

	memset(out, 0, len);
	return text ? tlsbind_unhex(text, out, len) : -EBADMSG;
}

/* @text has the digits, and nothing else, where @form has a "9", and is as @form elsewhere. */
static bool tlsbind_pcs_matches(const char *text, const char *form)
{
	size_t i;

	if (strlen(text) != strlen(form))
		return false;
	for (i = 0; form[i]; i++)
		if (form[i] == '9' ? !isdigit((unsigned char)text[i]) : text[i] != form[i])
			return false;
	return true;
}

int tlsbind_pcs_time(const json_t *object, const char *name, time_t *out)
{
	const char *text = tlsbind_pcs_string(object, name);
	char again[TLSBIND_PCS_TIME_SIZE + 12];
	struct tm tm = { 0 };

	*out = 0;
	if (!text || !tlsbind_pcs_matches(text, "9999-99-99T99:99:99Z") ||
	    sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2dZ", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
		   &tm.tm_hour, &tm.tm_min, &tm.tm_sec) != 6)
		return -EBADMSG;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	*out = timegm(&tm);
	/* The 30th of February comes back as another day. */
	if (*out < 0 || !strftime(again, sizeof(again), "%Y-%m-%dT%H:%M:%SZ", &tm) ||
	    strcmp(text, again)) {
		*out = 0;
		return -EBADMSG;
	}
	return 0;
}

json_t *tlsbind_pcs_array(const json_t *object, const char *name, size_t max)
{
	json_t *array = json_object_get(object, name);

	return json_array_size(array) && json_array_size(array) <= max ? array : NULL;
}

/* They are shown to people: letters, digits and hyphens. */
static bool tlsbind_pcs_is_advisory(const char *text)
{
	size_t len = text ? strlen(text) : 0;

	return len && len < TLSBIND_PCS_ADVISORY_SIZE &&
	       strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

static int tlsbind_pcs_advisories(const json_t *level, char **out)
{
	const json_t *array = json_object_get(level, "advisoryIDs");
	size_t i, count = json_array_size(array), size = count * TLSBIND_PCS_ADVISORY_SIZE, used = 0;

	if (!array || (json_is_array(array) && !count))
		return 0;
	if (!json_is_array(array) || count > TLSBIND_PCS_ADVISORIES_MAX)
		return -EBADMSG;
	*out = calloc(1, size);
	if (!*out)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		const char *text = json_string_value(json_array_get(array, i));

		if (!tlsbind_pcs_is_advisory(text))
			return -EBADMSG;
		used += (size_t)snprintf(*out + used, size - used, "%s%s", i ? "," : "", text);
	}
	return 0;
}

/* The statuses that a TCB level may have: what relaunching advises no level says. */
static enum tlsbind_tcb_status tlsbind_pcs_status(const char *text)
{
	enum tlsbind_tcb_status status = text ? tlsbind_tcb_from_name(text) : TLSBIND_TCB_UNKNOWN;

	if (status == TLSBIND_TCB_TD_RELAUNCH_ADVISED ||
	    status == TLSBIND_TCB_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED)
		return TLSBIND_TCB_UNKNOWN;
	return status;
}

int tlsbind_pcs_state(const json_t *level, struct tlsbind_tcb_state *out)
{
	memset(out, 0, sizeof(*out));
	out->status = tlsbind_pcs_status(tlsbind_pcs_string(level, "tcbStatus"));
	if (out->status == TLSBIND_TCB_UNKNOWN || tlsbind_pcs_time(level, "tcbDate", &out->date))
		return -EBADMSG;
	return tlsbind_pcs_advisories(level, &out->advisories);
}

static int tlsbind_pcs_svn_level(const json_t *item, struct tlsbind_svn_level *out)
{
	uint64_t isvsvn;
	int ret;

	ret = tlsbind_pcs_state(item, &out->state);
	if (!ret)
		ret = tlsbind_pcs_number(json_object_get(item, "tcb"), "isvsvn", UINT16_MAX,
					 &isvsvn);
	if (ret)
		return ret;
	out->isvsvn = (uint16_t)isvsvn;
	switch (out->state.status) {
	case TLSBIND_TCB_UP_TO_DATE:
	case TLSBIND_TCB_OUT_OF_DATE:
	case TLSBIND_TCB_REVOKED:
		return 0;
	default:
		return -EBADMSG;
	}
}

int tlsbind_pcs_svn_levels(const json_t *object, struct tlsbind_svn_levels *out)
{
	json_t *array = tlsbind_pcs_array(object, "tcbLevels", TLSBIND_PCS_LEVELS_MAX);
	size_t i;
	int ret = 0;

	memset(out, 0, sizeof(*out));
	if (!array)
		return -EBADMSG;
	out->list = calloc(json_array_size(array), sizeof(*out->list));
	if (!out->list)
		return -ENOMEM;
	out->count = json_array_size(array);
	for (i = 0; i < out->count && !ret; i++)
		ret = tlsbind_pcs_svn_level(json_array_get(array, i), &out->list[i]);
	return ret;
}

void tlsbind_svn_levels_clear(struct tlsbind_svn_levels *levels)
{
	size_t i;

	for (i = 0; i < levels->count; i++)
		free(levels->list[i].state.advisories);
	free(levels->list);
	memset(levels, 0, sizeof(*levels));
}
