/* SPDX-License-Identifier: MIT */
/*
 * What tlsbind exec learns of the programs that it runs.
 *
 * A file in shared memory: libtlsbind-exec.so maps it when a program begins, and from
 * then on needs no descriptor, no path and no system call to tell something. Programs
 * close descriptors that they do not know, change their root directory and their user
 * and forbid themselves system calls; none of that matters to memory that is mapped.
 */
#ifndef TLSBIND_EXEC_SEEN_H
#define TLSBIND_EXEC_SEEN_H

#include <stdint.h>

/* Environment variable with the path of the file. */
#define EXEC_SEEN_FILE		"TLSBIND_EXEC_SEEN"

#define EXEC_SEEN_MAGIC		0x746c7362
#define EXEC_SEEN_ERRORS	8
#define EXEC_SEEN_PATH		256

/* Steps in which a connection gets its keys into the kernel. */
enum exec_step {
	EXEC_ULP,	/* TCP_ULP: kernel TLS for this socket */
	EXEC_TX,	/* TLS_TX: its first sending key */
	EXEC_RX,	/* TLS_RX: its first receiving key */
	EXEC_STEPS,
};

/**
 * struct exec_error - an error of a step
 * @number: errno; 0 if this one is free
 * @count: how often
 */
struct exec_error {
	uint32_t number;
	uint32_t count;
};

/**
 * struct exec_library - a TLS library in one of the programs
 * @state: 0 nothing, 1 being written, 2 there
 * @path: of its file
 */
struct exec_library {
	uint32_t state;
	char path[EXEC_SEEN_PATH];
};

/**
 * struct exec_seen - all of it; every number is atomic
 * @magic: EXEC_SEEN_MAGIC
 * @programs: that were observed
 * @connections: sockets for which kernel TLS was asked, with success or not
 * @done: how many of them took which step
 * @both: how many of them took all
 * @error: errors by step; those for which there is no room are in the last one
 * @openssl: libssl
 * @gnutls: libgnutls
 */
struct exec_seen {
	uint32_t magic;
	uint32_t programs;
	uint32_t connections;
	uint32_t done[EXEC_STEPS];
	uint32_t both;
	struct exec_error error[EXEC_STEPS][EXEC_SEEN_ERRORS];
	struct exec_library openssl;
	struct exec_library gnutls;
};

#endif /* TLSBIND_EXEC_SEEN_H */
