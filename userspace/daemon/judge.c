/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <curl/curl.h>
#include "court.h"
#include "gate.h"
#include "judge.h"
#include "judge_options.h"
#include "log.h"
#include "manager.h"
#include "options.h"

/* Before the kernel is asked again for all holds, if that did not work, ms. */
#define JUDGE_DUMP_AGAIN	100

/* So often at once, if more is lost meanwhile: then everybody else has a turn. */
#define JUDGE_DUMP_TRIES	4

/**
 * struct judge - the parts
 * @loop: the one thread
 * @rules: the command line
 * @gate: the kernel
 * @court: the cases
 * @signals: SIGTERM, SIGINT, SIGHUP, SIGUSR1
 * @news: of the gate
 * @dump: to ask for all holds again
 * @code: exit code
 */
struct judge {
	struct loop loop;
	struct judge_rules rules;
	struct judge_gate gate;
	struct judge_court court;
	struct loop_watch signals;
	struct loop_watch news;
	struct loop_timer dump;
	int code;
};

static void judge_end(struct judge *judge, int code, const char *why)
{
	log_line(LOG_LEVEL_ERROR, "%s", why);
	judge->code = code;
	loop_end(&judge->loop);
}

static void judge_signal(void *arg, uint32_t events)
{
	struct judge *judge = arg;
	struct signalfd_siginfo info;

	(void)events;
	if (read(judge->signals.fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGHUP)
		judge_court_reload(&judge->court);
	else if (info.ssi_signo == SIGUSR1)
		judge_court_report(&judge->court);
	else
		loop_end(&judge->loop);
}

/* Perhaps the news that were lost are that the module is gone. */
static void judge_dump_failed(struct judge *judge)
{
	if (judge_gate_gone(&judge->gate))
		judge_end(judge, OPTIONS_GONE, "the kernel module is gone");
	else
		loop_timer_set(&judge->loop, &judge->dump, loop_now() + JUDGE_DUMP_AGAIN);
}

/*
 * News; all holds before, if some were lost. What was told before the dump, too, is among
 * the news that are read after it, when no verdict was given in between: so it is known.
 */
static void judge_listen(struct judge *judge, bool lost)
{
	int tries = JUDGE_DUMP_TRIES, ret;

	do {
		if (lost && judge_court_dump(&judge->court)) {
			judge_dump_failed(judge);
			return;
		}
		ret = judge_gate_news(&judge->gate, judge_court_hear, &judge->court);
		lost = ret == -ENOBUFS;
		judge->court.tally.lost += lost;
	} while (lost && --tries);
	if (lost)
		judge_dump_failed(judge);
	else if (ret == -ENODEV)
		judge_end(judge, OPTIONS_GONE, "the kernel module is gone");
	else if (ret)
		judge_end(judge, OPTIONS_SYSTEM, strerror(-ret));
}

static void judge_news(void *arg, uint32_t events)
{
	(void)events;
	judge_listen(arg, false);
}

static void judge_dump(void *arg)
{
	judge_listen(arg, true);
}

static int judge_signals(struct judge *judge)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1 };
	sigset_t set;
	size_t i;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		sigaddset(&set, numbers[i]);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -errno;
	judge->signals.ready = judge_signal;
	judge->signals.arg = judge;
	judge->signals.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (judge->signals.fd < 0)
		return -errno;
	return loop_add(&judge->loop, &judge->signals, EPOLLIN);
}

/* From here on connections are held, and verdicts given. */
static int judge_open(struct judge *judge)
{
	struct judge_kernel kernel = judge_gate_kernel(&judge->gate);
	int ret = judge_court_init(&judge->court, &judge->rules, &kernel, &judge->loop);

	if (ret == -EINVAL)
		return OPTIONS_USAGE;
	if (!ret)
		ret = judge_signals(judge);
	if (ret) {
		log_line(LOG_LEVEL_ERROR, "%s", strerror(-ret));
		return OPTIONS_SYSTEM;
	}
	return judge_gate_open(&judge->gate);
}

static int judge_run(struct judge *judge)
{
	int ret;

	judge->news = (struct loop_watch){
		.fd = judge_gate_fd(&judge->gate), .ready = judge_news, .arg = judge,
	};
	judge->dump = (struct loop_timer){ .due = judge_dump, .arg = judge };
	judge->court.relist = &judge->dump;
	ret = loop_add(&judge->loop, &judge->news, EPOLLIN);
	if (!ret) {
		log_line(LOG_LEVEL_INFO, "judge of this network namespace, with %zu policies",
			 judge->rules.sources.policies);
		manager_notify("READY=1");
		judge_dump(judge);
		ret = loop_run(&judge->loop);
	}
	manager_notify("STOPPING=1");
	loop_remove(&judge->loop, &judge->news);
	loop_timer_clear(&judge->loop, &judge->dump);
	if (ret)
		judge_end(judge, OPTIONS_SYSTEM, strerror(-ret));
	else if (judge->court.dismissed)
		judge_end(judge, OPTIONS_BUSY, "not the judge any more");
	judge_court_report(&judge->court);
	return judge->code;
}

int judge_main(int argc, char **argv)
{
	static struct judge judge;
	int code = judge_options_parse(&judge.rules, argc, argv);

	if (code >= 0)
		return code;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) || loop_init(&judge.loop)) {
		log_line(LOG_LEVEL_ERROR, "out of memory or of descriptors");
		return OPTIONS_SYSTEM;
	}
	code = judge_open(&judge);
	if (code == OPTIONS_OK)
		code = judge_run(&judge);
	judge_gate_close(&judge.gate);
	judge_court_exit(&judge.court);
	loop_remove(&judge.loop, &judge.signals);
	loop_exit(&judge.loop);
	curl_global_cleanup();
	return code;
}
