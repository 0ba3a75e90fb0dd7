/* SPDX-License-Identifier: MIT */
/* The kernel module's netlink family: when it goes, and when it comes back. */
#ifndef TLSBINDD_FAMILY_H
#define TLSBINDD_FAMILY_H

#include <stdint.h>
#include <netlink/netlink.h>
#include "loop.h"

/**
 * struct family - a socket that hears of all families
 * @loop: the loop
 * @sock: the socket
 * @watch: for news
 * @changed: the family came, or went, or news were lost: look
 * @arg: for @changed
 */
struct family {
	struct loop *loop;
	struct nl_sock *sock;
	struct loop_watch watch;
	void (*changed)(void *arg);
	void *arg;
};

/**
 * family_open() - listen
 * @family: loop, changed and arg are filled; family_close() even after an error
 *
 * Return: 0, -EIO if there is no netlink, -ENOMEM.
 */
int family_open(struct family *family);

/** family_close() - not any more; open or not */
void family_close(struct family *family);

/** family_number() - of the module that is loaded now, as the kernel says; 0 if there is none */
int family_number(void);

#endif /* TLSBINDD_FAMILY_H */
