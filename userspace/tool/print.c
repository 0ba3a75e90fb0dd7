/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "print.h"
#include "tool.h"

void tool_print_begin(struct tool_print *print, FILE *out, bool json)
{
	memset(print, 0, sizeof(*print));
	print->out = out;
	print->json = json;
}

int tool_print_end(struct tool_print *print)
{
	if (fflush(print->out) || ferror(print->out))
		print->failed = true;
	if (!print->failed)
		return 0;
	tool_error("cannot write: %s", strerror(errno));
	return -1;
}

/* Takes the reference of @value, which may be NULL if memory ran out. */
static void tool_print_add(struct tool_print *print, const char *key, json_t *value)
{
	json_t *parent = print->open[print->depth - 1];
	int ret;

	if (json_is_array(parent))
		ret = json_array_append_new(parent, value);
	else
		ret = json_object_set_new(parent, key, value);
	if (ret)
		print->failed = true;
}

static void tool_print_open(struct tool_print *print, const char *key, json_t *container)
{
	if (print->depth)
		tool_print_add(print, key, container);
	print->open[print->depth++] = container;
}

void tool_print_object(struct tool_print *print, const char *key)
{
	if (print->json)
		tool_print_open(print, key, json_object());
}

void tool_print_array(struct tool_print *print, const char *key)
{
	if (print->json)
		tool_print_open(print, key, json_array());
}

void tool_print_close(struct tool_print *print)
{
	json_t *root;

	if (!print->json || --print->depth)
		return;
	root = print->open[0];
	/* In ASCII: JSON may be looked at in a terminal, too. */
	if (json_dumpf(root, print->out, JSON_COMPACT | JSON_ENSURE_ASCII) || putc('\n', print->out) == EOF)
		print->failed = true;
	json_decref(root);
}

static void tool_print_foreign(struct tool_print *print, const char *value)
{
	for (; *value; value++)
		putc(tool_harmless(*value), print->out);
}

/* What is no UTF-8 is no string of JSON; DEL is the one control that is not escaped. */
static json_t *tool_print_json_string(const char *value)
{
	char *copy = strdup(value), *c;
	json_t *string;

	if (!copy)
		return NULL;
	for (c = copy; (c = strchr(c, '\x7f'));)
		*c = tool_harmless(*c);
	string = json_string(copy);
	for (c = copy; !string && *c; c++)
		*c = tool_harmless(*c);
	if (!string)
		string = json_string(copy);
	free(copy);
	return string;
}

void tool_print_string(struct tool_print *print, const char *key, const char *prefix,
		       const char *value)
{
	if (print->json) {
		tool_print_add(print, key, tool_print_json_string(value));
	} else if (prefix) {
		fputs(prefix, print->out);
		tool_print_foreign(print, value);
	}
}

static bool tool_print_must_quote(const char *value)
{
	if (!*value)
		return true;
	for (; *value; value++)
		if (tool_harmless(*value) != *value || strchr(" \"#", *value))
			return true;
	return false;
}

static void tool_print_quoted(FILE *out, const char *value)
{
	putc('"', out);
	for (; *value; value++) {
		if (tool_harmless(*value) != *value)
			fprintf(out, "\\x%02x", (unsigned char)*value);
		else if (*value == '"' || *value == '\\')
			fprintf(out, "\\%c", *value);
		else
			putc(*value, out);
	}
	putc('"', out);
}

void tool_print_word(struct tool_print *print, const char *key, const char *prefix,
		     const char *value)
{
	if (print->json || !prefix || !tool_print_must_quote(value)) {
		tool_print_string(print, key, prefix, value);
		return;
	}
	fputs(prefix, print->out);
	tool_print_quoted(print->out, value);
}

static json_t *tool_print_json_number(uint64_t value)
{
	char text[24];

	if (value <= INT64_MAX)
		return json_integer((json_int_t)value);
	snprintf(text, sizeof(text), "%" PRIu64, value);
	return json_string(text);
}

void tool_print_number(struct tool_print *print, const char *key, const char *prefix,
		       uint64_t value)
{
	if (print->json)
		tool_print_add(print, key, tool_print_json_number(value));
	else if (prefix)
		fprintf(print->out, "%s%" PRIu64, prefix, value);
}

void tool_print_time(struct tool_print *print, const char *key, const char *prefix, uint64_t ns)
{
	if (print->json)
		tool_print_number(print, key, NULL, ns);
	else if (prefix)
		fprintf(print->out, "%s%" PRIu64 ".%06" PRIu64, prefix, ns / 1000000000,
			ns / 1000 % 1000000);
}

void tool_print_range(struct tool_print *print, const char *key, const char *prefix,
		      uint32_t min, uint32_t max)
{
	tool_print_object(print, key);
	tool_print_number(print, "min", prefix, min);
	tool_print_number(print, "max", prefix && min != max ? "-" : NULL, max);
	tool_print_close(print);
}

void tool_print_bool(struct tool_print *print, const char *key, const char *text, bool value)
{
	if (print->json)
		tool_print_add(print, key, json_boolean(value));
	else if (text && value)
		fputs(text, print->out);
}

void tool_print_hex(struct tool_print *print, const char *key, const char *prefix,
		    const void *data, size_t len)
{
	char *hex = malloc(2 * len + 1);

	if (!hex) {
		print->failed = true;
		return;
	}
	tool_hex(data, len, hex);
	tool_print_string(print, key, prefix, hex);
	free(hex);
}

void tool_print_text(struct tool_print *print, const char *text)
{
	if (!print->json)
		fputs(text, print->out);
}
