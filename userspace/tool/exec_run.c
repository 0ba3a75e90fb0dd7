/* SPDX-License-Identifier: MIT */
/*
 * Running a program as if it had been run directly. It has our standard files, our process
 * group and thus the terminal, our mask and dispositions of signals. What the terminal
 * sends (Ctrl-C) goes to the whole group, so only what is sent to us alone is handed on.
 *
 * We stay until it has ended, and are who inherits processes that it leaves behind: so
 * it can be told whether there are any, which still have use for the files.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <unistd.h>
#include "exec.h"

static const int exec_signals[] = {
	SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM, SIGCONT, SIGWINCH,
};

#define EXEC_SIGNALS	(sizeof(exec_signals) / sizeof(exec_signals[0]))

static volatile pid_t exec_program;

/* Positive codes are the kernel's: the terminal has sent it to the program, too. */
static void exec_forward(int signal, siginfo_t *info, void *context)
{
	int error = errno;

	(void)context;
	if (info->si_code <= 0 && exec_program > 0)
		kill(exec_program, signal);
	errno = error;
}

/* Who was started with a signal ignored (nohup) goes on ignoring it. */
static void exec_watch(void)
{
	struct sigaction action = { .sa_sigaction = exec_forward, .sa_flags = SA_SIGINFO | SA_RESTART };
	struct sigaction old;
	size_t i;

	for (i = 0; i < EXEC_SIGNALS; i++)
		if (!sigaction(exec_signals[i], NULL, &old) && old.sa_handler != SIG_IGN)
			sigaction(exec_signals[i], &action, NULL);
}

/* Return: false if memory ran out. */
static bool exec_environment(const struct exec *e)
{
	const char *before = getenv("LD_PRELOAD");
	char *preload = NULL;
	bool good;

	if (asprintf(&preload, "%s%s%s", e->library, before && *before ? ":" : "",
		     before ? before : "") < 0)
		return false;
	good = !setenv("LD_PRELOAD", preload, 1) && !setenv(EXEC_SEEN_FILE, e->seen_file, 1) &&
	       !setenv("OPENSSL_CONF", e->openssl, 1) &&
	       (!*e->gnutls || !setenv("GNUTLS_SYSTEM_PRIORITY_FILE", e->gnutls, 1));
	free(preload);
	return good;
}

/* In the new process. @told is closed by a program that runs, and gets an errno otherwise. */
static void exec_program_run(const struct exec *e, char *const argv[], const sigset_t *mask,
			     int told) __attribute__((noreturn));

static void exec_program_run(const struct exec *e, char *const argv[], const sigset_t *mask,
			     int told)
{
	int error = ENOMEM;

	signal(SIGPIPE, tool_sigpipe);
	sigprocmask(SIG_SETMASK, mask, NULL);
	if (exec_environment(e)) {
		execvp(argv[0], argv);
		error = errno;
	}
	if (write(told, &error, sizeof(error)) < 0)
		_exit(TOOL_EXEC);
	_exit(TOOL_EXEC);
}

static int exec_status(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Others than the program end here, too: those it has left behind. */
static int exec_wait(struct exec *e)
{
	int status = 0, mine = TOOL_EXEC << 8;
	pid_t pid;

	do {
		pid = waitpid(-1, &status, 0);
		if (pid == e->pid)
			mine = status;
	} while (pid != e->pid && (pid > 0 || errno == EINTR));
	exec_program = 0;
	do
		pid = waitpid(-1, NULL, WNOHANG);
	while (pid > 0);
	e->remains = !pid;
	return exec_status(mine);
}

static int exec_failed(struct exec *e, const char *name, int error)
{
	waitpid(e->pid, NULL, 0);
	e->pid = 0;
	tool_message("%s: %s", name, strerror(error));
	return error == ENOENT ? TOOL_NOT_FOUND : TOOL_CANNOT;
}

static int exec_fork(struct exec *e, char *const argv[], const sigset_t *mask, int told[2])
{
	int error = 0;
	ssize_t n;

	e->pid = fork();
	if (!e->pid)
		exec_program_run(e, argv, mask, told[1]);
	close(told[1]);
	if (e->pid < 0) {
		tool_message("cannot start a process: %s", strerror(errno));
		e->pid = 0;
		return TOOL_EXEC;
	}
	exec_program = e->pid;
	exec_watch();
	sigprocmask(SIG_SETMASK, mask, NULL);
	do
		n = read(told[0], &error, sizeof(error));
	while (n < 0 && errno == EINTR);
	return n == sizeof(error) ? exec_failed(e, argv[0], error) : exec_wait(e);
}

/* No signal comes between the fork and the handlers, which then have it. */
int tool_exec_run(struct exec *e, char *const argv[])
{
	sigset_t block, mask;
	int told[2], code;
	size_t i;

	if (pipe2(told, O_CLOEXEC)) {
		tool_message("cannot make a pipe: %s", strerror(errno));
		return TOOL_EXEC;
	}
	sigemptyset(&block);
	for (i = 0; i < EXEC_SIGNALS; i++)
		sigaddset(&block, exec_signals[i]);
	sigprocmask(SIG_BLOCK, &block, &mask);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	code = exec_fork(e, argv, &mask, told);
	close(told[0]);
	return code;
}
