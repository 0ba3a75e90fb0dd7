/* SPDX-License-Identifier: MIT */
/* Small DER values in extensions of certificates. */
#ifndef TLSBIND_DER_H
#define TLSBIND_DER_H

#include "tlsbind.h"

/**
 * tlsbind_der_content() - content of a value
 * @der: exactly one value with a length below 128
 * @tag: its identifier byte
 *
 * Return: the content; an absent span for anything else.
 */
struct tlsbind_span tlsbind_der_content(struct tlsbind_span der, unsigned int tag);

/**
 * tlsbind_der_u8() - a small INTEGER
 * @der: exactly one INTEGER, in as few bytes as can be
 *
 * Return: its value from 0 to 255; -1 for anything else.
 */
int tlsbind_der_u8(struct tlsbind_span der);

#endif /* TLSBIND_DER_H */
