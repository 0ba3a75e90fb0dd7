/* SPDX-License-Identifier: MIT */
/* tlsbindd: the order in which its parts are started and ended, and nothing else. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include "attester.h"
#include "judge.h"
#include "log.h"
#include "loop.h"
#include "manager.h"
#include "options.h"

/**
 * struct daemon - the parts
 * @options: the command line
 * @loop: the one thread
 * @signals: SIGTERM and SIGINT
 * @attester: answers
 * @stopping: one of them has come
 */
struct daemon {
	struct options options;
	struct loop loop;
	struct loop_watch signals;
	struct attester attester;
	bool stopping;
};

static void daemon_stopped(void *arg)
{
	struct daemon *daemon = arg;

	loop_end(&daemon->loop);
}

/* The second one does not wait. */
static void daemon_signal(void *arg, uint32_t events)
{
	struct daemon *daemon = arg;
	struct signalfd_siginfo info;

	(void)events;
	if (read(daemon->signals.fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (daemon->stopping) {
		loop_end(&daemon->loop);
		return;
	}
	daemon->stopping = true;
	manager_notify("STOPPING=1");
	attester_stop(&daemon->attester, daemon_stopped, daemon);
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
	daemon->signals = (struct loop_watch){ .ready = daemon_signal, .arg = daemon };
	daemon->signals.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (daemon->signals.fd < 0)
		return -errno;
	return loop_add(&daemon->loop, &daemon->signals, EPOLLIN);
}

/* A connection is a descriptor; the limits of the command line are what bounds them. */
static void daemon_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static int daemon_init(struct daemon *daemon)
{
	int ret = loop_init(&daemon->loop);

	daemon_descriptors();
	if (!ret)
		ret = daemon_signals(daemon);
	if (!ret)
		return OPTIONS_OK;
	log_line(LOG_LEVEL_ERROR, "%s", strerror(-ret));
	return OPTIONS_SYSTEM;
}

static int daemon_start(struct daemon *daemon)
{
	int code = attester_start(&daemon->attester, &daemon->loop, &daemon->options);

	if (code != OPTIONS_OK)
		return code;
	if (attester_listens(&daemon->attester))
		return OPTIONS_OK;
	log_line(LOG_LEVEL_ERROR, "nothing to do: no --listen, and no socket was passed");
	return OPTIONS_USAGE;
}

static int daemon_run(struct daemon *daemon)
{
	int ret;

	manager_notify("READY=1");
	log_line(LOG_LEVEL_INFO, "version %s started", tlsbind_version());
	ret = loop_run(&daemon->loop);
	log_line(LOG_LEVEL_INFO, "ended");
	if (!ret)
		return OPTIONS_OK;
	log_line(LOG_LEVEL_ERROR, "%s", strerror(-ret));
	return OPTIONS_SYSTEM;
}

static void daemon_exit(struct daemon *daemon)
{
	int fd = daemon->signals.fd;

	attester_exit(&daemon->attester);
	if (fd > 0) {
		loop_remove(&daemon->loop, &daemon->signals);
		close(fd);
	}
	loop_exit(&daemon->loop);
}

int main(int argc, char **argv)
{
	static struct daemon daemon;
	int code;

	if (argc > 1 && !strcmp(argv[1], "--judge")) {
		daemon_descriptors();
		return judge_main(argc - 1, argv + 1);
	}
	code = options_parse(&daemon.options, argc, argv);
	if (code >= 0)
		return code;
	code = daemon_init(&daemon);
	if (code == OPTIONS_OK)
		code = daemon_start(&daemon);
	if (code == OPTIONS_OK)
		code = daemon_run(&daemon);
	daemon_exit(&daemon);
	return code;
}
