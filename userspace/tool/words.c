/* SPDX-License-Identifier: MIT */
/* Words of a command line or a file, and what they stand for. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "tool.h"

bool tool_number(const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
	unsigned long long value;
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	value = strtoull(text, &end, 10);
	if (*end || errno || value < min || value > max)
		return false;
	*out = value;
	return true;
}

void tool_hex(const void *data, size_t len, char *out)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *bytes = data;
	size_t i;

	for (i = 0; i < len; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
	out[2 * len] = '\0';
}

static int tool_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool tool_unhex(const char *text, void *out, size_t size, size_t *len)
{
	uint8_t *bytes = out;
	size_t n = 0;

	for (; text[0]; text += 2, n++) {
		int high = tool_hex_digit(text[0]);
		int low = high < 0 ? -1 : tool_hex_digit(text[1]);

		if (low < 0 || n == size)
			return false;
		bytes[n] = (uint8_t)(high << 4 | low);
	}
	*len = n;
	return true;
}

/* A character of a quoted word. Return: the next one; NULL if it is none. */
static const char *tool_words_escape(const char *from, char *to)
{
	size_t len;
	char hex[3];

	if (*from != '\\') {
		*to = *from;
		return *from ? from + 1 : NULL;
	}
	if (from[1] == '"' || from[1] == '\\') {
		*to = from[1];
		return from + 2;
	}
	if (from[1] != 'x' || !from[2] || !from[3])
		return NULL;
	memcpy(hex, from + 2, 2);
	hex[2] = '\0';
	return tool_unhex(hex, to, 1, &len) && *to ? from + 4 : NULL;
}

/* The word that begins at *@from is put at *@to; both are moved behind it. */
static const char *tool_words_next(const char **from, char **to)
{
	const char *at = *from;
	char *out = *to;

	if (*at != '"') {
		while (*at && !strchr(" \t\r\n#\"", *at))
			*out++ = *at++;
	} else {
		at++;
		while (*at != '"') {
			at = tool_words_escape(at, out++);
			if (!at)
				return "a quoted word without end, or with an escape that is not "
				       "\\\", \\\\ or \\xHH";
		}
		at++;
	}
	if (*at && !strchr(" \t\r\n#", *at))
		return "a quote in the middle of a word";
	*out++ = '\0';
	*from = at;
	*to = out;
	return NULL;
}

const char *tool_words_split(const char *line, char *buffer, char *words[], int max, int *count)
{
	const char *error;

	*count = 0;
	for (;;) {
		line += strspn(line, " \t\r\n");
		if (!*line || *line == '#')
			return NULL;
		if (*count == max)
			return "too many words";
		words[(*count)++] = buffer;
		error = tool_words_next(&line, &buffer);
		if (error)
			return error;
	}
}
