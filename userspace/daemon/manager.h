/* SPDX-License-Identifier: MIT */
/* The service manager: what it passes, sd_listen_fds(3), and what it is told, sd_notify(3). */
#ifndef TLSBINDD_MANAGER_H
#define TLSBINDD_MANAGER_H

#define MANAGER_SOCKETS_MAX	32
#define MANAGER_NAMES_SIZE	512

/**
 * struct manager_sockets - descriptors that were passed
 * @first: number of the first; the others follow it
 * @count: how many
 * @name: of each: LISTEN_FDNAMES; "http" without that
 * @names: where the names are
 */
struct manager_sockets {
	int first;
	int count;
	const char *name[MANAGER_SOCKETS_MAX];
	char names[MANAGER_NAMES_SIZE];
};

/**
 * manager_sockets() - those for this process, marked close-on-exec
 * @out: filled; no sockets if none were passed, or if they are for another process
 *
 * The variables are removed from the environment.
 *
 * Return: 0; -EINVAL if they contradict each other.
 */
int manager_sockets(struct manager_sockets *out);

/**
 * manager_sockets_parse() - the same, from variables; touches no descriptor
 * @pid: LISTEN_PID, or NULL
 * @fds: LISTEN_FDS, or NULL
 * @names: LISTEN_FDNAMES, or NULL
 * @self: number of this process
 * @out: filled
 *
 * Return: 0 or -EINVAL.
 */
int manager_sockets_parse(const char *pid, const char *fds, const char *names, long self,
			  struct manager_sockets *out);

/** manager_notify() - "READY=1" and the like; nothing happens if there is no manager */
void manager_notify(const char *state);

#endif /* TLSBINDD_MANAGER_H */
