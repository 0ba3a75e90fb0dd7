/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include "client.h"

/* libmicrohttpd sees the end of the stream, and closes it. */
static void client_due(void *arg)
{
	const struct client *client = arg;

	shutdown(client->fd, SHUT_RDWR);
}

static void client_hangup(void *arg, uint32_t events)
{
	struct client *client = arg;

	(void)events;
	loop_remove(client->loop, &client->hangup);
	client->gone(client->arg);
}

struct client *client_new(struct loop *loop, struct quotas *quotas,
			  const struct options_limits *limits, int fd,
			  const struct sockaddr *address)
{
	struct client *client = calloc(1, sizeof(*client));

	if (!client || !quota_enter(quotas, address, loop_now(), &client->quota)) {
		free(client);
		return NULL;
	}
	client->loop = loop;
	client->quotas = quotas;
	client->limits = limits;
	client->fd = fd;
	client->timer.due = client_due;
	client->timer.arg = client;
	client->hangup = (struct loop_watch){ .fd = -1, .ready = client_hangup, .arg = client };
	client_expect(client);
	return client;
}

void client_free(struct client *client)
{
	if (!client)
		return;
	loop_timer_clear(client->loop, &client->timer);
	loop_remove(client->loop, &client->hangup);
	quota_leave(client->quotas, client->quota, loop_now());
	free(client);
}

void client_expect(struct client *client)
{
	loop_remove(client->loop, &client->hangup);
	loop_timer_set(client->loop, &client->timer,
		       loop_now() + (int64_t)client->limits->request_time * 1000);
}

/* If it cannot be looked after, the times of the question bound how long it is kept. */
void client_wait(struct client *client, void (*gone)(void *arg), void *arg)
{
	client->gone = gone;
	client->arg = arg;
	loop_timer_clear(client->loop, &client->timer);
	client->hangup.fd = client->fd;
	(void)loop_add(client->loop, &client->hangup, EPOLLRDHUP);
}
