/* SPDX-License-Identifier: MIT */
/* Evidence as the kernel gives it to tlsbind(8). */
#ifndef TLSBIND_TOOL_EVIDENCE_H
#define TLSBIND_TOOL_EVIDENCE_H

#include "tlsbind.h"

/**
 * tool_evidence_print() - what evidence claims, on standard output
 * @id: connection
 * @nonce: that was asked for
 * @data: the evidence
 * @len: its size
 *
 * Nothing of it is verified here: that is for the relying party.
 *
 * Return: exit code; TOOL_MALFORMED after a message if it is no evidence.
 */
int tool_evidence_print(const uint8_t id[TLSBIND_CONNECTION_ID_SIZE],
			const uint8_t nonce[TLSBIND_NONCE_SIZE], const uint8_t *data, size_t len);

#endif /* TLSBIND_TOOL_EVIDENCE_H */
