/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * What the module and the signer say to each other over /dev/tlsbind-mock-tee.
 *
 * read() returns exactly one struct mock_tee_request. write() takes one struct
 * mock_tee_answer, followed by out_len bytes of report and aux_len bytes of
 * auxiliary data. Both ends run on one machine: integers are native.
 */
#ifndef MOCK_TEE_DEV_H
#define MOCK_TEE_DEV_H

#include <linux/types.h>

#define MOCK_TEE_DEVICE		"tlsbind-mock-tee"
#define MOCK_TEE_INBLOB_LEN	64
#define MOCK_TEE_BLOB_MAX	32768

/**
 * struct mock_tee_request - a report that somebody waits for
 * @id: to be repeated in the answer
 * @privlevel: privilege level (SNP: VMPL) asked for
 * @reserved: zero
 * @inblob: REPORT_DATA
 */
struct mock_tee_request {
	__u64 id;
	__u32 privlevel;
	__u32 reserved;
	__u8 inblob[MOCK_TEE_INBLOB_LEN];
};

/**
 * struct mock_tee_answer - head of the signer's answer
 * @id: of the request that this answers
 * @out_len: bytes of report that follow
 * @aux_len: bytes of auxiliary data after the report, may be 0
 */
struct mock_tee_answer {
	__u64 id;
	__u32 out_len;
	__u32 aux_len;
};

#endif
