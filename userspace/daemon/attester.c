/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>
#include "attester.h"
#include "log.h"

/* For answers to what was ended to go out. */
#define ATTESTER_FLUSH_MS	1000

static int attester_connect(struct attester *attester)
{
	int ret = questions_init(&attester->questions, attester->loop,
				 &attester->options->limits);

	switch (ret) {
	case 0:
		return OPTIONS_OK;
	case -ENODEV:
		log_line(LOG_LEVEL_ERROR, "the kernel module is not there: modprobe tlsbind");
		return OPTIONS_NO_MODULE;
	case -EPERM:
		log_line(LOG_LEVEL_ERROR, "CAP_NET_ADMIN in this network namespace is needed");
		return OPTIONS_REFUSED;
	default:
		log_line(LOG_LEVEL_ERROR, "no connection to the kernel: %s", strerror(-ret));
		return OPTIONS_SYSTEM;
	}
}

int attester_start(struct attester *attester, struct loop *loop, const struct options *options)
{
	int code;

	attester->loop = loop;
	attester->options = options;
	code = listen_open(&attester->sockets, options);
	if (code != OPTIONS_OK || !attester_listens(attester))
		return code;
	code = attester_connect(attester);
	if (code != OPTIONS_OK)
		return code;
	return http_start(&attester->http, loop, options, &attester->questions,
			  &attester->sockets);
}

bool attester_listens(const struct attester *attester)
{
	return attester->sockets.count;
}

static void attester_due(void *arg)
{
	struct attester *attester = arg;

	if (attester->forced) {
		log_line(LOG_LEVEL_WARNING, "%u requests were not answered",
			 attester->http.requests);
		attester->stopped(attester->arg);
		return;
	}
	attester->forced = true;
	questions_end(&attester->questions, -ECANCELED);
	loop_timer_set(attester->loop, &attester->stop, loop_now() + ATTESTER_FLUSH_MS);
}

static void attester_drained(void *arg)
{
	struct attester *attester = arg;

	loop_timer_clear(attester->loop, &attester->stop);
	attester->stopped(attester->arg);
}

void attester_stop(struct attester *attester, void (*stopped)(void *arg), void *arg)
{
	attester->stopped = stopped;
	attester->arg = arg;
	if (!attester_listens(attester)) {
		stopped(arg);
		return;
	}
	attester->stop = (struct loop_timer){ .due = attester_due, .arg = attester };
	loop_timer_set(attester->loop, &attester->stop,
		       loop_now() + (int64_t)attester->options->limits.stop_time * 1000);
	http_stop(&attester->http, attester_drained, attester);
}

void attester_exit(struct attester *attester)
{
	if (!attester->loop)
		return;
	loop_timer_clear(attester->loop, &attester->stop);
	http_exit(&attester->http);
	questions_exit(&attester->questions);
	listen_close(&attester->sockets);
}
