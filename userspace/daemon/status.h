/* SPDX-License-Identifier: MIT */
/* Refusals: an HTTP status and a few words, for each error there can be. */
#ifndef TLSBINDD_STATUS_H
#define TLSBINDD_STATUS_H

/**
 * struct status - how a request is refused
 * @code: HTTP status; 0 if it is not
 * @text: member "error" of the answer; nothing in it needs escaping
 * @retry: seconds, for Retry-After; 0 for none
 */
struct status {
	unsigned int code;
	const char *text;
	unsigned int retry;
};

/**
 * status_of() - for an error of the kernel, or of a question
 * @error: negative errno
 *
 * Return: a status of the classes 4xx and 5xx, whatever @error is.
 */
struct status status_of(int error);

/** status_json() - body of the answer; Return: a string for free(); NULL: no memory */
char *status_json(const struct status *status);

#endif /* TLSBINDD_STATUS_H */
