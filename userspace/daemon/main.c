/* SPDX-License-Identifier: MIT */
/* tlsbindd: the order in which its parts are started and ended, and nothing else. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include "log.h"
#include "loop.h"
#include "options.h"

/**
 * struct daemon - the parts
 * @loop: the one thread
 * @options: the command line
 * @signals: SIGTERM and SIGINT
 */
struct daemon {
	struct loop loop;
	struct options options;
	struct loop_watch signals;
};

static void daemon_signal(void *arg, uint32_t events)
{
	struct daemon *daemon = arg;
	struct signalfd_siginfo info;

	(void)events;
	if (read(daemon->signals.fd, &info, sizeof(info)) == sizeof(info))
		loop_end(&daemon->loop);
}

static int daemon_signals(struct daemon *daemon)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -errno;
	daemon->signals.ready = daemon_signal;
	daemon->signals.arg = daemon;
	daemon->signals.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (daemon->signals.fd < 0)
		return -errno;
	return loop_add(&daemon->loop, &daemon->signals, EPOLLIN);
}

static int daemon_run(struct daemon *daemon)
{
	int ret = loop_init(&daemon->loop);

	if (!ret)
		ret = daemon_signals(daemon);
	if (!ret)
		ret = loop_run(&daemon->loop);
	loop_exit(&daemon->loop);
	if (!ret)
		return OPTIONS_OK;
	log_line(LOG_LEVEL_ERROR, "%s", strerror(-ret));
	return OPTIONS_SYSTEM;
}

int main(int argc, char **argv)
{
	static struct daemon daemon;
	int code = options_parse(&daemon.options, argc, argv);

	return code >= 0 ? code : daemon_run(&daemon);
}
