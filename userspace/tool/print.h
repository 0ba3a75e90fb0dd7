/* SPDX-License-Identifier: MIT */
/*
 * Output, as text or as JSON, from the same calls, so that the two cannot differ.
 *
 * Every value has a key for JSON and a prefix for text; where the prefix is NULL, the
 * value is not part of the text. A container that is opened while none is open is
 * one JSON value on one line.
 */
#ifndef TLSBIND_PRINT_H
#define TLSBIND_PRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <jansson.h>

#define TOOL_PRINT_DEPTH	8

/**
 * struct tool_print - where output goes
 * @out: the file
 * @json: as JSON
 * @failed: something could not be written; told by tool_print_end()
 * @depth: number of open containers
 * @open: those, the outermost first; JSON only
 */
struct tool_print {
	FILE *out;
	bool json;
	bool failed;
	unsigned int depth;
	json_t *open[TOOL_PRINT_DEPTH];
};

/** tool_print_begin() - nothing is open */
void tool_print_begin(struct tool_print *print, FILE *out, bool json);

/**
 * tool_print_end() - flush
 * @print: with nothing open
 *
 * Return: 0; -1 after a message if any of the output could not be written.
 */
int tool_print_end(struct tool_print *print);

/** tool_print_object() - open an object; @key is NULL outside of objects */
void tool_print_object(struct tool_print *print, const char *key);

/** tool_print_array() - open an array; @key is NULL outside of objects */
void tool_print_array(struct tool_print *print, const char *key);

/** tool_print_close() - close what was opened last; the outermost is written */
void tool_print_close(struct tool_print *print);

/** tool_print_string() - text from anywhere; what could control a terminal becomes "?" */
void tool_print_string(struct tool_print *print, const char *key, const char *prefix,
		       const char *value);

/**
 * tool_print_word() - a string that tlsbind-rules(5) must be able to read back
 * @print: where to
 * @key: for JSON
 * @prefix: for text
 * @value: quoted in the text if it has to be
 */
void tool_print_word(struct tool_print *print, const char *key, const char *prefix,
		     const char *value);

/** tool_print_number() - an unsigned number; as JSON a string if it has more than 63 bits */
void tool_print_number(struct tool_print *print, const char *key, const char *prefix,
		       uint64_t value);

/** tool_print_time() - nanoseconds; as text in seconds */
void tool_print_time(struct tool_print *print, const char *key, const char *prefix, uint64_t ns);

/** tool_print_range() - an object of "min" and "max"; as text MIN or MIN-MAX */
void tool_print_range(struct tool_print *print, const char *key, const char *prefix,
		      uint32_t min, uint32_t max);

/** tool_print_bool() - a boolean; as text @text if it is true, and nothing if not */
void tool_print_bool(struct tool_print *print, const char *key, const char *text, bool value);

/** tool_print_hex() - bytes as lower-case hex */
void tool_print_hex(struct tool_print *print, const char *key, const char *prefix,
		    const void *data, size_t len);

/** tool_print_text() - what is there for the reader of text only */
void tool_print_text(struct tool_print *print, const char *text);

#endif /* TLSBIND_PRINT_H */
