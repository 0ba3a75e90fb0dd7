/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The claims of a request and their leaf.
 */
#ifndef _TLSBIND_STATEMENT_H
#define _TLSBIND_STATEMENT_H

struct tlsbind_request;

int tlsbind_statement_make(struct tlsbind_request *request);
int tlsbind_statement_renew(struct tlsbind_request *request);

#endif
