/* SPDX-License-Identifier: MIT */
/*
 * JSON as Intel's provisioning certification service (PCS, API version 4) writes it.
 * Whatever has not exactly the form that its documentation gives is refused:
 * numbers that are no integers or too large, hex of another length, other dates.
 */
#ifndef TLSBIND_PCS_H
#define TLSBIND_PCS_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <jansson.h>
#include "tlsbind.h"

/**
 * struct tlsbind_tcb_state - what Intel says of a TCB level
 * @status: never unknown
 * @date: the day as of which this level is complete: what is older lacks a fix
 * @advisories: "INTEL-SA-00960,INTEL-SA-00982"; NULL if there are none
 */
struct tlsbind_tcb_state {
	enum tlsbind_tcb_status status;
	time_t date;
	char *advisories;
};

/**
 * struct tlsbind_svn_level - a TCB level of a TDX module or a quoting enclave
 * @isvsvn: from this SVN on
 * @state: what is said of it
 */
struct tlsbind_svn_level {
	uint16_t isvsvn;
	struct tlsbind_tcb_state state;
};

/**
 * struct tlsbind_svn_levels - all levels, as Intel orders them: newest first
 * @list: the levels
 * @count: at least one
 */
struct tlsbind_svn_levels {
	struct tlsbind_svn_level *list;
	size_t count;
};

/** tlsbind_pcs_parse() - all of @text; Return: an object, NULL for anything else */
json_t *tlsbind_pcs_parse(struct tlsbind_span text);

/**
 * tlsbind_pcs_bytes() - the bytes of a member's value, for they are what is signed
 * @text: one object
 * @name: name of the member
 *
 * Return: part of @text from the first to the last character of the value; an
 * absent span if @text is no object, or has no or more than one such member.
 */
struct tlsbind_span tlsbind_pcs_bytes(struct tlsbind_span text, const char *name);

/** tlsbind_pcs_string() - member that is a string; Return: NULL if there is none */
const char *tlsbind_pcs_string(const json_t *object, const char *name);

/** tlsbind_pcs_is() - is a member this string? */
bool tlsbind_pcs_is(const json_t *object, const char *name, const char *value);

/** tlsbind_pcs_number() - member that is an integer from 0 to @max; Return: 0; -EBADMSG */
int tlsbind_pcs_number(const json_t *object, const char *name, uint64_t max, uint64_t *out);

/** tlsbind_pcs_hex() - member that is hex of @len bytes; Return: 0; -EBADMSG */
int tlsbind_pcs_hex(const json_t *object, const char *name, uint8_t *out, size_t len);

/** tlsbind_pcs_time() - member such as "2025-06-19T10:16:03Z"; Return: 0; -EBADMSG */
int tlsbind_pcs_time(const json_t *object, const char *name, time_t *out);

/**
 * tlsbind_pcs_array() - member that is an array
 * @object: the object; may be NULL
 * @name: name of the member
 * @max: at most so many elements, and at least one
 *
 * Return: the array, which @object keeps; NULL if there is none.
 */
json_t *tlsbind_pcs_array(const json_t *object, const char *name, size_t max);

/**
 * tlsbind_pcs_state() - members tcbStatus, tcbDate, advisoryIDs of a level
 * @level: a TCB level
 * @out: advisories are the caller's, also on failure
 *
 * Return: 0; -EBADMSG for a status that is not one of PCS version 4, -ENOMEM.
 */
int tlsbind_pcs_state(const json_t *level, struct tlsbind_tcb_state *out);

/**
 * tlsbind_pcs_svn_levels() - member tcbLevels whose levels have an ISVSVN only
 * @object: enclave identity, or identity of a TDX module
 * @out: to be ended with tlsbind_svn_levels_clear(), also on failure
 *
 * Such levels are up to date, out of date or revoked, and nothing else.
 *
 * Return: 0; -EBADMSG, -ENOMEM.
 */
int tlsbind_pcs_svn_levels(const json_t *object, struct tlsbind_svn_levels *out);

/** tlsbind_svn_levels_clear() - drop them */
void tlsbind_svn_levels_clear(struct tlsbind_svn_levels *levels);

#endif /* TLSBIND_PCS_H */
