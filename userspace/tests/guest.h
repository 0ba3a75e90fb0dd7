/* SPDX-License-Identifier: MIT */
/*
 * Evidence that has its own value in each field, and the policy that states exactly these.
 *
 * The tables are written from the vendors' documents and not from the library's table. A
 * field of the library that has no row in them fails a test.
 */
#ifndef TLSBIND_TESTS_GUEST_H
#define TLSBIND_TESTS_GUEST_H

#include "synth.h"
#include "appraisal.h"
#include "policy_file.h"

/* Where a field is in the evidence. */
enum guest_where { REPORT, CLAIMS, CERTIFICATE, NOWHERE };

/**
 * struct row - a field of a policy
 * @section: in the policy
 * @key: in the policy
 * @check: that decides
 * @where: what the evidence has is here
 * @offset: in the report or quote, or in the claims
 * @size: of it
 * @byte: bytes: all of it has this value. Different for each row of a section
 * @right: numbers: a statement that agrees with the evidence
 * @wrong: numbers: one that does not
 * @preset: the evidence has it already
 * @zero: bytes of zero are a value
 * @changed: checks that fail when the evidence has something else; NULL: only @check
 */
struct row {
	const char *section;
	const char *key;
	const char *check;
	enum guest_where where;
	size_t offset;
	size_t size;
	uint8_t byte;
	const char *right;
	const char *wrong;
	bool preset;
	bool zero;
	const char *changed;
};

/**
 * struct bit_row - a bit of a field
 * @key: its name
 * @shift: its number
 * @initial: what is wanted where nothing is stated; -1 if either will do
 * @debug: report.debug looks at it, too
 */
struct bit_row {
	const char *key;
	unsigned int shift;
	int initial;
	bool debug;
};

/**
 * struct bits_row - a field of bits
 * @section: in the policy
 * @key: in the policy
 * @check: that decides
 * @offset: REPORT: where it is
 * @bits: by name
 * @other: a bit without a name
 * @other_fails: checks that fail if it is set
 */
struct bits_row {
	const char *section;
	const char *key;
	const char *check;
	size_t offset;
	struct bit_row bits[20];
	unsigned int other;
	const char *other_fails;
};

extern const struct row guest_rows[];
extern const size_t guest_row_count;
extern const struct bits_row guest_bits[];
extern const size_t guest_bits_count;

/* PKIs of the tests, of SNP and of TDX. */
extern struct synth_pki *guest_pki[2];

/* What was wrong with the policy that was loaded last. */
extern char guest_error[256];

/**
 * struct guest - evidence that has its own value in each field
 * @c: the case
 * @flips: the values in the report
 * @count: number of flips
 */
struct guest {
	struct synth_case c;
	struct synth_flip flips[1024];
	size_t count;
};

/** guest_setup() - make the PKIs */
int guest_setup(void **state);

/** guest_teardown() - drop them */
int guest_teardown(void **state);

/** guest_flip() - xor a value into one byte of the report before it is signed */
void guest_flip(struct guest *g, size_t offset, uint8_t value);

/** guest_new() - evidence, and an appraisal that trusts its root */
void guest_new(struct guest *g, bool tdx);

/** guest_bit() - set a bit of a field */
void guest_bit(struct guest *g, const struct bits_row *row, unsigned int shift, bool value);

/** guest_json() - JSON from text */
json_t *guest_json(const char *text);

/** guest_hex() - a list of one string of hex; the last byte is xored with @change */
json_t *guest_hex(uint8_t byte, size_t size, uint8_t change);

/** guest_right() - statement that agrees with the evidence */
json_t *guest_right(const struct row *row);

/** guest_wrong() - statement that does not */
json_t *guest_wrong(const struct row *row);

/** guest_policy() - a policy that states exactly what the evidence has, but any TCB */
json_t *guest_policy(void);

/** guest_set() - replace a member of a section */
void guest_set(json_t *policy, const char *section, const char *key, json_t *value);

/** guest_load() - as tlsbind_appraisal_load() */
int guest_load(struct tlsbind_appraisal *appraisal, json_t *policy);

/** guest_expect() - load @policy, take it over, verify: exactly these checks fail */
void guest_expect(struct guest *g, json_t *policy, const char *failures, const char *what);

/** guest_nothing() - nothing whatever is accepted by this appraisal */
void guest_nothing(struct guest *g, const char *what);

/** guest_refused() - @policy is no policy; takes it over. The message has @text */
void guest_refused(json_t *policy, bool tdx, const char *text);

/** guest_name() - SECTION.KEY, valid until the next call */
const char *guest_name(const char *section, const char *key);

/** guest_tdx() - is this a section for TDX? Claims are tested with SNP */
bool guest_tdx(const char *section);

#endif /* TLSBIND_TESTS_GUEST_H */
